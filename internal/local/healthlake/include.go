package healthlake

import (
	"slices"
	"strconv"
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
		return include{}, badParameter(name, "must be a resource type and a search parameter, such as Observation:subject, and may name the type of the reference behind them; got "+strconv.Quote(value))
	}
	if parts[1] == "*" {
		return include{}, notSupported(name, strconv.Quote(value)+": the local cloud includes by search parameters that are named")
	}
	p, err := fhirsearch.Find(parts[0], parts[1])
	if err != nil {
		return include{}, notSupported(name, err.Error())
	}
	if !includable(p) {
		return include{}, badParameter(name, strconv.Quote(value)+": "+parts[1]+" of "+parts[0]+" is no search parameter that compares references")
	}
	i := include{source: parts[0], parameter: p}
	if len(parts) == 3 {
		i.target = parts[2]
		if !p.MayName(i.target) {
			return include{}, badParameter(name, strconv.Quote(value)+": "+parts[1]+" of "+parts[0]+" names no "+i.target)
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
		err = badParameter("_include", strconv.Quote(value)+": must begin with "+s.typ+", which is searched")
	}
	s.includes = append(s.includes, i)
	return err
}

func (s *searchRequest) revinclude(value string) error {
	i, err := readInclude("_revinclude", value)
	if err == nil && (!i.parameter.MayName(s.typ) || i.target != "" && i.target != s.typ) {
		err = badParameter("_revinclude", strconv.Quote(value)+": names no "+s.typ+", which is searched")
	}
	s.revincludes = append(s.revincludes, i)
	return err
}

// included returns what the matches of a page refer to and what refers to them, as far as
// they were asked for and the token reaches it: an included resource is held against the
// scopes of its own type, as if it had been searched for. Each resource is there once.
func (m *memory) included(matches []match, g grant, asked searchRequest) ([]resource, error) {
	if len(asked.includes)+len(asked.revincludes) == 0 {
		return nil, nil
	}
	c := collection{names: map[string]bool{}, g: g, grants: map[string]grant{}}
	matched := map[string]bool{}
	for _, found := range matches {
		matched[found.resource.name()] = true
		c.names[found.resource.name()] = true
	}
	for _, i := range asked.includes {
		for _, found := range matches {
			if err := c.add(m.referred(i, found.resource)); err != nil {
				return nil, err
			}
		}
	}
	for _, i := range asked.revincludes {
		within, err := c.on(i.source)
		if err == nil {
			err = c.add(m.referring(i, asked.typ, matched, within))
		}
		if err != nil {
			return nil, err
		}
	}
	return c.resources, nil
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

// referring are the resources that refer to one of some, which are of a type, and that a
// grant may reach.
func (m *memory) referring(i include, to string, names map[string]bool, g grant) []resource {
	var found []resource
	if len(names) == 0 {
		return nil
	}
	for _, candidate := range m.current(i.source, g) {
		for typ, id := range i.parameter.References(candidate.resource) {
			if typ == to && names[typ+"/"+id] {
				found = append(found, candidate.resource)
				break
			}
		}
	}
	return found
}

// collection is what a token reaches of some resources, each once.
type collection struct {
	resources []resource
	names     map[string]bool // those in it, and those that must not be
	g         grant
	grants    map[string]grant // of the same request, by type
}

func (c *collection) add(found []resource) error {
	for _, one := range found {
		if c.names[one.name()] {
			continue
		}
		reached, err := c.reaches(one)
		if err != nil {
			return err
		}
		if reached {
			c.names[one.name()] = true
			c.resources = append(c.resources, one)
		}
	}
	return nil
}

// reaches reports whether the token's scopes let a resource be searched for.
func (c *collection) reaches(one resource) (bool, error) {
	on, err := c.on(one.typ())
	return err == nil && on.allows(one), err
}

// on is the grant of the same request on a type.
func (c *collection) on(typ string) (grant, error) {
	on, known := c.grants[typ]
	if !known {
		var err error
		if on, err = c.g.on(typ); err != nil {
			return grant{}, err
		}
		c.grants[typ] = on
	}
	return on, nil
}
