package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/deploypolicy"
)

var accountPattern = regexp.MustCompile(`^\d{12}$`)

// policyFlags say which policy is wanted, and where.
type policyFlags struct {
	stackFlags
	account  string
	readOnly bool
	operator bool
	userPool string
	number   int
	output   string
}

func deployPolicyCommand() *cobra.Command {
	var flags policyFlags
	command := &cobra.Command{
		Use:   "deploy-policy",
		Short: "Print the smallest IAM policy for the principal that deploys a stack",
		Long: `Prints the IAM policy document with the rights to deploy a stack: to create, read,
change, tag and delete what its program declares, and to pass its roles. The policy names
resources as narrowly as Pulumi's auto-naming allows. Statements whose Sid begins with
TakesNoResource have actions for which IAM knows no resource.

AWS chooses the ids of user pools, keys and datastores. The policy allows destroying,
changing and using those with the stack's tags, so give the stack tags that no other
stack has. Standard error lists rights that reach beyond the stack, and the setting that
limits each, if there is one. Deploy a change of tags with the policy from before the
change.

With --read-only it prints the rights to read the same resources, for a refresh and for
finding drift. They allow no change, but they allow reading secrets:
DescribeUserPoolClient returns a client's secret, which gives access to the client's
tokens and records. Give these rights only to reviewed code, never to pull requests. A
preview without a refresh compares the program with the state. Of these rights it needs
only cognito-idp:DescribeUserPool on an existingUserPool.

With --operator it prints the rights of "smartlake users" instead: to administer the
users of the stack's user pool, and nothing else. Name the pool with --user-pool once it
is deployed. Without it, the rights are for the pools with the stack's tags.

If the policy is too long for one managed policy (6144 characters), the command makes
several documents, and you need all of them. Write them to files with --output, or print
one with --document.
The rights come from AWS's Service Authorization Reference; unverified on AWS.`,
		Example: `  smartlake deploy-policy --stack dev --account 123456789012 > policy.json
  smartlake deploy-policy --stack prod --account 123456789012 --output policies
  smartlake deploy-policy --stack prod --account 123456789012 --read-only --document 1
  smartlake deploy-policy --stack prod --account 123456789012 --operator --user-pool us-east-1_AbCdEfGhI`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return flags.run(command.Context(), command.OutOrStdout(), command.ErrOrStderr())
		},
	}
	flags.register(command)
	command.Flags().StringVar(&flags.account, "account", "", "AWS account that the stack is deployed to, 12 digits; required")
	command.Flags().BoolVar(&flags.readOnly, "read-only", false, "only the rights for a refresh and for finding drift; they allow reading client secrets")
	command.Flags().BoolVar(&flags.operator, "operator", false, "only the rights to administer users with \"smartlake users\"")
	command.Flags().StringVar(&flags.userPool, "user-pool", "", "id of the stack's user pool, for --operator")
	command.Flags().IntVar(&flags.number, "document", 0, "print this one of several documents, from 1")
	command.Flags().StringVar(&flags.output, "output", "", "folder to write the documents to, deploy-policy.<stack>.1.json and so on (read-policy with --read-only, operator-policy with --operator)")
	command.MarkFlagsMutuallyExclusive("operator", "read-only")
	command.MarkFlagsMutuallyExclusive("document", "output")
	must(command.MarkFlagDirname("output"))
	return command
}

func (f *policyFlags) run(ctx context.Context, out, progress io.Writer) error {
	if f.userPool != "" && !f.operator {
		return cannotRun(errors.New("--user-pool: needs --operator; leave it out"))
	}
	if !accountPattern.MatchString(f.account) || f.account == "000000000000" { // which stands for one that is not known
		return cannotRun(fmt.Errorf("--account: %q: must be the 12 digits of the AWS account", f.account))
	}
	g, err := f.declare(ctx, progress, f.account)
	if err != nil {
		return err
	}
	noteWarnings(progress, g.Warnings())
	documents, err := f.documents(progress, g)
	if err != nil {
		return cannotRun(err)
	}
	write := func() error { return printDocument(out, documents, f.number) }
	if f.output != "" {
		write = func() error { return f.writeDocuments(progress, documents) }
	}
	if err := write(); err != nil {
		return err
	}
	switch {
	case f.operator:
		warnOfReach(progress, []string{deploypolicy.OperatorCaution})
	case f.readOnly:
		warnOfSecrets(progress, deploypolicy.SecretReads(documents))
	default:
		warnOfReach(progress, deploypolicy.Cautions(g))
	}
	return nil
}

// documents are the policies that are wanted. Of another program than this repository's,
// they leave out what is not known here, which is said.
func (f *policyFlags) documents(progress io.Writer, g *declared.Graph) ([]deploypolicy.Document, error) {
	if f.operator {
		documents, err := deploypolicy.Operator(g, f.userPool)
		if err != nil {
			return nil, fmt.Errorf("--user-pool: %w", err)
		}
		return documents, nil
	}
	if f.program == "" {
		return deploypolicy.Deploy(g, f.readOnly)
	}
	documents, leftOut, err := deploypolicy.DeployKnown(g, f.readOnly)
	if err == nil && len(leftOut) > 0 {
		fmt.Fprintf(progress, "The policy has no rights for these resources, because Smartlake does not know their types; add the rights: %s\n", strings.Join(leftOut, ", "))
	}
	return documents, err
}

func warnOfSecrets(progress io.Writer, reads []string) {
	if len(reads) == 0 {
		return
	}
	fmt.Fprintln(progress, "These rights change nothing, but they read secrets. Use them for drift and refresh on reviewed code, not for pull requests:")
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

// printDocument prints the one document, or the one of several with a number.
func printDocument(out io.Writer, documents []deploypolicy.Document, number int) error {
	switch {
	case number < 0 || number > len(documents):
		return cannotRun(fmt.Errorf("--document: %d: must be 1 to %d", number, len(documents)))
	case number == 0 && len(documents) > 1:
		return cannotRun(fmt.Errorf("the policy is %d documents, and all are needed: write them to a folder with --output, or print one with --document 1 to %d",
			len(documents), len(documents)))
	}
	return printJSON(out, documents[max(number, 1)-1])
}

// writeDocuments writes each document to a file of its own in the folder of --output.
// A document of an earlier, longer policy is left alone and refused: it would be taken
// for one of this policy's.
func (f *policyFlags) writeDocuments(progress io.Writer, documents []deploypolicy.Document) error {
	name := func(number int) string {
		kind := "deploy-policy"
		switch {
		case f.operator:
			kind = "operator-policy"
		case f.readOnly:
			kind = "read-policy"
		}
		return filepath.Join(f.output, fmt.Sprintf("%s.%s.%d.json", kind, f.stack, number))
	}
	if stale := name(len(documents) + 1); exists(stale) {
		return cannotRun(fmt.Errorf("--output: %s: left of a policy with more documents; remove it, or name another folder", stale))
	}
	if err := os.MkdirAll(f.output, 0o750); err != nil {
		return cannotRun(fmt.Errorf("--output: %w", err))
	}
	for i, document := range documents {
		var text bytes.Buffer
		if err := printJSON(&text, document); err != nil {
			return err
		}
		if err := os.WriteFile(name(i+1), text.Bytes(), 0o600); err != nil {
			return cannotRun(fmt.Errorf("--output: %w", err))
		}
		fmt.Fprintf(progress, "Wrote %s\n", name(i+1))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
