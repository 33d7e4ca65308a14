package app_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// against is an app whose datastore and token endpoint are a server's.
func against(t *testing.T, serve http.HandlerFunc) (a *app.App, address string) {
	t.Helper()
	server := httptest.NewTLSServer(serve)
	t.Cleanup(server.Close)
	a, err := app.New(server.URL+"/r4/", server.Client(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a, server.URL
}

func TestAnAppSendsAFHIRRequestWithItsTokenAndResource(t *testing.T) {
	a, _ := against(t, func(w http.ResponseWriter, r *http.Request) {
		resource := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(resource)
		got := []string{r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(resource)}
		if strings.Join(got, "|") != `PUT|/r4/Basic/1|Bearer t|application/fhir+json|{"id":"1"}` {
			t.Errorf("got %q", got)
		}
		w.WriteHeader(http.StatusCreated)
	})
	answer, err := a.FHIR(t.Context(), app.Request{Method: http.MethodPut, Path: "Basic/1", Token: "t", Resource: `{"id":"1"}`})
	if err != nil || answer.Want(http.StatusCreated) != nil || a.Requests() != 1 {
		t.Errorf("got %+v, %v after %d requests", answer, err, a.Requests())
	}
}

func TestAClientAuthenticatesWithItsEncodedCredentials(t *testing.T) {
	a, address := against(t, func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if err := r.ParseForm(); err != nil || id != "a%3Ab" || secret != "s%2B" || r.PostForm.Encode() != "grant_type=client_credentials&scope=system%2F%2A.rs" {
			t.Errorf("got %q, %q, %v, %v", id, secret, r.PostForm, err)
		}
		_, _ = w.Write([]byte(`{"access_token":"t","token_type":"bearer","expires_in":60}`))
	})
	answer, err := a.RequestToken(t.Context(), address+"/token", outputs.App{ID: "a:b", Secret: "s+"}, "system/*.rs")
	if err != nil {
		t.Fatal(err)
	}
	if token, err := answer.Token(); err != nil || token.AccessToken != "t" || token.ExpiresIn != 60 {
		t.Errorf("got %+v, %v", token, err)
	}
}

func TestATokenIsReturnedWithAnErrorAboutTheRestOfItsAnswer(t *testing.T) {
	answer := app.Answer{Status: http.StatusOK, Body: []byte(`{"access_token":"t","token_type":"mac","expires_in":60}`)}
	token, err := answer.Token()
	if err == nil || token.AccessToken != "t" {
		t.Errorf("got %+v, %v", token, err)
	}
}

func TestNothingIsSentOverPlainHTTP(t *testing.T) {
	if _, err := app.New("http://127.0.0.1/r4/", http.DefaultClient, time.Second); err == nil {
		t.Error("a datastore without TLS was accepted")
	}
	a, _ := against(t, func(http.ResponseWriter, *http.Request) {})
	_, err := a.RequestToken(t.Context(), "http://127.0.0.1/token", outputs.App{ID: "i", Secret: "s"}, "")
	if err == nil || !strings.Contains(err.Error(), "https") || a.Requests() != 0 {
		t.Errorf("got %v after %d requests", err, a.Requests())
	}
}

func TestWhatIsSaidOfAnAnswerHoldsNoneOfItsData(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":"invalid_scope","error_description":"Ada Lovelace"}`: "400 invalid_scope",
		`{"resourceType":"OperationOutcome","text":"Ada Lovelace","issue":[{"code":"login","diagnostics":"no bearer token"},{"severity":"information","diagnostics":"Ada"}]}`: "400, login no bearer token",
		`{"resourceType":"Patient","id":"Ada Lovelace"}`: "400",
		`Ada Lovelace`: "400",
	} {
		if got := (app.Answer{Status: http.StatusBadRequest, Body: []byte(body)}).Said(); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestARefusalThatHoldsAResourceIsNoRefusal(t *testing.T) {
	for body, want := range map[string]string{
		``: "",
		`{"resourceType":"OperationOutcome","issue":[{"code":"login"}]}`:                              "",
		`{"resourceType":"Patient"}`:                                                                  "refused with 401, but the answer holds a Patient all the same",
		`{"resourceType":"Patient","issue":"malformed"}`:                                              "refused with 401, but the answer holds a Patient all the same",
		`{"resourceType":"OperationOutcome","issue":[{"code":"exception","diagnostics":"it broke"}]}`: "refused because the validator failed, not because of the token: 401, exception it broke",
	} {
		got := ""
		if err := (app.Answer{Status: http.StatusUnauthorized, Body: []byte(body)}).Refused(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestEveryForgeryIsAnotherTokenThanTheValidOne(t *testing.T) {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	signature := strings.Repeat("A", 342)
	valid := part(`{"alg":"RS256","kid":"k"}`) + "." + part(`{"iss":"https://i.example/pool","scope":"system/*.rs"}`) + "." + signature
	seen := map[string]string{valid: "the valid token"}
	needKeys := 0
	for _, forgery := range app.Forgeries() {
		token, err := forgery.From(valid, nil)
		if errors.Is(err, app.ErrNoKeySet) {
			needKeys++
			continue
		}
		if other, same := seen[token]; err != nil || same {
			t.Errorf("%s: the same as %s, or %v", forgery.Name, other, err)
		}
		seen[token] = forgery.Name
	}
	if needKeys != 1 {
		t.Errorf("%d forgeries need the key set, want 1", needKeys)
	}
	changed, err := app.ChangedSignature(valid)
	if err != nil || len(changed) != len(valid) || !strings.HasPrefix(changed, strings.TrimSuffix(valid, signature)) || changed == valid {
		t.Errorf("got %s, %v", changed, err)
	}
	if _, err := app.ChangedSignature("a.b.short"); err == nil {
		t.Error("a signature too short to be changed was changed")
	}
}
