//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startAlone starts a command line in a process of its own.
func startAlone(t *testing.T, temporary string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var problems bytes.Buffer
	command := exec.Command(os.Args[0], args...) // #nosec G204 -- this test
	command.Env = append(os.Environ(), "BE_THE_COMMAND=1", "TMPDIR="+temporary)
	command.Stderr = &problems
	t.Cleanup(func() {
		if command.ProcessState == nil && command.Process != nil {
			_ = command.Process.Kill()
			_ = command.Wait()
		}
	})
	return command, &problems
}

// waitFor waits until a ready file is there, and reads it.
func waitFor(t *testing.T, file string) readyEvent {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if content, err := os.ReadFile(file); err == nil {
			return parseEvent(t, string(content)).(readyEvent)
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s: not written within a minute", file)
	return readyEvent{}
}

func TestASignalEndsALocalCloudWithStatus0AndLeavesNothingBehind(t *testing.T) {
	// Programs inherit that a signal is ignored, as SIGHUP is below nohup: this one hears them all.
	signals := []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP}
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, signals...)
	t.Cleanup(func() { signal.Stop(heard) })
	for _, ending := range signals {
		t.Run(ending.String(), func(t *testing.T) {
			temporary, file := t.TempDir(), filepath.Join(t.TempDir(), "ready.json")
			command, problems := startAlone(t, temporary, "local", "--json", "--dir", "../..", "--ready-file", file)
			out, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			ready := waitFor(t, file)
			if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
				t.Errorf("the ready file: %v, %v", info.Mode(), err)
			}
			for _, path := range []string{ready.Dir, ready.Certificate} {
				if _, err := os.Stat(path); err != nil || !filepath.IsAbs(path) {
					t.Errorf("it names %q: %v", path, err)
				}
			}
			if ready.PID != command.Process.Pid || !strings.HasPrefix(ready.TokenEndpoint, ready.FrontDoor+"/") || ready.FHIRBaseURL != ready.FrontDoor+"/r4" {
				t.Errorf("got %+v", ready)
			}
			if err := command.Process.Signal(ending); err != nil {
				t.Fatal(err)
			}
			var told []any
			for lines := bufio.NewScanner(out); lines.Scan(); {
				told = append(told, parseEvent(t, lines.Text()))
			}
			if err := command.Wait(); err != nil {
				t.Errorf("got %v: %s", err, problems)
			}
			if n := len(told); n != 14 || told[n-2] != ready || told[n-1] != (stoppedEvent{named("stopped")}) {
				t.Errorf("want the walk, what the ready file says, and the end: %+v", told)
			}
			if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s is left: %v", file, err)
			}
			if left, err := os.ReadDir(ready.Dir); err != nil || len(left) != 1 || left[0].Name() != filepath.Base(ready.Certificate) {
				t.Errorf("left of what is secret: %v, %v", left, err)
			}
			for _, folder := range []string{temporary, filepath.Dir(file)} {
				if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
					t.Errorf("left behind: %v, %v", left, err)
				}
			}
		})
	}
}

func TestWatchingTakesTheReadyFileAwayWhileNothingRuns(t *testing.T) {
	dir := copyProject(t)
	file := filepath.Join(t.TempDir(), "ready.json")
	command, problems := startAlone(t, t.TempDir(), "local", "--watch", "--quiet", "--dir", dir, "--ready-file", file)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	before := waitFor(t, file)
	configuration := filepath.Join(dir, "Pulumi.dev.yaml")
	original := read(t, configuration)
	if err := os.WriteFile(configuration, []byte("config: {smartlake:protct: true, aws:region: us-east-1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for wait := 0; wait < 3000 && exists(file); wait++ {
		time.Sleep(20 * time.Millisecond)
	}
	if exists(file) {
		t.Fatal("the ready file stays while nothing runs")
	}
	if err := os.WriteFile(configuration, []byte(original), 0o600); err != nil {
		t.Fatal(err)
	}
	if after := waitFor(t, file); after.FHIRBaseURL != before.FHIRBaseURL || after.PID != before.PID {
		t.Errorf("got %+v after %+v", after, before)
	}
	if err := errors.Join(command.Process.Signal(syscall.SIGTERM), command.Wait()); err != nil {
		t.Errorf("%v: %s", err, problems)
	}
}

func TestAReadyFileIsNotPutInThePlaceOfAnythingElse(t *testing.T) {
	dir := t.TempDir()
	content := func(text string) func(string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	of := func(pid int) string { return `{"version":1,"event":"ready","pid":` + strconv.Itoa(pid) + `}` }
	for name, c := range map[string]struct {
		make func(path string) error
		want string // after the path
	}{
		"a file of somebody":         {content("mine"), "exists, and no local cloud wrote it; name another file"},
		"another JSON file":          {content(`{"version":1}`), "exists, and no local cloud wrote it; name another file"},
		"an empty file":              {content(""), "exists, and no local cloud wrote it; name another file"},
		"no process":                 {content(of(0)), "exists, and no local cloud wrote it; name another file"},
		"a group of processes":       {content(of(-1)), "exists, and no local cloud wrote it; name another file"},
		"a cloud that runs":          {content(of(os.Getppid())), "the local cloud of process " + strconv.Itoa(os.Getppid()) + " runs, and wrote it; end it, or name another file"},
		"a folder":                   {func(path string) error { return os.Mkdir(path, 0o700) }, "must be a new file, or one that a local cloud left behind"},
		"a link":                     {func(path string) error { return os.Symlink(filepath.Join(dir, "elsewhere"), path) }, "must be a new file, or one that a local cloud left behind"},
		"in a folder that is none":   {content("mine"), ""},
		"below a folder that is not": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			if c.make != nil {
				if err := c.make(path); err != nil {
					t.Fatal(err)
				}
			}
			want := `--ready-file: "` + path + `": ` + c.want
			if c.want == "" {
				path = filepath.Join(path, "ready.json")
				want = `--ready-file: "` + path + `": must be in a folder that exists`
			}
			flags := localFlags{ready: readyFile{path: path}, address: "127.0.0.1"}
			if err := flags.check(); err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestNothingStartsWhereTheReadyFileCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var progress bytes.Buffer
	root := rootCommand()
	root.SetArgs([]string{"local", "--quiet", "--dir", "../..", "--ready-file", path})
	root.SetErr(&progress)
	if err := root.ExecuteContext(ctx); statusOf(err) != statusCannotRun || progress.Len() > 0 || read(t, path) != "mine" {
		t.Errorf("got %v, %q and %q", err, progress.String(), read(t, path))
	}
}

func TestAReadyFileThatACloudLeftBehindIsReplaced(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range []int{ended.Process.Pid, os.Getpid()} { // in a container, the next one often has the same id
		file := readyFile{path: filepath.Join(t.TempDir(), "ready.json")}
		left := readyEvent{event: named("ready"), PID: pid, FHIRBaseURL: "https://127.0.0.1:1/"}
		text, err := json.Marshal(left)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.WriteFile(file.path, text, 0o600), file.check()); err != nil {
			t.Fatal(err)
		}
		next := readyEvent{event: named("ready"), PID: os.Getpid(), FHIRBaseURL: "https://127.0.0.1:2/"}
		if err := file.write(next); err != nil {
			t.Fatal(err)
		}
		if got := parseEvent(t, read(t, file.path)); got != next {
			t.Errorf("got %+v", got)
		}
		if err := file.remove(); err != nil || exists(file.path) {
			t.Errorf("not removed: %v", err)
		}
	}
}

func TestAReadyFileThatSomebodyReplacedIsTheirs(t *testing.T) {
	file := readyFile{path: filepath.Join(t.TempDir(), "ready.json")}
	if err := file.write(readyEvent{event: named("ready"), PID: os.Getpid()}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file.path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := file.remove(); err != nil || read(t, file.path) != "mine" {
		t.Errorf("got %v", err)
	}
	if err := file.remove(); err != nil {
		t.Errorf("again: %v", err)
	}
}
