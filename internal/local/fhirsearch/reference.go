package fhirsearch

import (
	"iter"
	"strings"
)

// uri compares URIs, and canonical URLs with or without their version.
type uri struct {
	text  string
	below bool // also what is below it
}

func (u uri) matches(value any, typ string) bool {
	found, _ := value.(string)
	if found == u.text {
		return true
	}
	if u.below && strings.HasPrefix(found, strings.TrimSuffix(u.text, "/")+"/") {
		return true
	}
	unversioned, _, versioned := strings.Cut(found, "|")
	return typ == "canonical" && versioned && unversioned == u.text
}

// reference compares what references name.
type reference struct {
	target     string // resource type; empty for any
	id         string // of a resource of this server
	url        string // anything else that may be named; empty with an id
	identifier *token
}

// reference reads "id", "Type/id", a URL, or with :identifier a token.
func (d Dialect) reference(p *Parameter, k Key, value string) (comparison, error) {
	if k.Modifier == "identifier" {
		identifier, err := d.token(&Parameter{}, Key{Name: k.Name + ":identifier"}, value)
		if err != nil {
			return nil, err
		}
		t, _ := identifier.(token)
		return reference{identifier: &t}, nil
	}
	text := d.relative(unescape(value))
	r := reference{target: k.Modifier}
	typ, id, typed := strings.Cut(text, "/")
	switch {
	case strings.Contains(text, ":") || strings.Count(text, "/") > 1 || len(p.elements) > 0 && p.elements[0].typ != "Reference":
		if k.Modifier != "" {
			return nil, malformed(k.Name+":"+k.Modifier, "%q: must be an id", value)
		}
		r.url = text
	case !typed:
		r.id = text
	case r.target != "" && r.target != typ:
		return nil, malformed(k.Name+":"+k.Modifier, "%q: must be an id of a %s", value, k.Modifier)
	case !p.MayName(typ):
		return nil, malformed(k.Name, "%q: must name %s", value, oneOf(p.targets))
	default:
		r.target, r.id = typ, id
	}
	if r.id == "" && r.url == "" {
		return nil, malformed(k.Name, "%q: missing id behind the type", value)
	}
	return r, nil
}

// relative makes a reference below one of the server's own URLs relative, and leaves off
// the version.
func (d Dialect) relative(text string) string {
	for _, base := range d.Bases {
		if rest, own := strings.CutPrefix(text, base); own {
			text = rest
			break
		}
	}
	if !strings.Contains(text, ":") {
		text, _, _ = strings.Cut(text, "/_history/")
	}
	return text
}

func oneOf(types []string) string {
	if len(types) == 1 && types[0] == everyTarget {
		return "a resource type of FHIR R4"
	}
	return strings.Join(types, " or ")
}

func (r reference) matches(value any, _ string) bool {
	object, isObject := value.(map[string]any)
	if r.identifier != nil {
		identifier, ok := object["identifier"].(map[string]any)
		return ok && r.identifier.matches(identifier, "Identifier")
	}
	if !isObject {
		return r.url != "" && uri{text: r.url}.matches(value, "canonical")
	}
	text, _ := object["reference"].(string)
	if r.url != "" {
		return text == r.url
	}
	typ, id, ok := LocalReference(text)
	return ok && id == r.id && (r.target == "" || r.target == typ)
}

// LocalReference takes a relative reference such as "Patient/1/_history/2" apart. It
// reports false for every other: a URL, a URN, a contained resource.
func LocalReference(text string) (typ, id string, ok bool) {
	typ, id, ok = strings.Cut(text, "/")
	id, _, _ = strings.Cut(id, "/_history/")
	return typ, id, ok && typ != "" && id != "" && !strings.ContainsAny(typ, ":#") && !strings.Contains(id, "/")
}

// namesType reports whether a reference names a resource of a type, wherever it is.
func namesType(value any, typ string) bool {
	object, _ := value.(map[string]any)
	if text, ok := object["reference"].(string); ok {
		text, _, _ = strings.Cut(text, "/_history/")
		path, _, _ := cutLast(text, "/")
		return path == typ || strings.HasSuffix(path, "/"+typ)
	}
	return object["type"] == typ
}

func cutLast(text, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return "", text, false
}

// References yields the resource type and the id of each resource of this server that the
// parameter's references name.
func (p *Parameter) References(resource map[string]any) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		p.each(resource, func(value any, _ string) bool {
			object, _ := value.(map[string]any)
			text, _ := object["reference"].(string)
			typ, id, ok := LocalReference(text)
			return ok && p.MayName(typ) && !yield(typ, id)
		})
	}
}
