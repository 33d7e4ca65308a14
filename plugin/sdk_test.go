package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gosdk "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// bound is the schema as Pulumi's generators of SDKs take it.
func bound(t *testing.T) *schema.Package {
	t.Helper()
	pkg, diagnostics, err := schema.BindSpec(packageSchema(t), schema.NewPluginLoader(nil), schema.ValidationOptions{})
	if err != nil || diagnostics.HasErrors() {
		t.Fatal(err, diagnostics)
	}
	return pkg
}

// sdks are what "pulumi package add" generates, by language.
var sdks = map[string]func(*schema.Package) (map[string][]byte, error){
	"nodejs": func(pkg *schema.Package) (map[string][]byte, error) {
		return nodejs.GeneratePackage("test", pkg, nil, nil, true, schema.NewPluginLoader(nil))
	},
	"python": func(pkg *schema.Package) (map[string][]byte, error) {
		return python.GeneratePackage("test", pkg, nil, schema.NewPluginLoader(nil))
	},
	"go": func(pkg *schema.Package) (map[string][]byte, error) { return gosdk.GeneratePackage("test", pkg, nil) },
}

// generate writes an SDK into a folder.
func generate(t *testing.T, language, folder string) {
	t.Helper()
	files, err := sdks[language](bound(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		at := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, files[path], 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheSDKsHaveTheNamesOfTheDocs(t *testing.T) {
	for language, want := range map[string]map[string]string{
		"nodejs": {"package.json": `"name": "@smartlake/pulumi"`, "smartDatastore.ts": "export class SmartDatastore extends pulumi.ComponentResource"},
		"python": {"pyproject.toml": `name = "pulumi_smartlake"`, "pulumi_smartlake/smart_datastore.py": "class SmartDatastore(pulumi.ComponentResource)"},
		"go":     {"smartlake/smartDatastore.go": "func NewSmartDatastore("},
	} {
		folder := t.TempDir()
		generate(t, language, folder)
		for path, part := range want {
			text, err := os.ReadFile(filepath.Join(folder, path))
			if err != nil || !strings.Contains(string(text), part) {
				t.Errorf("%s: %s: want %s: %v", language, path, part, err)
			}
		}
	}
}

// An argument is plain where the component must know it, and so are the groups around
// those that take outputs: these must take them all the same.
func TestTheSDKForTypeScriptTakesOutputsWhereTheComponentDoes(t *testing.T) {
	folder := t.TempDir()
	generate(t, "nodejs", folder)
	for path, parts := range map[string][]string{
		"smartDatastore.ts": {"clients: inputs.ClientArgs[];", "customDomain?: inputs.CustomDomainArgs;", "kmsKeyArn?: pulumi.Input<string | undefined>;"},
		"types/input.ts": {
			"callbackUrls?: pulumi.Input<pulumi.Input<string>[] | undefined>;", "emails?: pulumi.Input<string>[];", "scopes: string[];", "kind: enums.ClientKind;",
			"mfa?: enums.MFA;", "fhirUserTypes?: enums.FHIRUserType[];", "logLevel?: enums.LogLevel;",
		},
		"types/enums/index.ts": {
			`Service: "service",`, `SMART_ON_FHIR: "SMART_ON_FHIR",`, `OPTIONAL: "OPTIONAL",`, `X86_64: "x86_64",`, `Verified_email: "verified_email",`,
		},
		"types/output.ts": {"readRoleArn: string;", "dashboardName?: string;"},
	} {
		text, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s: want %s", path, part)
			}
		}
	}
}

func TestTheSDKForPythonCompiles(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3 to compile with")
	}
	folder := t.TempDir()
	generate(t, "python", folder)
	if out, err := exec.Command("python3", "-m", "compileall", "-q", folder).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The SDK for Go is a module of its own, which requires what this one does of Pulumi.
func TestTheSDKForGoCompiles(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module")
	}
	folder := t.TempDir()
	generate(t, "go", folder)
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sdk := strings.NewReplacer("module github.com/smartlake/pulumi-smartlake/plugin\n", "module github.com/smartlake/pulumi-smartlake/sdk/go\n",
			"replace github.com/smartlake/pulumi-smartlake => ..\n", "", "\tgithub.com/smartlake/pulumi-smartlake v0.0.0\n", "").Replace(string(text))
		if err := os.WriteFile(filepath.Join(folder, name), []byte(sdk), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "./...")
	build.Dir = folder
	build.Env = append(os.Environ(), "GOFLAGS=-mod=mod -trimpath", "GOPROXY=off", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
