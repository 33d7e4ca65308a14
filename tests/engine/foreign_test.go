package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi-yaml/pkg/pulumiyaml"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/deploytest"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// foreign is a program in a folder of its own, with a Pulumi.yaml, that runs as Pulumi's
// language host for its language runs it. A language other than Go gets the components from
// the plugin, a process that is built from this checkout.
type foreign struct {
	dir     string
	config  map[string]string // of its stack, by full keys
	engine  *logOfEngine
	compile func() // again, after a change
	program func(stack declared.Stack, info plugin.RunInfo) error
	plugin  func() (plugin.Provider, error) // nil for Go
}

// configuration of the program's stack, with the project that Pulumi.yaml names.
func (f *foreign) configuration(t testing.TB, stack string) declared.Stack {
	t.Helper()
	project, err := workspace.LoadProject(filepath.Join(f.dir, "Pulumi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := maps.Clone(f.config)
	for key, declared := range project.Config { // such as the template's name, which pulumi new writes
		text, err := json.Marshal(declared.Value)
		if err != nil || declared.Value == nil {
			t.Fatalf("%s: want a value: %v", key, err)
		}
		config[key] = string(text)
	}
	return declared.Stack{Project: project.Name.String(), Name: stack, Config: config, Dir: f.dir}
}

// logOfEngine is what programs and plugins in processes of their own log to. The host of
// the engine's tests has one that takes no root resource, so programs of other languages than
// Go cannot use it.
type logOfEngine struct {
	pulumirpc.UnimplementedEngineServer

	address string

	mu   sync.Mutex
	root string
	text strings.Builder
}

func newLogOfEngine(t *testing.T) *logOfEngine {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log, server := &logOfEngine{address: listener.Addr().String()}, grpc.NewServer()
	pulumirpc.RegisterEngineServer(server, log)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return log
}

// said is what was logged since the last call.
func (l *logOfEngine) said() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

func (l *logOfEngine) Log(_ context.Context, in *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if in.GetSeverity() > pulumirpc.LogSeverity_DEBUG {
		fmt.Fprintf(&l.text, "%s: %s\n", in.GetSeverity(), in.GetMessage())
	}
	return &emptypb.Empty{}, nil
}

func (l *logOfEngine) SetRootResource(_ context.Context, in *pulumirpc.SetRootResourceRequest) (*pulumirpc.SetRootResourceResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.root = in.GetUrn()
	return &pulumirpc.SetRootResourceResponse{}, nil
}

func (l *logOfEngine) GetRootResource(context.Context, *pulumirpc.GetRootResourceRequest) (*pulumirpc.GetRootResourceResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &pulumirpc.GetRootResourceResponse{Urn: l.root}, nil
}

// hostOf makes the engine's host of plugins.
func (f *foreign) hostOf(language deploytest.LanguageRuntimeFactory, providers []*deploytest.ProviderLoader) deploytest.PluginHostFactory {
	if f != nil && f.plugin != nil {
		providers = append(providers, deploytest.NewProviderLoader("smartlake", pluginVersion, f.plugin))
	}
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	return deploytest.NewPluginHostF(sink, sink, language, nil, nil, providers...)
}

// pluginVersion is that of a plugin which is no release.
var pluginVersion = semver.MustParse("0.0.0-dev")

// inGo builds the program as "go build" would after "go mod tidy", with this checkout in the
// place of a release.
func inGo(t *testing.T, dir string, config map[string]string) *foreign {
	t.Helper()
	command(t, dir, "go", "mod", "edit", "-replace=github.com/smartlake/pulumi-smartlake="+absolute(t, root))
	command(t, dir, "go", "mod", "tidy")
	engine, binary := newLogOfEngine(t), filepath.Join(t.TempDir(), "program")
	compile := func() {
		command(t, dir, "go", "vet", ".")
		command(t, dir, "go", "build", "-o", binary, ".")
	}
	compile()
	return &foreign{dir: dir, config: config, engine: engine, compile: compile, program: func(stack declared.Stack, info plugin.RunInfo) error {
		config, err := json.Marshal(stack.Config)
		if err != nil {
			return err
		}
		program := exec.CommandContext(t.Context(), binary)
		program.Dir = dir
		program.Env = append(os.Environ(),
			pulumi.EnvProject+"="+stack.Project, pulumi.EnvStack+"="+stack.Name, pulumi.EnvConfig+"="+string(config),
			pulumi.EnvMonitor+"="+info.MonitorAddress, pulumi.EnvEngine+"="+engine.address,
			pulumi.EnvDryRun+"="+strconv.FormatBool(info.DryRun), pulumi.EnvParallel+"="+strconv.Itoa(int(info.Parallel)))
		return output(program)
	}}
}

// inYAML has Pulumi's interpreter of YAML run the program.
func inYAML(t *testing.T, dir string, config map[string]string) *foreign {
	t.Helper()
	engine, loader := newLogOfEngine(t), ofThePlugin{t}
	return &foreign{dir: dir, config: config, engine: engine, compile: func() {}, plugin: servedPlugin(t, engine), program: func(stack declared.Stack, info plugin.RunInfo) error {
		template, problems, err := pulumiyaml.LoadDir(dir)
		if err != nil || problems.HasErrors() {
			return errors.Join(err, problems)
		}
		ctx, err := pulumi.NewContext(t.Context(), pulumi.RunInfo{
			Project: stack.Project, Stack: stack.Name, Config: stack.Config, RootDirectory: dir,
			DryRun: info.DryRun, Parallel: info.Parallel, MonitorAddr: info.MonitorAddress, EngineAddr: engine.address,
		})
		if err != nil {
			return err
		}
		defer func() { _ = ctx.Close() }()
		values := resource.PropertyMap{}
		for key, value := range stack.Config {
			values[resource.PropertyKey(key)] = resource.NewProperty(value)
		}
		return pulumi.RunWithContext(ctx, func(ctx *pulumi.Context) error {
			return pulumiyaml.RunTemplate(ctx, template, values, pulumiyaml.NewPackageLoaderFromSchemaLoader(loader))
		})
	}}
}

// inTypeScript generates the SDK as "pulumi install" does, and has Node.js run the program
// with Pulumi's SDK. The packages that npm would install come from a folder.
func inTypeScript(t *testing.T, dir string, config map[string]string) *foreign {
	t.Helper()
	installed := os.Getenv("TEMPLATES_NODE")
	if installed == "" {
		t.Skip("TEMPLATES_NODE does not name the folder in which npm ci installed tests/engine/node; see .ci/run engine")
	}
	sdk := filepath.Join(dir, "sdks", "pulumi-smartlake")
	files, err := nodejs.GeneratePackage("test", ofThePlugin{t}.bound(), nil, nil, true, schema.NewPluginLoader(nil))
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range files {
		write(t, filepath.Join(sdk, path), text)
	}
	link(t, filepath.Join(installed, "node_modules"), filepath.Join(dir, "node_modules"))
	command(t, sdk, "env", "PATH="+filepath.Join(dir, "node_modules", ".bin")+":"+os.Getenv("PATH"), "node", filepath.Join("scripts", "postinstall.js"))
	link(t, sdk, filepath.Join(dir, "node_modules", "@smartlake", "pulumi"))
	engine := newLogOfEngine(t)
	compile := func() { command(t, dir, "node", filepath.Join("node_modules", "typescript", "bin", "tsc"), "--noEmit") }
	compile()
	return &foreign{dir: dir, config: config, engine: engine, compile: compile, plugin: servedPlugin(t, engine), program: func(stack declared.Stack, info plugin.RunInfo) error {
		config, err := json.Marshal(stack.Config)
		if err != nil {
			return err
		}
		arguments := []string{
			filepath.Join(dir, "node_modules", "@pulumi", "pulumi", "cmd", "run"),
			"--project", stack.Project, "--stack", stack.Name, "--organization", "organization", "--root-directory", dir, "--pwd", dir,
			"--monitor", info.MonitorAddress, "--engine", engine.address, "--parallel", strconv.Itoa(int(info.Parallel)),
		}
		if info.DryRun {
			arguments = append(arguments, "--dry-run")
		}
		program := exec.CommandContext(t.Context(), "node", append(arguments, ".")...)
		program.Dir = dir
		program.Env = append(os.Environ(), pulumi.EnvConfig+"="+string(config))
		return output(program)
	}}
}

// link makes a folder whose entries are those of another one.
func link(t *testing.T, from, to string) {
	t.Helper()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if err := os.Symlink(filepath.Join(absolute(t, from), entry.Name()), filepath.Join(to, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// servedPlugin starts the plugin as Pulumi starts one from its source.
func servedPlugin(t *testing.T, engine *logOfEngine) func() (plugin.Provider, error) {
	t.Helper()
	folder, binary := absolute(t, filepath.Join(root, "plugin")), filepath.Join(t.TempDir(), "plugin")
	command(t, folder, "go", "build", "-o", binary, ".")
	return func() (plugin.Provider, error) {
		process := exec.CommandContext(t.Context(), binary, engine.address)
		process.Dir, process.Stderr = folder, os.Stderr
		out, err := process.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := process.Start(); err != nil {
			return nil, err
		}
		t.Cleanup(func() { _, _ = process.Process.Kill(), process.Wait() })
		port, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("the plugin tells no port: %w", err)
		}
		go func() { _, _ = io.Copy(io.Discard, out) }()
		connection, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return nil, err
		}
		client := pulumirpc.NewResourceProviderClient(connection)
		if _, err := client.Handshake(t.Context(), &pulumirpc.ProviderHandshakeRequest{RootDirectory: &folder, ProgramDirectory: &folder}); err != nil {
			return nil, err
		}
		return plugin.NewProviderWithClient(nil, client, false), nil
	}
}

// ofThePlugin loads the plugin's schema.
type ofThePlugin struct{ t *testing.T }

func (l ofThePlugin) bound() *schema.Package {
	l.t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "plugin", "schema.json"))
	if err != nil {
		l.t.Fatal(err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		l.t.Fatal(err)
	}
	spec.Version = pluginVersion.String()
	bound, problems, err := schema.BindSpec(spec, schema.NewPluginLoader(nil), schema.ValidationOptions{})
	if err != nil || problems.HasErrors() {
		l.t.Fatal(err, problems)
	}
	return bound
}

func (l ofThePlugin) LoadPackage(name string, _ *semver.Version) (*schema.Package, error) {
	if name != "smartlake" {
		return nil, fmt.Errorf("no schema of %s", name)
	}
	return l.bound(), nil
}

func (l ofThePlugin) LoadPackageV2(_ context.Context, of *schema.PackageDescriptor) (*schema.Package, error) {
	return l.LoadPackage(of.Name, nil)
}

func (l ofThePlugin) LoadPackageReference(name string, _ *semver.Version) (schema.PackageReference, error) {
	bound, err := l.LoadPackage(name, nil)
	if err != nil {
		return nil, err
	}
	return bound.Reference(), nil
}

func (l ofThePlugin) LoadPackageReferenceV2(_ context.Context, of *schema.PackageDescriptor) (schema.PackageReference, error) {
	return l.LoadPackageReference(of.Name, nil)
}

// output runs a program, whose messages are its error.
func output(program *exec.Cmd) error {
	var text bytes.Buffer
	program.Stdout, program.Stderr = &text, &text
	if err := program.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, text.String())
	}
	return nil
}

func command(t *testing.T, dir, name string, arguments ...string) {
	t.Helper()
	process := exec.CommandContext(t.Context(), name, arguments...)
	process.Dir = dir
	if err := output(process); err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(arguments, " "), err)
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	found, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
