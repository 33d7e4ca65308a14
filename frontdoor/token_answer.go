package frontdoor

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// tokenAnswer is the answer of a token endpoint (SMART App Launch 2.2, "Obtain access
// token"): the members of Cognito's, the scopes that were granted and, for a user, the
// launch context.
//
// The claims are read without verifying the token's signature: it comes from Cognito over
// TLS in this very call, and decides about nothing here. Whoever gets the token in a
// request verifies it.
func tokenAnswer(body []byte, app client, grant string) (map[string]json.RawMessage, *oauthError) {
	members, err := strictjson.Members(body)
	if err != nil {
		return nil, notUnderstood()
	}
	kind, _ := members["token_type"].Text()
	access, ok := claimsOf(members["access_token"])
	if !ok || !strings.EqualFold(kind, "Bearer") || !access.is("token_use", "access") || !access.is("client_id", app.id) {
		return nil, notUnderstood()
	}
	answer := make(map[string]json.RawMessage, len(members)+2)
	for name, value := range members {
		answer[name] = value.Raw()
	}
	scope, _ := access["scope"].Text()
	scopes, _ := smart.SplitScopes(scope) // none: a token that opens nothing
	if !access["username"].IsAbsent() {
		access.addContext(answer, scopes)
		scopes = append(scopes, untranslated(members, grant)...)
	}
	if answer["scope"], err = json.Marshal(strings.Join(scopes, " ")); err != nil {
		return nil, notUnderstood()
	}
	return answer, nil
}

// untranslated are the scopes that Cognito cannot issue and whose promise the answer
// keeps: fhirUser where the ID token has the claim, offline_access where the app has a
// refresh token. After a refresh it still has the one that it used: Cognito sends a new
// one only where it rotates them.
func untranslated(members map[string]strictjson.Value, grant string) []string {
	var scopes []string
	if identity, ok := claimsOf(members["id_token"]); ok {
		text, _ := identity["fhirUser"].Text()
		if _, ok := smart.ParseFHIRUser(text); ok {
			scopes = append(scopes, "fhirUser")
		}
	}
	if !members["refresh_token"].IsAbsent() || grant == "refresh_token" {
		scopes = append(scopes, "offline_access")
	}
	return scopes
}

// tokenClaims are the claims of a token.
type tokenClaims map[string]strictjson.Value

// claimsOf reads the claims of a token in the compact form (RFC 7515 section 3.1).
func claimsOf(token strictjson.Value) (tokenClaims, bool) {
	text, _ := token.Text()
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, false
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return nil, false
	}
	members, err := strictjson.Members(payload)
	return members, err == nil
}

func (c tokenClaims) is(name, value string) bool {
	text, ok := c[name].Text()
	return ok && text == value
}

// addContext adds the launch context that a user's token carries (SMART App Launch 2.2,
// "Launch context arrives with your access_token"). The patient is there only with a scope
// that asks for one, as it counts for the token validator: the token of a refresh may
// carry it unasked. Two different patients are none.
func (c tokenClaims) addContext(answer map[string]json.RawMessage, scopes []string) {
	asked := slices.ContainsFunc(scopes, func(scope string) bool {
		return scope == "launch/patient" || strings.HasPrefix(scope, "patient/")
	})
	if patient, ok := c.patient(); ok && asked {
		answer["patient"] = json.RawMessage(`"` + patient + `"`) // a FHIR id needs no escape
	}
	for _, name := range []string{"encounter", "intent", "smart_style_url", "tenant"} {
		if _, ok := c[name].Text(); ok {
			answer[name] = c[name].Raw()
		}
	}
	if _, ok := c["fhirContext"].Elements(); ok {
		answer["fhirContext"] = c["fhirContext"].Raw()
	}
	if raw := string(c["need_patient_banner"].Raw()); raw == "true" || raw == "false" {
		answer["need_patient_banner"] = json.RawMessage(raw)
	}
}

// patient is the one patient that the claims name.
func (c tokenClaims) patient() (string, bool) {
	found := ""
	for _, name := range []string{"patient", "launch_response_patient"} {
		id, isText := c[name].Text()
		switch {
		case !isText || !smart.ValidPatientID(id):
		case found != "" && found != id:
			return "", false
		default:
			found = id
		}
	}
	return found, found != ""
}
