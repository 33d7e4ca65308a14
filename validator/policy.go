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

// holder says whose token it is.
type holder int

const (
	nobody holder = iota
	client        // client credentials: no user stands behind it
	user
)

// holder tells a client's token (no username, and sub is the client itself)
// from a user's (a username). Anything else is nobody's.
func (c claims) holder() holder {
	switch {
	case c.subject == "":
		return nobody
	case c.username == nil && c.subject == c.clientID:
		return client
	case c.username != nil && *c.username != "" && c.subject != c.clientID:
		return user
	default:
		return nobody
	}
}

// counts reports whether a scope counts in a token of this holder: system/ for
// clients alone; patient/ and user/ for users alone, and only where the token
// says which patient, or which FHIR resource the user is.
func (c claims) counts(h holder, scope smart.Scope) bool {
	switch scope.Context {
	case smart.System:
		return h == client
	case smart.Patient:
		return h == user && c.patient != ""
	case smart.User:
		return h == user && c.fhirUser != ""
	default:
		return false
	}
}

// entitlement is what a token entitles its holder to. It follows from the token and
// the configuration alone, so that it is judged once for all requests with the token:
// time, key and event are not in it, only what they are held against.
type entitlement struct {
	issuer, subject, clientID    string
	audiences                    []string // nil for no recipient in particular
	expires, issuedAt, notBefore int64

	scope             string // the scopes that count, in the token's order and joined by spaces
	readOnly          bool   // all of them only read
	patient, fhirUser string // empty unless a scope that counts calls for it
}

// entitlement judges the claims of a token whose signature holds, as far as no time,
// key and event is needed for it (RFC 7519 section 4.1; Cognito, "Verifying JSON Web
// Tokens").
func (c claims) entitlement(config *Config) (entitlement, Reason) {
	switch {
	case !slices.Contains(config.Issuers, c.issuer):
		return entitlement{}, IssuerUnknown
	case c.tokenUse != "access":
		return entitlement{}, TokenUseNotAccess
	case !slices.Contains(config.ClientIDs, c.clientID):
		return entitlement{}, ClientUnknown
	case c.bound:
		return entitlement{}, PossessionRequired
	}
	h := c.holder()
	if h == nobody {
		return entitlement{}, SubjectInvalid
	}
	e := entitlement{
		issuer: c.issuer, subject: c.subject, clientID: c.clientID, audiences: c.audiences,
		expires: c.expires, issuedAt: c.issuedAt, notBefore: c.notBefore,
	}
	reason := e.grant(c, h, config.Strategy)
	return e, reason
}

// grant keeps the scopes that count, and the launch context that goes with them: so
// none to a client, and none to a user who was not granted it.
func (e *entitlement) grant(c claims, h holder, strategy smart.Strategy) Reason {
	if c.scope == "" {
		return ScopeInsufficient
	}
	texts, ok := smart.SplitScopes(c.scope)
	if !ok {
		return ScopeMalformed
	}
	kept := texts[:0]
	e.readOnly = true
	for _, text := range texts {
		scope, err := smart.ParseScope(text)
		if err != nil || !strategy.Understands(scope) || !c.counts(h, scope) {
			continue
		}
		kept = append(kept, text)
		e.readOnly = e.readOnly && scope.ReadOnly()
		if scope.Context == smart.Patient {
			e.patient = c.patient
		}
		if scope.Context == smart.User {
			e.fhirUser = c.fhirUser
		}
	}
	if len(kept) == 0 {
		return ScopeInsufficient
	}
	e.scope = strings.Join(kept, " ")
	return ""
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

// role is the least one that serves.
func (e entitlement) role(config *Config) string {
	if e.readOnly {
		return config.ReadRoleARN
	}
	return config.WriteRoleARN
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
		IAMRoleARN: e.role(config),
	}
}
