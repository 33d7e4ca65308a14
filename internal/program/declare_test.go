package program_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/archivetest"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// archive is the path of an archive for both functions, so that no test needs to build
// them.
var archive string

func TestMain(m *testing.M) { archivetest.Main(m, &archive) }

// stackValues is a complete configuration, with some keys and members changed.
func stackValues(t *testing.T, changes ...string) map[string]string {
	t.Helper()
	stack := declared.Stack{Project: "smartlake", Config: map[string]string{
		"smartlake:clients": `[{"name": "etl", "kind": "service", "scopes": ["system/*.read"]}]`,
	}}
	changes = append(changes, "function.archive", archive, "launchContext.function.archive", archive)
	for i := 0; i < len(changes); i += 2 {
		if err := stack.Set(changes[i], changes[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return stack.Config
}

// cloudOf is where a stack is deployed to: there are user pools already.
func cloudOf(values map[string]string, secrets ...string) *componentstest.Cloud {
	return componentstest.NewCloud(componentstest.InProject("smartlake"), componentstest.InStack("test"),
		componentstest.WithConfig(values, secrets...), componentstest.WithUserPool(componentstest.UserPool{Domain: "clinic"}))
}

// declare runs the program with a configuration.
func declare(t *testing.T, values map[string]string, secrets ...string) *componentstest.Cloud {
	t.Helper()
	cloud := cloudOf(values, secrets...)
	if err := cloud.Run(program.With(values)); err != nil {
		t.Fatal(err)
	}
	return cloud
}

// inputs are those of one declared resource.
func inputs(t *testing.T, cloud *componentstest.Cloud, typ, name string) map[string]any {
	t.Helper()
	one, err := cloud.Resource(typ, name)
	if err != nil {
		t.Fatal(err)
	}
	return one.Inputs
}

// assertRefused refuses a configuration in these very words, in an update and in a
// preview, before anything is declared or asked.
func assertRefused(t *testing.T, values map[string]string, secrets []string, want string) {
	t.Helper()
	assertRefusedBy(t, program.With(values), values, secrets, want)
}

func assertRefusedBy(t *testing.T, by pulumi.RunFunc, values map[string]string, secrets []string, want string) {
	t.Helper()
	cloud := cloudOf(values, secrets...)
	for when, run := range map[string]func(pulumi.RunFunc) error{"update": cloud.Run, "preview": cloud.Preview} {
		err := run(by)
		if err == nil {
			t.Errorf("%s: want it refused with\n%s", when, want)
			continue
		}
		if err.Error() != want {
			t.Errorf("%s: refused with\n%v\nwant\n%s", when, err, want)
		}
		if strings.Contains(err.Error(), "Passw0rd!") {
			t.Errorf("%s: the refusal tells a secret: %v", when, err)
		}
		if len(cloud.Resources()) > 0 || len(cloud.Calls()) > 0 {
			t.Errorf("%s: before it was refused, the program declared %v and asked %v", when, cloud.Resources(), cloud.Calls())
		}
	}
}

func loadProject(t *testing.T) *workspace.Project {
	t.Helper()
	project, err := workspace.LoadProject(filepath.Join("..", "..", "Pulumi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return project
}
