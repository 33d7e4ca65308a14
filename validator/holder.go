package validator

import (
	"slices"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
	"github.com/smartlake/pulumi-smartlake/smart"
)

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

// counts says why a scope does not count in a token of this holder, or nothing if it
// does: system/ counts for clients alone; patient/ and user/ count for users alone,
// of those whom the client is for, and only where the token says which patient, or
// which FHIR resource the user is.
func (c claims) counts(h holder, app Client, scope smart.Scope) Reason {
	if h == user && !app.isFor(c.groups) {
		return GroupMissing
	}
	counts := false
	switch scope.Context {
	case smart.System:
		counts = h == client
	case smart.Patient:
		counts = h == user && c.patient != ""
	case smart.User:
		counts = h == user && c.fhirUser != ""
		if counts && !slices.Contains(app.FHIRUserTypes, c.fhirUserType) {
			return FHIRUserTypeNotAllowed
		}
	}
	if !counts {
		return ScopeInsufficient
	}
	return ""
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
