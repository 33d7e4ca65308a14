package validator

import (
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// Leeway is how far the issuer's clock may run ahead of ours: a token's iat and
// nbf may lie this far in the future. There is none on exp: a token is never
// taken after its end.
const Leeway = 30 * time.Second

// entitlement is what a token entitles its holder to. It follows from the token and
// the configuration alone, so that it is judged once for all requests with the token:
// time, key and event are not in it, only what they are held against.
type entitlement struct {
	issuer, subject, clientID    string
	audiences                    []string // nil for no recipient in particular
	expires, issuedAt, notBefore int64

	scope             string            // the scopes that count, in the token's order and joined by spaces
	readOnly          bool              // all of them only read
	everything        smart.Permissions // those of system/ scopes on every resource
	patient, fhirUser string            // empty unless a scope that counts calls for it
}

// entitlement judges the claims of a token whose signature holds, as far as no time,
// key and event is needed for it (RFC 7519 section 4.1; Cognito, "Verifying JSON Web
// Tokens").
func (c claims) entitlement(config *Config) (entitlement, Reason) {
	app, known := config.client(c.clientID)
	switch {
	case !slices.Contains(config.Issuers, c.issuer):
		return entitlement{}, IssuerUnknown
	case c.tokenUse != "access":
		return entitlement{}, TokenUseNotAccess
	case !known:
		return entitlement{}, ClientUnknown
	case c.bound:
		return entitlement{}, PossessionRequired
	}
	h := c.holder()
	if h == smart.NoHolder {
		return entitlement{}, SubjectInvalid
	}
	e := entitlement{
		issuer: c.issuer, subject: c.subject, clientID: c.clientID, audiences: c.audiences,
		expires: c.expires, issuedAt: c.issuedAt, notBefore: c.notBefore,
	}
	reason := e.grant(c, h, app, config.Strategy)
	return e, reason
}

// grant keeps the scopes that count, and the launch context that goes with them: so
// none to a client, and none to a user who was not granted it.
func (e *entitlement) grant(c claims, h smart.Holder, app Client, strategy smart.Strategy) Reason {
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
		scope, err := smart.ParseScope(text)
		if err != nil || !strategy.Understands(scope) {
			continue
		}
		if reason := c.counts(h, app, scope); reason != "" {
			why = tellMore(why, reason)
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

// check holds the entitlement against the time and the datastore that asks.
func (e entitlement) check(now time.Time, endpoint string) Reason {
	seconds := now.Unix()
	leeway := int64(Leeway / time.Second)
	switch {
	case seconds >= e.expires:
		return TokenExpired
	case e.issuedAt > seconds+leeway:
		return TokenIssuedInFuture
	case e.notBefore > seconds+leeway:
		return TokenNotYetValid
	case !e.isFor(endpoint):
		return AudienceMismatch
	}
	return ""
}

// isFor reports whether the token may be used at a datastore: a token for certain
// recipients must be refused by all others (RFC 7519 section 4.1.3, RFC 8707). The
// datastore is named by its endpoint, with or without the slash at its end, and
// exactly so otherwise.
func (e entitlement) isFor(endpoint string) bool {
	return e.audiences == nil || slices.ContainsFunc(e.audiences, func(audience string) bool {
		return strings.TrimSuffix(audience, "/") == strings.TrimSuffix(endpoint, "/")
	})
}

// answer answers an event whose token has this entitlement.
func (e entitlement) answer(config *Config, event Event) Answer {
	return Answer{
		AuthPayload: AuthPayload{
			IsAuthorized: "true",
			Issuer:       e.issuer,
			Audience:     event.DatastoreEndpoint,
			IssuedAt:     e.issuedAt,
			NotBefore:    e.notBefore,
			Expires:      e.expires,
			UserID:       e.subject,
			ClientID:     e.clientID,
			Scope:        e.scope,
			Patient:      e.patient,
			FHIRUser:     e.fhirUser,
		},
		IAMRoleARN: e.role(config, event.OperationName),
	}
}
