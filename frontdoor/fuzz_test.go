package frontdoor_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
)

// Whatever a request for a sign-in is made of, the browser is sent nowhere but to Cognito with
// parameters that were checked, or to a declared address with an error.
func FuzzAuthorize(f *testing.F) {
	door, err := frontdoor.New(full())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(launch().Encode())
	f.Add(launch("redirect_uri", "https://evil.example").Encode())
	f.Add(launch("scope", "openid%20patient/*.rs fhirUser").Encode() + "&scope=x")
	f.Add(launch("state", "\"><script>").Encode() + "&redirect_uri=" + callback)
	f.Add("client_id=" + portal + "&redirect_uri=" + callback + "&error=x&%72edirect_uri=https://evil.example")
	f.Add(launch("code_challenge_method", "plain").Encode() + ";code_challenge_method=S256")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "https://fhir.example/oauth2/authorize", nil)
		r.URL.RawQuery = query
		recorder := httptest.NewRecorder()
		door.ServeHTTP(recorder, r)
		location, sent, _ := strings.Cut(recorder.Header().Get("Location"), "?")
		parameters, err := url.ParseQuery(sent)
		if err != nil {
			t.Fatalf("%q: %v", sent, err)
		}
		switch {
		case recorder.Code == http.StatusBadRequest && location == "" && strings.Contains(recorder.Header().Get("Content-Security-Policy"), "default-src 'none'"):
		case recorder.Code == http.StatusSeeOther && location == callback && parameters.Get("error") != "" && !parameters.Has("code"):
		case recorder.Code == http.StatusSeeOther && location == full().AuthorizationEndpoint:
			checked(t, parameters)
		default:
			t.Errorf("got %d to %q", recorder.Code, recorder.Header().Get("Location"))
		}
	})
}

// checked are parameters as Cognito may get them.
func checked(t *testing.T, parameters url.Values) {
	t.Helper()
	known := []string{"client_id", "code_challenge", "code_challenge_method", "identity_provider", "idp_identifier", "lang", "login_hint", "nonce", "prompt", "redirect_uri", "response_type", "scope", "state"}
	for name, values := range parameters {
		if !slices.Contains(known, name) || len(values) != 1 {
			t.Errorf("%s: %q", name, values)
		}
	}
	for _, scope := range strings.Split(parameters.Get("scope"), " ") {
		if scope != "openid" && scope != "patient/*.rs" {
			t.Errorf("scope %q", scope)
		}
	}
	if parameters.Get("client_id") != portal || parameters.Get("redirect_uri") != callback || parameters.Get("response_type") != "code" ||
		parameters.Get("code_challenge_method") != "S256" || len(parameters.Get("code_challenge")) != 43 || parameters.Get("state") == "" {
		t.Errorf("got %v", parameters)
	}
}
