package validator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// FuzzInvoke looks for an event that breaks the handler, and for a token that
// passes without being one of those that the issuer signed here: RSA signatures
// are deterministic and the spelling is strict, so no other text may pass.
func FuzzInvoke(f *testing.F) {
	signed := map[string]bool{}
	for _, d := range []draft{serviceToken(), userToken(), serviceToken().claim("scope", `"system/*.*"`), userToken().header("typ", `"JWT"`)} {
		signed[d.token()] = true
		f.Add([]byte(captured(d.token())))
		f.Add([]byte(captured("Bearer " + d.token())))
	}
	for _, a := range catalogue() {
		if token := a.token(); len(token) < 1500 {
			f.Add([]byte(captured(token)))
		}
	}
	for _, payload := range []string{"", "{}", "null", "[]", `{"datastoreEndpoint":"x","operationName":"x","bearerToken":"a.b.c"}`} {
		f.Add([]byte(payload))
	}
	fixture := newFixture(f)
	fixture.UseTransport(roundTrip(func(*http.Request) (*http.Response, error) {
		return response(keySetJSON(currentKey().jwk(), nextKey().jwk())), nil
	}))
	f.Fuzz(func(t *testing.T, payload []byte) {
		text, err := fixture.Invoke(t.Context(), payload)
		if err != nil {
			t.Fatal(err)
		}
		var answer validator.Answer
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !answer.Authorized() {
			assertPlainDenial(t, string(text), answer)
			return
		}
		var event validator.Event
		if err := json.Unmarshal(payload, &event); err != nil || !signed[strings.TrimPrefix(event.BearerToken, "Bearer ")] {
			t.Errorf("a token that nobody signed passes: %q", event.BearerToken)
		}
	})
}

func assertPlainDenial(t *testing.T, text string, answer validator.Answer) {
	t.Helper()
	reason := answer.AuthPayload.Error
	if text != `{"authPayload":{"isAuthorized":"false","error":"`+string(reason)+`"}}` || reason == "" {
		t.Errorf("not a denial as it must be: %s", text)
	}
	if reason == validator.InternalError || reason == validator.DeadlineExceeded || reason == validator.KeysUnavailable {
		t.Errorf("the input alone causes %s", reason)
	}
}
