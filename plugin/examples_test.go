package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"gopkg.in/yaml.v3"
)

// examples is the folder of examples.
const examples = "../examples"

// project is what of a Pulumi.yaml is held against the schema.
type project struct {
	Packages  map[string]string `yaml:"packages"`
	Resources map[string]struct {
		Type       string         `yaml:"type"`
		Properties map[string]any `yaml:"properties"`
	} `yaml:"resources"`
	Outputs map[string]string `yaml:"outputs"`
}

func readProject(t *testing.T, language string) (p project) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, language, "Pulumi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// known are outputs of other resources in the examples, as AWS has them.
var known = map[string]string{
	"${context.functionArn}":      "arn:aws:lambda:us-east-1:123456789012:function:context:live",
	"${validator.readRoleName}":   "validator-read",
	"${validator.writeRoleName}":  "validator-write",
	"${validator.exportRoleName}": "validator-export",
}

// asKnown replaces what refers to an output by the value that the output will have.
func asKnown(t *testing.T, value any) any {
	t.Helper()
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = asKnown(t, member)
		}
	case []any:
		for i, element := range value {
			value[i] = asKnown(t, element)
		}
	case string:
		if strings.HasPrefix(value, "${") {
			if known[value] == "" {
				t.Fatalf("%s: say what it is", value)
			}
			return known[value]
		}
	}
	return value
}

// A released plugin constructs what the example in each component's description declares.
func TestEveryComponentTakesItsExample(t *testing.T) {
	for token, of := range packageSchema(t).Resources {
		t.Run(token, func(t *testing.T) {
			var p project
			if err := yaml.Unmarshal([]byte(exampleOf(t, of.Description, "yaml")), &p); err != nil {
				t.Fatal(err)
			}
			shown := false
			for _, one := range p.Resources {
				typ := strings.TrimPrefix(one.Type, "smartlake:")
				shown = shown || typePrefix+typ == token
				inputs := resource.NewPropertyMapFromMap(asKnown(t, one.Properties).(map[string]any))
				cloud, _, err := construct(t, typ, released(t), inputs)
				if err != nil {
					t.Error(err)
				} else if len(cloud.All(typePrefix+typ)) != 1 {
					t.Errorf("%s: nothing is declared", typ)
				}
			}
			if !shown {
				t.Error("the example has other components alone")
			}
		})
	}
}

// An SDK's own documentation has the example in its language, and in no other.
func TestEverySDKShowsTheExampleInItsLanguage(t *testing.T) {
	for language, c := range map[string]struct{ file, own string }{
		"nodejs": {"smartDatastore.ts", "new smartlake.SmartDatastore("},
		"python": {"pulumi_smartlake/smart_datastore.py", "ehr = smartlake.SmartDatastore("},
		"go":     {"smartlake/smartDatastore.go", "components.NewSmartDatastore("},
	} {
		folder := t.TempDir()
		generate(t, language, folder)
		text, err := os.ReadFile(filepath.Join(folder, c.file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), c.own) {
			t.Errorf("%s: %s: want %s", language, c.file, c.own)
		}
		for _, other := range []string{"new smartlake.SmartDatastore(", "ehr = smartlake.SmartDatastore(", "components.NewSmartDatastore(", "Deployment.RunAsync", "Pulumi.run(", "type: smartlake:"} {
			if other != c.own && strings.Contains(string(text), other) {
				t.Errorf("%s: %s has %s", language, c.file, other)
			}
		}
	}
}

func TestEveryExampleNamesThePlugin(t *testing.T) {
	for _, language := range []string{"typescript", "python", "yaml"} {
		if got := readProject(t, language).Packages[packageName]; got != "github.com/smartlake/pulumi-smartlake/plugin" {
			t.Errorf("%s: packages: got %q", language, got)
		}
	}
}

var (
	interpolation = regexp.MustCompile(`^\$\{(.+)\}$`)
	output        = regexp.MustCompile(`^\$\{(\w+)\.(\w+)\}$`)
)

// Those of the documents and of the schema are held against it too.
func TestEveryProgramInYAMLFitsTheSchema(t *testing.T) {
	spec := packageSchema(t)
	for _, one := range programsIn(t, "yaml") {
		t.Run(one.where, func(t *testing.T) {
			var p project
			if err := yaml.Unmarshal([]byte(one.text), &p); err != nil {
				t.Fatal(err)
			}
			if len(p.Resources) == 0 {
				t.Fatal("want resources")
			}
			assertProgramFits(t, spec, p)
		})
	}
}

func assertProgramFits(t *testing.T, spec schema.PackageSpec, p project) {
	t.Helper()
	of := func(typ string) schema.ResourceSpec {
		declared, ok := spec.Resources[strings.Replace(typ, "smartlake:", typePrefix, 1)]
		if !ok {
			t.Errorf("no resource %s", typ)
		}
		return declared
	}
	for name, one := range p.Resources {
		declared := of(one.Type)
		assertFitsObject(t, spec, name, declared.InputProperties, declared.RequiredInputs, one.Properties)
	}
	for name, value := range p.Outputs {
		parts := output.FindStringSubmatch(value)
		if parts == nil {
			t.Errorf("outputs.%s: %s is no output of a resource", name, value)
			continue
		}
		if _, ok := of(p.Resources[parts[1]].Type).Properties[parts[2]]; !ok {
			t.Errorf("outputs.%s: no output %s", name, parts[2])
		}
	}
}

func assertFitsObject(
	t *testing.T, spec schema.PackageSpec, path string, properties map[string]schema.PropertySpec, required []string, given map[string]any,
) {
	t.Helper()
	for _, name := range required {
		if _, ok := given[name]; !ok {
			t.Errorf("%s.%s: missing", path, name)
		}
	}
	for name, value := range given {
		if property, ok := properties[name]; ok {
			assertFits(t, spec, path+"."+name, property.TypeSpec, value)
		} else {
			t.Errorf("%s.%s: there is no such property", path, name)
		}
	}
}

func assertFits(t *testing.T, spec schema.PackageSpec, path string, of schema.TypeSpec, given any) {
	t.Helper()
	if text, ok := given.(string); ok && interpolation.MatchString(text) {
		return // of another value
	}
	if token, ok := strings.CutPrefix(of.Ref, "#/types/"); ok {
		declared := spec.Types[token]
		if len(declared.Enum) == 0 {
			members, ok := given.(map[string]any)
			if !ok {
				t.Errorf("%s: %v: want an object", path, given)
			}
			assertFitsObject(t, spec, path, declared.Properties, declared.Required, members)
			return
		}
		for _, value := range declared.Enum {
			if value.Value == given {
				return
			}
		}
		t.Errorf("%s: %v: must be one of %v", path, given, declared.Enum)
		return
	}
	fits := false
	switch given := given.(type) {
	case []any:
		if fits = of.Items != nil; fits {
			for _, element := range given {
				assertFits(t, spec, path, *of.Items, element)
			}
		}
	case map[string]any:
		if fits = of.AdditionalProperties != nil; fits {
			for name, member := range given {
				assertFits(t, spec, path+"."+name, *of.AdditionalProperties, member)
			}
		}
	case string:
		fits = of.Type == "string"
	case int:
		fits = of.Type == "integer" || of.Type == "number"
	case bool:
		fits = of.Type == "boolean"
	}
	if !fits {
		t.Errorf("%s: %v: want %s", path, given, of.Type)
	}
}
