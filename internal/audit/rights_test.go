package audit_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/audit"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// artefacts are all that this package says of a graph, as one text each.
func artefacts(t *testing.T, g *declared.Graph) map[string]string {
	t.Helper()
	all := map[string]any{"cautions": audit.Cautions(g)}
	for name, of := range map[string]func() ([]audit.Document, error){
		"deploy":  func() ([]audit.Document, error) { return audit.DeployPolicy(g, false) },
		"read":    func() ([]audit.Document, error) { return audit.DeployPolicy(g, true) },
		"preview": func() ([]audit.Document, error) { return audit.PreviewPolicy(g) },
	} {
		documents, err := of()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name], all["secrets of "+name] = documents, audit.SecretReads(documents)
	}
	explanation, err := audit.Explain(g)
	if err != nil {
		t.Fatal(err)
	}
	all["explanation"] = explanation
	var explained strings.Builder
	if err := explanation.Text(&explained); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"explained": explained.String()}
	for name, value := range all {
		texts[name] = string(indented(t, value))
	}
	return texts
}

// Two stand-ins for AWS that make up different values give the same artefacts only if
// nothing that they made up is in one.
func TestNothingMadeUpReachesAnArtefact(t *testing.T) {
	for what, stack := range everyStack {
		in := func(seed, account string) map[string]string {
			return artefacts(t, declaredIn(t, stack.name, stack.overrides, func(s *declared.Stack) { s.Seed, s.Account = seed, account }))
		}
		first, second, elsewhere := in("first", "111122223333"), in("second", "111122223333"), in("first", "999988887777")
		for name, text := range first {
			if text != second[name] {
				t.Errorf("%s: %s: two stand-ins gave\n%s\nand\n%s", what, name, text, second[name])
			}
			if want := strings.ReplaceAll(text, "111122223333", "999988887777"); elsewhere[name] != want {
				t.Errorf("%s: %s: another account gave\n%s\nwant\n%s", what, name, elsewhere[name], want)
			}
		}
	}
}

func TestTwoStandInsMakeUpDifferentValues(t *testing.T) {
	in := func(seed string) *declared.Graph {
		return declaredIn(t, "dev", everything, func(s *declared.Stack) { s.Seed = seed })
	}
	first, second := in("first").Resources(), in("second").Resources()
	same := 0
	for i, r := range first {
		if strings.HasPrefix(r.Type, "aws") && r.ID == second[i].ID {
			t.Logf("%s %s: both have the id %s", r.Type, r.Name, r.ID)
			same++
		}
	}
	if want := 1; same != want { // the host name of the custom domain, which the configuration gives
		t.Errorf("%d of %d resources have one id under both, want %d", same, len(first), want)
	}
}

func TestAPolicyIsRefusedWithoutAnAccountAndWithAStandInForASecret(t *testing.T) {
	const want = "holds a value that is not known before the deployment, or is encrypted in the configuration; want the account, and such a value in clear text"
	unknown := declaredIn(t, "dev", nil, nil)
	loaded, err := local.LoadStack("../..", "dev", map[string]string{"tags": `{"owner":"made-up-secret"}`})
	if err != nil {
		t.Fatal(err)
	}
	loaded.Account, loaded.Invented = account, []string{"made-up-secret"}
	encrypted, err := audit.Declare(loaded)
	if err != nil {
		t.Fatal(err)
	}
	for what, g := range map[string]*declared.Graph{"no account": unknown, "an encrypted tag": encrypted} {
		documents, err := audit.DeployPolicy(g, false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "made-up-secret") || documents != nil {
			t.Errorf("%s: got %v and %v", what, documents, err)
		}
	}
}

// rightsOf are the resources of each action that the policy allows, each "<resource>"
// or "<resource> if <condition>".
func rightsOf(t *testing.T, documents []audit.Document) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, document := range documents {
		for _, s := range document.Statement {
			suffix := ""
			if s.Condition != nil {
				text, err := json.Marshal(s.Condition)
				if err != nil {
					t.Fatal(err)
				}
				suffix = " if " + string(text)
			}
			for _, action := range s.Action {
				for _, on := range s.Resource {
					found[action] = append(found[action], on+suffix)
				}
			}
		}
	}
	for _, list := range found {
		slices.Sort(list)
	}
	return found
}

func deployRights(t *testing.T, stack string, overrides map[string]string) map[string][]string {
	t.Helper()
	documents, err := audit.DeployPolicy(stackGraph(t, stack, overrides), false)
	if err != nil {
		t.Fatal(err)
	}
	return rightsOf(t, documents)
}

func TestWithEverythingOnEachRightIsAsNarrowAsIAMAllows(t *testing.T) {
	const (
		tagged    = ` if {"StringEquals":{"aws:ResourceTag/environment":"dev"}}`
		lambda    = ` if {"StringEquals":{"application-autoscaling:service-namespace":"lambda"}}`
		target    = "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/*"
		tracking  = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:TargetTracking-function:smart-validator-function-*:live-*"
		alarms    = "arn:aws:sns:us-east-1:123456789012:smart-validator-alarms-*"
		keys      = "arn:aws:kms:us-east-1:123456789012:key/*"
		alias     = "arn:aws:kms:us-east-1:123456789012:alias/smart-key-alias-*"
		dashboard = "arn:aws:cloudwatch::123456789012:dashboard/smart-validator-function-*"
		database  = "arn:aws:glue:us-east-1:123456789012:database/*_healthlake_view"
		catalog   = "arn:aws:glue:us-east-1:123456789012:catalog"
	)
	makes := func(service string) string {
		return "arn:aws:iam::123456789012:role/aws-service-role/" + service + `/* if {"StringEquals":{"iam:AWSServiceName":"` + service + `"}}`
	}
	overrides := maps.Clone(everything)
	overrides["tags"] = `{"environment":"dev"}`
	got := deployRights(t, "dev", overrides)
	for action, want := range map[string][]string{
		"cloudfront:UpdateDistribution":                    {"arn:aws:cloudfront::*:distribution/*"},
		"cloudwatch:PutDashboard":                          {dashboard},
		"cloudwatch:GetDashboard":                          {dashboard},
		"cloudwatch:DescribeAlarms":                        {"arn:aws:cloudwatch:us-east-1:123456789012:alarm:*", tracking},
		"application-autoscaling:RegisterScalableTarget":   {target + lambda},
		"application-autoscaling:DeregisterScalableTarget": {target + lambda},
		"application-autoscaling:PutScalingPolicy":         {target + lambda},
		"application-autoscaling:DeleteScalingPolicy":      {target + lambda},
		"application-autoscaling:PutScheduledAction":       {target + lambda},
		"application-autoscaling:DeleteScheduledAction":    {target + lambda},
		"application-autoscaling:UntagResource":            {target + tagged},
		"iam:CreateServiceLinkedRole": {
			makes("healthlake.amazonaws.com"), makes("lakeformation.amazonaws.com"), makes("lambda.application-autoscaling.amazonaws.com"),
		},
		"glue:DeleteDatabase":           {catalog, database},
		"glue:CreateDatabase":           {catalog, database},
		"sns:Subscribe":                 {alarms},
		"sns:Unsubscribe":               {alarms},
		"sns:GetSubscriptionAttributes": {alarms},
		"sns:SetSubscriptionAttributes": {alarms},
		"logs:DescribeLogGroups":        {"*"},
		"kms:CreateGrant":               {keys + tagged},
		"kms:Decrypt":                   {keys + tagged},
		"kms:GenerateDataKey":           {keys + tagged},
		"kms:CreateAlias":               {alias, keys},
		"kms:DeleteAlias":               {alias, keys + tagged},
		"kms:UpdateAlias":               {alias, keys + tagged},
	} {
		if !slices.Equal(got[action], want) {
			t.Errorf("%s: got %q, want %q", action, got[action], want)
		}
	}
	for _, action := range []string{"cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"} {
		if !slices.Contains(got[action], tracking) {
			t.Errorf("%s: got %q, want %s among them", action, got[action], tracking)
		}
	}
}

func TestOnlyACustomDomainReachesDistributions(t *testing.T) {
	for stack, overrides := range map[string]map[string]string{"dev": nil, "prod": nil} {
		if on := deployRights(t, stack, overrides)["cloudfront:UpdateDistribution"]; on != nil {
			t.Errorf("%s: got %q", stack, on)
		}
	}
}

// The stack has no other pool, so none but this is named.
func TestAnExistingPoolIsNamedExactly(t *testing.T) {
	const pool = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + theirPool
	stack := everyStack["existing pool"]
	got := deployRights(t, stack.name, stack.overrides)
	for action, on := range got {
		if strings.HasPrefix(action, "cognito-idp:") && !slices.Equal(on, []string{pool}) {
			t.Errorf("%s: got %q, want %s alone", action, on, pool)
		}
	}
	if got["cognito-idp:CreateUserPoolClient"] == nil || got["cognito-idp:CreateUserPool"] != nil {
		t.Errorf("got %q and %q", got["cognito-idp:CreateUserPoolClient"], got["cognito-idp:CreateUserPool"])
	}
	documents, err := audit.PreviewPolicy(stackGraph(t, stack.name, stack.overrides))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"cognito-idp:DescribeUserPool": {pool}}
	if preview := rightsOf(t, documents); !reflect.DeepEqual(preview, want) {
		t.Errorf("a preview takes %v, want %v", preview, want)
	}
}

func TestAPreviewTakesNoRightsWhereTheStackMakesItsPool(t *testing.T) {
	for _, stack := range stacks {
		documents, err := audit.PreviewPolicy(stackGraph(t, stack, nil))
		if err != nil || len(documents) > 0 {
			t.Errorf("%s: got %v and %v", stack, documents, err)
		}
	}
}

func TestEachRowOfTheRightsNamesItsSource(t *testing.T) {
	source := regexp.MustCompile(`^(?:[a-z0-9]+/[a-z_0-9]+\.go|https://docs\.aws\.amazon\.com/[a-zA-Z0-9/_-]+\.html)$`)
	all := audit.Sources()
	if len(all) < 60 {
		t.Fatalf("got %d rights", len(all))
	}
	for _, one := range all {
		if !source.MatchString(one.Source) {
			t.Errorf("%s: rights of %s have the source %q", one.Type, one.Service, one.Source)
		}
	}
}

func TestWhatAnOwnerSaysOfAnExistingPoolCounts(t *testing.T) {
	for says, want := range map[string]bool{"true": true, "false": false} {
		g := stackGraph(t, "dev", map[string]string{"existingUserPool": `{"id":"` + theirPool + `","addsLaunchContext":` + says + `}`})
		explanation, err := audit.Explain(g)
		if err != nil {
			t.Fatal(err)
		}
		counts := false
		for _, client := range explanation.Clients {
			for _, grant := range client.Scopes {
				counts = counts || grant.Counts && strings.HasPrefix(grant.Scope, "patient/")
			}
		}
		if counts != want {
			t.Errorf("addsLaunchContext %s: scopes of patients count: %t", says, counts)
		}
		if !slices.ContainsFunc(explanation.Unprotected, func(concern string) bool { return strings.HasPrefix(concern, "user pool "+theirPool+": ") }) {
			t.Errorf("the pool is no concern: %q", explanation.Unprotected)
		}
	}
}

func TestAnArchiveThatIsNotThereIsAnErrorAsInADeployment(t *testing.T) {
	for key, want := range map[string]string{
		"function.archive":               `function.archive: "../../dist/none.zip": want a zip archive`,
		"launchContext.function.archive": `launchContext.function.archive: "../../dist/none.zip": want a zip archive`,
	} {
		loaded, err := local.LoadStack("../..", "dev", map[string]string{key: "dist/none.zip"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := audit.Declare(loaded); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", key, err, want)
		}
	}
}
