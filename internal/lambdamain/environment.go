// Package lambdamain holds what the mains of the Lambda functions have in common: they
// read a strict environment, write their log in JSON, and tell where a panic came from
// without telling what it holds.
//
//	func main() {
//		config, level, err := readEnvironment(os.LookupEnv) // with an [Environment]
//		config.Logger = lambdamain.Logger(os.Stdout, level)
//		lambdamain.Require(config.Logger, "environment", err)
//		...
//		lambda.Start(handler)
//	}
//
// It knows no function and no AWS library.
package lambdamain

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// Environment reads variables and collects what is wrong with them, so that an error
// names all of them at once. Lookup is os.LookupEnv outside of tests.
type Environment struct {
	Lookup   func(name string) (string, bool)
	problems []error
}

// Required returns a variable that must be set. An empty one counts as not set. want
// says what would be accepted.
func (e *Environment) Required(name, want string) string {
	text, _ := e.Lookup(name)
	if text == "" {
		e.Add(fmt.Errorf("%s: not set; must be %s", name, want))
	}
	return text
}

// Refuse notes that the value of a variable is wrong, and quotes it: it must not be one
// that may hold a secret.
func (e *Environment) Refuse(name, got, want string) {
	e.Add(fmt.Errorf("%s: %q: must be %s", name, got, want))
}

// Add notes a problem; the error names its variable.
func (e *Environment) Add(problem error) { e.problems = append(e.problems, problem) }

// LogLevel reads [wire.EnvLogLevel], which may be left out: info.
func (e *Environment) LogLevel() slog.Level {
	level := slog.LevelInfo
	text, _ := e.Lookup(wire.EnvLogLevel)
	if text != "" && level.UnmarshalText([]byte(text)) != nil {
		e.Refuse(wire.EnvLogLevel, text, "debug, info, warn or error")
	}
	return level
}

// Err joins everything that is wrong, in the order in which it was read.
func (e *Environment) Err() error { return errors.Join(e.problems...) }

// Logger writes one JSON object a line, as CloudWatch Logs takes it.
func Logger(to io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: level}))
}

// Require ends the function with status 1 and a line in the log where there is an error:
// a function that cannot do its work must not seem to be deployed. what is the message,
// such as "environment".
func Require(log *slog.Logger, what string, err error) {
	if err != nil {
		log.Error(what, "error", err.Error())
		os.Exit(1)
	}
}
