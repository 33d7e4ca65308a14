//go:build unix

package lambda_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
)

// within runs what must end soon.
func within(t *testing.T, limit time.Duration, what string, run func()) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run()
	}()
	select {
	case <-ended:
	case <-time.After(limit):
		t.Fatalf("%s did not end within %s", what, limit)
	}
}

// processOf reads the number of a process that a script wrote to a file.
func processOf(t *testing.T, file string) int {
	t.Helper()
	for range 1500 {
		if text, err := os.ReadFile(file); err == nil && strings.HasSuffix(string(text), "\n") {
			process, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			return process
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s was not written", file)
	return 0
}

// mustEnd waits until a process is gone.
func mustEnd(t *testing.T, process int) {
	t.Helper()
	for range 1500 {
		if !runs(process) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = syscall.Kill(process, syscall.SIGKILL)
	t.Errorf("process %d goes on", process)
}

// runs reports whether a process is there and no zombie.
func runs(process int) bool {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(process), "stat"))
	if err != nil {
		return syscall.Kill(process, 0) == nil
	}
	_, state, _ := strings.Cut(string(status), ") ")
	return !strings.HasPrefix(state, "Z")
}

// started runs a function of a script, with one call that waits until the test ends.
func started(t *testing.T, script string) (function *lambda.Function, dir string) {
	t.Helper()
	dir = t.TempDir()
	function, err := lambda.New(lambda.Config{
		Name: "script", Dir: dir, Timeout: 20 * time.Second, Archive: localtest.ScriptArchive(t, "#!/bin/sh\n"+script),
	})
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan struct{})
	go func() {
		defer close(called)
		_, _, _ = function.Invoke(t.Context(), []byte(`{}`))
	}()
	t.Cleanup(func() { function.Close(); <-called })
	return function, dir
}

// A function that starts other processes must not keep the local cloud from ending:
// they hold the output that is waited for.
func TestAFunctionEndsWithWhatItStarted(t *testing.T) {
	t.Parallel()
	function, dir := started(t, "/bin/sleep 60 &\necho $! > child\nwait\n")
	child := processOf(t, filepath.Join(dir, "child"))
	within(t, 5*time.Second, "Close", function.Close)
	mustEnd(t, child)
}

func TestAFunctionThatCrashesTakesWhatItStartedWithIt(t *testing.T) {
	t.Parallel()
	_, dir := started(t, "/bin/sleep 60 &\necho $! > child\n")
	mustEnd(t, processOf(t, filepath.Join(dir, "child")))
}

// One that left the group cannot be found. It is not waited for.
func TestAProcessThatLeftTheGroupDoesNotKeepTheFunction(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/usr/bin/setsid"); err != nil {
		t.Skip("no setsid on this machine")
	}
	function, dir := started(t, "/usr/bin/setsid /bin/sh -c 'echo $$ > child; exec /bin/sleep 60' &\nwait\n")
	child := processOf(t, filepath.Join(dir, "child"))
	t.Cleanup(func() { _ = syscall.Kill(child, syscall.SIGKILL) })
	within(t, 5*time.Second, "Close", function.Close)
}

// curl is a Runtime API client of a few lines.
const answering = `echo $$ > started
while :; do
  id=$(/usr/bin/curl -sS -D - -o /dev/null "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next" | /usr/bin/tr -d '\r' | /bin/sed -n 's/^Lambda-Runtime-Aws-Request-Id: //p')
  /usr/bin/curl -sS -d '{}' "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response"
done
`

func TestAnInstanceEndsWhenItIsIdle(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/usr/bin/curl"); err != nil {
		t.Skip("no curl on this machine")
	}
	dir := t.TempDir()
	function, err := lambda.New(lambda.Config{
		Name: "idle", Dir: dir, Timeout: 10 * time.Second, IdleTime: 500 * time.Millisecond,
		Archive: localtest.ScriptArchive(t, "#!/bin/sh\n"+answering),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(function.Close)
	invoke := func() (cold bool) {
		_, cold, err := function.Invoke(t.Context(), []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		return cold
	}
	if !invoke() || invoke() {
		t.Error("want a cold start, and then a warm call")
	}
	mustEnd(t, processOf(t, filepath.Join(dir, "started")))
	if !invoke() {
		t.Error("want a cold start after the idle instance ended")
	}
}

// An idle process that ended by itself takes no call.
func TestADeadInstanceIsReplaced(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/usr/bin/curl"); err != nil {
		t.Skip("no curl on this machine")
	}
	dir := t.TempDir()
	function, err := lambda.New(lambda.Config{
		Name: "dying", Dir: dir, Timeout: 10 * time.Second, Archive: localtest.ScriptArchive(t, "#!/bin/sh\n"+answering),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(function.Close)
	for range 2 {
		if _, cold, err := function.Invoke(t.Context(), []byte(`{}`)); err != nil || !cold {
			t.Fatalf("got cold %t, %v", cold, err)
		}
		process := processOf(t, filepath.Join(dir, "started"))
		if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		mustEnd(t, process)
		time.Sleep(1500 * time.Millisecond) // until the end of its output was waited for
	}
}
