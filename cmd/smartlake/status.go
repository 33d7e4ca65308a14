package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// The exit statuses, which the help of the root command explains.
const (
	statusFailed    = 1
	statusCannotRun = 2
)

// ranError is the error of a command that started: cobra's own, about flags and
// arguments, come without it.
type ranError struct {
	error
	status int
}

func (e *ranError) Unwrap() error { return e.error }

// errInterrupted ends a command that somebody stopped before its end.
var errInterrupted error = &ranError{errors.New("interrupted"), statusFailed}

// cannotRun marks the error of a command that could not do its work at all.
func cannotRun(err error) error {
	if err == nil {
		return nil
	}
	return &ranError{err, statusCannotRun}
}

// telling marks the errors of a command that ran, so that they are told apart from
// those of its usage.
func telling(command *cobra.Command) *cobra.Command {
	for _, sub := range command.Commands() {
		telling(sub)
	}
	run := command.RunE
	if run == nil {
		return command
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		err := run(command, args)
		if ran := (*ranError)(nil); err == nil || errors.As(err, &ran) {
			return err
		}
		return &ranError{err, statusFailed}
	}
	return command
}

// usageHint is the next step after an error of flags or arguments, which come from
// cobra and name none.
func usageHint(command *cobra.Command, err error) string {
	if ran := (*ranError)(nil); err == nil || errors.As(err, &ran) {
		return ""
	}
	return fmt.Sprintf("See \"%s --help\".\n", command.CommandPath())
}

func statusOf(err error) int {
	var ran *ranError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ran):
		return ran.status
	default:
		return statusCannotRun
	}
}

var (
	flagMissing   = regexp.MustCompile(`^at least one of the flags in the group \[([^\]]+)\] is required$`)
	flagsTogether = regexp.MustCompile(`^if any flags in the group \[[^\]]+\] are set none of the others can be; \[([^\]]+)\] were all set$`)
)

// inPlainWords is the text of an error. What cobra says about groups of flags, it says shorter.
func inPlainWords(err error) string {
	text := err.Error()
	if group := flagMissing.FindStringSubmatch(text); group != nil {
		return "missing: one of " + flagNames(group[1], ", ")
	}
	if group := flagsTogether.FindStringSubmatch(text); group != nil {
		return flagNames(group[1], " and ") + ": cannot be combined; leave one out"
	}
	return text
}

func flagNames(names, between string) string {
	return "--" + strings.Join(strings.Fields(names), between+"--")
}
