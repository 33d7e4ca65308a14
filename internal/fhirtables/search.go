package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unsupported are the parameters that AWS lists as not supported by HealthLake, by HL7's
// ids
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-fhir-search-parameters.html).
var unsupported = []string{
	"Bundle-composition", "Bundle-identifier", "Bundle-message", "Bundle-timestamp", "Bundle-type", "Consent-source-reference",
	"Contract-patient", "Location-near", "Resource-content", "Resource-query",
}

const (
	reasonUnsupported = "HealthLake does not support it"
	reasonNarrative   = "the local cloud does not search narratives"
)

// everyTarget stands for all resource types.
const everyTarget = "*"

// searchTable holds a line for each search parameter of a type, with the parts name, kind,
// elements, targets and what is left out. The elements of one that is refused are an
// exclamation mark and the reason.
func (d *definitions) searchTable() (string, error) {
	for _, id := range unsupported {
		if !d.has(id) {
			return "", fmt.Errorf("no search parameter %q, which HealthLake does not support", id)
		}
	}
	var text bytes.Buffer
	text.WriteString("package fhirsearch\n\n" +
		"// definition is, for each resource type, a line for each of its search parameters:\n" +
		"// name, kind, elements, targets and what the comparison leaves out, with tabs between\n" +
		"// them. " + everyType + " stands for the parameters of every type. readTable reads it.\n" +
		"var definition = map[string]string{\n")
	for _, typ := range append([]string{everyType}, d.types...) {
		if len(d.parameters[typ]) == 0 {
			continue
		}
		fmt.Fprintf(&text, "\t%q: `", typ)
		for n, name := range slices.Sorted(maps.Keys(d.parameters[typ])) {
			p := d.parameters[typ][name]
			fields := []string{name, p.Type, "", strings.Join(d.targets(p), " "), ""}
			elements, leftOut, err := d.line(typ, p)
			if err != nil {
				elements = "!" + err.Error()
			}
			fields[2], fields[4] = elements, strings.Join(leftOut, ", ")
			text.WriteString(strings.Repeat("\n", min(n, 1)) + strings.TrimRight(strings.Join(fields, "\t"), "\t"))
		}
		text.WriteString("`,\n")
	}
	text.WriteString("}\n")
	return text.String(), nil
}

func (d *definitions) has(id string) bool {
	for _, p := range d.byURL {
		if p.ID == id {
			return true
		}
	}
	return false
}

// line says what a parameter compares in resources of a type. The error is why it is
// refused.
func (d *definitions) line(typ string, p searchParameter) (elements string, leftOut []string, err error) {
	switch {
	case slices.Contains(unsupported, p.ID):
		return "", nil, errors.New(reasonUnsupported)
	case p.ID == "DomainResource-text":
		return "", nil, errors.New(reasonNarrative)
	case p.Type == "composite":
		elements, err = d.composite(typ, p)
		return elements, nil, err
	}
	found, leftOut, err := d.compared(typ, p.Type, p.Expression)
	return written(found), leftOut, err
}

func written(elements []element) string {
	var words []string
	for _, e := range elements {
		word := e.path + ":" + e.typ
		if e.target != "" {
			word += ">" + e.target
		}
		words = append(words, word)
	}
	return strings.Join(words, ",")
}

// composite says what a composite parameter compares: the elements that hold its parts,
// a dot for the resource, and each part with its kind, behind bars.
func (d *definitions) composite(typ string, p searchParameter) (string, error) {
	var bases []string
	var within string // where the parts are defined; the same for every base
	for part := range strings.SplitSeq(p.Expression, "|") {
		part = strings.TrimSpace(part)
		if part != typ && !strings.HasPrefix(part, typ+".") {
			continue
		}
		at := place{defined: typ}
		for _, step := range steps(strings.TrimPrefix(strings.TrimPrefix(part, typ), ".")) {
			var err error
			if at, err = d.member(at, step); err != nil {
				return "", err
			}
		}
		base := at.path
		if base == "" {
			base = "."
		}
		bases, within = append(bases, base), at.defined
	}
	text := strings.Join(bases, ",")
	for _, component := range p.Component {
		part, known := d.byURL[component.Definition]
		if !known {
			return "", fmt.Errorf("no search parameter %s", component.Definition)
		}
		var qualified []string
		for expression := range strings.SplitSeq(component.Expression, "|") {
			qualified = append(qualified, within+"."+strings.TrimSpace(expression))
		}
		found, _, err := d.compared(within, part.Type, strings.Join(qualified, "|"))
		if err != nil {
			return "", err
		}
		text += "|" + part.Type + "=" + written(found)
	}
	return text, nil
}

// targets are the resource types that a reference may name.
func (d *definitions) targets(p searchParameter) []string {
	if p.Type != "reference" {
		return nil
	}
	known := slices.DeleteFunc(slices.Clone(p.Target), func(typ string) bool { return !slices.Contains(d.types, typ) })
	if len(known) >= len(d.types)-1 { // all, or all but Parameters
		return []string{everyTarget}
	}
	slices.Sort(known)
	return known
}

// subsetTable holds what is left of a resource in a summary.
func (d *definitions) subsetTable() (string, error) {
	var text bytes.Buffer
	text.WriteString("package fhirsearch\n\n" +
		"// subsets are, for each resource type, the elements that it must have, and behind a\n" +
		"// semicolon those that are part of a summary, without those within a data type.\n" +
		"var subsets = map[string]string{\n")
	for _, typ := range d.types {
		var mandatory, summary []string
		for _, path := range slices.Sorted(maps.Keys(d.elements)) {
			below, ok := strings.CutPrefix(path, typ+".")
			if !ok {
				continue
			}
			e := d.elements[path]
			names := d.names(below, e)
			if e.mandatory && !strings.Contains(below, ".") {
				mandatory = append(mandatory, names...)
			}
			if e.summary {
				summary = append(summary, names...)
			}
		}
		fmt.Fprintf(&text, "\t%q: %q,\n", typ, strings.Join(mandatory, " ")+";"+strings.Join(summary, " "))
	}
	text.WriteString("}\n")
	return text.String(), nil
}

// names are the members that an element may be in JSON.
func (d *definitions) names(path string, e elementDefinition) []string {
	stem, choice := strings.CutSuffix(path, "[x]")
	if !choice {
		return []string{path}
	}
	var names []string
	for _, code := range e.types {
		names = append(names, stem+strings.ToUpper(code[:1])+code[1:])
	}
	return names
}
