// Command smartlake tries and explains a Smartlake stack without AWS: see "smartlake --help".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := rootCommand().ExecuteContext(ctx); err != nil {
		if !errors.Is(err, context.Canceled) {
			fmt.Fprintln(os.Stderr, "smartlake:", err)
		}
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "smartlake",
		Short:         "SMART on FHIR in front of AWS HealthLake",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(localCommand(), explainCommand(), deployPolicyCommand())
	return root
}
