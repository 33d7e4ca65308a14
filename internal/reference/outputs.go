package reference

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// Parts are the components whose outputs are one output of a whole, by its name.
func Parts() map[string]reflect.Type {
	return map[string]reflect.Type{
		"tokenValidator": reflect.TypeFor[components.TokenValidator](),
		"launchContext":  reflect.TypeFor[components.LaunchContext](),
		"frontDoor":      reflect.TypeFor[components.FrontDoor](),
		"bulkData":       reflect.TypeFor[components.BulkDataStore](),
	}
}

const outputsHead = `# Outputs

<!-- Written by "go run ./internal/reference/generate" from the doc comments of package components. -->

The outputs of a stack are the outputs of ` + "`SmartDatastore`" + `, by name and shape. Print one with
` + "`pulumi stack output <name>`; `--show-secrets`" + ` shows secrets too. The component in another
language has them as properties. A stack leaves out an output that is absent.
[Operations](../how-to/operations.md#change-the-discovery-document-of-a-live-datastore) uses
` + "`updateDatastoreCommand`, [bulk data](../how-to/bulk.md) the members of `bulkData`" + `.

## Outputs of a stack

`

var outputKinds = map[reflect.Type]string{
	reflect.TypeFor[pulumi.StringOutput]():         "text",
	reflect.TypeFor[pulumi.StringPtrOutput]():      "text",
	reflect.TypeFor[pulumi.StringArrayOutput]():    "list of text",
	reflect.TypeFor[pulumi.StringMapOutput]():      "object of text",
	reflect.TypeFor[pulumi.StringArrayMapOutput](): "object of lists of text",
	reflect.TypeFor[pulumi.MapOutput]():            "object",
}

// OutputsPage is docs/reference/outputs.md.
func (d Documentation) OutputsPage() string {
	var text, below strings.Builder
	text.WriteString(outputsHead)
	of, parts := reflect.TypeFor[components.SmartDatastore](), Parts()
	d.writeOutputs(&text, "output", "", of)
	for i := range of.NumField() {
		name := of.Field(i).Tag.Get("pulumi")
		if part, ok := parts[name]; ok {
			fmt.Fprintf(&below, "\n## %s\n\n", name)
			d.writeOutputs(&below, "member", name+".", part)
		}
	}
	return text.String() + below.String()
}

func (d Documentation) writeOutputs(text *strings.Builder, what, prefix string, of reflect.Type) {
	fmt.Fprintf(text, "| %s | type | meaning |\n|---|---|---|\n", what)
	for i := range of.NumField() {
		field := of.Field(i)
		name := field.Tag.Get("pulumi")
		if name == "" {
			continue
		}
		shown, kind := "`"+prefix+name+"`", outputKinds[field.Type]
		if _, part := Parts()[name]; part && prefix == "" {
			shown = "[" + shown + "](#" + strings.ToLower(name) + ")"
		}
		if field.Tag.Get("provider") == "secret" {
			kind += ", secret"
		}
		meaning, _, _ := strings.Cut(d.Types[of.Name()].Properties[name].Description, " In Go, ")
		fmt.Fprintf(text, "| %s | %s | %s |\n", shown, kind, cell(meaning))
	}
}
