package cognito_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
)

func TestAnAppLaunchesWithAnOrdinaryOAuthLibrary(t *testing.T) {
	for _, c := range []struct {
		client, secret, callback string
		style                    oauth2.AuthStyle
		scopes                   []string
	}{
		{"spa", "", callback, oauth2.AuthStyleInParams, []string{"openid", "launch/patient", "patient/*.rs"}},
		{"web", "web-secret", "https://web.example/callback", oauth2.AuthStyleInHeader, []string{"openid", "user/*.rs"}},
		{"web", "web-secret", "https://web.example/callback", oauth2.AuthStyleInParams, []string{"user/*.rs"}},
	} {
		w := newWorld(t, func(c *cognito.Config) { c.Now = nil }) // the library looks at the machine's clock
		config := oauth2.Config{
			ClientID: c.client, ClientSecret: c.secret, RedirectURL: c.callback, Scopes: c.scopes,
			Endpoint: oauth2.Endpoint{AuthURL: w.domain + "/oauth2/authorize", TokenURL: w.domain + "/oauth2/token", AuthStyle: c.style},
		}
		ctx := context.WithValue(t.Context(), oauth2.HTTPClient, w.http)
		verifier := oauth2.GenerateVerifier()
		entry, err := url.Parse(config.AuthCodeURL("a-state", oauth2.S256ChallengeOption(verifier)))
		if err != nil {
			t.Fatal(err)
		}
		back := w.signIn(entry.Query(), "ann", password).location(t)
		if back.Query().Get("state") != "a-state" || !strings.HasPrefix(back.String(), c.callback+"?") {
			t.Fatalf("%s: sent back to %s", c.client, back)
		}
		token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatalf("%s: %v", c.client, err)
		}
		if got := claims(t, token.AccessToken)["scope"]; got != strings.Join(c.scopes, " ") {
			t.Errorf("%s: scope %v, want %v", c.client, got, c.scopes)
		}
		if _, ok := token.Extra("id_token").(string); ok != (c.scopes[0] == "openid") {
			t.Errorf("%s: an ID token: %t", c.client, ok)
		}
		token.Expiry = time.Now().Add(-time.Minute)
		again, err := config.TokenSource(ctx, token).Token()
		if err != nil || again.AccessToken == token.AccessToken || again.RefreshToken != token.RefreshToken {
			t.Errorf("%s: no refresh: %v, %v", c.client, again, err)
		}
	}
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// withoutIDs removes the ids that are new in every token, after a look at them.
func withoutIDs(t *testing.T, claims map[string]any) map[string]any {
	t.Helper()
	for _, name := range []string{"jti", "origin_jti", "event_id"} {
		if id, _ := claims[name].(string); !uuidPattern.MatchString(id) {
			t.Errorf("%s is %q, want a UUID", name, id)
		}
		delete(claims, name)
	}
	return claims
}

func TestAUsersTokensHaveCognitosClaimsAndNoOthers(t *testing.T) {
	w := newWorld(t, nil)
	query := asked()
	code := w.code(query)
	w.wait(time.Minute)
	a := w.post("/oauth2/token", exchange(code))
	got := a.object(t)
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", a.header)
	}
	access, id := claims(t, got["access_token"]), claims(t, got["id_token"])
	if access["origin_jti"] != id["origin_jti"] || access["event_id"] != id["event_id"] || access["jti"] == id["jti"] {
		t.Error("the tokens do not belong together")
	}
	issued := float64(start.Add(time.Minute).Unix())
	if want := map[string]any{
		"sub": annSub, "iss": w.issuer, "version": 2.0, "client_id": "spa", "token_use": "access",
		"scope": "openid email patient/*.rs", "auth_time": float64(start.Unix()), "exp": issued + 3600, "iat": issued, "username": "ann",
	}; !reflect.DeepEqual(withoutIDs(t, access), want) {
		t.Errorf("access token\ngot  %v\nwant %v", access, want)
	}
	hash := sha256.Sum256([]byte(got["access_token"].(string)))
	if want := map[string]any{
		"at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]), "sub": annSub, "iss": w.issuer, "aud": "spa", "token_use": "id",
		"cognito:username": "ann", "email": "ann@example.org", "email_verified": true, "nonce": "n-1",
		"auth_time": float64(start.Unix()), "exp": issued + 1800, "iat": issued,
	}; !reflect.DeepEqual(withoutIDs(t, id), want) {
		t.Errorf("ID token\ngot  %v\nwant %v", id, want)
	}
	refresh, _ := got["refresh_token"].(string)
	if len(refresh) < 40 || strings.Contains(refresh, ".") {
		t.Errorf("refresh token %q, want an opaque one", refresh)
	}
	delete(got, "access_token")
	delete(got, "id_token")
	delete(got, "refresh_token")
	if want := map[string]any{"expires_in": 3600.0, "token_type": "Bearer"}; !reflect.DeepEqual(got, want) {
		t.Errorf("answer %v, want %v besides the tokens", got, want)
	}
}

func TestAnIDTokenTellsWhatTheScopesOpenAndTheClientMayRead(t *testing.T) {
	for _, c := range []struct {
		scope    string
		readable []string
		want     []string
	}{
		{"openid", nil, []string{"custom:patient", "email", "email_verified", "given_name"}},
		{"openid email", nil, []string{"email", "email_verified"}},
		{"openid email profile", nil, []string{"custom:patient", "email", "email_verified", "given_name"}},
		{"openid", []string{"given_name"}, []string{"given_name"}},
		{"openid email", []string{"given_name", "email"}, []string{"email"}},
	} {
		w := newWorld(t, func(config *cognito.Config) { config.Clients[0].ReadAttributes = c.readable })
		id := claims(t, w.launched("scope", c.scope)["id_token"])
		for _, name := range []string{"custom:patient", "email", "email_verified", "given_name"} {
			_, told := id[name]
			wanted := strings.Contains(" "+strings.Join(c.want, " ")+" ", " "+name+" ")
			if told != wanted {
				t.Errorf("%s, readable %v: %s is told: %t", c.scope, c.readable, name, told)
			}
		}
	}
}

func TestAClientsTokenHasCognitosClaimsAndNoOthers(t *testing.T) {
	w := newWorld(t, nil)
	got := w.tokens(url.Values{"grant_type": {"client_credentials"}, "client_id": {"etl"}, "client_secret": {"etl-secret"}})
	token := claims(t, got["access_token"])
	delete(token, "jti")
	issued := float64(start.Unix())
	if want := map[string]any{
		"sub": "etl", "client_id": "etl", "token_use": "access", "scope": "system/*.rs system/Patient.r", "auth_time": issued,
		"iss": w.issuer, "exp": issued + 300, "iat": issued, "version": 2.0,
	}; !reflect.DeepEqual(token, want) {
		t.Errorf("got  %v\nwant %v", token, want)
	}
	delete(got, "access_token")
	if want := map[string]any{"expires_in": 300.0, "token_type": "Bearer"}; !reflect.DeepEqual(got, want) {
		t.Errorf("answer %v, want %v besides the token", got, want)
	}
}

func TestARefreshGivesNewTokensOfTheSameSignIn(t *testing.T) {
	w := newWorld(t, nil)
	first := w.launched()
	w.wait(time.Hour)
	second := w.tokens(refreshOf(first["refresh_token"].(string), "scope", "openid profile launch/patient"))
	if second["refresh_token"] != nil || second["access_token"] == first["access_token"] {
		t.Errorf("got %v", second)
	}
	before, after := claims(t, first["access_token"]), claims(t, second["access_token"])
	for _, same := range []string{"sub", "username", "scope", "auth_time", "origin_jti", "event_id", "client_id"} {
		if before[same] != after[same] {
			t.Errorf("%s was %v and is %v", same, before[same], after[same])
		}
	}
	if after["jti"] == before["jti"] || after["iat"] != before["iat"].(float64)+3600 {
		t.Error("the access token is not a new one")
	}
	if id := claims(t, second["id_token"]); id["nonce"] != nil || id["sub"] != annSub {
		t.Errorf("ID token %v, want one of ann without a nonce", id)
	}
}

func TestUserInfoTellsWhatTheTokenOpens(t *testing.T) {
	w := newWorld(t, nil)
	ask := func(authorization string) answer {
		return w.do(w.request(http.MethodGet, "/oauth2/userInfo", "", "Authorization", authorization))
	}
	got := w.launched()
	want := map[string]any{"sub": annSub, "username": "ann", "email": "ann@example.org", "email_verified": "true"}
	if a := ask("Bearer " + got["access_token"].(string)); a.status != http.StatusOK || !reflect.DeepEqual(a.object(t), want) {
		t.Errorf("got %d %s, want %v", a.status, a.body, want)
	}
	w.http = w.newBrowser()
	noOpenID := w.launched("scope", "patient/*.rs")["access_token"].(string)
	service := w.tokens(url.Values{"grant_type": {"client_credentials"}, "client_id": {"etl"}, "client_secret": {"etl-secret"}})["access_token"].(string)
	access := got["access_token"].(string)
	for _, c := range []struct {
		name, authorization, code, description string
		status                                 int
	}{
		{"nothing", "", "invalid_request", "Bad OAuth2 request at UserInfo Endpoint", 400},
		{"another scheme", "Basic " + access, "invalid_request", "Bad OAuth2 request at UserInfo Endpoint", 400},
		{"an ID token", "Bearer " + got["id_token"].(string), "invalid_token", dead, 401},
		{"a client's token", "Bearer " + service, "invalid_token", dead, 401},
		{"a token without openid", "Bearer " + noOpenID, "invalid_token", "Access token does not contain openid scope", 401},
		{"a tampered token", "Bearer " + access[:len(access)-40] + "AAAA" + access[len(access)-36:], "invalid_token", dead, 401},
		{"an unsigned token", "Bearer " + unsigned(access), "invalid_token", dead, 401},
	} {
		a := ask(c.authorization)
		wantHeader := `Bearer error="` + c.code + `", error_description="` + c.description + `"`
		want := map[string]any{"error": c.code, "error_description": c.description}
		if a.status != c.status || a.header.Get("WWW-Authenticate") != wantHeader || !reflect.DeepEqual(a.object(t), want) {
			t.Errorf("%s: got %d %v %s", c.name, a.status, a.header, a.body)
		}
	}
	w.wait(time.Hour)
	if a := ask("Bearer " + access); a.status != http.StatusUnauthorized {
		t.Errorf("an expired token: got %d %s", a.status, a.body)
	}
}

const dead = "Access token is expired, disabled, or deleted, or the user has globally signed out."

// unsigned is a token with the algorithm none.
func unsigned(token string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + strings.Split(token, ".")[1] + "."
}
