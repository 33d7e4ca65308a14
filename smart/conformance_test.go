package smart_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// edited is the document of a server of which everything is true, after a change of
// its members; nil removes one.
func edited(t *testing.T, change map[string]any) []byte {
	t.Helper()
	members := map[string]any{}
	if err := json.Unmarshal([]byte(everything().json(t)), &members); err != nil {
		t.Fatal(err)
	}
	maps.Copy(members, change)
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil })
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const (
	bySMART      = " (SMART App Launch 2.2, Conformance)"
	byHealthLake = " (AWS HealthLake, identityProviderConfiguration.metadata)"
)

func TestAGoodDocumentIsReadWhole(t *testing.T) {
	d := everything()
	want, err := smart.NewConfiguration(d.at, d.use)
	if err != nil {
		t.Fatal(err)
	}
	got, err := smart.ParseConfiguration([]byte(" " + d.json(t) + "\n"))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
}

func TestEveryRuleOfTheDiscoveryDocumentIsHeld(t *testing.T) {
	const url = `must be an absolute https URL without query or fragment`
	capabilities := func(change func([]string) []string) []string {
		d := everything()
		c, err := smart.NewConfiguration(d.at, d.use)
		if err != nil {
			t.Fatal(err)
		}
		return change(c.Capabilities)
	}
	without := func(names ...string) []string {
		return capabilities(func(all []string) []string {
			return slices.DeleteFunc(all, func(name string) bool { return slices.Contains(names, name) })
		})
	}
	with := func(name string) []string {
		return capabilities(func(all []string) []string { return append(all, name) })
	}
	for _, c := range []struct {
		what   string
		change map[string]any
		want   []string // nil: allowed
	}{
		{"nothing changed", nil, nil},
		{"no authorization endpoint", map[string]any{"authorization_endpoint": nil},
			[]string{"authorization_endpoint: missing; required" + byHealthLake}},
		{"no token endpoint", map[string]any{"token_endpoint": nil}, []string{"token_endpoint: missing; required" + bySMART}},
		{"no capabilities", map[string]any{"capabilities": []string{}, "scopes_supported": nil, "issuer": nil},
			[]string{"capabilities: missing; required" + bySMART}},
		{"no grant types", map[string]any{"grant_types_supported": nil, "capabilities": without("launch-standalone")},
			[]string{"grant_types_supported: missing; add at least one of authorization_code, client_credentials" + bySMART}},
		{"an implicit grant", map[string]any{"grant_types_supported": []string{"authorization_code", "implicit"}},
			[]string{`grant_types_supported: "implicit": must be one of authorization_code, client_credentials` + bySMART}},
		{"a password grant", map[string]any{"grant_types_supported": []string{"authorization_code", "password"}},
			[]string{`grant_types_supported: "password": must be one of authorization_code, client_credentials` + bySMART}},
		{"no PKCE", map[string]any{"code_challenge_methods_supported": nil},
			[]string{`code_challenge_methods_supported: []: must include S256` + bySMART}},
		{"plain PKCE besides", map[string]any{"code_challenge_methods_supported": []string{"S256", "plain"}},
			[]string{`code_challenge_methods_supported: "plain": not allowed; use S256` + bySMART}},
		{"plain PKCE alone", map[string]any{"code_challenge_methods_supported": []string{"plain"}},
			[]string{`code_challenge_methods_supported: ["plain"]: must include S256` + bySMART, `code_challenge_methods_supported: "plain": not allowed; use S256` + bySMART}},
		{"single sign-on without an issuer", map[string]any{"issuer": nil},
			[]string{"issuer: missing; required by the capability sso-openid-connect" + bySMART}},
		{"single sign-on without keys", map[string]any{"jwks_uri": nil},
			[]string{"jwks_uri: missing; required by the capability sso-openid-connect" + bySMART}},
		{"an issuer without single sign-on", map[string]any{"capabilities": without("sso-openid-connect")},
			[]string{`issuer: "` + everything().at.Issuer + `": requires the capability sso-openid-connect; add it, or remove issuer` + bySMART}},
		{"keys without single sign-on", map[string]any{"capabilities": without("sso-openid-connect"), "issuer": nil}, nil},
		{"a launch without the code grant", map[string]any{"grant_types_supported": []string{"client_credentials"}},
			[]string{`grant_types_supported: ["client_credentials"]: must include authorization_code with the capability launch-standalone` + bySMART}},
		{"an EHR launch without the code grant",
			map[string]any{"grant_types_supported": []string{"client_credentials"}, "capabilities": append(without("launch-standalone"), "launch-ehr")},
			[]string{`grant_types_supported: ["client_credentials"]: must include authorization_code with the capability launch-ehr` + bySMART}},
		{"the code grant with another response type", map[string]any{"response_types_supported": []string{"token"}},
			[]string{`response_types_supported: ["token"]: must include code with the grant type authorization_code` + bySMART}},
		{"no response types", map[string]any{"response_types_supported": nil}, nil},
		{"an unknown capability", map[string]any{"capabilities": with("permission-v3")},
			[]string{`capabilities: "permission-v3": must be one of ` + strings.Join(smart.Capabilities(), ", ") + bySMART}},
		{"a capability in another case", map[string]any{"capabilities": with("Launch-EHR")},
			[]string{`capabilities: "Launch-EHR": must be one of ` + strings.Join(smart.Capabilities(), ", ") + bySMART}},
		{"a capability twice", map[string]any{"capabilities": with("client-public")},
			[]string{`capabilities: "client-public": listed twice; list each value once` + bySMART}},
		{"secrets without a method for them", map[string]any{"token_endpoint_auth_methods_supported": []string{"private_key_jwt"}},
			[]string{`token_endpoint_auth_methods_supported: ["private_key_jwt"]: must include client_secret_basic or client_secret_post with the capability client-confidential-symmetric` + bySMART}},
		{"no methods named", map[string]any{"token_endpoint_auth_methods_supported": nil}, nil},
		{"an unknown method", map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "none"}},
			[]string{`token_endpoint_auth_methods_supported: "none": must be one of client_secret_basic, client_secret_post, private_key_jwt` + bySMART}},
		{"filters without a capability", map[string]any{"capabilities": without("permission-v2.2")},
			[]string{`scopes_supported: "patient/Observation.rs?category=laboratory&code=<a>": requires the capability permission-v2.2; add it` + byHealthLake}},
		{"a filter that HealthLake may ignore", map[string]any{"scopes_supported": []string{"patient/Observation.rs?_count=1", "openid"}},
			[]string{`scopes_supported: "patient/Observation.rs?_count=1": the filter must be a search parameter of the type in FHIR R4, without a modifier` + byHealthLake}},
		{"v2 scopes without a capability", map[string]any{"capabilities": without("permission-v2", "permission-v2.2"), "scopes_supported": []string{"user/*.cruds", "system/*.read"}},
			[]string{`scopes_supported: "user/*.cruds": requires the capability permission-v2; add it` + byHealthLake}},
		{"v1 scopes without a capability", map[string]any{"capabilities": without("permission-v1"), "scopes_supported": []string{"user/*.cruds", "system/*.read"}},
			[]string{`scopes_supported: "system/*.read": requires the capability permission-v1; add it` + byHealthLake}},
		{"v2.2 without v2", map[string]any{"capabilities": without("permission-v2"), "scopes_supported": []string{"system/*.read"}},
			[]string{`capabilities: "permission-v2.2": requires the capability permission-v2; add it` + byHealthLake}},
		{"app state without its endpoint", map[string]any{"capabilities": with("smart-app-state")},
			[]string{"smart_app_state_endpoint: missing; required by the capability smart-app-state" + bySMART}},
		{"app state with its endpoint", map[string]any{"capabilities": with("smart-app-state"), "smart_app_state_endpoint": "https://a.example/state"}, nil},
		{"members of others", map[string]any{"user_access_brand_identifier": map[string]any{"value": "x"}, "introspection_endpoint": "https://a.example/i"}, nil},
		{"another endpoint that is no URL", map[string]any{"registration_endpoint": "http://a.example/"},
			[]string{`registration_endpoint: "http://a.example/": ` + url + bySMART}},
		{"another endpoint that is no string", map[string]any{"registration_endpoint": 1},
			[]string{`registration_endpoint: "1": ` + url + bySMART}},
		{"a text for a list", map[string]any{"response_types_supported": "code"},
			[]string{`response_types_supported: "\"code\"": must be a list of strings` + bySMART}},
		{"a list for a text", map[string]any{"revocation_endpoint": []string{}},
			[]string{`revocation_endpoint: "[]": must be a string` + bySMART}},
		{"a null", map[string]any{"revocation_endpoint": json.RawMessage("null")},
			[]string{`revocation_endpoint: "null": must be a string` + bySMART}},
		{"a relative URL", map[string]any{"token_endpoint": "/oauth2/token"}, []string{`token_endpoint: "/oauth2/token": ` + url + bySMART}},
		{"plain http", map[string]any{"authorization_endpoint": "http://a.example/"}, []string{`authorization_endpoint: "http://a.example/": ` + url + bySMART}},
		{"an issuer with a query", map[string]any{"issuer": "https://a.example/?x"}, []string{`issuer: "https://a.example/?x": ` + url + bySMART}},
		{"keys that are no URL", map[string]any{"jwks_uri": "keys"}, []string{`jwks_uri: "keys": ` + url + bySMART}},
		{"a revocation that is no URL", map[string]any{"revocation_endpoint": "revoke"}, []string{`revocation_endpoint: "revoke": ` + url + bySMART}},
		{"nothing right", map[string]any{"token_endpoint": "x", "issuer": "y", "code_challenge_methods_supported": nil}, []string{
			`issuer: "y": ` + url + bySMART, `token_endpoint: "x": ` + url + bySMART, `code_challenge_methods_supported: []: must include S256` + bySMART}},
	} {
		t.Run(c.what, func(t *testing.T) {
			got := ""
			if _, err := smart.ParseConfiguration(edited(t, c.change)); err != nil {
				got = err.Error()
			}
			if want := strings.Join(c.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestWhatIsNoSingleJSONObjectIsNoDiscoveryDocument(t *testing.T) {
	for text, want := range map[string]string{
		``:                            "discovery document: must be a JSON object",
		`[]`:                          "discovery document: must be a JSON object",
		`null`:                        "discovery document: must be a JSON object",
		`<html>`:                      "discovery document: must be a JSON object",
		`{} {}`:                       "discovery document: something follows the JSON text, at byte 3",
		`{}x`:                         "discovery document: something follows the JSON text, at byte 2",
		`{"issuer":"a"`:               "discovery document: the JSON text does not end",
		`{"issuer":}`:                 "discovery document: malformed JSON at byte 10",
		`{"x":{"a":1,"a":2}}`:         "discovery document: a: given twice",
		"{\"issuer\":\"\xff\"}":       "discovery document: not UTF-8",
		`{"issuer":"a","issuer"`:      "discovery document: issuer: given twice",
		`{"issuer":"a","issuer":"b"}`: "discovery document: issuer: given twice",
	} {
		c, err := smart.ParseConfiguration([]byte(text))
		if err == nil || err.Error() != want || !reflect.DeepEqual(c, smart.Configuration{}) {
			t.Errorf("%s: got %+v and %v, want %s", text, c, err, want)
		}
	}
}

func TestMembersAreToldApartByCase(t *testing.T) {
	_, err := smart.ParseConfiguration(edited(t, map[string]any{"token_endpoint": nil, "Token_endpoint": "https://a.example/"}))
	const want = "token_endpoint: missing; required" + bySMART
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestEveryDocumentThatIsBuiltPassesTheCheck(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := everything()
		d.use = smart.Use{
			Strategy:            rapid.SampledFrom(smart.AuthorizationStrategies()).Draw(t, "strategy"),
			PublicClients:       rapid.Bool().Draw(t, "public"),
			ConfidentialClients: rapid.Bool().Draw(t, "confidential"),
			ServiceClients:      rapid.Bool().Draw(t, "service"),
			PatientContext:      rapid.Bool().Draw(t, "patient context"),
			UserContext:         rapid.Bool().Draw(t, "user context"),
			TokenResponse: smart.TokenResponse{
				Patient:  rapid.Bool().Draw(t, "patient in the token response"),
				FHIRUser: rapid.Bool().Draw(t, "fhirUser in the ID token"),
			},
			Scopes: rapid.SliceOf(rapid.SampledFrom([]string{"openid", "profile", "launch/patient", "fhirUser"})).Draw(t, "other scopes"),
		}
		if rapid.Bool().Draw(t, "no revocation") {
			d.at.Revocation = ""
		}
		for _, text := range rapid.SliceOf(scopeTexts).Draw(t, "scopes") {
			if d.use.Strategy.Understands(mustParse(t, text)) {
				d.use.Scopes = append(d.use.Scopes, text)
			}
		}
		if !d.use.PublicClients && !d.use.ConfidentialClients {
			d.use.ServiceClients = true
		}
		built, err := smart.NewConfiguration(d.at, d.use)
		if err != nil {
			t.Fatal(err)
		}
		text, err := built.JSON()
		if err != nil {
			t.Fatal(err)
		}
		got, err := smart.ParseConfiguration([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if again, err := got.JSON(); err != nil || again != text {
			t.Fatalf("got %s and %v, want %s", again, err, text)
		}
	})
}
