// Package packaging builds this module's functions from source and keeps the archives.
package packaging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	modulePath = "github.com/smartlake/pulumi-smartlake"
	// toolchain builds the functions wherever it is to be had, so that an archive,
	// and with it a preview, is the same on every machine.
	toolchain = "go1.26.8"
)

// Platform is an operating system and processor in Go's terms.
type Platform struct {
	OS   string // GOOS
	Arch string // GOARCH
}

// LambdaPlatform is the platform of a Lambda architecture: arm64 or x86_64.
func LambdaPlatform(architecture string) Platform {
	if architecture == "x86_64" {
		return Platform{"linux", "amd64"}
	}
	return Platform{"linux", "arm64"}
}

// source is a function of this module, as it is built and kept.
type source struct {
	name    string // of the archive, before its hash
	what    string // in errors
	command string // package of its main
}

var (
	validatorSource     = source{"validator", "the token validator", "./validator/cmd/bootstrap"}
	launchContextSource = source{"launch-context", "the launch context trigger", "./launchcontext/cmd/bootstrap"}
	frontDoorSource     = source{"front-door", "the front door", "./frontdoor/cmd/bootstrap"}
)

// build is one function for one platform, of the source that the go command finds
// from a folder: the working directory, where it is empty.
type build struct {
	source   source
	platform Platform
	from     string
}

var packaged sync.Map // map[build]func() (string, error)

// Validator builds the token validator for a platform from this module's source, as the
// go.mod of a folder (the working directory, where it is empty) chooses it, and returns
// the path of a zip archive with the one entry "bootstrap". The same source gives the
// same bytes in every directory, under every user and environment. One process builds
// each platform once. It needs the go command and this module's source on disk. What the
// go command prints goes to progress, which may be nil.
func Validator(ctx context.Context, folder string, platform Platform, progress io.Writer) (string, error) {
	return build{validatorSource, platform, folder}.packaged(ctx, progress)
}

// LaunchContext builds the launch context trigger the way [Validator] builds its function.
func LaunchContext(ctx context.Context, folder string, platform Platform, progress io.Writer) (string, error) {
	return build{launchContextSource, platform, folder}.packaged(ctx, progress)
}

// FrontDoor builds the front door the way [Validator] builds its function.
func FrontDoor(ctx context.Context, folder string, platform Platform, progress io.Writer) (string, error) {
	return build{frontDoorSource, platform, folder}.packaged(ctx, progress)
}

// packaged is the path of the archive, which is built where this process has not yet.
func (b build) packaged(ctx context.Context, progress io.Writer) (string, error) {
	once, _ := packaged.LoadOrStore(b, sync.OnceValues(func() (string, error) {
		path, err := b.run(ctx, progress)
		if err != nil && ctx.Err() != nil {
			return "", ctx.Err() // what the go command said of its end is no news
		}
		return path, err
	}))
	path, err := once.(func() (string, error))()
	if err != nil {
		packaged.Delete(b) // a later call may fare better
		return "", fmt.Errorf("packaging %s for %s/%s: %w", b.source.what, b.platform.OS, b.platform.Arch, err)
	}
	return path, nil
}

func (b build) run(ctx context.Context, progress io.Writer) (string, error) {
	module, err := moduleDirectory(ctx, b.from)
	if err != nil {
		return "", err
	}
	scratch, err := os.MkdirTemp("", "smartlake-build-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	binary := filepath.Join(scratch, Bootstrap)
	if err := b.compile(ctx, module, binary, progress); err != nil {
		return "", err
	}
	archive, err := zipBootstrap(binary)
	if err != nil {
		return "", err
	}
	return Store(b.source.name, archive)
}

// ErrNoSource says that the source of this module is not on disk, as the go command finds it.
var ErrNoSource = errors.New("the source of " + modulePath + " is not at hand")

// moduleDirectory finds this module's source: the checkout itself, or the module
// cache of a program that imports the component.
func moduleDirectory(ctx context.Context, from string) (string, error) {
	var stderr bytes.Buffer
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", modulePath)
	list.Stderr = &stderr
	list.Dir = from
	out, err := list.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("the go command is not on the PATH: install Go, or give the path of a prebuilt archive")
	}
	if unreadable := (*fs.PathError)(nil); errors.As(err, &unreadable) {
		return "", unreadable // the folder is not there
	}
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		return "", fmt.Errorf("%w (is it vendored, or the working directory outside of a Go module?): "+
			"give the path of a prebuilt archive: %s", ErrNoSource, strings.TrimSpace(stderr.String()))
	}
	return dir, nil
}

func (b build) compile(ctx context.Context, module, binary string, progress io.Writer) error {
	args := []string{
		"build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-race=false", "-cover=false", "-pgo=off",
		"-tags=lambda.norpc", "-ldflags=-s -w -buildid=", "-o", binary,
	}
	var output bytes.Buffer
	var stderr io.Writer = &output
	if progress != nil {
		args = append(args, "-v")
		stderr = io.MultiWriter(&output, progress)
	}
	command := exec.CommandContext(ctx, "go", append(args, b.source.command)...)
	command.Dir = module // so that this module's own go.sum holds, also inside the module cache
	env, err := buildEnvironment(ctx, os.Environ(), b.platform)
	if err != nil {
		return err
	}
	// Interrupted, "go build" leaves its temporary folder behind: ours is removed.
	env = append(env, "GOTMPDIR="+filepath.Dir(binary))
	command.Env = env
	command.Stdout, command.Stderr = stderr, stderr
	// As Ctrl-C would: killed, the go command could not end what it has started.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second
	if err := command.Run(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, withoutPackageNames(output.String()))
	}
	return nil
}

// withoutPackageNames leaves out the lines that "go build -v" prints for packages:
// a hundred of them would bury the compiler's error.
func withoutPackageNames(output string) string {
	lines := slices.DeleteFunc(strings.Split(output, "\n"), func(line string) bool {
		return !strings.ContainsAny(line, " \t:")
	})
	return strings.Join(lines, "\n")
}

// whereModulesAre are the settings of the go command that say where modules come
// from and are kept, and leave the binary alone.
var whereModulesAre = []string{
	"GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH",
	"GOPATH", "GOMODCACHE", "GOCACHE", "GOTOOLCHAIN",
}

// buildEnvironment is the caller's environment with nothing of Go's but where
// modules are and what is settled here. "go env -w" is switched off, because it
// can change the binary too.
func buildEnvironment(ctx context.Context, environ []string, platform Platform) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", append([]string{"env", "-json"}, whereModulesAre...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var kept map[string]string
	if err := json.Unmarshal(out, &kept); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	env := slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		return strings.HasPrefix(variable, "GO") && !strings.HasPrefix(variable, "GOOGLE_") || strings.HasPrefix(variable, "CGO_") || strings.HasPrefix(variable, "PWD=")
	})
	for _, name := range whereModulesAre {
		if kept[name] != "" {
			env = append(env, name+"="+kept[name])
		}
	}
	env = append(env,
		"GOENV=off", "GOOS="+platform.OS, "GOARCH="+platform.Arch, "GOARM64=v8.0", "GOAMD64=v1",
		"GOFIPS140=off", "GOWORK=off", "CGO_ENABLED=0")
	if toolchainAvailable(ctx, env) {
		env = append(env, "GOTOOLCHAIN="+toolchain)
	}
	return env, nil
}

// toolchainAvailable reports whether the go command can be toolchain,
// being it or downloading it. Where it cannot, the machine's own Go builds: a
// different archive is better than none.
func toolchainAvailable(ctx context.Context, env []string) bool {
	version := exec.CommandContext(ctx, "go", "version")
	version.Env = append(slices.Clone(env), "GOTOOLCHAIN="+toolchain)
	return version.Run() == nil
}
