package engine_test

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// TestTheCommandLineDoesTheSame runs the flows of the other tests through the Pulumi
// command line, with a state file, where there is one on this machine.
func TestTheCommandLineDoesTheSame(t *testing.T) {
	if _, err := exec.LookPath("pulumi"); err != nil {
		t.Skip("no Pulumi command line on the PATH")
	}
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, name)
			cli := commandLine(t, s)
			up, err := cli.Up(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !up.Outputs["clientSecrets"].Secret {
				t.Error("clientSecrets: want a secret")
			}
			if _, err := cli.Preview(t.Context(), optpreview.ExpectNoChanges()); err != nil {
				t.Error("a second preview shows changes:", err)
			}
			if _, err := cli.Refresh(t.Context(), optrefresh.ExpectNoChanges()); err != nil {
				t.Error("a refresh shows changes:", err)
			}
			if _, err := cli.Preview(t.Context(), optpreview.ExpectNoChanges()); err != nil {
				t.Error("a preview after a refresh shows changes:", err)
			}
			renamed := auto.ConfigValue{Value: "another"}
			if err := cli.SetConfig(t.Context(), "smartlake:datastoreName", renamed); err != nil {
				t.Fatal(err)
			}
			if _, err := cli.Preview(t.Context()); err == nil || !strings.Contains(err.Error(), "DELETE ALL ITS DATA") {
				t.Errorf("want another datastore name refused, got %v", err)
			}
			_, err = cli.Destroy(t.Context())
			if protected := name == "prod"; protected != (err != nil) {
				t.Errorf("destroy: %v", err)
			}
		})
	}
}

// commandLine is a stack of the inline program in a folder of its own, with the
// doubles as its providers.
func commandLine(t *testing.T, s *stack) auto.Stack {
	t.Helper()
	home := t.TempDir()
	port := serve(t, s.account.provider())
	configuration := s.configuration(nil)
	project := workspace.Project{
		Name:    tokens.PackageName(configuration.Project),
		Runtime: workspace.NewProjectRuntimeInfo("go", nil),
		Backend: &workspace.ProjectBackend{URL: "file://" + filepath.ToSlash(home)},
	}
	cli, err := auto.UpsertStackInlineSource(t.Context(), s.name, configuration.Project, s.programFor(configuration),
		auto.Project(project), auto.WorkDir(t.TempDir()), auto.PulumiHome(filepath.Join(home, "home")),
		auto.EnvVars(map[string]string{
			"PULUMI_CONFIG_PASSPHRASE":                    "for a test",
			"PULUMI_DEBUG_PROVIDERS":                      "aws:" + port + ",aws-native:" + port,
			"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
			"PULUMI_SKIP_UPDATE_CHECK":                    "true",
		}))
	if err != nil {
		t.Fatal(err)
	}
	values := auto.ConfigMap{}
	for key, value := range configuration.Config {
		values[key] = auto.ConfigValue{Value: value, Secret: slices.Contains(configuration.SecretKeys, key)}
	}
	if err := cli.SetAllConfig(t.Context(), values); err != nil {
		t.Fatal(err)
	}
	return cli
}

// serve lets an engine in another process use a provider.
func serve(t *testing.T, provider plugin.Provider) (port string) {
	t.Helper()
	return listening(t, func(server *grpc.Server) {
		pulumirpc.RegisterResourceProviderServer(server, attachable{plugin.NewProviderServer(provider)})
	})
}

// serveLanguage is a language of an engine in another process, for commands that load it and run
// no program.
func serveLanguage(t *testing.T) (port string) {
	t.Helper()
	return listening(t, func(server *grpc.Server) { pulumirpc.RegisterLanguageRuntimeServer(server, idle{}) })
}

type idle struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
}

func (idle) Handshake(context.Context, *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (idle) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

func (idle) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// listening is the port of a server on loopback.
func listening(t *testing.T, register func(*grpc.Server)) (port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	register(server)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// attachable is a provider that was running before the engine came.
type attachable struct {
	pulumirpc.ResourceProviderServer
}

func (attachable) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Configure takes any configuration, and as often as an engine comes.
func (attachable) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, AcceptResources: true}, nil
}
