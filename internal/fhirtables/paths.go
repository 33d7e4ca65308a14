package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// element is what a search parameter compares in a resource: the values at a path.
type element struct {
	path   string // members below the resource, with conditions: "telecom[system=phone]"
	typ    string // data type of the values, or exists for whether there is any but false
	target string // the resource type that references must name; empty for any
}

// exists is the data type of a parameter that asks whether an element has a value.
const exists = "exists"

// comparable are the data types that each kind of search parameter compares
// (https://hl7.org/fhir/R4/search.html).
var comparable = map[string][]string{
	"date":      {"date", "dateTime", "instant", "Period", "Timing"},
	"number":    {"decimal", "integer", "positiveInt", "unsignedInt", "Range"},
	"quantity":  {"Age", "Count", "Distance", "Duration", "Money", "Quantity", "Range"},
	"reference": {"Reference", "canonical", "uri"},
	"string":    {"Address", "HumanName", "markdown", "string"},
	"token":     {"CodeableConcept", "Coding", "ContactPoint", "Identifier", "boolean", "canonical", "code", "id", "oid", "string", "uri", exists},
	"uri":       {"canonical", "oid", "uri", "url", "uuid"},
}

// compared returns the elements that an expression selects in resources of a type and
// that a kind of parameter compares. It also returns the elements with a data type that the
// kind does not compare, which are left out, as far as there are others. It fails for an
// expression outside of the part of FHIRPath that is read here.
func (d *definitions) compared(typ, kind, expression string) (elements []element, leftOut []string, err error) {
	for part := range strings.SplitSeq(expression, "|") {
		part = plainAs(strings.TrimSpace(part))
		if relative.MatchString(part) {
			part = typ + "." + part
		}
		if part != typ && !strings.HasPrefix(part, typ+".") {
			continue // of another type that has the parameter
		}
		selected, err := d.selected(typ, part)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range selected {
			if slices.Contains(comparable[kind], e.typ) {
				elements = append(elements, e)
			} else {
				leftOut = append(leftOut, e.path+" ("+e.typ+")")
			}
		}
	}
	switch {
	case len(elements) == 0 && len(leftOut) > 0:
		return nil, nil, fmt.Errorf("a %s does not compare %s", kind, strings.Join(leftOut, ", "))
	case len(elements) == 0:
		return nil, nil, errors.New("no FHIRPath expression")
	}
	return elements, leftOut, nil
}

var (
	relative   = regexp.MustCompile(`^[a-z]`) // to the resource, whose type begins with a capital
	asOperator = regexp.MustCompile(`^\(?([A-Za-z.]+) as ([A-Za-z]+)\)?`)
	typeTest   = regexp.MustCompile(`^where\(resolve\(\) is ([A-Za-z]+)\)$`)
	valueTest  = regexp.MustCompile(`^where\(([a-z]+)='([a-z-]+)'\)$`)
	typeChoice = regexp.MustCompile(`^as\(([A-Za-z]+)\)$`)
	memberName = regexp.MustCompile(`^[A-Za-z]+$`)
	someValue  = regexp.MustCompile(`^([A-Za-z.]+)\.exists\(\) and ([A-Za-z.]+) != false$`)
)

// plainAs writes the operator "as" as the function, without parentheses around.
func plainAs(part string) string {
	if strings.HasPrefix(part, "(") && strings.HasSuffix(part, ")") && strings.Count(part, "(") == 1 && !strings.Contains(part, " as ") {
		return part[1 : len(part)-1]
	}
	return asOperator.ReplaceAllString(part, "$1.as($2)")
}

// place is where an expression has come to.
type place struct {
	path    string   // of members, as in JSON
	defined string   // where its members are defined: "Patient.contact", "HumanName"
	choice  []string // data types of an element [x] whose type is not chosen yet
}

// selected reads an expression: members, the data type of a choice, a condition on a
// member, and the type of what a reference names.
func (d *definitions) selected(typ, expression string) ([]element, error) {
	if found := someValue.FindStringSubmatch(expression); found != nil && found[1] == found[2] {
		elements, err := d.selected(typ, found[1])
		for i := range elements {
			elements[i].typ = exists
		}
		return elements, err
	}
	at, target := place{defined: typ}, ""
	for _, step := range steps(strings.TrimPrefix(strings.TrimPrefix(expression, typ), ".")) {
		var err error
		switch {
		case target != "":
			err = fmt.Errorf("%s behind a type", step)
		case memberName.MatchString(step):
			at, err = d.member(at, step)
		case typeChoice.MatchString(step):
			at, err = at.as(typeChoice.FindStringSubmatch(step)[1])
		case typeTest.MatchString(step):
			target = typeTest.FindStringSubmatch(step)[1]
		case valueTest.MatchString(step):
			found := valueTest.FindStringSubmatch(step)
			at.path += "[" + found[1] + "=" + found[2] + "]"
		default:
			err = fmt.Errorf("its FHIRPath expression has %s, which is not read", step)
		}
		if err != nil {
			return nil, err
		}
	}
	if at.choice == nil {
		return []element{{at.path, at.defined, target}}, nil
	}
	var elements []element
	for _, code := range at.choice {
		chosen, err := at.as(code)
		if err != nil {
			return nil, err
		}
		elements = append(elements, element{chosen.path, chosen.defined, target})
	}
	return elements, nil
}

// steps splits an expression at the dots that are not within parentheses.
func steps(expression string) []string {
	var all []string
	depth, begin := 0, 0
	for i, char := range expression {
		switch {
		case char == '(':
			depth++
		case char == ')':
			depth--
		case char == '.' && depth == 0:
			all, begin = append(all, expression[begin:i]), i+1
		}
	}
	if begin < len(expression) {
		all = append(all, expression[begin:])
	}
	return all
}

// member goes one member down.
func (d *definitions) member(at place, name string) (place, error) {
	if at.choice != nil {
		return place{}, fmt.Errorf("its FHIRPath expression has %s of an element of several types", name)
	}
	path := strings.TrimPrefix(at.path+"."+name, ".")
	defined := at.defined + "." + name
	if choice, ok := d.elements[defined+"[x]"]; ok {
		return place{path: path, defined: defined, choice: choice.types}, nil
	}
	e, ok := d.elements[defined]
	switch {
	case !ok:
		return place{}, fmt.Errorf("no element %s", defined)
	case e.content != "":
		return place{path: path, defined: e.content}, nil
	case len(e.types) == 1 && (e.types[0] == "BackboneElement" || e.types[0] == "Element"):
		return place{path: path, defined: defined}, nil
	case len(e.types) == 1:
		return place{path: path, defined: e.types[0]}, nil
	default:
		return place{}, fmt.Errorf("%s has %d types", defined, len(e.types))
	}
}

// as chooses the data type of an element. HL7 writes one of them with another case.
func (at place) as(typ string) (place, error) {
	if at.choice == nil && strings.EqualFold(at.defined, typ) {
		return at, nil
	}
	for _, code := range at.choice {
		if strings.EqualFold(code, typ) {
			return place{path: at.path + strings.ToUpper(code[:1]) + code[1:], defined: code}, nil
		}
	}
	return place{}, fmt.Errorf("%s is no %s", at.path, typ)
}
