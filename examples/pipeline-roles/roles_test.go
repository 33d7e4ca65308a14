package main

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	accountID   = "111122223333"
	providerARN = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
	stateKeyARN = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000"
)

// account keeps what the program declares.
type account struct {
	mu       sync.Mutex
	declared map[string]resource.PropertyMap // inputs by "<type>::<name>"
}

func (a *account) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	kind := args.TypeToken[strings.LastIndex(args.TypeToken, ":")+1:]
	a.declared[kind+" "+args.Name] = args.Inputs
	outputs := args.Inputs.Copy()
	outputs["name"] = resource.NewStringProperty(args.Name + "-1234567")
	outputs["arn"] = resource.NewStringProperty("arn:aws:iam::" + accountID + ":" + strings.ToLower(kind) + "/" + args.Name + "-1234567")
	if kind == "OpenIdConnectProvider" {
		outputs["arn"] = resource.NewStringProperty(providerARN)
	}
	return args.Name + "-1234567", outputs, nil
}

func (a *account) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.NewPropertyMapFromMap(map[string]any{"accountId": accountID, "partition": "aws"}), nil
}

var baseline = map[string]string{
	"repository": "clinic/smartlake", "stacks": `["dev","prod"]`, "stateBucket": "clinic-state", "stateKeyArn": stateKeyARN,
}

// declared runs the program with the baseline and some keys changed.
func declared(t *testing.T, changed map[string]string) (*account, error) {
	t.Helper()
	values := map[string]string{}
	for _, more := range []map[string]string{baseline, changed} {
		for key, value := range more {
			values["pipeline:"+key] = value
		}
	}
	a := &account{declared: map[string]resource.PropertyMap{}}
	err := pulumi.RunErr(declare, pulumi.WithMocks("pipeline", "main", a), func(info *pulumi.RunInfo) { info.Config = values })
	return a, err
}

func mustDeclare(t *testing.T, changed map[string]string) *account {
	t.Helper()
	a, err := declared(t, changed)
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
		if !ok || a.declared[key]["role"].StringValue() != role+"-1234567" {
			continue
		}
		if got, want := a.declared[key]["policyArn"].StringValue(), "arn:aws:iam::"+accountID+":policy/"+name+"-1234567"; got != want {
			t.Errorf("%s: attaches %s, want %s", key, got, want)
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

func TestEachRoleTrustsItsOwnRunsOfTheRepositoryAndNothingElse(t *testing.T) {
	const form = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + providerARN + `"},` +
		`"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"StringEquals":{` +
		`"token.actions.githubusercontent.com:aud":["sts.amazonaws.com"],"token.actions.githubusercontent.com:sub":[SUBJECTS]}}}]}`
	for when, changed := range map[string]map[string]string{"a new provider": nil, "the account's": {"providerArn": providerARN}} {
		t.Run(when, func(t *testing.T) {
			a := mustDeclare(t, changed)
			roles := map[string]string{
				"preview":     `"repo:clinic/smartlake:pull_request","repo:clinic/smartlake:ref:refs/heads/main"`,
				"deploy-dev":  `"repo:clinic/smartlake:environment:dev"`,
				"deploy-prod": `"repo:clinic/smartlake:environment:prod"`,
			}
			for name, subjects := range roles {
				role := a.declared["Role "+name]
				assertJSON(t, name, role["assumeRolePolicy"].StringValue(), strings.Replace(form, "SUBJECTS", subjects, 1))
				if seconds, want := role["maxSessionDuration"].NumberValue(), map[bool]float64{true: 3600, false: 7200}[name == "preview"]; seconds != want {
					t.Errorf("%s: sessions of %v seconds, want %v", name, seconds, want)
				}
			}
			for key, inputs := range a.declared {
				kind, name, _ := strings.Cut(key, " ")
				if _, known := roles[name]; kind == "Role" && !known {
					t.Errorf("one more role: %s", name)
				}
				if kind == "OpenIdConnectProvider" {
					got, _ := json.Marshal(inputs.Mappable())
					assertJSON(t, "provider", string(got), `{"clientIdLists":["sts.amazonaws.com"],"url":"https://token.actions.githubusercontent.com"}`)
				}
			}
			if _, created := a.declared["OpenIdConnectProvider github"]; created != (changed == nil) {
				t.Errorf("the provider is created: %v", created)
			}
		})
	}
}

// strangers are subjects of runs that must not get a role.
var strangers = []string{
	"repo:clinic/smartlake:ref:refs/heads/feature", "repo:clinic/smartlake:ref:refs/tags/v1.0.0", "repo:clinic/smartlake:environment:test",
	"repo:clinic/smartlake-fork:pull_request", "repo:mallory/smartlake:pull_request", "repo:mallory/smartlake:environment:prod",
	"repo:clinic/smartlake:environment:prod-eu", "repo:clinic/smartlake:pull_request:environment:prod", "repo:Clinic/smartlake:environment:prod",
}

// TestNoOtherRunAssumesARole reads the conditions as IAM does: StringEquals compares
// exactly and with case, so what is no subject of the list has no role.
func TestNoOtherRunAssumesARole(t *testing.T) {
	a := mustDeclare(t, nil)
	allowed := map[string][]string{}
	for key, inputs := range a.declared {
		name, ok := strings.CutPrefix(key, "Role ")
		if !ok {
			continue
		}
		for _, s := range decode(t, inputs["assumeRolePolicy"].StringValue()).Statement {
			if len(s.Condition) != 1 || len(s.Condition["StringEquals"]) != 2 {
				t.Fatalf("%s: other conditions: %v", name, s.Condition)
			}
			for _, subject := range s.Condition["StringEquals"]["token.actions.githubusercontent.com:sub"].([]any) {
				allowed[subject.(string)] = append(allowed[subject.(string)], name)
			}
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

func TestThePreviewRoleChangesNothing(t *testing.T) {
	reads := []string{"Describe*", "Get*", "List*", "Decrypt"}
	for _, d := range mustDeclare(t, nil).documentsOf(t, "preview") {
		for _, s := range d.Statement {
			for _, action := range s.Action {
				_, verb, _ := strings.Cut(action, ":")
				if !slices.ContainsFunc(reads, func(pattern string) bool { ok, _ := path.Match(pattern, verb); return ok }) {
					t.Errorf("%s: %s is no read", s.Sid, action)
				}
			}
		}
	}
}

func TestEveryRoleMayDoWhatItsStacksNeedAndReachTheState(t *testing.T) {
	a := mustDeclare(t, nil)
	const bucket = `{"Sid":"StateBucket","Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::clinic-state"]},`
	for role, c := range map[string]struct{ state, needs string }{
		"preview": {`{"Sid":"State","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::clinic-state/.pulumi/*"]},` +
			`{"Sid":"StateKey","Effect":"Allow","Action":["kms:Decrypt"],"Resource":["` + stateKeyARN + `"]}`, "cognito-idp:DescribeUserPool"},
		"deploy-dev": {`{"Sid":"State","Effect":"Allow","Action":["s3:DeleteObject","s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::clinic-state/.pulumi/*"]},` +
			`{"Sid":"StateKey","Effect":"Allow","Action":["kms:Decrypt","kms:Encrypt","kms:GenerateDataKey"],"Resource":["` + stateKeyARN + `"]}`, "cognito-idp:CreateUserPool"},
		"deploy-prod": {`{"Sid":"State","Effect":"Allow","Action":["s3:DeleteObject","s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::clinic-state/.pulumi/*"]},` +
			`{"Sid":"StateKey","Effect":"Allow","Action":["kms:Decrypt","kms:Encrypt","kms:GenerateDataKey"],"Resource":["` + stateKeyARN + `"]}`, "kms:CreateKey"},
	} {
		documents := a.documentsOf(t, role)
		last := a.declared["Policy "+role+"-"+string(rune('0'+len(documents)))]["policy"].StringValue()
		assertJSON(t, role, last, `{"Version":"2012-10-17","Statement":[`+bucket+c.state+`]}`)
		var actions []string
		for _, d := range documents {
			for _, s := range d.Statement {
				actions = append(actions, s.Action...)
				for _, resource := range s.Resource {
					if strings.Contains(resource, "123456789012") {
						t.Errorf("%s: %s is of another account", role, resource)
					}
				}
			}
		}
		if !slices.Contains(actions, c.needs) {
			t.Errorf("%s: may not %s", role, c.needs)
		}
		if role == "deploy-dev" && slices.Contains(actions, "kms:CreateKey") {
			t.Error("deploy-dev: has rights that only prod needs")
		}
	}
}

func TestTheStateNeedsNoKey(t *testing.T) {
	a := mustDeclare(t, map[string]string{"stateKeyArn": ""})
	for _, role := range []string{"preview", "deploy-dev"} {
		for _, d := range a.documentsOf(t, role) {
			for _, s := range d.Statement {
				if s.Sid == "StateKey" {
					t.Errorf("%s: %v on %v", role, s.Action, s.Resource)
				}
			}
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
		{"repository", "", `repository: "": want one repository, <organization>/<name>, without wildcards`},
		{"repository", "clinic/*", `repository: "clinic/*": want one repository`},
		{"repository", "*/smartlake", `repository: "*/smartlake": want one repository`},
		{"repository", "clinic/smart?ake", `repository: "clinic/smart?ake": want one repository`},
		{"repository", "clinic/smartlake*", `repository: "clinic/smartlake*": want one repository`},
		{"repository", "clinic", `repository: "clinic": want one repository`},
		{"repository", "clinic/smartlake:ref", `repository: "clinic/smartlake:ref": want one repository`},
		{"repository", "clinic/${aws:username}", "want one repository"},
		{"branch", "*", `branch: "*": want one branch`},
		{"stacks", "[]", `stacks: missing: want a list of stacks`},
		{"stacks", "dev", `stacks: want a list of stacks, such as ["dev","prod"]`},
		{"stacks", `["*"]`, `stacks: "*": want the name of a stack, without wildcards`},
		{"stacks", `["dev","dev"]`, `stacks: "dev": stands there twice`},
		{"stacks", `["none"]`, `stacks: "none": `},
		{"stackValues", `{"test":{}}`, `stackValues: "test": want one of the stacks`},
		{"stateBucket", "*", `stateBucket: "*": want the name of one S3 bucket`},
		{"stateKeyArn", "arn:aws:kms:us-east-1:111122223333:key/*", "want the ARN of one KMS key"},
		{"providerArn", "arn:aws:iam::111122223333:oidc-provider/example.org", "want arn:<partition>:iam::<account>:oidc-provider/token.actions.githubusercontent.com"},
	} {
		a, err := declared(t, map[string]string{c.key: c.value})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: got %v, want %s", c.key, c.value, err, c.want)
		}
		if len(a.declared) > 0 {
			t.Errorf("%s %q: something was declared all the same", c.key, c.value)
		}
	}
}
