package frontdoor

import (
	"slices"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// translatedScopes are scopes of SMART App Launch 2.2 that Cognito cannot issue. What they
// stand for comes without asking Cognito: the claim fhirUser with openid, the launch
// context with launch/patient, and a refresh token with every sign-in.
var translatedScopes = []string{"fhirUser", "launch", "offline_access", "online_access"}

// askedScopes are the scopes of a request in Cognito's terms, each once: without
// the translated ones, and with all others declared for the client exactly as they are
// written. Nothing is decoded, so that no spelling of a scope is more than the scope.
//
// It is an error where none is left: Cognito grants all of a client's scopes to who
// asks for none.
func (c client) askedScopes(text string) ([]string, *oauthError) {
	words, ok := smart.SplitScopes(text)
	if !ok {
		return nil, refuse(invalidScope, "scope is missing or malformed. Send scopes separated by single spaces, such as: launch/patient openid fhirUser patient/*.rs")
	}
	var asked []string
	for _, word := range words {
		switch {
		case c.hasUsers() && slices.Contains(translatedScopes, word) || slices.Contains(asked, word):
		case !slices.Contains(c.scopes, word):
			return nil, refuse(invalidScope, "scope has a scope that the client does not declare. Request only declared scopes, written exactly as they are declared.")
		default:
			asked = append(asked, word)
		}
	}
	if len(asked) == 0 {
		return nil, refuse(invalidScope, "scope has no scope for data or identity. Also request one, such as openid or patient/*.rs")
	}
	return asked, nil
}
