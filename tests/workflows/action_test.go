package workflows_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const actionFolder = ".github/actions/local-cloud"

// action is as much of an action of GitHub's as the rules are about.
type action struct {
	Inputs  map[string]struct{ Description, Default string }
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			ID, Shell, Run, Uses string
			Env                  map[string]string
		}
	}
}

func readAction(t *testing.T) action {
	t.Helper()
	var read action
	if err := yaml.Unmarshal([]byte(text(t, filepath.Join(root, actionFolder, "action.yml"))), &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// variable is the environment variable of an input.
func variable(input string) string {
	return "SMARTLAKE_ACTION_" + strings.ToUpper(input)
}

func TestTheActionGivesItsScriptEveryInputByTheEnvironment(t *testing.T) {
	a := readAction(t)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) != 1 {
		t.Fatalf("want one step of a composite action: %+v", a.Runs)
	}
	step := a.Runs.Steps[0]
	if step.Shell != "bash" || step.Run != `"$GITHUB_ACTION_PATH/run.sh"` || step.Uses != "" {
		t.Errorf("want the script, and nothing put together from an input: %+v", step)
	}
	want := map[string]string{"GH_TOKEN": "${{ github.token }}"}
	script := text(t, filepath.Join(root, actionFolder, "run.sh"))
	for input := range a.Inputs {
		want[variable(input)] = "${{ inputs." + input + " }}"
		if !strings.Contains(script, "$"+variable(input)) {
			t.Errorf("the script does not read the input %s", input)
		}
	}
	if !maps.Equal(step.Env, want) {
		t.Errorf("got  %v\nwant %v", step.Env, want)
	}
	for output, of := range a.Outputs {
		if of.Value != "${{ steps."+step.ID+".outputs."+output+" }}" || !strings.Contains(script, `put "$GITHUB_OUTPUT" `+output+" ") {
			t.Errorf("output %s: %s: the script does not set it", output, of.Value)
		}
	}
	info, err := os.Stat(filepath.Join(root, actionFolder, "run.sh"))
	if err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Errorf("the script cannot be run: %v", err)
	}
}

func TestTheDocumentsListEveryInputAndOutputOfTheAction(t *testing.T) {
	page := text(t, filepath.Join(root, "docs/how-to/test-an-app.md"))
	var listed, want []string
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (?:input|output)").FindAllStringSubmatch(page, -1) {
		listed = append(listed, match[1])
	}
	a := readAction(t)
	want = slices.AppendSeq(slices.Collect(maps.Keys(a.Inputs)), maps.Keys(a.Outputs))
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("got  %q\nwant %q", listed, want)
	}
}

// runner is a runner of GitHub's as the script sees it.
type runner struct {
	t           *testing.T
	dir         string
	environment map[string]string
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	for _, name := range []string{"bash", "jq", "setsid", "curl"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("there is no " + name)
		}
	}
	here, err := filepath.Abs(filepath.Join(root, actionFolder))
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{t: t, dir: t.TempDir(), environment: map[string]string{}}
	for name, value := range map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": os.Getenv("HOME"), "GITHUB_ACTION_PATH": here, "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64",
		"RUNNER_TEMP": r.dir, "GITHUB_ENV": filepath.Join(r.dir, "env"), "GITHUB_OUTPUT": filepath.Join(r.dir, "output"), "GH_TOKEN": "of-the-job",
	} {
		r.environment[name] = value
	}
	for input, of := range readAction(t).Inputs {
		r.environment[variable(input)] = of.Default
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GONOSUMDB", "GOPATH", "CGO_ENABLED", "XDG_CACHE_HOME"} {
		if value, ok := os.LookupEnv(name); ok {
			r.environment[name] = value
		}
	}
	return r
}

// run runs the script with some inputs.
func (r *runner) run(inputs map[string]string) (string, error) {
	r.t.Helper()
	environment := maps.Clone(r.environment)
	for input, value := range inputs {
		environment[variable(input)] = value
	}
	command := exec.CommandContext(r.t.Context(), "bash", filepath.Join(environment["GITHUB_ACTION_PATH"], "run.sh"))
	command.Dir = root
	command.Env = nil
	for name, value := range environment {
		command.Env = append(command.Env, name+"="+value)
	}
	out, err := command.CombinedOutput()
	return string(out), err
}

// set reads a file of variables as the runner does:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
func (r *runner) set(file string) map[string]string {
	r.t.Helper()
	content, err := os.ReadFile(filepath.Join(r.dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		r.t.Fatal(err)
	}
	found := map[string]string{}
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, delimiter, multiline := strings.Cut(lines[i], "<<")
		if !multiline {
			r.t.Fatalf("%s: %q: want a delimiter", file, lines[i])
		}
		end := slices.Index(lines[i+1:], delimiter)
		if end < 0 || len(delimiter) < 32 {
			r.t.Fatalf("%s: %s: the delimiter %q does not come, or is easy to guess", file, name, delimiter)
		}
		found[name] = strings.Join(lines[i+1:i+1+end], "\n")
		i += end + 1
	}
	return found
}

// program writes a script that answers "local env" with a text, and is the real program otherwise.
func (r *runner) program(variables, otherwise string) string {
	r.t.Helper()
	path, answer := filepath.Join(r.t.TempDir(), "smartlake"), filepath.Join(r.t.TempDir(), "env.json")
	script := "#!/bin/sh\nif [ \"$1 $2\" = 'local env' ]; then echo \"$@\" >>" + answer + ".called; exec cat " + answer + "; fi\n" + otherwise + "\n"
	if err := errors.Join(os.WriteFile(path, []byte(script), 0o700), os.WriteFile(answer, []byte(variables), 0o600)); err != nil {
		r.t.Fatal(err)
	}
	return path
}

// servesNothing is a program that writes a ready file, and ends in order.
const servesNothing = `
while [ $# -gt 0 ]; do [ "$1" = --ready-file ] && ready="$2"; shift; done
printf '{"version":1,"event":"ready","fhirBaseUrl":"https://127.0.0.1:1/r4","page":"https://127.0.0.1:1/PAGE-SECRET/","dir":"/d","certificate":"/dev/null","pid":%d}\n' $$ >"$ready.new"
mv "$ready.new" "$ready"
trap 'rm "$ready"; echo "{\"version\":1,\"event\":\"stopped\"}"; exit 0' TERM
while :; do sleep 0.05; done`

func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs of its own")
	}
	binary := filepath.Join(t.TempDir(), "smartlake")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/smartlake")
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

func TestTheActionStartsALocalCloudThatTheNextStepsUseAndStopsIt(t *testing.T) {
	r := newRunner(t)
	binary := build(t)
	inputs := map[string]string{"binary": binary, "arguments": "--config\nfrontDoor={}\n\n--seed\n7"}
	out, err := r.run(inputs)
	t.Cleanup(func() { _, _ = r.run(map[string]string{"command": "stop"}) })
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	outputs, variables := r.set("output"), r.set("env")
	if got := slices.Sorted(maps.Keys(outputs)); !slices.Equal(got, []string{"certificate", "dir", "fhir-base", "program"}) || outputs["program"] != binary {
		t.Errorf("outputs %v", outputs)
	}
	if got := slices.Sorted(maps.Keys(variables)); !slices.Equal(got, []string{"CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SMARTLAKE_STATE_DIR", "SSL_CERT_FILE"}) {
		t.Errorf("variables %v", variables)
	}
	page := regexp.MustCompile(`::add-mask::(https://127\.0\.0\.1:\d+/[A-Z2-7]{26}/)\n`).FindStringSubmatch(out)
	if page == nil || strings.Count(out, page[1]) != 1 {
		t.Errorf("the address of the page is told, or not masked:\n%s", out)
	}
	curl := exec.CommandContext(t.Context(), "curl", "-sS", "--fail", outputs["fhir-base"]+"/.well-known/smart-configuration")
	curl.Env = []string{"PATH=" + os.Getenv("PATH"), "CURL_CA_BUNDLE=" + variables["CURL_CA_BUNDLE"]}
	if answer, err := curl.CombinedOutput(); err != nil || !json.Valid(answer) {
		t.Errorf("a next step: %v: %s", err, answer)
	}
	if out, err := r.run(inputs); err == nil || !strings.Contains(out, "::error title=Smartlake local cloud::a local cloud runs in this job already; stop it first") {
		t.Errorf("a second start: %v:\n%s", err, out)
	}
	if out, err := r.run(map[string]string{"command": "stop"}); err != nil || !strings.HasSuffix(out, "the local cloud has ended\n") {
		t.Errorf("stop: %v:\n%s", err, out)
	}
	if left, err := os.ReadDir(outputs["dir"]); err != nil || len(left) != 1 || left[0].Name() != filepath.Base(outputs["certificate"]) {
		t.Errorf("left of what is secret: %v, %v", left, err)
	}
	if out, err := r.run(map[string]string{"command": "stop"}); err != nil || out != "no local cloud runs\n" {
		t.Errorf("stop once more: %v: %s", err, out)
	}
}

// TestTheExampleAppPassesItsTestInItsPipeline runs the steps of the example's workflow.
func TestTheExampleAppPassesItsTestInItsPipeline(t *testing.T) {
	r := newRunner(t)
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("there is no node")
	}
	const project = "examples/app"
	out, err := r.run(map[string]string{"binary": build(t), "project": project, "client": "report"})
	t.Cleanup(func() { _, _ = r.run(map[string]string{"command": "stop"}) })
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	variables := r.set("env")
	if secret := variables["CLIENT_SECRET"]; secret == "" || strings.Count(out, secret) != 1 || !strings.Contains(out, "::add-mask::"+secret+"\n") {
		t.Errorf("the client's secret is missing, told, or not masked:\n%s", out)
	}
	test := exec.CommandContext(t.Context(), "node", "--test")
	test.Dir, test.Env = filepath.Join(root, project), []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range variables {
		test.Env = append(test.Env, name+"="+value)
	}
	if out, err := test.CombinedOutput(); err != nil || !strings.Contains(string(out), "pass 3\n") {
		t.Errorf("%v:\n%s", err, out)
	}
	if out, err := r.run(map[string]string{"command": "stop"}); err != nil {
		t.Errorf("stop: %v:\n%s", err, out)
	}
}

// A value goes to the next steps as it is, whatever it holds, and sets nothing else.
func TestNoValueSetsAnotherVariable(t *testing.T) {
	values := map[string]string{
		"FHIR_BASE_URL": "https://127.0.0.1:1/r4",
		"CLIENT_SECRET": "first line 100%\nPATH=/tmp/of-somebody\nsmartlake_0000\nNODE_OPTIONS<<smartlake_0000\n--require /tmp/x\nsmartlake_0000",
		"SCOPE":         "openid patient/*.rs $(reboot) `reboot` \\n \"'",
		"CLIENT_ID":     "",
	}
	answer, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	r := newRunner(t)
	out, err := r.run(map[string]string{"binary": r.program(string(answer), servesNothing), "client": "app"})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := r.run(map[string]string{"command": "stop"}); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	got := r.set("env")
	for name, value := range values {
		if got[name] != value {
			t.Errorf("%s: got %q, want %q", name, got[name], value)
		}
		delete(got, name)
	}
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SMARTLAKE_STATE_DIR", "SSL_CERT_FILE"}) {
		t.Errorf("set besides: %q", names)
	}
	for _, line := range slices.Compact(slices.Sorted(strings.SplitSeq(values["CLIENT_SECRET"], "\n"))) {
		mask := "::add-mask::" + strings.ReplaceAll(line, "%", "%25") + "\n"
		if !strings.Contains(out, mask) {
			t.Errorf("%q is not masked:\n%s", line, out)
		}
		out = strings.ReplaceAll(out, mask, "")
	}
	if strings.Contains(out, "of-somebody") || strings.Contains(strings.ReplaceAll(out, "::add-mask::https://127.0.0.1:1/PAGE-SECRET/\n", ""), "PAGE-SECRET") {
		t.Errorf("a secret is told:\n%s", out)
	}
}

func TestTheActionSetsNoVariableThatChangesTheNextSteps(t *testing.T) {
	for _, answer := range []string{
		`{"PATH": "/tmp"}`, `{"NODE_OPTIONS": "--require=x"}`, `{"LD_PRELOAD": "x"}`, `{"BASH_ENV": "x"}`, `{"ENV": "x"}`, `{"GITHUB_TOKEN": "x"}`, `{"RUNNER_TEMP": "x"}`,
		`{"a": "x"}`, `{"A B": "x"}`, `{"A=B": "x"}`, `{"A<<B": "x"}`, `{"A\nB": "x"}`, `{"": "x"}`, `{"A": 1}`, `{"A": null}`, `[]x`, `none`,
	} {
		r := newRunner(t)
		out, err := r.run(map[string]string{"binary": r.program(answer, servesNothing), "client": "app"})
		if err == nil || len(r.set("env")) > 0 {
			t.Errorf("%s: %v, set %v:\n%s", answer, err, r.set("env"), out)
		}
		if out, err := r.run(map[string]string{"command": "stop"}); err != nil {
			t.Errorf("%s: stop: %v:\n%s", answer, err, out)
		}
	}
}

func TestTheActionSaysWhyNothingRuns(t *testing.T) {
	for _, c := range []struct {
		inputs map[string]string
		want   string
	}{
		{map[string]string{"command": "restart"}, `command: "restart": must be start or stop`},
		{map[string]string{"timeout": "soon"}, `timeout: "soon": must be 1 to 9999 seconds`},
		{map[string]string{"timeout": "0"}, `timeout: "0": must be 1 to 9999 seconds`},
		{map[string]string{"binary": "/no/such/program"}, `binary: "/no/such/program": must be a program`},
		{map[string]string{"version": "latest"}, `version: "latest": must be the version of a release, such as v1.2.3`},
		{map[string]string{"version": "v1.2.3/../../x"}, `version: "v1.2.3/../../x": must be the version of a release, such as v1.2.3`},
		{map[string]string{"binary": "ends"}, "the local cloud is not ready: smartlake: no such stack"},
		{map[string]string{"binary": "hangs", "timeout": "1"}, "the local cloud is not ready: "},
	} {
		r := newRunner(t)
		switch c.inputs["binary"] {
		case "ends":
			c.inputs["binary"] = r.program("", "echo 'smartlake: no such stack' >&2; exit 2")
		case "hangs":
			c.inputs["binary"] = r.program("", "exec sleep 30")
		}
		if out, err := r.run(c.inputs); err == nil || !strings.Contains(out, "::error title=Smartlake local cloud::"+c.want+"\n") || len(r.set("env"))+len(r.set("output")) > 0 {
			t.Errorf("%v: %v:\n%s", c.inputs, err, out)
		}
	}
	for variable, want := range map[string]string{"RUNNER_OS": `runs-on: "other": must be Linux`, "RUNNER_ARCH": `runs-on: "other": must be X64 or ARM64`} {
		r := newRunner(t)
		r.environment[variable] = "other"
		if out, err := r.run(nil); err == nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v:\n%s", variable, err, out)
		}
	}
}

// A configuration may be of a pull request, and what the cloud says of it is in its log.
func TestWhatTheLocalCloudWritesIsNoCommandToTheRunner(t *testing.T) {
	r := newRunner(t)
	const hostile = "::add-mask::e"
	out, err := r.run(map[string]string{"binary": r.program("", "echo '"+hostile+"' >&2; printf '::stop-commands::x' >&2; exit 2")})
	want := regexp.MustCompile(`(?m)^::stop-commands::(smartlake_[0-9a-f]{32})\n` + hostile + `\n::stop-commands::x\n::(smartlake_[0-9a-f]{32})::\n`)
	found := want.FindStringSubmatch(out)
	if err == nil || found == nil || found[1] != found[2] || strings.Count(out, "\n"+hostile) != 1 {
		t.Errorf("%v:\n%s", err, out)
	}
	if again, _ := r.run(map[string]string{"binary": r.program("", "exit 2")}); found != nil && strings.Contains(again, found[1]) {
		t.Error("the word that ends it is the same again")
	}
}

// With --program, what starts is code of a pull request.
func TestTheLocalCloudDoesNotGetTheTokenOfTheJob(t *testing.T) {
	r := newRunner(t)
	out, err := r.run(map[string]string{"binary": r.program("", "env >&2; exit 2")})
	if err == nil || !strings.Contains(out, "\nSMARTLAKE_STATE_DIR=") || strings.Contains(out, "of-the-job") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// releaseOf puts a gh command on the PATH of a runner, with a release that it downloads, and
// returns the file that it notes its arguments in.
func releaseOf(t *testing.T, r *runner, sums func(name string, archive []byte) string, attested bool) (noted string) {
	t.Helper()
	var archive bytes.Buffer
	compressed := gzip.NewWriter(&archive)
	files := tar.NewWriter(compressed)
	program := "#!/bin/sh\n" + servesNothing
	if err := files.WriteHeader(&tar.Header{Name: "smartlake", Mode: 0o755, Size: int64(len(program))}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write([]byte(program)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(files.Close(), compressed.Close()); err != nil {
		t.Fatal(err)
	}
	const name = "smartlake-v1.2.3-linux-amd64.tar.gz"
	dir := t.TempDir()
	noted = filepath.Join(dir, "noted")
	verdict := "exit 1"
	if attested {
		verdict = "exit 0"
	}
	gh := "#!/bin/sh\n[ \"$GH_TOKEN\" = of-the-job ] || exit 4\necho \"$@\" >>" + noted + "\ncase \"$1\" in release) cp " + dir + "/dist/* \"$7\" ;; attestation) " + verdict + " ;; esac\n"
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "bin"), 0o700), os.Mkdir(filepath.Join(dir, "dist"), 0o700),
		os.WriteFile(filepath.Join(dir, "bin", "gh"), []byte(gh), 0o700),
		os.WriteFile(filepath.Join(dir, "dist", name), archive.Bytes(), 0o600),
		os.WriteFile(filepath.Join(dir, "dist", "SHA256SUMS"), []byte(sums(name, archive.Bytes())), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	r.environment["PATH"] = filepath.Join(dir, "bin") + ":" + r.environment["PATH"]
	return noted
}

func TestAReleaseRunsOnlyOnceItsChecksumAndItsSignatureWereChecked(t *testing.T) {
	right := func(name string, archive []byte) string { return fmt.Sprintf("%x  %s\n", sha256.Sum256(archive), name) }
	for what, c := range map[string]struct {
		sums     func(name string, archive []byte) string
		attested bool
		runs     bool
	}{
		"as it was released":     {right, true, true},
		"another checksum":       {func(name string, _ []byte) string { return right(name, nil) }, true, false},
		"no checksum":            {func(string, []byte) string { return "" }, true, false},
		"the sum of another":     {func(_ string, archive []byte) string { return right("other.tar.gz", archive) }, true, false},
		"a part of the checksum": {func(name string, archive []byte) string { return "0" + right(name, archive) }, true, false},
		"no signature":           {right, false, false},
	} {
		t.Run(what, func(t *testing.T) {
			r := newRunner(t)
			noted := releaseOf(t, r, c.sums, c.attested)
			out, err := r.run(map[string]string{"version": "v1.2.3"})
			if (err == nil) != c.runs || (len(r.set("output")) > 0) != c.runs {
				t.Errorf("%v:\n%s", err, out)
			}
			if c.runs {
				if out, err := r.run(map[string]string{"command": "stop"}); err != nil {
					t.Errorf("stop: %v:\n%s", err, out)
				}
				archive := filepath.Join(r.dir, "smartlake", "smartlake-v1.2.3-linux-amd64.tar.gz")
				want := "release download v1.2.3 --repo smartlake/pulumi-smartlake --dir " + filepath.Join(r.dir, "smartlake") +
					" --pattern smartlake-v1.2.3-linux-amd64.tar.gz --pattern SHA256SUMS\nattestation verify " + archive + " --repo smartlake/pulumi-smartlake\n"
				if got := text(t, noted); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			} else if _, err := os.Stat(filepath.Join(r.dir, "smartlake", "smartlake")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the program was unpacked: %v", err)
			}
		})
	}
}

// TestTheExamplesPipelineKeepsTheRulesOfThisRepository looks at the workflow that people copy.
func TestTheExamplesPipelineKeepsTheRulesOfThisRepository(t *testing.T) {
	path := filepath.Join(root, "examples/app/.github/workflows/test.yml")
	var w workflow
	if err := yaml.Unmarshal([]byte(text(t, path)), &w); err != nil {
		t.Fatal(err)
	}
	steps := w.Jobs["test"].Steps
	if !maps.Equal(w.Permissions, map[string]string{"contents": "read"}) || w.Jobs["test"].Timeout == 0 || len(steps) != 4 || steps[0].With["persist-credentials"] != false {
		t.Errorf("want only the right to read, a limit, and a checkout without the token: %+v", w)
	}
	ourAction := regexp.MustCompile(`^smartlake/pulumi-smartlake/` + regexp.QuoteMeta(actionFolder) + `@[0-9a-f]{40}$`)
	if !ourAction.MatchString(steps[1].Uses) || steps[1].Uses != steps[3].Uses || steps[3].With["command"] != "stop" || !strings.Contains(text(t, path), "- if: always()\n        uses: "+steps[3].Uses) {
		t.Errorf("want the action, and at the end, always, once more with stop: %+v", steps)
	}
	for i, uses := range regexp.MustCompile(`(?m)^\s*(?:- )?uses:\s*(.*)$`).FindAllStringSubmatch(text(t, path), -1) {
		if !pinned.MatchString(uses[1]) {
			t.Errorf("action %d: %s: must be pinned by its commit, with its version", i+1, uses[1])
		}
	}
	for name, value := range steps[1].With {
		if _, known := readAction(t).Inputs[name]; !known || value == "" {
			t.Errorf("the action has no input %s", name)
		}
	}
	if !strings.Contains(text(t, filepath.Join(root, ".github/workflows/ci.yml")), strings.TrimSpace(regexp.MustCompile(`(?m)actions/checkout@.*$`).FindString(text(t, path)))) {
		t.Error("the example checks out with another version of the action than this repository")
	}
}
