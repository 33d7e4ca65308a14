package declared

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"

	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// By returns what the program of this repository declares for a stack that [LoadStack]
// read. It builds no function: the graph says nothing of their code. An archive that the
// configuration names is checked, as "pulumi up" does.
//
// The stack is taken as [Stack.AsRead].
func By(stack Stack) (*Graph, error) {
	dir, err := os.MkdirTemp("", "smartlake-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	placeholder := filepath.Join(dir, "function.zip")
	if err := WritePlaceholder(placeholder); err != nil {
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
	if args.FrontDoor != nil {
		given["frontDoor.function"] = ""
		if args.FrontDoor.Function != nil {
			given["frontDoor.function"] = args.FrontDoor.Function.Archive
		}
	}
	for function, archive := range given {
		if archive, err = archiveOf(stack, archive, placeholder); err != nil {
			return nil, err
		}
		if err := stack.Set(function+".archive", archive); err != nil {
			return nil, err
		}
	}
	return Run(program.With(stack.Config), stack.AsRead())
}

// archiveOf is the path of the given archive from where this process runs, as
// "pulumi up" would find it from the project's folder, or the placeholder.
func archiveOf(stack Stack, given, placeholder string) (string, error) {
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

// WritePlaceholder writes an archive of the form that Lambda takes, with nothing to run in
// it.
func WritePlaceholder(path string) error {
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
