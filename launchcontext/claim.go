package launchcontext

import (
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// claim is what a token may say of its user, and where that is found.
type claim struct {
	name      string // in the tokens
	attribute string // of the user
	asked     func(scope string) bool
	valid     func(value string) bool
}

// Decision is a stable word of the log for the result for a claim.
type Decision string

// The results for a claim.
const (
	Added     Decision = "added"
	NotAsked  Decision = "not_asked"           // no scope that was granted calls for it
	Missing   Decision = "attribute_missing"   // the user has no such attribute, or an empty one
	Malformed Decision = "attribute_malformed" // the attribute is not of the form that the claim has

	// AddedUnasked: the event of a refresh does not list the granted scopes, so the claim is
	// only in the access token.
	AddedUnasked Decision = "added_scopes_unknown"
)

// outcome is what became of a claim of one token.
type outcome struct {
	claim    claim
	decision Decision
	value    string // empty unless added
}

// inAccessToken and inIDToken say which tokens get the claim.

func (o outcome) inAccessToken() bool { return o.decision == Added || o.decision == AddedUnasked }

func (o outcome) inIDToken() bool { return o.decision == Added }

func (c claim) decide(e event) outcome {
	added := Added
	switch {
	case e.refreshOfUnknownScopes():
		added = AddedUnasked
	case !slices.ContainsFunc(e.scopes, c.asked):
		return outcome{c, NotAsked, ""}
	}
	attribute := e.attributes[c.attribute]
	value, isText := attribute.Text()
	switch {
	case attribute.IsAbsent() || attribute.IsNull() || isText && value == "":
		return outcome{c, Missing, ""}
	case !isText || !c.valid(value):
		return outcome{c, Malformed, ""}
	default:
		return outcome{c, added, value}
	}
}

func asksForPatient(scope string) bool {
	return strings.HasPrefix(scope, "patient/") || scope == "launch/patient"
}

func asksForFHIRUser(scope string) bool {
	return strings.HasPrefix(scope, "user/") || scope == "openid"
}

func isFHIRUser(value string) bool {
	_, ok := smart.ParseFHIRUser(value)
	return ok
}
