package languagehost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/processgroup"
)

const (
	// DefaultTimeout is how long a program may run: it may build the functions of several
	// datastores.
	DefaultTimeout = 5 * time.Minute
	// endTimeout is how long an interrupted program has to end.
	endTimeout = 3 * time.Second
	// longestSocket is the longest path of a socket that every system takes.
	longestSocket = 100
)

// Program is a Go program that is built. Close it.
type Program struct {
	// Dir is the folder of its main package, and where it runs.
	Dir string
	// Messages gets what the program writes and logs.
	Messages io.Writer
	// Timeout ends a program that does not end; [DefaultTimeout] by default.
	Timeout time.Duration

	scratch string // a folder that only this user may enter, with the binary
}

// Build builds the main package in a folder with the go command, as the folder's own module
// says. What the program writes and logs goes to messages.
func Build(ctx context.Context, dir string, messages io.Writer) (*Program, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if sources, err := filepath.Glob(filepath.Join(dir, "*.go")); err != nil || len(sources) == 0 {
		return nil, errors.Join(fmt.Errorf("%s: must be a folder with a Go program", dir), err)
	}
	p := &Program{Dir: dir, Messages: messages, Timeout: DefaultTimeout}
	if p.scratch, err = scratch(); err != nil {
		return nil, err
	}
	var output bytes.Buffer
	command := exec.CommandContext(ctx, "go", "build", "-o", p.binary(), ".")
	command.Dir, command.Stdout, command.Stderr = dir, &output, &output
	command.Env = append(environment(), "GOTMPDIR="+p.scratch)
	endingGently(command)
	switch err := run(command, func() {}); {
	case ctx.Err() != nil:
		return nil, errors.Join(ctx.Err(), p.Close())
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.Join(errors.New("the go command is not on the PATH; install Go"), p.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("%s: go build: %w\n%s", dir, err, strings.TrimSpace(output.String())), p.Close())
	}
	if info, err := os.Stat(p.binary()); err != nil || info.Mode()&0o100 == 0 { // an archive of a package
		return nil, errors.Join(fmt.Errorf("%s: must be a package main; this one is a package that programs import", dir), p.Close())
	}
	return p, nil
}

// Close removes the binary.
func (p *Program) Close() error { return os.RemoveAll(p.scratch) }

func (p *Program) binary() string { return filepath.Join(p.scratch, "program") }

// scratch makes a folder whose path leaves room for a socket.
func scratch() (string, error) {
	dir, err := os.MkdirTemp("", "smartlake-program-")
	if err != nil || len(filepath.Join(dir, socketName)) <= longestSocket {
		return dir, err
	}
	if err := os.Remove(dir); err != nil {
		return "", err
	}
	return os.MkdirTemp("/tmp", "smartlake-program-")
}

// endingGently has a command that is to end interrupted first, with what it started, and
// killed if that takes too long.
func endingGently(command *exec.Cmd) {
	processgroup.Own(command)
	command.Cancel = func() error { processgroup.Interrupt(command); return nil }
	command.WaitDelay = endTimeout
}

// run runs a command, and ends what it leaves behind. It tells started that the command
// runs, or never will.
func run(command *exec.Cmd, started func()) error {
	err := command.Start()
	started()
	if err != nil {
		return err
	}
	err = command.Wait()
	processgroup.Kill(command)
	return err
}

// credentials are the variables with which a program could act in an AWS account
// (https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html).
var credentials = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
	"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
}

// environment is this process's, without credentials of AWS and of Pulumi.
func environment() []string {
	var kept []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "PULUMI_") && !slices.Contains(credentials, name) {
			kept = append(kept, variable)
		}
	}
	return kept
}
