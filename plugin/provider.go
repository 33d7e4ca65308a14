package main

import (
	"context"
	"fmt"
	"io/fs"
	"reflect"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// arguments of the components, by token.
var arguments = map[tokens.Type]reflect.Type{
	"smartlake:index:SmartDatastore":      reflect.TypeFor[components.SmartDatastoreArgs](),
	"smartlake:index:AuthorizationServer": reflect.TypeFor[components.AuthorizationServerArgs](),
	"smartlake:index:TokenValidator":      reflect.TypeFor[components.TokenValidatorArgs](),
	"smartlake:index:LaunchContext":       reflect.TypeFor[components.LaunchContextArgs](),
	"smartlake:index:FrontDoor":           reflect.TypeFor[components.FrontDoorArgs](),
	"smartlake:index:BulkDataStore":       reflect.TypeFor[components.BulkDataStoreArgs](),
	"smartlake:index:DatastoreGrant":      reflect.TypeFor[components.DatastoreGrantArgs](),
	"smartlake:index:UserPoolPermission":  reflect.TypeFor[components.UserPoolPermissionArgs](),
}

// newProvider serves the components, under the tokens that they register themselves:
// a stack may go from a Go program to another language. Archives are those of a
// released plugin.
func newProvider(archives fs.FS) (provider.Provider, error) {
	origin := &origin{}
	functions := &functions{archives: archives, origin: origin}
	served, err := infer.NewProviderBuilder().
		WithNamespace(namespace).
		WithDisplayName("Smartlake").
		WithDescription("Smartlake puts SMART on FHIR authorization in front of an AWS HealthLake datastore.").
		WithKeywords("pulumi", "aws", "healthlake", "fhir", "smart-on-fhir", "category/cloud", "kind/component").
		WithRepository("https://github.com/smartlake/pulumi-smartlake").
		WithHomepage("https://github.com/smartlake/pulumi-smartlake").
		WithPluginDownloadURL("github://api.github.com/smartlake/pulumi-smartlake").
		WithGoImportPath("github.com/smartlake/pulumi-smartlake/sdk/go/smartlake").
		WithLogoURL("https://raw.githubusercontent.com/smartlake/pulumi-smartlake/main/docs/logo.svg").
		WithPublisher("Smartlake").
		WithLicense("Apache-2.0").
		WithModuleMap(map[tokens.ModuleName]tokens.ModuleName{"components": "index"}).
		WithComponents(
			infer.ComponentF(functions.newSmartDatastore),
			infer.ComponentF(functions.newAuthorizationServer),
			infer.ComponentF(functions.newTokenValidator),
			infer.ComponentF(functions.newLaunchContext),
			infer.ComponentF(functions.newFrontDoor),
			infer.ComponentF(components.NewBulkDataStore),
			infer.ComponentF(components.NewDatastoreGrant),
			infer.ComponentF(components.NewUserPoolPermission),
		).
		Build()
	if err != nil {
		return provider.Provider{}, err
	}
	served.Handshake = origin.handshake
	served.GetSchema = documented(served.GetSchema, origin)
	served.Construct = checked(served.Construct)
	return served, nil
}

// The constructors below say where a component's functions come from, unless the
// caller gave an archive. The arguments are this call's own.

func (f *functions) newSmartDatastore(
	ctx *pulumi.Context, name string, args *components.SmartDatastoreArgs, opts ...pulumi.ResourceOption,
) (*components.SmartDatastore, error) {
	args.Function = f.validator(args.Function)
	args.LaunchContext = f.launchContext(args.LaunchContext)
	args.FrontDoor = f.frontDoor(args.FrontDoor)
	return components.NewSmartDatastore(ctx, name, args, opts...)
}

func (f *functions) newAuthorizationServer(
	ctx *pulumi.Context, name string, args *components.AuthorizationServerArgs, opts ...pulumi.ResourceOption,
) (*components.AuthorizationServer, error) {
	args.LaunchContext = f.launchContext(args.LaunchContext)
	return components.NewAuthorizationServer(ctx, name, args, opts...)
}

func (f *functions) newTokenValidator(
	ctx *pulumi.Context, name string, args *components.TokenValidatorArgs, opts ...pulumi.ResourceOption,
) (*components.TokenValidator, error) {
	args.Function = f.validator(args.Function)
	return components.NewTokenValidator(ctx, name, args, opts...)
}

func (f *functions) newLaunchContext(
	ctx *pulumi.Context, name string, args *components.LaunchContextArgs, opts ...pulumi.ResourceOption,
) (*components.LaunchContext, error) {
	return components.NewLaunchContext(ctx, name, f.launchContext(args), opts...)
}

func (f *functions) newFrontDoor(
	ctx *pulumi.Context, name string, args *components.FrontDoorArgs, opts ...pulumi.ResourceOption,
) (*components.FrontDoor, error) {
	if args.Settings == nil {
		args.Settings = &components.FrontDoorSettingsArgs{}
	}
	args.Settings = f.frontDoor(args.Settings)
	return components.NewFrontDoor(ctx, name, args, opts...)
}

// checked refuses inputs that a component's arguments cannot hold before it is
// constructed: the SDK would drop what it does not know, and name no nested field.
func checked(
	construct func(context.Context, provider.ConstructRequest) (provider.ConstructResponse, error),
) func(context.Context, provider.ConstructRequest) (provider.ConstructResponse, error) {
	return func(ctx context.Context, request provider.ConstructRequest) (provider.ConstructResponse, error) {
		of, ok := arguments[request.Urn.Type()]
		if !ok {
			return construct(ctx, request)
		}
		if found := checkInputs(of, request.Inputs); len(found) > 0 {
			message := fmt.Sprintf("%s %q: arguments are refused", request.Urn.Type().Name(), request.Urn.Name())
			return provider.ConstructResponse{}, refused(of, request, message, found)
		}
		response, err := construct(ctx, request)
		return response, refusedByComponent(of, request, err)
	}
}
