package programs_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/plugin/programs"
)

func described(t *testing.T, source string) (string, error) {
	t.Helper()
	text, err := os.ReadFile("../schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	return programs.Description([]byte(source), programs.Package{
		Spec: spec,
		Arguments: map[tokens.Type]reflect.Type{
			"smartlake:index:LaunchContext":      reflect.TypeFor[components.LaunchContextArgs](),
			"smartlake:index:UserPoolPermission": reflect.TypeFor[components.UserPoolPermissionArgs](),
		},
		Outputs: map[tokens.Type]reflect.Type{
			"smartlake:index:LaunchContext":      reflect.TypeFor[components.LaunchContext](),
			"smartlake:index:UserPoolPermission": reflect.TypeFor[components.UserPoolPermission](),
		},
	})
}

const resources = `resources:
  context:
    type: smartlake:LaunchContext
    properties:
      patientAttribute: mrn
      tags: {team: records}
  permission:
    type: smartlake:UserPoolPermission
    properties:
      functionArn: ${context.functionArn}
      userPoolArn: arn
`

const valid = resources + `outputs:
  functionArn: ${context.functionArn}
`

func TestAProgramThatDoesNotFitTheSchemaIsRefused(t *testing.T) {
	for what, c := range map[string]struct{ old, by, want string }{
		"a component of another package": {"smartlake:LaunchContext", "aws:LaunchContext", `resources.context: type: "aws:LaunchContext": must be smartlake:<Component>`},
		"an unknown component":           {"smartlake:LaunchContext", "smartlake:Launcher", "resources.context: type: there is no component Launcher"},
		"an unknown property":            {"patientAttribute: mrn", "patient: mrn", "resources.context: patient: there is no such property"},
		"a missing property":             {"      userPoolArn: arn\n", "", "resources.permission: userPoolArn: missing"},
		"a number for text":              {"patientAttribute: mrn", "patientAttribute: 7", `resources.context: patientAttribute: "7": must be of type string`},
		"text for an object":             {"tags: {team: records}", "tags: records", `resources.context: tags: "records": must be of type object`},
		"a number in a map of text":      {"team: records", "team: 7", `resources.context: tags: team: "7": must be of type string`},
		"an unknown output":              {"functionArn: ${context.functionArn}\n      userPoolArn", "functionArn: ${context.arn}\n      userPoolArn", `resources.permission: functionArn: "${context.arn}": LaunchContext has no such output`},
		"an output of what comes later":  {"mrn\n      tags: {team: records}", "mrn\n      tags: {team: \"${permission.urn}\"}", `resources.context: tags: team: "${permission.urn}": no resource before it has this name`},
		"an output that must be known":   {"patientAttribute: mrn", "patientAttribute: ${context.functionArn}", "resources.context: patientAttribute: ${context.functionArn}: must be known, and an output is not"},
		"part of a text":                 {"outputs:\n  functionArn: ${context.functionArn}", "outputs:\n  functionArn: a ${context.functionArn}", `outputs.functionArn: "a ${context.functionArn}": must be ${resource.output}`},
		"an unknown value of an enum": {"patientAttribute: mrn", "function: {architecture: sparc}",
			`resources.context: function: architecture: "sparc": there is no such value of Architecture`},
		"a component without a type in Go": {"smartlake:LaunchContext", "smartlake:FrontDoor", "resources.context: type: there is no component FrontDoor"},
		"no resource":                      {resources + "outputs:", "outputs:", `outputs.functionArn: "${context.functionArn}": no resource before it has this name`},
	} {
		source := strings.Replace(valid, c.old, c.by, 1)
		if source == valid {
			t.Fatalf("%s: changes nothing", what)
		}
		if _, err := described(t, source); err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", what, err, c.want)
		}
	}
	if _, err := described(t, "[]"); err == nil || err.Error() != "must have resources, and outputs where they have some" {
		t.Errorf("an empty program: got %v", err)
	}
	if _, err := described(t, ""); err == nil || err.Error() != "must be one document" {
		t.Errorf("no document: got %v", err)
	}
}

func TestAProgramIsWrittenInEveryLanguage(t *testing.T) {
	text, err := described(t, valid)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"typescript", "python", "go", "csharp", "java", "yaml"} {
		if strings.Count(text, "\n```"+language+"\n") != 1 {
			t.Errorf("want one block of %s:\n%s", language, text)
		}
	}
	if !strings.Contains(text, "\n```yaml\n"+valid+"```\n") {
		t.Error("the program in YAML is not the given one")
	}
}
