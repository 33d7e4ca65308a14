package programs

import "strings"

func csharp(p program) string {
	var body []string
	for _, r := range p.resources {
		declared := "new Smartlake." + r.component + "(" + quoted(r.name) + ", " + csharpFields("new", r.inputs) + ");"
		if r.used {
			declared = "var " + r.name + " = " + declared
		}
		body = append(body, declared)
	}
	head := "using Pulumi;\nusing Smartlake = Pulumi.Smartlake;\n\n"
	if len(p.exports) > 0 {
		head = "using System.Collections.Generic;\n" + head
		var parts []string
		for _, one := range p.exports {
			parts = append(parts, "["+quoted(one.name)+"] = "+csharpValue(one.value))
		}
		body = append(body, "\n"+block("return new Dictionary<string, object?>\n{", parts, ",", "};", "    "))
	}
	text := block(head+"return await Deployment.RunAsync(() =>\n{", body, "", "});", "    ")
	return strings.ReplaceAll(text, "\n    \n", "\n\n") + "\n"
}

// csharpFields makes an object and sets its properties.
func csharpFields(made string, fields []field) string {
	var parts []string
	for _, one := range fields {
		parts = append(parts, upperFirst(one.name)+" = "+csharpValue(one.value))
	}
	if len(parts) == 0 {
		return made + "()"
	}
	return block(made+"()\n{", parts, ",", "}", "    ")
}

func csharpValue(v value) string {
	switch v.kind {
	case text:
		return quoted(v.text)
	case member:
		return "Smartlake." + v.typ + "." + upperFirst(v.text)
	case reference:
		return v.text + "." + upperFirst(v.output)
	case object:
		return csharpFields("new Smartlake.Inputs."+v.typ+"Args", v.fields)
	case dictionary:
		var parts []string
		for _, one := range v.fields {
			parts = append(parts, "["+quoted(one.name)+"] = "+csharpValue(one.value))
		}
		return block("new()\n{", parts, ",", "}", "    ")
	case list:
		items := each(v.items, csharpValue)
		if flat(v) {
			return "new() { " + strings.Join(items, ", ") + " }"
		}
		return block("new()\n{", items, ",", "}", "    ")
	default:
		return v.text
	}
}
