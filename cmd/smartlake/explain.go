package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/explain"
)

func explainCommand() *cobra.Command {
	var flags stackFlags
	var format string
	command := &cobra.Command{
		Use:   "explain",
		Short: "Explain who may do what in a stack, from its configuration",
		Long: `Explains for every client of a stack how it authenticates, which scopes it may request,
which of them count, and which IAM role it gets. Explains for every role who may assume it
and what it may do. Shows how the data is encrypted, and what is and is not protected. The
command needs no AWS account and decrypts no secret. The same configuration gives the
same text.`,
		Example: `  smartlake explain --stack prod
  smartlake explain --stack prod --format json
  smartlake explain --program infra    # a Go program that imports the components`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return cannotRun(fmt.Errorf("--format: %q: must be text or json", format))
			}
			g, err := flags.declare(command.Context(), command.ErrOrStderr(), "")
			if err != nil {
				return err
			}
			noteWarnings(command.ErrOrStderr(), g.Warnings())
			explanation, err := explain.Graph(g)
			if err != nil {
				return cannotRun(err)
			}
			if format == "json" {
				return printJSON(command.OutOrStdout(), explanation)
			}
			return explanation.Text(command.OutOrStdout())
		},
	}
	flags.register(command)
	command.Flags().StringVar(&format, "format", "text", "text or json")
	complete(command, "format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
