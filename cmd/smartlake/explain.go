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
and what it may do. Shows how the data is encrypted, what is and is not protected, which
settings a review asks about, and what the stack declares for each technical safeguard of
HIPAA (45 CFR 164.312). The command needs no AWS account and decrypts no secret. The same
configuration and version give the same text. As Markdown it is a document for a review.`,
		Example: `  smartlake explain --stack prod
  smartlake explain --stack prod --format json
  smartlake explain --stack prod --format markdown > review.md
  smartlake explain --program infra    # a Go program that imports the components`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			write, known := explanationFormats[format]
			if !known {
				return cannotRun(fmt.Errorf("--format: %q: must be text, json or markdown", format))
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
			explanation.Version = moduleVersion()
			return write(explanation, command.OutOrStdout())
		},
	}
	flags.register(command)
	command.Flags().StringVar(&format, "format", "text", "text, json or markdown")
	complete(command, "format", cobra.FixedCompletions([]string{"text", "json", "markdown"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

// explanationFormats are the ways to write an explanation, by the value of --format.
var explanationFormats = map[string]func(explain.Explanation, io.Writer) error{
	"text":     explain.Explanation.Text,
	"json":     func(e explain.Explanation, out io.Writer) error { return printJSON(out, e) },
	"markdown": explain.Explanation.Markdown,
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
