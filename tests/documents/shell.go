package documents

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/processgroup"
)

// Shell is a reader at a terminal, who goes through the steps of a page in one folder. What a
// command sets, and what it starts in the background, is there for the next one.
type Shell struct {
	folder  string // of the project
	scratch string
	command *exec.Cmd
	stdin   io.WriteCloser
	ended   *bufio.Reader // the status of each command
	count   int
}

// stepTime bounds a step, on a machine with much else to do.
const stepTime = 3 * time.Minute

// endTime is how long what runs in the background may take to end.
const endTime = 30 * time.Second

// NewShell starts a shell in a folder with these variables and no others. Close ends it, and
// all that it started, also after the context has ended. scratch is an empty folder for what the shell is told.
func NewShell(ctx context.Context, folder, scratch string, environment []string) (*Shell, error) {
	s := &Shell{folder: folder, scratch: scratch, command: exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh")}
	s.command.Dir, s.command.Env = folder, environment
	processgroup.Own(s.command)
	statuses, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.command.ExtraFiles = []*os.File{theirs}
	s.ended = bufio.NewReader(statuses)
	if s.stdin, err = s.command.StdinPipe(); err != nil {
		return nil, err
	}
	err = s.command.Start()
	return s, errors.Join(err, theirs.Close())
}

// Do does one step: it writes the file, or types the commands, and compares their statuses and
// what they print with what the page says.
func (s *Shell) Do(step Step) error {
	err := s.do(step)
	if err != nil {
		err = fmt.Errorf("%s: %w", step.Where, err)
	}
	return err
}

func (s *Shell) do(step Step) error {
	if step.File != "" {
		return s.write(step)
	}
	var printed strings.Builder
	for i, line := range step.Lines {
		want := 0
		if i == len(step.Lines)-1 {
			want = step.Status
		}
		out, status, err := s.Type(line)
		printed.WriteString(out)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.TrimSpace(line), err, out)
		}
		if status != want {
			return fmt.Errorf("%s: ends with status %d, and the page says %d:\n%s", strings.TrimSpace(line), status, want, out)
		}
	}
	if !step.Printed {
		return nil
	}
	return CompareOutput(step.Output, printed.String())
}

func (s *Shell) write(step Step) error {
	how := os.O_TRUNC
	if step.Append {
		how = os.O_APPEND
	}
	file, err := os.OpenFile(filepath.Join(s.folder, step.File), os.O_CREATE|os.O_WRONLY|how, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(step.Text)
	return errors.Join(err, file.Close())
}

// Type types one command, and returns what it prints, on both outputs, and its status.
func (s *Shell) Type(line string) (printed string, status int, err error) {
	s.count++
	command, output := filepath.Join(s.scratch, strconv.Itoa(s.count)), filepath.Join(s.scratch, strconv.Itoa(s.count)+".out")
	if err := os.WriteFile(command, []byte(line), 0o600); err != nil {
		return "", 0, err
	}
	// What runs in the background does not get the pipe of the statuses, so that it breaks with
	// the shell.
	if _, err := fmt.Fprintf(s.stdin, ". '%s' </dev/null >'%s' 2>&1 3>&-\necho $? >&3\n", command, output); err != nil {
		return "", 0, fmt.Errorf("the shell has ended: %w", err)
	}
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := s.ended.ReadString('\n')
		answers <- answer{text, err}
	}()
	var got answer
	select {
	case got = <-answers:
	case <-time.After(stepTime):
		processgroup.Kill(s.command)
		got.err = fmt.Errorf("not done after %s", stepTime)
	}
	text, err := os.ReadFile(output) //nolint:gosec // just written
	switch {
	case errors.Is(got.err, io.EOF):
		return string(text), 0, errors.New("the command ended the shell")
	case got.err != nil:
		return string(text), 0, got.err
	case err != nil:
		return "", 0, err
	}
	status, err = strconv.Atoi(strings.TrimSpace(got.text))
	return string(text), status, err
}

// Close asks what runs in the background to end, waits for it, and ends the shell.
func (s *Shell) Close() error {
	late := sync.OnceFunc(func() { processgroup.Kill(s.command) })
	timer := time.AfterFunc(endTime, late)
	// SIGTERM, because a shell without job control has its jobs ignore SIGINT. Within $(…), dash
	// knows of no jobs.
	jobs := filepath.Join(s.scratch, "jobs")
	_, _ = fmt.Fprintf(s.stdin, "jobs -p >'%s'\nfor job in $(cat '%s'); do kill $job; done\nwait\nexit 0\n", jobs, jobs) // fails only if the shell has ended
	err := s.stdin.Close()
	err = errors.Join(err, s.command.Wait())
	if !timer.Stop() {
		err = errors.Join(err, fmt.Errorf("what runs in the background did not end in %s", endTime))
	}
	return err
}
