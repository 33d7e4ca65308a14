package validator_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// FuzzToken lets the fuzzer write the bytes of a header and of claims, and signs them
// with the issuer's own key, so that it reaches what lies behind the spelling of a
// token and behind its signature. What is granted is held against a second reading of
// the same bytes, with encoding/json.
func FuzzToken(f *testing.F) {
	for _, d := range []draft{
		serviceToken(), userToken(), userToken().noClaim("patient"), serviceToken().header2("alg", `"none"`),
		serviceToken().header("kid", `"current\u`), serviceToken().header("crit", `["exp"]`), serviceToken().claim2("scope", `"system/*.*"`),
		serviceToken().claim("exp", `1e400`), serviceToken().claim("iss", `["`+issuer+`"]`), serviceToken().claim("nbf", `0`), serviceToken().claim("aud", `["x"]`), serviceToken().claim("cnf", `{}`), userToken().claim("token_use", `"id"`),
	} {
		f.Add(d.head.json(), d.body.json())
	}
	fixture := newFixture(f)
	fixture.UseTransport(roundTrip(func(*http.Request) (*http.Response, error) {
		return response(keySetJSON(currentKey().jwk(), nextKey().jwk())), nil
	}))
	f.Fuzz(func(t *testing.T, header, claims string) {
		token := compact(header, claims, currentKey().sign)
		text, err := fixture.Invoke(t.Context(), []byte(captured(token)))
		if err != nil {
			t.Fatal(err)
		}
		var answer validator.Answer
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		fixture.tb = t
		fixture.assertExplained(event(token), answer)
		if !answer.Authorized() {
			assertPlainDenial(t, string(text), answer)
			return
		}
		assertComplete(t, text)
		assertDeserved(t, header, claims, answer)
	})
}

// named reports whether an aud, if there is one, names the datastore.
func named(aud any) bool {
	isEndpoint := func(name any) bool { return name == endpoint || name == strings.TrimSuffix(endpoint, "/") }
	several, isList := aud.([]any)
	return aud == nil || isEndpoint(aud) || isList && slices.ContainsFunc(several, isEndpoint)
}

// assertDeserved reads a granted token a second time.
func assertDeserved(t *testing.T, header, claims string, answer validator.Answer) {
	t.Helper()
	var head map[string]any
	var body struct {
		Audience     any     `json:"aud"`
		Confirmation any     `json:"cnf"`
		Issuer       string  `json:"iss"`
		ClientID     string  `json:"client_id"`
		Subject      string  `json:"sub"`
		TokenUse     string  `json:"token_use"`
		Scope        string  `json:"scope"`
		Expires      float64 `json:"exp"`
		Username     string  `json:"username"`
		Patient      string  `json:"patient"`
		FHIRUser     string  `json:"fhirUser"`
		LaunchFor    string  `json:"launch_response_patient"`
	}
	if err := json.Unmarshal([]byte(header), &head); err != nil {
		t.Fatalf("granted with a header that is no JSON object: %q: %v", header, err)
	}
	if err := json.Unmarshal([]byte(claims), &body); err != nil {
		t.Fatalf("granted with claims that are no JSON object, or of other types: %q: %v", claims, err)
	}
	config := configuration("")
	deserved := head["alg"] == "RS256" && head["kid"] == currentKey().id && head["crit"] == nil &&
		slices.Contains(config.Issuers, body.Issuer) && slices.ContainsFunc(config.Clients, func(c validator.Client) bool { return c.ID == body.ClientID }) &&
		body.TokenUse == "access" && body.Expires > now && body.Confirmation == nil && named(body.Audience)
	if !deserved {
		t.Errorf("granted: header %s, claims %s", header, claims)
	}
	asked := strings.Split(body.Scope, " ")
	for _, text := range strings.Split(answer.AuthPayload.Scope, " ") {
		scope, err := smart.ParseScope(text)
		if err != nil || !slices.Contains(asked, text) {
			t.Fatalf("granted the scope %q of %q: %v", text, body.Scope, err)
		}
		switch scope.Context() {
		case smart.System:
			deserved = body.Username == "" && body.Subject == body.ClientID
		case smart.Patient:
			deserved = body.Username != "" && (body.Patient != "" || body.LaunchFor != "")
		case smart.User:
			deserved = body.Username != "" && body.FHIRUser != ""
		}
		if !deserved {
			t.Errorf("granted %q to the claims %s", text, claims)
		}
	}
}
