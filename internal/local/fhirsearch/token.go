package fhirsearch

import "strings"

// token compares codes, with or without a system.
type token struct {
	system    string
	code      string // empty for any of the system
	anySystem bool
	text      *text // compares the words instead
}

// token reads "code", "system|code", "|code" or "system|".
func (d Dialect) token(p *Parameter, k Key, value string) (comparison, error) {
	if k.Modifier == "text" {
		words := d.text(Key{}, value)
		return token{text: &words}, nil
	}
	parts := split(value, '|')
	switch {
	case len(parts) > 2:
		return nil, malformed(k.Name, "%q: must be a code, or a system, a bar and a code; write a bar that is part of them as \\|", value)
	case value == "|":
		return nil, malformed(k.Name, "%q: missing code; set one before or behind the bar", value)
	}
	t := token{code: unescape(parts[len(parts)-1]), anySystem: len(parts) == 1}
	if len(parts) == 2 {
		t.system = unescape(parts[0])
	}
	if len(p.elements) > 0 && onlyTrueOrFalse(p.elements) && t.code != "true" && t.code != "false" {
		return nil, malformed(k.Name, "%q: must be true or false", value)
	}
	return t, nil
}

func onlyTrueOrFalse(elements []element) bool {
	for _, e := range elements {
		if e.typ != "boolean" && e.typ != exists {
			return false
		}
	}
	return true
}

func (t token) matches(value any, typ string) bool {
	switch typ {
	case "CodeableConcept":
		return t.matchesConcept(value)
	case "Coding":
		object, _ := value.(map[string]any)
		return t.is(object, "code", "display")
	case "Identifier":
		object, _ := value.(map[string]any)
		kind, _ := object["type"].(map[string]any)
		return t.is(object, "value", "") || t.text != nil && t.text.isMember(kind, "text")
	case "ContactPoint":
		object, _ := value.(map[string]any)
		return t.is(object, "value", "")
	default:
		return t.isPlain(value)
	}
}

func (t token) matchesConcept(value any) bool {
	concept, _ := value.(map[string]any)
	if t.text != nil && t.text.isMember(concept, "text") {
		return true
	}
	codings, _ := concept["coding"].([]any)
	for _, value := range codings {
		coding, _ := value.(map[string]any)
		if t.is(coding, "code", "display") {
			return true
		}
	}
	return false
}

// is compares an object with a system and a code, in a member of some name.
func (t token) is(object map[string]any, member, display string) bool {
	if t.text != nil {
		return t.text.isMember(object, display)
	}
	code, coded := object[member].(string)
	system, _ := object["system"].(string)
	return (coded && code == t.code || t.code == "") && (t.anySystem || system == t.system)
}

// isPlain compares a code, a text or a boolean, which have no system.
func (t token) isPlain(value any) bool {
	if t.text != nil || !t.anySystem && t.system != "" {
		return false
	}
	switch value := value.(type) {
	case string:
		return value == t.code
	case bool:
		return t.code == map[bool]string{true: "true", false: "false"}[value]
	default:
		return false
	}
}

// text compares words.
type text struct {
	value    string
	contains bool
	exact    bool
	fold     bool // without regard to case
}

// text reads words. AWS says that HealthLake compares strings with regard to case, which
// FHIR does without.
func (d Dialect) text(k Key, value string) text {
	t := text{value: unescape(value), contains: k.Modifier == "contains", exact: k.Modifier == "exact", fold: d.Lenient}
	if t.fold && !t.exact {
		t.value = strings.ToLower(t.value)
	}
	return t
}

func (t text) is(words string) bool {
	switch {
	case t.exact:
		return words == t.value
	case t.fold:
		words = strings.ToLower(words)
	}
	if t.contains {
		return strings.Contains(words, t.value)
	}
	return strings.HasPrefix(words, t.value)
}

func (t text) isMember(object map[string]any, member string) bool {
	switch value := object[member].(type) {
	case string:
		return t.is(value)
	case []any:
		for _, item := range value {
			if words, ok := item.(string); ok && t.is(words) {
				return true
			}
		}
	}
	return false
}

// partsOf are the members of a data type that are words.
var partsOf = map[string][]string{
	"HumanName": {"family", "given", "prefix", "suffix", "text"},
	"Address":   {"city", "country", "district", "line", "postalCode", "state", "text"},
}

func (t text) matches(value any, typ string) bool {
	if words, ok := value.(string); ok {
		return t.is(words)
	}
	object, _ := value.(map[string]any)
	for _, member := range partsOf[typ] {
		if t.isMember(object, member) {
			return true
		}
	}
	return false
}
