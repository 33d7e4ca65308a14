package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// projectOf writes a project into a folder, with a stack "dev".
func projectOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	goProject  = "name: platform\nruntime: go\n"
	devStack   = "config:\n  aws:region: us-east-1\n"
	teamModule = "module example.org/platform\n\ngo 1.26.0\n"
)

func TestAProjectWithAnotherProgramIsNotTakenForSmartlakesOwn(t *testing.T) {
	team := projectOf(t, map[string]string{"Pulumi.yaml": goProject, "Pulumi.dev.yaml": devStack, "go.mod": teamModule})
	typescript := projectOf(t, map[string]string{"Pulumi.yaml": "name: platform\nruntime: nodejs\n", "Pulumi.dev.yaml": devStack})
	yaml := projectOf(t, map[string]string{"Pulumi.yaml": "name: platform\nruntime: yaml\nresources: {}\n", "Pulumi.dev.yaml": devStack})
	bare := projectOf(t, map[string]string{"main.go": "package main\n\nfunc main() {}\n", "go.mod": teamModule})
	broken := projectOf(t, map[string]string{
		"Pulumi.yaml": goProject + "main: infra\n", "Pulumi.dev.yaml": devStack, "infra/go.mod": teamModule, "infra/main.go": "package main\n\nfunc main() { undefined() }\n",
	})
	nearer := projectOf(t, map[string]string{
		"Pulumi.yaml": goProject, "Pulumi.dev.yaml": devStack, "go.mod": teamModule,
		"app/smartlake.yaml": "clients:\n  - {name: etl, kind: service, scopes: [system/*.rs]}\n", "app/main.go": "package main\n\nfunc main() {}\n",
	})
	const notOwn = " is not Smartlake's own program, and the command has not looked at it: "
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--dir", team}, team + " (runtime go, module example.org/platform)" + notOwn + "run the command with --program " + team},
		{[]string{"--dir", typescript}, typescript + " (runtime nodejs)" + notOwn + otherLanguages},
		{[]string{"--dir", yaml}, yaml + " (runtime yaml)" + notOwn + otherLanguages},
		{[]string{"--program", typescript}, "--program: " + typescript + `/Pulumi.yaml: runtime: "nodejs": must be go: ` + otherLanguages},
		{[]string{"--program", bare}, `no Pulumi.yaml and no smartlake.yaml in ` + bare + ` or above it`},
		{[]string{"--program", nearer + "/app"}, `--program: "` + nearer + `/app": must be of a Pulumi project, and there is no Pulumi.yaml`},
		{[]string{"--program", team}, "--program: " + team + ": must be a folder with a Go program"},
		{[]string{"--program", broken}, "--program: " + broken + "/infra: go build: exit status 1\n"},
		{[]string{"--program", bare, "--dir", broken, "--stack", "none"}, "Pulumi.none.yaml: missing or without configuration"},
		{[]string{"--program", bare, "--dir", broken}, "--program: " + bare + ": the program ended without running a Pulumi stack; its main must call pulumi.Run"},
	} {
		for _, command := range [][]string{{"explain"}, {"deploy-policy", "--account", "111122223333"}, {"local", "--once"}} {
			if testing.Short() && c.args[0] == "--program" {
				continue // builds programs
			}
			out, _, err := execute(t, append(command, c.args...)...)
			if err == nil || !strings.Contains(err.Error(), c.want) || statusOf(err) != statusCannotRun || out != "" {
				t.Errorf("%s %v: got %v, status %d, and %q, want %s", command[0], c.args, err, statusOf(err), out, c.want)
			}
		}
	}
}

func TestThisRepositorysProgramIsExplainedTheSameAsAnyOther(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	want, _, err := execute(t, "explain", "--dir", "../..", "--stack", "prod")
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := execute(t, "explain", "--program", "../..", "--stack", "prod")
	if err != nil || got != want {
		t.Errorf("got %v and another text than without --program:\n%s", err, got)
	}
}

func TestAProgramRunsInTheLocalCloudWithTheFunctionsForThisMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	out, progress, err := execute(t, "local", "--once", "--program", "../..")
	if err != nil || !strings.Contains(out, "\n10 steps passed, and 2 requests were refused as expected.\n") {
		t.Fatalf("got %v and %s", err, out)
	}
	for _, want := range []string{"Building the program in ", "Building the token validator for this machine", "Building the front door for this machine"} {
		if !strings.Contains(progress, want) {
			t.Errorf("%q is not said: %s", want, progress)
		}
	}
	_, _, err = execute(t, "local", "--once", "--dir", "../..", "--name", "clinic")
	if err == nil || err.Error() != `--name: "clinic": must be a datastore that the program declares: smart` || statusOf(err) != statusCannotRun {
		t.Errorf("another name: got %v", err)
	}
}

func TestWatchingAProgramWatchesWhatItIsBuiltFrom(t *testing.T) {
	dir := projectOf(t, map[string]string{
		"main.go": "", "go.mod": "", "go.sum": "", "data.txt": "", "sub/sub.go": "", "vendor/x/x.go": "", ".git/x.go": "", "testdata/x.go": "", "_old/x.go": "",
	})
	flags := localFlags{stackFlags: stackFlags{program: dir}}
	var names []string
	for path := range flags.programFiles() {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if got := strings.Join(slices.Sorted(slices.Values(names)), " "); got != "go.mod go.sum main.go sub/sub.go" {
		t.Errorf("watches %s", got)
	}
	if files := (&localFlags{}).programFiles(); len(files) != 0 {
		t.Errorf("without a program: watches %v", files)
	}
}
