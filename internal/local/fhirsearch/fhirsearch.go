// Package fhirsearch compares FHIR R4 resources with search parameters, as HL7 defines
// them and as far as AWS documents that HealthLake compares them
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-fhir-search-parameters.html).
//
//	criterion, err := fhirsearch.Dialect{}.Parse("Observation", "date", "ge2026-01")
//	found := criterion.Matches(resource) // a decoded JSON object
//
// Which parameters a type has, and which elements they compare, is generated from HL7's
// SearchParameter resources (definition.go, by internal/fhirtables). A parameter is read
// once for a request; a resource is compared without reading any text of a table.
//
// Every parameter that R4 defines for a type is either compared or refused with a reason
// ([Parameter.Refused]); so is every modifier and every prefix. Nothing is left out of a
// comparison silently.
//
// The package knows nothing of grants, pages and stores.
package fhirsearch

import (
	"fmt"
	"slices"
	"strings"
)

// Refusal is why a search is not done.
type Refusal struct {
	Text        string // names the parameter
	Unsupported bool   // it is FHIR, but not done here; else it is malformed
}

func (r *Refusal) Error() string { return r.Text }

func malformed(parameter, format string, values ...any) error {
	return &Refusal{Text: parameter + ": " + fmt.Sprintf(format, values...)}
}

func unsupported(parameter, format string, values ...any) error {
	return &Refusal{Text: parameter + ": " + fmt.Sprintf(format, values...), Unsupported: true}
}

// Dialect is how parameters are read. The zero value reads them as AWS documents HealthLake.
type Dialect struct {
	// Bases are the URLs of the server itself, each with a slash at its end. A reference
	// below one of them is the relative reference.
	Bases []string

	// Lenient takes what FHIR defines and AWS documents as not supported: the prefix ap, and
	// strings without regard to case.
	Lenient bool
}

// Criterion is a search parameter of a request, with its values.
type Criterion struct {
	parameter *Parameter
	not       bool // true for what matches none of the alternatives
	missing   missing
	any       []comparison // alternatives
}

// Narrow reports whether few resources are likely to match, and quickly told: those that
// refer to another one, or have an id.
func (c Criterion) Narrow() bool {
	return (c.parameter.Kind == Reference || c.parameter.Name == "_id") && !c.not && c.missing == notAsked
}

// missing says whether a criterion asks for the lack of a value.
type missing int

const (
	notAsked missing = iota
	wantMissing
	wantPresent
)

// comparison compares a value of a data type.
type comparison interface {
	matches(value any, typ string) bool
}

// Matches reports whether a resource has a value that matches. The resource must be of the
// type that the criterion was read for.
func (c Criterion) Matches(resource map[string]any) bool {
	switch {
	case c.missing != notAsked:
		return c.parameter.hasValue(resource) == (c.missing == wantPresent)
	case c.parameter.Kind == Composite:
		return c.matchesTogether(resource)
	default:
		return c.parameter.each(resource, c.matchesValue) != c.not
	}
}

func (c Criterion) matchesValue(value any, typ string) bool {
	for _, alternative := range c.any {
		if alternative.matches(value, typ) {
			return true
		}
	}
	return false
}

// Key is the name of a search parameter in a request, taken apart.
type Key struct{ Name, Modifier string }

// ParseKey reads a name such as "subject:Patient". It refuses chained parameters.
func ParseKey(key string) (Key, error) {
	name, modifier, _ := strings.Cut(key, ":")
	switch {
	case name == "_has":
		return Key{}, unsupported(key, "the local cloud does not search by reverse chaining, which HealthLake does; search the other type first")
	case strings.Contains(key, "."):
		return Key{}, unsupported(key, "the local cloud does not search by chained parameters, which HealthLake does; search the other type first")
	case modifier == "" && strings.Contains(key, ":"):
		return Key{}, malformed(key, "missing modifier behind the colon")
	}
	return Key{name, modifier}, nil
}

// Parse reads a parameter of a search for resources of a type: the name with its
// modifier, and the value, which may list alternatives. The error is a [Refusal].
func (d Dialect) Parse(typ, key, value string) (Criterion, error) {
	k, err := ParseKey(key)
	if err != nil {
		return Criterion{}, err
	}
	p, err := Find(typ, k.Name)
	if err != nil {
		return Criterion{}, err
	}
	if err := p.accepts(k.Modifier); err != nil {
		return Criterion{}, err
	}
	c := Criterion{parameter: p, not: k.Modifier == "not"}
	if k.Modifier == "missing" {
		switch value {
		case "true":
			c.missing = wantMissing
		case "false":
			c.missing = wantPresent
		default:
			return Criterion{}, malformed(key, "%q: must be true or false", value)
		}
		return c, nil
	}
	for _, alternative := range split(value, ',') {
		if alternative == "" {
			return Criterion{}, malformed(key, "missing value; set one, or leave the parameter out")
		}
		compare, err := d.compare(p, k, alternative)
		if err != nil {
			return Criterion{}, err
		}
		c.any = append(c.any, compare)
	}
	return c, nil
}

// compare reads one alternative.
func (d Dialect) compare(p *Parameter, k Key, text string) (comparison, error) {
	switch p.Kind {
	case Token:
		return d.token(p, k, text)
	case String:
		return d.text(k, text), nil
	case Date:
		return d.date(k.Name, text)
	case Number:
		return d.number(k.Name, text)
	case Quantity:
		return d.quantity(k.Name, text)
	case Reference:
		return d.reference(p, k, text)
	case URI:
		return uri{text: unescape(text), below: k.Modifier == "below"}, nil
	default:
		return d.together(p, k.Name, text)
	}
}

// modifiers are those that AWS lists for HealthLake, by the kind of the parameter. The type
// of a reference, as in subject:Patient, is one besides: AWS's list does not have it, but
// its example of a chained parameter does.
var modifiers = map[Kind][]string{
	Token:     {"missing", "not", "text"},
	String:    {"contains", "exact", "missing"},
	Date:      {"missing"},
	Number:    {"missing"},
	Quantity:  {"missing"},
	Reference: {"identifier", "missing"},
	URI:       {"below", "missing"},
}

// accepts refuses a modifier that the parameter does not have.
func (p *Parameter) accepts(modifier string) error {
	known := modifiers[p.Kind]
	switch {
	case modifier == "" || slices.Contains(known, modifier):
		return nil
	case p.Kind == Reference && p.MayName(modifier):
		return nil
	case len(known) == 0:
		return unsupported(p.Name+":"+modifier, "HealthLake supports no modifier of a %s", p.Kind)
	}
	text := "HealthLake does not support this modifier of a " + string(p.Kind) + "; it supports :" + strings.Join(known, ", :")
	if p.Kind == Reference {
		text += ", and the type of the reference"
	}
	return unsupported(p.Name+":"+modifier, "%s", text)
}
