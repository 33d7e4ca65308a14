// Package release_test builds a release for one platform, as a tag would.
package release_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const version = "v0.0.1-test.1"

// checkout is a repository of its own with one commit: what git tracks here, with an
// entry for the version in its change log.
func checkout(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "checkout")
	for path := range strings.SplitSeq(strings.TrimRight(run(t, root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00"), "\x00") {
		info, err := os.Stat(filepath.Join(root, path))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, path), string(content), info.Mode().Perm())
	}
	log := read(t, filepath.Join(to, "CHANGELOG.md"))
	write(t, filepath.Join(to, "CHANGELOG.md"), strings.Replace(string(log), "# Changelog\n", "# Changelog\n\n## "+version+" (for a test)\n\nIt is built.\n", 1), 0o644)
	run(t, to, "git", "init", "--quiet", "--initial-branch=main")
	commit(t, to)
	return to
}

// commit gives everything in the folder one time, so that two checkouts are the same.
func commit(t *testing.T, dir string) {
	t.Helper()
	run(t, dir, "git", "add", "--all")
	run(t, dir, "env", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z", "git", "-c", "user.name=Test", "-c", "user.email=test@example.org",
		"commit", "--quiet", "--message=A release", "--date=2026-01-02T03:04:05Z", "--author=Test <test@example.org>")
}

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir, command.Stderr = dir, &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, stderr.String())
	}
	return string(out)
}

// release runs the script for one platform, with a user's cache of its own for the
// archives, and wants the checkout left as it was.
func release(t *testing.T, checkout, dist string, env ...string) (string, error) {
	t.Helper()
	goCache := strings.TrimSpace(run(t, checkout, "go", "env", "GOCACHE"))
	command := exec.CommandContext(t.Context(), filepath.Join(checkout, "build", "scripts", "release"), version, dist)
	command.Env = slices.Concat(os.Environ(), []string{
		"RELEASE_PLATFORMS=linux/amd64", "XDG_CACHE_HOME=" + t.TempDir(), "GOCACHE=" + goCache, "TMPDIR=" + temporary(t),
	}, env)
	out, err := command.CombinedOutput()
	if left := run(t, checkout, "git", "status", "--porcelain"); left != "" {
		t.Errorf("the checkout is left changed:\n%s", left)
	}
	return string(out), err
}

// temporary is a folder that must be empty in the end.
func temporary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	return dir
}

func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		files[entry.Name()] = read(t, filepath.Join(dir, entry.Name()))
	}
	return files
}

var archives = []string{
	"front-door-arm64.zip", "front-door-x86_64.zip", "launch-context-arm64.zip", "launch-context-x86_64.zip", "validator-arm64.zip", "validator-x86_64.zip",
}

// skipUnlessAsked keeps a release, which compiles everything with settings of its own,
// out of a newcomer's first run of the tests.
func skipUnlessAsked(t *testing.T) {
	t.Helper()
	if os.Getenv("SMARTLAKE_TEST_RELEASE") == "" {
		t.Skip("builds a release, which takes minutes: set SMARTLAKE_TEST_RELEASE=1")
	}
}

func TestAReleaseIsWholeAndTheSameInEveryFolder(t *testing.T) {
	skipUnlessAsked(t)
	first, second := checkout(t), checkout(t)
	dist, again := filepath.Join(first, "dist"), filepath.Join(t.TempDir(), "again")
	if out, err := release(t, first, dist); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files := filesOf(t, dist)
	names := slices.Sorted(maps.Keys(files))
	want := slices.Concat([]string{"RELEASE-NOTES.md", "SHA256SUMS", archives[0], archives[1], "front-door.sbom.cdx.json", archives[2], archives[3],
		"launch-context.sbom.cdx.json",
		"pulumi-resource-smartlake-" + version + "-linux-amd64.tar.gz", "pulumi-resource-smartlake.sbom.cdx.json",
		"smartlake-image-" + version + ".tar", "smartlake-image.sbom.cdx.json",
		"smartlake-" + version + "-linux-amd64.tar.gz", "smartlake.sbom.cdx.json"}, archives[4:], []string{"validator.sbom.cdx.json"})
	if !slices.Equal(names, want) {
		t.Fatalf("got  %q\nwant %q", names, want)
	}
	assertSums(t, files)
	if got := string(files["RELEASE-NOTES.md"]); got != "It is built.\n" {
		t.Errorf("the notes are %q", got)
	}
	assertBinaries(t, files)
	assertMaterials(t, files)
	assertImage(t, files["smartlake-image-"+version+".tar"])

	if out, err := release(t, second, again); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, content := range filesOf(t, again) {
		if !bytes.Equal(content, files[name]) {
			t.Errorf("%s differs from one build to the next", name)
		}
	}
}

func assertSums(t *testing.T, files map[string][]byte) {
	t.Helper()
	var want strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name != "SHA256SUMS" {
			fmt.Fprintf(&want, "%x  %s\n", sha256.Sum256(files[name]), name)
		}
	}
	got := slices.Sorted(strings.Lines(string(files["SHA256SUMS"])))
	if wanted := slices.Sorted(strings.Lines(want.String())); !slices.Equal(got, wanted) {
		t.Errorf("SHA256SUMS:\ngot  %q\nwant %q", got, wanted)
	}
}

// assertBinaries looks into the archives: one program each, which knows its version,
// and in the plugin the functions that it deploys.
func assertBinaries(t *testing.T, files map[string][]byte) {
	t.Helper()
	for _, name := range []string{"smartlake", "pulumi-resource-smartlake"} {
		entries := unpack(t, files[name+"-"+version+"-linux-amd64.tar.gz"])
		if got := slices.Sorted(maps.Keys(entries)); !slices.Equal(got, []string{"LICENSE", name}) {
			t.Fatalf("%s: holds %q", name, got)
		}
		if !bytes.Contains(entries["LICENSE"], []byte("Apache License")) {
			t.Errorf("%s: another license", name)
		}
		if name == "smartlake" {
			program := filepath.Join(t.TempDir(), name)
			write(t, program, string(entries[name]), 0o755)
			if got := run(t, ".", program, "version"); !strings.HasPrefix(got, "smartlake "+version+" go1.") {
				t.Errorf("it says it is %q", got)
			}
			assertRunsAnywhere(t, program)
			continue
		}
		for _, archive := range archives {
			if !bytes.Contains(entries[name], files[archive]) {
				t.Errorf("the plugin does not hold %s", archive)
			}
		}
	}
}

// assertRunsAnywhere wants the command line to run a local cloud in an empty folder, for a
// user with nothing in the home folder, on a machine without Go.
func assertRunsAnywhere(t *testing.T, program string) {
	t.Helper()
	folder := t.TempDir()
	for _, args := range [][]string{{"local", "init"}, {"local", "--once"}} {
		command := exec.CommandContext(t.Context(), program, args...)
		command.Dir, command.Env = folder, []string{"HOME=" + t.TempDir(), "PATH=" + t.TempDir(), "TMPDIR=" + temporary(t)}
		out, err := command.CombinedOutput()
		if err != nil || args[1] == "--once" && !bytes.HasSuffix(out, []byte("requests were refused as expected.\n")) {
			t.Errorf("smartlake %q in an empty folder: %v\n%s", args, err, out)
		}
	}
}

func unpack(t *testing.T, content []byte) map[string][]byte {
	t.Helper()
	compressed, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if !compressed.ModTime.IsZero() || compressed.Name != "" {
		t.Errorf("gzip keeps a time or a name: %v, %q", compressed.ModTime, compressed.Name)
	}
	entries, archive := map[string][]byte{}, tar.NewReader(compressed)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		mode := int64(0o755)
		if header.Name == "LICENSE" {
			mode = 0o644
		}
		if header.Uid != 0 || header.Gid != 0 || header.Uname+header.Gname != "" || header.Mode != mode || header.ModTime.Unix() != 1767323045 {
			t.Errorf("%s: owner %d %d %q %q, mode %o, time %v", header.Name, header.Uid, header.Gid, header.Uname, header.Gname, header.Mode, header.ModTime)
		}
		if entries[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}

// assertMaterials wants the bill of materials to name what judges tokens, and the
// plugin's own to name what the plugin is made of.
func assertMaterials(t *testing.T, files map[string][]byte) {
	t.Helper()
	for file, component := range map[string]string{
		"validator.sbom.cdx.json":                 "github.com/golang-jwt/jwt/v5",
		"launch-context.sbom.cdx.json":            "github.com/aws/aws-lambda-go",
		"front-door.sbom.cdx.json":                "github.com/aws/aws-sdk-go-v2",
		"smartlake.sbom.cdx.json":                 "github.com/spf13/cobra",
		"smartlake-image.sbom.cdx.json":           "github.com/spf13/cobra",
		"pulumi-resource-smartlake.sbom.cdx.json": "github.com/pulumi/pulumi-go-provider",
	} {
		var material struct {
			BOMFormat  string
			Components []struct{ Name, Version string }
		}
		if err := json.Unmarshal(files[file], &material); err != nil || material.BOMFormat != "CycloneDX" {
			t.Fatalf("%s: %v, format %q", file, err, material.BOMFormat)
		}
		found := false
		for _, one := range material.Components {
			found = found || one.Name == component && one.Version != ""
		}
		if !found {
			t.Errorf("%s does not name %s", file, component)
		}
	}
}

func TestWhatIsNoReleaseIsRefused(t *testing.T) {
	checkout := checkout(t)
	taken := t.TempDir()
	write(t, filepath.Join(taken, "file"), "", 0o644)
	free := filepath.Join(t.TempDir(), "dist")
	for _, c := range []struct {
		what, want string
		args       []string
		env        []string
	}{
		{"no arguments", "usage: build/scripts/release <version> <dist>", nil, nil},
		{"a number without v", `version: "1.2.3": must be v and a semantic version`, []string{"1.2.3", free}, nil},
		{"a leading zero", `version: "v1.02.3": must be v and a semantic version`, []string{"v1.02.3", free}, nil},
		{"a branch", `version: "main": must be v and a semantic version`, []string{"main", free}, nil},
		{"a version with a path", `version: "v1.2.3-../x": must be v and a semantic version`, []string{"v1.2.3-../x", free}, nil},
		{"an unknown version", `CHANGELOG.md: no heading "## v0.0.1-test": say what is new in it`, []string{"v0.0.1-test", free}, nil},
		{"a full folder", "must be a folder that is empty or does not exist", []string{version, taken}, nil},
		{"an unknown platform", `RELEASE_PLATFORMS: "plan9/386": must be one of darwin, linux and windows`, []string{version, free}, []string{"RELEASE_PLATFORMS=plan9/386"}},
	} {
		command := exec.CommandContext(t.Context(), filepath.Join(checkout, "build", "scripts", "release"), c.args...)
		command.Env = append(os.Environ(), c.env...)
		out, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "build/scripts/release: ") || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: got %v and %s, want %s", c.what, err, out, c.want)
		}
	}
	if _, err := os.Stat(free); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was built all the same: %v", err)
	}
	write(t, filepath.Join(checkout, "main.go"), "package main\n", 0o644)
	out, err := exec.CommandContext(t.Context(), filepath.Join(checkout, "build", "scripts", "release"), version, free).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "uncommitted changes: a release is what is committed") {
		t.Errorf("uncommitted changes: got %v and %s", err, out)
	}
}

func TestABuildThatFailsLeavesTheCheckoutAsItWas(t *testing.T) {
	skipUnlessAsked(t)
	checkout := checkout(t)
	write(t, filepath.Join(checkout, "validator", "cmd", "bootstrap", "broken.go"), "package main\n\nfunc broken() { return 1 }\n", 0o644)
	commit(t, checkout)
	out, err := release(t, checkout, filepath.Join(t.TempDir(), "dist"))
	if err == nil || !strings.Contains(out, "packaging the token validator for linux/arm64") {
		t.Errorf("got %v and %s", err, out)
	}
}
