package fhirsearch

// together compares the parts of a composite parameter, which must match within one
// element.
type together []comparison

func (together) matches(any, string) bool { return false } // parts are compared apart

// together reads values of the parts, with a dollar sign between them.
func (d Dialect) together(p *Parameter, name, value string) (comparison, error) {
	parts := split(value, '$')
	if len(parts) != len(p.components) {
		return nil, malformed(name, "%q: must be %d values with $ between them; write a $ that is part of one as \\$", value, len(p.components))
	}
	var compared together
	for i, part := range parts {
		if part == "" {
			return nil, malformed(name, "%q: missing value beside $", value)
		}
		c, err := d.compare(&Parameter{Kind: p.components[i].kind, targets: []string{everyTarget}}, Key{Name: name}, part)
		if err != nil {
			return nil, err
		}
		compared = append(compared, c)
	}
	return compared, nil
}

func (c Criterion) matchesTogether(resource map[string]any) bool {
	for _, base := range c.parameter.bases {
		if base.each(resource, func(within any) bool {
			for _, alternative := range c.any {
				if parts, ok := alternative.(together); ok && c.parameter.holdsAll(within, parts) {
					return true
				}
			}
			return false
		}) {
			return true
		}
	}
	return false
}

func (p *Parameter) holdsAll(within any, parts together) bool {
	for i, part := range parts {
		if !eachOf(p.components[i].elements, within, part.matches) {
			return false
		}
	}
	return true
}
