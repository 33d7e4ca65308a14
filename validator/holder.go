package validator

import (
	"slices"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
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

// counts says why a scope does not count in a token of this holder, or nothing if it
// does: system/ counts for clients alone; patient/ and user/ count for users alone,
// of those whom the client is for, and only where the token says which patient, or
// which FHIR resource the user is.
func (c claims) counts(h smart.Holder, app Client, scope smart.Scope) Reason {
	context := scope.Context()
	switch {
	case h == smart.UserHolder && !app.isFor(c.groups):
		return GroupMissing
	case !h.MayHold(context),
		context == smart.Patient && c.patient == "",
		context == smart.User && c.fhirUser == "":
		return ScopeInsufficient
	case context == smart.User && !slices.Contains(app.FHIRUserTypes, c.fhirUserType):
		return FHIRUserTypeNotAllowed
	default:
		return ""
	}
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
