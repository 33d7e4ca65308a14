// Package machine says where the functions' archives for this machine come from: a
// released smartlake carries them, and every other build makes them from source.
package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"

	"github.com/smartlake/pulumi-smartlake/internal/packaging"
)

// Function is one of this module's functions.
type Function struct {
	name  string // of the archive, without .zip
	build func(ctx context.Context, folder string, platform packaging.Platform, progress io.Writer) (string, error)
}

// The functions of a stack.
var (
	Validator     = Function{"validator", packaging.Validator}
	LaunchContext = Function{"launch-context", packaging.LaunchContext}
	FrontDoor     = Function{"front-door", packaging.FrontDoor}
)

// Architecture is that of this machine, in Lambda's words.
func Architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// Carried reports whether this binary carries the function: [Function.Archive] then builds
// nothing.
func (f Function) Carried() bool { return f.carriedBy(carried) }

func (f Function) carriedBy(binary fs.FS) bool {
	_, err := fs.Stat(binary, f.file())
	return err == nil
}

func (f Function) file() string { return f.name + ".zip" }

// Archive is the path of an archive of the function that runs on this machine: of what the
// binary carries, kept in the user's cache, or built from the source that the go command
// finds from a folder or else from the working directory. What the go command prints goes to
// progress, which may be nil.
func (f Function) Archive(ctx context.Context, folder string, progress io.Writer) (string, error) {
	return f.archive(ctx, carried, folder, progress)
}

func (f Function) archive(ctx context.Context, binary fs.FS, folder string, progress io.Writer) (string, error) {
	if f.carriedBy(binary) {
		content, err := fs.ReadFile(binary, f.file())
		if err != nil {
			return "", err
		}
		return packaging.Store(f.name, content)
	}
	here := packaging.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}
	path, err := f.build(ctx, folder, here, progress)
	if errors.Is(err, packaging.ErrNoSource) && folder != "" {
		path, err = f.build(ctx, "", here, progress)
	}
	if errors.Is(err, packaging.ErrNoSource) {
		err = fmt.Errorf("%w\nA released smartlake carries its functions. This build makes them from source: run it in a checkout", err)
	}
	return path, err
}

// ArchiveFor is the path of an archive of the function that runs on this machine, of the
// version that the go.mod of a program's folder chooses, or where the source of that is
// not at hand, as in a vendored module, what this binary carries: carried tells.
func (f Function) ArchiveFor(ctx context.Context, folder string, progress io.Writer) (path string, carried bool, err error) {
	path, err = f.build(ctx, folder, packaging.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}, progress)
	if !errors.Is(err, packaging.ErrNoSource) || !f.Carried() {
		return path, false, err
	}
	path, err = f.Archive(ctx, folder, progress)
	return path, true, err
}

// Write builds the archives of all functions for a platform, for a binary of that platform
// to carry.
func Write(ctx context.Context, platform packaging.Platform, progress io.Writer, write func(name, path string) error) error {
	for _, f := range []Function{FrontDoor, LaunchContext, Validator} {
		path, err := f.build(ctx, "", platform, progress)
		if err != nil {
			return err
		}
		if err := write(f.file(), path); err != nil {
			return err
		}
	}
	return nil
}
