package programs

import "strings"

func typescript(p program) string {
	parts := []string{`import * as smartlake from "@smartlake/pulumi";` + "\n"}
	for _, r := range p.resources {
		declared := "new smartlake." + r.component + `("` + r.name + `", ` + typescriptFields(r.inputs) + ");"
		if r.used {
			declared = "const " + r.name + " = " + declared
		}
		parts = append(parts, declared)
	}
	parts = append(parts, "")
	for _, one := range p.exports {
		parts = append(parts, "export const "+one.name+" = "+typescriptValue(one.value)+";")
	}
	return strings.TrimSpace(strings.Join(parts, "\n")) + "\n"
}

func typescriptFields(fields []field) string {
	var parts []string
	for _, one := range fields {
		parts = append(parts, one.name+": "+typescriptValue(one.value))
	}
	return block("{", parts, ",", "}", "    ")
}

func typescriptValue(v value) string {
	switch v.kind {
	case text, member: // an enum's type is that of its values
		return quoted(v.text)
	case reference:
		return v.text + "." + v.output
	case object, dictionary:
		return typescriptFields(v.fields)
	case list:
		items := each(v.items, typescriptValue)
		if flat(v) {
			return "[" + strings.Join(items, ", ") + "]"
		}
		return block("[", items, ",", "]", "    ")
	default:
		return v.text
	}
}
