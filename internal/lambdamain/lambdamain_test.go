package lambdamain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
)

// The test binary is a function that lacks something, where a test asks for it.
func TestMain(m *testing.M) {
	lambdamaintest.Main(m, func() {
		log := lambdamain.Logger(os.Stdout, slog.LevelError)
		lambdamain.Require(log, "nothing", nil)
		lambdamain.Require(log, "environment", errors.New("A: not set"))
	})
}

func environment(variables map[string]string) *lambdamain.Environment {
	return &lambdamain.Environment{Lookup: lambdamaintest.Lookup(variables)}
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
		"": slog.LevelInfo, "debug": slog.LevelDebug, "INFO": slog.LevelInfo, "Warn": slog.LevelWarn, "error": slog.LevelError,
	} {
		e := environment(map[string]string{"LOG_LEVEL": text})
		if got := e.LogLevel(); got != want || e.Err() != nil {
			t.Errorf("%q: got %v (error %v), want %v", text, got, e.Err(), want)
		}
	}
}

func TestAFunctionThatLacksSomethingEndsWithStatus1AndALine(t *testing.T) {
	lambdamaintest.AssertEnds(t, nil, "environment", "A: not set")
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
