// Package runbooks_test goes through the runbooks as an operator with a local cloud does.
package runbooks_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/internal/packaging"
	"github.com/smartlake/pulumi-smartlake/tests/documents"
)

const (
	root = "../.." // of the repository, from this package
	// folder of the runbooks, and their index.
	folder = "docs/how-to/runbooks/"
	index  = folder + "README.md"
)

func runbooks(t *testing.T) []documents.Page {
	t.Helper()
	all, err := documents.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	var pages []documents.Page
	for _, page := range all {
		if strings.HasPrefix(page.Path, folder) {
			pages = append(pages, page)
		}
	}
	return pages
}

// TestTheRunbooksDoWhatTheySay types the commands of each runbook in an empty folder, and holds
// what they print against the page. Those that another suite runs name it.
func TestTheRunbooksDoWhatTheySay(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs of its own")
	}
	suites := map[string]bool{"tests/runbooks": true, "tests/engine": true}
	binary := ""
	for _, page := range runbooks(t) {
		steps, err := page.Steps()
		if err != nil {
			t.Errorf("%s: %v", page.Path, err)
		}
		if !suites[page.RunBy()] {
			t.Errorf("%s: steps: %q: must be tests/runbooks or tests/engine", page.Path, page.RunBy())
		}
		if page.RunBy() == "tests/engine" {
			assertNamed(t, page)
		}
		if err != nil || page.RunBy() != "tests/runbooks" {
			continue
		}
		if page.Path == index && len(steps) == 0 {
			continue
		}
		if binary == "" {
			binary = released(t)
		}
		t.Run(filepath.Base(page.Path), func(t *testing.T) {
			ran := 0
			reader := newReader(t, binary)
			for _, step := range steps {
				if step.NotRun != "" {
					t.Logf("%s is not run: %s", step.Where, step.NotRun)
					continue
				}
				if err := reader.Do(step); err != nil {
					t.Fatalf("%v\n%s", err, written(t, reader.folder))
				}
				ran += len(step.Lines)
			}
			if ran == 0 {
				t.Error("none of its commands was run")
			}
		})
	}
}

// assertNamed wants a test of the engine to read a page that leaves its steps to that suite.
func assertNamed(t *testing.T, page documents.Page) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "tests/engine", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), filepath.Base(page.Path)) {
			return
		}
	}
	t.Errorf("%s: no test of tests/engine reads it", page.Path)
}

// released builds the command line as a release does, with the functions in it: it needs no
// source where it runs.
func released(t *testing.T) string {
	t.Helper()
	replace := map[string]string{}
	platform := packaging.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}
	err := machine.Write(t.Context(), platform, nil, func(name, path string) error {
		carried, err := filepath.Abs(filepath.Join(root, "internal/local/machine", name))
		replace[carried] = path
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "smartlake")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-tags=carried", "-overlay="+file, "-ldflags=-s -w", "-o", binary, "./cmd/smartlake")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

type reader struct {
	*documents.Shell
	folder string
}

// newReader is a reader who has smartlake and the programs of the system, and no AWS account.
func newReader(t *testing.T, binary string) reader {
	t.Helper()
	home, project := t.TempDir(), t.TempDir()
	shell, err := documents.NewShell(t.Context(), project, t.TempDir(), []string{
		"HOME=" + home, "TMPDIR=" + t.TempDir(), "LC_ALL=C.UTF-8", "TERM=dumb",
		"PATH=" + filepath.Dir(binary) + ":/usr/bin:/bin",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shell.Close(); err != nil {
			t.Errorf("ending the reader's shell: %v", err)
		}
	})
	return reader{shell, project}
}

// written is what a failure is explained by: the ends of the logs that the reader's commands
// wrote.
func written(t *testing.T, project string) string {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(project, "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("--- " + filepath.Base(path) + "\n")
		all.Write(text[max(0, len(text)-4096):])
	}
	return all.String()
}

// TestEveryRunbookIsInTheirIndex wants a reader to find each by what happened.
func TestEveryRunbookIsInTheirIndex(t *testing.T) {
	text := ""
	for _, page := range runbooks(t) {
		if page.Path == index {
			text = page.Text
		}
	}
	if text == "" {
		t.Fatalf("%s: is not there", index)
	}
	for _, page := range runbooks(t) {
		if name := filepath.Base(page.Path); page.Path != index && !strings.Contains(text, "]("+name+")") {
			t.Errorf("%s: has no row for %s", index, name)
		}
	}
}
