package main

import (
	"os"
	"path/filepath"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// schemaFrom is the schema of a plugin that Pulumi runs from a folder.
func schemaFrom(t *testing.T, folder string) schema.PackageSpec {
	t.Helper()
	served, err := newProvider(withoutArchives)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := served.Handshake(t.Context(), provider.HandshakeRequest{RootDirectory: &folder}); err != nil {
		t.Fatal(err)
	}
	spec, err := provider.GetSchema(t.Context(), packageName, version, served)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestSourceHasTheVersionThatPulumiFetchedItAs(t *testing.T) {
	const source, foreign = "module github.com/smartlake/pulumi-smartlake/plugin\n", "module example.org/app\n"
	for folder, c := range map[string]struct{ module, want string }{
		"resource-github.com_smartlake_pulumi-smartlake.git_plugin-v1.2.3":                 {source, "1.2.3"},
		"resource-github.com_smartlake_pulumi-smartlake.git_plugin-v1.2.3/plugin":          {source, "1.2.3"},
		"resource-github.com_smartlake_pulumi-smartlake.git_plugin-v0.0.0-x0a1b2c3/plugin": {source, "0.0.0-x0a1b2c3"},
		"checkout/plugin":                 {source, "0.0.0-dev"},
		"resource-smartlake-vx/plugin":    {source, "0.0.0-dev"},
		"resource-smartlake-v1.2.3/other": {foreign, "0.0.0-dev"},
	} {
		at := filepath.Join(t.TempDir(), folder)
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at, "go.mod"), []byte(c.module), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := schemaFrom(t, at).Version; got != c.want {
			t.Errorf("%s: got version %s, want %s", folder, got, c.want)
		}
	}
}

func TestAReleasedPluginHasTheVersionItWasBuiltWith(t *testing.T) {
	built := version
	t.Cleanup(func() { version = built })
	version = "1.2.3"
	if got := schemaFrom(t, t.TempDir()).Version; got != "1.2.3" {
		t.Errorf("got version %s", got)
	}
}
