package reference

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// input is a key of a stack's configuration, or a member of one.
type input struct {
	path     string // clients[].name
	of       reflect.Type
	kind     string // in words
	fallback string // what it is where it is left out
	meaning  string
	members  []input
}

// inputs are the keys in the order of the fields, with all their members. A type whose
// members are described once is referred to where it occurs again.
func (d Documentation) inputs() []input {
	return d.members(reflect.TypeFor[components.SmartDatastoreArgs](), "", map[reflect.Type]string{})
}

// describe notes which groups the fields of a struct are the first to hold.
func describe(of reflect.Type, prefix string, described map[reflect.Type]string) {
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
		if group, _ := groupOf(field.Type); group != nil && name != "" && described[group] == "" {
			described[group] = prefix + name
		}
	}
}

func (d Documentation) members(of reflect.Type, prefix string, described map[reflect.Type]string) []input {
	describe(of, prefix, described)
	var found []input
	for _, field := range reflect.VisibleFields(of) {
		name, optional, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
		if name == "" {
			continue
		}
		doc := d.Types[of.Name()].Properties[name]
		one := input{path: prefix + name, of: field.Type, kind: d.kind(field.Type, doc.Enum), meaning: doc.Description}
		one.fallback = fallback(doc.Description)
		if optional == "" {
			one.fallback = "required"
		}
		if group, list := groupOf(field.Type); group != nil {
			below := one.path + "."
			if list {
				below = one.path + "[]."
			}
			if first := described[group]; first != one.path {
				one.kind += " with the members of `" + first + "`"
			} else {
				one.members = d.members(group, below, described)
			}
			if one.fallback == "" {
				one.fallback = "each member's"
			}
		}
		found = append(found, one)
	}
	return found
}

// groupOf is the struct that a field or the elements of its list hold, or nil.
func groupOf(of reflect.Type) (group reflect.Type, list bool) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		list = list || of.Kind() == reflect.Slice
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return nil, false
	}
	return of, list
}

var kinds = map[reflect.Type]string{
	reflect.TypeFor[pulumi.StringInput]():      "text",
	reflect.TypeFor[pulumi.BoolInput]():        "true or false",
	reflect.TypeFor[pulumi.IntInput]():         "whole number",
	reflect.TypeFor[pulumi.StringArrayInput](): "list of text",
	reflect.TypeFor[pulumi.StringMapInput]():   "object of text",
}

func (d Documentation) kind(of reflect.Type, enum string) string {
	if words, ok := kinds[of]; ok {
		return words
	}
	switch of.Kind() {
	case reflect.Pointer:
		return d.kind(of.Elem(), enum)
	case reflect.Slice:
		return "list of " + strings.Replace(d.kind(of.Elem(), enum), "object", "objects", 1)
	case reflect.Map:
		return "object of " + d.kind(of.Elem(), enum)
	case reflect.Struct:
		return "object"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "whole number"
	default:
		var values []string
		for _, value := range d.Enums[enum].Values {
			values = append(values, "`"+value.Value+"`")
		}
		if len(values) > 0 {
			return strings.Join(values, ", ")
		}
		return "text"
	}
}

var (
	inASentence   = regexp.MustCompile(`\b[Bb]y default ([^;:()]+?)(?:[;:(]|\.(?:\s|$)|, (?:which|and|with|cheaper))`)
	inParentheses = regexp.MustCompile("([\\w\"{}:. `]+?) \\(default[),:]")
	condition     = regexp.MustCompile("Required (for [^,.;]+)")
	lastWord      = regexp.MustCompile("[\\w`]+$")
)

// fallback is what a doc comment says of an input that is left out: "By default 60."
// or "OFF (default)".
func fallback(doc string) string {
	if match := inASentence.FindStringSubmatch(doc + " "); match != nil {
		return strings.TrimSpace(match[1])
	}
	if match := condition.FindStringSubmatch(doc); match != nil {
		return "required " + match[1]
	}
	if match := inParentheses.FindStringSubmatch(doc); match != nil {
		return lastWord.FindString(match[1])
	}
	return ""
}

// ConfigSection is the section "config" of Pulumi.yaml. A key that is not required has
// the default that the command line wants, empty or none; what it is then, the component
// decides.
func (d Documentation) ConfigSection() string {
	var text strings.Builder
	text.WriteString("config:\n")
	for _, one := range d.inputs() {
		fmt.Fprintf(&text, "  %s:\n", one.path)
		if one.fallback == "required" {
			text.WriteString("    # no default: required\n")
		} else if group, list := groupOf(one.of); group != nil && !list {
			text.WriteString("    default: none\n")
		} else {
			text.WriteString("    default: \"\"\n")
		}
		text.WriteString("    description: >-\n")
		meaning := sentence(one.kind) + ". " + strings.ReplaceAll(one.meaning, "\n\n", " ")
		if len(one.members) > 0 {
			meaning += " Members: " + strings.Join(names(one), ", ") + "."
		}
		for _, line := range wrapped(strings.ReplaceAll(meaning, "`", ""), 80) {
			text.WriteString("      " + line + "\n")
		}
	}
	return text.String()
}

// names are those of an input's members.
func names(of input) []string {
	var all []string
	for _, member := range of.members {
		all = append(all, member.path[strings.LastIndex(member.path, ".")+1:])
	}
	return all
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

const pageHead = `# Configuration reference

<!-- Written by "go run ./internal/reference/generate" from the doc comments of package components. -->

The keys of a stack are the inputs of ` + "`SmartDatastore`" + `, by name and shape. Set them in
` + "`Pulumi.<stack>.yaml`, as `smartlake:userPool: {mfa: \"ON\"}`, or with" + `
` + "`pulumi config set --path userPool.mfa ON`" + `. A key or member that does not exist is an error at
preview, and so is a value of the wrong type. A missing or empty key takes its default; an
object must not be empty: ` + "`alarms: {}` switches alarms on, `alarms:` is an error" + `. In a
default, ` + "`<name>` is `smart`" + ` for a stack. Two more keys belong to the providers:
` + "`aws:region` and `aws-native:region`" + `, which must be the same. [Configure a stack](../how-to/configure.md)
has examples.

"Would replace the datastore" means that preview refuses the change unless
` + "`allowDatastoreReplacement`" + ` is true.

`

// ConfigurationPage is docs/reference/configuration.md.
func (d Documentation) ConfigurationPage() string {
	var text strings.Builder
	text.WriteString(pageHead + "## Keys\n\n")
	keys := d.inputs()
	writeTable(&text, "key", keys)
	for _, key := range keys {
		if len(key.members) > 0 {
			fmt.Fprintf(&text, "\n## %s\n\n", key.path)
			writeTable(&text, "member", flat(key.members))
		}
	}
	return text.String()
}

func flat(inputs []input) []input {
	var all []input
	for _, one := range inputs {
		all = append(append(all, one), flat(one.members)...)
	}
	return all
}

func writeTable(text *strings.Builder, what string, rows []input) {
	fmt.Fprintf(text, "| %s | type | default | meaning |\n|---|---|---|---|\n", what)
	for _, row := range rows {
		name := "`" + row.path + "`"
		if what == "key" && len(row.members) > 0 {
			name = "[" + name + "](#" + strings.ToLower(row.path) + ")"
		}
		fmt.Fprintf(text, "| %s | %s | %s | %s |\n", name, cell(row.kind), cell(row.fallback), cell(row.meaning))
	}
}

// cell is text as a cell of a table in Markdown takes it.
func cell(text string) string {
	return strings.NewReplacer("\n\n", "<br>", "|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`).Replace(text)
}
