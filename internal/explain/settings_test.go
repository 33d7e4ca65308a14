package explain_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/archivetest"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/explain"
)

func explanationOf(t *testing.T, g *declared.Graph) explain.Explanation {
	t.Helper()
	explanation, err := explain.Graph(g)
	if err != nil {
		t.Fatal(err)
	}
	return explanation
}

// told are the settings to know of a stack, as "of: setting = value".
func told(t *testing.T, g *declared.Graph) []string {
	t.Helper()
	e := explanationOf(t, g)
	var list []string
	for _, setting := range e.Settings {
		list = append(list, fmt.Sprintf("%s: %s = %s", setting.Of, setting.Setting, setting.Value))
		if setting.Means == "" || setting.Safer == "" {
			t.Errorf("%s: nobody learns what it means and what is safer: %+v", setting.Setting, setting)
		}
		if !slices.Contains(e.Unprotected, setting.String()) {
			t.Errorf("%s: it is no concern of the text", setting)
		}
	}
	return list
}

// careful are values that no review asks about.
func careful() map[string]string {
	return map[string]string{
		"userPool.mfa": "ON", "userPool.passwordPolicy.minimumLength": "15", "userPool.deletionProtection": "true",
		"customerManagedKey": "true", "preloadSynthea": "false", "function.logRetentionDays": "2192",
		"audit.users": "true", "alarms.emails": `["ops@example.org"]`, "bulkData.logRetentionDays": "2192",
	}
}

func TestACarefulStackHasNoSettingToKnow(t *testing.T) {
	if list := told(t, declaredtest.Graph(t, "dev", careful())); len(list) != 0 {
		t.Errorf("got %q", list)
	}
}

// TestEachSettingToKnowIsToldOfAStackThatHasItAndOfNoOther changes a careful stack in one
// place.
func TestEachSettingToKnowIsToldOfAStackThatHasItAndOfNoOther(t *testing.T) {
	const app = `[{"name": "c", "kind": "public", "callbackUrls": ["https://a.example/"], "scopes": ["patient/*.rs"], %s}]`
	for _, c := range []struct{ key, value, want string }{
		{"userPool.mfa", "OPTIONAL", "smart-auth-pool: userPool.mfa = OPTIONAL"},
		{"userPool.passwordPolicy.minimumLength", "11", "smart-auth-pool: userPool.passwordPolicy.minimumLength = 11"},
		{"userPool.deletionProtection", "false", "smart-auth-pool: userPool.deletionProtection = false"},
		{"clients", fmt.Sprintf(app, `"accessTokenMinutes": 61, "refreshTokenMinutes": 120`), "client c: accessTokenMinutes = 61"},
		{"clients", fmt.Sprintf(app, `"accessTokenMinutes": 60`), ""},
		{"clients", fmt.Sprintf(app, `"refreshTokenMinutes": 1441`), "client c: refreshTokenMinutes = 1441"},
		{"clients", fmt.Sprintf(app, `"refreshTokenMinutes": 1440`), ""},
		{"customerManagedKey", "false", "datastore smart-dev: customerManagedKey = false"},
		{"preloadSynthea", "true", ""}, // nothing of dev is protected
		{"formerValidatorFunctionArn", "arn:aws:lambda:us-east-1:123456789012:function:former", "smart: formerValidatorFunctionArn = arn:aws:lambda:us-east-1:123456789012:function:former"},
		{"function.logRetentionDays", "1827", "smart-door-access-logs, smart-door-logs: frontDoor.function.logRetentionDays = 1827\nsmart-validator-logs: function.logRetentionDays = 1827"},
		{"frontDoor.function.logRetentionDays", "365", "smart-door-access-logs, smart-door-logs: frontDoor.function.logRetentionDays = 365"},
		{"launchContext.function.logRetentionDays", "365", ""}, // no log of requests
		{"launchContext.function.tracing", "true", "smart-auth-context-function: launchContext.function.tracing = true"},
		{"frontDoor.function.tracing", "true", "smart-door-function: frontDoor.function.tracing = true"},
		{"bulkData.logRetentionDays", "365", "smart-bulk-logs-lifecycle: bulkData.logRetentionDays = 365"},
		{"audit.users", "false", "smart-validator-function: audit.users = false"},
		{"alarms.emails", "[]", "smart-validator-alarms: alarms.emails = []"},
		{"alarms", `{"topicArn": "arn:aws:sns:us-east-1:123456789012:ops"}`, ""}, // somebody else's
	} {
		t.Run(c.key+" "+c.value, func(t *testing.T) {
			values := careful()
			maps.DeleteFunc(values, func(key, _ string) bool { return strings.HasPrefix(key, c.key+".") })
			values[c.key] = c.value
			if got := strings.Join(told(t, declaredtest.Graph(t, "dev", values)), "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestASecondFactorMakesUpForAShorterPassword(t *testing.T) {
	for _, c := range []struct {
		mfa, length string
		want        bool
	}{
		{"ON", "11", true}, {"ON", "12", false}, {"OFF", "12", true}, {"OPTIONAL", "14", true}, {"OFF", "15", false},
	} {
		values := careful()
		values["userPool.mfa"], values["userPool.passwordPolicy.minimumLength"] = c.mfa, c.length
		list := told(t, declaredtest.Graph(t, "dev", values))
		if got := slices.Contains(list, "smart-auth-pool: userPool.passwordPolicy.minimumLength = "+c.length); got != c.want {
			t.Errorf("%s characters with mfa %s: told %t: %q", c.length, c.mfa, got, list)
		}
	}
}

func TestSyntheticPatientsAreToldOfAProtectedDatastoreAlone(t *testing.T) {
	values := careful()
	values["preloadSynthea"], values["protect"] = "true", "true"
	if list := told(t, declaredtest.Graph(t, "dev", values)); !slices.Equal(list, []string{"datastore smart-dev: preloadSynthea = true"}) {
		t.Errorf("got %q", list)
	}
}

func TestAValidatorThatLogsNoDecisionsAndTellsNobodyIsTold(t *testing.T) {
	values := careful()
	delete(values, "alarms.emails") // which count what is logged
	delete(values, "audit.users")
	values["function.logLevel"] = "warn"
	want := []string{"smart-validator-function: function.logLevel = warn", "smart-validator-function: audit.users = false", "smart-validator: alarms = not set"}
	if list := told(t, declaredtest.Graph(t, "dev", values)); !slices.Equal(list, want) {
		t.Errorf("got %q, want %q", list, want)
	}
}

// TestAProgramOfItsOwnIsToldOfByThePropertiesOfItsResources declares what the components
// never do.
func TestAProgramOfItsOwnIsToldOfByThePropertiesOfItsResources(t *testing.T) {
	g := declaredtest.Run(t, func(ctx *pulumi.Context) error {
		pool, err := cognito.NewUserPool(ctx, "pool", &cognito.UserPoolArgs{DeletionProtection: pulumi.String("ACTIVE")})
		if err != nil {
			return err
		}
		for name, args := range map[string]*cognito.UserPoolClientArgs{
			"days":  {EnableTokenRevocation: pulumi.Bool(false), RefreshTokenValidity: pulumi.Int(2)},
			"units": {AccessTokenValidity: pulumi.Int(2), RefreshTokenValidity: pulumi.Int(1)},
			"seconds": {
				AccessTokenValidity: pulumi.Int(3601), RefreshTokenValidity: pulumi.Int(1),
				TokenValidityUnits: cognito.UserPoolClientTokenValidityUnitsArgs{AccessToken: pulumi.String("seconds"), RefreshToken: pulumi.String("hours")},
			},
			"silent": {},
		} {
			args.UserPoolId, args.Name = pool.ID(), pulumi.String(name)
			if _, err := cognito.NewUserPoolClient(ctx, name, args); err != nil {
				return err
			}
		}
		_, err = cloudwatch.NewMetricAlarm(ctx, "quiet", &cloudwatch.MetricAlarmArgs{
			ComparisonOperator: pulumi.String("GreaterThanThreshold"), EvaluationPeriods: pulumi.Int(1),
		})
		return err
	})
	want := []string{
		"pool: mfaConfiguration = OFF", "pool: passwordPolicy.minimumLength = 8",
		"client seconds: accessTokenValidity = 61", "client units: accessTokenValidity = 120",
		"client days: refreshTokenValidity = 2880", "client silent: refreshTokenValidity = 43200",
		"client days: enableTokenRevocation = false", "quiet: alarmActions = []",
	}
	if list := told(t, g); !slices.Equal(list, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(list, "\n"), strings.Join(want, "\n"))
	}
}

func TestAPartThatStandsAloneIsToldOfByItsOwnArguments(t *testing.T) {
	function := &components.FunctionArgs{Archive: archivetest.Write(t), Tracing: true}
	g := declaredtest.Run(t, func(ctx *pulumi.Context) error {
		if _, err := components.NewFrontDoor(ctx, "door", &components.FrontDoorArgs{
			DatastoreARN:          pulumi.String("arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef"),
			DatastoreEndpoint:     pulumi.String("https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/"),
			Issuer:                pulumi.String("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Abc123XyZ"),
			JWKSURI:               pulumi.String("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Abc123XyZ/.well-known/jwks.json"),
			AuthorizationEndpoint: pulumi.String("https://a.auth.us-east-1.amazoncognito.com/oauth2/authorize"),
			TokenEndpoint:         pulumi.String("https://a.auth.us-east-1.amazoncognito.com/oauth2/token"),
			RevocationEndpoint:    pulumi.String("https://a.auth.us-east-1.amazoncognito.com/oauth2/revoke"),
			Clients: []components.FrontDoorClientArgs{{
				ID: pulumi.String("c"), Kind: components.PublicClient, Scopes: []string{"patient/*.rs"}, CallbackURLs: pulumi.ToStringArray([]string{"https://a.example/"}),
			}},
			Settings: &components.FrontDoorSettingsArgs{Function: function},
		}); err != nil {
			return err
		}
		_, err := components.NewLaunchContext(ctx, "context", &components.LaunchContextArgs{Function: function})
		return err
	})
	want := []string{
		"door-access-logs, door-logs: settings.function.logRetentionDays = 365",
		"context-function: function.tracing = true", "door-function: settings.function.tracing = true",
	}
	if list := told(t, g); !slices.Equal(list, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(list, "\n"), strings.Join(want, "\n"))
	}
	open := "; set settings.function.reservedConcurrency"
	if e := explanationOf(t, g); !slices.ContainsFunc(e.Unprotected, func(one string) bool { return strings.HasSuffix(one, open) }) {
		t.Errorf("nobody says %q: %q", open, e.Unprotected)
	}
}

func TestOfAnExistingPoolItIsSaidThatItsSettingsAreUnknown(t *testing.T) {
	g := declaredtest.Graph(t, "dev", map[string]string{"existingUserPool": `{"id":"` + declaredtest.TheirPool + `"}`})
	for _, one := range told(t, g) {
		if strings.Contains(one, "userPool.") {
			t.Errorf("told of a pool that is another's: %s", one)
		}
	}
	const unknown = "user pool " + declaredtest.TheirPool + ": unknown: the pool is another's"
	for _, safeguard := range explanationOf(t, g).Safeguards {
		asks := slices.Contains([]string{"(a)(2)(i)", "(a)(2)(iv)", "(d)"}, safeguard.Section)
		if slices.Contains(safeguard.Stack, unknown) != asks {
			t.Errorf("%s: got %q", safeguard.Section, safeguard.Stack)
		}
	}
}
