package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// refuseEmpty refuses flags and arguments that are given without a value, which is what a
// shell makes of "$(a command that failed)" and of a variable that is not set. Taken as left
// out, they would widen what a command does: a policy for every pool, a list of every user.
func refuseEmpty(command *cobra.Command, args []string) error {
	if command.DisableFlagParsing { // a shell that completes a word asks with an empty one
		return nil
	}
	var problems []error
	command.Flags().Visit(func(flag *pflag.Flag) {
		if isEmpty(flag.Value) {
			problems = append(problems, empty("--"+flag.Name))
		}
	})
	names := strings.Fields(command.Use)[1:]
	for i, arg := range args {
		if blank(arg) {
			name := fmt.Sprintf("argument %d", i+1)
			if len(names) > 0 {
				name = strings.Trim(names[min(i, len(names)-1)], "[].")
			}
			problems = append(problems, empty(name))
		}
	}
	return errors.Join(problems...)
}

func empty(name string) error {
	return fmt.Errorf(`%s: "": must have a value; look at the command or variable that it comes from`, name)
}

func isEmpty(value pflag.Value) bool {
	if list, ok := value.(pflag.SliceValue); ok {
		members := list.GetSlice()
		return len(members) == 0 || slices.ContainsFunc(members, blank)
	}
	return blank(value.String())
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }
