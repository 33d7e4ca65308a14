package fhirsearch

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Kind is the type of a search parameter (https://hl7.org/fhir/R4/search.html#ptypes).
type Kind string

// The kinds that can be compared.
const (
	Composite Kind = "composite"
	Date      Kind = "date"
	Number    Kind = "number"
	Quantity  Kind = "quantity"
	Reference Kind = "reference"
	String    Kind = "string"
	Token     Kind = "token"
	URI       Kind = "uri"
)

// Parameter is a search parameter of a resource type.
type Parameter struct {
	Name    string
	Kind    Kind
	Refused string // why it is not compared; empty if it is
	LeftOut string // elements that HL7's expression selects and the comparison leaves out

	targets    []string
	elements   []element
	bases      []Path      // of a composite: where its parts are
	components []component // of a composite
}

// element is where values are, and of which data type.
type element struct {
	path   Path
	typ    string // exists for whether there is a value but false
	target string // the resource type that references must name; empty for any
}

// component is a part of a composite parameter.
type component struct {
	kind     Kind
	elements []element
}

const (
	exists      = "exists"
	everyType   = "Resource"
	everyTarget = "*"
)

// table is what definition says, by type and name.
var table = sync.OnceValue(func() map[string]map[string]*Parameter {
	all := make(map[string]map[string]*Parameter, len(definition))
	for typ, lines := range definition {
		all[typ] = map[string]*Parameter{}
		for line := range strings.SplitSeq(lines, "\n") {
			p := readLine(line)
			all[typ][p.Name] = p
		}
	}
	return all
})

// readLine reads a line of definition.
func readLine(line string) *Parameter {
	fields := append(strings.Split(line, "\t"), "", "")
	p := &Parameter{Name: fields[0], Kind: Kind(fields[1]), targets: strings.Fields(fields[3]), LeftOut: fields[4]}
	if reason, refused := strings.CutPrefix(fields[2], "!"); refused {
		p.Refused = reason
		return p
	}
	if p.Kind != Composite {
		p.elements = readElements(fields[2])
		return p
	}
	bases, parts, _ := strings.Cut(fields[2], "|")
	for base := range strings.SplitSeq(bases, ",") {
		p.bases = append(p.bases, readPath(base))
	}
	for part := range strings.SplitSeq(parts, "|") {
		kind, elements, _ := strings.Cut(part, "=")
		p.components = append(p.components, component{Kind(kind), readElements(elements)})
	}
	return p
}

func readElements(text string) []element {
	var elements []element
	for word := range strings.SplitSeq(text, ",") {
		path, typ, _ := strings.Cut(word, ":")
		typ, target, _ := strings.Cut(typ, ">")
		elements = append(elements, element{readPath(path), typ, target})
	}
	return elements
}

// Find returns a search parameter of a type. The error is a [Refusal] of one that the type
// does not have or that is not compared.
func Find(typ, name string) (*Parameter, error) {
	p, known := table()[typ][name]
	if !known {
		p, known = table()[everyType][name]
	}
	switch {
	case !known && name == "createdAt":
		return nil, unsupported(name, "the local cloud does not search by this extension of HealthLake's")
	case !known:
		return nil, unsupported(name, "%s has no such search parameter; it has %s", typ, strings.Join(names(typ), ", "))
	case p.Refused != "":
		return nil, unsupported(name, "%s", p.Refused)
	}
	return p, nil
}

// names are those of the parameters that are compared.
func names(typ string) []string {
	var names []string
	for _, p := range All(typ) {
		if p.Refused == "" {
			names = append(names, p.Name)
		}
	}
	return names
}

// All returns every search parameter that R4 defines for a type, those of all types among
// them, by their names.
func All(typ string) []*Parameter {
	all := maps.Clone(table()[everyType])
	maps.Copy(all, table()[typ])
	return slices.SortedFunc(maps.Values(all), func(a, b *Parameter) int { return strings.Compare(a.Name, b.Name) })
}

// MayName reports whether references that the parameter compares may name a resource type.
func (p *Parameter) MayName(typ string) bool {
	_, known := subsets[typ]
	return known && (slices.Contains(p.targets, typ) || slices.Contains(p.targets, everyTarget))
}

// Targets are the resource types that the references may name, "*" for all.
func (p *Parameter) Targets() []string { return slices.Clone(p.targets) }

// Types are the data types that the parameter compares.
func (p *Parameter) Types() []string {
	var types []string
	for _, e := range p.elements {
		if !slices.Contains(types, e.typ) {
			types = append(types, e.typ)
		}
	}
	for _, c := range p.components {
		types = append(types, string(c.kind))
	}
	return types
}

// Paths are the elements that the parameter compares, whatever the type of the values.
func (p *Parameter) Paths() []Path {
	paths := make([]Path, len(p.elements))
	for i, e := range p.elements {
		paths[i] = e.path
	}
	return paths
}

// each calls a function with every value until it returns true, and returns that.
func (p *Parameter) each(resource map[string]any, found func(value any, typ string) bool) bool {
	if len(p.elements) > 0 && p.elements[0].typ == exists {
		return found(p.isThere(resource), exists)
	}
	return eachOf(p.elements, resource, found)
}

func eachOf(elements []element, within any, found func(value any, typ string) bool) bool {
	for i := range elements {
		e := &elements[i]
		if e.path.each(within, func(value any) bool {
			return (e.target == "" || namesType(value, e.target)) && found(value, e.typ)
		}) {
			return true
		}
	}
	return false
}

// isThere reports whether some element has a value other than false.
func (p *Parameter) isThere(resource map[string]any) bool {
	return eachOf(p.elements, resource, func(value any, _ string) bool { return value != false })
}

func (p *Parameter) hasValue(resource map[string]any) bool {
	return p.each(resource, func(any, string) bool { return true })
}

// Path is where an element is below a resource.
type Path []step

// step goes to a member, or on where a member has a value.
type step struct{ member, value string }

func readPath(text string) Path {
	if text == "." {
		return nil
	}
	var path Path
	for name := range strings.SplitSeq(text, ".") {
		name, condition, conditional := strings.Cut(strings.TrimSuffix(name, "]"), "[")
		path = append(path, step{member: name})
		if conditional {
			member, value, _ := strings.Cut(condition, "=")
			path = append(path, step{member, value})
		}
	}
	return path
}

// String writes the path with dots, the conditions in brackets.
func (p Path) String() string {
	var text strings.Builder
	for i, s := range p {
		switch {
		case s.value != "":
			fmt.Fprintf(&text, "[%s=%s]", s.member, s.value)
		case i > 0:
			text.WriteString("." + s.member)
		default:
			text.WriteString(s.member)
		}
	}
	return text.String()
}

// Values yields the values at the path, going through lists on the way.
func (p Path) Values(resource map[string]any) iter.Seq[any] {
	return func(yield func(any) bool) {
		p.each(resource, func(value any) bool { return !yield(value) })
	}
}

// each calls a function with every value at the path until it returns true, and returns that.
func (p Path) each(value any, found func(any) bool) bool {
	switch value := value.(type) {
	case nil:
		return false
	case []any:
		for _, item := range value {
			if p.each(item, found) {
				return true
			}
		}
		return false
	case map[string]any:
		if len(p) == 0 {
			return found(value)
		}
		if p[0].value == "" {
			return p[1:].each(value[p[0].member], found)
		}
		return value[p[0].member] == p[0].value && p[1:].each(value, found)
	default:
		return len(p) == 0 && found(value)
	}
}
