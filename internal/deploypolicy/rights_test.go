package deploypolicy_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/deploypolicy"
)

func TestNothingMadeUpReachesAPolicy(t *testing.T) {
	declaredtest.AssertNothingMadeUp(t, func(g *declared.Graph) map[string]string {
		texts := map[string]string{"cautions": strings.Join(deploypolicy.Cautions(g), "\n")}
		for name, of := range map[string]func() ([]deploypolicy.Document, error){
			"deploy":  func() ([]deploypolicy.Document, error) { return deploypolicy.Deploy(g, false) },
			"read":    func() ([]deploypolicy.Document, error) { return deploypolicy.Deploy(g, true) },
			"preview": func() ([]deploypolicy.Document, error) { return deploypolicy.Preview(g) },
			"operator": func() ([]deploypolicy.Document, error) {
				documents, err := deploypolicy.Operator(g, "")
				if err != nil && strings.HasPrefix(err.Error(), "missing; the user pool has no tags") {
					return nil, nil
				}
				return documents, err
			},
		} {
			documents, err := of()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			texts[name] = string(declaredtest.JSON(t, documents))
			texts["secrets of "+name] = strings.Join(deploypolicy.SecretReads(documents), "\n")
		}
		return texts
	})
}

func TestAPolicyIsRefusedWithoutAnAccountAndWithAStandInForASecret(t *testing.T) {
	const want = "holds a value that is not known before the deployment, or is encrypted in the configuration; use the account, and such a value in clear text"
	unknown := declaredtest.Changed(t, "dev", nil, nil)
	loaded, err := declared.LoadStack(".", "dev", map[string]string{"tags": `{"owner":"made-up-secret"}`})
	if err != nil {
		t.Fatal(err)
	}
	loaded.Account, loaded.Invented = declaredtest.Account, []string{"made-up-secret"}
	encrypted, err := declared.By(loaded)
	if err != nil {
		t.Fatal(err)
	}
	for what, g := range map[string]*declared.Graph{"no account": unknown, "an encrypted tag": encrypted} {
		documents, err := deploypolicy.Deploy(g, false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "made-up-secret") || documents != nil {
			t.Errorf("%s: got %v and %v", what, documents, err)
		}
	}
}

// rightsOf are the resources of each action that the policy allows, each "<resource>"
// or "<resource> if <condition>".
func rightsOf(t *testing.T, documents []deploypolicy.Document) map[string][]string {
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
	documents, err := deploypolicy.Deploy(declaredtest.Graph(t, stack, overrides), false)
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
		gateway   = "arn:aws:apigateway:us-east-1::"
		domain    = gateway + "/domainnames/fhir.example.org"
	)
	makes := func(service string) string {
		return "arn:aws:iam::123456789012:role/aws-service-role/" + service + `/* if {"StringEquals":{"iam:AWSServiceName":"` + service + `"}}`
	}
	overrides := declaredtest.Everything()
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
			makes("ops.apigateway.amazonaws.com"),
		},
		"apigateway:GET": {
			gateway + "/apis/*", gateway + "/apis/*/integrations/*", gateway + "/apis/*/routes/*", gateway + "/apis/*/stages/*",
			domain, domain + "/apimappings/*",
		},
		"apigateway:POST": {
			gateway + `/apis if {"StringLike":{"apigateway:Request/ApiName":"smart-door-api-*"}}`,
			gateway + "/apis/*/integrations" + tagged, gateway + "/apis/*/routes" + tagged, gateway + "/apis/*/stages" + tagged,
			gateway + "/domainnames", domain + "/apimappings",
			gateway + `/tags/* if {"Null":{"aws:ResourceTag/environment":"true"},"StringEquals":{"aws:RequestTag/environment":"dev"}}`,
			gateway + "/tags/*" + tagged,
		},
		"apigateway:PUT": {
			gateway + `/tags/* if {"Null":{"aws:ResourceTag/environment":"true"},"StringEquals":{"aws:RequestTag/environment":"dev"}}`,
			gateway + "/tags/*" + tagged,
		},
		"apigateway:DELETE": {
			gateway + "/apis/*" + tagged, gateway + "/apis/*/integrations/*" + tagged, gateway + "/apis/*/routes/*" + tagged,
			gateway + "/apis/*/stages/*" + tagged, domain, domain + "/apimappings/*", gateway + "/tags/*" + tagged,
		},
		"apigateway:AddCertificateToDomain":      {gateway + "/domainnames", domain},
		"apigateway:RemoveCertificateFromDomain": {domain},
		"logs:CreateLogDelivery":                 {"*"},
		"glue:DeleteDatabase":                    {catalog, database},
		"glue:CreateDatabase":                    {catalog, database},
		"sns:Subscribe":                          {alarms},
		"sns:Unsubscribe":                        {alarms},
		"sns:GetSubscriptionAttributes":          {alarms},
		"sns:SetSubscriptionAttributes":          {alarms},
		"logs:DescribeLogGroups":                 {"*"},
		"kms:CreateGrant":                        {keys + tagged},
		"kms:Decrypt":                            {keys + tagged},
		"kms:GenerateDataKey":                    {keys + tagged},
		"kms:CreateAlias":                        {alias, keys},
		"kms:DeleteAlias":                        {alias, keys + tagged},
		"kms:UpdateAlias":                        {alias, keys + tagged},
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
	const pool = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + declaredtest.TheirPool
	stack := declaredtest.EveryStack()["existing pool"]
	got := deployRights(t, stack.Name, stack.Overrides)
	for action, on := range got {
		if strings.HasPrefix(action, "cognito-idp:") && !slices.Equal(on, []string{pool}) {
			t.Errorf("%s: got %q, want %s alone", action, on, pool)
		}
	}
	if got["cognito-idp:CreateUserPoolClient"] == nil || got["cognito-idp:CreateUserPool"] != nil {
		t.Errorf("got %q and %q", got["cognito-idp:CreateUserPoolClient"], got["cognito-idp:CreateUserPool"])
	}
	documents, err := deploypolicy.Preview(declaredtest.Graph(t, stack.Name, stack.Overrides))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"cognito-idp:DescribeUserPool": {pool}}
	if preview := rightsOf(t, documents); !reflect.DeepEqual(preview, want) {
		t.Errorf("a preview takes %v, want %v", preview, want)
	}
}

func TestAPreviewTakesNoRightsWhereTheStackMakesItsPool(t *testing.T) {
	for _, stack := range declaredtest.Stacks() {
		documents, err := deploypolicy.Preview(declaredtest.Graph(t, stack, nil))
		if err != nil || len(documents) > 0 {
			t.Errorf("%s: got %v and %v", stack, documents, err)
		}
	}
}

func TestEachRowOfTheRightsNamesItsSource(t *testing.T) {
	source := regexp.MustCompile(`^(?:[a-z0-9]+/[a-z_0-9]+\.go|https://docs\.aws\.amazon\.com/[a-zA-Z0-9/_-]+\.html)$`)
	all := deploypolicy.Sources()
	if len(all) < 60 {
		t.Fatalf("got %d rights", len(all))
	}
	for _, one := range all {
		if !source.MatchString(one.Source) {
			t.Errorf("%s: rights of %s have the source %q", one.Type, one.Service, one.Source)
		}
	}
}
