package fhirsearch

import "strings"

// prefix says how an ordered value is compared
// (https://hl7.org/fhir/R4/search.html#prefix).
type prefix string

// AWS lists every prefix of FHIR for HealthLake but ap.
const (
	eq prefix = "eq"
	ne prefix = "ne"
	gt prefix = "gt"
	lt prefix = "lt"
	ge prefix = "ge"
	le prefix = "le"
	sa prefix = "sa"
	eb prefix = "eb"
	ap prefix = "ap"
)

// prefixed takes the prefix off a value.
func (d Dialect) prefixed(parameter, value string) (prefix, string, error) {
	if len(value) < 2 || value[0] < 'a' || value[0] > 'z' {
		return eq, value, nil
	}
	switch p := prefix(value[:2]); p {
	case eq, ne, gt, lt, ge, le, sa, eb:
		return p, value[2:], nil
	case ap:
		if d.Lenient {
			return p, value[2:], nil
		}
		return "", "", unsupported(parameter, "%q: HealthLake does not support the prefix ap; it supports eq, ne, gt, lt, ge, le, sa, eb", value)
	default:
		return "", "", malformed(parameter, "%q: unknown prefix; must be one of eq, ne, gt, lt, ge, le, sa, eb, or none", value)
	}
}

// relation is how a range of values lies to the one that was asked for.
type relation struct {
	contained    bool // it is within that
	overlaps     bool
	endsAfter    bool
	beginsBefore bool
	beginsAfter  bool // all of it is behind that
	endsBefore   bool // all of it is before that
}

func (p prefix) holds(r relation) bool {
	switch p {
	case eq:
		return r.contained
	case ne:
		return !r.contained
	case gt:
		return r.endsAfter
	case lt:
		return r.beginsBefore
	case ge:
		return r.endsAfter || r.contained
	case le:
		return r.beginsBefore || r.contained
	case sa:
		return r.beginsAfter
	case eb:
		return r.endsBefore
	default:
		return r.overlaps
	}
}

// hasPlus reports whether a value may have lost a plus sign, which stands for a space in a
// query.
func hasPlus(value string) bool { return strings.Contains(value, " ") }
