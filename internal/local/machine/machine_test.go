package machine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/internal/packaging"
)

func TestABinaryThatCarriesAFunctionNeedsNoGoAndNoSource(t *testing.T) {
	home := t.TempDir()
	t.Chdir(t.TempDir())
	t.Setenv("PATH", "")
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	released := fstest.MapFS{"validator.zip": {Data: []byte("an archive")}}
	path, err := machine.Validator.ArchiveOf(t.Context(), released, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || string(content) != "an archive" || !strings.HasPrefix(path, filepath.Join(home, "cache", "smartlake", "validator-")) {
		t.Errorf("%s: %q, %v", path, content, err)
	}
}

func TestABinaryThatCarriesNoneBuildsFromTheFolderOrElseFromTheWorkingDirectory(t *testing.T) {
	if machine.Validator.Carried() {
		t.Fatal("a build of a test carries a function")
	}
	here, err := machine.Validator.Archive(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	if path, err := machine.Validator.Archive(t.Context(), elsewhere, nil); err != nil || path != here {
		t.Errorf("a folder without the source, run in a checkout: got %s, %v; want %s", path, err, here)
	}
	checkout, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(elsewhere)
	if path, err := machine.Validator.Archive(t.Context(), checkout, nil); err != nil || path != here {
		t.Errorf("a checkout, named from elsewhere: got %s, %v; want %s", path, err, here)
	}
	_, err = machine.LaunchContext.Archive(t.Context(), t.TempDir(), nil) // which nothing built before
	if !errors.Is(err, packaging.ErrNoSource) || !strings.HasSuffix(err.Error(), "A released smartlake carries its functions. This build makes them from source: run it in a checkout") {
		t.Errorf("no source anywhere: got %v", err)
	}
}
