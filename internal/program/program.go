// Package program is the Pulumi program of this repository: the stack's
// configuration in, one [components.SmartDatastore], outputs out. It is a package
// of its own so that "pulumi up", the tests and the local cloud run the same
// function.
package program

import (
	"maps"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// name of the component, and so the beginning of every resource's name.
const name = "smart"

// Run declares the stack. The engine's language host calls it, in a process whose
// environment holds the configuration.
func Run(ctx *pulumi.Context) error {
	keys, err := engineKeys()
	if err != nil {
		return err
	}
	return run(ctx, keys)
}

// With is [Run] for a program that runs in the process of its caller: under mocks, an
// engine in process, or the Automation API. config is the stack's configuration by full
// keys, such as "smartlake:clients". Its keys are what is checked for misspelt ones;
// values are taken from the context.
func With(config map[string]string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error { return run(ctx, slices.Collect(maps.Keys(config))) }
}

func run(ctx *pulumi.Context, keys []string) error {
	args, err := configuration{project: ctx.Project(), get: ctx.GetConfig, secret: ctx.IsConfigSecret, keys: keys}.arguments()
	if err != nil {
		return err
	}
	datastore, err := components.NewSmartDatastore(ctx, name, args)
	if err != nil {
		return err
	}
	export(ctx, args, datastore)
	return nil
}

// export makes the outputs of the component the outputs of the stack, by name. One is
// left out where the stack has nothing to tell by it.
func export(ctx *pulumi.Context, args *components.SmartDatastoreArgs, datastore *components.SmartDatastore) {
	lacks := map[string]bool{
		"alarmTopicArn":        args.Alarms == nil,
		"dashboardName":        !args.Dashboard,
		"cloudfrontDomainName": args.CustomDomain == nil,
		"kmsKeyArn":            !args.CustomerManagedKey && args.KMSKeyARN == nil,
		"launchContext":        datastore.AuthorizationServer.LaunchContext == nil,
		"frontDoor":            datastore.FrontDoor == nil,
		"bulkData":             datastore.BulkDataStore == nil,
	}
	outputs := reflect.ValueOf(datastore).Elem()
	for i := range outputs.NumField() { // not those of the resource that is embedded
		name := outputs.Type().Field(i).Tag.Get("pulumi")
		if name == "" || lacks[name] {
			continue
		}
		output := outputs.Field(i).Interface().(pulumi.Output)
		if ctx.IsConfigSecret(ctx.Project() + ":" + name) { // clients, which repeats its key
			output = pulumi.ToSecret(output)
		}
		ctx.Export(name, output)
	}
}
