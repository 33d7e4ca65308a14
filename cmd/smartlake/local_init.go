package main

import (
	_ "embed" // the file that is written
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// firstFile is what a developer begins with.
//
//go:embed first/smartlake.yaml
var firstFile []byte

func localInitCommand() *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:   "init",
		Short: "Write a smartlake.yaml with the clients of an app, for \"smartlake local\"",
		Long: `Writes smartlake.yaml: an app in the browser at http://localhost:3000, the same for
practitioners, and a service. "smartlake local" in the folder, or below it, then runs
them with a front door and synthetic patients. You need no Pulumi project. Change the
callback URLs and the scopes to those of your app.

The command replaces no file. A folder with a Pulumi.yaml has its stacks already.`,
		Example: `  smartlake local init && smartlake local
  smartlake local init -C my-app`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return cannotRun(writeFirstFile(command.OutOrStdout(), dir))
		},
	}
	addDir(command, &dir)
	return command
}

// writeFirstFile writes the file into a folder, unless the folder says already what runs there.
func writeFirstFile(out io.Writer, dir string) error {
	for _, name := range []string{"Pulumi.yaml", "Pulumi.yml", "Pulumi.json"} {
		if path := filepath.Join(dir, name); exists(path) {
			return fmt.Errorf("%s: exists; \"smartlake local --stack <stack>\" runs its stacks, and a %s needs a folder of its own: name one with --dir", path, declared.FileName)
		}
	}
	path := filepath.Join(dir, declared.FileName)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it holds no secret
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: exists; change it, or name another folder with --dir", path)
	}
	if err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	_, err = file.Write(firstFile)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	next := "smartlake local"
	if dir != "." {
		next += " -C " + shell.Quote(dir)
	}
	_, err = fmt.Fprintf(out, "Wrote %s. Put the callback URLs and scopes of your app into it, and start it:\n\n%s\n", path, next)
	return err
}
