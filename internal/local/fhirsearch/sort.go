package fhirsearch

import (
	"cmp"
	"strings"
)

// maxRules is how many parameters HealthLake sorts by.
const maxRules = 5

// Order sorts resources by the values of search parameters.
type Order []rule

type rule struct {
	parameter  *Parameter
	descending bool
}

// SortKey is a value that resources are sorted by. It goes into the token of a page.
type SortKey struct {
	Missing bool    `json:"missing,omitempty"`
	Text    string  `json:"text,omitempty"`
	Number  float64 `json:"number,omitempty"`
}

// ParseOrder reads the value of _sort: up to five parameters, each with a minus for the
// descending order. HealthLake sorts by no element that is within another one.
func ParseOrder(typ, value string) (Order, error) {
	words := strings.Split(value, ",")
	if len(words) > maxRules {
		return nil, unsupported("_sort", "%q: HealthLake supports up to %d sort rules", value, maxRules)
	}
	var order Order
	for _, word := range words {
		name, descending := strings.CutPrefix(word, "-")
		key, err := ParseKey(name)
		if err != nil || key.Modifier != "" || name == "" {
			return nil, malformed("_sort", "%q: must be search parameters of %s, with commas between them", word, typ)
		}
		p, err := Find(typ, name)
		if err != nil {
			return nil, unsupported("_sort", "%v", err)
		}
		if reason := p.unsorted(); reason != "" {
			return nil, unsupported("_sort", "%q: HealthLake does not sort by %s", word, reason)
		}
		order = append(order, rule{p, descending})
	}
	return order, nil
}

// unsorted says why HealthLake does not sort by a parameter.
func (p *Parameter) unsorted() string {
	if p.Kind == Composite {
		return "composite parameters"
	}
	for _, e := range p.elements {
		nested := len(e.path) > 1 && e.path[0].member != "meta" || partsOf[e.typ] != nil
		if nested {
			return "a parameter of a nested element, such as " + e.path.String()
		}
	}
	return ""
}

// Keys are the values of a resource that it is sorted by. Of several it is the one that
// comes first.
func (o Order) Keys(resource map[string]any) []SortKey {
	keys := make([]SortKey, len(o))
	for i, r := range o {
		keys[i] = SortKey{Missing: true}
		r.parameter.each(resource, func(value any, typ string) bool {
			if key, ok := sortKey(value, typ, r.parameter.Kind); ok && (keys[i].Missing || r.compare(key, keys[i]) < 0) {
				keys[i] = key
			}
			return false
		})
	}
	return keys
}

// Compare puts keys in order: negative if the first come first.
func (o Order) Compare(a, b []SortKey) int {
	for i, r := range o {
		if by := r.compare(a[i], b[i]); by != 0 {
			return by
		}
	}
	return 0
}

// compare puts what has no value last, in both directions.
func (r rule) compare(a, b SortKey) int {
	if a.Missing || b.Missing {
		switch {
		case a.Missing == b.Missing:
			return 0
		case a.Missing:
			return 1
		default:
			return -1
		}
	}
	by := cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text))
	if r.descending {
		return -by
	}
	return by
}

func sortKey(value any, typ string, kind Kind) (SortKey, bool) {
	switch kind {
	case Date:
		p, ok := periodOf(value, typ)
		return SortKey{Text: p.begin.UTC().Format("2006-01-02T15:04:05.000000000")}, ok
	case Number, Quantity:
		if object, ok := value.(map[string]any); ok {
			value = object["value"]
		}
		number, ok := ratOf(value)
		if !ok {
			return SortKey{}, false
		}
		float, _ := number.Float64()
		return SortKey{Number: float}, true
	default:
		text, ok := sortText(value)
		return SortKey{Text: text}, ok
	}
}

// sortText is the code, the value or the reference that a value is.
func sortText(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case bool:
		return map[bool]string{true: "true", false: "false"}[value], true
	case map[string]any:
		codings, _ := value["coding"].([]any)
		for _, coding := range codings {
			if text, ok := sortText(coding); ok {
				return text, true
			}
		}
		for _, member := range []string{"code", "value", "reference", "text"} {
			if text, ok := value[member].(string); ok {
				return text, true
			}
		}
	}
	return "", false
}
