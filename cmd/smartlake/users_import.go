package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/users"
)

type importFlags struct {
	dryRun, quiet, relink, check bool
	concurrency                  int
	report                       string
	asJSON                       bool
}

func usersImportCommand() *cobra.Command {
	var d directory
	var f importFlags
	command := &cobra.Command{
		Use:   "import FILE",
		Short: "Create and change many users from a CSV file",
		Long: `Creates the users of a file, or gives existing ones what they lack. The file has
comma-separated values in UTF-8, and its first line names the columns:

  username   required; never changes
  email      taken to be verified; new users get an invitation there
  patient    FHIR id of the user's patient, such as 123
  fhirUser   FHIR resource of the user, such as Practitioner/123
  groups     groups of the stack's clients, with spaces between them
  and attributes of the user pool by Cognito's names, such as given_name

An empty cell leaves what it is about as it is. No column has a password. A user is taken
out of no group, and a link is replaced only with --relink.

The command prints each row that was created, updated, refused or failed, with the
reason, and a summary. It slows down when Cognito throttles it. Run it again after an
interruption or a failure: what is done already is left. --dry-run reads, changes
nothing and says what would be done.

Exit status: 0 if every user is as the file says, 1 if not, 2 if the file as a whole
cannot be read or the command could not run.`,
		Example: `  smartlake users import staff.csv --dry-run --stack prod
  smartlake users import staff.csv --report imported.csv --stack prod
  smartlake users import - --no-invitation --json --local . <staff.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			d.stdin, d.notes = command.InOrStdin(), command.ErrOrStderr()
			return f.run(command.Context(), &d, args[0], command.OutOrStdout())
		},
	}
	d.add(command)
	d.addAttributes(command)
	flags := command.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "change nothing, and say what would be done")
	flags.BoolVar(&f.quiet, "no-invitation", false, "send new users no email; nobody then knows their temporary passwords")
	flags.BoolVar(&f.relink, "relink", false, "replace links to other resources: those users become somebody else")
	flags.BoolVar(&f.check, "check", false, "link only to resources that the datastore has; needs healthlake:ReadResource")
	flags.IntVar(&f.concurrency, "concurrency", users.Concurrency, "rows to work on at once, 1 to 20")
	flags.StringVar(&f.report, "report", "", "file to write the result of every row to, as CSV; it must not exist")
	flags.BoolVar(&f.asJSON, "json", false, "print the results as JSON instead of text")
	must(command.MarkFlagFilename("report", "csv"))
	return command
}

func (f *importFlags) run(ctx context.Context, d *directory, path string, out io.Writer) error {
	if f.concurrency < 1 || f.concurrency > 20 {
		return cannotRun(fmt.Errorf("--concurrency: %d: must be 1 to 20", f.concurrency))
	}
	if path == "-" && d.file == "-" {
		return cannotRun(errors.New("--outputs: -: standard input has the users; give the outputs in a file, or name the stack with --stack"))
	}
	pool, err := d.open(ctx, d.stdin)
	if err != nil {
		return cannotRun(err)
	}
	if err := pool.Describe(ctx); err != nil {
		return cannotRun(err)
	}
	rows, err := readRows(pool, path, d.stdin)
	if err != nil {
		return cannotRun(err)
	}
	how := users.How{DryRun: f.dryRun, Relink: f.relink, Invite: !f.quiet}
	if f.check {
		if how.Look, err = d.look(); err != nil {
			return cannotRun(err)
		}
	}
	write, err := f.reportFile()
	if err != nil {
		return cannotRun(err)
	}
	bar := newBar(d.notes, "Importing users", len(rows))
	report := users.Report{DryRun: f.dryRun, Results: pool.Import(ctx, rows, how, f.concurrency, bar.set)}
	bar.clear()
	if err := errors.Join(f.publish(report, out), write(report)); err != nil {
		return err
	}
	fmt.Fprintln(d.notes, report.Summary())
	if !report.OK() {
		return errNotDone(report.Summary())
	}
	return nil
}

func readRows(pool *users.Pool, path string, stdin io.Reader) ([]users.Row, error) {
	if path == "-" {
		rows, err := pool.ReadCSV(stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return rows, nil
	}
	file, err := os.Open(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	rows, err := pool.ReadCSV(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}

// reportFile opens the file of --report before anything is changed, and returns what
// writes it. It names users: only its owner may read it.
func (f *importFlags) reportFile() (write func(users.Report) error, err error) {
	if f.report == "" {
		return func(users.Report) error { return nil }, nil
	}
	file, err := os.OpenFile(f.report, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--report: %w", err)
	}
	return func(report users.Report) error {
		if err := errors.Join(report.WriteCSV(file), file.Close()); err != nil {
			return fmt.Errorf("--report: %w", err)
		}
		return nil
	}, nil
}

func (f *importFlags) publish(report users.Report, out io.Writer) error {
	if f.asJSON {
		return report.WriteJSON(out)
	}
	return report.WriteTable(out)
}
