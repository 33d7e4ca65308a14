package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// stackFlags name a stack of a project, and values to replace in its configuration.
type stackFlags struct {
	stack   string
	dir     string
	config  []string
	program string // folder of a program that is not this repository's; empty for that one

	given func(flag string) bool // whether the user gives a flag
}

func (f *stackFlags) register(command *cobra.Command) {
	command.Flags().StringVarP(&f.stack, "stack", "s", declared.FileStack, "stack whose Pulumi.<stack>.yaml to read; dev also is the one of smartlake.yaml")
	addDir(command, &f.dir)
	command.Flags().StringArrayVar(&f.config, "config", nil, "configuration value to replace, key=value, with JSON for lists and objects, or member.path=value; repeatable")
	command.Flags().StringVar(&f.program, "program", "", "folder of a Go program that imports the components, to run instead of Smartlake's own; its Pulumi.yaml is there or above it, or in --dir")
	complete(command, "stack", completeStacks)
	must(command.MarkFlagDirname("program"))
	f.given = command.Flags().Changed
}

// projectDir is the folder of the project: that of --program where no --dir is given.
func (f *stackFlags) projectDir() string {
	if f.program != "" && !f.given("dir") {
		return f.program
	}
	return f.dir
}

// addDir adds --dir, which means the same in every command that reads a project: paths of
// other flags start from the working directory nevertheless.
func addDir(command *cobra.Command, dir *string) {
	command.Flags().StringVarP(dir, "dir", "C", ".", "folder of the project, or a folder below it, instead of the working directory")
	must(command.MarkFlagDirname("dir"))
}

// declare runs the program for the stack, in an account, and returns what it
// declares. A stack that cannot be declared is one that the command cannot run for.
func (f *stackFlags) declare(ctx context.Context, progress io.Writer, account string) (*declared.Graph, error) {
	overrides, err := parseConfig(f.config)
	if err != nil {
		return nil, cannotRun(err)
	}
	stack, err := declared.LoadStackWithoutSecrets(f.projectDir(), f.stack, overrides)
	if err != nil {
		return nil, cannotRun(err)
	}
	stack.Account = account
	g, err := f.run(ctx, progress, stack)
	if ctx.Err() != nil { // that took a second, in which nothing listens
		return nil, ctx.Err()
	}
	return g, cannotRun(err)
}

// run runs the program of --program, or this repository's.
func (f *stackFlags) run(ctx context.Context, progress io.Writer, stack declared.Stack) (*declared.Graph, error) {
	if err := f.checkProgram(stack); err != nil {
		return nil, err
	}
	if f.program == "" {
		return declared.By(stack)
	}
	return f.declareProgram(ctx, progress, progress, stack.AsRead())
}
