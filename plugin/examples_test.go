package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
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

func TestTheExampleInYAMLFitsTheSchema(t *testing.T) {
	spec, p := packageSchema(t), readProject(t, "yaml")
	if len(p.Resources) == 0 || len(p.Outputs) == 0 {
		t.Fatal("want resources and outputs")
	}
	of := func(typ string) schema.ResourceSpec {
		resource, ok := spec.Resources[strings.Replace(typ, "smartlake:", typePrefix, 1)]
		if !ok {
			t.Errorf("no resource %s", typ)
		}
		return resource
	}
	for name, resource := range p.Resources {
		declared := of(resource.Type)
		assertFitsObject(t, spec, name, declared.InputProperties, declared.RequiredInputs, resource.Properties)
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
