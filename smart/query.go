package smart

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parameter is one search parameter of a filtered scope, decoded.
type Parameter struct {
	Name  string // a FHIR search parameter, perhaps with a modifier: "category", "code:in"
	Value string
}

// parseQuery reads the part of a scope behind "?".
func parseQuery(query string) ([]Parameter, error) {
	if query == "" {
		return nil, errors.New("want name=value behind the question mark")
	}
	parts := strings.Split(query, "&")
	parameters := make([]Parameter, 0, len(parts))
	for _, part := range parts {
		name, encoded, ok := strings.Cut(part, "=")
		if !ok || name == "" || encoded == "" {
			return nil, errors.New("want name=value, divided by &")
		}
		if err := checkName(name); err != nil {
			return nil, err
		}
		value, err := decodeValue(encoded)
		if err != nil {
			return nil, err
		}
		parameters = append(parameters, Parameter{name, value})
	}
	return parameters, nil
}

func checkName(name string) error {
	code, modifier, modified := strings.Cut(name, ":")
	switch {
	case strings.Contains(name, "."):
		return errors.New("HealthLake takes no chained parameter")
	case code == "_include" || code == "_revinclude" || code == "_has":
		return errors.New("HealthLake takes no _include, _revinclude or _has")
	case !isWord(code) || modified && !isWord(modifier):
		return errors.New("want a search parameter of letters, digits, - and _, with at most one modifier")
	}
	return nil
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
	case !isScopeText(encoded):
		return "", errors.New(`want printable ASCII in a value, with space, " and \ percent-encoded`)
	case err != nil:
		return "", errors.New("malformed percent-encoding in a value")
	case !utf8.ValidString(value):
		return "", errors.New("a value must be UTF-8")
	case strings.ContainsFunc(value, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }):
		return "", errors.New("a value must not hold white space or control characters")
	case strings.Contains(value, "$"):
		return "", errors.New("HealthLake takes no composite parameter")
	}
	return value, nil
}

func printQuery(parameters []Parameter) string {
	var text strings.Builder
	for i, parameter := range parameters {
		text.WriteByte("?&"[min(i, 1)])
		text.WriteString(parameter.Name)
		text.WriteByte('=')
		text.WriteString(strings.ReplaceAll(url.PathEscape(parameter.Value), "&", "%26"))
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
