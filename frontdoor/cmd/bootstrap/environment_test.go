package main

import (
	"log/slog"
	"maps"
	"reflect"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
	"github.com/smartlake/pulumi-smartlake/frontdoor/apigateway"
	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// The runtime takes a Handler as it is, and wraps anything else.
var _ lambda.Handler = (*apigateway.Handler)(nil)

func TestMain(m *testing.M) { lambdamaintest.Main(m, main) }

var stack = wire.FrontDoor{
	BaseURL:               "https://fhir.example/r4",
	DatastoreEndpoint:     "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/",
	AuthorizationEndpoint: "https://pool.auth.us-east-1.amazoncognito.com/oauth2/authorize",
	TokenEndpoint:         "https://pool.auth.us-east-1.amazoncognito.com/oauth2/token",
	RevocationEndpoint:    "https://pool.auth.us-east-1.amazoncognito.com/oauth2/revoke",
	DiscoveryDocument:     `{"capabilities":["launch-standalone"]}`,
	AllowedOrigins:        []string{"https://viewer.example"},
	Clients: []wire.FrontDoorClient{
		{ID: "2portal23456789", CallbackURLs: []string{"https://portal.example/callback"}, Scopes: []string{"openid", "patient/*.rs"}},
		{ID: "1service23456789", Scopes: []string{"system/*.rs"}},
	},
}

func full(t *testing.T) map[string]string {
	t.Helper()
	encoded, err := stack.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"FRONT_DOOR": encoded, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "canary-secret", "AWS_SESSION_TOKEN": "canary-session", "LOG_LEVEL": "warn",
	}
}

func TestAFullEnvironmentIsThisConfiguration(t *testing.T) {
	got, level, err := readEnvironment(lambdamaintest.Lookup(full(t)))
	want := frontdoor.Config{
		BaseURL:               stack.BaseURL,
		DatastoreEndpoint:     stack.DatastoreEndpoint,
		AuthorizationEndpoint: stack.AuthorizationEndpoint,
		TokenEndpoint:         stack.TokenEndpoint,
		RevocationEndpoint:    stack.RevocationEndpoint,
		DiscoveryDocument:     stack.DiscoveryDocument,
		AllowedOrigins:        []string{"https://viewer.example"},
		Clients: []frontdoor.Client{
			{ID: "2portal23456789", CallbackURLs: []string{"https://portal.example/callback"}, Scopes: []string{"openid", "patient/*.rs"}},
			{ID: "1service23456789", Scopes: []string{"system/*.rs"}},
		},
		Region:      "us-east-1",
		Credentials: frontdoor.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "canary-secret", SessionToken: "canary-session"},
		MaxResponse: apigateway.MaxResponse,
	}
	if err != nil || level != slog.LevelWarn || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v at %v (error %v)\nwant %+v", got, level, err, want)
	}
	if _, err := frontdoor.New(got); err != nil {
		t.Errorf("the door refuses it: %v", err)
	}
}

func TestTheSessionTokenAndTheLogLevelAreOptional(t *testing.T) {
	environment := full(t)
	delete(environment, "AWS_SESSION_TOKEN")
	delete(environment, "LOG_LEVEL")
	config, level, err := readEnvironment(lambdamaintest.Lookup(environment))
	if err != nil || config.Credentials.SessionToken != "" || level != slog.LevelInfo {
		t.Errorf("got %q at %v, error %v", config.Credentials.SessionToken, level, err)
	}
}

const allMissing = "FRONT_DOOR: not set; must be the front door's settings, encoded\nAWS_REGION: not set; must be the value that Lambda sets\n" +
	"AWS_ACCESS_KEY_ID: not set; must be the value that Lambda sets\nAWS_SECRET_ACCESS_KEY: not set; must be the value that Lambda sets"

func TestAVariableThatIsMissingOrWrongIsNamed(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"FRONT_DOOR", "", "FRONT_DOOR: not set; must be the front door's settings, encoded"},
		{"FRONT_DOOR", "{}", "FRONT_DOOR: not in base64: illegal base64 data at input byte 0"},
		{"AWS_REGION", "", "AWS_REGION: not set; must be the value that Lambda sets"},
		{"AWS_ACCESS_KEY_ID", "", "AWS_ACCESS_KEY_ID: not set; must be the value that Lambda sets"},
		{"AWS_SECRET_ACCESS_KEY", "", "AWS_SECRET_ACCESS_KEY: not set; must be the value that Lambda sets"},
		{"LOG_LEVEL", "loud", `LOG_LEVEL: "loud": must be debug, info, warn or error`},
	} {
		environment := full(t)
		maps.Copy(environment, map[string]string{c.name: c.value})
		lambdamaintest.AssertRefused(t, readEnvironment, environment, c.want)
	}
	lambdamaintest.AssertRefused(t, readEnvironment, nil, allMissing)
}

func TestTheCommandEndsWithTheNamesOfTheVariables(t *testing.T) {
	lambdamaintest.AssertEnds(t, nil, "environment", allMissing)
}
