// Package tests_test holds the whole against what it promises: what both stacks declare,
// the article that this product starts from, and the documents. It runs programs in the
// cloud of package componentstest.
package tests_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/archivetest"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// archive is the path of an archive for both functions, so that no test needs to build
// them.
var archive string

func TestMain(m *testing.M) { archivetest.Main(m, &archive) }

// stacks are the stacks that come with the program.
var stacks = []string{"dev", "prod"}

// loadStack reads a stack in a folder as the Pulumi command does, with some keys and
// members changed.
func loadStack(t *testing.T, dir, name string, changes ...string) declared.Stack {
	t.Helper()
	overrides := map[string]string{"function.archive": archive, "launchContext.function.archive": archive}
	for i := 0; i < len(changes); i += 2 {
		overrides[changes[i]] = changes[i+1]
	}
	stack, err := declared.LoadStack(dir, name, overrides)
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// cloudOf is where a stack is deployed to. Every user pool that it names exists.
func cloudOf(stack declared.Stack) *componentstest.Cloud {
	return componentstest.NewCloud(
		componentstest.InRegion(stack.Config["aws:region"]), componentstest.InProject(stack.Project), componentstest.InStack(stack.Name),
		componentstest.WithConfig(stack.Config, "smartlake:testUsers", "smartlake:identityProviders"),
		componentstest.WithUserPool(componentstest.UserPool{Domain: "clinic"}),
	)
}

// runStack runs the program as "pulumi up" does for one of its stacks, but for the
// packaging of the functions.
func runStack(t *testing.T, stack string, changes ...string) *componentstest.Cloud {
	t.Helper()
	return runIn(t, loadStack(t, root, stack, changes...))
}

func runIn(t *testing.T, stack declared.Stack) *componentstest.Cloud {
	t.Helper()
	cloud := cloudOf(stack)
	if err := cloud.Run(program.With(stack.Config)); err != nil {
		t.Fatal(err)
	}
	return cloud
}

// build runs a program of one datastore that is called ehr, and has all its outputs.
func build(t *testing.T, args components.SmartDatastoreArgs) *componentstest.Cloud {
	t.Helper()
	function := components.FunctionArgs{}
	if args.Function != nil {
		function = *args.Function
	}
	function.Archive = archive
	args.Function, args.LaunchContext = &function, &components.LaunchContextArgs{Function: &function}
	cloud := componentstest.NewCloud()
	err := cloud.Run(func(ctx *pulumi.Context) error {
		datastore, err := components.NewSmartDatastore(ctx, "ehr", &args)
		if err == nil {
			componentstest.Export(ctx, datastore)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return cloud
}

// find returns the one resource of a type and name.
func find(t *testing.T, cloud *componentstest.Cloud, typ, name string) componentstest.Resource {
	t.Helper()
	one, err := cloud.Resource(typ, name)
	if err != nil {
		t.Fatal(err)
	}
	return one
}
