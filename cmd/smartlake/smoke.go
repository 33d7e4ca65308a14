package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/smoke"
)

type smokeFlags struct {
	source

	write   bool
	expired bool
	timeout time.Duration
	junit   string
	asJSON  bool
}

func smokeCommand() *cobra.Command {
	var flags smokeFlags
	command := &cobra.Command{
		Use:   "smoke",
		Short: "Test a running stack the way an app would",
		Long: `Checks the discovery document, the key set, a token for every service client, the
capability statement, searching and reading. Checks that the datastore and the token
endpoint refuse invalid requests: no token, changed and forged tokens, scopes that a
client lacks, writing with a token that only reads.

In a local cloud without a service client, the command signs users in at the hosted pages,
as a browser would. On AWS it signs no user in: without a service client it skips all
checks that need a token.

A check passes only on evidence: a refusal must be 401 or 403 because of the token, and
the same request with a valid token must succeed before and after. A check that could
not be tried is "skipped", with the reason. The command retries, a few times, only for a
client that was just created and a resource that was just written.

If the stack has a front door, the command uses it. Without one, HealthLake documents an
AWS signature for two requests: the discovery document and the capability statement. Put
AWS credentials that may healthlake:GetCapabilities into AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN, as
eval "$(aws configure export-credentials --format env)" does. Without them, the command
skips these checks if HealthLake refuses the requests. --local has its own credentials.

Name the stack by one of --stack (asks the pulumi command), --outputs, --local and
--datastore. The command changes nothing without --write, which creates, changes, reads
and deletes one resource of its own. The checks of refusals try to delete only what does
not exist. The command shows only the status and the error of an answer, and prints no
token and no secret.

Exit status: 0 if no check failed, 1 if a check failed, 2 if the checks could not run.`,
		Example: `  smartlake smoke --stack dev
  smartlake smoke --stack dev --write --expired --junit smoke.xml
  smartlake smoke --local ~/.local/state/smartlake/clouds/b0d32cfc8b009e29/run     # "smartlake local" prints this line
  pulumi stack output --json --show-secrets | smartlake smoke --outputs - --json
  SMARTLAKE_CLIENT_SECRET=... smartlake smoke --client-id 4f2k... \
    --datastore https://healthlake.us-east-1.amazonaws.com/datastore/a22c.../r4/`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return runSmoke(command.Context(), command.InOrStdin(), command.OutOrStdout(), command.ErrOrStderr(), flags)
		},
	}
	flags.add(command)
	command.Flags().BoolVar(&flags.write, "write", false, "create a resource, change it, read it back and delete it")
	command.Flags().BoolVar(&flags.expired, "expired", false, fmt.Sprintf("wait until a token has expired, at most %s, to see it refused", smoke.MaxWait))
	command.Flags().DurationVar(&flags.timeout, "timeout", 15*time.Second, "longest wait for one answer")
	command.Flags().StringVar(&flags.junit, "junit", "", "file to write the results to as JUnit XML")
	command.Flags().BoolVar(&flags.asJSON, "json", false, "print the results as JSON instead of a table")
	must(command.MarkFlagFilename("junit", "xml"))
	return command
}

func runSmoke(ctx context.Context, stdin io.Reader, out, notes io.Writer, flags smokeFlags) error {
	if flags.timeout < time.Second || flags.timeout > 5*time.Minute {
		return cannotRun(fmt.Errorf("--timeout: %s: must be 1s to 5m", flags.timeout))
	}
	p := newProgress(notes)
	defer p.clear()
	if flags.stack != "" {
		p.show("Asking pulumi for the outputs of stack %s ...", flags.stack)
	}
	stack, err := flags.read(ctx, stdin)
	if err != nil {
		return cannotRun(err)
	}
	client, err := flags.client()
	if err != nil {
		return cannotRun(err)
	}
	credentials, err := flags.credentials(stack)
	if err != nil {
		return cannotRun(err)
	}
	users, err := flags.users()
	if err != nil {
		return cannotRun(err)
	}
	report := smoke.Report{Datastore: stack.Base(), Started: time.Now()}
	report.Results, err = smoke.Run(ctx, smoke.Options{
		Stack: stack, Users: users, Client: client, Credentials: credentials, Timeout: flags.timeout, Write: flags.write, Expired: flags.expired,
		Started: func(name string) { p.show("Checking: %s ...", name) },
	})
	if err != nil && ctx.Err() == nil {
		return cannotRun(err)
	}
	p.clear()
	if err := errors.Join(err, flags.publish(report, out)); err != nil {
		return err
	}
	if !report.OK() {
		return fmt.Errorf("the stack failed the smoke test: %s", report.Summary())
	}
	return nil
}

// publish writes the results, those of an interrupted run too.
func (f smokeFlags) publish(report smoke.Report, out io.Writer) error {
	if f.junit != "" {
		if err := writeFile(f.junit, report.WriteJUnit); err != nil {
			return cannotRun(fmt.Errorf("--junit: %w", err))
		}
	}
	if f.asJSON {
		return report.WriteJSON(out)
	}
	return report.WriteTable(out, colored(out))
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
