package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/smartlake/pulumi-smartlake/tests/documents"
)

// What the documents tell a reader to type is held against Pulumi's own commands, and
// what changes a stack is run as it is written.

func pages(t *testing.T) []documents.Page {
	t.Helper()
	all, err := documents.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// pulumiCommands are the commands of Pulumi that the documents may show, with the file
// of its source that declares their flags.
var pulumiCommands = map[string]string{
	"config rm":    "config/config.go",
	"config set":   "config/config.go",
	"destroy":      "operations/destroy.go",
	"import":       "operations/import.go",
	"install":      "install/install.go",
	"login":        "auth/login.go",
	"new":          "project/newcmd/new.go",
	"package add":  "packagecmd/package_add.go",
	"preview":      "operations/preview.go",
	"refresh":      "operations/refresh.go",
	"stack export": "stack/stack_export.go",
	"stack import": "stack/stack_import.go",
	"stack init":   "stack/stack_new.go",
	"stack ls":     "stack/stack_list.go",
	"stack output": "stack/stack_output.go",
	"stack rm":     "stack/stack_remove.go",
	"stack select": "stack/stack_select.go",
	"state delete": "state/state_delete.go",
	"up":           "operations/up.go",
	"version":      "version/version.go",
	"whoami":       "whoami/whoami.go",
}

var (
	pulumiLine  = regexp.MustCompile(`(?:^|[\s($"])pulumi((?: +[^\s|;)>&]+)+)`)
	flagOfASet  = regexp.MustCompile(`\b(cmd|\w*[a-z]Cmd)\.(?:Persistent)?Flags\(\)\.\w+\(\s*(?:&[\w.]+,\s*)?"([a-z-]+)"(?:,\s*"(\w)")?`)
	pulumiFlag  = regexp.MustCompile(`^--?[a-z][a-z-]*`)
	needsSaying = regexp.MustCompile(`(?i)secret|passw|token`)
)

// flagsOf reads the flags out of a file of the source of Pulumi's command line.
func flagsOf(t *testing.T, commands, file string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(commands, file))
	if err != nil {
		t.Fatal(err)
	}
	var flags []string
	for _, match := range flagOfASet.FindAllStringSubmatch(string(text), -1) {
		if file == "config/config.go" && match[1] != "cmd" && match[1] != "setCmd" {
			continue // of another command than config set
		}
		flags = append(flags, "--"+match[2])
		if match[3] != "" {
			flags = append(flags, "-"+match[3])
		}
	}
	return flags
}

// pulumiSource is the folder with the commands of Pulumi's command line.
func pulumiSource(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/pkg/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "cmd", "pulumi")
}

func TestTheDocumentsShowPulumisOwnCommandsAndFlags(t *testing.T) {
	source := pulumiSource(t)
	general := append(flagsOf(t, source, "pulumi.go"), "--stack", "-s", "--help")
	known := map[string][]string{}
	for command, file := range pulumiCommands {
		known[command] = append(flagsOf(t, source, file), general...)
	}
	if !slices.Contains(known["refresh"], "--run-program") || !slices.Contains(known["config set"], "--plaintext") || slices.Contains(known["up"], "--run-program-twice") {
		t.Fatalf("the flags were not read out of Pulumi's source: %q", known)
	}
	seen := 0
	for where, lines := range commandLines(t) {
		for _, line := range lines {
			for _, match := range pulumiLine.FindAllStringSubmatch(line, -1) {
				seen++
				checkPulumi(t, where+": "+line, known, strings.Fields(match[1]))
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d commands were found: they are not looked at", seen)
	}
}

// commandLines are those of the documents, the scripts and the pipeline of GitLab, by
// the file that has them.
func commandLines(t *testing.T) map[string][]string {
	t.Helper()
	lines := map[string][]string{}
	for _, page := range pages(t) {
		lines[page.Path] = page.Commands()
	}
	scripts, err := filepath.Glob(filepath.Join(root, "build", "scripts", "*"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range append(scripts, filepath.Join(root, "examples", "gitlab", ".gitlab-ci.yml")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
				lines[path] = append(lines[path], line)
			}
		}
	}
	return lines
}

func checkPulumi(t *testing.T, where string, known map[string][]string, words []string) {
	t.Helper()
	for i, word := range words {
		words[i] = strings.Trim(word, `"'`)
	}
	command := strings.Join(words[:min(2, len(words))], " ")
	if _, ok := known[command]; !ok {
		command = words[0]
	}
	flags, ok := known[command]
	if !ok {
		t.Errorf("%s: no command %q of Pulumi's is known here", where, command)
		return
	}
	said := false
	for _, word := range words {
		flag := pulumiFlag.FindString(word)
		said = said || flag == "--secret" || flag == "--plaintext"
		if flag != "" && !slices.Contains(flags, flag) {
			t.Errorf("%s: pulumi %s has no flag %s", where, command, flag)
		}
	}
	if command != "config set" || said {
		return
	}
	key := slices.IndexFunc(words[2:], func(word string) bool { return !strings.HasPrefix(word, "-") })
	if key >= 0 && needsSaying.MatchString(words[2+key]) {
		t.Errorf("%s: %s: Pulumi may take the value for a secret: want --secret or --plaintext", where, words[2+key])
	}
}

// session is a reader at a terminal.
type session struct {
	t       *testing.T
	current string
	stacks  map[string]*stack
	config  map[string]config
	run     int // commands that changed or read a stack
}

// before is what a section takes for granted: what was changed in a stack's file.
var before = map[string]config{
	"Change the discovery document of a live datastore": {
		"clients": `[{"name":"reporting","kind":"service","scopes":["system/*.rs"]},{"name":"lab","kind":"service","scopes":["system/Observation.cruds"]}]`,
	},
}

// TestTheDocumentsSequencesDoWhatTheySay runs the commands of each section, in order,
// with stacks that live already, and wants the outputs to say what lives in the end.
func TestTheDocumentsSequencesDoWhatTheySay(t *testing.T) {
	run := 0
	for _, page := range pages(t) {
		if strings.HasPrefix(page.Path, "examples/") || strings.HasPrefix(page.Path, "plugin/") || page.Path == "docs/reference/languages.md" {
			continue // other programs
		}
		if page.RunBy() == "tests/engine" {
			continue // typed step by step: terminal_test.go
		}
		sections := map[string][]string{}
		for _, block := range page.Blocks {
			sections[block.Heading] = append(sections[block.Heading], block.Commands()...)
		}
		for heading, commands := range sections {
			if !slices.ContainsFunc(commands, changesAStack) {
				continue
			}
			t.Run(page.Path+" "+heading, func(t *testing.T) {
				s := &session{t: t, current: "dev", stacks: map[string]*stack{}, config: map[string]config{}}
				for _, command := range commands {
					s.types(command, before[heading])
				}
				s.assertAgreement()
				run += s.run
			})
		}
	}
	if run < 10 {
		t.Errorf("only %d commands were run", run)
	}
}

var pulumiOperation = regexp.MustCompile(`^pulumi (up|refresh|destroy)\b`)

func changesAStack(command string) bool { return pulumiOperation.MatchString(command) }

var (
	stackFlag  = regexp.MustCompile(`--stack (\w+)`)
	configPair = regexp.MustCompile(`^pulumi config set (\w+) (\S+)`)
)

// types runs one command as it is written.
func (s *session) types(command string, edited config) {
	s.t.Helper()
	name := s.current
	if match := stackFlag.FindStringSubmatch(command); match != nil {
		name = match[1]
	}
	words := strings.Fields(command)
	switch {
	case strings.HasPrefix(command, "pulumi stack init ") || strings.HasPrefix(command, "pulumi stack select "):
		s.current = words[3]
		if words[2] == "init" {
			s.stacks[s.current], s.config[s.current] = newStack(s.t, s.current), config{}
		}
		return
	case strings.HasPrefix(command, "pulumi config set "):
		if pair := configPair.FindStringSubmatch(command); pair != nil && !strings.HasPrefix(pair[2], "-") {
			s.stack(name)
			s.config[name][pair[1]] = pair[2]
		}
		return
	case words[0] != "pulumi" && !strings.Contains(command, "$(pulumi stack output") && !strings.Contains(command, "smartlake smoke"):
		return // nothing that an engine has to do with
	}
	s.run++
	living := s.stack(name)
	for key, value := range edited {
		s.config[name][key] = value
	}
	switch {
	case strings.Contains(command, "smartlake smoke"):
		s.assertAgreement()
	case strings.HasPrefix(command, "pulumi preview"):
		s.mustSucceed(command, living.preview(s.config[name]))
	case strings.HasPrefix(command, "pulumi up"):
		living.mustUpdate(s.config[name])
	case strings.HasPrefix(command, "pulumi refresh"):
		refresh := living.refresh
		if slices.Contains(words, "--run-program") {
			refresh = func() result { return living.refreshWithProgram(s.config[name]) }
		}
		s.mustSucceed(command, refresh())
	case strings.HasPrefix(command, "pulumi destroy"):
		s.mustSucceed(command+", its preview", living.previewDestroy())
		s.mustSucceed(command, living.destroy())
		assertSame(s.t, command+": left", living.account.names(), nil)
		delete(s.stacks, name)
	case strings.HasPrefix(command, "pulumi stack output") || strings.Contains(command, "$(pulumi stack output"):
		s.inAShell(living, command)
	default:
		s.t.Fatalf("%s: say in this test what it does", command)
	}
}

func (s *session) mustSucceed(command string, made result) {
	s.t.Helper()
	if made.err != nil {
		s.t.Fatalf("%s: %v\n%s", command, made.err, made.messages)
	}
}

// stack of this name, which lives already unless a command has made it.
func (s *session) stack(name string) *stack {
	s.t.Helper()
	if s.stacks[name] == nil {
		s.stacks[name], s.config[name] = newStack(s.t, name), config{}
		s.stacks[name].mustUpdate(nil)
	}
	return s.stacks[name]
}

// inAShell runs a line in a shell whose pulumi prints the stack's outputs and whose aws
// is the account.
func (s *session) inAShell(living *stack, line string) {
	s.t.Helper()
	dir := s.t.TempDir()
	for name, value := range living.outputs() {
		text := ""
		if value.IsString() {
			text = value.StringValue()
		}
		if err := os.WriteFile(filepath.Join(dir, "output-"+name), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	scripts := map[string]string{
		"pulumi": `for last; do case "$last" in --*) ;; *) name=$last ;; esac; done` + "\n" +
			`case "$name" in output) exit 0 ;; esac; cat "$(dirname "$0")/output-$name"`,
		"aws": `printf '%s\0' "$@" >"$(dirname "$0")/call"`,
	}
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nset -eu\n"+text+"\n"), 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	shell := exec.CommandContext(s.t.Context(), "/bin/sh", "-euc", line)
	shell.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := shell.CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	call, err := os.ReadFile(filepath.Join(dir, "call"))
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		s.t.Fatal(err)
	}
	living.account.updateDatastore(s.t, strings.Split(strings.TrimSuffix(string(call), "\x00"), "\x00"))
}

// assertAgreement holds the outputs of every stack against what lives, as the smoke
// test does, and wants the next preview to show no change.
func (s *session) assertAgreement() {
	s.t.Helper()
	for name, living := range s.stacks {
		said := living.outputs()["discoveryDocument"]
		if served := living.account.discoveryDocument(); !said.IsString() || said.StringValue() != served {
			s.t.Errorf("%s: the output discoveryDocument is %v, and the datastore serves %s", name, said, served)
		}
		assertUnchanged(s.t, name+": the next preview", living.preview(s.config[name]))
	}
}

// updateDatastore does what the AWS CLI's update-fhir-datastore does.
func (a *account) updateDatastore(t *testing.T, call []string) {
	t.Helper()
	if err := a.updateIdentityProvider(call); err != nil {
		t.Fatal(err)
	}
}

// updateIdentityProvider replaces the whole identity provider configuration: what is left
// out is cleared.
func (a *account) updateIdentityProvider(call []string) error {
	if len(call) != 8 || call[0] != "healthlake" || call[1] != "update-fhir-datastore" || call[4] != "--datastore-id" || call[6] != "--identity-provider-configuration" {
		return fmt.Errorf("aws was called with %q", call)
	}
	return a.setIdentityProvider(resource.ID(call[5]), call[7])
}

func (a *account) setIdentityProvider(id resource.ID, configuration string) error {
	var given map[string]any
	if err := json.Unmarshal([]byte(configuration), &given); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.taken(id) {
		return fmt.Errorf("ResourceNotFoundException: %s", id)
	}
	for _, properties := range []resource.PropertyMap{a.things[id].inputs, a.things[id].outputs} {
		properties["identityProviderConfiguration"] = resource.NewPropertyValue(lowered(given))
	}
	return nil
}

// discoveryDocument is what the datastore serves.
func (a *account) discoveryDocument() string {
	id := a.idOf("smart-datastore")
	a.mu.Lock()
	defer a.mu.Unlock()
	provider := a.things[id].inputs["identityProviderConfiguration"]
	if !provider.IsObject() {
		return ""
	}
	return provider.ObjectValue()["metadata"].StringValue()
}

// TestOnlyARefreshThatRunsTheProgramBringsTheOutputsIntoLine with a discovery document
// that was changed in place, or a refresh and then an update.
func TestOnlyARefreshThatRunsTheProgramBringsTheOutputsIntoLine(t *testing.T) {
	changed := before["Change the discovery document of a live datastore"]
	for _, c := range []struct {
		what   string
		then   func(s *stack) []result
		agrees bool
	}{
		{"a refresh", func(s *stack) []result { return []result{s.refresh()} }, false},
		{"an update", func(s *stack) []result { return []result{s.update(changed)} }, false},
		{"a refresh, and an update", func(s *stack) []result { return []result{s.refresh(), s.update(changed)} }, true},
		{"a refresh with the program", func(s *stack) []result { return []result{s.refreshWithProgram(changed)} }, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newStack(t, "prod")
			s.mustUpdate(nil)
			s.mustUpdate(changed)
			reader := &session{t: t}
			reader.inAShell(s, `sh -c "$(pulumi stack output updateDatastoreCommand)"`)
			for _, made := range c.then(s) {
				reader.mustSucceed(c.what, made)
			}
			if agrees := s.outputs()["discoveryDocument"].StringValue() == s.account.discoveryDocument(); agrees != c.agrees {
				t.Errorf("the outputs agree with the datastore: got %t, want %t", agrees, c.agrees)
			}
		})
	}
}
