package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// packagedFiles are what the plugin embeds and a release offers, by these names.
var packagedFiles = []string{
	"SHA256SUMS", "front-door-arm64.zip", "front-door-x86_64.zip", "launch-context-arm64.zip", "launch-context-x86_64.zip", "validator-arm64.zip", "validator-x86_64.zip",
}

func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = content
	}
	return files
}

func namesOf(files map[string][]byte) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// assertBootstrap wants the one entry that Lambda runs, for a processor.
func assertBootstrap(t *testing.T, name string, content []byte, want elf.Machine) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.File) != 1 || archive.File[0].Name != "bootstrap" || archive.File[0].Mode().Perm() != 0o755 {
		t.Fatalf("%s: want one executable entry bootstrap", name)
	}
	entry, err := archive.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := io.ReadAll(entry)
	if err != nil {
		t.Fatal(err)
	}
	program, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil || program.Machine != want {
		t.Errorf("%s: got %v and %v, want a binary for %s", name, program, err, want)
	}
	for what, path := range map[string]string{
		"front-door": "/frontdoor/cmd/bootstrap", "launch-context": "/launchcontext/cmd/bootstrap", "validator": "/validator/cmd/bootstrap",
	} {
		if holds := bytes.Contains(binary, []byte("github.com/smartlake/pulumi-smartlake"+path)); holds != strings.HasPrefix(name, what) {
			t.Errorf("%s: is built from %s: %t", name, path, holds)
		}
	}
}

func TestPackageWritesBothFunctionsForBothArchitecturesWithTheirSums(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	out, _, err := execute(t, "package", "--output", dir)
	if err != nil {
		t.Fatal(err)
	}
	files := filesOf(t, dir)
	if got := namesOf(files); !slices.Equal(got, packagedFiles) {
		t.Fatalf("got %q, want %q", got, packagedFiles)
	}
	var sums, printed strings.Builder
	for _, name := range packagedFiles[1:] {
		machine := elf.EM_AARCH64
		if strings.Contains(name, "x86_64") {
			machine = elf.EM_X86_64
		}
		assertBootstrap(t, name, files[name], machine)
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(files[name]), name)
		fmt.Fprintf(&printed, "%-25s  %9d bytes  sha256 %x\n", name, len(files[name]), sha256.Sum256(files[name]))
	}
	if string(files["SHA256SUMS"]) != sums.String() {
		t.Errorf("SHA256SUMS:\ngot\n%swant\n%s", files["SHA256SUMS"], sums.String())
	}
	if out != printed.String() {
		t.Errorf("printed:\ngot\n%swant\n%s", out, printed.String())
	}
}

func TestPackageKeepsFilesWithOtherContentUnlessForced(t *testing.T) {
	dir := t.TempDir()
	arguments := []string{"package", "--output", dir, "--architecture", "arm64"}
	if _, _, err := execute(t, arguments...); err != nil {
		t.Fatal(err)
	}
	built := filesOf(t, dir)
	if got, want := namesOf(built), []string{"SHA256SUMS", "front-door-arm64.zip", "launch-context-arm64.zip", "validator-arm64.zip"}; !slices.Equal(got, want) {
		t.Fatalf("one architecture: got %q, want %q", got, want)
	}
	if _, _, err := execute(t, arguments...); err != nil {
		t.Errorf("the same content again: %v", err)
	}

	if err := os.WriteFile(filepath.Join(dir, "validator-arm64.zip"), []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "SHA256SUMS")); err != nil {
		t.Fatal(err)
	}
	out, _, err := execute(t, arguments...)
	want := "--output: " + dir + " has validator-arm64.zip with other content: replace with --force, or name another folder"
	if err == nil || err.Error() != want || statusOf(err) != statusCannotRun || out != "" {
		t.Errorf("got  %v, status %d\nwant %s", err, statusOf(err), want)
	}
	kept := filesOf(t, dir)
	if string(kept["validator-arm64.zip"]) != "somebody's" || kept["SHA256SUMS"] != nil {
		t.Error("something was written all the same")
	}
	if _, _, err := execute(t, append(arguments, "--force")...); err != nil {
		t.Fatal(err)
	}
	for name, content := range filesOf(t, dir) {
		if !bytes.Equal(content, built[name]) {
			t.Errorf("%s is not as it was built", name)
		}
	}
}

func TestPackageSaysWhatItWants(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "--output: missing; set it to the folder for the archives"},
		{[]string{"--output", "x", "--architecture", "amd64"}, `--architecture: "amd64": must be arm64, x86_64 or both`},
		{[]string{"--output", file, "--architecture", "arm64"}, "--output: open " + file + "/front-door-arm64.zip: not a directory"},
	} {
		_, _, err := execute(t, append([]string{"package"}, c.args...)...)
		if err == nil || err.Error() != c.want || statusOf(err) != statusCannotRun {
			t.Errorf("%v: got %v, want %s", c.args, err, c.want)
		}
	}
}
