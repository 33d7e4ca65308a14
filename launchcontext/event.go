package launchcontext

import (
	"encoding/json"
	"slices"
)

// event is what a pre token generation event says that matters here, version V2_0
// (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html).
// Cognito wants all of it back.
type event struct {
	members  map[string]json.RawMessage
	response map[string]json.RawMessage

	triggerSource string
	clientID      string
	scopes        []string                   // granted; nil where the event does not say
	attributes    map[string]json.RawMessage // of the user, strings
}

// Reason is a stable word of the log for why an event got no claims at all.
type Reason string

// Why an event got no claims.
const (
	EventInvalid   Reason = "event_invalid"          // no JSON object: an error, all others are answers
	EventMalformed Reason = "event_malformed"        // a member is not of the documented type
	VersionUnknown Reason = "event_version_unknown"  // neither 2 nor 3
	NoUser         Reason = "no_user"                // a client's own token
	SourceUnknown  Reason = "trigger_source_unknown" // none of those of a sign-in or refresh
	InternalError  Reason = "internal_error"         // a defect of the trigger; the log has its trace
)

// clientCredentials is the source of a client's own token, in version 3 alone.
const clientCredentials = "TokenGeneration_ClientCredentials"

// refreshTokens is the source of tokens that come without a sign-in.
const refreshTokens = "TokenGeneration_RefreshTokens"

// userSources are the sources of tokens that a user stands behind.
var userSources = []string{
	"TokenGeneration_HostedAuth",
	"TokenGeneration_Authentication",
	"TokenGeneration_NewPasswordChallenge",
	"TokenGeneration_AuthenticateDevice",
	refreshTokens,
}

// parseEvent reads an event. Names of members are exact, as Cognito writes them.
func parseEvent(payload []byte) (event, Reason) {
	var e event
	if json.Unmarshal(payload, &e.members) != nil || e.members == nil {
		return event{}, EventInvalid
	}
	var version string
	var caller, request map[string]json.RawMessage
	read := reader{ok: true}
	read.member(e.members, "version", &version)
	read.member(e.members, "triggerSource", &e.triggerSource)
	read.member(e.members, "callerContext", &caller)
	read.member(caller, "clientId", &e.clientID)
	read.member(e.members, "request", &request)
	read.member(request, "scopes", &e.scopes)
	read.member(request, "userAttributes", &e.attributes)
	read.member(e.members, "response", &e.response)
	switch {
	case !read.ok:
		return e, EventMalformed
	case version != "2" && version != "3":
		return e, VersionUnknown
	case e.triggerSource == clientCredentials:
		return e, NoUser
	case !slices.Contains(userSources, e.triggerSource):
		return e, SourceUnknown
	}
	return e, ""
}

// reader decodes members, and keeps whether all of them were of their type. One that
// is left out or null is its zero value.
type reader struct{ ok bool }

func (r *reader) member(of map[string]json.RawMessage, name string, into any) {
	if raw, given := of[name]; given && json.Unmarshal(raw, into) != nil {
		r.ok = false
	}
}

// refreshOfUnknownScopes reports whether the event is a refresh's and has no list of
// scopes, which is something else than an empty one. The tokens then have the scopes
// of the sign-in, whichever they are.
func (e event) refreshOfUnknownScopes() bool {
	return e.triggerSource == refreshTokens && e.scopes == nil
}

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
	if e.response == nil {
		e.response = map[string]json.RawMessage{}
	}
	e.response["claimsAndScopeOverrideDetails"] = details
	if e.members["response"], err = json.Marshal(e.response); err != nil {
		return nil, err
	}
	return json.Marshal(e.members)
}
