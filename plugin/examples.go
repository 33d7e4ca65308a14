package main

import (
	"embed"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"

	"github.com/smartlake/pulumi-smartlake/plugin/programs"
)

// exampleFiles has a program in YAML for each component, under the component's name.
//
//go:embed examples/*.yaml
var exampleFiles embed.FS

// addExamples appends to the description of each component its example, in every language.
func addExamples(spec *schema.PackageSpec) error {
	for token, resource := range spec.Resources {
		name := strings.TrimPrefix(token, typePrefix)
		source, err := exampleFiles.ReadFile("examples/" + name + ".yaml")
		if err != nil {
			return err
		}
		example, err := programs.Description(source, programs.Package{Spec: *spec, Arguments: arguments, Outputs: outputs})
		if err != nil {
			return fmt.Errorf("examples/%s.yaml: %w", name, err)
		}
		resource.Description += "\n\n" + example
		spec.Resources[token] = resource
	}
	return nil
}
