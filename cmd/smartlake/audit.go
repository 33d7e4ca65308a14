package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/audit"
	"github.com/smartlake/pulumi-smartlake/local"
	"github.com/smartlake/pulumi-smartlake/local/graph"
)

// stackFlags name a stack to read.
type stackFlags struct {
	stack  string
	dir    string
	config []string
}

func (f *stackFlags) register(command *cobra.Command) {
	command.Flags().StringVarP(&f.stack, "stack", "s", "dev", "stack whose Pulumi.<stack>.yaml is read")
	command.Flags().StringVarP(&f.dir, "dir", "C", ".", "folder to look for Pulumi.yaml in, and above")
	command.Flags().StringArrayVar(&f.config, "config", nil, "configuration value to replace, key=value, with JSON for lists and maps; repeatable")
}

// declare runs the program for the stack, in an account, and returns what it
// declares. A stack that cannot be declared is one that the command cannot run for.
func (f *stackFlags) declare(account string) (*graph.Graph, error) {
	overrides, err := parseConfig(f.config)
	if err != nil {
		return nil, cannotRun(err)
	}
	stack, err := local.LoadStackWithoutSecrets(f.dir, f.stack, overrides)
	if err != nil {
		return nil, cannotRun(err)
	}
	stack.Account = account
	g, err := audit.Declare(stack)
	return g, cannotRun(err)
}

var accountPattern = regexp.MustCompile(`^\d{12}$`)

func deployPolicyCommand() *cobra.Command {
	var flags stackFlags
	var account string
	var readOnly bool
	var number int
	command := &cobra.Command{
		Use:   "deploy-policy",
		Short: "Print the least IAM policy of the principal that deploys a stack",
		Long: `Prints the IAM policy document with the rights to deploy a stack: to create, read,
change, tag and delete what its program declares, and to pass its roles on. Resources
are named as narrowly as Pulumi's auto-naming allows; statements whose Sid ends in
TakesNoResource have actions for which IAM knows no resource.

AWS chooses the ids of user pools, keys and datastores: what destroys or changes one
is allowed on those with the stack's tags, so give it some that no other stack has.
Where there are no tags, or no permissions boundary on the roles, standard error says
what the holder could reach. Change tags with the policy from before the change.

With --read-only it has the rights to read the same back: for a refresh, and for
finding drift. They change nothing, but they read secrets. DescribeUserPoolClient
answers with a client's secret, and with that anybody gets the client's tokens, and
the records that those read: give them to code that was reviewed, never to that of
pull requests. A preview without a refresh takes none of these rights: it compares
the program with the state.

A policy too long for one managed policy (6144 characters) is printed as several
documents, one after another; all of them are needed. The rights come from AWS's
Service Authorization Reference; unverified on AWS.`,
		Example: `  smartlake deploy-policy --stack prod --account 123456789012
  smartlake deploy-policy --stack prod --account 123456789012 --read-only
  smartlake deploy-policy --stack prod --account 123456789012 --document 1 > policy.json`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if !accountPattern.MatchString(account) {
				return cannotRun(fmt.Errorf("--account: %q: want the 12 digits of the AWS account", account))
			}
			g, err := flags.declare(account)
			if err != nil {
				return err
			}
			documents, err := audit.DeployPolicy(g, readOnly)
			if err != nil {
				return err
			}
			if readOnly {
				warnOfSecrets(command.ErrOrStderr(), audit.SecretReads(documents))
			} else {
				warnOfReach(command.ErrOrStderr(), audit.Cautions(g))
			}
			return printDocuments(command.OutOrStdout(), command.ErrOrStderr(), documents, number)
		},
	}
	flags.register(command)
	command.Flags().StringVar(&account, "account", "", "AWS account that the stack is deployed to, 12 digits; required")
	command.Flags().BoolVar(&readOnly, "read-only", false, "the rights of a refresh and of finding drift alone; they read client secrets")
	command.Flags().IntVar(&number, "document", 0, "print this one of several documents alone, from 1")
	return command
}

func warnOfSecrets(progress io.Writer, reads []string) {
	if len(reads) == 0 {
		return
	}
	fmt.Fprintln(progress, "These rights change nothing, but read secrets. They are for drift and refresh, on reviewed code, not for pull requests:")
	for _, read := range reads {
		fmt.Fprintf(progress, "  %s\n", read)
	}
}

// warnOfReach says what the rights to deploy leave open.
func warnOfReach(progress io.Writer, cautions []string) {
	for _, caution := range cautions {
		fmt.Fprintln(progress, caution)
	}
}

func printDocuments(out, progress io.Writer, documents []audit.Document, number int) error {
	if number < 0 || number > len(documents) {
		return cannotRun(fmt.Errorf("--document: %d: want 1 to %d, or 0 for all", number, len(documents)))
	}
	if len(documents) > 1 && number == 0 {
		fmt.Fprintf(progress, "The policy is longer than a managed policy may be: %d documents follow, and all are needed.\n", len(documents))
	}
	if number > 0 {
		documents = documents[number-1 : number]
	}
	for _, document := range documents {
		if err := printJSON(out, document); err != nil {
			return err
		}
	}
	return nil
}

func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func explainCommand() *cobra.Command {
	var flags stackFlags
	var format string
	command := &cobra.Command{
		Use:   "explain",
		Short: "Say who may do what in a stack, from its configuration alone",
		Long: `Says of every client of a stack how it authenticates, what it may ask for, what of
that the token validator counts, and which IAM role it ends with; of every role who
may assume it and what it may do; how the data is encrypted; what is protected, and
what is not. No AWS account is asked and no secret decrypted. The same configuration
gives the same text.`,
		Example: `  smartlake explain --stack prod
  smartlake explain --stack prod --format json`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return cannotRun(fmt.Errorf("--format: %q: want text or json", format))
			}
			g, err := flags.declare("")
			if err != nil {
				return err
			}
			explanation, err := audit.Explain(g)
			if err != nil {
				return err
			}
			if format == "json" {
				return printJSON(command.OutOrStdout(), explanation)
			}
			return explanation.Text(command.OutOrStdout())
		},
	}
	flags.register(command)
	command.Flags().StringVar(&format, "format", "text", "text or json")
	return command
}
