package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smartlake/pulumi-smartlake/internal/packaging"
)

// sumsFile is in the format of sha256sum, so that "sha256sum --check" reads it.
const sumsFile = "SHA256SUMS"

// bothArchitectures are what --architecture both stands for.
var bothArchitectures = []string{"arm64", "x86_64"}

type packageFlags struct {
	output       string
	architecture string
	dir          string
	force        bool
}

func packageCommand() *cobra.Command {
	var flags packageFlags
	command := &cobra.Command{
		Use:   "package",
		Short: "Build the archives of the Lambda functions",
		Long: `Builds the archives that Lambda runs, and their checksums, into a folder:

  front-door-arm64.zip      front-door-x86_64.zip
  launch-context-arm64.zip  launch-context-x86_64.zip
  validator-arm64.zip       validator-x86_64.zip
  SHA256SUMS

To deploy a stack from a machine without Go, set their paths as function.archive,
launchContext.function.archive and frontDoor.function.archive. The same source gives the
same bytes on every machine that has, or can download, the functions' Go version.

The command needs the go command, and runs in a checkout of this module or in a module
that imports it; --dir names another folder than the working directory. If a file with
other content exists, it writes nothing unless you set --force. Only the go command's
messages go to standard error.`,
		Example: `  smartlake package --output dist
  smartlake package --output dist --architecture arm64
  smartlake package -C pulumi-smartlake --output dist
  (cd dist && sha256sum --check SHA256SUMS)`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return cannotRun(writePackages(command.Context(), command.OutOrStdout(), command.ErrOrStderr(), flags))
		},
	}
	command.Flags().StringVarP(&flags.output, "output", "o", "", "folder to write to, created if missing; required")
	command.Flags().StringVar(&flags.architecture, "architecture", "both", "arm64, x86_64 or both")
	command.Flags().BoolVar(&flags.force, "force", false, "replace files that have other content")
	addDir(command, &flags.dir)
	complete(command, "architecture", cobra.FixedCompletions([]string{"arm64", "x86_64", "both"}, cobra.ShellCompDirectiveNoFileComp))
	must(command.MarkFlagDirname("output"))
	return command
}

// artifact is a file as it is to be.
type artifact struct {
	name    string
	content []byte
}

func (a artifact) sum() string {
	sum := sha256.Sum256(a.content)
	return hex.EncodeToString(sum[:])
}

func writePackages(ctx context.Context, out, progress io.Writer, flags packageFlags) error {
	architectures, err := flags.architectures()
	if err != nil {
		return err
	}
	artifacts, err := buildArchives(ctx, flags.dir, architectures, progress)
	if err != nil {
		return err
	}
	all := append(slices.Clone(artifacts), sumsOf(artifacts))
	if !flags.force {
		if err := refuseOthers(flags.output, all); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(flags.output, 0o755); err != nil { //nolint:gosec // archives hold no secret
		return fmt.Errorf("--output: %w", err)
	}
	for _, one := range all {
		if err := one.write(flags.output); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
	}
	for _, one := range artifacts {
		fmt.Fprintf(out, "%-25s  %9d bytes  sha256 %s\n", one.name, len(one.content), one.sum())
	}
	return nil
}

func (f packageFlags) architectures() ([]string, error) {
	switch {
	case f.output == "":
		return nil, errors.New("--output: missing; set it to the folder for the archives")
	case f.architecture == "both":
		return bothArchitectures, nil
	case slices.Contains(bothArchitectures, f.architecture):
		return []string{f.architecture}, nil
	default:
		return nil, fmt.Errorf("--architecture: %q: must be arm64, x86_64 or both", f.architecture)
	}
}

// buildArchives returns the archives of the functions, by name, of the source that the go
// command finds from a folder.
func buildArchives(ctx context.Context, folder string, architectures []string, progress io.Writer) ([]artifact, error) {
	functions := []struct {
		name  string
		build func(context.Context, string, packaging.Platform, io.Writer) (string, error)
	}{
		{"front-door", packaging.FrontDoor},
		{"launch-context", packaging.LaunchContext},
		{"validator", packaging.Validator},
	}
	var artifacts []artifact
	for _, function := range functions {
		for _, architecture := range architectures {
			path, err := function.build(ctx, folder, packaging.LambdaPlatform(architecture), progress)
			if err != nil {
				return nil, err
			}
			content, err := os.ReadFile(path) //nolint:gosec // the file just built
			if err != nil {
				return nil, err
			}
			artifacts = append(artifacts, artifact{function.name + "-" + architecture + ".zip", content})
		}
	}
	return artifacts, nil
}

func sumsOf(artifacts []artifact) artifact {
	var lines strings.Builder
	for _, one := range artifacts {
		fmt.Fprintf(&lines, "%s  %s\n", one.sum(), one.name)
	}
	return artifact{sumsFile, []byte(lines.String())}
}

// refuseOthers names every file that is there with other content.
func refuseOthers(dir string, artifacts []artifact) error {
	var others []string
	for _, one := range artifacts {
		existing, err := os.ReadFile(filepath.Join(dir, one.name)) //nolint:gosec // the user's own folder
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("--output: %w", err)
		}
		if err == nil && !bytes.Equal(existing, one.content) {
			others = append(others, one.name)
		}
	}
	if len(others) > 0 {
		return fmt.Errorf("--output: %s has %s with other content: replace with --force, or name another folder", dir, strings.Join(others, ", "))
	}
	return nil
}

// write replaces the file as a whole: nobody finds half an archive.
func (a artifact) write(dir string) error {
	file, err := os.CreateTemp(dir, "."+a.name+"-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(a.content)
	if err := errors.Join(err, file.Chmod(0o644), file.Close()); err != nil { // CreateTemp's own mode is for secrets
		return err
	}
	return os.Rename(file.Name(), filepath.Join(dir, a.name))
}
