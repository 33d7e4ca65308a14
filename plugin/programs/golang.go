package programs

import (
	"fmt"
	"go/format"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const componentsPath = "github.com/smartlake/pulumi-smartlake/components"

// goProgram uses the components themselves: names and types are those of the structs.
func goProgram(p program) string {
	var body []string
	known := false // is there a variable err already?
	for _, r := range p.resources {
		name, assign := "_", "="
		if r.used {
			name = r.name
		}
		if r.used || !known {
			assign, known = ":=", true
		}
		arguments := goStruct("&", p.pkg.Arguments[r.token], r.inputs)
		body = append(body, fmt.Sprintf("%s, err %s components.New%s(ctx, %q, %s)", name, assign, r.component, r.name, arguments),
			"if err != nil {\n\treturn err\n}")
	}
	for _, one := range p.exports {
		body = append(body, "ctx.Export("+quoted(one.name)+", "+one.value.text+"."+fieldOf(one.value.outputs, one.value.output).Name+")")
	}
	head := "package main\n\nimport (\n\t\"github.com/pulumi/pulumi/sdk/v3/go/pulumi\"\n\n\t\"" + componentsPath + "\"\n)\n\n"
	run := block("pulumi.Run(func(ctx *pulumi.Context) error {", append(body, "return nil"), "", "})", "\t")
	text := block(head+"func main() {", []string{run}, "", "}", "\t") + "\n"
	formatted, err := format.Source([]byte(text))
	if err != nil {
		return text // which the test that compiles it refuses
	}
	return string(formatted)
}

// fieldOf is the field of a struct that the schema knows by a name.
func fieldOf(of reflect.Type, name string) reflect.StructField {
	for _, field := range reflect.VisibleFields(of) {
		if tag, _, _ := strings.Cut(field.Tag.Get("pulumi"), ","); tag == name {
			return field
		}
	}
	return reflect.StructField{Name: name} // which no program compiles with
}

func goStruct(open string, of reflect.Type, fields []field) string {
	var parts []string
	for _, one := range fields {
		member := fieldOf(of, one.name)
		parts = append(parts, member.Name+": "+goValue(member.Type, one.value))
	}
	return block(open+of.String()+"{", parts, ",", "}", "\t")
}

// goValue writes a value as the type in Go wants it.
func goValue(of reflect.Type, v value) string {
	switch {
	case v.kind == reference:
		return v.text + "." + fieldOf(v.outputs, v.output).Name
	case of == reflect.TypeFor[pulumi.StringInput]():
		return "pulumi.String(" + quoted(v.text) + ")"
	case of == reflect.TypeFor[pulumi.StringArrayInput]():
		return "pulumi.ToStringArray([]string{" + strings.Join(each(v.items, func(item value) string { return quoted(item.text) }), ", ") + "})"
	case of == reflect.TypeFor[pulumi.StringMapInput]():
		var parts []string
		for _, one := range v.fields {
			parts = append(parts, quoted(one.name)+": pulumi.String("+quoted(one.value.text)+")")
		}
		return block("pulumi.StringMap{", parts, ",", "}", "\t")
	case v.kind == object && of.Kind() == reflect.Pointer:
		return goStruct("&", of.Elem(), v.fields)
	case v.kind == object:
		return goStruct("", of, v.fields)
	case of.Kind() == reflect.Pointer:
		return "new(" + goValue(of.Elem(), v) + ")"
	case v.kind == list:
		items := each(v.items, func(item value) string {
			return strings.TrimPrefix(goValue(of.Elem(), item), of.Elem().String()) // which the list says
		})
		if flat(v) {
			return of.String() + "{" + strings.Join(items, ", ") + "}"
		}
		return block(of.String()+"{", items, ",", "}", "\t")
	case v.kind == scalar:
		return v.text
	default: // a string, or a type of strings, of which a constant is one
		return quoted(v.text)
	}
}
