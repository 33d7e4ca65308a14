package programs

import (
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
)

func pythonProgram(p program) string {
	parts := []string{"import pulumi_smartlake as smartlake\n"}
	if len(p.exports) > 0 {
		parts = append([]string{"import pulumi"}, parts...)
	}
	for _, r := range p.resources {
		declared := block("smartlake."+r.component+"(\n    "+quoted(r.name)+",", pythonArguments(r.inputs), ",", ")", "    ")
		if r.used {
			declared = python.PyName(r.name) + " = " + declared
		}
		parts = append(parts, declared)
	}
	parts = append(parts, "")
	for _, one := range p.exports {
		parts = append(parts, "pulumi.export("+quoted(one.name)+", "+pythonValue(one.value)+")")
	}
	return strings.TrimSpace(strings.Join(parts, "\n")) + "\n"
}

func pythonArguments(fields []field) []string {
	var parts []string
	for _, one := range fields {
		parts = append(parts, python.PyName(one.name)+"="+pythonValue(one.value))
	}
	return parts
}

func pythonValue(v value) string {
	switch v.kind {
	case text:
		return quoted(v.text)
	case member:
		return "smartlake." + v.typ + "." + strings.ToUpper(python.PyName(v.text))
	case reference:
		return python.PyName(v.text) + "." + python.PyName(v.output)
	case object:
		return block("smartlake."+v.typ+"Args(", pythonArguments(v.fields), ",", ")", "    ")
	case dictionary:
		var parts []string
		for _, one := range v.fields {
			parts = append(parts, quoted(one.name)+": "+pythonValue(one.value))
		}
		return block("{", parts, ",", "}", "    ")
	case list:
		items := each(v.items, pythonValue)
		if flat(v) {
			return "[" + strings.Join(items, ", ") + "]"
		}
		return block("[", items, ",", "]", "    ")
	default:
		return upperFirst(v.text) // True, False or a number
	}
}
