package users

import (
	"maps"
	"slices"
	"strings"
)

// FieldShow is the field of the [Problems] with names of what to show of users.
const FieldShow = "show"

// CheckShown returns [Problems] with the names that no user of the pool can have a value of:
// an attribute that the pool lacks looks like one that nobody has set. The others that are
// accepted are those of besides, [FieldPatient], [FieldFHIRUser] and the pool's attributes by
// Cognito's names. The pool must be described.
func (p *Pool) CheckShown(names []string, besides ...string) error {
	var problems Problems
	known := slices.Sorted(maps.Keys(p.described.attributes))
	for _, name := range names {
		attribute := name
		switch name {
		case FieldPatient:
			attribute = p.PatientAttribute
		case FieldFHIRUser:
			attribute = p.FHIRUserAttribute
		}
		switch {
		case slices.Contains(besides, name) || slices.Contains(known, attribute):
		case attribute != name:
			problems = append(problems, Problem{FieldShow, name, p.missingAttribute(attribute)})
		default:
			accepted := append(slices.Clone(besides), FieldPatient, FieldFHIRUser)
			problems = append(problems, Problem{FieldShow, name, "must be one of " + strings.Join(append(accepted, known...), ", ")})
		}
	}
	return problems.orNil()
}
