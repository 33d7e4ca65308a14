package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// complete registers what completes the value of a flag.
func complete(command *cobra.Command, flag string, values cobra.CompletionFunc) {
	must(command.RegisterFlagCompletionFunc(flag, values))
}

// must is for the registration of flags of ours, which fails only if there is no such
// flag: every test would see it.
func must(err error) {
	cobra.CheckErr(err)
}

// completeStacks are the stacks with a Pulumi.<stack>.yaml in the folder of --dir or,
// as Pulumi looks for it, the next one above with a Pulumi.yaml; of a smartlake.yaml, its one
// stack.
func completeStacks(command *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	dir, err := command.Flags().GetString("dir")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var stacks []string
	for {
		files, err := filepath.Glob(filepath.Join(globQuoted(dir), "Pulumi.*.yaml"))
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		project, err := filepath.Glob(filepath.Join(globQuoted(dir), "Pulumi.yaml"))
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		for _, file := range files {
			stack := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml")
			if strings.HasPrefix(stack, typed) {
				stacks = append(stacks, stack)
			}
		}
		if len(project) == 0 && exists(filepath.Join(dir, declared.FileName)) {
			return []string{declared.FileStack}, cobra.ShellCompDirectiveNoFileComp
		}
		parent := filepath.Dir(dir)
		if len(project) > 0 || parent == dir {
			slices.Sort(stacks)
			return stacks, cobra.ShellCompDirectiveNoFileComp
		}
		dir, stacks = parent, nil
	}
}

// completeFaults completes the last one of a list of failures.
func completeFaults(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndex(typed, ",")+1]
	var lists []string
	for _, name := range local.FaultNames() {
		if strings.HasPrefix(before+name, typed) {
			lists = append(lists, before+name)
		}
	}
	return lists, cobra.ShellCompDirectiveNoFileComp
}

var globSpecial = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`)

func globQuoted(path string) string { return globSpecial.Replace(path) }
