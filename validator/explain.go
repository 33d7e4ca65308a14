package validator

import (
	"time"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// Explanation says how the rules apply to the claims of a token, for people to read.
type Explanation struct {
	// Reason of the refusal; empty if the claims are those of a token that is granted.
	Reason Reason
	// Client of the token; the zero value if it is not configured.
	Client Client
	Holder smart.Holder
	// Groups of the user.
	Groups []string
	// Patient and FHIRUser of the token, empty unless they are well-formed.
	Patient, FHIRUser string
	// FHIRUserType is the type of FHIRUser.
	FHIRUserType string
	// Scopes of the token in its order; nil if the claims are refused before any scope is
	// looked at.
	Scopes []ExplainedScope
	// Role of the answer. If Reason is about the time or the audience, it is the one that
	// the answer would have.
	Role Role
	// Exports reports whether the operation starts an export.
	Exports bool
}

// ExplainedScope is a scope of a token and what it does.
type ExplainedScope struct {
	Text   string
	Effect Effect
}

// Explain applies the rules of [Validator.Authorize] to the claims of a token, at a time, and
// says what comes of each. It ignores the bearer token of the event.
//
// It verifies no signature, so it decides nothing: claims that nobody vouches for are
// explained like any others. Read its result beside the answer of a validator.
func Explain(config Config, claims []byte, event Event, at time.Time) Explanation {
	c, ok := parseClaims(claims)
	if !ok {
		return Explanation{Reason: ClaimsMalformed}
	}
	app, holder, reason := c.accept(&config)
	explained := Explanation{
		Reason: reason, Client: app, Holder: holder, Groups: c.groups,
		Patient: c.patient, FHIRUser: c.fhirUser, FHIRUserType: c.fhirUserType, Exports: exports(event.OperationName),
	}
	if reason != "" {
		return explained
	}
	texts, _ := smart.SplitScopes(c.scope) // of a malformed scope none counts
	for _, text := range texts {
		_, effect := c.effect(holder, &app, config.Strategy, text)
		explained.Scopes = append(explained.Scopes, ExplainedScope{text, effect})
	}
	var e entitlement
	if e, explained.Reason = c.entitlement(&config); explained.Reason != "" {
		return explained
	}
	explained.Role = e.role(event.OperationName)
	explained.Reason = e.check(at, event.DatastoreEndpoint)
	return explained
}
