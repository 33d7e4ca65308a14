package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/display"
	pulumiengine "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	statefile "github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/b64"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/smartlake/pulumi-smartlake/tests/documents"
)

// A terminal is a reader at a shell, who types the steps of a page as they are written. The
// shell is the system's. The commands pulumi, aws and smartlake in it are doubles: each
// starts this test's own binary, which asks the test over a socket what to print.
type terminal struct {
	*documents.Shell
	t      *testing.T
	folder string // of the project
	stacks map[string]*stack
	config map[string]config
	// commands answer what is typed, by the name of the command.
	commands map[string]func(typed) (printed string, err error)
	users    func(*stack, typed) (printed string, err error) // the command "smartlake users"
	skips    func(heading string) bool                       // which sections are not read; nil for none
}

// typed is a command as the shell starts it.
type typed struct {
	Words []string // the command's own name first
	Dir   string
}

// printed is what a command answers.
type printed struct {
	Out, Err string
	Status   int
}

const terminalSocket = "SMARTLAKE_TEST_TERMINAL"

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	term := &terminal{t: t, stacks: map[string]*stack{}, config: map[string]config{}}
	term.commands = map[string]func(typed) (string, error){"pulumi": term.pulumi, "smartlake": term.smartlake}
	bin, folder := t.TempDir(), t.TempDir()
	term.folder = folder
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"aws", "pulumi", "smartlake", "terraform"} {
		script := fmt.Sprintf("#!/bin/sh\nexec '%s' %s \"$@\"\n", self, name)
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(bin, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go term.serve(listener)
	term.Shell, err = documents.NewShell(context.WithoutCancel(t.Context()), folder, t.TempDir(), []string{
		"PATH=" + bin + ":/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=" + folder, terminalSocket + "=" + socket,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := term.Close(); err != nil {
			t.Error(err)
		}
	})
	return term
}

// typedCommand is the other end: a command that was typed, in a process of its own.
func typedCommand(socket string, words []string) (status int) {
	answer, err := ask(socket, words)
	if err != nil {
		answer = printed{Err: err.Error() + "\n", Status: 2}
	}
	fmt.Print(answer.Out)
	fmt.Fprint(os.Stderr, answer.Err)
	return answer.Status
}

func ask(socket string, words []string) (answer printed, err error) {
	dir, err := os.Getwd()
	if err != nil {
		return answer, err
	}
	connection, err := net.Dial("unix", socket)
	if err != nil {
		return answer, err
	}
	defer func() { _ = connection.Close() }()
	if err := json.NewEncoder(connection).Encode(typed{words, dir}); err != nil {
		return answer, err
	}
	return answer, json.NewDecoder(connection).Decode(&answer)
}

func (term *terminal) serve(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return // closed
		}
		var command typed
		answer := printed{}
		if err := json.NewDecoder(connection).Decode(&command); err != nil {
			answer = printed{Err: err.Error(), Status: 2}
		} else if answer.Out, err = term.answer(command); err != nil {
			answer.Err, answer.Status = fmt.Sprintf("error: %v\n", err), 1
		}
		_ = errors.Join(json.NewEncoder(connection).Encode(answer), connection.Close()) // the command says what it lacks
	}
}

func (term *terminal) answer(command typed) (string, error) {
	answer := term.commands[command.Words[0]]
	if answer == nil {
		return "", fmt.Errorf("%q: say in this test what it does", command.Words)
	}
	return answer(command)
}

// reads types all steps of a page. happens is what the page says to have happened, by the
// heading of the section.
func (term *terminal) reads(path string, happens map[string]func()) {
	term.t.Helper()
	all := pages(term.t)
	at := slices.IndexFunc(all, func(page documents.Page) bool { return page.Path == path })
	if at < 0 || all[at].RunBy() != "tests/engine" {
		term.t.Fatalf("%s: no such page for this suite", path)
	}
	steps, err := all[at].Steps()
	if err != nil {
		term.t.Fatal(err)
	}
	for _, step := range steps {
		if term.skips != nil && term.skips(step.Heading) {
			continue
		}
		if event := happens[step.Heading]; event != nil {
			event()
			delete(happens, step.Heading)
		}
		if step.NotRun != "" {
			term.t.Logf("%s is not run: %s", step.Where, step.NotRun)
			continue
		}
		if err := term.Do(step); err != nil {
			term.t.Fatal(err)
		}
	}
	if len(happens) > 0 {
		term.t.Errorf("%s has no such sections: %v", path, happens)
	}
}

// living adds a stack, which lives already.
func (term *terminal) living(name string) *stack {
	term.t.Helper()
	s := newStack(term.t, name)
	s.mustUpdate(nil)
	term.stacks[name], term.config[name] = s, config{}
	return s
}

// pulumiArguments are the words of a command of Pulumi's that are no flags, and its flags.
func pulumiArguments(words []string) (plain []string, flags map[string]string, targets []string, err error) {
	withValue := []string{"--stack", "--file", "--target", "--copy-config-from"}
	without := []string{"--run-program", "--diff", "--generate-code=false"}
	flags = map[string]string{}
	for i := 0; i < len(words); i++ {
		name, value, given := strings.Cut(words[i], "=")
		takes := slices.Contains(withValue, name)
		switch {
		case !strings.HasPrefix(name, "-"):
			plain = append(plain, words[i])
			continue
		case slices.Contains(without, words[i]):
			value = "true"
		case takes && !given && i+1 < len(words):
			i++
			value = words[i]
		case !takes || !given:
			return nil, nil, nil, fmt.Errorf("%s: say in this test what the flag does", words[i])
		}
		if flags[name] = value; name == "--target" {
			targets = append(targets, value)
		}
	}
	return plain, flags, targets, nil
}

// pulumi does what Pulumi's command line does, with the engine.
func (term *terminal) pulumi(command typed) (string, error) {
	plain, flags, targets, err := pulumiArguments(command.Words[1:])
	if err != nil {
		return "", err
	}
	if from := flags["--copy-config-from"]; from != "" {
		return "", term.another(plain[2:], from)
	}
	name := flags["--stack"]
	s := term.stacks[name]
	if s == nil {
		return "", fmt.Errorf("no stack named '%s' found", name)
	}
	file := flags["--file"]
	if file != "" {
		file = filepath.Join(command.Dir, file)
	}
	switch strings.Join(plain[:min(2, len(plain))], " ") {
	case "preview":
		return summary(s.preview(term.config[name]), "    %s%d to %s\n")
	case "up":
		only := func(o *pulumiengine.UpdateOptions) { o.Targets = deploy.NewUrnTargets(targets) }
		return summary(s.update(term.config[name], only), "    %s%d %sd\n")
	case "refresh":
		if flags["--run-program"] == "" {
			return "", s.refresh().failure()
		}
		return "", s.refreshWithProgram(term.config[name]).failure()
	case "stack output":
		return s.output(plain[2:])
	case "stack export":
		return "", s.export(file)
	case "stack import":
		return "", s.restoreState(file)
	case "import":
		return "", s.importing(file).failure()
	case "config rm":
		delete(term.config[name], plain[2])
		return "", nil
	case "config set":
		if plain[2] == "aws:region" && s.state == nil {
			s.account = newAccount(plain[3])
		}
		term.config[name][plain[2]] = plain[3]
		return "", nil
	}
	return "", fmt.Errorf("%q: say in this test what it does", command.Words)
}

// another makes a stack with the configuration of one that is there.
func (term *terminal) another(names []string, from string) error {
	if len(names) != 1 || term.stacks[names[0]] != nil || term.stacks[from] == nil {
		return fmt.Errorf("stack init %q: must name one new stack, and one that is there", names)
	}
	copied := newStack(term.t, from)
	term.stacks[names[0]], term.config[names[0]] = copied, maps.Clone(term.config[from])
	return nil
}

// failure is the error of an operation with the engine's messages.
func (r result) failure() error {
	if r.err == nil {
		return nil
	}
	return fmt.Errorf("%w\n%s", r.err, r.messages)
}

// summary is what Pulumi says at the end, with a line for each kind of change.
func summary(made result, line string) (string, error) {
	text, unchanged := "Resources:\n", true
	for _, op := range []display.StepOp{deploy.OpCreate, deploy.OpUpdate, deploy.OpDelete, deploy.OpReplace} {
		if count := made.counts[op]; count > 0 {
			text, unchanged = text+fmt.Sprintf(line, deploy.RawPrefix(op), count, op), false
		}
	}
	if unchanged {
		text += fmt.Sprintf("    %d unchanged\n", made.counts[deploy.OpSame])
	}
	return text, made.failure()
}

// output is one of the stack's outputs, as text.
func (s *stack) output(names []string) (string, error) {
	if len(names) != 1 {
		return "", fmt.Errorf("stack output %q: say in this test what it does", names)
	}
	value, ok := s.outputs()[names[0]]
	if !ok || !value.IsString() {
		return "", fmt.Errorf("current stack does not have output property '%s', or it is no text", names[0])
	}
	return value.StringValue() + "\n", nil
}

// export writes the state as pulumi stack export does.
func (s *stack) export(path string) error {
	s.state.SecretsManager = b64.NewBase64SecretsManager()
	deployment, err := statefile.SerializeUntypedDeployment(s.t.Context(), s.state, nil)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(file)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "    ")
	return errors.Join(encoder.Encode(deployment), file.Close())
}

// restoreState takes the state from a file, as pulumi stack import does.
func (s *stack) restoreState(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	var deployment apitype.UntypedDeployment
	if err := json.Unmarshal(text, &deployment); err != nil {
		return err
	}
	state, err := statefile.DeserializeUntypedDeployment(s.t.Context(), &deployment, base64Secrets{})
	if err != nil {
		return err
	}
	if err := state.VerifyIntegrity(); err != nil {
		return err
	}
	s.state = state
	return nil
}

// base64Secrets are the secrets of a state in tests.
type base64Secrets struct{}

func (base64Secrets) OfType(context.Context, string, json.RawMessage) (secrets.Manager, error) {
	return b64.NewBase64SecretsManager(), nil
}

// smartlake is the command line for a stack.
func (term *terminal) smartlake(command typed) (string, error) {
	switch last := len(command.Words) - 1; {
	case slices.Equal(command.Words[1:last], []string{"smoke", "--stack"}):
		return term.smoke(command)
	case command.Words[1] == "users" && command.Words[last-1] == "--stack" && term.stacks[command.Words[last]] != nil && term.users != nil:
		return term.users(term.stacks[command.Words[last]], command)
	}
	return "", fmt.Errorf("%q: say in this test what it does", command.Words)
}

// smoke is the smoke test of a stack: its outputs say what lives, and the next preview shows
// no change.
func (term *terminal) smoke(command typed) (string, error) {
	name := command.Words[3]
	s := term.stacks[name]
	if s == nil {
		return "", fmt.Errorf("no stack named '%s' found", name)
	}
	said, err := s.output([]string{"discoveryDocument"})
	if err != nil {
		return "", err
	}
	id, err := s.output([]string{"datastoreId"})
	if err != nil {
		return "", err
	}
	if served := s.account.documentOf(strings.TrimSpace(id)); served != strings.TrimSpace(said) {
		return "", fmt.Errorf("the output discoveryDocument is %s, and the datastore serves %s", said, served)
	}
	if again := s.preview(term.config[name]); again.err != nil || len(again.touched()) > 0 {
		return "", fmt.Errorf("the next preview shows %q, %w", again.touched(), again.failure())
	}
	return "", nil
}
