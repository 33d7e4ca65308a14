package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// stackFlags name a stack of a project, and values to replace in its configuration.
type stackFlags struct {
	stack  string
	dir    string
	config []string
}

func (f *stackFlags) register(command *cobra.Command) {
	command.Flags().StringVarP(&f.stack, "stack", "s", declared.FileStack, "stack whose Pulumi.<stack>.yaml to read; dev also is the one of smartlake.yaml")
	addDir(command, &f.dir)
	command.Flags().StringArrayVar(&f.config, "config", nil, "configuration value to replace, key=value, with JSON for lists and objects, or member.path=value; repeatable")
	complete(command, "stack", completeStacks)
}

// addDir adds --dir, which means the same in every command that reads a project: paths of
// other flags start from the working directory nevertheless.
func addDir(command *cobra.Command, dir *string) {
	command.Flags().StringVarP(dir, "dir", "C", ".", "folder of the project, or a folder below it, instead of the working directory")
	must(command.MarkFlagDirname("dir"))
}

// declare runs the program for the stack, in an account, and returns what it
// declares. A stack that cannot be declared is one that the command cannot run for.
func (f *stackFlags) declare(ctx context.Context, account string) (*declared.Graph, error) {
	overrides, err := parseConfig(f.config)
	if err != nil {
		return nil, cannotRun(err)
	}
	stack, err := declared.LoadStackWithoutSecrets(f.dir, f.stack, overrides)
	if err != nil {
		return nil, cannotRun(err)
	}
	stack.Account = account
	g, err := declared.By(stack)
	if ctx.Err() != nil { // that took a second, in which nothing listens
		return nil, ctx.Err()
	}
	return g, cannotRun(err)
}
