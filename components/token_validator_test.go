package components_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
)

const functionName = name + "-validator-function"

// clientRules are the clients of the baseline as the function gets them: the id of the
// one app with user/ scopes, and those of the others.
func clientRules() string {
	phone := clientID(name + "-auth-client-phone")
	others := []string{clientID(name + "-auth-client-etl"), clientID(name + "-auth-client-portal")}
	slices.Sort(others)
	rules := fmt.Sprintf(`[{"ids":["%s"],"fhirUserTypes":["Practitioner"]},{"ids":["%s"]}]`, phone, strings.Join(others, `","`))
	return strings.ReplaceAll(rules, `"`, `\"`)
}

func functionInputs() string {
	return fill(`{
		"description": "Judges the SMART on FHIR tokens of a HealthLake datastore",
		"runtime": "provided.al2023",
		"handler": "bootstrap",
		"architectures": ["arm64"],
		"code": {"archive": "$ARCHIVE"},
		"role": "$EXECUTION",
		"memorySize": 512,
		"timeout": 2,
		"publish": true,
		"environment": {"variables": {
			"ISSUERS": "$ISSUER",
			"JWKS_URI": "$ISSUER/.well-known/jwks.json",
			"CLIENTS": "$CLIENTS",
			"AUTHORIZATION_STRATEGY": "SMART_ON_FHIR",
			"READ_ROLE_ARN": "$READ",
			"WRITE_ROLE_ARN": "$WRITE",
			"EXPORT_ROLE_ARN": "$EXPORT",
			"LOG_LEVEL": "info"
		}},
		"loggingConfig": {"logFormat": "Text", "logGroup": "$LOGS"},
		"tracingConfig": {"mode": "PassThrough"}
	}`,
		"$ARCHIVE", fixtureArchive,
		"$EXECUTION", roleARN(name+"-validator-execution", region),
		"$ISSUER", "https://cognito-idp.us-east-1.amazonaws.com/"+userPoolID(poolName, region),
		"$CLIENTS", clientRules(),
		"$READ", roleARN(name+"-validator-read", region),
		"$WRITE", roleARN(name+"-validator-write", region),
		"$EXPORT", roleARN(name+"-validator-export", region),
		"$LOGS", physicalName(name+"-validator-logs"))
}

func TestTheFunctionGetsWhatItsMainReadsAndNoSecret(t *testing.T) {
	assertJSON(t, "function", build(t, nil).find(t, functionType, functionName).Inputs, functionInputs())
}

func TestEverySettingOfTheFunctionCanBeChangedAndChangesNothingElse(t *testing.T) {
	defaults := build(t, nil).find(t, functionType, functionName).Inputs
	variables := defaults["environment"].(map[string]any)["variables"].(map[string]any)
	for _, c := range []struct {
		setting string
		edit    func(*components.SmartDatastoreArgs)
		changed string
	}{
		{"architecture", func(a *components.SmartDatastoreArgs) { a.Function.Architecture = "x86_64" },
			`{"architectures": ["x86_64"]}`},
		{"memoryMb", func(a *components.SmartDatastoreArgs) { a.Function.MemoryMB = 1769 },
			`{"memorySize": 1769}`},
		{"logRetentionDays", func(a *components.SmartDatastoreArgs) { a.Function.LogRetentionDays = 30 },
			`{}`},
		{"restrictToAccount", func(a *components.SmartDatastoreArgs) { a.Function.RestrictToAccount = true },
			`{}`},
		{"logLevel", func(a *components.SmartDatastoreArgs) { a.Function.LogLevel = "warn" },
			`{"environment": {"variables": ` + overlaid(t, variables, `{"LOG_LEVEL": "warn"}`) + `}}`},
		{"authorizationStrategy", func(a *components.SmartDatastoreArgs) {
			a.AuthorizationStrategy = smart.SMARTOnFHIRV1
			a.Clients[1].Scopes, a.Clients[2].Scopes = []string{"patient/*.read"}, []string{"user/*.read"}
		}, `{"environment": {"variables": ` + overlaid(t, variables, `{"AUTHORIZATION_STRATEGY": "SMART_ON_FHIR_V1"}`) + `}}`},
	} {
		t.Run(c.setting, func(t *testing.T) {
			function := build(t, c.edit).find(t, functionType, functionName)
			assertJSON(t, "function", function.Inputs, overlaid(t, defaults, c.changed))
		})
	}
}

func TestTheDecisionsAreKeptForAYearUnlessSaidOtherwise(t *testing.T) {
	for given, want := range map[int]string{0: `{"retentionInDays": 365}`, 3653: `{"retentionInDays": 3653}`} {
		r := build(t, func(a *components.SmartDatastoreArgs) { a.Function.LogRetentionDays = given })
		assertJSON(t, "log group", r.find(t, logGroupType, name+"-validator-logs").Inputs, want)
	}
}

func TestHealthLakeIsGivenTheAliasAndMayCallNothingElse(t *testing.T) {
	r := build(t, nil)
	assertJSON(t, "alias", r.find(t, aliasType, name+"-validator-live").Inputs, fill(`{
		"name": "live",
		"description": "The version that HealthLake calls",
		"functionName": "$FUNCTION",
		"functionVersion": "1"
	}`, "$FUNCTION", physicalName(functionName)))
	assertJSON(t, "permission", r.find(t, permissionType, name+"-validator-invoke").Inputs, fill(`{
		"action": "lambda:InvokeFunction",
		"principal": "healthlake.amazonaws.com",
		"function": "$FUNCTION",
		"qualifier": "live"
	}`, "$FUNCTION", physicalName(functionName)))
	if got := len(r.of(permissionType)); got != 2 {
		t.Errorf("got %d permissions, want this one and Cognito's", got)
	}
	alias := "arn:aws:lambda:us-east-1:" + account + ":function:" + physicalName(functionName) + ":live"
	if got := r.output("validatorFunctionArn").value; got != alias {
		t.Errorf("validatorFunctionArn: got %v, want %s", got, alias)
	}
}

func TestTheCallCanBeRestrictedToTheAccount(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) { a.Function.RestrictToAccount = true })
	assertJSON(t, "permission", r.find(t, permissionType, name+"-validator-invoke").Inputs, fill(`{
		"action": "lambda:InvokeFunction",
		"principal": "healthlake.amazonaws.com",
		"function": "$FUNCTION",
		"qualifier": "live",
		"sourceAccount": "$ACCOUNT"
	}`, "$FUNCTION", physicalName(functionName), "$ACCOUNT", account))
}
