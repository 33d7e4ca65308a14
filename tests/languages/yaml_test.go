package languages_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi-yaml/pkg/pulumiyaml"
	"github.com/pulumi/pulumi-yaml/pkg/pulumiyaml/codegen"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// loader has this repository's package and no other.
type loader struct{ pkg *schema.Package }

func (l loader) LoadPackage(string, *semver.Version) (*schema.Package, error) { return l.pkg, nil }

func (l loader) LoadPackageV2(context.Context, *schema.PackageDescriptor) (*schema.Package, error) {
	return l.pkg, nil
}

func (l loader) LoadPackageReference(string, *semver.Version) (schema.PackageReference, error) {
	return l.pkg.Reference(), nil
}

func (l loader) LoadPackageReferenceV2(context.Context, *schema.PackageDescriptor) (schema.PackageReference, error) {
	return l.pkg.Reference(), nil
}

// TestPulumisLanguageHostForYAMLTakesTheExamples has it load each program, check its types
// against the schema and bind it.
func TestPulumisLanguageHostForYAMLTakesTheExamples(t *testing.T) {
	pkg, diagnostics, err := schema.BindSpec(packageSchema(t), nil, schema.ValidationOptions{})
	if err != nil || diagnostics.HasErrors() {
		t.Fatal(err, diagnostics)
	}
	files, err := filepath.Glob(filepath.Join(root, "plugin", "examples", "*.yaml"))
	if err != nil || len(files) != len(pkg.Resources) {
		t.Fatalf("got %d examples of %d components: %v", len(files), len(pkg.Resources), err)
	}
	for _, file := range append(files, filepath.Join(root, "examples", "yaml", "Pulumi.yaml")) {
		t.Run(strings.TrimPrefix(filepath.ToSlash(file), root+"/"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			template, found, err := pulumiyaml.LoadYAMLBytes(file, text)
			if err != nil || found.HasErrors() {
				t.Fatal(err, found)
			}
			if _, bound, err := codegen.EjectProgram(template, loader{pkg}); err != nil || bound.HasErrors() {
				t.Error(err, bound)
			}
		})
	}
}
