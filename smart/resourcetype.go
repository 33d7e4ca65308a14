package smart

import (
	"sort"
	"strings"
)

// ResourceTypes returns the resource types of FHIR R4 (4.0.1), sorted.
func ResourceTypes() []string {
	types := make([]string, len(fhirTypes))
	for i, line := range fhirTypes {
		types[i], _, _ = strings.Cut(line, " ")
	}
	return types
}

// IsResourceType reports whether name is a resource type of FHIR R4 (4.0.1),
// exactly as the specification spells it
// (https://hl7.org/fhir/R4/resourcelist.html).
func IsResourceType(name string) bool {
	_, ok := definitionOf(name)
	return ok
}

// definitionOf returns what follows a resource type in fhirTypes: its search
// parameters, a space before and behind each.
func definitionOf(typ string) (parameters string, ok bool) {
	at := sort.Search(len(fhirTypes), func(i int) bool { return fhirTypes[i] >= typ })
	if at == len(fhirTypes) {
		return "", false
	}
	parameters, ok = strings.CutPrefix(fhirTypes[at], typ)
	return parameters, ok && strings.HasPrefix(parameters, " ")
}
