package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// readNoProject are the commands that read nothing of a folder, or only lead to others.
var readNoProject = []string{"smartlake", "smartlake local trust", "smartlake local untrust", "smartlake users", "smartlake users groups", "smartlake version"}

func TestEveryCommandTakesTheFolderOfTheProjectByTheSameName(t *testing.T) {
	var checked int
	var check func(command *cobra.Command)
	check = func(command *cobra.Command) {
		for _, sub := range command.Commands() {
			check(sub)
		}
		flag := command.Flags().Lookup("dir")
		if slices.Contains(readNoProject, command.CommandPath()) {
			if flag != nil {
				t.Errorf("%s: reads no project, and takes --dir", command.CommandPath())
			}
			return
		}
		checked++
		if flag == nil || flag.Shorthand != "C" || flag.DefValue != "." || flag.Usage != "folder of the project, or a folder below it, instead of the working directory" {
			t.Errorf("%s: --dir: got %+v", command.CommandPath(), flag)
		}
	}
	check(rootCommand())
	if checked < 7 {
		t.Errorf("%d commands were checked, want all that read a project", checked)
	}
}

func TestTheFolderOfTheProjectIsReadFromElsewhere(t *testing.T) {
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"explain", "-C", checkout},
		{"explain", "-C", filepath.Join(checkout, "docs")},
		{"deploy-policy", "-C", checkout, "--account", "111122223333", "--document", "1"},
		{"local", "--once", "-C", checkout},
		{"package", "-C", checkout, "--output", "dist", "--architecture", "arm64"},
	} {
		if _, _, err := execute(t, args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := os.Stat(filepath.Join("dist", "validator-arm64.zip")); err != nil {
		t.Errorf("the folder of --output starts from --dir: %v", err)
	}
	for _, args := range [][]string{{"explain"}, {"local", "--once"}, {"package", "--output", "again"}} {
		if _, _, err := execute(t, append(args, "-C", "none")...); err == nil || statusOf(err) != statusCannotRun || !strings.Contains(err.Error(), "none") {
			t.Errorf("%v in a folder that is not there: got %v", args, err)
		}
	}
}
