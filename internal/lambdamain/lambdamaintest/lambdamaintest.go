// Package lambdamaintest has what the tests of the Lambda functions share: their log, a main
// that runs as a process, its environment, and what its binary is made of.
package lambdamaintest

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// beTheCommand is the variable that turns a test binary into the command.
const beTheCommand = "BE_THE_COMMAND"

// Main is what a TestMain calls: it runs the tests, or main where [AssertEnds] starts the
// test binary.
func Main(m *testing.M, main func()) {
	if os.Getenv(beTheCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// AssertEnds wants the command to end with status 1 in this environment of "name=value",
// and to log one line of level ERROR with this message and error.
func AssertEnds(t *testing.T, environment []string, message, problem string) {
	t.Helper()
	command := exec.Command(os.Args[0]) //nolint:gosec // the test binary starts itself
	command.Env = append([]string{beTheCommand + "=1"}, environment...)
	output, err := command.Output()
	if command.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	var line struct{ Level, Msg, Error string }
	if err := json.Unmarshal(output, &line); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if line.Level != "ERROR" || line.Msg != message || line.Error != problem {
		t.Errorf("got %+v, want the message %q and the error\n%s", line, message, problem)
	}
}

// Lookup looks variables up as os.LookupEnv does.
func Lookup(variables map[string]string) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

// AssertRefused wants an environment to be refused with exactly this error.
func AssertRefused[Config any](
	t *testing.T, read func(lookup func(string) (string, bool)) (Config, slog.Level, error), variables map[string]string, want string,
) {
	t.Helper()
	if _, _, err := read(Lookup(variables)); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// AssertModules wants the command in the test's folder to be made of these modules and the
// standard library, and nothing else. A cold start loads all of the binary, and what patients'
// data goes through depends on every module in it.
func AssertModules(t *testing.T, want ...string) {
	t.Helper()
	if got := list(t, "{{with .Module}}{{.Path}}{{end}}"); !slices.Equal(got, want) {
		t.Errorf("the binary has the modules %v, want %v", got, want)
	}
}

// AssertPackages wants the command in the test's folder to be made of these packages of its
// own module, by their folders, and no others.
func AssertPackages(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, pkg := range list(t, "{{if .Module}}{{if .Module.Main}}{{.ImportPath}} {{.Module.Path}}{{end}}{{end}}") {
		path, module, _ := strings.Cut(pkg, " ")
		got = append(got, strings.TrimPrefix(path, module+"/"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the binary has the packages %v, want %v", got, want)
	}
}

// list is what "go list" prints of the packages of the binary, as it is deployed: each line
// once, sorted.
func list(t *testing.T, format string) []string {
	t.Helper()
	output, err := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc", "-f", format, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Sorted(strings.Lines(string(output)))
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\n")
	}
	return slices.Compact(slices.DeleteFunc(lines, func(line string) bool { return line == "" }))
}
