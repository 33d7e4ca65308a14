package healthlake

import (
	"slices"
	"strings"
)

// userReaches reports whether fine-grained authorization lets the grant's user at a
// resource
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-smart-on-fhir-fine-grained-authorization.html):
// a Practitioner reaches the patients that name it as their general practitioner, a
// Patient itself and those that link to it, a RelatedPerson those that link to it.
// A resource is reached through a patient in whose compartment it is; one of a type
// outside of the compartments belongs to no patient and is reached by its type.
// AWS describes the patients; how it treats the rest is unverified on AWS.
func (g grant) userReaches(r resource) bool {
	if !inCompartments(r.typ()) {
		return true
	}
	return slices.ContainsFunc(r.patients(), func(id string) bool { return g.userReachesPatient(id, r) })
}

func (g grant) userReachesPatient(id string, r resource) bool {
	if id != "" && g.user == "Patient/"+id { // one that is to be created has no id yet
		return true
	}
	if r.typ() == "Patient" {
		return relates(r, g.user)
	}
	patient, ok := g.lookUpPatient(id)
	return ok && relates(patient, g.user)
}

// relates reports whether a patient names a user.
func relates(patient resource, user string) bool {
	switch typ, _, _ := strings.Cut(user, "/"); typ {
	case "Practitioner":
		return slices.Contains(patient.references("generalPractitioner"), user)
	case "Patient", "RelatedPerson":
		return slices.Contains(patient.references("link.other"), user)
	default:
		return false
	}
}
