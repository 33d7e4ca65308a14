// Package localtest starts local clouds for tests, as net/http/httptest starts servers.
package localtest

import (
	"archive/zip"
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// Load reads a stack of this repository, with other values for some of its keys, and makes
// it run on this machine: with its functions, built for it, and its architecture.
func Load(ctx context.Context, name string, overrides map[string]string) (declared.Stack, error) {
	validator, err := machine.Validator.Archive(ctx, "", nil)
	if err != nil {
		return declared.Stack{}, err
	}
	trigger, err := machine.LaunchContext.Archive(ctx, "", nil)
	if err != nil {
		return declared.Stack{}, err
	}
	all := map[string]string{
		"function.archive": validator, "launchContext.function.archive": trigger, "function.architecture": machine.Architecture(),
	}
	maps.Copy(all, overrides)
	stack, err := declared.LoadStack(".", name, all)
	if err != nil {
		return declared.Stack{}, err
	}
	args, err := program.Arguments(stack.Project, stack.Config, stack.SecretKeys)
	if err != nil || args.FrontDoor == nil || args.FrontDoor.Function != nil && args.FrontDoor.Function.Archive != "" {
		return stack, err
	}
	door, err := machine.FrontDoor.Archive(ctx, "", nil)
	if err != nil {
		return declared.Stack{}, err
	}
	return stack, stack.Set("frontDoor.function.archive", door)
}

// Start runs a stack of this repository, with other values for some of its keys and
// options as edit leaves them, until the test ends.
func Start(t testing.TB, stack string, overrides map[string]string, edit func(*local.Options)) *local.Cloud {
	t.Helper()
	loaded, err := Load(t.Context(), stack, overrides)
	if err != nil {
		t.Fatal(err)
	}
	options := local.Options{Program: program.With(loaded.Config), Stack: loaded, FunctionLog: t.Output()}
	if edit != nil {
		edit(&options)
	}
	cloud, err := local.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	return cloud
}

// ScriptArchive is the path of a function's archive whose bootstrap is a script.
func ScriptArchive(t testing.TB, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "function.zip")
	file, err := os.Create(path) //nolint:gosec // in the test's own folder
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(entry, script); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
