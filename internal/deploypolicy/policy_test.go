package deploypolicy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/deploypolicy"
)

func TestTheRightsToDeployAndToReadAreExactlyThese(t *testing.T) {
	for _, stack := range declaredtest.Stacks() {
		for name, readOnly := range map[string]bool{"deploy-policy": false, "read-policy": true} {
			documents, err := deploypolicy.Deploy(declaredtest.Graph(t, stack, nil), readOnly)
			if err != nil {
				t.Fatal(err)
			}
			declaredtest.AssertGolden(t, name+"."+stack+".json", declaredtest.JSON(t, documents))
		}
	}
}

func statementsOf(t *testing.T, stack string, readOnly bool, overrides map[string]string) []deploypolicy.Statement {
	t.Helper()
	documents, err := deploypolicy.Deploy(declaredtest.Graph(t, stack, overrides), readOnly)
	if err != nil {
		t.Fatal(err)
	}
	var all []deploypolicy.Statement
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
	"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DeleteQueryDefinition", "logs:DescribeLogGroups", "logs:DescribeQueryDefinitions",
	"logs:DescribeResourcePolicies", "logs:GetLogDelivery",
	"logs:ListLogDeliveries", "logs:PutQueryDefinition", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
	"ram:GetResourceShareInvitations",
}

func TestAStarStandsAloneOnlyWhereIAMKnowsNoResource(t *testing.T) {
	for what, stack := range declaredtest.EveryStack() {
		for _, s := range statementsOf(t, stack.Name, false, stack.Overrides) {
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
	for stack, of := range declaredtest.EveryStack() {
		for _, s := range statementsOf(t, of.Name, true, of.Overrides) {
			for _, action := range s.Action {
				_, verb, _ := strings.Cut(action, ":")
				verb = strings.TrimPrefix(verb, "Admin")
				if action == "apigateway:GET" { // its actions are methods of HTTP
					continue
				}
				if !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "List") && !strings.HasPrefix(verb, "Describe") {
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
			documents, err := deploypolicy.Deploy(declaredtest.Graph(t, "dev", c.overrides), readOnly)
			if err != nil {
				t.Fatal(err)
			}
			if got := deploypolicy.SecretReads(documents); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		}
	}
	if got := deploypolicy.SecretReads(nil); len(got) > 0 {
		t.Errorf("no rights: got %q", got)
	}
}

func TestEveryTypeOfTheGraphHasRights(t *testing.T) {
	_, err := deploypolicy.Deploy(declaredtest.Run(t, func(ctx *pulumi.Context) error {
		_, err := sqs.NewQueue(ctx, "queue", nil)
		return err
	}), false)
	const want = `aws:sqs/queue:Queue "queue": no rights are known for this type of resource: add them to the table in internal/deploypolicy/rights.go`
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
	roles := len(declaredtest.Graph(t, "prod", nil).All(declared.Role))
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
	g := declaredtest.Run(t, program)
	documents, err := deploypolicy.Deploy(g, false)
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

func TestWhoeverDeploysMayMakeTheGroupsAndFillThem(t *testing.T) {
	documents, err := deploypolicy.Deploy(declaredtest.Graph(t, "dev", declaredtest.Groups()), false)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, document := range documents {
		for _, statement := range document.Statement {
			actions = append(actions, statement.Action...)
		}
	}
	for _, action := range []string{"CreateGroup", "DeleteGroup", "UpdateGroup", "GetGroup", "AdminAddUserToGroup", "AdminRemoveUserFromGroup", "AdminListGroupsForUser"} {
		if !slices.Contains(actions, "cognito-idp:"+action) {
			t.Errorf("it may not %s", action)
		}
	}
}
