//go:build unix

package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// interrupted runs a command line that reads Pulumi.x.yaml from a pipe, and is interrupted there.
func interrupted(t *testing.T, args ...string) int {
	t.Helper()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "Pulumi.x.yaml")
	if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(read(t, "../../Pulumi.yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	content := read(t, "../../Pulumi.dev.yaml")
	go func() { done <- interruptReader(pipe, content) }()
	status := statusAlone(t, append(args, "--dir", dir, "--stack", "x")...)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return status
}

// statusAlone is the status of a command line that this process runs as main does.
func statusAlone(t *testing.T, args ...string) int {
	t.Helper()
	var out, problems bytes.Buffer
	status := run(args, &out, &problems)
	t.Logf("%v: %d: %s", args, status, problems.String())
	if (status == 0) != (problems.Len() == 0 || !bytes.Contains(problems.Bytes(), []byte("\nsmartlake: ")) && !bytes.HasPrefix(problems.Bytes(), []byte("smartlake: "))) {
		t.Errorf("%v: status %d, and standard error says %q", args, status, problems.String())
	}
	return status
}

func TestEveryCommandEndsWithTheStatusOfTheReference(t *testing.T) {
	listed := map[string][]string{}
	for _, row := range rows(section(t, eventsReference, "## Exit statuses")) {
		listed[inCode(row[0])[0]] = row[1:]
	}
	for _, command := range rootCommand().Commands() {
		if listed[command.Name()] == nil {
			t.Errorf("%s: the reference does not list its statuses", command.Name())
		}
	}
	cloud := runningStack(t, local.Options{})
	pulumiInterrupts := func(t *testing.T, args ...string) int {
		t.Helper()
		commandThatInterrupts(t, "pulumi")
		return statusAlone(t, append(args, "--stack", "x")...)
	}
	read := []string{"--dir", "../..", "--stack", "dev"}
	policy := []string{"deploy-policy", "--account", "111122223333", "--document", "1"}
	for command, statuses := range map[string][]func(t *testing.T) int{
		"local": {
			func(t *testing.T) int { return statusAlone(t, append(read, "local", "--once", "--quiet")...) },
			func(t *testing.T) int {
				return statusAlone(t, append(read, "local", "--once", "--quiet", "--fail", "throttle")...)
			},
			func(t *testing.T) int { return statusAlone(t, "local", "--port", "-1") },
		},
		"smoke": {
			func(t *testing.T) int { return statusAlone(t, "smoke", "--local", cloud.Dir) },
			func(t *testing.T) int { return pulumiInterrupts(t, "smoke") },
			func(t *testing.T) int { return statusAlone(t, "smoke", "--local", t.TempDir()) },
		},
		"requests": {
			func(t *testing.T) int { return statusAlone(t, "requests", "--local", cloud.Dir) },
			func(t *testing.T) int { return pulumiInterrupts(t, "requests") },
			func(t *testing.T) int { return statusAlone(t, "requests", "--local", cloud.Dir, "--format", "har") },
		},
		"users": {
			func(t *testing.T) int { return statusAlone(t, "users", "list", "--local", cloud.Dir) },
			func(t *testing.T) int { return statusAlone(t, "users", "import", noUsers(t), "--local", cloud.Dir) },
			func(t *testing.T) int { return statusAlone(t, "users", "list", "--local", t.TempDir()) },
		},
		"explain": {
			func(t *testing.T) int { return statusAlone(t, append(read, "explain")...) },
			func(t *testing.T) int { return interrupted(t, "explain") },
			func(t *testing.T) int { return statusAlone(t, append(read, "explain", "--config", "protct=1")...) },
		},
		"deploy-policy": {
			func(t *testing.T) int { return statusAlone(t, append(policy, read...)...) },
			func(t *testing.T) int { return interrupted(t, policy...) },
			func(t *testing.T) int { return statusAlone(t, append(read, "deploy-policy", "--account", "1")...) },
		},
		"version": {
			func(t *testing.T) int { return statusAlone(t, "version") },
			nil,
			func(t *testing.T) int { return statusAlone(t, "version", "--no-such-flag") },
		},
	} {
		for status, end := range statuses {
			said := len(listed[command]) == 3 && listed[command][status] != ""
			if said != (end != nil) {
				t.Errorf("%s: the reference says %q about status %d", command, listed[command], status)
			}
			if end == nil {
				continue
			}
			t.Run(command+" "+strconv.Itoa(status), func(t *testing.T) {
				if got := end(t); got != status {
					t.Errorf("got %d", got)
				}
			})
		}
		delete(listed, command)
	}
	delete(listed, "package") // which package_test.go runs
	if len(listed) > 0 {
		t.Errorf("the reference lists statuses of %v, which were not tried", slices.Sorted(maps.Keys(listed)))
	}
}

// noUsers is a file to import with a row that is refused.
func noUsers(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.csv")
	if err := os.WriteFile(path, []byte("username\nno name\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFailedCheckIsStatus1(t *testing.T) {
	cloud := runningStack(t, local.Options{})
	if err := cloud.SetFault("unavailable", true); err != nil {
		t.Fatal(err)
	}
	if got := statusAlone(t, "smoke", "--local", cloud.Dir, "--timeout", "2s"); got != statusFailed {
		t.Errorf("got %d", got)
	}
}
