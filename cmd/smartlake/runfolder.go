package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// runFolder is the absolute path of the folder with the files of a running local cloud. A user
// names that folder, or one of a project, whose stack dev runs.
func runFolder(named string) (string, error) {
	folder, err := filepath.Abs(named)
	if err != nil {
		return "", fmt.Errorf("--local: %w", err)
	}
	if exists(filepath.Join(folder, local.OutputsName)) || !exists(folder) {
		return folder, nil // what reads the files says what is missing
	}
	project, err := declared.ProjectDir(folder, declared.FileStack)
	if errors.Is(err, declared.ErrNoProject) {
		return folder, nil // as above
	}
	if err == nil {
		folder, err = runningCloud(project, declared.FileStack)
	}
	if err != nil {
		return "", fmt.Errorf("--local: %w", err)
	}
	return folder, nil
}

// runningCloud is the folder of the local cloud that runs for a stack of a project.
func runningCloud(project, stack string) (string, error) {
	folder, err := state.LookUp()
	if errors.Is(err, fs.ErrNotExist) {
		return "", notRunning(project, stack)
	}
	if err != nil {
		return "", err
	}
	dir, running, err := folder.Running(project, stack)
	if err := errors.Join(err, folder.Close()); err != nil {
		return "", err
	}
	if !running {
		return "", notRunning(project, stack)
	}
	return dir, nil
}

func notRunning(project, stack string) error {
	start := []string{"smartlake", "local", "-C", project}
	if stack != declared.FileStack {
		start = append(start, "--stack", stack)
	}
	return fmt.Errorf("no local cloud of stack %q in %s runs: start it with \"%s\", or name the folder that it printed with --local", stack, project, shell.Line(start...))
}
