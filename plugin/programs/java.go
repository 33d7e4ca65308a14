package programs

import (
	"slices"
	"strings"
)

func java(p program) string {
	imports := []string{"com.pulumi.Pulumi"}
	var body []string
	for _, r := range p.resources {
		imports = append(imports, "com.pulumi.smartlake."+r.component, "com.pulumi.smartlake."+r.component+"Args")
		declared := "new " + r.component + "(" + quoted(r.name) + ", " + javaBuilder(r.component, r.inputs) + ");"
		if r.used {
			declared = "var " + r.name + " = " + declared
		}
		body = append(body, declared)
	}
	for _, v := range p.values() {
		switch v.kind {
		case object:
			imports = append(imports, "com.pulumi.smartlake.inputs."+v.typ+"Args")
		case member:
			imports = append(imports, "com.pulumi.smartlake.enums."+v.typ)
		case dictionary:
			imports = append(imports, "java.util.Map")
		default: // of Java's own
		}
	}
	for _, one := range p.exports {
		body = append(body, "ctx.export("+quoted(one.name)+", "+javaValue(one.value)+");")
	}
	slices.Sort(imports)
	var head strings.Builder
	for _, one := range slices.Compact(imports) {
		head.WriteString("import " + one + ";\n")
	}
	run := block("Pulumi.run(ctx -> {", body, "", "});", "    ")
	main := block("public static void main(String[] args) {", []string{run}, "", "}", "    ")
	return block(head.String()+"\npublic class App {", []string{main}, "", "}", "    ") + "\n"
}

// javaBuilder is a chain of calls, one a line.
func javaBuilder(name string, fields []field) string {
	var calls []string
	for _, one := range fields {
		calls = append(calls, "."+one.name+"("+javaValue(one.value)+")")
	}
	return strings.TrimSuffix(block(name+"Args.builder()", append(calls, ".build()"), "", "", "    "), "\n")
}

func javaValue(v value) string {
	switch v.kind {
	case text:
		return quoted(v.text)
	case member:
		return v.typ + "." + upperFirst(v.text)
	case reference:
		return v.text + "." + v.output + "()"
	case object:
		return javaBuilder(v.typ, v.fields)
	case dictionary:
		var parts []string
		for _, one := range v.fields {
			parts = append(parts, quoted(one.name), javaValue(one.value))
		}
		return "Map.of(" + strings.Join(parts, ", ") + ")"
	case list: // a builder's method takes any number of items
		items := each(v.items, javaValue)
		if flat(v) {
			return strings.Join(items, ", ")
		}
		return "\n" + indented(strings.Join(items, ",\n"), "    ")
	default:
		return v.text
	}
}
