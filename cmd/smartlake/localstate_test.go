package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// whileLocalRuns runs the local cloud of a project until do has returned, and returns what
// it told beside its lines.
func whileLocalRuns(t *testing.T, dir string, do func(ready readyEvent), args ...string) (notes string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var told bytes.Buffer
	done := false
	root := rootCommand()
	root.SetArgs(append([]string{"local", "--json", "--dir", dir}, args...))
	root.SetErr(&told)
	root.SetOut(writerFunc(func(text []byte) {
		if ready, is := parseEvent(t, string(text)).(readyEvent); is {
			do(ready)
			done = true
			cancel()
		}
	}))
	if err := root.ExecuteContext(ctx); err != nil || !done {
		t.Fatalf("%v, ready: %t: %s", err, done, told.String())
	}
	return told.String()
}

func TestLocalKeepsIdsSecretsAndAddressesUntilFreshOnesAreWanted(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	dir := copyProject(t)
	var all []string // what apps may know, of each run
	for _, args := range [][]string{nil, nil, {"--watch"}, {"--fresh"}, nil} {
		whileLocalRuns(t, dir, func(ready readyEvent) {
			outputs, err := os.ReadFile(filepath.Join(ready.Dir, "outputs.json"))
			if err != nil {
				t.Error(err)
			}
			all = append(all, ready.Page+" "+ready.Dir+string(outputs))
		}, args...)
	}
	if all[0] != all[1] || all[0] != all[2] || all[3] == all[2] || all[3] != all[4] {
		t.Errorf("the runs have: %s", strings.Join(all, "\n"))
	}
	found, err := filepath.Glob(filepath.Join(os.Getenv(state.EnvFolder), "clouds", "*", "run", "*"))
	if err != nil || len(found) != 1 || filepath.Base(found[0]) != "certificate.pem" {
		t.Errorf("after the end there is %v, %v", found, err)
	}
}

func TestASecondRunOfAStackGetsAThrowawayStateAndSaysSo(t *testing.T) {
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "state"))
	dir := copyProject(t)
	whileLocalRuns(t, dir, func(first readyEvent) {
		notes := whileLocalRuns(t, dir, func(second readyEvent) {
			if second.Page == first.Page || second.Dir == first.Dir || second.FHIRBaseURL == first.FHIRBaseURL {
				t.Errorf("got %+v beside %+v", second, first)
			}
		})
		if want := "A local cloud of stack \"dev\" runs already. This one has other ports, ids and secrets, which end with it.\n"; !strings.Contains(notes, want) {
			t.Errorf("told %q", notes)
		}
		_, _, err := execute(t, "local", "--fresh", "--dir", dir)
		if want := `--fresh: a local cloud of stack "dev" runs, whose ids and secrets it would replace; end that one first`; err == nil ||
			err.Error() != want || statusOf(err) != statusCannotRun {
			t.Errorf("got %v", err)
		}
	})
}

func TestLocalOnceKeepsNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	t.Setenv(state.EnvFolder, folder)
	if _, _, err := execute(t, "local", "--once", "--quiet", "--dir", "../.."); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v", folder, err)
	}
}

func TestLocalRefusesAStateThatIsNotSafe(t *testing.T) {
	open := t.TempDir()
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{
		"state": `SMARTLAKE_STATE_DIR: "state": must be an absolute path`,
		open:    open + ": mode 0755: other users can use it; run chmod 700 '" + open + "'; SMARTLAKE_STATE_DIR names another one",
	} {
		t.Setenv(state.EnvFolder, folder)
		_, _, err := execute(t, "local", "--dir", "../..")
		if err == nil || !strings.Contains(err.Error(), want) || statusOf(err) != statusCannotRun {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
