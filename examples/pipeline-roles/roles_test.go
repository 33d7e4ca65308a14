package main

import (
	"encoding/json"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

const (
	accountID   = "111122223333"
	providerARN = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
	stateKeyARN = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000"
	prodKeyARN  = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-1111-1111-111111111111"
)

// account keeps what the program declares.
type account struct {
	declared.AWS
	mu                sync.Mutex
	declared, created map[string]resource.PropertyMap // inputs and outputs by "<kind> <name>"
}

func newAccount() *account {
	return &account{
		AWS:      declared.AWS{Region: "us-east-1", Account: accountID},
		declared: map[string]resource.PropertyMap{}, created: map[string]resource.PropertyMap{},
	}
}

func (a *account) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	id, outputs, err := a.AWS.NewResource(args)
	if err != nil {
		return "", nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key := args.TypeToken[strings.LastIndex(args.TypeToken, ":")+1:] + " " + args.Name
	a.declared[key], a.created[key] = args.Inputs, outputs
	return id, outputs, nil
}

var baseline = map[string]string{
	"repository": "clinic/smartlake", "stacks": `["dev","prod"]`, "stateBucket": "clinic-state", "stateKeyArn": stateKeyARN,
}

// run runs the program with the baseline and some keys changed.
func run(t *testing.T, changed map[string]string) (*account, error) {
	t.Helper()
	values := map[string]string{}
	for _, more := range []map[string]string{baseline, changed} {
		for key, value := range more {
			values["pipeline:"+key] = value
		}
	}
	a := newAccount()
	err := pulumi.RunErr(declare, pulumi.WithMocks("pipeline", "main", a), func(info *pulumi.RunInfo) { info.Config = values })
	return a, err
}

func mustDeclare(t *testing.T, changed map[string]string) *account {
	t.Helper()
	a, err := run(t, changed)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// document is an IAM policy, decoded.
type document struct {
	Version   string
	Statement []struct {
		Sid, Effect      string
		Principal        map[string]string
		Action, Resource []string
		Condition        map[string]map[string]any
	}
}

func decode(t *testing.T, text string) document {
	t.Helper()
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return d
}

// documentsOf are the policies attached to a role.
func (a *account) documentsOf(t *testing.T, role string) []document {
	t.Helper()
	var documents []document
	for _, key := range slices.Sorted(maps.Keys(a.declared)) {
		name, ok := strings.CutPrefix(key, "RolePolicyAttachment ")
		if !ok || a.declared[key]["role"] != a.created["Role "+role]["name"] {
			continue
		}
		if got, want := a.declared[key]["policyArn"], a.created["Policy "+name]["arn"]; got != want || !got.IsString() {
			t.Errorf("%s: attaches %v, want %v", key, got, want)
		}
		documents = append(documents, decode(t, a.declared["Policy "+name]["policy"].StringValue()))
	}
	return documents
}

func assertJSON(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\ngot  %s\nwant %s", what, got, want)
	}
}

// environments are the roles, and the one environment that each trusts.
var environments = map[string]string{
	"preview-dev": "dev-preview", "drift-dev": "dev-drift", "deploy-dev": "dev",
	"preview-prod": "prod-preview", "drift-prod": "prod-drift", "deploy-prod": "prod",
}

func (a *account) names(kind string) []string {
	var names []string
	for key := range a.declared {
		if name, ok := strings.CutPrefix(key, kind+" "); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestEachRoleTrustsItsOwnEnvironmentAndNothingElse(t *testing.T) {
	const form = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + providerARN + `"},` +
		`"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"StringEquals":{` +
		`"token.actions.githubusercontent.com:aud":"sts.amazonaws.com",` +
		`"token.actions.githubusercontent.com:sub":"repo:clinic/smartlake:environment:ENVIRONMENT"}}}]}`
	for when, changed := range map[string]map[string]string{"a new provider": nil, "the account's": {"providerArn": providerARN}} {
		t.Run(when, func(t *testing.T) {
			a := mustDeclare(t, changed)
			if got, want := a.names("Role"), slices.Sorted(maps.Keys(environments)); !slices.Equal(got, want) {
				t.Fatalf("got the roles %q, want %q", got, want)
			}
			for name, environment := range environments {
				role := a.declared["Role "+name]
				assertJSON(t, name, role["assumeRolePolicy"].StringValue(), strings.Replace(form, "ENVIRONMENT", environment, 1))
				want := map[bool]float64{true: 7200, false: 3600}[strings.HasPrefix(name, "deploy-")]
				if seconds := role["maxSessionDuration"].NumberValue(); seconds != want {
					t.Errorf("%s: sessions of %v seconds, want %v", name, seconds, want)
				}
			}
			provider, created := a.declared["OpenIdConnectProvider github"]
			if created != (changed == nil) {
				t.Errorf("the provider is created: %v", created)
			}
			if created {
				got, _ := json.Marshal(provider.Mappable())
				assertJSON(t, "provider", string(got), `{"clientIdLists":["sts.amazonaws.com"],"url":"https://token.actions.githubusercontent.com"}`)
			}
		})
	}
}

// strangers are subjects of runs that must not get a role. Those of pull requests and
// of main come from jobs without an environment, and so past its rules.
var strangers = []string{
	"repo:clinic/smartlake:pull_request", "repo:clinic/smartlake:ref:refs/heads/main",
	"repo:clinic/smartlake:ref:refs/heads/feature", "repo:clinic/smartlake:ref:refs/tags/v1.0.0", "repo:clinic/smartlake:environment:test",
	"repo:clinic/smartlake-fork:pull_request", "repo:mallory/smartlake:pull_request", "repo:mallory/smartlake:environment:prod",
	"repo:clinic/smartlake:environment:prod-eu", "repo:clinic/smartlake:pull_request:environment:prod", "repo:Clinic/smartlake:environment:prod",
	"repo:clinic/smartlake:environment:preview", "repo:clinic/smartlake:environment:prod-preview-2",
}

// TestNoOtherRunAssumesARole reads the conditions as IAM does: StringEquals compares
// exactly and with case, so what is no subject of the list has no role.
func TestNoOtherRunAssumesARole(t *testing.T) {
	a := mustDeclare(t, nil)
	allowed := map[string][]string{}
	for _, name := range a.names("Role") {
		for _, s := range decode(t, a.declared["Role "+name]["assumeRolePolicy"].StringValue()).Statement {
			if len(s.Condition) != 1 || len(s.Condition["StringEquals"]) != 2 {
				t.Fatalf("%s: other conditions: %v", name, s.Condition)
			}
			subject := s.Condition["StringEquals"]["token.actions.githubusercontent.com:sub"].(string)
			allowed[subject] = append(allowed[subject], name)
		}
	}
	for _, stranger := range strangers {
		if allowed[stranger] != nil {
			t.Errorf("%s assumes %q", stranger, allowed[stranger])
		}
	}
	for subject, roles := range allowed {
		if strings.ContainsAny(subject, "*?$") || len(roles) != 1 {
			t.Errorf("%s: want no pattern and one role, got %q", subject, roles)
		}
	}
}

func TestAStackThatIsNotPreviewedHasNoRoleForPullRequests(t *testing.T) {
	for value, want := range map[string][]string{
		`["*"]`:   {"deploy-dev", "deploy-prod", "drift-dev", "drift-prod", "preview-dev", "preview-prod"},
		`["dev"]`: {"deploy-dev", "deploy-prod", "drift-dev", "drift-prod", "preview-dev"},
		`[]`:      {"deploy-dev", "deploy-prod", "drift-dev", "drift-prod"},
	} {
		if got := mustDeclare(t, map[string]string{"previewedStacks": value}).names("Role"); !slices.Equal(got, want) {
			t.Errorf("%s: got the roles %q, want %q", value, got, want)
		}
	}
}

const (
	bucketStatement = `{"Sid":"StateBucket","Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::clinic-state"]}`
	readStatement   = `{"Sid":"State","Effect":"Allow","Action":["s3:GetObject"],"Resource":[` +
		`"arn:aws:s3:::clinic-state/.pulumi/meta.yaml","arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.pulumi-tags",` +
		`"arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.json","arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.json.gz",` +
		`"arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.json.zst"]}`
	writeStatement = `{"Sid":"StateWritten","Effect":"Allow","Action":["s3:DeleteObject","s3:GetObject","s3:PutObject"],"Resource":[` +
		`"arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.json","arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.json.bak",` +
		`"arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.json.gz","arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.json.gz.bak",` +
		`"arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.json.zst","arn:aws:s3:::clinic-state/.pulumi/stacks/smartlake/STACK.json.zst.bak",` +
		`"arn:aws:s3:::clinic-state/.pulumi/backups/smartlake/STACK/*","arn:aws:s3:::clinic-state/.pulumi/history/smartlake/STACK/*",` +
		`"arn:aws:s3:::clinic-state/.pulumi/locks/organization/smartlake/STACK/*"]}`
	keyStatement = `{"Sid":"StateKey","Effect":"Allow","Action":[ACTIONS],"Resource":["` + stateKeyARN + `"],` +
		`"Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}}`
	secretsStatement = `{"Sid":"SecretsKey","Effect":"Allow","Action":["kms:Decrypt"],"Resource":["` + prodKeyARN + `"]}`
)

// lastDocument is the policy about the state, as it was declared.
func (a *account) lastDocument(t *testing.T, role string) string {
	t.Helper()
	return a.declared["Policy "+role+"-"+strconv.Itoa(len(a.documentsOf(t, role)))]["policy"].StringValue()
}

func TestEveryRoleReachesItsOwnStacksStateAndSecretsAlone(t *testing.T) {
	a := mustDeclare(t, map[string]string{"secretsKeyArns": `{"prod":"` + prodKeyARN + `"}`})
	for role := range environments {
		purpose, stack, _ := strings.Cut(role, "-")
		statements := []string{bucketStatement, readStatement}
		key := strings.Replace(keyStatement, "ACTIONS", `"kms:Decrypt"`, 1)
		if purpose == "deploy" {
			statements = append(statements, writeStatement)
			key = strings.Replace(keyStatement, "ACTIONS", `"kms:Decrypt","kms:Encrypt","kms:GenerateDataKey"`, 1)
		}
		statements = append(statements, key)
		if stack == "prod" {
			statements = append(statements, secretsStatement)
		}
		want := `{"Version":"2012-10-17","Statement":[` + strings.ReplaceAll(strings.Join(statements, ","), "STACK", stack) + `]}`
		assertJSON(t, role, a.lastDocument(t, role), want)
	}
}

// What Describe answers with is a secret too: a client's, and so the records.
func TestThePreviewRoleSeesNothingOfTheAccountButItsStacksState(t *testing.T) {
	a := mustDeclare(t, nil)
	for _, role := range []string{"preview-dev", "preview-prod"} {
		documents := a.documentsOf(t, role)
		if len(documents) != 1 {
			t.Fatalf("%s: got %d policies, want the state's alone", role, len(documents))
		}
		for _, s := range documents[0].Statement {
			for _, action := range s.Action {
				if !slices.Contains([]string{"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}, action) {
					t.Errorf("%s: may %s", role, action)
				}
			}
		}
	}
	for key, inputs := range a.declared {
		if strings.HasPrefix(key, "Role ") && (inputs.HasValue("inlinePolicies") || inputs.HasValue("managedPolicyArns")) {
			t.Errorf("%s: has other policies than those attached", key)
		}
	}
}

func TestThePreviewOfAnExistingPoolMayLookItUp(t *testing.T) {
	const pool = "arn:aws:cognito-idp:us-east-1:" + accountID + ":userpool/us-east-1_Abc123XyZ"
	a := mustDeclare(t, map[string]string{"stackValues": `{"dev":{"existingUserPool":"{\"id\":\"us-east-1_Abc123XyZ\"}"}}`})
	for role, want := range map[string]string{"preview-dev": "cognito-idp:DescribeUserPool on " + pool, "preview-prod": ""} {
		got := ""
		for _, d := range a.documentsOf(t, role) {
			for _, s := range d.Statement {
				if strings.HasPrefix(s.Action[0], "cognito-idp:") {
					got += strings.Join(s.Action, ", ") + " on " + strings.Join(s.Resource, ", ")
				}
			}
		}
		if got != want {
			t.Errorf("%s: may %q, want %q", role, got, want)
		}
	}
}

// A name that only the stand-in for AWS gave a resource is not the one that it gets.
func TestNoRoleNamesWhatIsNotKnownBeforeADeployment(t *testing.T) {
	ending := regexp.MustCompile(`-[0-9a-f]{7}(?:$|[:/])`)
	for key, inputs := range mustDeclare(t, nil).declared {
		if !strings.HasPrefix(key, "Policy ") {
			continue
		}
		for _, s := range decode(t, inputs["policy"].StringValue()).Statement {
			for _, on := range s.Resource {
				if ending.MatchString(on) {
					t.Errorf("%s: %s names %s", key, s.Sid, on)
				}
			}
		}
	}
}

func TestAPreviewMayChangeNothing(t *testing.T) { assertReads(t, "preview-dev", "preview-prod") }

func TestTheSearchForDriftMayChangeNothing(t *testing.T) { assertReads(t, "drift-dev", "drift-prod") }

// assertReads wants no action of the roles' to be anything but a read.
func assertReads(t *testing.T, roles ...string) {
	t.Helper()
	reads := []string{"Describe*", "Get*", "List*", "Decrypt", "GET"} // API Gateway's actions are methods of HTTP
	a := mustDeclare(t, nil)
	for _, role := range roles {
		documents := a.documentsOf(t, role)
		if len(documents) == 0 {
			t.Errorf("%s: has no rights", role)
		}
		for _, d := range documents {
			for _, s := range d.Statement {
				for _, action := range s.Action {
					_, verb, _ := strings.Cut(action, ":")
					if !slices.ContainsFunc(reads, func(pattern string) bool { ok, _ := path.Match(pattern, verb); return ok }) {
						t.Errorf("%s: %s: %s is no read", role, s.Sid, action)
					}
				}
			}
		}
	}
}

func TestEveryRoleMayDoWhatItsStackNeeds(t *testing.T) {
	a := mustDeclare(t, nil)
	for role, needs := range map[string]string{
		"drift-dev": "cognito-idp:DescribeUserPoolClient", "drift-prod": "kms:DescribeKey",
		"deploy-dev": "cognito-idp:CreateUserPool", "deploy-prod": "kms:CreateKey",
	} {
		var actions []string
		for _, d := range a.documentsOf(t, role) {
			for _, s := range d.Statement {
				actions = append(actions, s.Action...)
				for _, resource := range s.Resource {
					if strings.Contains(resource, "123456789012") {
						t.Errorf("%s: %s is of another account", role, resource)
					}
				}
			}
		}
		if !slices.Contains(actions, needs) {
			t.Errorf("%s: may not %s", role, needs)
		}
		if strings.HasSuffix(role, "-dev") && (slices.Contains(actions, "kms:CreateKey") || slices.Contains(actions, "kms:DescribeKey")) {
			t.Errorf("%s: has rights that only prod needs", role)
		}
	}
}

func TestTheStateNeedsNoKey(t *testing.T) {
	a := mustDeclare(t, map[string]string{"stateKeyArn": ""})
	for role := range environments {
		if last := a.lastDocument(t, role); strings.Contains(last, "kms:") || !strings.Contains(last, "s3:GetObject") {
			t.Errorf("%s: %s", role, last)
		}
	}
}

func TestAStacksValueCanBeReplacedAndGivesItsRights(t *testing.T) {
	const users = `{"dev":{"testUsers":"[{\"username\":\"ann\",\"email\":\"ann@example.org\",\"password\":\"Any-Shape-1\"}]"}}`
	a := mustDeclare(t, map[string]string{"stackValues": users})
	for role, want := range map[string]bool{"deploy-dev": true, "deploy-prod": false} {
		got := false
		for _, d := range a.documentsOf(t, role) {
			for _, s := range d.Statement {
				got = got || slices.Contains(s.Action, "cognito-idp:AdminCreateUser")
			}
		}
		if got != want {
			t.Errorf("%s: makes users: %v, want %v", role, got, want)
		}
	}
}

func TestWhatIsNotOneRepositoryStackOrBucketIsRefused(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"repository", "", `repository: "": must be one repository, <organization>/<name>, without wildcards`},
		{"repository", "clinic/*", `repository: "clinic/*": must be one repository`},
		{"repository", "*/smartlake", `repository: "*/smartlake": must be one repository`},
		{"repository", "clinic/smart?ake", `repository: "clinic/smart?ake": must be one repository`},
		{"repository", "clinic/smartlake*", `repository: "clinic/smartlake*": must be one repository`},
		{"repository", "clinic", `repository: "clinic": must be one repository`},
		{"repository", "clinic/smartlake:ref", `repository: "clinic/smartlake:ref": must be one repository`},
		{"repository", "clinic/${aws:username}", "must be one repository"},
		{"stacks", "[]", `stacks: missing; must be a list of stacks`},
		{"stacks", "dev", `stacks: must be a list of stacks, such as ["dev","prod"]`},
		{"stacks", `["*"]`, `stacks: "*": must be the name of a stack, without wildcards`},
		{"stacks", `["dev","dev"]`, `stacks: "dev": stands there twice`},
		{"stacks", `["none"]`, `stacks: "none": `},
		{"stacks", `["dev","Dev"]`, `stacks: "Dev": stands there twice`},
		{"stacks", `["dev","dev-preview"]`, `stacks: "dev-preview": must not end in -preview or -drift`},
		{"stacks", `["dev","Dev-Drift"]`, `stacks: "Dev-Drift": must not end in -preview or -drift`},
		{"previewedStacks", "dev", `previewedStacks: must be a list of stacks`},
		{"previewedStacks", `["test"]`, `previewedStacks: "test": must be one of the stacks`},
		{"secretsKeyArns", `["dev"]`, `secretsKeyArns: must be ARNs of KMS keys by stack`},
		{"secretsKeyArns", `{"test":"` + prodKeyARN + `"}`, `secretsKeyArns: "test": must be one of the stacks`},
		{"secretsKeyArns", `{"dev":"*"}`, `secretsKeyArns: dev: "*": must be the ARN of one KMS key`},
		{"secretsKeyArns", `{"dev":"` + prodKeyARN + `","prod":"` + prodKeyARN + `"}`, `secretsKeyArns: "prod": has the key of "dev"`},
		{"stateKeyArn", "arn:aws-cn:kms:cn-north-1:111122223333:key/1", "must be the ARN of one KMS key"},
		{"stackValues", `{"test":{}}`, `stackValues: "test": must be one of the stacks`},
		{"stateBucket", "*", `stateBucket: "*": must be the name of one S3 bucket`},
		{"stateKeyArn", "arn:aws:kms:us-east-1:111122223333:key/*", "must be the ARN of one KMS key"},
		{"providerArn", "arn:aws:iam::111122223333:oidc-provider/example.org", "must be arn:<partition>:iam::<account>:oidc-provider/token.actions.githubusercontent.com"},
	} {
		a, err := run(t, map[string]string{c.key: c.value})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: got %v, want %s", c.key, c.value, err, c.want)
		}
		if len(a.declared) > 0 {
			t.Errorf("%s %q: something was declared all the same", c.key, c.value)
		}
	}
}
