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

// grantedScopes returns the scopes that count, in the token's order and joined
// by spaces, and whether all of them only read.
func (c claims) grantedScopes(h holder, strategy smart.Strategy) (granted string, readOnly bool, reason Reason) {
	if c.scope == "" {
		return "", false, ScopeInsufficient
	}
	texts, ok := smart.SplitScopes(c.scope)
	if !ok {
		return "", false, ScopeMalformed
	}
	kept := texts[:0]
	readOnly = true
	for _, text := range texts {
		scope, err := smart.ParseScope(text)
		if err != nil || !strategy.Understands(scope) || !c.counts(h, scope) {
			continue
		}
		kept = append(kept, text)
		readOnly = readOnly && scope.ReadOnly()
	}
	if len(kept) == 0 {
		return "", false, ScopeInsufficient
	}
	return strings.Join(kept, " "), readOnly, ""
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
	scope, readOnly, reason := c.grantedScopes(h, config.Strategy)
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
			Scope:        scope,
		},
		IAMRoleARN: config.WriteRoleARN,
	}
	if readOnly {
		answer.IAMRoleARN = config.ReadRoleARN
	}
	if h == user {
		answer.AuthPayload.Patient, answer.AuthPayload.FHIRUser = c.patient, c.fhirUser
	}
	return answer, ""
}
