package decision

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// ofScope says what a scope lets the app do, or why it did not count.
func ofScope(scope validator.ExplainedScope, explained validator.Explanation, claims []byte) string {
	if scope.Effect == validator.ScopeCounts {
		parsed, _ := smart.ParseScope(scope.Text) // it counts, so it is one
		means := parsed.Describe()
		return scope.Text + " counts: " + strings.ToLower(means[:1]) + means[1:] + "."
	}
	if scope.Effect == validator.ScopeNotUnderstood {
		return notUnderstood(scope.Text)
	}
	return scope.Text + " did not count: " + obstacle(scope, explained, claims) + "."
}

// obstacle is why a resource scope did not count.
func obstacle(scope validator.ExplainedScope, explained validator.Explanation, claims []byte) string {
	switch scope.Effect {
	case validator.ScopeNotForGroups:
		return fmt.Sprintf("this client is for users in %s, and the user is in %s",
			strings.Join(explained.Client.Groups, " or "), listed(explained.Groups, "no group"))
	case validator.ScopeNotForHolder:
		if explained.Holder == smart.ClientHolder {
			return "the token is the client's own, and only a user's token has patient/ and user/ scopes"
		}
		return "a user's token has no system/ scopes"
	case validator.ScopeWithoutPatient:
		if claimed(claims, "patient", "launch_response_patient") {
			return "the token's claims patient and launch_response_patient are not one FHIR id"
		}
		return "the token has no patient"
	case validator.ScopeWithoutFHIRUser:
		if claimed(claims, "fhirUser") {
			return "the token's fhirUser must be " + smart.FHIRUserForm
		}
		return "the token has no fhirUser"
	case validator.ScopeNotForFHIRUser:
		if len(explained.Client.FHIRUserTypes) == 0 {
			return "this client has no fhirUserTypes, so no user/ scope counts"
		}
		return fmt.Sprintf("this client is for %s, and the token's fhirUser is a %s",
			strings.Join(explained.Client.FHIRUserTypes, " or "), explained.FHIRUserType)
	default:
		return "the validator gives no reason"
	}
}

// signInScopes are the ones of a sign-in that [smart.DescribeSignInScope] leaves out.
var signInScopes = []string{"fhirUser", "launch", "offline_access", "online_access", "aws.cognito.signin.user.admin"}

func isSignIn(text string) bool {
	_, ok := smart.DescribeSignInScope(text)
	return ok || slices.Contains(signInScopes, text)
}

// notUnderstood says why a text is no scope for FHIR data.
func notUnderstood(text string) string {
	if isSignIn(text) {
		return text + " is for the sign-in and gives no access to FHIR data."
	}
	if _, err := smart.ParseScope(text); err != nil {
		return "Not a scope that counts: " + err.Error() + "."
	}
	return text + " did not count: the datastore's authorization strategy accepts SMART v1 scopes only, such as patient/*.read."
}

// claimed reports whether a token has one of some claims, in whatever form.
func claimed(claims []byte, names ...string) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(claims, &members) != nil {
		return false
	}
	return slices.ContainsFunc(names, func(name string) bool { _, ok := members[name]; return ok })
}

func listed(texts []string, none string) string {
	if len(texts) == 0 {
		return none
	}
	return strings.Join(texts, ", ")
}

// Missing says of each scope that an app asked for why a token does not have it. Granted are
// the scopes of the token, and declared those that the client may ask for.
func Missing(asked, granted, declared []string) []Scope {
	var missing []Scope
	for _, scope := range asked {
		switch {
		case slices.Contains(granted, scope):
		case !slices.Contains(declared, scope):
			missing = append(missing, Scope{Text: scope, Says: scope + " is not in the token: it is not among the client's declared scopes."})
		default:
			missing = append(missing, Scope{Text: scope, Says: scope + " is not in the token: the authorization server did not grant it to this client."})
		}
	}
	return missing
}

// NotAsked says of each declared scope that a token does not have that the app did not ask for it.
func NotAsked(declared, granted []string) []Scope {
	var missing []Scope
	for _, scope := range declared {
		if !slices.Contains(granted, scope) {
			missing = append(missing, Scope{Text: scope, Says: scope + " is not in the token: the client may ask for it, and the app did not."})
		}
	}
	return missing
}
