//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// commandThatInterrupts puts a command on the PATH that interrupts whoever runs it.
func commandThatInterrupts(t *testing.T, name string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nkill -INT $PPID\nexec sleep 60\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// TestMain turns the test binary into the command where a test asks for it.
func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_COMMAND") != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	folder, err := os.MkdirTemp("", "smartlake-state-")
	if err == nil {
		err = os.Setenv(state.EnvFolder, folder) // no test changes what the user keeps
	}
	if err != nil {
		panic(err)
	}
	status := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		panic(err)
	}
	os.Exit(status)
}

// runAlone runs a command line in a process of its own, which remembers no archive.
func runAlone(t *testing.T) func(args []string, out, problems io.Writer) int {
	return func(args []string, out, problems io.Writer) int {
		t.Helper()
		command := exec.Command(os.Args[0], args...) // #nosec G204 -- this test
		command.Env = append(os.Environ(), "BE_THE_COMMAND=1")
		command.Stdout, command.Stderr = out, problems
		if err := command.Run(); err != nil && command.ProcessState == nil {
			t.Fatal(err)
		}
		return command.ProcessState.ExitCode()
	}
}

// assertInterrupted runs a command line, which something else interrupts.
func assertInterrupted(t *testing.T, run func(args []string, out, problems io.Writer) int, args ...string) {
	t.Helper()
	var out, problems bytes.Buffer
	began := time.Now()
	status := run(args, &out, &problems)
	if status != statusFailed || !bytes.HasSuffix(problems.Bytes(), []byte("smartlake: interrupted\n")) || out.Len() > 0 {
		t.Errorf("%v: got status %d, %q and %q on standard output", args, status, problems.String(), out.String())
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("%v: it took %s to end", args, took)
	}
}

func TestAnInterruptedCommandSaysSoAndEndsWithTheStatusOfTheHelp(t *testing.T) {
	t.Run("asking pulumi", func(t *testing.T) {
		commandThatInterrupts(t, "pulumi")
		assertInterrupted(t, run, "smoke", "--stack", "x")
	})
	t.Run("building", func(t *testing.T) {
		goThatBuilds(t, "kill -INT $PPID; exec sleep 60")
		assertInterrupted(t, runAlone(t), "local", "--once", "--dir", "../..")
	})
	t.Run("reading the configuration", func(t *testing.T) {
		dir, pipe := t.TempDir(), "Pulumi.x.yaml"
		if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(read(t, "../../Pulumi.yaml")), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(dir, pipe), 0o600); err != nil {
			t.Fatal(err)
		}
		content := read(t, "../../Pulumi.dev.yaml")
		done := make(chan error, 1)
		go func() { done <- interruptReader(filepath.Join(dir, pipe), content) }()
		assertInterrupted(t, run, "explain", "--dir", dir, "--stack", "x")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

// interruptReader interrupts this process when it reads a pipe, and lets it read on.
func interruptReader(pipe, content string) error {
	file, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		return err
	}
	time.Sleep(100 * time.Millisecond) // until it arrived
	if _, err := file.WriteString(content); err != nil {
		return err
	}
	return file.Close()
}
