package healthlake

import (
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// resource is a FHIR resource as JSON. One that was stored or sent is never
// changed: others may be reading it.
type resource map[string]any

func (r resource) text(member string) string {
	text, _ := r[member].(string)
	return text
}

func (r resource) typ() string { return r.text("resourceType") }
func (r resource) id() string  { return r.text("id") }

// name is the relative reference to a resource: "Patient/1".
func (r resource) name() string { return r.typ() + "/" + r.id() }

// validID reports whether a text has the form of an id, a patient's or another's.
func validID(id string) bool { return smart.ValidPatientID(id) }

// at returns the values at a path of members, such as "participant.actor", going
// through lists on the way.
func (r resource) at(path string) []any {
	values := []any{map[string]any(r)}
	for member := range strings.SplitSeq(path, ".") {
		var next []any
		for _, value := range values {
			object, _ := value.(map[string]any)
			switch found := object[member].(type) {
			case nil:
			case []any:
				next = append(next, found...)
			default:
				next = append(next, found)
			}
		}
		values = next
	}
	return values
}

// references returns the relative references at a path, the version left off:
// "Patient/1", not "#contained" and not a URL of elsewhere.
func (r resource) references(path string) []string {
	var found []string
	for _, value := range r.at(path) {
		object, _ := value.(map[string]any)
		text, _ := object["reference"].(string)
		text, _, _ = strings.Cut(text, "/_history/")
		if typ, id, ok := strings.Cut(text, "/"); ok && typ != "" && validID(id) {
			found = append(found, text)
		}
	}
	return found
}

// relativeReferences makes the references below a base URL relative, so that one
// form of them has to be understood.
func relativeReferences(value any, base string) any {
	return mapTexts(value, "", func(member, text string) string {
		if member == "reference" {
			return strings.TrimPrefix(text, base)
		}
		return text
	})
}

// mapTexts returns a copy of a JSON value with each of its texts replaced.
func mapTexts(value any, member string, replace func(member, text string) string) any {
	switch value := value.(type) {
	case string:
		return replace(member, value)
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = mapTexts(value[i], member, replace)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for name := range value {
			object[name] = mapTexts(value[name], name, replace)
		}
		return object
	default:
		return value
	}
}
