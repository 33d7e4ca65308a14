package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
)

// TestTheCommandsAndFlagsAreTheListedOnes holds what docs/reference/compatibility.md promises of
// the command line. A line that goes or changes is a break.
func TestTheCommandsAndFlagsAreTheListedOnes(t *testing.T) {
	var list strings.Builder
	listCommand(&list, rootCommand())
	declaredtest.AssertGolden(t, "commands.txt", []byte(list.String()))
}

// listCommand lists a command with its flags, each with its short form and its type, then the
// commands below it. What is hidden is not promised.
func listCommand(list *strings.Builder, command *cobra.Command) {
	if command.Hidden {
		return
	}
	fmt.Fprintln(list, command.CommandPath())
	command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		short := ""
		if flag.Shorthand != "" {
			short = ", -" + flag.Shorthand
		}
		if !flag.Hidden {
			fmt.Fprintf(list, "%s --%s%s %s\n", command.CommandPath(), flag.Name, short, flag.Value.Type())
		}
	})
	for _, below := range command.Commands() {
		listCommand(list, below)
	}
}
