// Package program is the Pulumi program of this repository: the stack's
// configuration in, one [components.SmartDatastore], outputs out. It is a package
// of its own so that "pulumi up", the tests and the local cloud run the same
// function.
package program

import (
	"maps"
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
	for output, value := range map[string]pulumi.Input{
		"datastoreEndpoint": datastore.DatastoreEndpoint,
		"datastoreArn":      datastore.DatastoreARN,
		"discoveryDocument": datastore.DiscoveryDocument,

		"declaredDiscoveryDocument": datastore.DeclaredDiscoveryDocument,

		"updateDatastoreCommand": datastore.UpdateDatastoreCommand,

		"validatorFunctionArn":  datastore.ValidatorFunctionARN,
		"issuer":                datastore.Issuer,
		"hostedDomain":          datastore.HostedDomain,
		"authorizationEndpoint": datastore.AuthorizationEndpoint,
		"tokenEndpoint":         datastore.TokenEndpoint,
		"userInfoEndpoint":      datastore.UserInfoEndpoint,
		"revocationEndpoint":    datastore.RevocationEndpoint,
		"jwksUri":               datastore.JWKSURI,
		"scopes":                datastore.Scopes,
		"clientIds":             datastore.ClientIDs,
		"clientSecrets":         datastore.ClientSecrets,
		"clients":               declaredClients(args.Clients),
	} {
		ctx.Export(output, value)
	}
	exportOptional(ctx, args, datastore)
	return nil
}

// exportOptional exports what only some stacks have. An output is left out where there
// is nothing to tell.
func exportOptional(ctx *pulumi.Context, args *components.SmartDatastoreArgs, datastore *components.SmartDatastore) {
	if args.Alarms != nil {
		ctx.Export("alarmTopicArn", datastore.AlarmTopicARN)
	}
	if args.Dashboard {
		ctx.Export("dashboardName", datastore.DashboardName)
	}
	if args.CustomDomain != nil {
		ctx.Export("cloudfrontDomainName", datastore.CloudFrontDomainName)
	}
	if args.BulkData != nil {
		ctx.Export("bulkData", datastore.BulkDataOutputs)
	}
}

// declaredClients say by the client's name which kind of app it is, what it may ask
// for and whose it is, for those who write or check one.
func declaredClients(clients []components.ClientArgs) pulumi.Map {
	declared := pulumi.Map{}
	for _, client := range clients {
		callbacks := client.CallbackURLs
		if callbacks == nil {
			callbacks = pulumi.StringArray{}
		}
		declared[client.Name] = pulumi.Map{
			"kind":         pulumi.String(client.Kind),
			"scopes":       pulumi.ToStringArray(client.Scopes),
			"callbackUrls": callbacks,

			"fhirUserTypes": pulumi.ToStringArray(client.UserTypes()),
			"groups":        pulumi.ToStringArray(client.Groups),
		}
	}
	return declared
}
