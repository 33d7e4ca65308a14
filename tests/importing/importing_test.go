// Package importing_test acts as a platform team that imports the component: a module
// of its own, which gets this one as a module zip from a module proxy, and has its
// source in the module cache only.
package importing_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

const (
	modulePath = "github.com/smartlake/pulumi-smartlake"
	root       = "../.."
)

// version of nothing that is released. The go command takes what it once knew of a
// version for good, so it is another one for other files: see [versionOf].
var version string

func TestAnotherModuleImportsTheComponent(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program of its own")
	}
	team := newTeam(t)
	before := team.moduleFiles(t)

	team.run(t, "go", "vet", "./...")
	binary := filepath.Join(t.TempDir(), "consumer")
	team.run(t, "go", "build", "-o", binary, ".")
	team.run(t, "go", "test", "-count=1", "./...")

	team.runsItsProgram(t)

	if after := team.moduleFiles(t); after != before {
		t.Errorf("the team's go.mod and go.sum changed:\n%s\n--- before:\n%s", after, before)
	}
	for _, line := range strings.Split(team.run(t, "go", "version", "-m", binary), "\n") {
		if strings.Contains(line, "aws-lambda-go") || strings.Contains(line, "golang-jwt") {
			t.Errorf("the team's binary carries code of the function: %s", strings.TrimSpace(line))
		}
	}
}

// runsItsProgram tries and explains the team's program, with its two datastores.
func (t *team) runsItsProgram(test *testing.T) {
	test.Helper()
	for name, content := range map[string]string{
		"Pulumi.yaml": "name: platform\nruntime: go\n", "Pulumi.dev.yaml": "config:\n  aws:region: eu-west-2\n  aws-native:region: eu-west-2\n",
	} {
		if err := os.WriteFile(filepath.Join(t.dir, name), []byte(content), 0o644); err != nil {
			test.Fatal(err)
		}
	}
	smartlake := filepath.Join(test.TempDir(), "smartlake")
	run(test, root, os.Environ(), "go", "build", "-o", smartlake, "./cmd/smartlake")
	out := t.run(test, smartlake, "local", "--once", "--program", ".", "--name", "hospital")
	for _, want := range []string{" as client hospital-etl\n", "\n10 steps passed, and 2 requests were refused as expected.\n", "\nOf the program, these do not run here: datastore clinic.\n"} {
		if !strings.Contains(out, want) {
			test.Errorf("local lacks %q:\n%s", want, out)
		}
	}
	out = t.run(test, smartlake, "explain", "--program", ".")
	for _, want := range []string{"in stack dev (eu-west-2),", "\nDATASTORE clinic-dev\n", "\nDATASTORE hospital-dev\n", "\n  role               hospital-validator-read\n"} {
		if !strings.Contains(out, want) {
			test.Errorf("explain lacks %q:\n%s", want, out)
		}
	}
	unclear := exec.CommandContext(test.Context(), smartlake, "local", "--once", "--program", ".")
	unclear.Dir, unclear.Env = t.dir, t.env
	text, err := unclear.CombinedOutput()
	const want = "smartlake: --name: missing; the program declares 2 datastores, and the local cloud runs one of them: clinic, hospital\n"
	if err == nil || !strings.HasSuffix(string(text), want) {
		test.Errorf("without a name: got %v and %s", err, text)
	}
}

// team is a platform team with its module.
type team struct {
	dir   string
	cache string // of modules
	env   []string
}

// newTeam writes the team's module, which requires this one from a proxy in a folder.
// All other modules come from the machine's own module proxy, as they would for a team:
// the module cache holds only what builds have needed so far, and "go mod tidy" needs
// more. What the go command unpacks of ours is read-only, as the go command leaves it,
// and gone after the test.
func newTeam(t *testing.T) *team {
	t.Helper()
	proxy, dir := t.TempDir(), t.TempDir()
	version = versionOf(t, tracked(t))
	publish(t, proxy)
	setting := func(name string) string { return strings.TrimSpace(run(t, root, os.Environ(), "go", "env", name)) }
	cache := setting("GOMODCACHE")
	made := &team{dir: dir, cache: cache}
	made.env = append(os.Environ(),
		"GOPROXY=file://"+filepath.ToSlash(proxy)+","+setting("GOPROXY"),
		"GOFLAGS="+setting("GOFLAGS")+" -mod=mod", "GONOSUMDB="+strings.Trim(setting("GONOSUMDB")+","+modulePath, ","),
		"GONOPROXY=none", "GOPRIVATE=", "GOWORK=off",
		"XDG_CACHE_HOME="+t.TempDir(), "GOCACHE="+setting("GOCACHE"))
	forget := func() {
		unpacked := filepath.Join(cache, filepath.FromSlash(modulePath)+"@"+version)
		_ = filepath.WalkDir(unpacked, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				return os.Chmod(path, 0o755)
			}
			return err
		})
		downloads, _ := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(modulePath), "@v", version+".*"))
		for _, path := range append(downloads, unpacked) {
			if err := os.RemoveAll(path); err != nil {
				t.Error(err)
			}
		}
	}
	forget()
	t.Cleanup(forget)
	for _, file := range []string{"main.go", "main_test.go"} {
		copyFile(t, filepath.Join("testdata", "consumer", file+".txt"), filepath.Join(dir, file))
	}
	// The team starts from the same versions, whose checksums are known.
	copyFile(t, filepath.Join(root, "go.mod"), filepath.Join(dir, "go.mod"))
	copyFile(t, filepath.Join(root, "go.sum"), filepath.Join(dir, "go.sum"))
	made.run(t, "go", "mod", "edit", "-module=example.org/platform", "-require="+modulePath+"@"+version)
	made.run(t, "go", "mod", "tidy")
	made.env = append(made.env, "GOFLAGS="+setting("GOFLAGS")+" -mod=readonly")
	return made
}

// versionOf is a pseudo-version that follows from the files.
func versionOf(t *testing.T, files []modzip.File) string {
	t.Helper()
	sum := sha256.New()
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(root, file.Path()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", file.Path(), len(content), content)
	}
	return "v0.0.0-20000101000000-" + hex.EncodeToString(sum.Sum(nil))[:12]
}

// publish packs this module, as git tracks it, into a proxy.
func publish(t *testing.T, proxy string) {
	t.Helper()
	dir := filepath.Join(proxy, filepath.FromSlash(modulePath), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	if err := modzip.Create(file, module.Version{Path: modulePath, Version: version}, tracked(t)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(map[string]any{"Version": version, "Time": time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, version+".info"), info, 0o644); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(root, "go.mod"), filepath.Join(dir, version+".mod"))
}

// tracked lists the files that a release holds.
func tracked(t *testing.T) []modzip.File {
	t.Helper()
	var files []modzip.File
	paths := run(t, root, os.Environ(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	for path := range strings.SplitSeq(strings.TrimRight(paths, "\x00"), "\x00") {
		if nested(path) {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, path)); err == nil {
			files = append(files, onDisk(path))
		}
	}
	return files
}

// nested reports whether a path belongs to a module of its own below the root's.
func nested(path string) bool {
	for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(root, dir, "go.mod")); err == nil {
			return true
		}
	}
	return false
}

// onDisk is a file of this module, by its path there.
type onDisk string

func (f onDisk) Path() string                 { return string(f) }
func (f onDisk) Lstat() (os.FileInfo, error)  { return os.Lstat(filepath.Join(root, string(f))) }
func (f onDisk) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(root, string(f))) }

func (t *team) run(test *testing.T, command ...string) string {
	test.Helper()
	return run(test, t.dir, t.env, command...)
}

// moduleFiles are the team's go.mod and go.sum.
func (t *team) moduleFiles(test *testing.T) string {
	test.Helper()
	var text string
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(t.dir, name))
		if err != nil {
			test.Fatal(err)
		}
		text += string(content)
	}
	return text
}

func run(t *testing.T, dir string, env []string, command ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir, c.Env = dir, env
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return string(out)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
