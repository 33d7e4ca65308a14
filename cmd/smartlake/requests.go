package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/requests"
)

type requestsFlags struct {
	source

	format string
	output string
	force  bool
}

func requestsCommand() *cobra.Command {
	flags := requestsFlags{source: source{public: true}}
	command := &cobra.Command{
		Use:   "requests",
		Short: "Write a stack's requests for VS Code, Postman or the shell",
		Long: `Writes the requests of a stack to a file, to send them by hand: the discovery document,
a token for every service client, the sign-in of users with PKCE, the capability
statement, searching, reading, creating, and requests that must be refused.

  http     for the REST Client of Visual Studio Code
  postman  a collection in format 2.1
  curl     a script for bash and curl

If the stack has a front door, the requests use it. Otherwise the requests for the
discovery document and the capability statement have an AWS signature, as HealthLake
documents them.

Name the stack by one of --stack (asks the pulumi command), --outputs, --local and
--datastore. The command reads and writes no secret: the files have variables for the
secrets, and explain how to set them. With --local, the files name the folder's files with
the secrets and the certificate, and run as they are while the local cloud runs.`,
		Example: `  smartlake requests --stack dev --format http > smartlake.http
  smartlake requests --stack dev --format postman --output smartlake.postman_collection.json
  smartlake requests --local ~/.local/state/smartlake/clouds/b0d32cfc8b009e29/run --format curl --output try.sh`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return cannotRun(writeRequests(command.Context(), command.InOrStdin(), command.OutOrStdout(), flags))
		},
	}
	flags.add(command)
	command.Flags().StringVarP(&flags.format, "format", "f", requests.HTTP, "one of "+strings.Join(requests.Formats, ", "))
	command.Flags().StringVarP(&flags.output, "output", "o", "", "file to write instead of standard output")
	command.Flags().BoolVar(&flags.force, "force", false, "replace the file of --output if it exists")
	complete(command, "format", cobra.FixedCompletions(requests.Formats, cobra.ShellCompDirectiveNoFileComp))
	must(command.MarkFlagFilename("output", "http", "json", "sh"))
	return command
}

func writeRequests(ctx context.Context, stdin io.Reader, out io.Writer, flags requestsFlags) error {
	if !slices.Contains(requests.Formats, flags.format) {
		return fmt.Errorf("--format: %q: must be one of %s", flags.format, strings.Join(requests.Formats, ", "))
	}
	stack, err := flags.read(ctx, stdin)
	if err != nil {
		return err
	}
	if stack.TokenEndpoint == "" {
		return errors.New("--token-endpoint: missing: the requests name it")
	}
	var text bytes.Buffer
	if err := requests.Write(&text, flags.format, stack, flags.folder()); err != nil {
		return err
	}
	if flags.output == "" {
		_, err := out.Write(text.Bytes())
		return err
	}
	mode := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if !flags.force {
		mode |= os.O_EXCL
	}
	file, err := os.OpenFile(flags.output, mode, 0o644) //nolint:gosec // it holds no secret
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("--output: %s exists: replace it with --force, or name another file", flags.output)
	}
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	_, err = file.Write(text.Bytes())
	return errors.Join(err, file.Close())
}

// folder is that of a local cloud, for programs that run elsewhere; empty for a stack on AWS.
func (f requestsFlags) folder() string {
	if f.local == "" {
		return ""
	}
	return absolute(f.local)
}

// writeSecrets writes the secrets of a local cloud into its folder, for the requests that
// name it.
func writeSecrets(cloud *local.Cloud) error {
	text, err := os.ReadFile(cloud.OutputsFile)
	if err != nil {
		return err
	}
	stack, err := outputs.Parse(text)
	if err != nil {
		return err
	}
	credentials, err := local.ReadCredentials(cloud.Dir)
	if err != nil {
		return err
	}
	return requests.WriteSecrets(cloud.Dir, stack, map[string]string{
		"AWS_ACCESS_KEY_ID": credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY": credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN": credentials.SessionToken, "AWS_REGION": credentials.Region,
	})
}
