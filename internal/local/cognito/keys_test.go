package cognito_test

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
)

const keySetPath = "/" + poolID + "/.well-known/jwks.json"

// keySet reads the key set as a verifier does: keys by id.
func (w *world) keySet() (ids []string, keys map[string]*rsa.PublicKey) {
	w.t.Helper()
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	a := w.get(keySetPath)
	if err := json.Unmarshal([]byte(a.body), &set); err != nil {
		w.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	keys = map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		n, err := base64.RawURLEncoding.DecodeString(key["n"])
		if err != nil || len(n) != 256 || key["alg"] != "RS256" || key["e"] != "AQAB" || key["kty"] != "RSA" || key["use"] != "sig" || len(key) != 6 {
			w.t.Fatalf("no key of Cognito's: %v", key)
		}
		ids = append(ids, key["kid"])
		keys[key["kid"]] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
	}
	return ids, keys
}

// verifies reports whether a token holds against the key set as it is now.
func (w *world) verifies(token any) bool {
	w.t.Helper()
	_, keys := w.keySet()
	_, err := jwt.Parse(token.(string), func(parsed *jwt.Token) (any, error) {
		key, ok := keys[parsed.Header["kid"].(string)]
		if !ok {
			return nil, jwt.ErrTokenUnverifiable
		}
		return key, nil
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(w.now))
	return err == nil
}

func TestTokensVerifyAgainstTheTwoKeysOfTheSet(t *testing.T) {
	w := newWorld(t, nil)
	var told []cognito.KeySetRequest
	w.pool.OnKeySet = func(r cognito.KeySetRequest) { told = append(told, r) }
	got := w.launched()
	if !w.verifies(got["access_token"]) || !w.verifies(got["id_token"]) {
		t.Error("a token does not verify")
	}
	ids, _ := w.keySet()
	if want := []string{keyIDOf(t, got["access_token"]), keyIDOf(t, got["id_token"])}; !slices.Equal(ids, want) || ids[0] == ids[1] {
		t.Errorf("keys %v, want those of the two tokens %v", ids, want)
	}
	if len(told) != 3 || !slices.Equal(told[2].KeyIDs, ids) || time.Since(told[2].Time) > time.Minute {
		t.Errorf("told %v", told)
	}
}

func TestARotationKeepsFormerTokensGoodForADay(t *testing.T) {
	w := newWorld(t, func(c *cognito.Config) { c.Clients[0].AccessToken = 48 * time.Hour })
	before := w.launched()
	former, _ := w.keySet()
	if err := w.pool.Rotate(); err != nil {
		t.Fatal(err)
	}
	after := w.launchedAgain()
	ids, _ := w.keySet()
	if len(ids) != 4 || ids[0] != keyIDOf(t, after["access_token"]) || slices.Contains(former, ids[0]) || slices.Contains(former, ids[1]) ||
		!slices.Contains(ids[2:], former[0]) || !slices.Contains(ids[2:], former[1]) {
		t.Errorf("keys %v after %v", ids, former)
	}
	w.wait(24*time.Hour - time.Second)
	if !w.verifies(before["access_token"]) || !w.verifies(after["access_token"]) {
		t.Error("a token does not verify within the day")
	}
	w.wait(time.Second)
	if w.verifies(before["access_token"]) || !w.verifies(after["access_token"]) {
		t.Error("after a day the former keys are to be gone, and the new ones not")
	}
	for range 5 {
		if err := w.pool.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	if ids, _ := w.keySet(); len(ids) != 8 {
		t.Errorf("%d keys after many rotations, want 8", len(ids))
	}
}

// launchedAgain is a second sign-in in a fresh browser.
func (w *world) launchedAgain(edits ...string) map[string]any {
	w.http = w.newBrowser()
	return w.launched(edits...)
}

func TestTheKeySetFailsAsItIsTold(t *testing.T) {
	w := newWorld(t, nil)
	w.pool.SetKeySetFault(cognito.KeySetFault{Broken: true})
	if a := w.get(keySetPath); a.status != http.StatusInternalServerError {
		t.Errorf("broken: got %d %s", a.status, a.body)
	}
	w.pool.SetKeySetFault(cognito.KeySetFault{Garbage: true})
	if a := w.get(keySetPath); a.status != http.StatusOK || json.Valid([]byte(a.body)) {
		t.Errorf("garbage: got %d %s", a.status, a.body)
	}
	w.pool.SetKeySetFault(cognito.KeySetFault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if response, err := w.http.Do(w.request(http.MethodGet, keySetPath, "").WithContext(ctx)); err == nil {
		// The end of the request may reach the server first, which then answers nothing.
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if len(body) > 0 {
			t.Errorf("slow: there was an answer: %s", body)
		}
	}
	w.pool.SetKeySetFault(cognito.KeySetFault{Delay: 10 * time.Millisecond})
	if ids, _ := w.keySet(); len(ids) != 2 {
		t.Errorf("a little slow: got %v", ids)
	}
	w.pool.SetKeySetFault(cognito.KeySetFault{})
	if got := w.launched(); !w.verifies(got["access_token"]) {
		t.Error("after the fault: a token does not verify")
	}
}

func TestTheIssuerDescribesItself(t *testing.T) {
	w := newWorld(t, nil)
	want := map[string]any{
		"authorization_endpoint":                w.domain + "/oauth2/authorize",
		"end_session_endpoint":                  w.domain + "/logout",
		"id_token_signing_alg_values_supported": []any{"RS256"},
		"issuer":                                w.issuer,
		"jwks_uri":                              w.issuer + "/.well-known/jwks.json",
		"response_types_supported":              []any{"code", "token"},
		"revocation_endpoint":                   w.domain + "/oauth2/revoke",
		"scopes_supported":                      []any{"openid", "email", "phone", "profile"},
		"subject_types_supported":               []any{"public"},
		"token_endpoint":                        w.domain + "/oauth2/token",
		"token_endpoint_auth_methods_supported": []any{"client_secret_basic", "client_secret_post"},
		"userinfo_endpoint":                     w.domain + "/oauth2/userInfo",
	}
	if got := w.get("/" + poolID + "/.well-known/openid-configuration").object(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/jwks.json", "/healthz", "/oauth2/introspect", "/register"} {
		if a := w.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s: got %d, and Cognito has no such thing", path, a.status)
		}
	}
}
