package launchcontext

import (
	"encoding/json"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
)

// generation is what Cognito is told of one token.
type generation struct {
	ClaimsToAddOrOverride map[string]string `json:"claimsToAddOrOverride"`
}

// newGeneration holds the claims of the outcomes that are in a token, and is nil
// where none is.
func newGeneration(outcomes []outcome, in func(outcome) bool) *generation {
	claims := map[string]string{}
	for _, o := range outcomes {
		if in(o) {
			claims[o.claim.name] = o.value
		}
	}
	if len(claims) == 0 {
		return nil
	}
	return &generation{claims}
}

// answer is the event with the claims that were added in its response. Where none
// was, it is the very payload.
func (e event) answer(payload []byte, outcomes []outcome) ([]byte, error) {
	inAccess, inID := newGeneration(outcomes, outcome.inAccessToken), newGeneration(outcomes, outcome.inIDToken)
	if inAccess == nil { // and so nothing in the ID token either
		return payload, nil
	}
	details, err := json.Marshal(struct {
		IDToken     *generation `json:"idTokenGeneration,omitempty"`
		AccessToken *generation `json:"accessTokenGeneration"`
	}{inID, inAccess})
	if err != nil {
		return nil, err
	}
	response, members := rawMembers(e.response), rawMembers(e.members)
	response["claimsAndScopeOverrideDetails"] = details
	if members["response"], err = json.Marshal(response); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// rawMembers are members as they were read, for an answer that keeps them.
func rawMembers(of map[string]strictjson.Value) map[string]json.RawMessage {
	members := make(map[string]json.RawMessage, len(of)+1)
	for name, value := range of {
		members[name] = value.Raw()
	}
	return members
}
