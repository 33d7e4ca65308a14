package launchcontext

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
)

// event is what a pre token generation event says that matters here, version V2_0
// (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html).
// Cognito wants all of it back.
type event struct {
	members  map[string]strictjson.Value
	response map[string]strictjson.Value

	triggerSource string
	clientID      string
	scopes        []string                    // granted; nil where the event does not say
	attributes    map[string]strictjson.Value // of the user, strings
}

// Reason is a stable word of the log for why an event got no claims.
type Reason string

// Why an event got no claims.
const (
	EventInvalid   Reason = "event_invalid"          // no JSON object: an error, all others are answers
	EventMalformed Reason = "event_malformed"        // two readers may understand it differently, or a member is not of the documented type
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

// parseEvent reads an event. Names of members are exact, as Cognito writes them. An
// object that the strict reader refuses, because two readers may understand it
// differently, is malformed: it is answered as it came, without claims.
func parseEvent(payload []byte) (event, Reason) {
	var e event
	var err error
	if e.members, err = strictjson.Members(payload); err != nil {
		if isObject(payload) {
			return event{}, EventMalformed
		}
		return event{}, EventInvalid
	}
	read := reader{ok: true}
	version := read.text(e.members["version"])
	e.triggerSource = read.text(e.members["triggerSource"])
	e.clientID = read.text(read.object(e.members["callerContext"])["clientId"])
	request := read.object(e.members["request"])
	e.scopes = read.texts(request["scopes"])
	e.attributes = read.object(request["userAttributes"])
	e.response = read.object(e.members["response"])
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

// isObject reports whether a payload is a JSON object for a reader that is less strict.
func isObject(payload []byte) bool {
	return json.Valid(payload) && bytes.HasPrefix(bytes.TrimLeft(payload, " \t\r\n"), []byte("{"))
}

// reader reads members, and keeps whether all of them were of their type. One that is
// left out or null is nil or empty.
type reader struct{ ok bool }

func (r *reader) text(v strictjson.Value) string {
	return readMember(r, v, strictjson.Value.Text)
}

func (r *reader) texts(v strictjson.Value) []string {
	return readMember(r, v, strictjson.Value.Texts)
}

func (r *reader) object(v strictjson.Value) map[string]strictjson.Value {
	return readMember(r, v, func(v strictjson.Value) (map[string]strictjson.Value, bool) {
		members, err := v.Members()
		return members, err == nil
	})
}

func readMember[T any](r *reader, v strictjson.Value, as func(strictjson.Value) (T, bool)) T {
	var none T
	if v.IsAbsent() || v.IsNull() {
		return none
	}
	value, ok := as(v)
	if !ok {
		r.ok = false
		return none
	}
	return value
}

// refreshOfUnknownScopes reports whether the event is a refresh's and has no list of
// scopes, which is something else than an empty one. The tokens then have the scopes
// of the sign-in, whichever they are.
func (e event) refreshOfUnknownScopes() bool {
	return e.triggerSource == refreshTokens && e.scopes == nil
}
