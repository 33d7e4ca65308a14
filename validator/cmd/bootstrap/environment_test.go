package main

import (
	"encoding/json"
	"log/slog"
	"maps"
	"reflect"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// The runtime takes a Handler as it is, and wraps anything else.
var _ lambda.Handler = (*validator.Validator)(nil)

func TestMain(m *testing.M) { lambdamaintest.Main(m, main) }

func full() map[string]string {
	return map[string]string{
		"ISSUERS":                "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example,https://issuer.example",
		"JWKS_URI":               "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json",
		"CLIENTS":                `[{"ids":["1service23456789"]},{"ids":["2app23456789"],"fhirUserTypes":["Practitioner"],"groups":["clinicians"]}]`,
		"AUTHORIZATION_STRATEGY": "SMART_ON_FHIR",
		"READ_ROLE_ARN":          "arn:aws:iam::123456789012:role/read",
		"WRITE_ROLE_ARN":         "arn:aws-us-gov:iam::123456789012:role/path/write",
		"EXPORT_ROLE_ARN":        "arn:aws:iam::123456789012:role/export",
		"LOG_LEVEL":              "warn",
	}
}

func TestAFullEnvironmentIsThisConfiguration(t *testing.T) {
	got, level, err := readEnvironment(lambdamaintest.Lookup(full()))
	want := validator.Config{
		Issuers: []string{"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example", "https://issuer.example"},
		JWKSURI: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json",
		Clients: []validator.Client{
			{ID: "1service23456789"},
			{ID: "2app23456789", FHIRUserTypes: []string{"Practitioner"}, Groups: []string{"clinicians"}},
		},
		Strategy:      smart.SMARTOnFHIR,
		ReadRoleARN:   "arn:aws:iam::123456789012:role/read",
		WriteRoleARN:  "arn:aws-us-gov:iam::123456789012:role/path/write",
		ExportRoleARN: "arn:aws:iam::123456789012:role/export",
	}
	if err != nil || level != slog.LevelWarn || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v at %v (error %v)\nwant %+v", got, level, err, want)
	}
	if _, err := validator.New(got); err != nil {
		t.Errorf("the validator refuses it: %v", err)
	}
}

func TestTheLogLevelIsOptional(t *testing.T) {
	environment := full()
	delete(environment, "LOG_LEVEL")
	if _, level, err := readEnvironment(lambdamaintest.Lookup(environment)); err != nil || level != slog.LevelInfo {
		t.Errorf("not set: got %v, error %v", level, err)
	}
}

func TestUsersAreLoggedOnlyOnRequest(t *testing.T) {
	environment := full()
	if config, _, err := readEnvironment(lambdamaintest.Lookup(environment)); err != nil || config.LogUsers {
		t.Errorf("left out: got %v, error %v", config.LogUsers, err)
	}
	environment["LOG_USERS"] = "true"
	if config, _, err := readEnvironment(lambdamaintest.Lookup(environment)); err != nil || !config.LogUsers {
		t.Errorf("true: got %v, error %v", config.LogUsers, err)
	}
}

func TestTheV1StrategyIsTaken(t *testing.T) {
	environment := full()
	environment["AUTHORIZATION_STRATEGY"] = "SMART_ON_FHIR_V1"
	if config, _, err := readEnvironment(lambdamaintest.Lookup(environment)); err != nil || config.Strategy != smart.SMARTOnFHIRV1 {
		t.Errorf("got %q, error %v", config.Strategy, err)
	}
}

// what each variable must be.
const (
	values   = "values separated by commas, none of them empty"
	clients  = "a JSON list of clients"
	https    = "an absolute https URL without user info"
	strategy = "SMART_ON_FHIR or SMART_ON_FHIR_V1"
	role     = "the ARN of an IAM role"
	level    = "debug, info, warn or error"
)

func TestAVariableThatIsMissingIsNamed(t *testing.T) {
	for name, want := range map[string]string{
		"ISSUERS": values, "JWKS_URI": https, "CLIENTS": clients,
		"AUTHORIZATION_STRATEGY": strategy, "READ_ROLE_ARN": role, "WRITE_ROLE_ARN": role, "EXPORT_ROLE_ARN": role,
	} {
		unset, empty := full(), full()
		delete(unset, name)
		empty[name] = ""
		for _, environment := range []map[string]string{unset, empty} {
			lambdamaintest.AssertRefused(t, readEnvironment, environment, name+": not set; must be "+want)
		}
	}
}

func TestAVariableThatIsWrongIsNamedWithItsValue(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"ISSUERS", ",", values},
		{"ISSUERS", "https://issuer.example,", values},
		{"ISSUERS", "https://issuer.example,,https://issuer.example/2", values},
		{"ISSUERS", "https://issuer.example, https://issuer.example/2", values},
		{"JWKS_URI", "http://issuer.example/jwks.json", https},
		{"JWKS_URI", "issuer.example/jwks.json", https},
		{"JWKS_URI", "https://", https},
		{"AUTHORIZATION_STRATEGY", "AWS_AUTH", strategy},
		{"AUTHORIZATION_STRATEGY", "smart_on_fhir", strategy},
		{"READ_ROLE_ARN", "read", role},
		{"READ_ROLE_ARN", "arn:aws:iam::123456789012:user/read", role},
		{"WRITE_ROLE_ARN", "123456789012:role/write", role},
		{"EXPORT_ROLE_ARN", "export", role},
		{"LOG_LEVEL", "loud", level},
		{"LOG_LEVEL", "1", level},
		{"LOG_USERS", "false", "true, or left out"},
		{"LOG_USERS", "", "true, or left out"},
	} {
		environment := full()
		environment[c.name] = c.value
		quoted, err := json.Marshal(c.value)
		if err != nil {
			t.Fatal(err)
		}
		lambdamaintest.AssertRefused(t, readEnvironment, environment, c.name+": "+string(quoted)+": must be "+c.want)
	}
}

const allMissing = "ISSUERS: not set; must be " + values + "\nJWKS_URI: not set; must be " + https + "\nCLIENTS: not set; must be " + clients +
	"\nAUTHORIZATION_STRATEGY: not set; must be " + strategy + "\nREAD_ROLE_ARN: not set; must be " + role + "\nWRITE_ROLE_ARN: not set; must be " + role + "\nEXPORT_ROLE_ARN: not set; must be " + role

func TestClientsThatAreWrongAreNamed(t *testing.T) {
	const list = "must be a JSON list of objects with ids and perhaps fhirUserTypes and groups, which are lists of text that are not empty"
	for text, want := range map[string]string{
		"1service23456789,2app23456789":                         list,
		`[{"ids":["a"],"fhiruserTypes":["Practitioner"]}]`:      list,
		`[{"ids":["a"]},{"ids":["a"],"groups":["clinicians"]}]`: `Clients: "a": listed twice; list each client once`,
	} {
		environment := full()
		environment["CLIENTS"] = text
		lambdamaintest.AssertRefused(t, readEnvironment, environment, "CLIENTS: "+want)
	}
}

func TestAllProblemsAreNamedAtOnce(t *testing.T) {
	lambdamaintest.AssertRefused(t, readEnvironment, nil, allMissing)
	environment := full()
	maps.Copy(environment, map[string]string{"JWKS_URI": "x", "LOG_LEVEL": "y", "WRITE_ROLE_ARN": ""})
	lambdamaintest.AssertRefused(t, readEnvironment, environment, `JWKS_URI: "x": must be `+https+"\nWRITE_ROLE_ARN: not set; must be "+role+"\n"+`LOG_LEVEL: "y": must be `+level)
}

func TestTheCommandEndsWithTheNamesOfTheVariables(t *testing.T) {
	lambdamaintest.AssertEnds(t, nil, "environment", allMissing)
}

func TestAKeySetURIThatMayHoldAPasswordIsNotRepeated(t *testing.T) {
	for _, uri := range []string{"https://user:password@issuer.example/jwks.json", "https://issuer.example/password%zz"} {
		environment := full()
		environment["JWKS_URI"] = uri
		lambdamaintest.AssertRefused(t, readEnvironment, environment, "JWKS_URI: must be "+https)
	}
}
