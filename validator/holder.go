package validator

import (
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// holder tells a client's token (no username, and sub is the client itself)
// from a user's (a username). Anything else is nobody's.
func (c claims) holder() smart.Holder {
	switch {
	case c.subject == "":
		return smart.NoHolder
	case c.username == nil && c.subject == c.clientID:
		return smart.ClientHolder
	case c.username != nil && *c.username != "" && c.subject != c.clientID:
		return smart.UserHolder
	default:
		return smart.NoHolder
	}
}

// Effect is what a scope of a token does.
type Effect uint8

// The effects of a scope: it counts, or why it does not.
const (
	ScopeCounts          Effect = iota
	ScopeNotUnderstood          // not a SMART resource scope, or not one that the datastore's strategy understands
	ScopeNotForGroups           // the client is for other groups than the user's
	ScopeNotForHolder           // system/ in a user's token, or patient/ or user/ in a client's own
	ScopeWithoutPatient         // patient/ without a well-formed patient
	ScopeWithoutFHIRUser        // user/ without a well-formed fhirUser
	ScopeNotForFHIRUser         // user/, and the client is for other types of fhirUser
)

// reason of the refusal if no scope has a better effect.
func (e Effect) reason() Reason {
	switch e {
	case ScopeNotForGroups:
		return GroupMissing
	case ScopeNotForFHIRUser:
		return FHIRUserTypeNotAllowed
	default:
		return ScopeInsufficient
	}
}

// effect says what a text of the claim scope does in a token of this holder.
func (c *claims) effect(h smart.Holder, app *Client, strategy smart.AuthorizationStrategy, text string) (smart.Scope, Effect) {
	scope, err := smart.ParseScope(text)
	if err != nil || !strategy.Understands(scope) {
		return smart.Scope{}, ScopeNotUnderstood
	}
	return scope, c.counts(h, app, scope)
}

// counts says whether a scope counts in a token of this holder: system/ counts for clients
// alone; patient/ and user/ count for users alone, of those whom the client is for, and
// only where the token says which patient, or which FHIR resource the user is.
func (c *claims) counts(h smart.Holder, app *Client, scope smart.Scope) Effect {
	context := scope.Context()
	switch {
	case h == smart.UserHolder && !app.isFor(c.groups):
		return ScopeNotForGroups
	case !h.MayHold(context):
		return ScopeNotForHolder
	case context == smart.Patient && c.patient == "":
		return ScopeWithoutPatient
	case context == smart.User && c.fhirUser == "":
		return ScopeWithoutFHIRUser
	case context == smart.User && !slices.Contains(app.FHIRUserTypes, c.fhirUserType):
		return ScopeNotForFHIRUser
	default:
		return ScopeCounts
	}
}

// entitlement is what a token entitles its holder to. It follows from the token and
// the configuration alone, so that it is judged once for all requests with the token:
// time, key and event are not in it, only what they are held against.
type entitlement struct {
	issuer, subject, clientID string
	holder                    smart.Holder
	validity

	scope             string            // the scopes that count, in the token's order and joined by spaces
	readOnly          bool              // all of them only read
	everything        smart.Permissions // those of system/ scopes on every resource
	patient, fhirUser string            // empty unless a scope that counts calls for it
}

// entitlement says what the claims of a token whose signature holds entitle its holder to.
func (c claims) entitlement(config *Config) (entitlement, Reason) {
	app, holder, reason := c.accept(config)
	if reason != "" {
		return entitlement{}, reason
	}
	e := entitlement{issuer: c.issuer, subject: c.subject, clientID: c.clientID, holder: holder, validity: c.validity}
	reason = e.grant(c, holder, app, config.Strategy)
	return e, reason
}

// user is the user's sub; empty for a client, and where nobody's token was accepted.
func (e entitlement) user() string {
	if e.holder != smart.UserHolder {
		return ""
	}
	return e.subject
}

// grant keeps the scopes that count, and the launch context that goes with them: so
// none to a client, and none to a user who was not granted it.
func (e *entitlement) grant(c claims, h smart.Holder, app Client, strategy smart.AuthorizationStrategy) Reason {
	if c.scope == "" {
		return ScopeInsufficient
	}
	texts, ok := smart.SplitScopes(c.scope)
	if !ok {
		return ScopeMalformed
	}
	kept := texts[:0]
	e.readOnly = true
	why := ScopeInsufficient
	for _, text := range texts {
		scope, effect := c.effect(h, &app, strategy, text)
		if effect != ScopeCounts {
			why = tellMore(why, effect.reason())
			continue
		}
		kept = append(kept, text)
		e.add(scope, c)
	}
	if len(kept) == 0 {
		return why
	}
	e.scope = strings.Join(kept, " ")
	return ""
}

// add takes note of a scope that counts.
func (e *entitlement) add(scope smart.Scope, c claims) {
	e.readOnly = e.readOnly && scope.ReadOnly()
	switch {
	case scope.Context() == smart.Patient:
		e.patient = c.patient
	case scope.Context() == smart.User:
		e.fhirUser = c.fhirUser
	case scope.Type() == smart.AnyType && !scope.Filtered():
		e.everything |= scope.Permissions()
	}
}

// tellMore prefers the reason that says more than that no scope is left.
func tellMore(reason, other Reason) Reason {
	if reason == ScopeInsufficient {
		return other
	}
	return reason
}
