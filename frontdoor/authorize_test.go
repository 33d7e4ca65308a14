package frontdoor_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// cognitoQuery expects that the browser is sent on to Cognito, and returns what Cognito
// is asked.
func cognitoQuery(t *testing.T, recorder *httptest.ResponseRecorder) url.Values {
	t.Helper()
	location, query, _ := strings.Cut(recorder.Header().Get("Location"), "?")
	values, err := url.ParseQuery(query)
	if err != nil || recorder.Code != http.StatusSeeOther || location != "https://pool.example/oauth2/authorize" {
		t.Fatalf("got %d to %q (%v): %s", recorder.Code, recorder.Header().Get("Location"), err, recorder.Body)
	}
	return values
}

// sentBack expects that the browser is sent back to the app with an error.
func sentBack(t *testing.T, recorder *httptest.ResponseRecorder, to, code string) url.Values {
	t.Helper()
	location, query, _ := strings.Cut(recorder.Header().Get("Location"), "?")
	values, err := url.ParseQuery(query)
	if err != nil || recorder.Code != http.StatusSeeOther || location != to || values.Get("error") != code || values.Get("error_description") == "" || values.Has("code") {
		t.Fatalf("got %d to %q (%v), want %s at %s", recorder.Code, recorder.Header().Get("Location"), err, code, to)
	}
	return values
}

// shown expects the error page: no redirect, and nothing that a page could be made to do.
func shown(t *testing.T, recorder *httptest.ResponseRecorder, status int) {
	t.Helper()
	header := recorder.Header()
	if recorder.Code != status || header.Get("Location") != "" || header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("got %d, %v", recorder.Code, header)
	}
	for name, want := range map[string]string{
		"Content-Security-Policy":     "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Frame-Options":             "DENY",
		"X-Content-Type-Options":      "nosniff",
		"Cache-Control":               "no-store",
		"Referrer-Policy":             "no-referrer",
		"Access-Control-Allow-Origin": "",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestAnAppWithSMARTsScopesIsSentOnToCognitoWithCognitos(t *testing.T) {
	w := newWorld(t)
	for name, recorder := range map[string]*httptest.ResponseRecorder{
		"GET":  w.get("/oauth2/authorize?" + launch("nonce", "n-1", "prompt", "login", "lang", "de", "made_up", "x").Encode()),
		"POST": w.post("/oauth2/authorize", launch("nonce", "n-1", "prompt", "login", "lang", "de", "made_up", "x")),
	} {
		t.Run(name, func(t *testing.T) {
			got := cognitoQuery(t, recorder).Encode()
			want := url.Values{
				"response_type": {"code"}, "client_id": {portal}, "redirect_uri": {callback}, "state": {"s t+1"}, "nonce": {"n-1"},
				"scope": {"launch/patient openid patient/*.rs"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
				"prompt": {"login"}, "lang": {"de"},
			}.Encode()
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if recorder.Header().Get("Cache-Control") != "no-store" || recorder.Header().Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("got %v", recorder.Header())
			}
		})
	}
	if w.cognitoCalls.Load() != 0 || w.healthLakeCalls.Load() != 0 {
		t.Error("the door itself called somebody")
	}
}

func TestACallbackOnLoopbackIsTakenWithItsExactPort(t *testing.T) {
	w := newWorld(t)
	cognitoQuery(t, w.get("/oauth2/authorize?"+launch("redirect_uri", loopback).Encode()))
	for _, other := range []string{"http://localhost:3001/callback", "http://localhost/callback", "http://127.0.0.1:3000/callback", "https://localhost:3000/callback"} {
		shown(t, w.get("/oauth2/authorize?"+launch("redirect_uri", other).Encode()), http.StatusBadRequest)
	}
}

func TestTheAudienceIsThisServerUnderOneOfItsNames(t *testing.T) {
	w := newWorld(t)
	datastore := w.config.DatastoreEndpoint
	for _, aud := range []string{base, base + "/", datastore, strings.TrimSuffix(datastore, "/")} {
		got := cognitoQuery(t, w.get("/oauth2/authorize?"+launch("aud", aud).Encode()))
		if got.Has("aud") || got.Has("resource") {
			t.Errorf("Cognito is told of %v", got)
		}
		cognitoQuery(t, w.get("/oauth2/authorize?"+launch("aud", "-", "resource", aud).Encode()))
	}
}

func TestAForeignAudienceIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, aud := range []string{
		"-", "", "https://evil.example/r4", "https://fhir.example", base + "//", base + "/../r4", "HTTPS://fhir.example/r4", base + "?", base + "/Patient",
		"https://fhir.example%2Fr4", base + " https://evil.example",
	} {
		values := sentBack(t, w.get("/oauth2/authorize?"+launch("aud", aud).Encode()), callback, "invalid_request")
		if values.Get("state") != "s t+1" || !strings.Contains(values.Get("error_description"), base) {
			t.Errorf("%q: got %v", aud, values)
		}
	}
	sentBack(t, w.get("/oauth2/authorize?"+launch("resource", "https://evil.example/r4").Encode()), callback, "invalid_target")
	sentBack(t, w.get("/oauth2/authorize?"+launch("aud", "-", "resource", "https://evil.example/r4").Encode()), callback, "invalid_target")
}

func TestNobodyIsSentToAnAddressThatIsNotTheApps(t *testing.T) {
	w := newWorld(t)
	for _, address := range []string{
		"-", "", "https://evil.example/callback", callback + "/", callback + "?x=1", callback + "#", "https://portal.example/Callback",
		"https://portal.example/callback/../evil", "https://portal.example%2Fcallback", "https://PORTAL.example/callback", "https://portal.example:443/callback",
		"https://portal.example@evil.example/callback", "//evil.example", "javascript:alert(1)", "https://clinic.example/back?tenant=7",
	} {
		shown(t, w.get("/oauth2/authorize?"+launch("redirect_uri", address).Encode()), http.StatusBadRequest)
		shown(t, w.post("/oauth2/authorize", launch("redirect_uri", address)), http.StatusBadRequest)
	}
	for name, recorder := range map[string]*httptest.ResponseRecorder{
		"two addresses":   w.get("/oauth2/authorize?" + launch().Encode() + "&redirect_uri=https://evil.example"),
		"two clients":     w.get("/oauth2/authorize?" + launch().Encode() + "&client_id=" + clinic),
		"no client":       w.get("/oauth2/authorize?" + launch("client_id", "-").Encode()),
		"unknown client":  w.get("/oauth2/authorize?" + launch("client_id", "x").Encode()),
		"a service":       w.get("/oauth2/authorize?" + launch("client_id", service, "redirect_uri", "").Encode()),
		"broken encoding": w.get("/oauth2/authorize?" + launch().Encode() + "&x=%zz"),
		"a semicolon":     w.get("/oauth2/authorize?" + launch().Encode() + ";x=1"),
		"no UTF-8":        w.get("/oauth2/authorize?" + launch().Encode() + "&x=%ff"),
		"a line break":    w.get("/oauth2/authorize?" + launch("state", "a\r\nb").Encode()),
		"query of a POST": w.post("/oauth2/authorize?x=1", launch()),
		"JSON":            w.do(request(http.MethodPost, "/oauth2/authorize", "{}", "Content-Type", "application/json")),
	} {
		t.Run(name, func(t *testing.T) { shown(t, recorder, http.StatusBadRequest) })
	}
}

func TestTheErrorPageHasNothingOfTheRequest(t *testing.T) {
	w := newWorld(t)
	hostile := `"><script>alert(1)</script>Call 555 and tell your password`
	plain := w.get("/oauth2/authorize?" + launch("redirect_uri", "https://evil.example").Encode())
	same := w.get("/oauth2/authorize?" + launch("redirect_uri", hostile, "state", hostile, "scope", hostile, "error", hostile, hostile, hostile).Encode())
	shown(t, same, http.StatusBadRequest)
	if plain.Body.String() != same.Body.String() || strings.Contains(same.Body.String(), "555") {
		t.Errorf("got %s", same.Body)
	}
	unknown := w.get("/oauth2/authorize?" + launch("client_id", hostile).Encode())
	shown(t, unknown, http.StatusBadRequest)
	if strings.Contains(unknown.Body.String(), "555") {
		t.Errorf("got %s", unknown.Body)
	}
}

func TestPKCELeftOutPlainOrOfNothingIsRefused(t *testing.T) {
	w := newWorld(t)
	for name, edits := range map[string][]string{
		"left out":                  {"code_challenge", "-", "code_challenge_method", "-"},
		"no method":                 {"code_challenge_method", "-"},
		"plain":                     {"code_challenge_method", "plain", "code_challenge", verifier},
		"small letters":             {"code_challenge_method", "s256"},
		"no challenge":              {"code_challenge", "-"},
		"empty challenge":           {"code_challenge", ""},
		"of the empty verifier":     {"code_challenge", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"},
		"short":                     {"code_challenge", challenge[:42]},
		"long":                      {"code_challenge", challenge + "A"},
		"padded":                    {"code_challenge", challenge + "="},
		"bits that nobody reads":    {"code_challenge", challenge[:42] + "N"},
		"standard base64":           {"code_challenge", strings.Replace(challenge, "-", "+", 1)},
		"a verifier that is no sum": {"code_challenge", "plain"},
	} {
		t.Run(name, func(t *testing.T) {
			sentBack(t, w.get("/oauth2/authorize?"+launch(edits...).Encode()), callback, "invalid_request")
		})
	}
}

func TestScopesAreNotWidenedByEncodingOrRepetition(t *testing.T) {
	w := newWorld(t)
	for name, scope := range map[string]string{
		"left out":                     "-",
		"empty":                        "",
		"translated scopes alone":      "launch fhirUser offline_access online_access",
		"not declared":                 "patient/*.cruds",
		"another context":              "system/*.rs",
		"one declared, one not":        "patient/*.rs user/*.rs",
		"encoded":                      "patient%2F*.rs",
		"encoded once more":            "patient/Observation.rs?code=http:%252F%252Floinc.org|1234-5",
		"an encoded space":             "patient/*.rs%20user/*.rs",
		"two spaces":                   "openid  patient/*.rs",
		"a space behind":               "openid ",
		"of another case":              "Patient/*.rs",
		"a filter left out":            "patient/Observation.rs",
		"a filter decoded":             "patient/Observation.rs?code=http://loinc.org|1234-5",
		"Cognito's own administration": "aws.cognito.signin.user.admin",
	} {
		t.Run(name, func(t *testing.T) {
			sentBack(t, w.get("/oauth2/authorize?"+launch("scope", scope).Encode()), callback, "invalid_scope")
		})
	}
	sentBack(t, w.get("/oauth2/authorize?"+launch().Encode()+"&scope=patient/*.cruds"), callback, "invalid_request")
	got := cognitoQuery(t, w.get("/oauth2/authorize?"+launch("scope", "openid openid launch patient/Observation.rs?code=http:%2F%2Floinc.org|1234-5").Encode()))
	if got.Get("scope") != "openid patient/Observation.rs?code=http:%2F%2Floinc.org|1234-5" {
		t.Errorf("got %q", got.Get("scope"))
	}
}

func TestWhatElseIsWrongGoesBackToTheAppWithItsState(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		code  string
		edits []string
	}{
		"no response type":       {"invalid_request", []string{"response_type", "-"}},
		"the implicit flow":      {"unsupported_response_type", []string{"response_type", "token"}},
		"the hybrid flow":        {"unsupported_response_type", []string{"response_type", "code id_token"}},
		"a form as the answer":   {"invalid_request", []string{"response_mode", "form_post"}},
		"an EHR's launch":        {"invalid_request", []string{"launch", "xyz"}},
		"a request object":       {"request_not_supported", []string{"request", "e30.e30."}},
		"its URI":                {"request_uri_not_supported", []string{"request_uri", "https://evil.example/r"}},
		"an unknown audience":    {"invalid_request", []string{"aud", "https://evil.example"}},
		"a scope without a word": {"invalid_scope", []string{"scope", "-"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sentBack(t, w.get("/oauth2/authorize?"+launch(c.edits...).Encode()), callback, c.code); got.Get("state") != "s t+1" {
				t.Errorf("got %v", got)
			}
		})
	}
	if got := sentBack(t, w.get("/oauth2/authorize?"+launch("state", "-").Encode()), callback, "invalid_request"); got.Has("state") {
		t.Errorf("got %v", got)
	}
	if got := sentBack(t, w.get("/oauth2/authorize?"+launch().Encode()+"&state=other"), callback, "invalid_request"); got.Has("state") {
		t.Errorf("two states: got %v", got)
	}
	got := sentBack(t, w.get("/oauth2/authorize?"+launch("client_id", clinic, "redirect_uri", "https://clinic.example/back?tenant=7", "scope", "x").Encode()),
		"https://clinic.example/back", "invalid_scope")
	if got.Get("tenant") != "7" || got.Get("state") != "s t+1" {
		t.Errorf("the callback's own query: got %v", got)
	}
}

func TestAParameterWithoutAValueCountsAsLeftOut(t *testing.T) {
	got := cognitoQuery(t, newWorld(t).get("/oauth2/authorize?"+launch("launch", "", "request", "", "nonce", "", "login_hint", "").Encode()))
	if got.Has("launch") || got.Has("request") || got.Has("nonce") || got.Has("login_hint") {
		t.Errorf("got %v", got)
	}
}

func TestARequestThatIsTooLongForTheWayOnIsRefused(t *testing.T) {
	w := newWorld(t)
	shown(t, w.get("/oauth2/authorize?"+launch("state", strings.Repeat("s", 8<<10)).Encode()), http.StatusBadRequest)
	shown(t, w.get("/oauth2/authorize?"+launch("scope", "x", "state", strings.Repeat("s", 8<<10)).Encode()), http.StatusBadRequest)
	shown(t, w.post("/oauth2/authorize", launch("state", strings.Repeat("s", 64<<10))), http.StatusRequestEntityTooLarge)
	if got := cognitoQuery(t, w.get("/oauth2/authorize?"+launch("state", strings.Repeat("s", 4<<10)).Encode())); len(got.Get("state")) != 4<<10 {
		t.Error("a long state was cut")
	}
}

func TestAuthorizeIsForBrowsersThatGoThere(t *testing.T) {
	w := newWorld(t)
	recorder := w.get("/oauth2/authorize?"+launch().Encode(), "Origin", "https://portal.example")
	if got := recorder.Header().Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("a page may read it: %q", got)
	}
	recorder = w.do(request(http.MethodOptions, "/oauth2/authorize", "", "Origin", "https://portal.example", "Access-Control-Request-Method", "POST"))
	shown(t, recorder, http.StatusMethodNotAllowed)
	if got := recorder.Header().Get("Allow"); got != "GET, HEAD, POST" {
		t.Errorf("Allow: got %q", got)
	}
}
