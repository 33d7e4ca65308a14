package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// FrontDoor is the one address at which an unmodified SMART app works: an HTTP API of API
// Gateway with a Lambda function behind it. The function serves the discovery document and
// the capability statement, answers authorization and token requests as SMART App Launch 2.2
// requires, and passes FHIR requests on to HealthLake. Cognito still issues every token, and
// HealthLake and the token validator still decide about every request.
type FrontDoor struct {
	pulumi.ResourceState

	// FHIRBaseURL is the FHIR base URL that apps use as "iss" and "aud": https://<host>/r4,
	// without a slash at its end.
	FHIRBaseURL pulumi.StringOutput `pulumi:"fhirBaseUrl"`
	// AuthorizationEndpoint is the https URL where users sign in.
	AuthorizationEndpoint pulumi.StringOutput `pulumi:"authorizationEndpoint"`
	// TokenEndpoint is the https URL where clients get tokens.
	TokenEndpoint pulumi.StringOutput `pulumi:"tokenEndpoint"`
	// RevocationEndpoint is the https URL that revokes refresh tokens.
	RevocationEndpoint pulumi.StringOutput `pulumi:"revocationEndpoint"`
	// DiscoveryDocument is the JSON that the front door serves at
	// <fhirBaseUrl>/.well-known/smart-configuration.
	DiscoveryDocument pulumi.StringOutput `pulumi:"discoveryDocument"`
	// APIID of the HTTP API, as in its metrics.
	APIID pulumi.StringOutput `pulumi:"apiId"`
	// FunctionARN of the alias "live", which the API calls.
	FunctionARN pulumi.StringOutput `pulumi:"functionArn"`
	// FunctionName without the alias, as in metrics and alarms.
	FunctionName pulumi.StringOutput `pulumi:"functionName"`
	// LogGroupName of the log group with the function's line for each request.
	LogGroupName pulumi.StringOutput `pulumi:"logGroupName"`
	// LogGroupARN of that log group.
	LogGroupARN pulumi.StringOutput `pulumi:"logGroupArn"`
	// AccessLogGroupName of the log group with API Gateway's line for each request.
	AccessLogGroupName pulumi.StringOutput `pulumi:"accessLogGroupName"`
	// ExecutionRoleName of the role that the function runs as.
	ExecutionRoleName pulumi.StringOutput `pulumi:"executionRoleName"`
	// ExecutionRoleARN of the role that the function runs as.
	ExecutionRoleARN pulumi.StringOutput `pulumi:"executionRoleArn"`
	// TargetDomainName is the host name that a custom domain's alias record points at,
	// absent without a custom domain.
	TargetDomainName pulumi.StringPtrOutput `pulumi:"targetDomainName"`
}

// FrontDoorArgs are the arguments of [NewFrontDoor].
type FrontDoorArgs struct {
	// DatastoreARN of the datastore. Required.
	DatastoreARN pulumi.StringInput `pulumi:"datastoreArn"`
	// DatastoreEndpoint is HealthLake's FHIR base URL, with a slash at its end: the
	// output of a [SmartDatastore]. Required.
	DatastoreEndpoint pulumi.StringInput `pulumi:"datastoreEndpoint"`
	// Issuer is the "iss" of the tokens: the output of an [AuthorizationServer]. Required.
	Issuer pulumi.StringInput `pulumi:"issuer"`
	// JWKSURI is the https URL of the issuer's key set. Required.
	JWKSURI pulumi.StringInput `pulumi:"jwksUri"`
	// AuthorizationEndpoint is Cognito's https URL where users sign in. Required.
	AuthorizationEndpoint pulumi.StringInput `pulumi:"authorizationEndpoint"`
	// TokenEndpoint is Cognito's https URL where clients get tokens. Required.
	TokenEndpoint pulumi.StringInput `pulumi:"tokenEndpoint"`
	// RevocationEndpoint is Cognito's https URL that revokes refresh tokens. Required.
	RevocationEndpoint pulumi.StringInput `pulumi:"revocationEndpoint"`
	// Clients that may use the front door. At least one.
	Clients []FrontDoorClientArgs `pulumi:"clients"`
	// AuthorizationStrategy of the datastore. By default SMART_ON_FHIR.
	AuthorizationStrategy smart.AuthorizationStrategy `pulumi:"authorizationStrategy,optional"`
	// AddsLaunchContext says that a [LaunchContext] adds claims to tokens: "patient" and
	// "fhirUser" to users' access tokens, and "fhirUser" to their ID tokens, where the
	// scopes need them. By default false: the discovery document then does not claim launch
	// context and single sign-on.
	AddsLaunchContext bool `pulumi:"addsLaunchContext,optional"`
	// Settings of the front door. By default each member's.
	Settings *FrontDoorSettingsArgs `pulumi:"settings,optional"`
	// Roles are the path and permissions boundary of every IAM role.
	Roles *RolesArgs `pulumi:"roles,optional"`
	// Tags of every resource that takes tags. By default none.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
}

// FrontDoorClientArgs names a client that may use a [FrontDoor].
type FrontDoorClientArgs struct {
	// ID is the exact "client_id" of the client.
	ID pulumi.StringInput `pulumi:"id"`
	// Kind of the client: service, confidential or public.
	Kind ClientKind `pulumi:"kind"`
	// Scopes that the client may request; see [ClientArgs].
	Scopes []string `pulumi:"scopes"`
	// CallbackURLs to which the front door may send users back. Required for user-facing
	// kinds, refused for services.
	CallbackURLs pulumi.StringArrayInput `pulumi:"callbackUrls,optional"`
}

// frontDoorPlan is what a [FrontDoor] is declared from: arguments that are checked and
// left no default out, the clients with their scopes parsed, and the archive of the
// function.
type frontDoorPlan struct {
	FrontDoorArgs
	clients []client
	archive string
}

// normalize fills in what was left out and checks everything. The caller's value stays
// as it is.
func (args *FrontDoorArgs) normalize(name string) (frontDoorPlan, error) {
	a := orDefault(args, FrontDoorArgs{})
	if a.AuthorizationStrategy == "" {
		a.AuthorizationStrategy = smart.SMARTOnFHIR
	}
	a.Settings = a.Settings.withDefaults()
	var p problems
	p.checkName(name, maxFrontDoorName)
	a.checkConnections(&p)
	p.checkStrategy("authorizationStrategy", a.AuthorizationStrategy)
	plan := frontDoorPlan{clients: a.checkClients(&p)}
	a.Settings.check(&p, "settings")
	a.Settings.Function.checkArchive(&p, "settings.function")
	a.Settings.Alarms.checkTopic(&p, "settings.alarms", "must be the ARN of the topic for the alarms")
	a.Roles.check(&p, "roles")
	a.Tags = p.checkTags("tags", a.Tags)
	plan.FrontDoorArgs = a
	if len(p.found) == 0 {
		plan.checkEnvironment(&p)
	}
	return plan, p.err("FrontDoor", name)
}

const (
	endpointWanted          = "must be an https URL, without query and fragment"
	datastoreEndpointWanted = "must be the FHIR base URL of a HealthLake datastore, and end in a slash"
	sameClientID            = "another client has this id; choose a different one"
)

// checkConnections checks what the front door stands between.
func (a FrontDoorArgs) checkConnections(p *problems) {
	if a.DatastoreARN == nil {
		p.missing("datastoreArn", datastoreARNWanted)
	}
	p.patternWhereKnown("datastoreArn", a.DatastoreARN, datastoreARNPattern, datastoreARNWanted)
	if a.DatastoreEndpoint == nil {
		p.missing("datastoreEndpoint", datastoreEndpointWanted)
	}
	if url, known := a.DatastoreEndpoint.(pulumi.String); known && !validDatastoreEndpoint(string(url)) {
		p.add("datastoreEndpoint", string(url), datastoreEndpointWanted)
	}
	for _, endpoint := range []struct {
		field string
		url   pulumi.StringInput
	}{
		{"issuer", a.Issuer}, {"jwksUri", a.JWKSURI}, {"authorizationEndpoint", a.AuthorizationEndpoint},
		{"tokenEndpoint", a.TokenEndpoint}, {"revocationEndpoint", a.RevocationEndpoint},
	} {
		if endpoint.url == nil {
			p.missing(endpoint.field, endpointWanted)
		}
		if url, known := endpoint.url.(pulumi.String); known && !validEndpoint(string(url)) {
			p.add(endpoint.field, string(url), endpointWanted)
		}
	}
}

// checkClients checks the clients, and returns them with their scopes parsed.
func (a FrontDoorArgs) checkClients(p *problems) []client {
	list := make([]ClientArgs, len(a.Clients))
	for i, c := range a.Clients {
		list[i] = ClientArgs{Kind: c.Kind, Scopes: c.Scopes, CallbackURLs: c.CallbackURLs}
	}
	clients := parsed(list)
	if len(clients) == 0 {
		p.missing("clients", "add at least one client; only clients can get tokens")
	}
	seen := map[string]bool{}
	for i, c := range clients {
		field := fmt.Sprintf("clients[%d]", i)
		id, known := a.Clients[i].ID.(pulumi.String)
		switch {
		case a.Clients[i].ID == nil || known && id == "":
			p.missing(field+".id", "must be the client_id of the client")
		case known && seen[string(id)]:
			p.add(field+".id", string(id), sameClientID)
		}
		seen[string(id)] = true
		oneOf(p, field+".kind", c.Kind, ServiceClient, ConfidentialClient, PublicClient)
		c.checkScopes(p, field+".scopes", a.AuthorizationStrategy)
	}
	p.checkURLs(clients)
	return clients
}

// NewFrontDoor declares the HTTP API and its function, packaged from this module's source
// unless an archive is given. Children are named after the component: "<name>-api",
// "<name>-integration", "<name>-route", "<name>-stage", "<name>-access-logs",
// "<name>-logs", "<name>-execution", "<name>-logging", "<name>-capabilities",
// "<name>-function", "<name>-live" and "<name>-invoke"; with tracing "<name>-tracing";
// with provisioned concurrency as for a [TokenValidator]; with a custom domain
// "<name>-domain", "<name>-mapping" and, where its zone is given, "<name>-domain-record";
// with alarms "<name>-alarm-<alarm>".
func NewFrontDoor(
	ctx *pulumi.Context, name string, args *FrontDoorArgs, opts ...pulumi.ResourceOption,
) (*FrontDoor, error) {
	plan, err := args.normalize(name)
	if err != nil {
		return nil, err
	}
	if plan.archive, err = plan.Settings.Function.archive(ctx, PackageFrontDoor); err != nil {
		return nil, err
	}
	return plan.declare(ctx, name, opts...)
}

// portable leaves out what differs from machine to machine.
func (a FrontDoorArgs) portable() FrontDoorArgs {
	a.Settings = a.Settings.portable()
	return a
}

func (a frontDoorPlan) declare(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*FrontDoor, error) {
	door := &FrontDoor{}
	if err := ctx.RegisterComponentResourceV2("smartlake:index:FrontDoor", name, tagged(a.portable()), door, opts...); err != nil {
		return nil, err
	}
	s := newSite(ctx, name, door, a.Tags, a.Roles)
	api, err := door.newAPI(s, a)
	if err != nil {
		return nil, err
	}
	alias, err := door.newFunction(s, a)
	if err != nil {
		return nil, err
	}
	stage, err := door.publish(s, a, api, alias)
	if err != nil {
		return nil, err
	}
	if err := door.newCustomDomain(s, a.Settings.CustomDomain, api, stage); err != nil {
		return nil, err
	}
	if err := door.newAlarms(s, a.Settings.Alarms); err != nil {
		return nil, err
	}
	return door, ctx.RegisterResourceOutputs(door, tagged(door))
}

// newAPI declares the API, which settles the addresses.
func (d *FrontDoor) newAPI(s site, a frontDoorPlan) (*apigatewayv2.Api, error) {
	api, err := apigatewayv2.NewApi(s.ctx, s.name+"-api", &apigatewayv2.ApiArgs{
		Description:               pulumi.String("SMART on FHIR in front of a HealthLake datastore"),
		ProtocolType:              pulumi.String("HTTP"),
		IpAddressType:             pulumi.String("ipv4"),
		DisableExecuteApiEndpoint: pulumi.Bool(a.Settings.CustomDomain != nil),
		Tags:                      s.tags,
	}, s.below())
	if err != nil {
		return nil, err
	}
	origin := api.ApiEndpoint
	if a.Settings.CustomDomain != nil {
		origin = pulumi.Sprintf("https://%s", a.Settings.CustomDomain.host())
	}
	d.APIID = api.ID().ToStringOutput()
	d.FHIRBaseURL = pulumi.Sprintf("%s%s", origin, wire.FrontDoorBasePath)
	d.AuthorizationEndpoint = pulumi.Sprintf("%s%s", origin, wire.FrontDoorAuthorizationPath)
	d.TokenEndpoint = pulumi.Sprintf("%s%s", origin, wire.FrontDoorTokenPath)
	d.RevocationEndpoint = pulumi.Sprintf("%s%s", origin, wire.FrontDoorRevocationPath)
	d.DiscoveryDocument = a.discoveryDocument(d)
	return api, nil
}

// discoveryDocument claims what the front door delivers beyond Cognito.
func (a frontDoorPlan) discoveryDocument(d *FrontDoor) pulumi.StringOutput {
	return discoveryDocument(endpoints{
		issuer: a.Issuer, keySet: a.JWKSURI,
		authorization: d.AuthorizationEndpoint, token: d.TokenEndpoint, revocation: d.RevocationEndpoint,
	}, a.use())
}

// use is how the clients use the front door: it takes authorization requests by POST too,
// takes the scopes that Cognito does not know, and tells in the token response what the
// tokens carry.
func (a frontDoorPlan) use() smart.Use {
	use := useOf(a.AuthorizationStrategy, a.clients, a.AddsLaunchContext)
	context := a.AddsLaunchContext && wantsLaunchContext(a.clients)
	use.AuthorizeByPost = true
	use.TokenResponse = smart.TokenResponse{Patient: context, FHIRUser: context, Offline: true}
	return use
}

// doorTimeoutSeconds is between the 25 seconds after which the function itself gives up
// on HealthLake, and the 30 after which API Gateway gives up on the function
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
const doorTimeoutSeconds = 28

// newFunction declares the function and the alias that the API calls.
func (d *FrontDoor) newFunction(s site, a frontDoorPlan) (*lambda.Alias, error) {
	f := a.Settings.Function
	program := goProgram{
		archive:              a.archive,
		description:          "SMART on FHIR front door of a HealthLake datastore",
		executionDescription: "What the SMART front door may do: read the datastore's capability statement and write its log",
		timeoutSeconds:       doorTimeoutSeconds,
		environment:          a.environment(d),
		rights: []namedPolicy{{"-capabilities", valid("datastoreArn", a.DatastoreARN, orEmpty(datastoreARNPattern), datastoreARNWanted).
			ApplyT(readCapabilities).(pulumi.StringOutput)}},
	}
	declared, err := program.declare(s, f)
	if err != nil {
		return nil, err
	}
	alias, err := lambda.NewAlias(s.ctx, s.name+"-live", &lambda.AliasArgs{
		Name:            pulumi.String(wire.LiveAlias),
		Description:     pulumi.String("The version that API Gateway calls"),
		FunctionName:    declared.function.Name,
		FunctionVersion: declared.function.Version,
	}, s.below())
	if err != nil {
		return nil, err
	}
	d.FunctionARN, d.FunctionName = alias.Arn, declared.function.Name
	d.LogGroupName, d.LogGroupARN = declared.logs.Name, declared.logs.Arn
	d.ExecutionRoleName, d.ExecutionRoleARN = declared.execution.Name, declared.execution.Arn
	return alias, f.ProvisionedConcurrency.declare(s, alias)
}

// readCapabilities lets the function read the capability statement of one datastore. FHIR
// requests go with the app's token and need no right of the function's. HealthLake
// authorizes GET metadata as this action
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awshealthlake.html).
func readCapabilities(datastoreARN string) string {
	return iampolicy.Allow(iampolicy.Statement{
		Action:   []string{"healthlake:GetCapabilities"},
		Resource: []string{datastoreARN},
	}).JSON()
}
