package explain_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/declared/archivetest"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/explain"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

// page has the tables of what holds of every stack.
const page = "../../docs/explanation/hipaa.md"

func TestTheDocumentOnHIPAAHasTheTablesOfTheCode(t *testing.T) {
	for name, want := range explain.Tables() {
		declaredtest.AssertSection(t, page, name, want)
	}
}

// inStack is what a stack declares for a safeguard.
func inStack(t *testing.T, e explain.Explanation, section string) []string {
	t.Helper()
	for _, one := range e.Safeguards {
		if one.Section == section {
			return one.Stack
		}
	}
	t.Fatalf("no safeguard %s", section)
	return nil
}

func TestEveryTechnicalSafeguardIsThereInTheOrderOfTheRegulation(t *testing.T) {
	var got []string
	for _, one := range explanationOf(t, declaredtest.Graph(t, "dev", nil)).Safeguards {
		got = append(got, one.Section+" "+one.Specification)
		if one.Name == "" || one.Yours == "" || len(one.Stack) == 0 || strings.Contains(one.Yours, "`") {
			t.Errorf("%s: got %+v", one.Section, one)
		}
	}
	expect.Lines(t, "safeguards", got, []string{
		"(a)(1) standard", "(a)(2)(i) required", "(a)(2)(ii) required", "(a)(2)(iii) addressable", "(a)(2)(iv) addressable",
		"(b) standard", "(c)(1) standard", "(c)(2) addressable", "(d) standard", "(e)(1) standard", "(e)(2)(i) addressable", "(e)(2)(ii) addressable",
	})
}

func TestASafeguardSaysWhatTheStackDeclares(t *testing.T) {
	e := explanationOf(t, declaredtest.Graph(t, "dev", declaredtest.Everything()))
	const key = "the customer-managed key smart-key of this stack (rotated yearly: yes)"
	for section, want := range map[string][]string{
		"(a)(2)(i)":   {"smart-auth-pool: only administrators create users, and users sign in with a username or email"},
		"(a)(2)(iii)": {"client app: access token 60 minutes, ID token 60 minutes, refresh token 60 minutes"},
		"(a)(2)(iv)": {
			"datastore smart-dev, smart-bulk-bucket, smart-auth-context-logs, smart-door-access-logs, smart-door-logs, smart-validator-logs, smart-validator-alarms: " + key,
			"smart-bulk-logs: keys of S3 (SSE-S3)", "smart-auth-pool: a key that AWS owns",
		},
		"(b)": {
			"smart-auth-context-logs, smart-door-access-logs, smart-door-logs, smart-validator-logs: kept for 365 days",
			"smart-validator-function: log level info, its log names no user", "smart-bulk-bucket: S3 logs each access", "10 alarms, 2 subscribers that this stack declares",
		},
		"(c)(1)": {"client etl can change data: system/*.*"},
		"(c)(2)": {"smart-bulk-bucket: versions enabled", "smart-bulk-logs: versions enabled"},
		"(d)": {
			"smart-auth-pool: second factor OPTIONAL, passwords of at least 8 characters",
			"identity provider Hospital (OIDC): it authenticates its users", "identity provider University (SAML): it authenticates its users",
		},
		"(e)(1)":     {"client app: http://localhost:3000/callback is not encrypted"},
		"(e)(2)(ii)": {"fhir.example.org: TLS_1_2"},
	} {
		got := inStack(t, e, section)
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%s: got\n%s\nwithout\n%s", section, strings.Join(got, "\n"), line)
			}
		}
	}
}

func TestWithoutAKeyOfTheAccountEachKeyIsItsServices(t *testing.T) {
	e := explanationOf(t, declaredtest.Graph(t, "dev", map[string]string{"alarms": "{}"}))
	expect.Lines(t, "keys", inStack(t, e, "(a)(2)(iv)"), []string{
		"datastore smart-dev, smart-auth-pool: a key that AWS owns",
		"smart-auth-context-logs, smart-door-access-logs, smart-door-logs, smart-validator-logs: a key of CloudWatch Logs",
		"smart-validator-alarms: not encrypted with KMS; it has names and numbers of metrics only",
	})
}

func TestEveryTypeOfResourceIsOfAServiceThatIsTold(t *testing.T) {
	names := map[string]string{
		"aws-native:healthlake": "HealthLake", "aws:s3": "S3", "aws:cognito": "Cognito", "aws:lambda": "Lambda", "aws:apigatewayv2": "API Gateway",
		"aws:sns": "SNS", "aws:kms": "KMS", "aws:route53": "Route 53", "aws:iam": "IAM", "aws:appautoscaling": "Application Auto Scaling", "aws:cloudtrail": "CloudTrail",
	}
	for what, stack := range declaredtest.EveryStack() {
		g := declaredtest.Graph(t, stack.Name, stack.Overrides)
		var told, used []string
		for _, one := range explanationOf(t, g).Services {
			told = append(told, one.Name)
			if one.PHI == "" || one.AtRest == "" || one.InTransit == "" || one.Kept == "" {
				t.Errorf("%s: %+v", what, one)
			}
		}
		for _, r := range g.Resources() {
			if r.Component || strings.HasPrefix(r.Type, "pulumi:") {
				continue
			}
			service := names[strings.SplitN(r.Type, "/", 2)[0]]
			if _, ok := strings.CutPrefix(r.Type, "aws-native:healthlake:"); ok {
				service = "HealthLake"
			}
			switch {
			case strings.HasPrefix(r.Type, "aws:cloudwatch/logGroup:"), strings.HasPrefix(r.Type, "aws:cloudwatch/queryDefinition:"):
				service = "CloudWatch Logs"
			case strings.HasPrefix(r.Type, "aws:cloudwatch/"):
				service = "CloudWatch"
			}
			if service == "" {
				t.Errorf("%s: %s: of no service", what, r.Type)
			}
			used = append(used, service)
			if r.Type == "aws:lambda/function:Function" && r.Text("tracingConfig", "mode") == "Active" {
				used = append(used, "X-Ray")
			}
		}
		slices.Sort(told)
		slices.Sort(used)
		expect.Lines(t, what, told, slices.Compact(used))
	}
}

func TestEachOfSeveralDatastoresHasItsOwnSafeguardsAndSettings(t *testing.T) {
	function := &components.FunctionArgs{Archive: archivetest.Write(t)}
	g := declaredtest.Run(t, func(ctx *pulumi.Context) error {
		for name, keep := range map[string]bool{"north": true, "south": false} {
			if _, err := components.NewSmartDatastore(ctx, name, &components.SmartDatastoreArgs{
				DatastoreName:      name,
				CustomerManagedKey: keep,
				Clients:            []components.ClientArgs{{Name: name + "-etl", Kind: components.ServiceClient, Scopes: []string{"system/*.rs"}}},
				Function:           function,
				Protect:            pulumi.BoolRef(keep),
			}); err != nil {
				return err
			}
		}
		return nil
	})
	list := told(t, g)
	for line, want := range map[string]bool{
		"datastore south: customerManagedKey = false":          true,
		"datastore north: customerManagedKey = false":          false,
		"south-auth-pool: userPool.deletionProtection = false": true,
		"north-auth-pool: userPool.deletionProtection = false": false,
		"north-validator, south-validator: alarms = not set":   true,
	} {
		if slices.Contains(list, line) != want {
			t.Errorf("%s: told %t in\n%s", line, !want, strings.Join(list, "\n"))
		}
	}
	e := explanationOf(t, g)
	keys := inStack(t, e, "(a)(2)(iv)")
	for _, line := range []string{
		"datastore north, north-validator-logs: the customer-managed key north-key of this stack (rotated yearly: yes)",
		"datastore south, north-auth-pool, south-auth-pool: a key that AWS owns", "south-validator-logs: a key of CloudWatch Logs",
	} {
		if !slices.Contains(keys, line) {
			t.Errorf("got\n%s\nwithout\n%s", strings.Join(keys, "\n"), line)
		}
	}
}

func TestTheQueryForUsedClientsReadsWhatTheValidatorLogs(t *testing.T) {
	query, line := explain.ClientsInUse, wire.ValidatorLine()
	for _, member := range []string{"msg", "client_id"} {
		if !strings.Contains(query, member) || !slices.Contains(line, member) {
			t.Errorf("%s: not of the query %s, or not of the line %q", member, query, line)
		}
	}
	document, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document), "\n"+explain.ClientsInUse+"\n") {
		t.Errorf("%s does not show the query %s", page, explain.ClientsInUse)
	}
}

func TestTheLogOfDecisionsSaysWhomItNamesAndWhichQueryIsSaved(t *testing.T) {
	const (
		asked = "the configuration does not tell which clients are used; the validator's log does: the query is in " +
			"https://github.com/smartlake/pulumi-smartlake/blob/main/docs/explanation/hipaa.md#minimum-necessary"
		level = "smart-validator-function: log level info, its log names "
	)
	for what, c := range map[string]struct {
		values map[string]string
		want   []string
	}{
		"by default":     {nil, []string{level + "no user", asked}},
		"with users":     {map[string]string{"audit.users": "true"}, []string{level + "users by their sub", asked}},
		"with a panel":   {map[string]string{"dashboard": "true"}, []string{level + "no user", asked + `, and saved as "Grants by client"`}},
		"without a line": {map[string]string{"function.logLevel": "error"}, []string{"smart-validator-function: log level error, its log names no user", asked}},
	} {
		got := inStack(t, explanationOf(t, declaredtest.Graph(t, "dev", c.values)), "(b)")
		for _, line := range c.want {
			if !slices.Contains(got, line) {
				t.Errorf("%s: got\n%s\nwithout\n%s", what, strings.Join(got, "\n"), line)
			}
		}
	}
}

func TestAClientOfAGroupMayBeTheOneForEmergencies(t *testing.T) {
	const grouped = "no setting marks a client for emergencies; if there is one, it is among those with groups: c (nurses)"
	coarse := declaredtest.Groups()
	coarse["fineGrainedAuthorization"] = "false"
	for what, c := range map[string]struct {
		values map[string]string
		want   []string
	}{
		"no group": {nil, []string{"no client is for the users of a group, so none is for emergencies"}},
		"a group": {declaredtest.Groups(), []string{grouped, "datastore smart-dev: fine-grained authorization limits the user/ scopes of every client to the user's own records, " +
			"so one for emergencies adds types of resource, not patients; how HealthLake does so for others than patients is unverified"}},
		"a group, and no limit to a user's records": {coarse, []string{grouped}},
	} {
		if got := inStack(t, explanationOf(t, declaredtest.Graph(t, "dev", c.values)), "(a)(2)(ii)"); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}

// TestTheServicesOfAStackSayWhatItDeclares holds that no cell leaves the choice to the reader.
func TestTheServicesOfAStackSayWhatItDeclares(t *testing.T) {
	values := declaredtest.Everything()
	values["audit.users"] = "true"
	e := explanationOf(t, declaredtest.Graph(t, "dev", values))
	const key = "the customer-managed key smart-key of this stack (rotated yearly: yes)"
	const logs = "smart-auth-context-logs, smart-door-access-logs, smart-door-logs, smart-validator-logs: "
	for _, want := range []explain.Service{
		{Name: "HealthLake", PHI: "yes: the FHIR resources", AtRest: "datastore smart-dev: " + key, InTransit: "TLS 1.2", Kept: "until you delete it"},
		{
			Name: "CloudWatch Logs", PHI: "no patient, path or token, on purpose; the line of smart-validator-function names users by their sub; API Gateway's line has the caller's IP address",
			AtRest: logs + key, InTransit: "TLS", Kept: logs + "kept for 365 days",
		},
		{Name: "SNS", PHI: "none: names and numbers of metrics", AtRest: "smart-validator-alarms: " + key, InTransit: "TLS, others refused", Kept: "until it is delivered"},
	} {
		if !slices.Contains(e.Services, want) {
			t.Errorf("want %+v in\n%+v", want, e.Services)
		}
	}
	for _, one := range e.Services {
		if strings.Contains(one.AtRest, "customerManagedKey") {
			t.Errorf("%s leaves it open whose key it is: %s", one.Name, one.AtRest)
		}
	}
}
