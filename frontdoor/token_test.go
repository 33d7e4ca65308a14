package frontdoor_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
)

// refresh is the request of the portal for new tokens.
func refresh(edits ...string) url.Values {
	return with(url.Values{"grant_type": {"refresh_token"}, "client_id": {portal}, "refresh_token": {"canary-refresh-token"}}, edits...)
}

// credentials is the request of the service for a token.
func credentials(edits ...string) url.Values {
	return with(url.Values{"grant_type": {"client_credentials"}, "client_id": {service}, "client_secret": {"canary-secret"}}, edits...)
}

// serviceToken has Cognito answer as to the service.
func (w *world) serviceToken() {
	answer := w.tokens(
		map[string]any{"client_id": service, "sub": service, "username": nil, "scope": "system/*.rs", "patient": "p-9", "encounter": "e-9"}, nil,
		map[string]any{"id_token": nil, "refresh_token": nil})
	w.cognitoSays(status(http.StatusOK, answer))
}

// untouched expects that Cognito was not asked.
func (w *world) untouched() {
	w.t.Helper()
	if n := w.cognitoCalls.Load(); n != 0 {
		w.t.Errorf("Cognito was asked %d times", n)
	}
}

func TestAnAppGetsItsTokensWithScopesAndPatient(t *testing.T) {
	w := newWorld(t)
	recorder := w.post("/oauth2/token", exchange("resource", base, "scope", "system/*.*", "made_up", "x"))
	got := members(t, recorder)
	want := members(t, &httptest.ResponseRecorder{Body: bodyOf(w.tokens(nil, nil, nil))})
	maps.Copy(want, map[string]any{"scope": "launch/patient openid patient/*.rs fhirUser offline_access", "patient": "p-1"})
	if recorder.Code != http.StatusOK || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %d %v\nwant %v", recorder.Code, got, want)
	}
	header := recorder.Header()
	if header.Get("Cache-Control") != "no-store" || header.Get("Pragma") != "no-cache" || header.Get("Content-Type") != "application/json;charset=UTF-8" {
		t.Errorf("got %v", header)
	}
	if want := (cognitoRequest{"/oauth2/token", nil, exchange()}); !reflect.DeepEqual(w.asked, want) {
		t.Errorf("Cognito got %v, want %v", w.asked, want)
	}
}

func TestTheScopesOfTheAnswerAreWhatTheAppHas(t *testing.T) {
	for name, c := range map[string]struct {
		access, identity, members map[string]any
		form                      url.Values
		scope                     string
		patient                   any
	}{
		"no ID token":                      {nil, nil, map[string]any{"id_token": nil}, exchange(), "launch/patient openid patient/*.rs offline_access", "p-1"},
		"an ID token without fhirUser":     {nil, map[string]any{"fhirUser": nil}, nil, exchange(), "launch/patient openid patient/*.rs offline_access", "p-1"},
		"a malformed fhirUser":             {nil, map[string]any{"fhirUser": "ann"}, nil, exchange(), "launch/patient openid patient/*.rs offline_access", "p-1"},
		"an ID token that is none":         {nil, nil, map[string]any{"id_token": "x"}, exchange(), "launch/patient openid patient/*.rs offline_access", "p-1"},
		"no refresh token":                 {nil, nil, map[string]any{"refresh_token": nil}, exchange(), "launch/patient openid patient/*.rs fhirUser", "p-1"},
		"a refresh without a new one":      {nil, nil, map[string]any{"refresh_token": nil}, refresh(), "launch/patient openid patient/*.rs fhirUser offline_access", "p-1"},
		"fewer scopes than asked":          {map[string]any{"scope": "openid"}, nil, nil, exchange(), "openid fhirUser offline_access", nil},
		"a patient without a scope for it": {map[string]any{"scope": "openid user/*.rs"}, nil, nil, refresh(), "openid user/*.rs fhirUser offline_access", nil},
		"a patient/ scope alone":           {map[string]any{"scope": "patient/*.rs"}, nil, nil, refresh(), "patient/*.rs fhirUser offline_access", "p-1"},
		"no scope":                         {map[string]any{"scope": nil}, nil, nil, exchange(), "fhirUser offline_access", nil},
		"no patient":                       {map[string]any{"patient": nil}, nil, nil, exchange(), "launch/patient openid patient/*.rs fhirUser offline_access", nil},
		"a patient that is no id":          {map[string]any{"patient": "../p-2"}, nil, nil, exchange(), "launch/patient openid patient/*.rs fhirUser offline_access", nil},
		"the other claim of a patient":     {map[string]any{"patient": nil, "launch_response_patient": "p-3"}, nil, nil, exchange(), "launch/patient openid patient/*.rs fhirUser offline_access", "p-3"},
		"two patients":                     {map[string]any{"launch_response_patient": "p-3"}, nil, nil, exchange(), "launch/patient openid patient/*.rs fhirUser offline_access", nil},
		"the same patient twice":           {map[string]any{"launch_response_patient": "p-1"}, nil, nil, exchange(), "launch/patient openid patient/*.rs fhirUser offline_access", "p-1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.cognitoSays(status(http.StatusOK, w.tokens(c.access, c.identity, c.members)))
			got := members(t, w.post("/oauth2/token", c.form))
			if got["scope"] != c.scope || got["patient"] != c.patient {
				t.Errorf("got %q for %v, want %q for %v", got["scope"], got["patient"], c.scope, c.patient)
			}
		})
	}
}

func TestOtherLaunchContextOfTheTokenIsInTheAnswer(t *testing.T) {
	w := newWorld(t)
	context := map[string]any{
		"encounter": "e-1", "intent": "review", "tenant": "t", "smart_style_url": "https://portal.example/style.json",
		"need_patient_banner": false, "fhirContext": []any{map[string]any{"reference": "ImagingStudy/1"}},
	}
	w.cognitoSays(status(http.StatusOK, w.tokens(context, nil, nil)))
	got := members(t, w.post("/oauth2/token", exchange()))
	for name, want := range context {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s: got %v, want %v", name, got[name], want)
		}
	}
	w.cognitoSays(status(http.StatusOK, w.tokens(map[string]any{"encounter": 1, "need_patient_banner": "no", "fhirContext": "x"}, nil, nil)))
	got = members(t, w.post("/oauth2/token", exchange()))
	for name := range context {
		if _, there := got[name]; there {
			t.Errorf("%s: got %v, which is of another type", name, got[name])
		}
	}
}

func TestAServiceGetsItsTokenWithItsScopesAndNoContext(t *testing.T) {
	w := newWorld(t)
	w.serviceToken()
	got := members(t, w.post("/oauth2/token", credentials("scope", "system/*.rs")))
	if got["scope"] != "system/*.rs" || got["patient"] != nil || got["encounter"] != nil || got["access_token"] == nil {
		t.Errorf("got %v", got)
	}
	if want := (cognitoRequest{"/oauth2/token", nil, credentials("scope", "system/*.rs")}); !reflect.DeepEqual(w.asked, want) {
		t.Errorf("Cognito got %v, want %v", w.asked, want)
	}
	members(t, w.post("/oauth2/token", credentials()))
	if want := credentials(); !reflect.DeepEqual(w.asked.form, want) {
		t.Errorf("Cognito got %v, want %v", w.asked.form, want)
	}
	before := w.cognitoCalls.Load()
	for _, scope := range []string{"system/*.*", "system/*.rs patient/*.rs", "system%2F*.rs", "offline_access", "system/*.rs launch", "system/*.rs ", "openid"} {
		refused(t, w.post("/oauth2/token", credentials("scope", scope)), http.StatusBadRequest, "invalid_scope")
	}
	if w.cognitoCalls.Load() != before {
		t.Error("Cognito was asked, which ignores scopes that a client may not have")
	}
}

func TestARefreshSaysWhichScopesTheNewTokenHas(t *testing.T) {
	w := newWorld(t)
	got := members(t, w.post("/oauth2/token", refresh("scope", "openid offline_access")))
	if got["scope"] != "launch/patient openid patient/*.rs fhirUser offline_access" {
		t.Errorf("got %q", got["scope"])
	}
	if want := refresh(); !reflect.DeepEqual(w.asked.form, want) {
		t.Errorf("Cognito got %v, want %v", w.asked.form, want)
	}
	before := w.cognitoCalls.Load()
	for _, scope := range []string{"patient/*.cruds", "openid system/*.rs", "offline_access", "openid  patient/*.rs"} {
		refused(t, w.post("/oauth2/token", refresh("scope", scope)), http.StatusBadRequest, "invalid_scope")
	}
	if w.cognitoCalls.Load() != before {
		t.Error("Cognito was asked")
	}
}

// A refresh request of SMART App Launch 2.2 has no client_id.
func TestAPageRefreshesWithoutItsClientIDIfItsOriginIsOneClientsOwn(t *testing.T) {
	const viewer, itsOrigin = "https://viewer.example", "https://portal.example"
	second := func(c *frontdoor.Config) {
		c.Clients = append(c.Clients, frontdoor.Client{ID: "4second23456789", CallbackURLs: []string{itsOrigin + "/second"}, Scopes: []string{"openid"}})
	}
	for name, c := range map[string]struct {
		form    url.Values
		origins []string
		edit    func(*frontdoor.Config)
		refused bool
	}{
		"a page of the client":           {refresh("client_id", "-"), []string{itsOrigin}, nil, false},
		"another origin of the client":   {refresh("client_id", "-"), []string{"http://localhost:3000"}, nil, false},
		"no page":                        {refresh("client_id", "-"), nil, nil, true},
		"two origins":                    {refresh("client_id", "-"), []string{itsOrigin, itsOrigin}, nil, true},
		"an origin in another spelling":  {refresh("client_id", "-"), []string{"HTTPS://portal.example"}, nil, true},
		"the origin null":                {refresh("client_id", "-"), []string{"null"}, nil, true},
		"an origin of no client":         {refresh("client_id", "-"), []string{viewer}, nil, true},
		"an origin of two clients":       {refresh("client_id", "-"), []string{itsOrigin}, second, true},
		"a secret":                       {refresh("client_id", "-", "client_secret", "canary-secret"), []string{itsOrigin}, nil, true},
		"a code in the place of a token": {exchange("client_id", "-"), []string{itsOrigin}, nil, true},
		"a revocation, without a grant":  {url.Values{"token": {"canary-refresh-token"}}, []string{itsOrigin}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			edit := c.edit
			if edit == nil {
				edit = func(*frontdoor.Config) {}
			}
			w := newWorld(t, edit)
			var header []string
			for _, origin := range c.origins {
				header = append(header, "Origin", origin)
			}
			endpoint := "/oauth2/token"
			if c.form.Has("token") {
				endpoint = "/oauth2/revoke"
			}
			recorder := w.post(endpoint, c.form, header...)
			if c.refused {
				refused(t, recorder, http.StatusBadRequest, "invalid_request")
				w.untouched()
				return
			}
			if got := members(t, recorder); recorder.Code != http.StatusOK || got["patient"] != "p-1" || recorder.Header().Get("Access-Control-Allow-Origin") != c.origins[0] {
				t.Errorf("got %d %v %v", recorder.Code, recorder.Header(), got)
			}
			if want := (cognitoRequest{"/oauth2/token", nil, refresh()}); !reflect.DeepEqual(w.asked, want) {
				t.Errorf("Cognito got %v, want %v", w.asked, want)
			}
		})
	}
}

func TestAClientAuthenticatesInOneWay(t *testing.T) {
	w := newWorld(t)
	w.serviceToken()
	for name, c := range map[string]struct {
		form          url.Values
		header        string
		relayed       url.Values
		authorization []string
	}{
		"secret in the body":        {credentials(), "", credentials(), nil},
		"Basic":                     {credentials("client_id", "-", "client_secret", "-"), basic(service, "canary-secret"), credentials("client_id", "-", "client_secret", "-"), []string{basic(service, "canary-secret")}},
		"Basic and the same id":     {credentials("client_secret", "-"), basic(service, "canary-secret"), credentials("client_secret", "-"), []string{basic(service, "canary-secret")}},
		"basic in another spelling": {credentials("client_secret", "-"), strings.Replace(basic(service, "s"), "Basic", "basic", 1), credentials("client_secret", "-"), []string{strings.Replace(basic(service, "s"), "Basic", "basic", 1)}},
		"an id that is form-urlencoded": {credentials("client_id", "-", "client_secret", "-"), basic("%31service23456789", "s"),
			credentials("client_id", "-", "client_secret", "-"), []string{basic("%31service23456789", "s")}},
	} {
		t.Run(name, func(t *testing.T) {
			header := []string{}
			if c.header != "" {
				header = []string{"Authorization", c.header}
			}
			if recorder := w.post("/oauth2/token", c.form, header...); recorder.Code != http.StatusOK {
				t.Errorf("got %d %s", recorder.Code, recorder.Body)
			}
			if want := (cognitoRequest{"/oauth2/token", c.authorization, c.relayed}); !reflect.DeepEqual(w.asked, want) {
				t.Errorf("Cognito got %v, want %v", w.asked, want)
			}
		})
	}
}

func TestAClientThatAuthenticatesInNoGoodWayIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		form   url.Values
		header []string
		status int
		code   string
	}{
		"header and body":          {credentials(), []string{"Authorization", basic(service, "s")}, http.StatusBadRequest, "invalid_request"},
		"two clients":              {credentials("client_secret", "-", "client_id", portal), []string{"Authorization", basic(service, "s")}, http.StatusBadRequest, "invalid_request"},
		"two headers":              {credentials("client_secret", "-"), []string{"Authorization", basic(service, "s"), "Authorization", basic(clinic, "s")}, http.StatusUnauthorized, "invalid_client"},
		"two headers, joined":      {credentials("client_secret", "-"), []string{"Authorization", basic(service, "s") + ", " + basic(clinic, "s")}, http.StatusUnauthorized, "invalid_client"},
		"a bearer token":           {credentials("client_secret", "-"), []string{"Authorization", "Bearer canary-access"}, http.StatusUnauthorized, "invalid_client"},
		"no base64":                {credentials("client_secret", "-"), []string{"Authorization", "Basic !"}, http.StatusUnauthorized, "invalid_client"},
		"no colon":                 {credentials("client_secret", "-"), []string{"Authorization", "Basic YWJj"}, http.StatusUnauthorized, "invalid_client"},
		"no secret":                {credentials("client_secret", "-"), []string{"Authorization", basic(service, "")}, http.StatusUnauthorized, "invalid_client"},
		"a control character":      {credentials("client_secret", "-"), []string{"Authorization", basic(service, "a\nb")}, http.StatusUnauthorized, "invalid_client"},
		"SigV4":                    {credentials("client_secret", "-"), []string{"Authorization", "AWS4-HMAC-SHA256 Credential=x"}, http.StatusUnauthorized, "invalid_client"},
		"an unknown client, Basic": {credentials("client_id", "-", "client_secret", "-"), []string{"Authorization", basic("x", "s")}, http.StatusUnauthorized, "invalid_client"},
		"an unknown client":        {credentials("client_id", "x"), nil, http.StatusBadRequest, "invalid_client"},
		"no client":                {credentials("client_id", "-", "client_secret", "-"), nil, http.StatusBadRequest, "invalid_request"},
		"a signed assertion": {credentials("client_secret", "-", "client_assertion", "a.b.c",
			"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), nil, http.StatusBadRequest, "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, endpoint := range []string{"/oauth2/token", "/oauth2/revoke"} {
				recorder := w.post(endpoint, with(c.form, "token", "canary-refresh-token"), c.header...)
				refused(t, recorder, c.status, c.code)
				challenge := ""
				if c.status == http.StatusUnauthorized {
					challenge = `Basic realm="Smartlake"`
				}
				if got := recorder.Header().Get("WWW-Authenticate"); got != challenge {
					t.Errorf("WWW-Authenticate: got %q, want %q", got, challenge)
				}
			}
			w.untouched()
		})
	}
}

func TestATokenRequestThatIsWrongIsRefusedBeforeCognitoIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		form url.Values
		code string
	}{
		"no grant":                             {exchange("grant_type", "-"), "invalid_request"},
		"a grant that is not offered":          {exchange("grant_type", "password"), "unsupported_grant_type"},
		"a token exchange":                     {exchange("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), "unsupported_grant_type"},
		"an app as a service":                  {credentials("client_id", portal), "unauthorized_client"},
		"a service with a code":                {exchange("client_id", service), "unauthorized_client"},
		"a service with a refresh token":       {refresh("client_id", service), "unauthorized_client"},
		"no code":                              {exchange("code", "-"), "invalid_request"},
		"no address":                           {exchange("redirect_uri", "-"), "invalid_request"},
		"another app's address":                {exchange("redirect_uri", "https://clinic.example/back?tenant=7"), "invalid_grant"},
		"PKCE left out":                        {exchange("code_verifier", "-"), "invalid_request"},
		"PKCE of the empty string":             {exchange("code_verifier", ""), "invalid_request"},
		"a short verifier":                     {exchange("code_verifier", verifier[:42]), "invalid_grant"},
		"a long verifier":                      {exchange("code_verifier", strings.Repeat("v", 129)), "invalid_grant"},
		"a verifier of other characters":       {exchange("code_verifier", verifier+"+"), "invalid_grant"},
		"no refresh token":                     {refresh("refresh_token", "-"), "invalid_request"},
		"a foreign resource":                   {exchange("resource", "https://evil.example/r4"), "invalid_target"},
		"a foreign resource of a refresh":      {refresh("resource", "https://evil.example/r4"), "invalid_target"},
		"a foreign resource of a service":      {credentials("resource", "https://evil.example/r4"), "invalid_target"},
		"a foreign aud":                        {exchange("aud", "https://evil.example/r4"), "invalid_request"},
		"an upper-case grant is another grant": {exchange("grant_type", "AUTHORIZATION_CODE"), "unsupported_grant_type"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			refused(t, w.post("/oauth2/token", c.form), http.StatusBadRequest, c.code)
			w.untouched()
		})
	}
}

func TestABodyThatTwoReadersUnderstandDifferentlyIsRefused(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	good := exchange().Encode()
	for name, c := range map[string]struct {
		body, kind, target string
		status             int
	}{
		"a repeated parameter":            {good + "&code=other", form, "/oauth2/token", http.StatusBadRequest},
		"a repeated parameter, unknown":   {good + "&x=1&x=2", form, "/oauth2/token", http.StatusBadRequest},
		"parameters in the URL":           {good, form, "/oauth2/token?client_secret=canary-secret", http.StatusBadRequest},
		"a semicolon":                     {good + ";x=1", form, "/oauth2/token", http.StatusBadRequest},
		"broken encoding":                 {good + "&x=%", form, "/oauth2/token", http.StatusBadRequest},
		"no UTF-8":                        {good + "&x=%ff", form, "/oauth2/token", http.StatusBadRequest},
		"a NUL":                           {good + "&x=%00", form, "/oauth2/token", http.StatusBadRequest},
		"JSON":                            {`{"grant_type":"authorization_code"}`, "application/json", "/oauth2/token", http.StatusBadRequest},
		"no type":                         {good, "", "/oauth2/token", http.StatusBadRequest},
		"a body of 64 KiB and 1 byte":     {good + "&x=" + strings.Repeat("x", 64<<10-len(good)-2), form, "/oauth2/token", http.StatusRequestEntityTooLarge},
		"a repeated parameter, revoking":  {"client_id=" + portal + "&token=a&token=b", form, "/oauth2/revoke", http.StatusBadRequest},
		"parameters in the URL, revoking": {"client_id=" + portal, form, "/oauth2/revoke?token=a", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			recorder := w.do(request(http.MethodPost, c.target, c.body, "Content-Type", c.kind))
			refused(t, recorder, c.status, "invalid_request")
			w.untouched()
		})
	}
	w := newWorld(t)
	exact := good + "&x=" + strings.Repeat("x", 64<<10-len(good)-3)
	if recorder := w.do(request(http.MethodPost, "/oauth2/token", exact, "Content-Type", form+";charset=UTF-8")); recorder.Code != http.StatusOK || len(exact) != 64<<10 {
		t.Errorf("64 KiB: got %d %s", recorder.Code, recorder.Body)
	}
}

func TestAHalfSentBodyIsRefused(t *testing.T) {
	w := newWorld(t)
	r := request(http.MethodPost, "/oauth2/token", "", "Content-Type", "application/x-www-form-urlencoded")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(exchange().Encode()), failing{}))
	refused(t, w.do(r), http.StatusBadRequest, "invalid_request")
	w.untouched()
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestTheTokenEndpointTakesPOSTAlone(t *testing.T) {
	w := newWorld(t)
	for _, endpoint := range []string{"/oauth2/token", "/oauth2/revoke"} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodOptions} {
			recorder := w.do(request(method, endpoint+"?"+exchange().Encode(), ""))
			if recorder.Code != http.StatusMethodNotAllowed || recorder.Header().Get("Allow") != "POST, OPTIONS" {
				t.Errorf("%s %s: got %d %v", method, endpoint, recorder.Code, recorder.Header())
			}
		}
	}
	w.untouched()
}

func TestATokenOfAnotherClientReachesNobody(t *testing.T) {
	for name, edits := range map[string]map[string]any{
		"another client's":            {"client_id": clinic},
		"no client's":                 {"client_id": nil},
		"an ID token":                 {"token_use": "id"},
		"a token that says not which": {"token_use": nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.cognitoSays(status(http.StatusOK, w.tokens(edits, nil, nil)))
			recorder := w.post("/oauth2/token", exchange())
			refused(t, recorder, http.StatusBadGateway, "server_error")
		})
	}
}

func TestTheCodeOfAnotherClientGetsCognitosRefusal(t *testing.T) {
	w := newWorld(t)
	w.cognitoSays(status(http.StatusBadRequest, `{"error":"invalid_grant"}`))
	form := exchange("client_id", clinic, "redirect_uri", "https://clinic.example/back?tenant=7")
	refused(t, w.post("/oauth2/token", form), http.StatusBadRequest, "invalid_grant")
	if w.asked.form.Get("client_id") != clinic {
		t.Errorf("Cognito was asked for %q", w.asked.form.Get("client_id"))
	}
}

func TestCognitosErrorsPassInOurWords(t *testing.T) {
	for _, code := range []string{"invalid_request", "invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client", "unsupported_grant_type", "unsupported_token_type"} {
		w := newWorld(t)
		w.cognitoSays(status(http.StatusBadRequest, `{"error":"`+code+`","error_description":"canary of the trigger"}`))
		for _, recorder := range []*httptest.ResponseRecorder{
			w.post("/oauth2/token", exchange()),
			w.post("/oauth2/revoke", url.Values{"client_id": {portal}, "token": {"t"}}),
		} {
			refused(t, recorder, http.StatusBadRequest, code)
			if strings.Contains(recorder.Body.String(), "canary") {
				t.Errorf("got %s", recorder.Body)
			}
		}
	}
	w := newWorld(t)
	w.cognitoSays(status(http.StatusBadRequest, `{"error":"invalid_client"}`))
	recorder := w.post("/oauth2/token", credentials("client_secret", "-"), "Authorization", basic(service, "old"))
	refused(t, recorder, http.StatusUnauthorized, "invalid_client")
	if recorder.Header().Get("WWW-Authenticate") != `Basic realm="Smartlake"` {
		t.Errorf("got %v", recorder.Header())
	}
}

func TestWhatCognitoDoesNotDocumentIsAServerError(t *testing.T) {
	w := newWorld(t)
	good := w.tokens(nil, nil, nil)
	for name, answer := range map[string]http.HandlerFunc{
		"a page":                   status(http.StatusOK, "<!DOCTYPE html><p>canary</p>"),
		"a page as an error":       status(http.StatusBadRequest, "<!DOCTYPE html><p>canary</p>"),
		"nothing":                  status(http.StatusOK, ""),
		"no object":                status(http.StatusOK, `["canary"]`),
		"a token twice":            status(http.StatusOK, `{"access_token":"canary",`+good[1:]),
		"no token":                 status(http.StatusOK, w.tokens(nil, nil, map[string]any{"access_token": nil})),
		"an opaque token":          status(http.StatusOK, w.tokens(nil, nil, map[string]any{"access_token": "canary"})),
		"a token of two parts":     status(http.StatusOK, w.tokens(nil, nil, map[string]any{"access_token": "canary.canary"})),
		"claims that are none":     status(http.StatusOK, w.tokens(nil, nil, map[string]any{"access_token": "a.Y2FuYXJ5.c"})),
		"another type of token":    status(http.StatusOK, w.tokens(nil, nil, map[string]any{"token_type": "DPoP"})),
		"created":                  status(http.StatusCreated, good),
		"an error without a code":  status(http.StatusBadRequest, `{"message":"canary"}`),
		"an unknown error":         status(http.StatusBadRequest, `{"error":"canary"}`),
		"an error and its double":  status(http.StatusBadRequest, `{"error":"invalid_grant","error":"canary"}`),
		"its own fault":            status(http.StatusInternalServerError, `{"error":"invalid_grant"}`),
		"a body over 256 KiB":      status(http.StatusOK, w.tokens(nil, nil, map[string]any{"x": strings.Repeat("x", 256<<10)})),
		"spaces up to 256 KiB":     status(http.StatusOK, good+strings.Repeat(" ", 256<<10)),
		"a redirect with an error": status(http.StatusFound, `{"error":"invalid_grant"}`),
		"a connection that breaks": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"half an answer": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(rw, good)
		},
		"a redirect": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "https://evil.example/canary", http.StatusTemporaryRedirect)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.cognitoSays(answer)
			recorder := w.post("/oauth2/token", exchange())
			refused(t, recorder, http.StatusBadGateway, "server_error")
			if strings.Contains(recorder.Body.String(), "canary") || recorder.Header().Get("Location") != "" {
				t.Errorf("got %s, %v", recorder.Body, recorder.Header())
			}
			if calls := w.cognitoCalls.Load(); calls > 2 { // the transport may try again where a connection broke
				t.Errorf("Cognito was asked %d times", calls)
			}
			w.cognitoSays(status(http.StatusOK, good))
			if recorder := w.post("/oauth2/token", exchange()); recorder.Code != http.StatusOK {
				t.Errorf("the next request: got %d %s", recorder.Code, recorder.Body)
			}
		})
	}
}

func TestWhenCognitoHasTooManyRequestsTheAppIsToldToWait(t *testing.T) {
	for given, want := range map[string]string{"7": "7", "": "", "canary": "", "123456": ""} {
		w := newWorld(t)
		w.cognitoSays(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", given)
			rw.WriteHeader(http.StatusTooManyRequests)
		})
		recorder := w.post("/oauth2/token", exchange())
		refused(t, recorder, http.StatusServiceUnavailable, "server_error")
		if got := recorder.Header().Get("Retry-After"); got != want {
			t.Errorf("Retry-After %q: got %q, want %q", given, got, want)
		}
	}
}

func TestCognitoThatIsDownOrTooSlowIsAServerError(t *testing.T) {
	w := newWorld(t)
	w.cognito.Close()
	refused(t, w.post("/oauth2/token", exchange()), http.StatusBadGateway, "server_error")
	refused(t, w.post("/oauth2/revoke", url.Values{"client_id": {portal}, "token": {"t"}}), http.StatusBadGateway, "server_error")

	late := false
	w = newWorld(t, func(c *frontdoor.Config) {
		c.Transport = transport(func(r *http.Request) (*http.Response, error) {
			end, bounded := r.Context().Deadline()
			late = bounded && time.Until(end) <= 10*time.Second
			return nil, context.DeadlineExceeded
		})
	})
	refused(t, w.post("/oauth2/token", exchange()), http.StatusGatewayTimeout, "server_error")
	if !late {
		t.Error("the call has no deadline of 10 seconds")
	}
}

// What came before the end of the time may look whole, and end because it was given up.
func TestAnAnswerThatEndsAfterItWasGivenUpIsNone(t *testing.T) {
	w := newWorld(t, func(c *frontdoor.Config) {
		c.Transport = transport(func(r *http.Request) (*http.Response, error) {
			body := until{r.Context().Done(), strings.NewReader(`{"half":`)}
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body)}, nil
		})
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	r := request(http.MethodPost, "/oauth2/token", exchange().Encode(), "Content-Type", "application/x-www-form-urlencoded")
	refused(t, w.do(r.WithContext(ctx)), http.StatusGatewayTimeout, "server_error")
}

// until is a body that ends when something is done.
type until struct {
	done <-chan struct{}
	io.Reader
}

func (u until) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != nil {
		<-u.done
	}
	return n, err
}

func TestAPageInThePlaceOfARevocationIsNoSuccess(t *testing.T) {
	w := newWorld(t)
	w.cognitoSays(status(http.StatusOK, "<p>canary"))
	recorder := w.post("/oauth2/revoke", url.Values{"client_id": {portal}, "token": {"t"}})
	refused(t, recorder, http.StatusBadGateway, "server_error")
	if strings.Contains(recorder.Body.String(), "canary") {
		t.Errorf("got %s", recorder.Body)
	}
}

// transport is a function in the place of the network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestARefreshTokenIsRevokedByCognito(t *testing.T) {
	w := newWorld(t)
	w.cognitoSays(status(http.StatusOK, ""))
	for name, c := range map[string]struct {
		form   url.Values
		header []string
		want   cognitoRequest
	}{
		"a public client": {url.Values{"client_id": {portal}, "token": {"t"}, "token_type_hint": {"refresh_token"}}, nil,
			cognitoRequest{"/oauth2/revoke", nil, url.Values{"client_id": {portal}, "token": {"t"}}}},
		"Basic": {url.Values{"token": {"t"}}, []string{"Authorization", basic(clinic, "s")},
			cognitoRequest{"/oauth2/revoke", []string{basic(clinic, "s")}, url.Values{"token": {"t"}}}},
		"a secret in the body, for which Cognito wants Basic": {url.Values{"client_id": {clinic}, "client_secret": {"s"}, "token": {"t"}}, nil,
			cognitoRequest{"/oauth2/revoke", []string{basic(clinic, "s")}, url.Values{"client_id": {clinic}, "token": {"t"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := w.post("/oauth2/revoke", c.form, c.header...)
			if recorder.Code != http.StatusOK || recorder.Body.Len() != 0 || recorder.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("got %d %s %v", recorder.Code, recorder.Body, recorder.Header())
			}
			if !reflect.DeepEqual(w.asked, c.want) {
				t.Errorf("Cognito got %v, want %v", w.asked, c.want)
			}
		})
	}
	refused(t, w.post("/oauth2/revoke", url.Values{"client_id": {portal}}), http.StatusBadRequest, "invalid_request")
}

func TestAnAppThatGoesAwayEndsTheCallOfCognito(t *testing.T) {
	arrived := make(chan struct{})
	w := newWorld(t, func(c *frontdoor.Config) {
		c.Transport = transport(func(r *http.Request) (*http.Response, error) {
			close(arrived)
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-arrived
		cancel(errors.New("the app went away"))
	}()
	r := request(http.MethodPost, "/oauth2/token", exchange().Encode(), "Content-Type", "application/x-www-form-urlencoded")
	refused(t, w.do(r.WithContext(ctx)), http.StatusBadGateway, "server_error")
}

func bodyOf(text string) *bytes.Buffer { return bytes.NewBufferString(text) }
