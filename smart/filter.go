package smart

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parameter is one search parameter of a filtered scope, decoded.
type Parameter struct {
	Name  string // a search parameter of the scope's type: "category"
	Value string
}

// parseQuery reads the part of a scope of a resource type behind "?".
func parseQuery(typ, query string) ([]Parameter, error) {
	if query == "" {
		return nil, errors.New("must be <name>=<value> after the question mark")
	}
	parts := strings.Split(query, "&")
	parameters := make([]Parameter, 0, len(parts))
	for _, part := range parts {
		name, encoded, ok := strings.Cut(part, "=")
		if !ok || name == "" || encoded == "" {
			return nil, errors.New("must be <name>=<value>, separated by &")
		}
		if !isFilter(typ, name) {
			return nil, refuseFilter(typ, name)
		}
		value, err := decodeValue(encoded)
		if err != nil {
			return nil, err
		}
		parameters = append(parameters, Parameter{name, value})
	}
	return parameters, nil
}

// isFilter reports whether a scope of a resource type may be filtered by a search
// parameter: one that FHIR R4 defines for the type itself, neither composite nor
// special.
func isFilter(typ, name string) bool {
	parameters, _ := definitionOf(typ)
	return isWord(name) && strings.Contains(parameters, " "+name+" ")
}

// refuseFilter says why a search parameter is no filter of a type. What HealthLake does
// not know as one it may ignore, which would widen the grant. That is why nothing passes
// but what FHIR R4 defines for the type: not the parameters of every type (_id, _tag,
// _lastUpdated), because a server need not support them, and no modifier, because
// HealthLake's reading of a modifier in a scope is unverified on AWS.
func refuseFilter(typ, name string) error {
	code, _, modified := strings.Cut(name, ":")
	switch {
	case strings.Contains(name, "."):
		return errors.New("a filter cannot be a chained parameter; use a parameter of the type itself")
	case modified && isFilter(typ, code):
		return fmt.Errorf("a filter cannot have a modifier; use %s=<value>", code)
	default:
		return fmt.Errorf("%q cannot filter %s; use a search parameter that FHIR R4 defines for this type, except composite and special ones and those of every type such as _id", name, typ)
	}
}

func isWord(text string) bool {
	for _, c := range text {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return text != ""
}

// decodeValue undoes percent-encoding. A "+" stays a plus: a scope is no HTML form.
func decodeValue(encoded string) (string, error) {
	value, err := url.PathUnescape(encoded)
	switch {
	case strings.ContainsAny(encoded, "?="):
		return "", errors.New("a value must have ? and = percent-encoded (%3F, %3D)")
	case !isScopeText(encoded):
		return "", errors.New(`a value must be printable ASCII, with space, " and \ percent-encoded`)
	case err != nil:
		return "", errors.New("malformed percent-encoding in a value")
	case !utf8.ValidString(value):
		return "", errors.New("a value must be UTF-8")
	case strings.ContainsFunc(value, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }):
		return "", errors.New("a value must not hold white space or control characters")
	case strings.Contains(value, "$"):
		return "", errors.New("a value must not be composite (hold a $)")
	}
	return value, nil
}

// escapeSeparators encodes what url.PathEscape leaves as it is and a query cannot hold.
var escapeSeparators = strings.NewReplacer("&", "%26", "=", "%3D")

func printQuery(parameters []Parameter) string {
	var text strings.Builder
	for i, parameter := range parameters {
		text.WriteByte("?&"[min(i, 1)])
		text.WriteString(parameter.Name)
		text.WriteByte('=')
		text.WriteString(escapeSeparators.Replace(url.PathEscape(parameter.Value)))
	}
	return text.String()
}

// containsAll reports whether every parameter of want is among those of have.
// Search parameters narrow: more of them select less.
func containsAll(have, want []Parameter) bool {
	for _, parameter := range want {
		if !slices.Contains(have, parameter) {
			return false
		}
	}
	return true
}
