package healthlake

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// searchParameter is how resources of a type are compared with the value of a search
// parameter: by tokens, or by references.
type searchParameter struct {
	paths     []string // elements below the resource
	reference bool
	target    string // the resource type that a reference must name; empty for any
}

// searchParameters are those of searchDefinition, by resource type and name.
var searchParameters = sync.OnceValue(func() map[string]map[string]searchParameter {
	all := map[string]map[string]searchParameter{}
	for typ, definition := range searchDefinition {
		all[typ] = map[string]searchParameter{}
		for word := range strings.FieldsSeq(definition) {
			end := strings.IndexAny(word, "=>")
			p := searchParameter{reference: word[end] == '>'}
			target, paths, limited := strings.Cut(word[end+1:], ":")
			if limited {
				p.target = target
			} else {
				paths = target
			}
			p.paths = strings.Split(paths, ",")
			all[typ][word[:end]] = p
		}
	}
	return all
})

// searchable are the names of the search parameters that resources of a type can be
// compared by, sorted.
func searchable(typ string) []string {
	return append([]string{"_id"}, slices.Sorted(maps.Keys(searchParameters()[typ]))...)
}

// matches compares a resource with one search parameter, whose value may list
// alternatives. One that is not searchable matches nothing.
func (r resource) matches(name, value string) bool {
	p, known := searchParameters()[r.typ()][name]
	for alternative := range strings.SplitSeq(value, ",") {
		switch {
		case alternative == "":
		case name == "_id":
			if r.id() == alternative {
				return true
			}
		case known && slices.ContainsFunc(p.paths, func(path string) bool { return p.compare(r, path, alternative) }):
			return true
		}
	}
	return false
}

func (p searchParameter) compare(r resource, path, value string) bool {
	if p.reference {
		return slices.ContainsFunc(r.references(path), func(found string) bool { return p.names(found, value) })
	}
	return r.hasCode(path, value)
}

// names compares a relative reference with type and id, or with an id alone.
func (p searchParameter) names(reference, value string) bool {
	typ, id, _ := strings.Cut(reference, "/")
	return (p.target == "" || p.target == typ) && (value == reference || value == id)
}

// relativeAlternatives makes those of a parameter's alternatives relative that are
// URLs below a base: resources hold relative references.
func relativeAlternatives(value, base string) string {
	alternatives := strings.Split(value, ",")
	for i := range alternatives {
		alternatives[i] = strings.TrimPrefix(alternatives[i], base)
	}
	return strings.Join(alternatives, ",")
}

// hasCode compares codes, booleans, codings, concepts and identifiers with a token: a
// code, or a system, a bar and a code of it, which may be left out.
func (r resource) hasCode(path, token string) bool {
	system, code, qualified := strings.Cut(token, "|")
	if !qualified {
		system, code = "", token
	}
	if token == "" || token == "|" {
		return false
	}
	return slices.ContainsFunc(append(r.at(path), r.at(path+".coding")...), func(value any) bool {
		switch value := value.(type) {
		case string:
			return !qualified && value == code
		case bool:
			return !qualified && code == map[bool]string{true: "true", false: "false"}[value]
		case map[string]any:
			text, coded := value["code"].(string)
			if !coded {
				text, coded = value["value"].(string) // an identifier
			}
			of, _ := value["system"].(string)
			return coded && (text == code || code == "") && (!qualified || of == system)
		default:
			return false
		}
	})
}
