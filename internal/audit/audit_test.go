package audit_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/audit"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// stacks are the stacks that come with the program.
var stacks = []string{"dev", "prod"}

// account that the stacks of the tests are deployed to.
const account = "123456789012"

// stackGraph is the graph of a stack of this repository, with some values replaced.
func stackGraph(t *testing.T, stack string, overrides map[string]string) *declared.Graph {
	t.Helper()
	return declaredIn(t, stack, overrides, func(s *declared.Stack) { s.Account = account })
}

// declaredIn is stackGraph after a change to what was loaded: by itself it has no account.
func declaredIn(t *testing.T, stack string, overrides map[string]string, change func(*declared.Stack)) *declared.Graph {
	t.Helper()
	loaded, err := local.LoadStack("../..", stack, overrides)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&loaded)
	}
	g, err := audit.Declare(loaded)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// assertGolden compares text with a file of testdata, whole.
func assertGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what is declared now; look at the difference after: go test ./internal/audit -update\ngot\n%s", path, got)
	}
}

func indented(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func TestTheRightsToDeployAndToReadAreExactlyThese(t *testing.T) {
	for _, stack := range stacks {
		for name, readOnly := range map[string]bool{"deploy-policy": false, "read-policy": true} {
			documents, err := audit.DeployPolicy(stackGraph(t, stack, nil), readOnly)
			if err != nil {
				t.Fatal(err)
			}
			assertGolden(t, name+"."+stack+".json", indented(t, documents))
		}
	}
}

func statementsOf(t *testing.T, stack string, readOnly bool, overrides map[string]string) []audit.Statement {
	t.Helper()
	documents, err := audit.DeployPolicy(stackGraph(t, stack, overrides), readOnly)
	if err != nil {
		t.Fatal(err)
	}
	var all []audit.Statement
	for _, document := range documents {
		all = append(all, document.Statement...)
	}
	return all
}

// withoutResources are the actions for which IAM knows no resource
// (https://docs.aws.amazon.com/service-authorization/latest/reference/).
var withoutResources = []string{
	"cloudformation:CancelResourceRequest", "cloudformation:CreateResource", "cloudformation:DeleteResource", "cloudformation:GetResource",
	"cloudformation:GetResourceRequestStatus", "cloudformation:UpdateResource",
	"cognito-idp:CreateUserPool", "cognito-idp:DescribeUserPoolDomain",
	"application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies", "application-autoscaling:DescribeScheduledActions",
	"healthlake:CreateFHIRDatastore",
	"kms:CreateKey", "kms:ListAliases",
	"logs:DescribeLogGroups",
	"ram:GetResourceShareInvitations",
}

func TestAStarStandsAloneOnlyWhereIAMKnowsNoResource(t *testing.T) {
	for what, stack := range everyStack {
		for _, s := range statementsOf(t, stack.name, false, stack.overrides) {
			star := slices.Contains(s.Resource, "*")
			if star != strings.Contains(s.Sid, "TakesNoResource") {
				t.Errorf("%s: %s: its resources are %v", what, s.Sid, s.Resource)
			}
			for _, action := range s.Action {
				if star && !slices.Contains(withoutResources, action) {
					t.Errorf("%s: %s is allowed on everything", what, action)
				}
				if strings.ContainsAny(action, "*?") {
					t.Errorf("%s is no single action", action)
				}
			}
		}
	}
}

func TestARoleIsPassedOnlyToTheServiceThatItTrusts(t *testing.T) {
	passed := 0
	for _, s := range statementsOf(t, "prod", false, nil) {
		if !slices.Contains(s.Action, "iam:PassRole") {
			continue
		}
		passed++
		service := s.Condition["StringEquals"]["iam:PassedToService"]
		for _, arn := range s.Resource {
			toLambda := strings.Contains(arn, "-execution-")
			if len(s.Action) != 1 || toLambda != (service == "lambda.amazonaws.com") || !toLambda && service != "healthlake.amazonaws.com" {
				t.Errorf("%s may be passed to %q by %v", arn, service, s.Action)
			}
		}
	}
	if passed != 2 {
		t.Errorf("got %d statements that pass roles, want 2", passed)
	}
}

func TestWhoMayOnlyReadChangesNothing(t *testing.T) {
	for stack, of := range everyStack {
		for _, s := range statementsOf(t, of.name, true, of.overrides) {
			for _, action := range s.Action {
				_, verb, _ := strings.Cut(action, ":")
				if !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "List") && !strings.HasPrefix(verb, "Describe") && verb != "AdminGetUser" {
					t.Errorf("%s: may %s", stack, action)
				}
			}
		}
	}
}

// Whoever may describe a client has its secret, and so its tokens.
func TestTheReadsThatAnswerWithSecretsAreTold(t *testing.T) {
	const clients = "cognito-idp:DescribeUserPoolClient: the secrets of clients, with which anybody gets their tokens, and what those may read and write"
	const providers = "cognito-idp:DescribeIdentityProvider: the client secrets that the identity providers gave the user pool"
	federated := map[string]string{"identityProviders": `[{"name":"Clinic","kind":"oidc","issuer":"https://idp.example.org",` +
		`"clientId":"pool","clientSecret":"any","attributeMapping":{"email":"email"}}]`}
	for _, c := range []struct {
		overrides map[string]string
		want      []string
	}{{nil, []string{clients}}, {federated, []string{providers, clients}}} {
		for _, readOnly := range []bool{true, false} {
			documents, err := audit.DeployPolicy(stackGraph(t, "dev", c.overrides), readOnly)
			if err != nil {
				t.Fatal(err)
			}
			if got := audit.SecretReads(documents); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		}
	}
	if got := audit.SecretReads(nil); len(got) > 0 {
		t.Errorf("no rights: got %q", got)
	}
}

func TestEveryTypeOfTheGraphHasRights(t *testing.T) {
	program := func(ctx *pulumi.Context) error {
		_, err := sqs.NewQueue(ctx, "queue", nil)
		return err
	}
	g, err := declared.Run(program, declared.Stack{Project: "p", Name: "s", Account: account, Config: map[string]string{"aws:region": "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = audit.DeployPolicy(g, false)
	const want = `aws:sqs/queue:Queue "queue": no rights are known for this type of resource: add them to the table in internal/audit/rights.go`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAGivenKeyIsNamedExactly(t *testing.T) {
	const key = "arn:aws:kms:us-east-1:123456789012:key/01234567-0123-0123-0123-0123456789ab"
	for _, s := range statementsOf(t, "prod", false, map[string]string{"kmsKeyArn": key}) {
		if strings.HasPrefix(s.Action[0], "kms:") && !slices.Equal(s.Resource, []string{key}) {
			t.Errorf("%v on %v, want %s alone", s.Action, s.Resource, key)
		}
	}
}

func TestARoleWithAPathIsNamedWithIt(t *testing.T) {
	for _, readOnly := range []bool{false, true} {
		roles := 0
		for _, s := range statementsOf(t, "prod", readOnly, map[string]string{"roles.path": "/teams/records/"}) {
			for _, on := range s.Resource {
				if !strings.Contains(on, ":role/") || strings.Contains(on, ":role/aws-service-role/") {
					continue
				}
				if roles++; !strings.HasPrefix(on, "arn:aws:iam::123456789012:role/teams/records/smart-") {
					t.Errorf("%v on %s", s.Action, on)
				}
			}
		}
		if roles == 0 {
			t.Error("no role is named")
		}
	}
}

// Without the condition, whoever deploys could make a role that may do anything, and
// act as it.
func TestUnderAPermissionsBoundaryNoRoleIsMadeOrGivenRightsWithoutIt(t *testing.T) {
	const boundary = "arn:aws:iam::123456789012:policy/limit"
	bounded := map[string]int{}
	for _, s := range statementsOf(t, "prod", false, map[string]string{"roles.permissionsBoundary": boundary}) {
		for _, action := range s.Action {
			switch action {
			case "iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary":
				bounded[action] += len(s.Resource)
				if len(s.Condition) != 1 || len(s.Condition["StringEquals"]) != 1 || s.Condition["StringEquals"]["iam:PermissionsBoundary"] != boundary {
					t.Errorf("%s on %v under %v", action, s.Resource, s.Condition)
				}
			case "iam:DeleteRolePermissionsBoundary", "iam:AttachRolePolicy":
				t.Errorf("%s on %v", action, s.Resource)
			}
		}
	}
	roles := len(stackGraph(t, "prod", nil).All(declared.Role))
	want := map[string]int{"iam:CreateRole": roles, "iam:PutRolePolicy": roles, "iam:DeleteRolePolicy": roles, "iam:PutRolePermissionsBoundary": roles}
	if !maps.Equal(bounded, want) {
		t.Errorf("got %v, want %v", bounded, want)
	}
}

// The digits that S3's provider puts behind a bucket's beginning are known to nobody.
func TestABucketIsNamedByItsBeginning(t *testing.T) {
	var buckets []string
	for _, s := range statementsOf(t, "prod", false, map[string]string{"bulkData": "{}"}) {
		for _, on := range s.Resource {
			if strings.HasPrefix(on, "arn:aws:s3:::") {
				buckets = append(buckets, on)
			}
		}
	}
	slices.Sort(buckets)
	want := []string{"arn:aws:s3:::smart-bulk-*", "arn:aws:s3:::smart-bulk-logs-*"}
	if got := slices.Compact(buckets); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheARNsAreOfThePartition(t *testing.T) {
	overrides := map[string]string{"aws:region": "us-gov-west-1", "aws-native:region": "us-gov-west-1", "allowUnlistedRegion": "true"}
	for _, s := range statementsOf(t, "prod", false, overrides) {
		for _, arn := range s.Resource {
			if arn != "*" && !strings.HasPrefix(arn, "arn:aws-us-gov:") {
				t.Errorf("%s: %s is of another partition", s.Sid, arn)
			}
		}
	}
}

func TestALongPolicyIsSplitIntoManagedPoliciesThatSayTheSame(t *testing.T) {
	const roles = 150
	program := func(ctx *pulumi.Context) error {
		for i := range roles {
			_, err := iam.NewRole(ctx, fmt.Sprintf("a-role-with-a-long-name-%d", i), &iam.RoleArgs{
				AssumeRolePolicy: pulumi.String(`{"Statement": [{"Principal": {"Service": "lambda.amazonaws.com"}}]}`),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	g, err := declared.Run(program, declared.Stack{Project: "p", Name: "s", Account: account, Config: map[string]string{"aws:region": "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	documents, err := audit.DeployPolicy(g, false)
	if err != nil {
		t.Fatal(err)
	}
	passed := map[string]int{}
	for i, document := range documents {
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 6144 || len(document.Statement) == 0 || document.Version != "2012-10-17" {
			t.Errorf("document %d has %d characters and %d statements", i+1, len(text), len(document.Statement))
		}
		sids := map[string]bool{}
		for _, s := range document.Statement {
			if sids[s.Sid] {
				t.Errorf("document %d has %s twice", i+1, s.Sid)
			}
			sids[s.Sid] = true
			for _, arn := range s.Resource {
				for _, action := range s.Action {
					passed[action+" "+arn]++
				}
			}
		}
	}
	if len(documents) < 2 || passed["iam:PassRole arn:aws:iam::123456789012:role/a-role-with-a-long-name-7-*"] != 1 || len(passed) != roles*12 {
		t.Errorf("got %d documents with %d rights, want several with %d", len(documents), len(passed), roles*12)
	}
}

func TestWhoMayDoWhatIsExactlyThis(t *testing.T) {
	for _, stack := range stacks {
		explanation, err := audit.Explain(declaredIn(t, stack, nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := explanation.Text(&text); err != nil {
			t.Fatal(err)
		}
		assertGolden(t, "explain."+stack+".txt", text.Bytes())
		assertGolden(t, "explain."+stack+".json", indented(t, explanation))
	}
}

func TestNoPasswordIsExplained(t *testing.T) {
	g := stackGraph(t, "dev", map[string]string{"testUsers": `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!"}]`})
	explanation, err := audit.Explain(g)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := explanation.Text(&text); err != nil {
		t.Fatal(err)
	}
	all := text.String() + string(indented(t, explanation))
	if strings.Contains(all, "Passw0rd!") || !slices.Equal(explanation.TestUsers, []string{"ann"}) {
		t.Errorf("got test users %v and\n%s", explanation.TestUsers, all)
	}
	if !slices.Contains(explanation.Unprotected, "test user ann: its password is in the stack's configuration and state") {
		t.Errorf("the test user is no concern: %v", explanation.Unprotected)
	}
}

// clientOf explains one client of the dev stack's kind.
func clientOf(t *testing.T, kind string, scopes ...string) audit.Client {
	t.Helper()
	client := map[string]any{"name": "c", "kind": kind, "scopes": scopes}
	if kind != "service" {
		client["callbackUrls"] = []string{"https://a.example/"}
	}
	text, err := json.Marshal([]any{client})
	if err != nil {
		t.Fatal(err)
	}
	explanation, err := audit.Explain(stackGraph(t, "dev", map[string]string{"clients": string(text)}))
	if err != nil {
		t.Fatal(err)
	}
	return explanation.Clients[0]
}

func TestAClientEndsWithTheRoleThatTheValidatorWouldName(t *testing.T) {
	for _, c := range []struct {
		what               string
		got                audit.Client
		role, read, export string
	}{
		{"reading", clientOf(t, "service", "system/*.rs"), "smart-validator-read", "smart-validator-read", "smart-validator-export"},
		{"writing", clientOf(t, "service", "system/*.cud"), "smart-validator-write", "", ""},
		{"both", clientOf(t, "service", "system/*.read", "system/*.write"), "smart-validator-write", "smart-validator-read", "smart-validator-export"},
		{"reading one type", clientOf(t, "service", "system/Patient.rs"), "smart-validator-read", "smart-validator-read", ""},
		{"reading in two scopes", clientOf(t, "service", "system/*.r", "system/*.s"), "smart-validator-read", "smart-validator-read", "smart-validator-export"},
		{"an app", clientOf(t, "public", "user/*.rs"), "smart-validator-read", "smart-validator-read", ""},
		{"a service that asks for a user's", clientOf(t, "service", "patient/*.rs"), "", "", ""},
		{"a service that asks for both", clientOf(t, "service", "patient/*.cud", "system/*.rs"), "smart-validator-read", "smart-validator-read", "smart-validator-export"},
	} {
		if c.got.Role != c.role || c.got.ReadRole != c.read || c.got.ExportRole != c.export {
			t.Errorf("%s: got %q, %q and %q, want %q, %q and %q", c.what, c.got.Role, c.got.ReadRole, c.got.ExportRole, c.role, c.read, c.export)
		}
	}
}

// ignored is a scope whose filter HealthLake may ignore.
const ignored = "system/Patient.cruds?_count=1"

// grantsOf explains the scopes of one client of a pool, with a trigger that adds
// FHIR claims to users' tokens or without.
func grantsOf(t *testing.T, flow string, withTrigger bool) map[string]string {
	t.Helper()
	program := func(ctx *pulumi.Context) error {
		args := &cognito.UserPoolArgs{}
		if withTrigger {
			args.LambdaConfig = cognito.UserPoolLambdaConfigArgs{PreTokenGeneration: pulumi.String("arn:aws:lambda:us-east-1:123456789012:function:f")}
		}
		pool, err := cognito.NewUserPool(ctx, "pool", args)
		if err != nil {
			return err
		}
		_, err = cognito.NewUserPoolClient(ctx, "client", &cognito.UserPoolClientArgs{
			UserPoolId:         pool.ID(),
			AllowedOauthFlows:  pulumi.ToStringArray([]string{flow}),
			AllowedOauthScopes: pulumi.ToStringArray([]string{"openid", "patient/*.rs", "user/*.rs", "system/*.rs", ignored}),
		})
		return err
	}
	g, err := declared.Run(program, declared.Stack{Project: "p", Name: "s", Account: account, Config: map[string]string{"aws:region": "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	explanation, err := audit.Explain(g)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, grant := range explanation.Clients[0].Scopes {
		told[grant.Scope] = fmt.Sprintf("%t: %s", grant.Counts, grant.Because)
	}
	return told
}

func TestAScopeCountsAsTheValidatorCountsIt(t *testing.T) {
	const (
		signIn    = "false: it is about the sign-in"
		noUser    = "false: a service has no user and no patient"
		noClaim   = "false: no token of this pool says which patient or which FHIR resource its user is"
		notSystem = "false: a user's token never gets rights of the system"
		service   = "true: in every token of this client that asks for it"
		dropped   = `false: the validator drops it: "system/Patient.cruds?_count=1": filter not accepted: "_count" cannot filter Patient; ` +
			"want a search parameter that FHIR R4 defines for this type, neither composite nor special, nor one of every type such as _id"
	)
	for _, c := range []struct {
		flow    string
		trigger bool
		want    map[string]string
	}{
		{"client_credentials", false, map[string]string{"openid": signIn, "patient/*.rs": noUser, "user/*.rs": noUser, "system/*.rs": service}},
		{"client_credentials", true, map[string]string{"openid": signIn, "patient/*.rs": noUser, "user/*.rs": noUser, "system/*.rs": service}},
		{"code", false, map[string]string{"openid": signIn, "patient/*.rs": noClaim, "user/*.rs": noClaim, "system/*.rs": notSystem}},
		{"code", true, map[string]string{
			"openid": signIn, "system/*.rs": notSystem,
			"patient/*.rs": "true: in the tokens of users that have a patient",
			"user/*.rs":    "true: in the tokens of users that are a FHIR resource (fhirUser)",
		}},
	} {
		c.want[ignored] = dropped
		if got := grantsOf(t, c.flow, c.trigger); !maps.Equal(got, c.want) {
			t.Errorf("%s, with a trigger %t: got\n%v\nwant\n%v", c.flow, c.trigger, got, c.want)
		}
	}
}
