// Command smartlake tries, checks and explains a Smartlake stack: see "smartlake --help".
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run runs the command line until it ends or is interrupted, and returns its status.
func run(args []string, out, problems io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), ending()...)
	defer stop()
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(problems)
	command, err := root.ExecuteContextC(ctx)
	if err != nil && ctx.Err() != nil { // whatever it failed with, that is why
		err = errInterrupted
	}
	if err != nil {
		fmt.Fprintln(problems, "smartlake:", inPlainWords(err))
		fmt.Fprint(problems, usageHint(command, err))
	}
	return statusOf(err)
}

// ending are the signals that end a command in order. A terminal that closes sends SIGHUP,
// which nohup has a command ignore.
func ending() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// subcommands, one a line.
var subcommands = []func() *cobra.Command{
	localCommand,
	smokeCommand,
	requestsCommand,
	usersCommand,
	explainCommand,
	deployPolicyCommand,
	packageCommand,
	versionCommand,
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "smartlake",
		Short: "SMART on FHIR in front of AWS HealthLake",
		Long: `Tries a Smartlake stack on this machine, checks a running stack, and writes requests
for it. "pulumi up" deploys a stack.

Exit status:
  0  all went well
  1  it ran, and a check failed, a step of the walk failed, or the command was
     interrupted before its end. A local cloud that stays up ends with Ctrl-C,
     SIGTERM or SIGHUP and status 0
  2  it could not run: a wrong flag or argument, or a stack, file or program that is
     missing; the message says what to do

NO_COLOR in the environment turns colors off (https://no-color.org). Results go to
standard output, everything else to standard error.`,
		Example: `  smartlake local --once               # walk through one request, without AWS
  smartlake smoke --stack dev          # check what "pulumi up" deployed
  smartlake requests --stack dev --format postman --output smartlake.json
  source <(smartlake completion bash)  # completions, also for zsh, fish and powershell`,
		SilenceUsage:  true,
		SilenceErrors: true,

		PersistentPreRunE: refuseEmpty,
	}
	for _, command := range subcommands {
		root.AddCommand(telling(command()))
	}
	return root
}
