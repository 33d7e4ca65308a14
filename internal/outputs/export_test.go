package outputs

// Names are the outputs that [Parse] requires.
func Names() []string {
	var names []string
	for _, f := range new(Outputs).fields() {
		names = append(names, f.name)
	}
	return names
}
