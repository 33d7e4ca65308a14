package smart_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// discovery is what a test builds a document from: a service alone, before a
// test changes one thing.
type discovery struct {
	at  smart.Endpoints
	use smart.Use
}

func service() discovery {
	return discovery{
		at: smart.Endpoints{
			Issuer:        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example",
			JWKS:          "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json",
			Authorization: "https://example.auth.us-east-1.amazoncognito.com/oauth2/authorize",
			Token:         "https://example.auth.us-east-1.amazoncognito.com/oauth2/token",
			Revocation:    "https://example.auth.us-east-1.amazoncognito.com/oauth2/revoke",
		},
		use: smart.Use{
			Strategy:       smart.SMARTOnFHIR,
			ServiceClients: true,
			Scopes:         []string{"system/*.rs", "system/*.read"},
		},
	}
}

func (d discovery) json(t *testing.T) string {
	t.Helper()
	configuration, err := smart.NewConfiguration(d.at, d.use)
	if err != nil {
		t.Fatal(err)
	}
	text, err := configuration.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// everything is a server of which all is true that can be.
func everything() discovery {
	d := service()
	d.use.PublicClients, d.use.ConfidentialClients = true, true
	d.use.PatientContext, d.use.UserContext = true, true
	d.use.TokenResponse = smart.TokenResponse{Patient: true, FHIRUser: true, Offline: true}
	d.use.AuthorizeByPost = true
	d.use.Scopes = []string{
		"user/*.cruds", "patient/Observation.rs?category=laboratory&code=<a>", "openid", "launch/patient",
		"system/*.read", "openid", "patient/*.read",
	}
	return d
}

func TestTheDocumentOfAServiceClaimsClientCredentialsAlone(t *testing.T) {
	const want = `{` +
		`"authorization_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/authorize",` +
		`"capabilities":["client-confidential-symmetric","permission-v1","permission-v2","permission-v2.2"],` +
		`"code_challenge_methods_supported":["S256"],` +
		`"grant_types_supported":["client_credentials"],` +
		`"jwks_uri":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json",` +
		`"revocation_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/revoke",` +
		`"scopes_supported":["system/*.read","system/*.rs"],` +
		`"token_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/token",` +
		`"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]}`
	if got := service().json(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheDocumentOfAllKindsOfClientsClaimsAllThatIsTrue(t *testing.T) {
	const want = `{` +
		`"authorization_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/authorize",` +
		`"capabilities":["authorize-post","client-confidential-symmetric","client-public","context-standalone-patient","launch-standalone",` +
		`"permission-offline","permission-patient","permission-user","permission-v1","permission-v2","permission-v2.2","sso-openid-connect"],` +
		`"code_challenge_methods_supported":["S256"],` +
		`"grant_types_supported":["authorization_code","client_credentials"],` +
		`"issuer":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example",` +
		`"jwks_uri":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json",` +
		`"response_types_supported":["code"],` +
		`"revocation_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/revoke",` +
		`"scopes_supported":["fhirUser","launch/patient","offline_access","openid","patient/*.read",` +
		`"patient/Observation.rs?category=laboratory&code=<a>","system/*.read","user/*.cruds"],` +
		`"token_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/token",` +
		`"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]}`
	if got := everything().json(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheDocumentOfAPublicAppAtCognitoClaimsNoSingleSignOn(t *testing.T) {
	d := service()
	d.use.PublicClients, d.use.ServiceClients = true, false
	d.use.PatientContext, d.use.UserContext = true, true
	d.use.Scopes = []string{"launch/patient", "openid", "patient/*.rs", "user/*.rs"}
	const want = `{` +
		`"authorization_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/authorize",` +
		`"capabilities":["client-public","launch-standalone","permission-patient","permission-user","permission-v1","permission-v2","permission-v2.2"],` +
		`"code_challenge_methods_supported":["S256"],` +
		`"grant_types_supported":["authorization_code"],` +
		`"jwks_uri":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json",` +
		`"response_types_supported":["code"],` +
		`"revocation_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/revoke",` +
		`"scopes_supported":["launch/patient","openid","patient/*.rs","user/*.rs"],` +
		`"token_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/token"}`
	if got := d.json(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheDocumentOfAV1DatastoreClaimsNoV2(t *testing.T) {
	d := service()
	d.use.Strategy = smart.SMARTOnFHIRV1
	d.use.Scopes = []string{"system/*.read"}
	const want = `{` +
		`"authorization_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/authorize",` +
		`"capabilities":["client-confidential-symmetric","permission-v1"],` +
		`"code_challenge_methods_supported":["S256"],` +
		`"grant_types_supported":["client_credentials"],` +
		`"jwks_uri":"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json",` +
		`"revocation_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/revoke",` +
		`"scopes_supported":["system/*.read"],` +
		`"token_endpoint":"https://example.auth.us-east-1.amazoncognito.com/oauth2/token",` +
		`"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]}`
	if got := d.json(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestCapabilitiesFollowFromTheUse changes one thing at a time in a server of
// which everything is true.
func TestCapabilitiesFollowFromTheUse(t *testing.T) {
	all := []string{
		"authorize-post", "client-confidential-symmetric", "client-public", "context-standalone-patient", "launch-standalone",
		"permission-offline", "permission-patient", "permission-user", "permission-v1", "permission-v2", "permission-v2.2", "sso-openid-connect",
	}
	for _, c := range []struct {
		name   string
		change func(*smart.Use)
		lost   []string
	}{
		{"nothing changed", func(*smart.Use) {}, nil},
		{"the V1 strategy", func(u *smart.Use) { u.Strategy = smart.SMARTOnFHIRV1 }, []string{"permission-v2", "permission-v2.2"}},
		{"no filtered scope yet", func(u *smart.Use) { u.Scopes = []string{"openid", "launch/patient", "patient/*.rs", "user/*.rs"} }, nil},
		{"no openid", func(u *smart.Use) { u.Scopes = []string{"launch/patient", "patient/Patient.r?name=b", "user/*.rs"} }, []string{"sso-openid-connect"}},
		{"no patient in the token response", func(u *smart.Use) { u.TokenResponse.Patient = false }, []string{"context-standalone-patient"}},
		{"no fhirUser in the ID token", func(u *smart.Use) { u.TokenResponse.FHIRUser = false }, []string{"sso-openid-connect"}},
		{"no refresh token for offline_access", func(u *smart.Use) { u.TokenResponse.Offline = false }, []string{"permission-offline"}},
		{"no authorization by POST", func(u *smart.Use) { u.AuthorizeByPost = false }, []string{"authorize-post"}},
		{"Cognito's own token response", func(u *smart.Use) { u.TokenResponse = smart.TokenResponse{} }, []string{
			"context-standalone-patient", "permission-offline", "sso-openid-connect",
		}},
		{"no launch/patient to ask for", func(u *smart.Use) { u.Scopes = []string{"openid", "patient/*.rs", "user/*.rs"} }, []string{"context-standalone-patient"}},
		{"no patient context", func(u *smart.Use) { u.PatientContext = false }, []string{"context-standalone-patient", "permission-patient"}},
		{"no user context", func(u *smart.Use) { u.UserContext = false }, []string{"permission-user"}},
		{"no patient scope", func(u *smart.Use) { u.Scopes = []string{"openid", "launch/patient", "user/Patient.r?name=b"} }, []string{"permission-patient"}},
		{"no user scope", func(u *smart.Use) { u.Scopes = []string{"openid", "launch/patient", "patient/Patient.r?name=b"} }, []string{"permission-user"}},
		{"no public client", func(u *smart.Use) { u.PublicClients = false }, []string{"client-public"}},
		{"no confidential client, yet a service", func(u *smart.Use) { u.ConfidentialClients = false }, nil},
		{"public clients alone", func(u *smart.Use) { u.ConfidentialClients, u.ServiceClients = false, false }, []string{"client-confidential-symmetric"}},
		{"a service alone", func(u *smart.Use) { u.PublicClients, u.ConfidentialClients = false, false }, []string{
			"authorize-post", "client-public", "context-standalone-patient", "launch-standalone", "permission-offline", "permission-patient",
			"permission-user", "sso-openid-connect",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := everything()
			c.change(&d.use)
			configuration, err := smart.NewConfiguration(d.at, d.use)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(c.lost, name) })
			if !slices.Equal(configuration.Capabilities, want) {
				t.Errorf("got  %q\nwant %q", configuration.Capabilities, want)
			}
		})
	}
}

func TestGrantTypesFollowFromTheClients(t *testing.T) {
	secrets := []string{"client_secret_basic", "client_secret_post"}
	for _, c := range []struct {
		name                          string
		public, confidential, service bool
		grants, responses, methods    []string
	}{
		{"public", true, false, false, []string{"authorization_code"}, []string{"code"}, nil},
		{"confidential", false, true, false, []string{"authorization_code"}, []string{"code"}, secrets},
		{"service", false, false, true, []string{"client_credentials"}, nil, secrets},
		{"all", true, true, true, []string{"authorization_code", "client_credentials"}, []string{"code"}, secrets},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := service()
			d.use.PublicClients, d.use.ConfidentialClients, d.use.ServiceClients = c.public, c.confidential, c.service
			configuration, err := smart.NewConfiguration(d.at, d.use)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(configuration.GrantTypesSupported, c.grants) || !slices.Equal(configuration.ResponseTypesSupported, c.responses) {
				t.Errorf("got grants %q and responses %q", configuration.GrantTypesSupported, configuration.ResponseTypesSupported)
			}
			if !slices.Equal(configuration.TokenEndpointAuthMethodsSupported, c.methods) {
				t.Errorf("got methods %q, want %q", configuration.TokenEndpointAuthMethodsSupported, c.methods)
			}
		})
	}
}

func TestWhatCognitoCannotDoIsNeverClaimed(t *testing.T) {
	d := everything()
	d.use.TokenResponse, d.use.AuthorizeByPost = smart.TokenResponse{}, false
	d.use.Scopes = append(d.use.Scopes, "launch", "offline_access")
	assertNotClaimed(t, d, "permission-offline", "authorize-post", "context-standalone", "sso-openid-connect")
}

func TestWhatNoServerInFrontOfCognitoDoesIsNeverClaimed(t *testing.T) {
	assertNotClaimed(t, everything())
}

// assertNotClaimed sees that a document claims nothing that neither Cognito nor what
// stands in front of it can do, and none of the other words.
func assertNotClaimed(t *testing.T, d discovery, words ...string) {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(d.json(t)), &document); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"registration_endpoint", "introspection_endpoint", "management_endpoint", "userinfo_endpoint"} {
		if _, ok := document[member]; ok {
			t.Errorf("%s is published", member)
		}
	}
	delete(document, "scopes_supported") // the caller's own words
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	words = append(words, "launch-ehr", "permission-online", "context-ehr", "implicit", `"password"`, `"token"`, "plain", "private_key_jwt", "asymmetric")
	for _, claim := range words {
		if strings.Contains(string(text), claim) {
			t.Errorf("%s is claimed: %s", claim, text)
		}
	}
}

func TestNoRevocationEndpointIsPublishedWhereThereIsNone(t *testing.T) {
	d := service()
	want := strings.Replace(d.json(t), `"revocation_endpoint":"`+d.at.Revocation+`",`, "", 1)
	d.at.Revocation = ""
	if got := d.json(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheDocumentDoesNotDependOnTheOrderOfItsSources(t *testing.T) {
	d, reversed := everything(), everything()
	slices.Reverse(reversed.use.Scopes)
	order := slices.Clone(reversed.use.Scopes)
	if reversed.json(t) != d.json(t) {
		t.Error("the order of the scopes shows in the document")
	}
	if !slices.Equal(reversed.use.Scopes, order) {
		t.Error("the caller's scopes were reordered")
	}
}

func TestTheDocumentReadsBackTheSame(t *testing.T) {
	d := everything()
	want, err := smart.NewConfiguration(d.at, d.use)
	if err != nil {
		t.Fatal(err)
	}
	var got smart.Configuration
	if err := json.Unmarshal([]byte(d.json(t)), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAnEndpointThatIsNoPlainHTTPSURLIsRefusedByName(t *testing.T) {
	fields := map[string]func(*smart.Endpoints) *string{
		"issuer":                 func(e *smart.Endpoints) *string { return &e.Issuer },
		"jwks_uri":               func(e *smart.Endpoints) *string { return &e.JWKS },
		"authorization_endpoint": func(e *smart.Endpoints) *string { return &e.Authorization },
		"token_endpoint":         func(e *smart.Endpoints) *string { return &e.Token },
		"revocation_endpoint":    func(e *smart.Endpoints) *string { return &e.Revocation },
	}
	for field, of := range fields {
		for _, value := range []string{
			"http://auth.example/x", "auth.example/x", "/oauth2/token", "https://", "https:///x", "https://:443/x", "ftp://auth.example",
			"https://user:pass@auth.example/x", "https://auth.example/x?y=z", "https://auth.example/x?", "https://auth.example/x#y",
			"https://auth.example/x#", "https://auth.example/%zz", "https:auth.example",
		} {
			d := service()
			*of(&d.at) = value
			_, err := smart.NewConfiguration(d.at, d.use)
			want := field + `: "` + value + `": must be an absolute https URL without query or fragment`
			if err == nil || err.Error() != want {
				t.Errorf("got error %v, want %s", err, want)
			}
		}
	}
}

func TestEveryBadEndpointIsNamedAtOnce(t *testing.T) {
	_, err := smart.NewConfiguration(smart.Endpoints{Revocation: "x"}, service().use)
	const want = `issuer: "": must be an absolute https URL without query or fragment
jwks_uri: "": must be an absolute https URL without query or fragment
authorization_endpoint: "": must be an absolute https URL without query or fragment
token_endpoint: "": must be an absolute https URL without query or fragment
revocation_endpoint: "x": must be an absolute https URL without query or fragment`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestADocumentWithoutClientsIsRefused(t *testing.T) {
	d := service()
	d.use.ServiceClients = false
	configuration, err := smart.NewConfiguration(d.at, d.use)
	const want = "a discovery document needs at least one client: grant_types_supported would be empty"
	if err == nil || err.Error() != want || !reflect.DeepEqual(configuration, smart.Configuration{}) {
		t.Errorf("got %+v and error %v, want error %s", configuration, err, want)
	}
}
