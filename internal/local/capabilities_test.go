package local_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// An unmodified client knows the FHIR base URL, its own registration and SMART App
// Launch. What it can do, and that alone, the discovery document claims. To read the
// document, it needs AWS credentials besides, which SMART App Launch does not know.

// smartClient is an app that finds its way by the served discovery document.
type smartClient struct {
	app
	document smart.Configuration
	members  map[string]json.RawMessage
}

func newSMARTClient(t *testing.T, cloud *local.Cloud) smartClient {
	t.Helper()
	c := smartClient{app: newApp(t, cloud)}
	text := c.discover()
	var err error
	if c.document, err = smart.ParseConfiguration(text); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &c.members); err != nil {
		t.Fatal(err)
	}
	return c
}

// registered is a client of one of these names, which are the kinds of the stacks below.
func (c smartClient) registered(names ...string) (local.Client, error) {
	for _, client := range c.cloud.Clients {
		if slices.Contains(names, client.Name) {
			return client, nil
		}
	}
	return local.Client{}, fmt.Errorf("no client is called %s", strings.Join(names, " or "))
}

// authorize sends a user's browser to the authorization endpoint as SMART says, and
// returns the code that comes back.
func (c smartClient) authorize(client local.Client, user, scope string, more url.Values) (string, error) {
	query := url.Values{
		"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": {userCallback}, "scope": {scope}, "state": {"s"},
		"aud": {c.cloud.FHIRBase}, "code_challenge": {oauth2.S256ChallengeFromVerifier(codeVerifier)}, "code_challenge_method": {"S256"},
	}
	for name, values := range more {
		query[name] = values
	}
	entry := c.document.AuthorizationEndpoint + "?" + query.Encode()
	browser := *c.http
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := browser.Get(entry)
	if err != nil {
		return "", err
	}
	_ = response.Body.Close()
	if to, err := response.Location(); err != nil || to.Query().Get("error") != "" {
		return "", fmt.Errorf("the authorization endpoint answers %d %s", response.StatusCode, response.Header.Get("Location"))
	}
	back := c.signInAt(entry, user, "Local-"+user+"-1").Query()
	if back.Get("state") != "s" || back.Get("code") == "" {
		return "", fmt.Errorf("sent back with %v", back)
	}
	return back.Get("code"), nil
}

// authenticate adds a client's secret to a request of the token endpoint.
type authenticate func(client local.Client, form url.Values, header map[string]string)

// methods of authentication at the token endpoint that SMART names.
var methods = map[string]authenticate{
	"client_secret_basic": func(client local.Client, _ url.Values, header map[string]string) {
		text := url.QueryEscape(client.ID) + ":" + url.QueryEscape(client.Secret)
		header["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(text))
	},
	"client_secret_post": func(client local.Client, form url.Values, _ map[string]string) {
		form.Set("client_id", client.ID)
		form.Set("client_secret", client.Secret)
	},
	"private_key_jwt": func(_ local.Client, form url.Values, _ map[string]string) {
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", "a.signed.assertion")
	},
}

// byID is how a public client says who it is: it does not authenticate.
func byID(client local.Client, form url.Values, _ map[string]string) {
	form.Set("client_id", client.ID)
}

// usual is how a client authenticates where that is not what is looked at.
func usual(client local.Client) authenticate {
	if client.Secret == "" {
		return byID
	}
	return methods["client_secret_basic"]
}

func (c smartClient) exchange(client local.Client, as authenticate, form url.Values) (map[string]any, error) {
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	as(client, form, header)
	status, answer := c.send(http.MethodPost, c.document.TokenEndpoint, form.Encode(), header)
	if token, _ := answer["access_token"].(string); status != http.StatusOK || token == "" || answer["token_type"] != "Bearer" {
		return nil, fmt.Errorf("the token endpoint answers %d %v", status, answer)
	}
	return answer, nil
}

// launch is a standalone launch: the token response for a user of these scopes.
func (c smartClient) launch(client local.Client, as authenticate, user, scope string, more url.Values) (map[string]any, error) {
	code, err := c.authorize(client, user, scope, more)
	if err != nil {
		return nil, err
	}
	return c.exchange(client, as, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {userCallback}, "code_verifier": {codeVerifier},
	})
}

// refreshes wants a refresh token, and the scope that asks for it among the granted ones.
func refreshes(scope string) func(smartClient) error {
	return func(c smartClient) error {
		client, err := c.registered("portal", "app")
		if err != nil {
			return err
		}
		answer, err := c.launch(client, usual(client), "patient", "openid "+scope, nil)
		if err != nil {
			return err
		}
		granted, _ := answer["scope"].(string)
		if answer["refresh_token"] == nil || !slices.Contains(strings.Fields(granted), scope) {
			return fmt.Errorf("the scopes %q are granted, a refresh token: %t", granted, answer["refresh_token"] != nil)
		}
		return nil
	}
}

// launched wants members of the token response of a launch with these scopes.
func launched(scope string, more url.Values, members ...string) func(smartClient) error {
	return func(c smartClient) error {
		client, err := c.registered("portal", "app")
		if err != nil {
			return err
		}
		answer, err := c.launch(client, usual(client), "patient", scope, more)
		if err != nil {
			return err
		}
		for _, name := range members {
			if answer[name] == nil {
				return fmt.Errorf("the token response has no member %s", name)
			}
		}
		return nil
	}
}

// reads gets a token for a declared scope like that, and searches with it.
func reads(like func(smart.Scope) bool, check func(found map[string]any) error) func(smartClient) error {
	return func(c smartClient) error {
		for _, client := range c.cloud.Clients {
			for _, text := range client.Scopes {
				scope, err := smart.ParseScope(text)
				if err != nil || !like(scope) {
					continue
				}
				return c.search(client, scope, text, check)
			}
		}
		return errors.New("no client has such a scope")
	}
}

func (c smartClient) search(client local.Client, scope smart.Scope, text string, check func(map[string]any) error) error {
	var answer map[string]any
	var err error
	switch scope.Context() {
	case smart.System:
		answer, err = c.exchange(client, usual(client), url.Values{"grant_type": {"client_credentials"}, "scope": {text}})
	case smart.User:
		answer, err = c.launch(client, usual(client), "practitioner", "openid "+text, nil)
	case smart.Patient:
		answer, err = c.launch(client, usual(client), "patient", "launch/patient "+text, nil)
	}
	if err != nil {
		return err
	}
	typ := scope.Type()
	if typ == "*" {
		typ = "Patient"
	}
	status, found := c.send(http.MethodGet, c.cloud.FHIRBase+typ, "", map[string]string{"Authorization": "Bearer " + answer["access_token"].(string)})
	if entries, _ := found["entry"].([]any); status != http.StatusOK || len(entries) == 0 {
		return fmt.Errorf("%s: the search answers %d %v", text, status, found)
	}
	return check(found)
}

func anything(map[string]any) error { return nil }

func onlyThePatientsOwn(found map[string]any) error {
	for _, entry := range found["entry"].([]any) {
		one := entry.(map[string]any)["resource"].(map[string]any)
		if text := fmt.Sprint(one); !strings.Contains(text, "patient-001") {
			return fmt.Errorf("of somebody else: %s", text)
		}
	}
	return nil
}

func onlyLaboratory(found map[string]any) error {
	for _, entry := range found["entry"].([]any) {
		if text := fmt.Sprint(entry.(map[string]any)["resource"]); !strings.Contains(text, "laboratory") {
			return fmt.Errorf("the filter is ignored: %s", text)
		}
	}
	return nil
}

var fromAnEHR = url.Values{"launch": {"xyz123"}}

// contracts are what a client must be able to do where a capability is claimed.
var contracts = map[string]func(smartClient) error{
	"authorize-post": func(c smartClient) error {
		client, err := c.registered("portal", "app")
		if err != nil {
			return err
		}
		response, err := c.http.PostForm(c.document.AuthorizationEndpoint, url.Values{
			"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": {userCallback}, "scope": {"openid"}, "state": {"s"},
			"aud": {c.cloud.FHIRBase}, "code_challenge": {oauth2.S256ChallengeFromVerifier(codeVerifier)}, "code_challenge_method": {"S256"},
		})
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("the authorization endpoint answers %d", response.StatusCode)
		}
		return nil
	},
	"client-confidential-asymmetric": authenticates("private_key_jwt"),
	"client-confidential-symmetric": func(c smartClient) error {
		return errors.Join(authenticates("client_secret_basic")(c), authenticates("client_secret_post")(c))
	},
	"client-public": func(c smartClient) error {
		client, err := c.registered("app")
		if err != nil {
			return err
		}
		_, err = c.launch(client, byID, "patient", "openid", nil)
		return err
	},
	"context-banner":               launched("launch openid", fromAnEHR, "need_patient_banner"),
	"context-ehr-encounter":        launched("launch openid", fromAnEHR, "encounter"),
	"context-ehr-patient":          launched("launch openid", fromAnEHR, "patient"),
	"context-standalone-encounter": launched("launch/encounter openid", nil, "encounter"),
	"context-standalone-patient":   launched("launch/patient openid", nil, "patient"),
	"context-style":                launched("launch openid", fromAnEHR, "smart_style_url"),
	"launch-ehr":                   launched("launch openid", fromAnEHR),
	"launch-standalone":            launched("openid", nil),
	"permission-offline":           refreshes("offline_access"),
	"permission-online":            refreshes("online_access"),
	"permission-patient":           reads(func(s smart.Scope) bool { return s.Context() == smart.Patient }, onlyThePatientsOwn),
	"permission-user":              reads(func(s smart.Scope) bool { return s.Context() == smart.User }, anything),
	"permission-v1":                reads(func(s smart.Scope) bool { return s.Version() == smart.V1 }, anything),
	"permission-v2":                reads(func(s smart.Scope) bool { return s.Version() == smart.V2 }, anything),
	"permission-v2.2":              reads(func(s smart.Scope) bool { return s.Filtered() }, onlyLaboratory),
	"smart-app-state": func(c smartClient) error {
		if c.members["smart_app_state_endpoint"] == nil {
			return errors.New("no smart_app_state_endpoint")
		}
		return nil
	},
	"sso-openid-connect": func(c smartClient) error {
		if c.document.Issuer == "" || c.document.JWKSURI == "" {
			return errors.New("no issuer, or no keys")
		}
		client, err := c.registered("portal", "app")
		if err != nil {
			return err
		}
		answer, err := c.launch(client, usual(client), "practitioner", "openid fhirUser", nil)
		if err != nil {
			return err
		}
		if claimsOf(c.t, answer["id_token"])["fhirUser"] == nil {
			return errors.New("the ID token has no claim fhirUser")
		}
		return nil
	},
}

// authenticates wants every client with a secret to get tokens by this method, and none
// without the secret.
func authenticates(method string) func(smartClient) error {
	return func(c smartClient) error {
		used := false
		for _, client := range c.cloud.Clients {
			if client.Secret == "" {
				continue
			}
			used = true
			get := func(as authenticate) error {
				if client.Name == "portal" {
					_, err := c.launch(client, as, "patient", "openid", nil)
					return err
				}
				_, err := c.exchange(client, as, url.Values{"grant_type": {"client_credentials"}, "scope": {client.SystemScope()}})
				return err
			}
			if err := get(methods[method]); err != nil {
				return err
			}
			if get(byID) == nil {
				return fmt.Errorf("%s gets a token without its secret", client.Name)
			}
		}
		if !used {
			return errors.New("no client has a secret")
		}
		return nil
	}
}

const (
	callbacks  = `"callbackUrls":["` + userCallback + `"]`
	theService = `{"name":"etl","kind":"service","scopes":["system/*.read","system/Observation.rs","system/Observation.rs?category=laboratory"]}`
	thePortal  = `{"name":"portal","kind":"confidential","scopes":["openid","launch/patient","patient/*.rs","user/Patient.rs"],` + callbacks + `}`
	theApp     = `{"name":"app","kind":"public","scopes":["openid","launch/patient","patient/Patient.read","patient/*.rs","patient/Observation.rs?category=laboratory"],` + callbacks + `}`
)

func TestTheDiscoveryDocumentClaimsWhatAnUnmodifiedClientCanDoAndNoMore(t *testing.T) {
	for what, stack := range map[string]map[string]string{
		"all kinds of clients":  {"clients": "[" + theService + "," + thePortal + "," + theApp + "]"},
		"a confidential client": {"clients": "[" + strings.Replace(thePortal, `"patient/*.rs"`, `"patient/Observation.rs?category=laboratory","patient/*.read"`, 1) + "]"},
		"a public app":          {"clients": "[" + theApp + "]"},
		"a service":             {"clients": "[" + theService + "]"},
		"a service of v1":       {"authorizationStrategy": "SMART_ON_FHIR_V1", "clients": `[{"name":"etl","kind":"service","scopes":["system/*.read"]}]`},
	} {
		for where, door := range map[string]string{"at HealthLake": "none", "at the front door": "{}"} {
			t.Run(what+" "+where, func(t *testing.T) {
				stack := maps.Clone(stack)
				stack["frontDoor"] = door
				newSMARTClient(t, start(t, "dev", stack)).assertClaims()
			})
		}
	}
}

// assertClaims holds what the discovery document claims against what a client can do.
func (c smartClient) assertClaims() {
	c.t.Helper()
	for _, capability := range smart.Capabilities() {
		contract, known := contracts[capability]
		if !known {
			c.t.Fatalf("%s: nothing shows what a client can do with it", capability)
		}
		assertClaim(c.t, capability, slices.Contains(c.document.Capabilities, capability), contract(c))
	}
	for method := range methods {
		claimed := slices.Contains(c.document.TokenEndpointAuthMethodsSupported, method)
		assertClaim(c.t, method, claimed, authenticates(method)(c))
	}
}

func assertClaim(t *testing.T, what string, claimed bool, failure error) {
	t.Helper()
	switch {
	case claimed && failure != nil:
		t.Errorf("%s is claimed, but: %v", what, failure)
	case !claimed && failure == nil:
		t.Errorf("%s is not claimed, but clients can do it", what)
	}
}
