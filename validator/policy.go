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

// check judges the claims of a token whose signature holds (RFC 7519 section
// 4.1; Cognito, "Verifying JSON Web Tokens").
func (c claims) check(config *Config, now time.Time) Reason {
	seconds := now.Unix()
	leeway := int64(Leeway / time.Second)
	switch {
	case !slices.Contains(config.Issuers, c.issuer):
		return IssuerUnknown
	case c.tokenUse != "access":
		return TokenUseNotAccess
	case !slices.Contains(config.ClientIDs, c.clientID):
		return ClientUnknown
	case seconds >= c.expires:
		return TokenExpired
	case c.issuedAt > seconds+leeway:
		return TokenIssuedInFuture
	case c.notBefore > seconds+leeway:
		return TokenNotYetValid
	}
	return ""
}

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

// granted is what is left of a token's scopes.
type granted struct {
	scope         string // those that count, in the token's order and joined by spaces
	readOnly      bool   // all of them only read
	patient, user bool   // a patient/ scope is among them, a user/ scope is
}

// granted returns the scopes that count.
func (c claims) granted(h holder, strategy smart.Strategy) (granted, Reason) {
	if c.scope == "" {
		return granted{}, ScopeInsufficient
	}
	texts, ok := smart.SplitScopes(c.scope)
	if !ok {
		return granted{}, ScopeMalformed
	}
	kept := texts[:0]
	g := granted{readOnly: true}
	for _, text := range texts {
		scope, err := smart.ParseScope(text)
		if err != nil || !strategy.Understands(scope) || !c.counts(h, scope) {
			continue
		}
		kept = append(kept, text)
		g.readOnly = g.readOnly && scope.ReadOnly()
		g.patient = g.patient || scope.Context == smart.Patient
		g.user = g.user || scope.Context == smart.User
	}
	if len(kept) == 0 {
		return granted{}, ScopeInsufficient
	}
	g.scope = strings.Join(kept, " ")
	return g, ""
}

// judge turns verified claims into the answer to an event.
func (c claims) judge(config *Config, event Event, now time.Time) (Answer, Reason) {
	if reason := c.check(config, now); reason != "" {
		return Answer{}, reason
	}
	h := c.holder()
	if h == nobody {
		return Answer{}, SubjectInvalid
	}
	g, reason := c.granted(h, config.Strategy)
	if reason != "" {
		return Answer{}, reason
	}
	answer := Answer{
		AuthPayload: AuthPayload{
			IsAuthorized: "true",
			Issuer:       c.issuer,
			Audience:     event.DatastoreEndpoint,
			IssuedAt:     c.issuedAt,
			NotBefore:    c.notBefore,
			Expires:      c.expires,
			UserID:       c.subject,
			ClientID:     c.clientID,
			Scope:        g.scope,
		},
		IAMRoleARN: config.WriteRoleARN,
	}
	if g.readOnly {
		answer.IAMRoleARN = config.ReadRoleARN
	}
	// Context goes with the scopes that count with it, and so to no client, and to
	// nobody who was not granted it.
	if g.patient {
		answer.AuthPayload.Patient = c.patient
	}
	if g.user {
		answer.AuthPayload.FHIRUser = c.fhirUser
	}
	return answer, ""
}
