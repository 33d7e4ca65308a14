package fhirsearch

// Element is where a parameter compares values, for tests.
type Element struct{ Path, Type, Target string }

// Elements are those of a parameter.
func (p *Parameter) Elements() []Element {
	elements := make([]Element, len(p.elements))
	for i, e := range p.elements {
		elements[i] = Element{e.path.String(), e.typ, e.target}
	}
	return elements
}
