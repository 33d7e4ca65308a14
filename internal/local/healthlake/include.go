package healthlake

import (
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// include is a reference that is followed from what was found, or to it.
type include struct {
	source    string // resource type that has the reference
	parameter *fhirsearch.Parameter
	target    string // the only resource type that it is followed to; empty for any
}

// readInclude reads "Observation:subject" or "Observation:subject:Patient".
func readInclude(name, value string) (include, error) {
	parts := strings.Split(value, ":")
	if len(parts) < 2 || len(parts) > 3 || !smart.IsResourceType(parts[0]) || len(parts) == 3 && !smart.IsResourceType(parts[2]) {
		return include{}, badParameter(name, "must be a resource type and a search parameter, such as Observation:subject, and may name the type of the reference behind them; got "+quoted(value))
	}
	if parts[1] == "*" {
		return include{}, notSupported(name, quoted(value)+": the local cloud includes by search parameters that are named")
	}
	p, err := fhirsearch.Find(parts[0], parts[1])
	if err != nil {
		return include{}, notSupported(name, err.Error())
	}
	if !includable(p) {
		return include{}, badParameter(name, quoted(value)+": "+parts[1]+" of "+parts[0]+" is no search parameter that compares references")
	}
	i := include{source: parts[0], parameter: p}
	if len(parts) == 3 {
		i.target = parts[2]
		if !p.MayName(i.target) {
			return include{}, badParameter(name, quoted(value)+": "+parts[1]+" of "+parts[0]+" names no "+i.target)
		}
	}
	return i, nil
}

// includable reports whether a parameter compares references that can be followed.
func includable(p *fhirsearch.Parameter) bool {
	return p.Kind == fhirsearch.Reference && slices.Contains(p.Types(), "Reference")
}

func (s *searchRequest) include(value string) error {
	i, err := readInclude("_include", value)
	if err == nil && i.source != s.typ {
		err = badParameter("_include", quoted(value)+": must begin with "+s.typ+", which is searched")
	}
	s.includes = append(s.includes, i)
	return err
}

func (s *searchRequest) revinclude(value string) error {
	i, err := readInclude("_revinclude", value)
	if err == nil && (!i.parameter.MayName(s.typ) || i.target != "" && i.target != s.typ) {
		err = badParameter("_revinclude", quoted(value)+": names no "+s.typ+", which is searched")
	}
	s.revincludes = append(s.revincludes, i)
	return err
}

// included returns what the matches of a page refer to and what refers to them, as far as
// they were asked for and the token reaches it: an included resource is held against the
// scopes of its own type, as if it had been searched for. Each resource is there once.
func (m *memory) included(matches []match, g grant, asked searchRequest) ([]resource, error) {
	there := map[string]bool{}
	for _, found := range matches {
		there[found.resource.name()] = true
	}
	matched := there
	there = make(map[string]bool, len(matched))
	var included []resource
	grants := elsewhere{g: g, types: map[string]grant{}}
	add := func(found resource) error {
		if name := found.name(); !matched[name] && !there[name] {
			reaches, err := grants.allow(found)
			if err != nil {
				return err
			}
			if reaches {
				there[name], included = true, append(included, found)
			}
		}
		return nil
	}
	for _, i := range asked.includes {
		for _, found := range matches {
			for _, referred := range m.referred(i, found.resource) {
				if err := add(referred); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, i := range asked.revincludes {
		for _, referring := range m.referring(i, asked.typ, matched) {
			if err := add(referring); err != nil {
				return nil, err
			}
		}
	}
	return included, nil
}

// referred are the resources that one refers to.
func (m *memory) referred(i include, from resource) []resource {
	var found []resource
	for typ, id := range i.parameter.References(from) {
		if i.target != "" && typ != i.target {
			continue
		}
		if versions := m.versions(typ, id); exists(versions) {
			found = append(found, versions[len(versions)-1].resource)
		}
	}
	return found
}

// referring are the resources that refer to one of some, which are of a type.
func (m *memory) referring(i include, to string, names map[string]bool) []resource {
	var found []resource
	if len(names) == 0 {
		return nil
	}
	for _, candidate := range m.current(i.source, 0) {
		for typ, id := range i.parameter.References(candidate.resource) {
			if typ == to && names[typ+"/"+id] {
				found = append(found, candidate.resource)
				break
			}
		}
	}
	return found
}

// elsewhere are the grants of the same request on other types.
type elsewhere struct {
	g     grant
	types map[string]grant
}

// allow reports whether the token's scopes let a resource be searched for.
func (e *elsewhere) allow(found resource) (bool, error) {
	typ := found.typ()
	on, known := e.types[typ]
	if !known {
		var err error
		if on, err = e.g.on(typ); err != nil {
			return false, err
		}
		e.types[typ] = on
	}
	return on.allows(found), nil
}
