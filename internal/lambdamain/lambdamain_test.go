package lambdamain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
)

// TestMain turns the test binary into a function that lacks something, where a test asks
// for it.
func TestMain(m *testing.M) {
	if os.Getenv("LACK_SOMETHING") != "" {
		log := lambdamain.Logger(os.Stdout, slog.LevelError)
		lambdamain.Require(log, "nothing", nil)
		lambdamain.Require(log, "environment", errors.New("A: not set"))
		return
	}
	os.Exit(m.Run())
}

func environment(variables map[string]string) *lambdamain.Environment {
	return &lambdamain.Environment{Lookup: func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}}
}

func TestAnErrorNamesEveryVariableThatIsMissingOrWrong(t *testing.T) {
	e := environment(map[string]string{"B": "", "C": "c", "LOG_LEVEL": "loud"})
	for _, name := range []string{"A", "B", "C"} {
		if got, want := e.Required(name, "a letter"), map[string]string{"C": "c"}[name]; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	e.Refuse("C", "c", "a capital letter")
	e.LogLevel()
	want := "A: not set; must be a letter\nB: not set; must be a letter\n" +
		`C: "c": must be a capital letter` + "\n" + `LOG_LEVEL: "loud": must be debug, info, warn or error`
	if err := e.Err(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestTheLogLevelIsInfoUnlessItIsSaid(t *testing.T) {
	for text, want := range map[string]slog.Level{
		"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	} {
		e := environment(map[string]string{"LOG_LEVEL": text})
		if got := e.LogLevel(); got != want || e.Err() != nil {
			t.Errorf("%q: got %v (error %v), want %v", text, got, e.Err(), want)
		}
	}
}

func TestAFunctionThatLacksSomethingEndsWithStatus1AndALine(t *testing.T) {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "LACK_SOMETHING=1")
	output, err := command.Output()
	if command.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	var line struct{ Level, Msg, Error string }
	if err := json.Unmarshal(output, &line); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if line.Level != "ERROR" || line.Msg != "environment" || line.Error != "A: not set" {
		t.Errorf("got %+v", line)
	}
}

func TestATraceTellsWhereAPanicCameFromAndNotWhatItHolds(t *testing.T) {
	var log bytes.Buffer
	func() {
		defer func() {
			trace := lambdamain.NewTrace(recover())
			lambdamain.Logger(&log, slog.LevelInfo).LogAttrs(t.Context(), slog.LevelError, "deny", trace.Attributes()...)
		}()
		raise()
	}()
	var line struct {
		Panic string
		Trace []string
	}
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line.Panic != "*errors.errorString" || len(line.Trace) == 0 || !strings.Contains(strings.Join(line.Trace, "\n"), "lambdamain_test.raise:") {
		t.Errorf("got %+v", line)
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log holds the value: %s", log.String())
	}
}

func raise() { panic(errors.New("secret")) }
