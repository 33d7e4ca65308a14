package deploypolicy_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/deploypolicy"
)

// underWhat are the conditions under which the policy allows each action of some
// services, all of them.
func underWhat(t *testing.T, g *declared.Graph, services ...string) map[string][]map[string]map[string]string {
	t.Helper()
	documents, err := deploypolicy.Deploy(g, false)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]map[string]map[string]string{}
	for _, document := range documents {
		for _, s := range document.Statement {
			for _, action := range s.Action {
				if service, _, _ := strings.Cut(action, ":"); slices.Contains(services, service) {
					found[action] = append(found[action], s.Condition)
				}
			}
		}
	}
	return found
}

// unheld are the actions that need no tags: they read, or are done to a key as soon as
// it is made.
var unheld = []string{
	"cognito-idp:AdminGetUser", "cognito-idp:DescribeResourceServer", "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient",
	"cognito-idp:DescribeUserPoolDomain", "cognito-idp:GetUserPoolMfaConfig", "cognito-idp:ListTagsForResource",
	"healthlake:DescribeFHIRDatastore", "healthlake:ListTagsForResource",
	"kms:CreateAlias", "kms:EnableKeyRotation",
	"kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListResourceTags",
}

// halfHeld are those that need tags of a key, and none of its alias, or by HealthLake
// and not to read a key.
var halfHeld = []string{"kms:DeleteAlias", "kms:DescribeKey", "kms:UpdateAlias"}

func TestWhatDestroysOrChangesIsHeldToTheStacksOwnTags(t *testing.T) {
	overrides := map[string]string{
		"tags":      `{"team": "records", "environment": "prod"}`,
		"testUsers": `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!"}]`,
	}
	own := map[string]map[string]string{"StringEquals": {"aws:ResourceTag/team": "records", "aws:ResourceTag/environment": "prod"}}
	request := map[string]string{"aws:RequestTag/team": "records", "aws:RequestTag/environment": "prod"}
	made := map[string]map[string]string{"StringEquals": request}
	first := map[string]map[string]string{"StringEquals": request, "Null": {"aws:ResourceTag/team": "true", "aws:ResourceTag/environment": "true"}}
	got := underWhat(t, declaredtest.Graph(t, "prod", overrides), "cognito-idp", "healthlake", "kms")
	held := 0
	for action, conditions := range got {
		want := []map[string]map[string]string{own}
		_, verb, _ := strings.Cut(action, ":")
		switch {
		case slices.Contains(unheld, action):
			want = []map[string]map[string]string{nil}
		case slices.Contains([]string{"CreateUserPool", "CreateKey", "CreateFHIRDatastore"}, verb):
			want[0] = made
		case verb == "TagResource":
			want = append(want, first)
		case slices.Contains(halfHeld, action):
			want = []map[string]map[string]string{nil, own}
		default:
			held++
		}
		slices.SortFunc(conditions, func(a, b map[string]map[string]string) int { return len(a) - len(b) })
		conditions = slices.CompactFunc(conditions, func(a, b map[string]map[string]string) bool { return reflect.DeepEqual(a, b) }) // on several kinds of resources
		if !reflect.DeepEqual(conditions, want) {
			t.Errorf("%s is allowed under %v, want %v", action, conditions, want)
		}
	}
	for _, action := range []string{
		"cognito-idp:DeleteUserPool", "cognito-idp:UpdateUserPool", "cognito-idp:AdminSetUserPassword", "cognito-idp:AdminUpdateUserAttributes",
		"cognito-idp:CreateUserPoolClient", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:Decrypt", "healthlake:DeleteFHIRDatastore", "healthlake:UntagResource",
	} {
		if len(got[action]) != 1 {
			t.Errorf("%s is allowed by %d statements, want 1", action, len(got[action]))
		}
	}
	if held != 33 {
		t.Errorf("%d actions are held to the tags, want 33", held)
	}
}

const (
	poolOpen      = "The user pool has no tags: the holder of this policy can delete and change every user pool of the account and region, and set the passwords and attributes of its users. Set tags to limit these rights to the stack's own resources."
	keyOpen       = "The key has no tags: the holder of this policy can use every key of the account and region, schedule its deletion and change its policy, where the key's policy leaves that to IAM. Set tags to limit these rights to the stack's own resources."
	apiOpen       = "The HTTP API has no tags: the holder of this policy can delete and change every HTTP API of the account and region. Set tags to limit these rights to the stack's own resources."
	datastoreOpen = "The datastore has no tags: the holder of this policy can delete every datastore of the account and region. Set tags to limit these rights to the stack's own resources."
	newKeyOpen    = "KMS may apply the tags of a new key five minutes late, so tags do not limit the rights to create a key: the holder of this policy can read the settings of, enable the rotation of, and give an alias of the stack to every key of the account and region."
	domainOpen    = "Cognito serves a custom domain through a CloudFront distribution: the holder of this policy can change every distribution of the account."
	rolesOpen     = "No permissions boundary on ROLES: the holder of this policy can give these roles any right, and use it. Set roles.permissionsBoundary to limit them."
)

// tagsOpen says that the right to make kinds of resources with tags tags others too.
func tagsOpen(kinds string) string {
	return "To create a " + kinds + " with tags, the policy includes the right to tag: its holder can put the stack's tags on every other one of the account and region that has none of these tags, and then use it as the stack's own."
}

func TestWhatThePolicyCannotHoldIsSaid(t *testing.T) {
	customDomain := map[string]string{"customDomain": declaredtest.Everything()["customDomain"]}
	bounded := map[string]string{"roles.permissionsBoundary": "arn:aws:iam::123456789012:policy/limit"}
	for what, c := range map[string]struct {
		stack     string
		overrides map[string]string
		want      []string
	}{
		"as it comes":        {"prod", nil, []string{rolesOpen, tagsOpen("user pool or key or HTTP API or datastore"), newKeyOpen}},
		"bounded":            {"prod", bounded, []string{tagsOpen("user pool or key or HTTP API or datastore"), newKeyOpen}},
		"without tags":       {"prod", map[string]string{"tags": "{}"}, []string{poolOpen, keyOpen, apiOpen, datastoreOpen, rolesOpen, newKeyOpen}},
		"of no key":          {"dev", map[string]string{"tags": "{}"}, []string{poolOpen, apiOpen, datastoreOpen, rolesOpen}},
		"bounded, no tags":   {"dev", map[string]string{"tags": "{}", "roles.permissionsBoundary": bounded["roles.permissionsBoundary"]}, []string{poolOpen, apiOpen, datastoreOpen}},
		"tags of the others": {"dev", map[string]string{"tags": `{"a": "b"}`}, []string{rolesOpen, tagsOpen("user pool or HTTP API or datastore")}},
		"a custom domain":    {"dev", customDomain, []string{rolesOpen, tagsOpen("user pool or HTTP API or datastore"), domainOpen}},
	} {
		g := declaredtest.Graph(t, c.stack, c.overrides)
		var roles []string
		for _, role := range g.All(declared.Role) {
			roles = append(roles, role.Name)
		}
		slices.Sort(roles)
		want := strings.ReplaceAll(strings.Join(c.want, "\n"), "ROLES", strings.Join(roles, ", "))
		if got := strings.Join(deploypolicy.Cautions(g), "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", what, got, want)
		}
	}
}

func TestWithoutTagsNothingIsHeldAndADeploymentStillWorks(t *testing.T) {
	for action, conditions := range underWhat(t, declaredtest.Graph(t, "prod", map[string]string{"tags": "{}"}), "cognito-idp", "healthlake", "kms") {
		for _, condition := range conditions {
			if condition != nil {
				t.Errorf("%s is allowed under %v", action, condition)
			}
		}
	}
}

func TestRightsAreHeldToTheTagsThatAllPoolsShare(t *testing.T) {
	g := declaredtest.Run(t, func(ctx *pulumi.Context) error {
		for name, tags := range map[string]map[string]string{"a": {"team": "x", "stage": "1", "only": "a"}, "b": {"team": "x", "stage": "2"}} {
			if _, err := cognito.NewUserPool(ctx, name, &cognito.UserPoolArgs{Tags: pulumi.ToStringMap(tags)}); err != nil {
				return err
			}
		}
		return nil
	})
	want := []map[string]map[string]string{{"StringEquals": {"aws:ResourceTag/team": "x"}}}
	if got := underWhat(t, g, "cognito-idp")["cognito-idp:DeleteUserPool"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestARecordIsChangedByItsNameAlone(t *testing.T) {
	g := declaredtest.Run(t, func(ctx *pulumi.Context) error {
		_, err := route53.NewRecord(ctx, "record", &route53.RecordArgs{
			ZoneId: pulumi.String("Z123"), Name: pulumi.String("Auth.Example.org."), Type: pulumi.String("A"), Records: pulumi.ToStringArray([]string{"192.0.2.1"}),
		})
		return err
	})
	want := map[string][]map[string]map[string]string{
		"route53:ChangeResourceRecordSets": {{"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": "auth.example.org"}}},
		"route53:GetChange":                {nil},
		"route53:GetHostedZone":            {nil},
		"route53:ListResourceRecordSets":   {nil},
	}
	if got := underWhat(t, g, "route53"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestObjectsAreDeletedOnlyWhereABucketGoesWithThem(t *testing.T) {
	g := declaredtest.Run(t, func(ctx *pulumi.Context) error {
		for name, force := range map[string]bool{"kept": false, "emptied": true} {
			if _, err := s3.NewBucketV2(ctx, name, &s3.BucketV2Args{BucketPrefix: pulumi.String(name + "-"), ForceDestroy: pulumi.Bool(force)}); err != nil {
				return err
			}
		}
		return nil
	})
	documents, err := deploypolicy.Deploy(g, false)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, document := range documents {
		for _, s := range document.Statement {
			for _, action := range s.Action {
				if strings.HasPrefix(action, "s3:DeleteObject") || action == "s3:ListBucketVersions" || action == "s3:DeleteBucket" {
					got[action] = strings.TrimSpace(got[action] + " " + strings.Join(s.Resource, " "))
				}
			}
		}
	}
	want := map[string]string{
		"s3:DeleteBucket":        "arn:aws:s3:::emptied-* arn:aws:s3:::kept-*",
		"s3:ListBucketVersions":  "arn:aws:s3:::emptied-*",
		"s3:DeleteObject":        "arn:aws:s3:::emptied-*/*",
		"s3:DeleteObjectVersion": "arn:aws:s3:::emptied-*/*",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
