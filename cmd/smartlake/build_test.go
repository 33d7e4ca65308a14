package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/components"
)

// goThatBuilds puts a go command on the PATH that does what a script says when it
// is asked to build.
func goThatBuilds(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	content := "#!/bin/sh\ncase $1 in\nlist) pwd ;;\nenv) echo '{}' ;;\nversion) exit 1 ;;\nbuild)\n" + script + "\n;;\nesac\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// Nobody else builds for these, so that no archive is remembered.
var unusual = components.Platform{OS: "plan9", Arch: "386"}

func TestABuildThatIsCancelledIsInterruptedAndEndsQuietly(t *testing.T) {
	interrupted, temporary := filepath.Join(t.TempDir(), "interrupted"), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	goThatBuilds(t, `mkdir "$GOTMPDIR/go-build1"; trap 'kill $!; echo yes >'`+interrupted+`'; exit 1' INT; sleep 60 >/dev/null 2>&1 & echo started >&2; wait`)
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	_, err := components.PackageValidator(ctx, unusual, writerFunc(func([]byte) { cancel() }))
	if !errors.Is(err, context.Canceled) || err.Error() != "packaging the token validator for plan9/386: context canceled" {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(interrupted); err != nil {
		t.Errorf("the go command was not interrupted: %v", err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %s to end", took)
	}
}

func TestABuildThatFailsTellsTheCompilersErrorWithoutThePackages(t *testing.T) {
	goThatBuilds(t, `echo internal/abi >&2; echo github.com/golang-jwt/jwt/v5 >&2; echo '# example.org/validator' >&2
echo './main.go:3:5: undefined: x' >&2; echo unicode/utf8 >&2; exit 1`)
	var progress bytes.Buffer
	_, err := components.PackageValidator(t.Context(), unusual, &progress)
	const want = "packaging the token validator for plan9/386: go build: exit status 1\n# example.org/validator\n./main.go:3:5: undefined: x"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if !bytes.Contains(progress.Bytes(), []byte("internal/abi\n")) {
		t.Errorf("the packages are no sign of life any more: %q", progress.String())
	}
}
