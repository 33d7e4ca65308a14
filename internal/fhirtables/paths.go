package main

import (
	"regexp"
	"slices"
	"strings"
)

// searched is what a search parameter compares, where it is plain enough: all of some
// elements, none of them under a condition.
type searched struct {
	kind   string   // token or reference
	paths  []string // below the resource: "participant.actor"
	target string   // the resource type that references must name; empty for any
}

// comparable are the data types that a table of elements is enough to compare.
var comparable = map[string][]string{
	"token":     {"CodeableConcept", "Coding", "Identifier", "boolean", "code", "id", "string"},
	"reference": {"Reference"},
}

// plain is the part of FHIRPath that is read: a path, the data type of a choice
// ("as"), and the type of what a reference names.
var plain = regexp.MustCompile(`^([A-Za-z.]+?)(?:(?: as |\.as\()([A-Za-z]+)\)?)?(?:\.where\(resolve\(\) is ([A-Za-z]+)\))?$`)

// searched returns what a parameter compares in resources of a type. It reports false
// for one that is not a token or a reference, or not plain in every part.
func (d *definitions) searched(typ string, p searchParameter) (searched, bool) {
	s := searched{kind: p.Type}
	if comparable[p.Type] == nil {
		return searched{}, false
	}
	for part := range strings.SplitSeq(p.Expression, "|") {
		part = strings.TrimSpace(part)
		if strings.HasPrefix(part, "(") && strings.HasSuffix(part, ")") {
			part = part[1 : len(part)-1]
		}
		if !strings.HasPrefix(part, typ+".") {
			continue // of another type that has the parameter
		}
		path, target, ok := d.element(part, comparable[p.Type])
		if !ok || len(s.paths) > 0 && target != s.target {
			return searched{}, false
		}
		s.paths, s.target = append(s.paths, path), target
	}
	return s, len(s.paths) > 0
}

// element returns the path below the resource that a part of an expression selects.
func (d *definitions) element(part string, types []string) (path, target string, ok bool) {
	match := plain.FindStringSubmatch(part)
	if match == nil {
		return "", "", false
	}
	path, as := match[1], match[2]
	have, known := d.elements[path]
	if as != "" {
		if have, known = d.elements[path+"[x]"]; !slices.Contains(have, as) {
			return "", "", false
		}
		path, have = path+strings.ToUpper(as[:1])+as[1:], []string{as}
	}
	for _, code := range have {
		if !slices.Contains(types, code) {
			return "", "", false
		}
	}
	_, below, _ := strings.Cut(path, ".")
	return below, match[3], known && len(have) > 0
}
