package programs

import "strings"

// Description is a program in every language, as the description of a component in a
// schema has its example: a generator of an SDK keeps the block of its language.
func Description(source []byte, pkg Package) (string, error) {
	p, err := parse(source, pkg)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("## Example Usage\n\n<!--Start PulumiCodeChooser -->\n")
	for _, one := range languages {
		out.WriteString(fenced(one, p))
	}
	out.WriteString("<!--End PulumiCodeChooser -->\n")
	return out.String(), nil
}

// Chooser is a program in every language, as a page of the Pulumi Registry has it.
func Chooser(source []byte, pkg Package) (string, error) {
	p, err := parse(source, pkg)
	if err != nil {
		return "", err
	}
	var names []string
	var blocks strings.Builder
	for _, one := range languages {
		names = append(names, one.name)
		blocks.WriteString("{{% choosable language " + one.name + " %}}\n\n" + fenced(one, p) + "\n{{% /choosable %}}\n")
	}
	return "{{< chooser language \"" + strings.Join(names, ",") + "\" >}}\n\n" + blocks.String() + "\n{{< /chooser >}}\n", nil
}

func fenced(in language, p program) string {
	return "```" + in.name + "\n" + strings.TrimSpace(in.write(p)) + "\n```\n"
}
