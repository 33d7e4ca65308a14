package audit

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// Declare runs the program for a stack, which local.LoadStack reads, and returns what
// it declares. No function is built, since no answer of this package depends on their
// code; an archive that the configuration names is checked, as "pulumi up" does.
//
// Nobody is asked about a user pool that exists already: it is taken to exist.
// Without an account, the graph is good for [Explain] alone.
func Declare(stack declared.Stack) (*declared.Graph, error) {
	dir, err := os.MkdirTemp("", "smartlake-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	placeholder := filepath.Join(dir, "function.zip")
	if err := writePlaceholder(placeholder); err != nil {
		return nil, err
	}
	stack.Config = maps.Clone(stack.Config)
	args, err := program.Arguments(stack.Project, stack.Config, stack.SecretKeys)
	if err != nil {
		return nil, err
	}
	given := map[string]string{"function": "", "launchContext.function": ""}
	if args.Function != nil {
		given["function"] = args.Function.Archive
	}
	if args.LaunchContext != nil && args.LaunchContext.Function != nil {
		given["launchContext.function"] = args.LaunchContext.Function.Archive
	}
	for function, archive := range given {
		if archive, err = archiveOf(stack, archive, placeholder); err != nil {
			return nil, err
		}
		if err := stack.Set(function+".archive", archive); err != nil {
			return nil, err
		}
	}
	stack.PoolsExist = true
	if stack.Account == "" {
		stack = stack.WithUnknownAccount()
	}
	return declared.Run(program.With(stack.Config), stack)
}

// archiveOf is the path of the given archive from where this process runs, as
// "pulumi up" would find it from the project's folder, or the placeholder.
func archiveOf(stack declared.Stack, given, placeholder string) (string, error) {
	if given == "" {
		return placeholder, nil
	}
	if filepath.IsAbs(given) || stack.Dir == "" {
		return given, nil
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	from, err := filepath.Abs(stack.Dir)
	if err != nil {
		return "", err
	}
	return filepath.Rel(here, filepath.Join(from, given))
}

// writePlaceholder writes an archive of the right shape with nothing to run in it.
func writePlaceholder(path string) error {
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	_, err := archive.CreateHeader(header)
	if err := errors.Join(err, archive.Close()); err != nil {
		return err
	}
	return os.WriteFile(path, content.Bytes(), 0o600)
}
