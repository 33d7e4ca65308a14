package healthlake

import (
	"net/http"
	"time"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// checkAnswer holds a grant of the validator against what HealthLake requires of it.
func checkAnswer(answer validator.Answer, endpoint string, now time.Time) error {
	payload, seconds := answer.AuthPayload, now.Unix()
	switch {
	case payload.Audience != endpoint:
		return badAnswer("aud is not this datastore")
	case payload.Expires == 0 || seconds >= payload.Expires:
		return badAnswer("exp is missing or has passed")
	case payload.NotBefore == 0 || seconds < payload.NotBefore-60:
		return badAnswer("nbf is missing or lies ahead")
	case payload.Scope == "":
		return badAnswer("scope is missing")
	case answer.IAMRoleARN == "":
		return badAnswer("iamRoleARN is missing")
	}
	return nil
}

// deny answers a request that the validator denied, as RFC 6750, section 3.1 says:
//   - 401 invalid_token for a token that is not good: the app needs another one;
//   - 403 insufficient_scope for a good token that may not do this: to sign the user in
//     again changes nothing;
//   - 403 without an error code if the validator could not judge the token. An app that
//     took this for an invalid token would sign its user out during an outage.
//
// HealthLake's documentation does not say how it answers a denial, nor whether it reads
// the reason: the status is unverified on AWS.
//
// words are for people, and AWS has nothing like them.
func deny(w http.ResponseWriter, reason validator.Reason, words string) {
	text := "the validator refused the token: " + string(reason)
	switch reason {
	case validator.ScopeInsufficient, validator.GroupMissing, validator.FHIRUserTypeNotAllowed:
		refuseWith(w, http.StatusForbidden, "forbidden", text, words)
	case validator.EventInvalid, validator.KeysUnavailable, validator.DeadlineExceeded, validator.InternalError:
		refuseWith(w, http.StatusForbidden, "exception", "the validator could not judge the token: "+string(reason), words)
	default:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		refuseWith(w, http.StatusUnauthorized, "login", text, words)
	}
}

// brokenStack is the refusal when the stack behind the datastore fails or is wrong,
// whatever the token says.
func brokenStack(text string) error { return &refusal{http.StatusForbidden, "exception", text} }

func badAnswer(text string) error { return brokenStack("the validator's answer: " + text) }
