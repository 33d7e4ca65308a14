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

type exportFlags struct{ attributes []string }

func usersExportCommand() *cobra.Command {
	var d directory
	var f exportFlags
	command := &cobra.Command{
		Use:   "export FILE",
		Short: "Write the users to a CSV file that \"users import\" reads",
		Long: `Writes the users to a new file that only its owner may read, in the columns of "users
import": username, email, patient, fhirUser, groups, and the attributes of --attribute.
With - the users are printed.

The file has no passwords, because Cognito gives none away. It leaves out users who are
disabled, whom an import would let in again, and users of identity providers, who are
created at their first sign-in. It has no address that the user has not verified. The
command says how many there are of each. Of the groups it has those that clients of the
stack name.

No cell is a formula to a spreadsheet: an apostrophe stands before what would be one, and
"users import" takes it off again.`,
		Example: `  smartlake users export staff.csv --stack prod
  smartlake users export staff.csv --attribute given_name --attribute family_name --stack prod`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			d.stdin, d.notes = command.InOrStdin(), command.ErrOrStderr()
			return f.run(command.Context(), &d, args[0], command.OutOrStdout())
		},
	}
	d.add(command)
	d.addAttributes(command)
	command.Flags().StringSliceVar(&f.attributes, "attribute", nil, "attribute of the user pool to write besides, by Cognito's name; repeatable")
	complete(command, "attribute", cobra.NoFileCompletions)
	return command
}

func (f *exportFlags) run(ctx context.Context, d *directory, path string, out io.Writer) error {
	pool, err := d.open(ctx, d.stdin)
	if err != nil {
		return cannotRun(err)
	}
	if err := pool.Describe(ctx); err != nil {
		return cannotRun(err)
	}
	p := newProgress(d.notes)
	defer p.clear()
	p.show("Reading users ...")
	exported, err := pool.Export(ctx, f.attributes)
	p.clear()
	if err != nil {
		return asFlags(err)
	}
	if err := write(exported, path, out); err != nil {
		return cannotRun(err)
	}
	fmt.Fprintf(d.notes, "%d users\n", len(exported.Users))
	for _, left := range []struct {
		count int
		text  string
	}{
		{exported.Disabled, "left out: disabled"},
		{exported.Federated, "left out: of identity providers"},
		{exported.Unverified, "without their address, which is not verified"},
	} {
		if left.count > 0 {
			fmt.Fprintf(d.notes, "%d %s\n", left.count, left.text)
		}
	}
	return nil
}

// write writes the users to a new file for its owner alone, or prints them.
func write(exported users.Exported, path string, out io.Writer) error {
	if path == "-" {
		return exported.WriteCSV(out)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	return errors.Join(exported.WriteCSV(file), file.Close())
}
