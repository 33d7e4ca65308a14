package languagehost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/languagehost"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

// build builds the program of testdata, once for all tests.
var build = sync.OnceValues(func() (*languagehost.Program, error) {
	return languagehost.Build(context.Background(), "testdata/program", nil)
})

func TestMain(m *testing.M) {
	status := m.Run()
	if !testing.Short() {
		if built, err := build(); err == nil && built.Close() != nil {
			status = 1
		}
	}
	os.Exit(status)
}

// testProgram is the built one, which says what it says to the buffer.
func testProgram(t *testing.T) (*languagehost.Program, *bytes.Buffer) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a program")
	}
	built, err := build()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	built.Messages, built.Timeout = &said, time.Minute
	return built, &said
}

func stack(mode string) declared.Stack {
	return declared.Stack{
		Project: "p", Name: "s", Dir: "testdata", Account: declaredtest.Account, Config: map[string]string{"aws:region": "us-east-1", "p:mode": mode},
	}
}

func run(t *testing.T, mode string) (*declared.Graph, string) {
	t.Helper()
	built, said := testProgram(t)
	graph, err := built.Run(t.Context(), stack(mode))
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return graph, said.String()
}

func TestAProgramsResourcesAreInTheGraphWithTheAnswersOfAWS(t *testing.T) {
	graph, _ := run(t, "graph")
	const urn = "urn:pulumi:s::p::"
	service, _ := graph.ByURN(urn + "team:index:Service::service")
	if !service.Component || service.Name != "service" || service.Parent != "" {
		t.Errorf("the component is %+v", service)
	}
	role, _ := graph.ByURN(urn + "team:index:Service$aws:iam/role:Role::role")
	arn := role.Text("arn")
	if role.Component || role.Parent != service.URN || !role.Protected || role.Region != "us-east-1" || role.Text("description") != "a role" ||
		!strings.HasPrefix(arn, "arn:aws:iam::123456789012:role/role-") {
		t.Errorf("the role is %+v", role)
	}
	pet, _ := graph.ByURN(urn + "random:index/randomPet:RandomPet::pet")
	if pet.Text("of") != arn || !pet.Properties["word"].IsSecret() {
		t.Errorf("the pet is %+v", pet)
	}
	if above := graph.Above(role, "team:index:Service"); above.URN != service.URN {
		t.Errorf("above the role is %+v", above)
	}
	if want := map[string]any{"arn": arn, "nested": map[string]any{"list": []any{"a"}, "secret": "sesame"}}; text(t, graph.Outputs()) != text(t, want) {
		t.Errorf("the outputs are %s, want %s", text(t, graph.Outputs()), text(t, want))
	}
	if len(graph.Resources()) != 3 {
		t.Errorf("got %d resources, want 3", len(graph.Resources()))
	}
}

func text(t *testing.T, value any) string {
	t.Helper()
	content, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestAProgramGetsTheEnvironmentOfALanguageHostAndNoCredentials(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of the user")
	t.Setenv("PULUMI_ACCESS_TOKEN", "of the user")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/home/of/the/user")
	t.Setenv("LEFT_ALONE", "yes")
	built, _ := testProgram(t)
	asked := stack("environment")
	asked.Config["p:password"], asked.SecretKeys = "x", []string{"p:password"}
	graph, err := built.Run(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"AWS_SECRET_ACCESS_KEY": "", "PULUMI_ACCESS_TOKEN": "", "LEFT_ALONE": "yes", "AWS_CONFIG_FILE": "/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true", "dir": filepath.Join(root, "program"), "root": root,
		"stack": "organization/p/s", "dryRun": false, "secret": true,
	}
	if got := text(t, graph.Outputs()); got != text(t, want) {
		t.Error(expect.Difference(got, text(t, want)))
	}
}

func TestTransformsChangeAResourceFirstItsOwnThenItsParentsThenTheStacks(t *testing.T) {
	graph, _ := run(t, "transforms")
	role := graph.All(declared.Role)[0]
	if role.Text("description") != "a role: own parent stack" || !role.Protected {
		t.Errorf("got %q, protected: %t", role.Text("description"), role.Protected)
	}
}

func TestAnExplicitProviderDeploysToItsOwnRegion(t *testing.T) {
	graph, _ := run(t, "regions")
	got := map[string]string{"asked": graph.Outputs()["asked"].(string)}
	for _, name := range []string{"default", "elsewhere", "without"} {
		got[name] = strings.Split(graph.Outputs()[name].(string), ":")[3]
	}
	want := map[string]string{"asked": "eu-west-2", "default": "us-east-1", "elsewhere": "eu-west-2", "without": "us-east-1"}
	if text(t, got) != text(t, want) {
		t.Error(expect.Difference(text(t, got), text(t, want)))
	}
}

func TestWhatTheProgramLogsIsShownAndItsWarningsAreKept(t *testing.T) {
	graph, said := run(t, "logs")
	if warnings := graph.Warnings(); said != "info: by the way\n" || !slices.Equal(warnings, []string{"look out"}) {
		t.Errorf("said %q, and warned of %q", said, warnings)
	}
}

func TestAProgramThatFailsShowsItsWarnings(t *testing.T) {
	built, said := testProgram(t)
	if _, err := built.Run(t.Context(), stack("warns and fails")); err == nil || said.String() != "Warning: look out\n" {
		t.Errorf("got %v, and it said %q", err, said)
	}
}

func TestAProgramThatFailsIsRefusedWithItsReason(t *testing.T) {
	built, said := testProgram(t)
	for mode, want := range map[string]string{
		"logs an error":    "it is broken",
		"fails":            "no datastore without a licence",
		"panics":           "the program ended with exit status 2; what it wrote says why",
		"exits":            "the program ended with exit status 1; what it wrote says why",
		"no stack":         "the program ended without running a Pulumi stack; its main must call pulumi.Run",
		"twice":            `aws:iam/role:Role "same": declared twice: two resources of one type and parent must have different names`,
		"remote":           `smartlake:index:SmartDatastore "clinic": is a component of a plugin (a remote component), and no plugin runs here; in Go, import the component's package, such as github.com/smartlake/pulumi-smartlake/components, instead of calling the plugin`,
		"reads":            `aws:iam/role:Role "theirs": reads what exists already, "their-role": not supported, because nothing is asked of AWS or Pulumi here`,
		"stack reference":  `pulumi:pulumi:StackReference "organization/network/prod": reads what exists already, "organization/network/prod": not supported, because nothing is asked of AWS or Pulumi here`,
		"invokes":          "aws:ec2/getVpc:getVpc: this function asks AWS or a provider, and nothing is asked of either here; only the region, the account and the partition are known",
		"calls":            "awsx:index:Thing/method: is a method of a plugin's resource, and no plugin runs here; leave the call out of this run",
		"hooks":            `the hook "greet": hooks of resources are not supported, because nothing is created here; leave them out of this run`,
		"invoke transform": "transforms of function calls (RegisterInvokeTransform) are not supported; leave them out of this run",
	} {
		said.Reset()
		_, err := built.Run(t.Context(), stack(mode))
		if err == nil || err.Error() != built.Dir+": "+want {
			t.Errorf("%s: got %v, want %s\n%s", mode, err, want, said)
		}
		for what, shown := range map[string]string{"panics": "goroutine 1 [running]", "exits": "no licence\n"} {
			if mode == what && !strings.Contains(said.String(), shown) {
				t.Errorf("%s: said %q, want %q", mode, said, shown)
			}
		}
	}
	without := stack("no region")
	delete(without.Config, "aws:region")
	if _, err := built.Run(t.Context(), without); err == nil || !strings.HasSuffix(err.Error(),
		`aws:iam/role:Role "role": aws:region: missing from the configuration of stack "s", and the provider has no region; set one of them to a region such as us-east-1`) {
		t.Errorf("without a region: got %v", err)
	}
}

func TestAProgramThatHangsIsEndedWithWhatItStarted(t *testing.T) {
	built, said := testProgram(t)
	for name, c := range map[string]struct {
		interrupted, limit time.Duration
		want               string
	}{
		"by the time limit": {time.Minute, time.Second, built.Dir + ": the program did not end within 1s, and was ended"},
		"by Ctrl-C":         {time.Second, time.Minute, context.DeadlineExceeded.Error()},
	} {
		said.Reset()
		built.Timeout = c.limit
		ctx, cancel := context.WithTimeout(t.Context(), c.interrupted)
		began := time.Now()
		_, err := built.Run(ctx, stack("hangs"))
		cancel()
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
		found := regexp.MustCompile(`started (\d+)`).FindStringSubmatch(said.String())
		if found == nil {
			t.Fatalf("%s: said %q", name, said)
		}
		child, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		if !gone(child) {
			t.Errorf("%s: what the program started still runs", name)
		}
	}
}

// gone reports whether a process has ended soon, or is one that nobody has waited for yet.
func gone(pid int) bool {
	for range 100 {
		state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || err == nil && strings.Contains(string(state), ") Z ") {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func TestTheMonitorTakesNoCallsOfOtherProcesses(t *testing.T) {
	built, _ := testProgram(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	heard := make(chan string, 1)
	built.Messages = writerFunc(func([]byte) {
		sockets, err := filepath.Glob(filepath.Join(os.TempDir(), "smartlake-program-*", "pulumi"))
		if err != nil || len(sockets) == 0 {
			heard <- "no socket"
			cancel()
			return
		}
		for _, socket := range sockets {
			info, err := os.Stat(filepath.Dir(socket))
			if err != nil || info.Mode().Perm() != 0o700 {
				heard <- "a folder that others may enter"
			}
			connection, err := net.Dial("unix", socket)
			if err != nil {
				continue // of a test beside this one
			}
			// Who may call gets HTTP/2's settings at once.
			_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
			if n, err := connection.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
				heard <- "an answer of " + socket
			}
			_ = connection.Close()
		}
		cancel()
	})
	_, err := built.Run(ctx, stack("hangs"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	select {
	case what := <-heard:
		t.Errorf("another process got %s", what)
	default:
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(text []byte) (int, error) { f(text); return len(text), nil }

func TestAFolderThatIsNoProgramIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for dir, want := range map[string]string{
		"testdata":         `testdata: must be a folder with a Go program$`,
		"testdata/none":    `testdata/none: must be a folder with a Go program$`,
		"testdata/library": `testdata/library: must be a package main; this one is a package that programs import$`,
		"testdata/broken":  `testdata/broken: go build: exit status 1\n(.*\n)*\./main\.go:4:15: undefined: undefined$`,
	} {
		_, err := languagehost.Build(t.Context(), dir, nil)
		if err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("%s: got %v, want %s", dir, err, want)
		}
	}
}

func TestABuiltProgramLeavesNothingBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	built, err := languagehost.Build(t.Context(), "testdata/program", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := built.Run(t.Context(), stack("logs")); err != nil {
		t.Error(err)
	}
	if err := built.Close(); err != nil {
		t.Error(err)
	}
	if _, err := languagehost.Build(t.Context(), "testdata/broken", nil); err == nil {
		t.Error("built what does not compile")
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestWhoseProgramAProjectIsAbout(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string
		foreign bool
		what    string
	}{
		"only configuration":        {map[string]string{"Pulumi.yaml": "name: p\nruntime: go\n"}, false, " (runtime go)"},
		"a clone":                   {map[string]string{"Pulumi.yaml": "name: p\nruntime: go\n", "go.mod": "module github.com/smartlake/pulumi-smartlake\n"}, false, " (runtime go, module github.com/smartlake/pulumi-smartlake)"},
		"a team's":                  {map[string]string{"Pulumi.yaml": "name: p\nruntime: go\n", "go.mod": "module example.org/platform\n"}, true, " (runtime go, module example.org/platform)"},
		"a team's, in a folder":     {map[string]string{"Pulumi.yaml": "name: p\nruntime: go\nmain: infra\n", "infra/go.mod": "module example.org/platform\n"}, true, "/infra (runtime go, module example.org/platform)"},
		"another within a clone":    {map[string]string{"x/Pulumi.yaml": "name: p\nruntime: go\n", "go.mod": "module github.com/smartlake/pulumi-smartlake\n"}, true, "/x (runtime go, module github.com/smartlake/pulumi-smartlake)"},
		"one in another language":   {map[string]string{"Pulumi.yaml": "name: p\nruntime: nodejs\n"}, true, " (runtime nodejs)"},
		"one of the plugin in YAML": {map[string]string{"Pulumi.yaml": "name: p\nruntime: yaml\n"}, true, " (runtime yaml)"},
	} {
		dir := t.TempDir()
		at := dir
		for path, content := range c.files {
			path = filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if filepath.Base(path) == "Pulumi.yaml" {
				at = filepath.Dir(path)
			}
		}
		project, found, err := languagehost.FindProject(at)
		if err != nil || !found || project.Foreign() != c.foreign || project.String() != dir+c.what {
			t.Errorf("%s: got %s, foreign: %t, %t %v", name, project, project.Foreign(), found, err)
		}
	}
	if _, found, err := languagehost.FindProject(t.TempDir()); found || err != nil {
		t.Errorf("without a project: %t %v", found, err)
	}
}
