package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// readmeCommands are the "pulumi config set" commands of the README, as arguments: those of
// its block, and those in its text, each of which goes with the block.
func readmeCommands(t *testing.T) (block, inText [][]string) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```sh\n")
	commands, rest, closed := strings.Cut(rest, "```")
	if !closed {
		t.Fatal("README.md has no block of commands")
	}
	for line := range strings.Lines(commands) {
		if arguments, ok := strings.CutPrefix(line, "pulumi config set "); ok {
			block = append(block, shellWords(arguments))
		}
	}
	for _, found := range regexp.MustCompile("`pulumi config set ([^`]+)`").FindAllStringSubmatch(rest, -1) {
		inText = append(inText, shellWords(found[1]))
	}
	return block, inText
}

// shellWords splits a command line that quotes with apostrophes alone, and completes
// what it leaves out.
func shellWords(line string) []string {
	var words []string
	for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1) {
		words = append(words, strings.ReplaceAll(strings.Trim(word, "'"), "…", "22222222-2222-2222-2222-222222222222"))
	}
	return words
}

// looksLikeSecret are the keys whose values the command line refuses to set without
// --secret or --plaintext, unless they are easy to guess (pkg/cmd/pulumi/config).
var looksLikeSecret = regexp.MustCompile("(?i)passwd|pass|password|pwd|secret|token")

// set does what the command line does with a command.
func set(t *testing.T, values config.Map, project string, arguments []string) {
	t.Helper()
	path, plaintext := slices.Contains(arguments, "--path"), slices.Contains(arguments, "--plaintext")
	arguments = slices.DeleteFunc(slices.Clone(arguments), func(word string) bool { return strings.HasPrefix(word, "--") })
	if len(arguments) != 2 {
		t.Fatalf("pulumi config set %q: want a key and a value", arguments)
	}
	name := arguments[0]
	if !strings.Contains(name, ":") {
		name = project + ":" + name
	}
	if looksLikeSecret.MatchString(name) && !plaintext {
		t.Errorf("pulumi config set %s: the command line wants --secret or --plaintext", name)
	}
	key, err := config.ParseKey(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := values.Set(key, config.NewTypedValue(arguments[1], config.TypeUnknown), path); err != nil {
		t.Fatal(err)
	}
}

// configured is what the program is given after some commands, which the command line
// checks and completes.
func configured(t *testing.T, commands [][]string) map[string]string {
	t.Helper()
	project, err := workspace.LoadProject("Pulumi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	values := config.Map{}
	for _, arguments := range commands {
		set(t, values, project.Name.String(), arguments)
	}
	dir := t.TempDir()
	text, err := os.ReadFile("Pulumi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	stack, err := yaml.Marshal(workspace.ProjectStack{Config: values})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"Pulumi.yaml": text, "Pulumi.main.yaml": stack} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := declared.LoadStack(dir, "main", nil)
	if err != nil {
		t.Fatal(err)
	}
	for key := range project.Config {
		if _, given := loaded.Config[project.Name.String()+":"+key]; !given {
			t.Errorf("%s: has neither a value nor a default: the command line stops there", key)
		}
	}
	return loaded.Config
}

func TestTheREADMEsCommandsMakeTheRoles(t *testing.T) {
	block, inText := readmeCommands(t)
	if len(block) < 7 || len(inText) != 2 {
		t.Fatalf("got %d commands in the block and %d in the text", len(block), len(inText))
	}
	all := []string{"deploy-dev", "deploy-prod", "drift-dev", "drift-prod", "preview-dev", "preview-prod"}
	for _, c := range []struct {
		also []string
		want []string
	}{
		{nil, all},
		{inText[0], []string{"deploy-dev", "deploy-prod", "drift-dev", "drift-prod", "preview-dev"}},
		{inText[1], all},
	} {
		commands := block
		if c.also != nil {
			commands = append(slices.Clone(block), c.also)
		}
		values := configured(t, commands)
		a := newAccount()
		err := pulumi.RunErr(declare, pulumi.WithMocks("smartlake-pipeline", "main", a),
			func(info *pulumi.RunInfo) { info.Config = values })
		if err != nil {
			t.Fatalf("%q: %v", c.also, err)
		}
		if got := a.names("Role"); !slices.Equal(got, c.want) {
			t.Errorf("%q: got the roles %q, want %q", c.also, got, c.want)
		}
	}
}
