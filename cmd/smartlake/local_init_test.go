package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

func TestInitWritesAFileThatRuns(t *testing.T) {
	dir := t.TempDir()
	out, progress, err := execute(t, "local", "init", "-C", dir)
	if err != nil || progress != "" || !strings.HasSuffix(out, "\n\nsmartlake local -C '"+dir+"'\n") {
		t.Fatalf("got %v, %q and %q", err, out, progress)
	}
	stack, err := declared.LoadStack(dir, declared.FileStack, nil)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := declared.By(stack)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, client := range graph.All(declared.UserPoolClient) {
		names = append(names, client.Text("name"))
	}
	if strings.Join(names, " ") != "app clinic service" {
		t.Errorf("the clients are %v", names)
	}
	for _, args := range [][]string{{"explain"}, {"deploy-policy", "--account", "111122223333", "--document", "1"}} {
		if out, _, err := execute(t, append(args, "-C", dir)...); err != nil || out == "" {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestInitReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	file, project := filepath.Join(dir, "smartlake.yaml"), filepath.Join(dir, "project")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(project, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(project, "Pulumi.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		dir:                        file + ": exists; change it, or name another folder with --dir",
		project:                    filepath.Join(project, "Pulumi.yaml") + `: exists; "smartlake local --stack <stack>" runs its stacks, and a smartlake.yaml needs a folder of its own: name one with --dir`,
		filepath.Join(dir, "none"): "--dir: open " + filepath.Join(dir, "none", "smartlake.yaml") + ": no such file or directory",
	} {
		_, _, err := execute(t, "local", "init", "--dir", at)
		if err == nil || err.Error() != want || statusOf(err) != statusCannotRun {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "mine" {
		t.Errorf("the file is now %q (%v)", content, err)
	}
	if left, err := os.ReadDir(project); err != nil || len(left) != 1 {
		t.Errorf("written beside a Pulumi.yaml: %v, %v", left, err)
	}
}

func TestAFolderWithoutAStackSaysHowToGetOne(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"local", "--once"}, {"explain"}, {"deploy-policy", "--account", "111122223333"}} {
		_, _, err := execute(t, args...)
		if err == nil || !strings.Contains(err.Error(), `write a smartlake.yaml with "smartlake local init"`) || statusOf(err) != statusCannotRun {
			t.Errorf("%v: got %v", args, err)
		}
	}
}

func TestTheStackOfAFileIsCompleted(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "smartlake.yaml"), []byte("clients: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, err := execute(t, "__complete", "local", "--dir", dir, "--stack", ""); err != nil || out != "dev\n:4\n" {
		t.Errorf("%v: %q", err, out)
	}
}

func TestLocalOnceSaysWhatItLeftOut(t *testing.T) {
	args := []string{"local", "--once", "--no-users", "--dir", "../..", "--config",
		`clients=[{"name":"a","kind":"public","scopes":["openid","patient/*.rs"],"callbackUrls":["https://a.example/"]}]`}
	out, _, err := execute(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\n--  left out: steps 3 to 10 and the refusal of a tampered token: the stack has no client of kind service",
		"\n2 steps passed, and 1 request was refused as expected. Left out: 9.\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	out, _, err = execute(t, append(args, "--json")...)
	if want := `{"version":1,"event":"leftOut","number":9,"what":"steps 3 to 10 and `; err != nil || !strings.Contains(out, "\n"+want) {
		t.Errorf("%v:\n%s", err, out)
	}
}
