package components

import (
	"github.com/pulumi/pulumi-aws-native/sdk/go/aws/healthlake"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// SmartDatastore is a HealthLake FHIR R4 datastore that accepts SMART on FHIR tokens, with
// everything that issues and checks these tokens.
type SmartDatastore struct {
	pulumi.ResourceState

	// FHIRBaseURL is the FHIR base URL that apps use as "iss" and "aud", without a slash at
	// its end. It is the front door's, or HealthLake's own if there is no front door.
	FHIRBaseURL pulumi.StringOutput `pulumi:"fhirBaseUrl"`
	// DatastoreEndpoint is HealthLake's own FHIR base URL, with a slash at its end.
	DatastoreEndpoint pulumi.StringOutput `pulumi:"datastoreEndpoint"`
	// DatastoreARN of the datastore.
	DatastoreARN pulumi.StringOutput `pulumi:"datastoreArn"`
	// DatastoreID of the datastore, the last part of its ARN.
	DatastoreID pulumi.StringOutput `pulumi:"datastoreId"`
	// DiscoveryDocument is the JSON that the datastore serves at
	// <endpoint>.well-known/smart-configuration.
	DiscoveryDocument pulumi.StringOutput `pulumi:"discoveryDocument"`
	// DeclaredDiscoveryDocument is the JSON of the declared document. If it differs from the
	// served one, a warning says so, and UpdateDatastoreCommand applies it.
	DeclaredDiscoveryDocument pulumi.StringOutput `pulumi:"declaredDiscoveryDocument"`
	// UpdateDatastoreCommand is a command for a POSIX shell. It calls HealthLake's
	// UpdateFHIRDatastore with the AWS CLI, and gives the datastore the declared discovery
	// document in place. It needs a CLI that knows the call, and the right
	// healthlake:UpdateFHIRDatastore. It is unverified on AWS. Run "pulumi refresh
	// --run-program" after it to update the outputs.
	UpdateDatastoreCommand pulumi.StringOutput `pulumi:"updateDatastoreCommand"`
	// ValidatorFunctionARN of the alias that the datastore calls.
	ValidatorFunctionARN pulumi.StringOutput `pulumi:"validatorFunctionArn"`
	// AlarmTopicARN of the topic that gets the alarms, absent without alarms.
	AlarmTopicARN pulumi.StringPtrOutput `pulumi:"alarmTopicArn"`
	// DashboardName of the CloudWatch dashboard, absent without one.
	DashboardName pulumi.StringPtrOutput `pulumi:"dashboardName"`
	// KMSKeyARN of the customer-managed key, absent where AWS owns the key.
	KMSKeyARN pulumi.StringPtrOutput `pulumi:"kmsKeyArn"`

	// UserPoolID of the user pool.
	UserPoolID pulumi.StringOutput `pulumi:"userPoolId"`
	// UserPoolARN of the user pool.
	UserPoolARN pulumi.StringOutput `pulumi:"userPoolArn"`
	// Issuer is the "iss" of every token. It is not the hosted domain.
	Issuer pulumi.StringOutput `pulumi:"issuer"`
	// JWKSURI is the https URL of the issuer's key set.
	JWKSURI pulumi.StringOutput `pulumi:"jwksUri"`
	// HostedDomain is the https URL of Cognito's OAuth endpoints, without a path.
	HostedDomain pulumi.StringOutput `pulumi:"hostedDomain"`
	// AuthorizationEndpoint is the https URL where users sign in: the front door's, or
	// Cognito's if there is no front door.
	AuthorizationEndpoint pulumi.StringOutput `pulumi:"authorizationEndpoint"`
	// TokenEndpoint is the https URL where clients get tokens: the front door's, or
	// Cognito's.
	TokenEndpoint pulumi.StringOutput `pulumi:"tokenEndpoint"`
	// UserInfoEndpoint is the https URL that returns the claims of a token's user.
	UserInfoEndpoint pulumi.StringOutput `pulumi:"userInfoEndpoint"`
	// RevocationEndpoint is the https URL that revokes refresh tokens: the front door's, or
	// Cognito's.
	RevocationEndpoint pulumi.StringOutput `pulumi:"revocationEndpoint"`
	// Scopes that are declared: their full names, by resource server.
	Scopes pulumi.StringArrayMapOutput `pulumi:"scopes"`
	// ClientIDs by client name.
	ClientIDs pulumi.StringMapOutput `pulumi:"clientIds"`
	// ClientSecrets by name of the clients that have one, as a Pulumi secret.
	ClientSecrets pulumi.StringMapOutput `pulumi:"clientSecrets" provider:"secret"`
	// Clients by name, each an object: kind, scopes, callbackUrls and groups as they are
	// declared, fhirUserTypes, the types of user whose user/ scopes count, and
	// accessTokenMinutes, how long an access token is valid. The commands "smartlake smoke",
	// "smartlake requests" and "smartlake users" read them from a stack's outputs.
	Clients pulumi.MapOutput `pulumi:"clients"`
	// CloudFrontDomainName is the host name that a custom domain's alias record points
	// at, absent without a custom domain.
	CloudFrontDomainName pulumi.StringPtrOutput `pulumi:"cloudfrontDomainName"`

	// TokenValidatorOutputs are the outputs of the [TokenValidator]: its function, its
	// log group and its roles. In Go, use TokenValidator.
	TokenValidatorOutputs pulumi.MapOutput `pulumi:"tokenValidator"`
	// LaunchContextOutputs are the outputs of the [LaunchContext], absent where no client
	// needs one. In Go, use AuthorizationServer.LaunchContext.
	LaunchContextOutputs pulumi.MapOutput `pulumi:"launchContext"`
	// FrontDoorOutputs are the outputs of the [FrontDoor], absent without one. In Go, use
	// FrontDoor.
	FrontDoorOutputs pulumi.MapOutput `pulumi:"frontDoor"`
	// BulkDataOutputs are the outputs of the [BulkDataStore], absent without BulkData. In
	// Go, use BulkDataStore.
	BulkDataOutputs pulumi.MapOutput `pulumi:"bulkData"`

	// AuthorizationServer is the part that issues tokens.
	AuthorizationServer *AuthorizationServer
	// TokenValidator is the part that judges tokens.
	TokenValidator *TokenValidator
	// FrontDoor is the part that apps talk to, nil without one.
	FrontDoor *FrontDoor
	// BulkDataStore is the part for bulk import and export, nil without BulkData.
	BulkDataStore *BulkDataStore
	// Datastore is the HealthLake datastore.
	Datastore *healthlake.FhirDatastore
}

// SmartDatastoreArgs are the arguments of [NewSmartDatastore].
type SmartDatastoreArgs struct {
	// Clients that may request tokens. At least one.
	Clients []ClientArgs `pulumi:"clients"`
	// DomainPrefix of Cognito's hosted domain,
	// https://<prefix>.auth.<region>.amazoncognito.com, unique in the region. By default one
	// that is derived from account, region, project, stack and name. A pool keeps its
	// domain: a change is an error at preview.
	DomainPrefix string `pulumi:"domainPrefix,optional"`
	// CustomDomain instead of a prefix domain, by default none.
	CustomDomain *CustomDomainArgs `pulumi:"customDomain,optional"`
	// ExistingUserPool in which to declare resource servers and clients, by default none:
	// the component creates a user pool.
	ExistingUserPool *ExistingUserPoolArgs `pulumi:"existingUserPool,optional"`
	// IdentityProviders that clients may offer in addition to the user pool, by default
	// none.
	IdentityProviders []IdentityProviderArgs `pulumi:"identityProviders,optional"`
	// UserPool changes the settings of the user pool.
	UserPool *UserPoolArgs `pulumi:"userPool,optional"`
	// LaunchContext changes the attributes from which users' tokens take the claims patient
	// and fhirUser, and how the function that adds them runs.
	LaunchContext *LaunchContextArgs `pulumi:"launchContext,optional"`
	// TestUsers to create, by default none. Not for production.
	TestUsers []TestUserArgs `pulumi:"testUsers,optional"`

	// DatastoreName, by default "<name>-<stack>". A change would replace the
	// datastore: see AllowDatastoreReplacement.
	DatastoreName string `pulumi:"datastoreName,optional"`
	// PreloadSynthea fills a new datastore with synthetic patients. By default false. It has
	// no effect on an existing datastore. A replacement begins with the same setting as the
	// datastore that it replaces.
	PreloadSynthea bool `pulumi:"preloadSynthea,optional"`
	// AuthorizationStrategy of the datastore: SMART_ON_FHIR (default, scopes v1
	// and v2) or SMART_ON_FHIR_V1. A change would replace the datastore.
	AuthorizationStrategy smart.AuthorizationStrategy `pulumi:"authorizationStrategy,optional"`
	// FineGrainedAuthorization makes HealthLake limit user/ scopes to the records of the
	// token's fhirUser. By default true. A change would replace the datastore.
	FineGrainedAuthorization *bool `pulumi:"fineGrainedAuthorization,optional"`
	// CustomerManagedKey creates a KMS key of the account for the datastore, and for
	// the validator's log group and the topic of its alarms. By default false: AWS
	// owns the key. A change would replace the datastore.
	CustomerManagedKey bool `pulumi:"customerManagedKey,optional"`
	// KMSKeyARN of a symmetric key to use for the datastore instead of creating one. By
	// default none: AWS owns the key, or CustomerManagedKey creates one. For the log group,
	// set Function.LogKMSKeyARN too. A change would replace the datastore.
	KMSKeyARN pulumi.StringInput `pulumi:"kmsKeyArn,optional"`

	// Function changes how the token validator runs.
	Function *FunctionArgs `pulumi:"function,optional"`
	// FrontDoor declares a [FrontDoor], the one address at which an unmodified SMART app
	// works. By default none: apps call HealthLake and Cognito directly. An empty object
	// takes all defaults. You can add or remove it at any time: the datastore and the user
	// pool stay as they are.
	FrontDoor *FrontDoorSettingsArgs `pulumi:"frontDoor,optional"`
	// BulkData declares a [BulkDataStore], with the resources for bulk import and export. By
	// default none; an empty object takes all defaults.
	BulkData *BulkDataArgs `pulumi:"bulkData,optional"`
	// Roles are the path and permissions boundary of every IAM role.
	Roles *RolesArgs `pulumi:"roles,optional"`
	// Alarms of the validator, and of the front door. By default none; an empty object takes
	// all defaults.
	Alarms *ValidatorAlarmsArgs `pulumi:"alarms,optional"`
	// Dashboard declares a CloudWatch dashboard of the validator and the front door, and a
	// saved query of their logs for each question that the security office asks most:
	// CloudWatch Logs Insights lists them in a folder of the validator's name. By default
	// false. With a function.logLevel of warn or error, the logs have only failures, and most
	// graphs and queries stay empty.
	Dashboard bool `pulumi:"dashboard,optional"`
	// Audit adds to the validator's log what the security office asks for. By default none.
	Audit *AuditArgs `pulumi:"audit,optional"`

	// Protect what cannot be recreated - the datastore, the user pool and its
	// domain, the key, bulk data - from deletion. By default true.
	Protect *bool `pulumi:"protect,optional"`
	// AllowDatastoreReplacement lets a change replace the datastore, which DELETES ALL ITS
	// DATA. HealthLake fixes every property of a datastore except its tags at creation. By
	// default false: a change that would replace the datastore is an error at preview, even
	// if Protect is false. A change of only the discovery document, such as a new client
	// with a new scope, leaves the datastore as it is, with a warning. While true, the
	// datastore is not protected.
	AllowDatastoreReplacement bool `pulumi:"allowDatastoreReplacement,optional"`
	// FormerValidatorFunctionARN is the ARN of the function that an imported datastore calls
	// until UpdateDatastoreCommand makes it call this token validator. By default none: a
	// datastore that calls another function is an error. With it, a datastore that calls
	// exactly this function is only a warning. Remove it once the datastore calls the token
	// validator. Cannot be combined with AllowDatastoreReplacement.
	FormerValidatorFunctionARN pulumi.StringInput `pulumi:"formerValidatorFunctionArn,optional"`
	// AllowUnlistedRegion allows a region that this release does not list for HealthLake. By
	// default false: such a region is an error at preview, which lists the known regions.
	AllowUnlistedRegion bool `pulumi:"allowUnlistedRegion,optional"`
	// Tags of every resource that takes tags. By default none.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
}

// NewSmartDatastore declares a datastore with SMART on FHIR authorization. Children are
// named after the component: "<name>-auth" (an [AuthorizationServer]), "<name>-validator" (a
// [TokenValidator]), "<name>-datastore" and "<name>-grant" (a [DatastoreGrant]), with a
// created key "<name>-key" and "<name>-key-alias", with a front door "<name>-door" (a
// [FrontDoor]), and with bulk data "<name>-bulk" (a [BulkDataStore]).
//
// HealthLake takes 20 to 30 minutes to create the datastore.
func NewSmartDatastore(
	ctx *pulumi.Context, name string, args *SmartDatastoreArgs, opts ...pulumi.ResourceOption,
) (*SmartDatastore, error) {
	plan, err := args.normalize(name, ctx.Stack())
	if err != nil {
		return nil, err
	}
	if err := plan.build(ctx); err != nil { // before anything is registered
		return nil, err
	}
	return plan.declare(ctx, name, opts...)
}

func (a smartDatastorePlan) declare(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*SmartDatastore, error) {
	component, transformed := &SmartDatastore{}, &transformed{}
	opts, err := transformed.observing("aws-native:healthlake:FhirDatastore", name+"-datastore", opts)
	if err != nil {
		return nil, err
	}
	if err := ctx.RegisterComponentResourceV2("smartlake:index:SmartDatastore", name, tagged(a.portable()), component, opts...); err != nil {
		return nil, err
	}
	s := newSite(ctx, name, component, a.Tags, a.Roles)
	if err := a.checkRegion(&s); err != nil {
		return nil, err
	}
	keyARN, err := a.encryptionKey(s)
	if err != nil {
		return nil, err
	}
	a = a.encryptedWith(keyARN)
	server, err := a.server.declare(ctx, name+"-auth", s.below())
	if err != nil {
		return nil, err
	}
	validator, err := a.tokensOf(server).declare(ctx, name+"-validator", s.below())
	if err != nil {
		return nil, err
	}
	component.DeclaredDiscoveryDocument = a.discoveryDocument(server)
	datastore, err := a.newDatastore(s, component, validator, keyARN)
	if err != nil {
		return nil, err
	}
	if _, err := NewDatastoreGrant(ctx, name+"-grant", &DatastoreGrantArgs{
		DatastoreARN: datastore.DatastoreArn, KMSKeyARN: keyARN,
		ReadRoleName: validator.ReadRoleName, WriteRoleName: validator.WriteRoleName, ExportRoleName: validator.ExportRoleName,
	}, s.below()); err != nil {
		return nil, err
	}
	component.UpdateDatastoreCommand = a.updateCommand(s, component, datastore, validator)
	component.DatastoreEndpoint = a.guard(ctx, component, datastore, validator, keyARN, transformed)
	if err := component.newFrontDoor(s, a, datastore, server, validator); err != nil {
		return nil, err
	}
	if err := a.validator.finish(validator, component.FrontDoor, server.LaunchContext); err != nil {
		return nil, err
	}
	component.adopt(server, validator, datastore, keyARN)
	component.Clients = declaredClients(a.server.clients)
	if err := component.newBulkData(s, a, keyARN); err != nil {
		return nil, err
	}
	return component, ctx.RegisterResourceOutputs(component, tagged(component))
}

// smartDatastorePlan is what a [SmartDatastore] is declared from: arguments that are
// checked and left no default out, and the plans of its parts.
type smartDatastorePlan struct {
	SmartDatastoreArgs
	server    authorizationServerPlan
	validator tokenValidatorPlan // what it knows of the server is filled in once that is declared
	door      *frontDoorPlan     // likewise, and of the datastore; nil where none is wanted
}

// normalize fills in what was left out and checks everything, also what the parts are
// declared from. The caller's value stays as it is.
func (args *SmartDatastoreArgs) normalize(name, stack string) (smartDatastorePlan, error) {
	a := orDefault(args, SmartDatastoreArgs{})
	if a.AuthorizationStrategy == "" {
		a.AuthorizationStrategy = smart.SMARTOnFHIR
	}
	if a.DatastoreName == "" {
		a.DatastoreName = name + "-" + stack
	}
	fine := orDefault(a.FineGrainedAuthorization, true)
	a.FineGrainedAuthorization = &fine
	a.Function, a.Alarms = a.Function.withDefaults(), a.Alarms.withDefaults()
	var p problems
	p.checkName(name, maxSmartDatastoreName)
	server := a.authorizationServer().normalize(&p, inherited{a.Function, a.Roles})
	a.UserPool, a.TestUsers, a.IdentityProviders = server.UserPool, server.TestUsers, server.IdentityProviders
	a.Tags = server.Tags
	a.LaunchContext = a.LaunchContext.inheriting(inherited{a.Function, a.Roles}, a.Tags)
	p.pattern("datastoreName", a.DatastoreName, datastorePattern, "must be 1 to 256 letters, digits, spaces and _.:/=+-%@")
	p.patternWhereKnown("kmsKeyArn", a.KMSKeyARN, keyARNPattern, keyARNWanted)
	a.checkFormerFunction(&p)
	checkFineGrained(&p, server.clients, fine)
	validator := a.tokenValidator(server.clients)
	validator.checkSettings(&p, name+"-validator")
	door := a.frontDoor(&p, server.clients)
	if a.BulkData != nil {
		a.BulkData = a.BulkData.withDefaults()
		a.BulkData.check(&p, "bulkData")
		p.checkBucketName(name + "-bulk")
	}
	return smartDatastorePlan{a, server, tokenValidatorPlan{TokenValidatorArgs: validator}, door}, p.err("SmartDatastore", name)
}

// build packages the functions that are wanted and not given.
func (a *smartDatastorePlan) build(ctx *pulumi.Context) (err error) {
	if a.validator.archive, err = a.Function.archive(ctx, PackageValidator); err != nil {
		return err
	}
	if a.door != nil {
		if a.door.archive, err = a.door.Settings.Function.archive(ctx, PackageFrontDoor); err != nil {
			return err
		}
	}
	return a.server.build(ctx)
}

// portable leaves out what differs from machine to machine.
func (a SmartDatastoreArgs) portable() SmartDatastoreArgs {
	a.Function, a.LaunchContext = a.Function.portable(), a.LaunchContext.portable()
	a.FrontDoor = a.FrontDoor.portable()
	return a
}

func (a SmartDatastoreArgs) authorizationServer() *AuthorizationServerArgs {
	return &AuthorizationServerArgs{
		Clients:               a.Clients,
		AuthorizationStrategy: a.AuthorizationStrategy,
		DomainPrefix:          a.DomainPrefix,
		CustomDomain:          a.CustomDomain,
		ExistingUserPool:      a.ExistingUserPool,
		IdentityProviders:     a.IdentityProviders,
		UserPool:              a.UserPool,
		LaunchContext:         a.LaunchContext,
		TestUsers:             a.TestUsers,
		Protect:               a.Protect,
		Tags:                  a.Tags,
	}
}

// tokenValidator is the validator, but for what it knows of the authorization server.
func (a SmartDatastoreArgs) tokenValidator(clients []client) TokenValidatorArgs {
	return TokenValidatorArgs{
		Clients:               accepted(clients, func(string) pulumi.StringInput { return nil }),
		AuthorizationStrategy: a.AuthorizationStrategy,
		Function:              a.Function,
		Roles:                 a.Roles,
		Alarms:                a.Alarms,
		Dashboard:             a.Dashboard,
		Audit:                 a.Audit,
		Tags:                  a.Tags,
	}
}

// tokensOf makes the plan of the validator of an authorization server's tokens.
func (a smartDatastorePlan) tokensOf(server *AuthorizationServer) tokenValidatorPlan {
	plan := a.validator
	plan.Issuers, plan.JWKSURI = pulumi.StringArray{server.Issuer}, server.JWKSURI
	plan.Clients = accepted(a.server.clients, func(name string) pulumi.StringInput {
		return server.ClientIDs.MapIndex(pulumi.String(name))
	})
	return plan
}

func (c *SmartDatastore) adopt(
	server *AuthorizationServer, validator *TokenValidator, datastore *healthlake.FhirDatastore, keyARN pulumi.StringInput,
) {
	c.DatastoreARN, c.DatastoreID = datastore.DatastoreArn, datastore.DatastoreId
	c.DiscoveryDocument = datastore.IdentityProviderConfiguration.Metadata().Elem()
	c.ValidatorFunctionARN = validator.FunctionARN
	c.AlarmTopicARN, c.DashboardName = validator.AlarmTopicARN, validator.DashboardName
	c.KMSKeyARN = absent()
	if keyARN != nil {
		c.KMSKeyARN = keyARN.ToStringOutput().ToStringPtrOutput()
	}
	c.AuthorizationServer, c.TokenValidator, c.Datastore = server, validator, datastore
	c.TokenValidatorOutputs, c.LaunchContextOutputs = outputsOf(validator), server.LaunchContextOutputs
	c.UserPoolARN = server.UserPoolARN
	c.UserPoolID, c.Issuer, c.JWKSURI, c.HostedDomain = server.UserPoolID, server.Issuer, server.JWKSURI, server.HostedDomain
	c.UserInfoEndpoint = server.UserInfoEndpoint
	c.CloudFrontDomainName = server.CloudFrontDomainName
	c.Scopes, c.ClientIDs, c.ClientSecrets = server.Scopes, server.ClientIDs, server.ClientSecrets
}

// newBulkData declares what bulk import and export need, where they are wanted.
// The bucket is encrypted with the datastore's key where that is the customer's.
func (c *SmartDatastore) newBulkData(s site, a smartDatastorePlan, keyARN pulumi.StringInput) error {
	if a.BulkData == nil {
		c.BulkDataOutputs = outputsOf[BulkDataStore](nil)
		return nil
	}
	bulk := copyOf(a.BulkData)
	if bulk.KMSKeyARN == nil {
		bulk.KMSKeyARN = keyARN
	}
	args := BulkDataStoreArgs{
		DatastoreARN: c.DatastoreARN,
		BulkData:     bulk,
		Roles:        a.Roles,
		Protect:      a.Protect,
		Tags:         a.Tags,
	}
	store, err := args.declare(s.ctx, s.name+"-bulk", s.below())
	if err != nil {
		return err
	}
	c.BulkDataStore, c.BulkDataOutputs = store, outputsOf(store)
	return nil
}
