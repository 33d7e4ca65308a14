package frontdoor_test

import (
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
)

func full() frontdoor.Config {
	return frontdoor.Config{
		BaseURL:               base,
		DatastoreEndpoint:     "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/",
		AuthorizationEndpoint: "https://pool.auth.us-east-1.amazoncognito.com/oauth2/authorize",
		TokenEndpoint:         "https://pool.auth.us-east-1.amazoncognito.com/oauth2/token",
		RevocationEndpoint:    "https://pool.auth.us-east-1.amazoncognito.com/oauth2/revoke",
		DiscoveryDocument:     discovery,
		Clients:               []frontdoor.Client{{ID: portal, CallbackURLs: []string{callback}, Scopes: []string{"openid", "patient/*.rs"}}, {ID: service, Scopes: []string{"system/*.rs"}}},
		Region:                "us-east-1",
		Credentials:           frontdoor.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "canary-secret-key"},
	}
}

func TestAFullConfigurationIsADoor(t *testing.T) {
	if _, err := frontdoor.New(full()); err != nil {
		t.Error(err)
	}
}

func TestWhatIsWrongWithAConfigurationIsNamed(t *testing.T) {
	const https = "must be an absolute https URL without user info, query or fragment"
	for want, spoil := range map[string]func(*frontdoor.Config){
		`BaseURL: missing; set it`:                         func(c *frontdoor.Config) { c.BaseURL = "" },
		`BaseURL: "http://fhir.example/r4": ` + https:      func(c *frontdoor.Config) { c.BaseURL = "http://fhir.example/r4" },
		`BaseURL: "https://fhir.example/r4?x=1": ` + https: func(c *frontdoor.Config) { c.BaseURL = base + "?x=1" },
		`BaseURL: ` + https:                                func(c *frontdoor.Config) { c.BaseURL = "https://u:canary@fhir.example/r4" },
		`BaseURL: "https://fhir.example/r4/": must have a path, without a slash at its end, such as /r4`: func(c *frontdoor.Config) { c.BaseURL = base + "/" },
		`BaseURL: "https://fhir.example": must have a path, without a slash at its end, such as /r4`:     func(c *frontdoor.Config) { c.BaseURL = "https://fhir.example" },
		`DatastoreEndpoint: missing; set it`:                                                                               func(c *frontdoor.Config) { c.DatastoreEndpoint = "" },
		`DatastoreEndpoint: "https://healthlake.example/r4": must end with a slash`:                                        func(c *frontdoor.Config) { c.DatastoreEndpoint = "https://healthlake.example/r4" },
		`AuthorizationEndpoint: "pool/authorize": ` + https:                                                                func(c *frontdoor.Config) { c.AuthorizationEndpoint = "pool/authorize" },
		`TokenEndpoint: "https://pool/token#x": ` + https:                                                                  func(c *frontdoor.Config) { c.TokenEndpoint = "https://pool/token#x" },
		`RevocationEndpoint: missing; set it`:                                                                              func(c *frontdoor.Config) { c.RevocationEndpoint = "" },
		`DiscoveryDocument: the JSON text does not end`:                                                                    func(c *frontdoor.Config) { c.DiscoveryDocument = `{"a":` },
		`DiscoveryDocument: must be a JSON object`:                                                                         func(c *frontdoor.Config) { c.DiscoveryDocument = `[]` },
		`AllowedOrigins[0]: "*": must be an origin, such as https://app.example or http://localhost:3000`:                  func(c *frontdoor.Config) { c.AllowedOrigins = []string{"*"} },
		`AllowedOrigins[1]: "null": must be an origin, such as https://app.example or http://localhost:3000`:               func(c *frontdoor.Config) { c.AllowedOrigins = []string{"https://a.example", "null"} },
		`AllowedOrigins[0]: "https://*.example": must be an origin, such as https://app.example or http://localhost:3000`:  func(c *frontdoor.Config) { c.AllowedOrigins = []string{"https://*.example"} },
		`AllowedOrigins[0]: "https://a.example/": must be an origin, such as https://app.example or http://localhost:3000`: func(c *frontdoor.Config) { c.AllowedOrigins = []string{"https://a.example/"} },
		`Clients: missing; set it`:                                                                                         func(c *frontdoor.Config) { c.Clients = nil },
		`Clients[0].ID: missing; set it`:                                                                                   func(c *frontdoor.Config) { c.Clients[0].ID = "" },
		`Clients[1].ID: "2portal23456789": another client has this id; remove one of the two`:                              func(c *frontdoor.Config) { c.Clients[1].ID = portal },
		`Clients[0].CallbackURLs[0]: "/callback": must be an absolute URL without fragment`:                                func(c *frontdoor.Config) { c.Clients[0].CallbackURLs = []string{"/callback"} },
		`Clients[0].CallbackURLs[0]: "https://a.example/#": must be an absolute URL without fragment`:                      func(c *frontdoor.Config) { c.Clients[0].CallbackURLs = []string{"https://a.example/#"} },
		`Clients[1].Scopes: missing; set it`:                                                                               func(c *frontdoor.Config) { c.Clients[1].Scopes = nil },
		`Clients[1].Scopes[0]: "a b": must be one scope that Cognito can issue, such as patient/*.rs`:                      func(c *frontdoor.Config) { c.Clients[1].Scopes = []string{"a b"} },
		`Clients[0].Scopes[0]: "offline_access": must be one scope that Cognito can issue, such as patient/*.rs`:           func(c *frontdoor.Config) { c.Clients[0].Scopes = []string{"offline_access"} },
		`Region: missing; set it`:                                                                                          func(c *frontdoor.Config) { c.Region = "" },
		`Credentials.AccessKeyID: missing; set it`:                                                                         func(c *frontdoor.Config) { c.Credentials.AccessKeyID = "" },
		`Credentials.SecretAccessKey: missing; set it`:                                                                     func(c *frontdoor.Config) { c.Credentials.SecretAccessKey = "" },
	} {
		config := full()
		spoil(&config)
		if _, err := frontdoor.New(config); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestEverythingThatIsWrongWithAConfigurationIsNamedAtOnce(t *testing.T) {
	_, err := frontdoor.New(frontdoor.Config{BaseURL: "x", Credentials: frontdoor.Credentials{AccessKeyID: "canary"}})
	if err == nil || strings.Count(err.Error(), "\n") != 8 || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}
