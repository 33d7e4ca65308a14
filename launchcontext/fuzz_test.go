package launchcontext_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"testing"
)

// The forms of the claims, said once more and otherwise than in the package.
var (
	aPatient  = regexp.MustCompile(`\A[A-Za-z0-9\-.]{1,64}\z`)
	aFHIRUser = regexp.MustCompile(`\A(https://[^\s?#@]+/)?(Patient|Practitioner|PractitionerRole|RelatedPerson|Person)/[A-Za-z0-9\-.]{1,64}\z`)
)

// FuzzInvoke looks for an event that breaks the trigger, and for an answer that is
// more than the event with well-formed claims of the user's own in its response.
func FuzzInvoke(f *testing.F) {
	for _, event := range []map[string]any{
		hosted(),
		hosted(scopes("launch/patient")),
		hosted(member("triggerSource", "TokenGeneration_RefreshTokens"), withoutScopes["absent"]),
		hosted(attribute("custom:fhirUser", "https://ehr.example.org/r4/Person/1")),
		hosted(attribute("custom:patient", "..")),
		hosted(member("triggerSource", "TokenGeneration_ClientCredentials"), member("version", "3")),
		hosted(member("response", map[string]any{"claimsAndScopeOverrideDetails": map[string]any{"groupOverrideDetails": map[string]any{}}})),
	} {
		f.Add(encoded(f, event))
	}
	for _, payload := range []string{"", "null", "{}", "[]", `{"version":"2","version":"1"}`, `{"request":{"scopes":["openid"]},"Request":{}}`} {
		f.Add([]byte(payload))
	}
	trigger := newFixture(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		given := bytes.Clone(payload)
		answer, err := trigger.Invoke(t.Context(), payload)
		if bytes.Contains(trigger.log.Bytes(), []byte("internal_error")) {
			t.Fatalf("a defect: %s", trigger.log.String())
		}
		trigger.log.Reset()
		before, ok := object(given)
		if (err == nil) != ok {
			t.Fatalf("an object: %v, error %v", ok, err)
		}
		if err != nil || bytes.Equal(answer, given) {
			return
		}
		after, ok := object(answer)
		if !ok {
			t.Fatalf("the answer is no object: %s", answer)
		}
		assertOwnClaims(t, before, after)
		assertNothingElse(t, before, after)
	})
}

// object reads a JSON object, with numbers as they are written.
func object(text []byte) (map[string]any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var members map[string]any
	if !json.Valid(text) || decoder.Decode(&members) != nil {
		return nil, false
	}
	return members, members != nil
}

// assertOwnClaims takes the claims out of the answer: the same for both tokens, or in
// the access token alone where a refresh says no scopes, of a valid form, and values
// of the user's attributes.
func assertOwnClaims(t *testing.T, before, after map[string]any) {
	t.Helper()
	response := after["response"].(map[string]any)
	details := response["claimsAndScopeOverrideDetails"].(map[string]any)
	access := details["accessTokenGeneration"].(map[string]any)
	request := before["request"].(map[string]any)
	want := map[string]any{"idTokenGeneration": access, "accessTokenGeneration": access}
	if before["triggerSource"] == "TokenGeneration_RefreshTokens" && request["scopes"] == nil {
		delete(want, "idTokenGeneration")
	}
	if !reflect.DeepEqual(details, want) || len(access) != 1 {
		t.Fatalf("more than claims, or not in the tokens where they belong: %v", details)
	}
	attributes := request["userAttributes"].(map[string]any)
	claims := access["claimsToAddOrOverride"].(map[string]any)
	for name, value := range claims {
		form := map[string]*regexp.Regexp{"patient": aPatient, "fhirUser": aFHIRUser}[name]
		if form == nil || !form.MatchString(value.(string)) || attributes["custom:"+name] != value {
			t.Fatalf("the claim %s is %q, the attribute %q", name, value, attributes["custom:"+name])
		}
	}
	if len(claims) == 0 {
		t.Fatal("changed, but without a claim")
	}
	delete(response, "claimsAndScopeOverrideDetails")
}

func assertNothingElse(t *testing.T, before, after map[string]any) {
	t.Helper()
	response, _ := before["response"].(map[string]any)
	delete(response, "claimsAndScopeOverrideDetails")
	for _, event := range []map[string]any{before, after} {
		if response, _ := event["response"].(map[string]any); len(response) == 0 {
			delete(event, "response")
		}
	}
	if !reflect.DeepEqual(before, after) {
		t.Fatalf("before %v\nafter  %v", before, after)
	}
}
