package validator

import (
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// claims are the registered and Cognito claims that decide. Their types have
// been checked, their values not.
type claims struct {
	issuer, subject, clientID, tokenUse, scope string

	validity

	bound    bool     // the token has a cnf, and so is good only with a key of its holder
	username *string  // nil where the token has none
	groups   []string // of the user

	// Launch context, empty where the token has none, or none of the form that
	// package smart defines.
	patient, fhirUser, fhirUserType string
}

// validity says when and where a token may be used.
type validity struct {
	audiences                    []string // nil where the token has no aud, and is for no recipient in particular
	expires, issuedAt, notBefore int64    // above 0, but for expires
}

// parseClaims reads the claims of a token whose signature holds. The claims that
// decide must have their type; launch context of another type or form than it must
// have does not count as launch context. An iat or nbf of 0 is refused: it would make an answer
// without the nbf that HealthLake requires.
func parseClaims(data []byte) (claims, bool) {
	c := claims{validity: validity{expires: missing, issuedAt: missing, notBefore: missing}}
	var launchPatient string
	err := strictjson.Object(data, func(name []byte, v strictjson.Value) error {
		ok := true
		switch string(name) {
		case "iss":
			c.issuer, ok = v.Text()
		case "sub":
			c.subject, ok = v.Text()
		case "client_id":
			c.clientID, ok = v.Text()
		case "token_use":
			c.tokenUse, ok = v.Text()
		case "scope":
			c.scope, ok = v.Text()
		case "username":
			var username string
			username, ok = v.Text()
			c.username = &username
		case "aud":
			c.audiences, ok = audiences(v)
		case "cnf":
			c.bound = true
		case "exp", "iat", "nbf":
			ok = c.setTime(string(name), v)
		case "cognito:groups":
			c.groups, ok = v.Texts()
		case "patient":
			c.patient = patientID(v)
		case "launch_response_patient":
			launchPatient = patientID(v)
		case "fhirUser":
			c.fhirUser, c.fhirUserType = fhirUser(v)
		}
		if !ok {
			return errMember
		}
		return nil
	})
	if err != nil || c.expires == missing || c.issuedAt == missing {
		return claims{}, false
	}
	if c.notBefore == missing {
		c.notBefore = c.issuedAt
	}
	c.patient = onePatient(c.patient, launchPatient)
	return c, true
}

// missing stands for a time that a token does not have.
const missing = -1

// setTime takes over one of the three times. Only an exp may be 0.
func (c *claims) setTime(name string, v strictjson.Value) bool {
	seconds, ok := v.Seconds()
	switch name {
	case "exp":
		c.expires = seconds
		return ok
	case "iat":
		c.issuedAt = seconds
	case "nbf":
		c.notBefore = seconds
	}
	return ok && seconds > 0
}

// audiences reads an aud: one recipient or several, and at least one (RFC 7519 section
// 4.1.3).
func audiences(v strictjson.Value) ([]string, bool) {
	if one, ok := v.Text(); ok {
		return []string{one}, true
	}
	several, ok := v.Texts()
	return several, ok && len(several) > 0
}

// patientID is a claim that names a patient, empty unless it has the form of one.
func patientID(v strictjson.Value) string {
	if text, ok := v.Text(); ok && smart.ValidPatientID(text) {
		return text
	}
	return ""
}

// onePatient settles on the patient in context. Two different ones are none.
func onePatient(patient, launchPatient string) string {
	switch {
	case patient == "":
		return launchPatient
	case launchPatient == "" || launchPatient == patient:
		return patient
	default:
		return ""
	}
}

// fhirUser is the claim of that name with the type of its resource, empty unless it
// has the form of one.
func fhirUser(v strictjson.Value) (text, typ string) {
	text, ok := v.Text()
	if !ok {
		return "", ""
	}
	resource, ok := smart.ParseFHIRUser(text)
	if !ok {
		return "", ""
	}
	return text, resource.Type
}

// accept holds the claims of a token whose signature holds against the configuration, as
// far as no time and no event is needed for it (RFC 7519 section 4.1; Cognito,
// "Verifying JSON Web Tokens"), and says whose token it is.
func (c claims) accept(config *Config) (Client, smart.Holder, Reason) {
	app, known := config.client(c.clientID)
	holder := c.holder()
	var reason Reason
	switch {
	case !slices.Contains(config.Issuers, c.issuer):
		reason = IssuerUnknown
	case c.tokenUse != "access":
		reason = TokenUseNotAccess
	case !known:
		reason = ClientUnknown
	case c.bound:
		reason = PossessionRequired
	case holder == smart.NoHolder:
		reason = SubjectInvalid
	}
	return app, holder, reason
}

// Leeway is how far the issuer's clock may run ahead of ours: a token's iat and nbf may be
// this far in the future. It does not apply to exp: the validator never accepts an expired
// token.
const Leeway = 30 * time.Second

// check holds a token against the time and the datastore that asks: for every event.
func (v validity) check(now time.Time, endpoint string) Reason {
	seconds := now.Unix()
	leeway := int64(Leeway / time.Second)
	switch {
	case seconds >= v.expires:
		return TokenExpired
	case v.issuedAt > seconds+leeway:
		return TokenIssuedInFuture
	case v.notBefore > seconds+leeway:
		return TokenNotYetValid
	case !v.isFor(endpoint):
		return AudienceMismatch
	}
	return ""
}

// isFor reports whether the token may be used at a datastore: a token for certain
// recipients must be refused by all others (RFC 7519 section 4.1.3, RFC 8707). The
// datastore is named by its endpoint, with or without the slash at its end, and
// exactly so otherwise.
func (v validity) isFor(endpoint string) bool {
	return v.audiences == nil || slices.ContainsFunc(v.audiences, func(audience string) bool {
		return strings.TrimSuffix(audience, "/") == strings.TrimSuffix(endpoint, "/")
	})
}
