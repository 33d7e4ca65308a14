package fhirsearch

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Subset is the part of a resource that a search is answered with.
type Subset struct {
	summary  string   // true, text or data; empty for none
	elements []string // nil for none
}

// summaries are the values of _summary that HealthLake takes.
var summaries = []string{"data", "false", "text", "true"}

// ParseSummary reads the value of _summary but for count.
func ParseSummary(value string) (Subset, error) {
	if !slices.Contains(summaries, value) {
		return Subset{}, unsupported("_summary", "%q: HealthLake supports true, false, text, data", value)
	}
	if value == "false" {
		return Subset{}, nil
	}
	return Subset{summary: value}, nil
}

// ParseElements reads the value of _elements: names of members, of which HealthLake leaves
// out those that a type does not have.
func ParseElements(value string) (Subset, error) {
	names := []string{}
	for name := range strings.SplitSeq(value, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return Subset{}, malformed("_elements", "missing value; set names of elements, such as identifier,active")
	}
	return Subset{elements: names}, nil
}

// Summary reports whether the subset is one that _summary asks for, and which.
func (s Subset) Summary() string { return s.summary }

// Whole reports whether nothing is left out.
func (s Subset) Whole() bool { return s.summary == "" && s.elements == nil }

// subset is what a row of subsets says.
type subset struct {
	mandatory []string
	summary   tree
}

// tree is members below members; one without any is kept whole.
type tree map[string]tree

var subsetTable = sync.OnceValue(func() map[string]subset {
	all := make(map[string]subset, len(subsets))
	for typ, row := range subsets {
		mandatory, summary, _ := strings.Cut(row, ";")
		s := subset{strings.Fields(mandatory), tree{}}
		for path := range strings.FieldsSeq(summary) {
			at := s.summary
			for member := range strings.SplitSeq(path, ".") {
				if at[member] == nil {
					at[member] = tree{}
				}
				at = at[member]
			}
		}
		for _, member := range s.mandatory {
			if s.summary[member] == nil {
				s.summary[member] = tree{}
			}
		}
		all[typ] = s
	}
	return all
})

// Of returns the part of a resource, marked as such. The resource stays as it is.
func (s Subset) Of(resource map[string]any) map[string]any {
	if s.Whole() {
		return resource
	}
	typ, _ := resource["resourceType"].(string)
	row := subsetTable()[typ]
	var part map[string]any
	switch s.summary {
	case "data":
		part = maps.Clone(resource)
		delete(part, "text")
		delete(part, "_text")
	case "true":
		part = keep(resource, row.summary)
	case "text":
		part = only(resource, append([]string{"text"}, row.mandatory...))
	default:
		part = only(resource, append(slices.Clone(s.elements), row.mandatory...))
	}
	for _, member := range []string{"resourceType", "id"} {
		if value, there := resource[member]; there {
			part[member] = value
		}
	}
	part["meta"] = marked(resource["meta"])
	return part
}

func only(resource map[string]any, members []string) map[string]any {
	part := map[string]any{}
	for name, value := range resource {
		if slices.Contains(members, strings.TrimPrefix(name, "_")) {
			part[name] = value
		}
	}
	return part
}

func keep(object map[string]any, members tree) map[string]any {
	part := map[string]any{}
	for name, value := range object {
		if below, there := members[strings.TrimPrefix(name, "_")]; there {
			part[name] = keepBelow(value, below)
		}
	}
	return part
}

func keepBelow(value any, members tree) any {
	if len(members) == 0 {
		return value
	}
	switch value := value.(type) {
	case map[string]any:
		return keep(value, members)
	case []any:
		kept := make([]any, len(value))
		for i := range value {
			kept[i] = keepBelow(value[i], members)
		}
		return kept
	default:
		return value
	}
}

// marked adds the tag of an incomplete resource.
func marked(value any) map[string]any {
	meta := map[string]any{}
	if had, ok := value.(map[string]any); ok {
		meta = maps.Clone(had)
	}
	tags, _ := meta["tag"].([]any)
	meta["tag"] = append(slices.Clone(tags), map[string]any{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"})
	return meta
}
