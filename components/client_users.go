package components

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// Every user of a pool can sign in at every client of it. Whose a client is, its
// arguments say, and the token validator holds to it.

// FHIRUserType is a type of FHIR resource that a user can be.
type FHIRUserType string

// The types of users in SMART App Launch.
const (
	// PractitionerUser is a clinician.
	PractitionerUser FHIRUserType = "Practitioner"
	// PractitionerRoleUser is a clinician in one role.
	PractitionerRoleUser FHIRUserType = "PractitionerRole"
	// PatientUser is a patient.
	PatientUser FHIRUserType = "Patient"
	// RelatedPersonUser is a relative or caregiver of a patient.
	RelatedPersonUser FHIRUserType = "RelatedPerson"
	// PersonUser is a person in any role.
	PersonUser FHIRUserType = "Person"
)

// defaultFHIRUserTypes are the types of user that user/ scopes are for by default: a
// scope of all that the user may see is a clinician's.
var defaultFHIRUserTypes = []FHIRUserType{PractitionerUser}

// patientsOwn are the types of user who are to see one patient's records, or a few.
// Nothing but fine-grained authorization holds their user/ scopes to those.
var patientsOwn = []FHIRUserType{PatientUser, PersonUser, RelatedPersonUser}

// groupPattern is Cognito's
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html).
var groupPattern = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$`)

// userTypes are the types of user whose user/ scopes count: FHIRUserTypes, by default
// Practitioner, and none where the client has no such scopes.
func (c client) userTypes() []FHIRUserType {
	switch {
	case !c.userFacing() || !c.asksFor(smart.User):
		return []FHIRUserType{}
	case c.FHIRUserTypes == nil:
		return defaultFHIRUserTypes
	default:
		return c.FHIRUserTypes
	}
}

// checkUsers checks whose client it is.
func (c client) checkUsers(p *problems, field string) {
	types, groups := field+".fhirUserTypes", field+".groups"
	if c.Kind == ServiceClient {
		p.checkNone(types, texts(c.FHIRUserTypes))
		p.checkNone(groups, c.Groups)
		return
	}
	if c.FHIRUserTypes != nil && !c.asksFor(smart.User) {
		p.add(types, texts(c.FHIRUserTypes), "applies only to user/ scopes, and the client has none; remove it, or use groups to restrict who can use the client")
		return
	}
	p.checkFHIRUserTypes(types, c.FHIRUserTypes)
	p.checkGroups(groups, c.Groups)
}

func (p *problems) checkNone(field string, list []string) {
	if list != nil {
		p.add(field, list, "a service has no user; remove it")
	}
}

func (p *problems) checkFHIRUserTypes(field string, types []FHIRUserType) {
	p.checkWords(field, texts(types), smart.IsFHIRUserType, "must be one of "+strings.Join(smart.FHIRUserTypes(), ", "))
}

func (p *problems) checkGroups(field string, groups []string) {
	p.checkWords(field, groups, groupPattern.MatchString, "must be 1 to 128 printable characters without white space (Cognito)")
}

// checkWords checks a list that may be left out, but is not empty where it is given.
func (p *problems) checkWords(field string, words []string, valid func(string) bool, accepted string) {
	if words != nil && len(words) == 0 {
		p.add(field, words, "must have at least one element, or be left out")
	}
	for i, word := range words {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case !valid(word):
			p.add(at, word, accepted)
		case slices.Contains(words[:i], word):
			p.add(at, word, "listed twice; list each one once")
		}
	}
}

// checkFineGrained refuses user/ scopes of patients where nothing holds them to their
// own records.
func checkFineGrained(p *problems, clients []client, fineGrained bool) {
	for i, client := range clients {
		for j, typ := range client.FHIRUserTypes {
			if !fineGrained && client.asksFor(smart.User) && slices.Contains(patientsOwn, typ) {
				p.add(fmt.Sprintf("clients[%d].fhirUserTypes[%d]", i, j), string(typ),
					"with fineGrainedAuthorization false, its user/ scopes reach every patient; use patient/ scopes, or set fineGrainedAuthorization to true")
			}
		}
	}
}
