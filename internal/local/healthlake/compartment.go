package healthlake

import (
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// Whom a resource is about has one rule, HL7's patient compartment: the elements that
// the search parameters of compartmentDefinition compare name the patients in whose
// compartments the resource is. Reads, searches and writes go by it.
//
// Patient itself is in by its id alone. R4 counts a Patient that is linked to
// another as well; R5 took that back, and a grant for one patient does not open
// another's record here.

// compartmentElements are the elements by resource type, sorted.
var compartmentElements = sync.OnceValue(func() map[string][]fhirsearch.Path {
	elements := map[string][]fhirsearch.Path{}
	for typ, names := range compartmentDefinition {
		for name := range strings.FieldsSeq(names) {
			elements[typ] = append(elements[typ], comparedElements(typ, name)...)
		}
		elements[typ] = inOrder(elements[typ])
	}
	return elements
})

// comparedElements are the elements that a search parameter compares. The parameters of
// the compartment are all compared (TestEveryParameterOfTheCompartmentIsCompared).
func comparedElements(typ, name string) []fhirsearch.Path {
	p, err := fhirsearch.Find(typ, name)
	if err != nil {
		return nil
	}
	return p.Paths()
}

func inOrder(paths []fhirsearch.Path) []fhirsearch.Path {
	slices.SortFunc(paths, func(a, b fhirsearch.Path) int { return strings.Compare(a.String(), b.String()) })
	return slices.CompactFunc(paths, samePath)
}

func samePath(a, b fhirsearch.Path) bool { return a.String() == b.String() }

// inCompartments reports whether resources of a type are in patients' compartments.
func inCompartments(typ string) bool {
	_, ok := compartmentDefinition[typ]
	return ok
}

// party is whom a reference names.
type party struct {
	typ string // resource type; empty where it cannot be told
	id  string // empty for one that is not in this datastore
}

// parties yields whom the elements name that tie a resource to its patients. A reference
// in words alone names nobody.
func (r resource) parties() iter.Seq[party] {
	return func(yield func(party) bool) {
		if r.typ() == "Patient" {
			yield(party{"Patient", r.id()})
			return
		}
		for _, path := range compartmentElements()[r.typ()] {
			for value := range path.Values(r) {
				object, isObject := value.(map[string]any)
				names := !isObject || object["reference"] != nil || object["identifier"] != nil || object["type"] != nil
				if names && !yield(partyOf(object)) {
					return
				}
			}
		}
	}
}

func partyOf(reference map[string]any) party {
	text, byReference := reference["reference"].(string)
	if !byReference {
		typ, _ := reference["type"].(string)
		return party{typ: typ}
	}
	text, _, _ = strings.Cut(text, "/_history/")
	behind := strings.LastIndexByte(text, '/')
	if behind < 0 {
		return party{} // contained, or a URN
	}
	id, path := text[behind+1:], text[:behind]
	elsewhere := strings.LastIndexByte(path, '/')
	typ := path[elsewhere+1:]
	switch {
	case !smart.IsResourceType(typ) || !validID(id):
		return party{}
	case elsewhere >= 0: // of another server
		return party{typ: typ}
	default:
		return party{typ, id}
	}
}

// mayBePatient reports whether it cannot be excluded that a patient is meant: a group
// may hold some.
func (p party) mayBePatient() bool {
	return p.typ == "Patient" || p.typ == "Group" || !smart.IsResourceType(p.typ)
}

// patients returns the ids of the patients in whose compartments a resource is.
func (r resource) patients() []string {
	var ids []string
	for p := range r.parties() {
		if p.typ == "Patient" && (p.id != "" || r.typ() == "Patient") { // one that is to be created has no id yet
			ids = append(ids, p.id)
		}
	}
	return ids
}

// about reports whether a resource is in the compartment of a patient.
func (r resource) about(patient string) bool {
	if patient == "" {
		return false
	}
	for p := range r.parties() {
		if p == (party{"Patient", patient}) {
			return true
		}
	}
	return false
}

// aboutOthers reports whether a resource is in the compartment of a patient who is not
// among some, or may be.
func (r resource) aboutOthers(among func(patient string) bool) bool {
	for p := range r.parties() {
		inDatastore := p.typ == "Patient" && (p.id != "" || r.typ() == "Patient")
		if p.mayBePatient() && (!inDatastore || !among(p.id)) {
			return true
		}
	}
	return false
}
