package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// AuthorizationServer is Cognito as the OAuth 2.0 authorization server of a SMART on FHIR
// server: a user pool with its hosted domain, the clients, and the resource servers and
// scopes that the clients request.
type AuthorizationServer struct {
	pulumi.ResourceState

	// UserPoolID of the pool, such as us-east-1_AbCdEfGhI.
	UserPoolID pulumi.StringOutput `pulumi:"userPoolId"`
	// UserPoolARN of the pool.
	UserPoolARN pulumi.StringOutput `pulumi:"userPoolArn"`
	// Issuer is the "iss" of every token. It is not the hosted domain.
	Issuer pulumi.StringOutput `pulumi:"issuer"`
	// JWKSURI is the https URL of the issuer's key set.
	JWKSURI pulumi.StringOutput `pulumi:"jwksUri"`
	// HostedDomain is the https URL of the OAuth endpoints below, without a path.
	HostedDomain pulumi.StringOutput `pulumi:"hostedDomain"`
	// AuthorizationEndpoint is the https URL where users sign in.
	AuthorizationEndpoint pulumi.StringOutput `pulumi:"authorizationEndpoint"`
	// TokenEndpoint is the https URL where clients get tokens.
	TokenEndpoint pulumi.StringOutput `pulumi:"tokenEndpoint"`
	// UserInfoEndpoint is the https URL that returns the claims of a token's user.
	UserInfoEndpoint pulumi.StringOutput `pulumi:"userInfoEndpoint"`
	// RevocationEndpoint is the https URL that revokes refresh tokens.
	RevocationEndpoint pulumi.StringOutput `pulumi:"revocationEndpoint"`
	// CloudFrontDomainName is the host name that the alias record of a custom domain
	// points at, absent without one.
	CloudFrontDomainName pulumi.StringPtrOutput `pulumi:"cloudfrontDomainName"`
	// Scopes that are declared: their full names, by resource server.
	Scopes pulumi.StringArrayMapOutput `pulumi:"scopes"`
	// ClientIDs by client name.
	ClientIDs pulumi.StringMapOutput `pulumi:"clientIds"`
	// ClientSecrets by name of the clients that have one, as a Pulumi secret.
	ClientSecrets pulumi.StringMapOutput `pulumi:"clientSecrets" provider:"secret"`
	// LaunchContextOutputs are the outputs of the [LaunchContext], absent without one. In
	// Go, use LaunchContext.
	LaunchContextOutputs pulumi.MapOutput `pulumi:"launchContext"`

	// LaunchContext is the function that adds launch context, nil without one.
	LaunchContext *LaunchContext
	// UserPool that was created, nil where an existing one is used.
	UserPool *cognito.UserPool
}

// AuthorizationServerArgs are the arguments of [NewAuthorizationServer].
type AuthorizationServerArgs struct {
	// Clients that may request tokens. At least one.
	Clients []ClientArgs `pulumi:"clients"`
	// AuthorizationStrategy of the datastore that the tokens are for. It decides whether
	// clients may have v2 scopes. By default SMART_ON_FHIR.
	AuthorizationStrategy smart.AuthorizationStrategy `pulumi:"authorizationStrategy,optional"`
	// DomainPrefix of the hosted domain, https://<prefix>.auth.<region>.amazoncognito.com,
	// which is unique in the region. By default one that is derived from account, region,
	// project, stack and name. A pool keeps its domain: a change is an error at preview.
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
	// and fhirUser, and how the function that adds them runs. The component declares it only
	// if a client with users requests launch/patient, patient/ or user/ scopes.
	LaunchContext *LaunchContextArgs `pulumi:"launchContext,optional"`
	// TestUsers to create, by default none. Not for production.
	TestUsers []TestUserArgs `pulumi:"testUsers,optional"`
	// Protect the user pool and its hosted domain from deletion by Pulumi, and the pool from
	// deletion by Cognito. Users cannot be recreated, and a stranger could take over a
	// deleted domain. By default true.
	Protect *bool `pulumi:"protect,optional"`
	// Tags of every resource that takes tags. By default none.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
}

// NewAuthorizationServer declares Cognito as an authorization server. Children are named
// after the component: "<name>-pool", "<name>-domain", "<name>-server-<resource server>",
// "<name>-client-<client>", "<name>-idp-<identity provider>", "<name>-group-<group>",
// "<name>-user-<test user>" and "<name>-user-<test user>-in-<group>". With a zone for the
// custom domain there is "<name>-domain-record". If a client with users requests
// launch/patient, patient/ or user/ scopes, there is "<name>-context" (a [LaunchContext])
// with its "<name>-context" (a [UserPoolPermission]).
func NewAuthorizationServer(
	ctx *pulumi.Context, name string, args *AuthorizationServerArgs, opts ...pulumi.ResourceOption,
) (*AuthorizationServer, error) {
	var p problems
	p.checkName(name, maxAuthorizationServerName)
	plan := args.normalize(&p, inherited{})
	if err := p.err("AuthorizationServer", name); err != nil {
		return nil, err
	}
	if err := plan.build(ctx); err != nil { // before anything is registered
		return nil, err
	}
	return plan.declare(ctx, name, opts...)
}

func (a authorizationServerPlan) declare(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*AuthorizationServer, error) {
	server := &AuthorizationServer{}
	if err := ctx.RegisterComponentResourceV2("smartlake:index:AuthorizationServer", name, tagged(a.portable()), server, opts...); err != nil {
		return nil, err
	}
	s := newSite(ctx, name, server, a.Tags, nil)
	a.warn(ctx, server)
	context, err := a.newLaunchContext(s)
	if err != nil {
		return nil, err
	}
	pool, err := server.newPool(s, a, context)
	if err != nil {
		return nil, err
	}
	providers, err := newIdentityProviders(s, a.AuthorizationServerArgs, pool)
	if err != nil {
		return nil, err
	}
	callable, err := context.allow(s, pool)
	if err != nil {
		return nil, err
	}
	servers, err := newResourceServers(s, a.clients, pool)
	if err != nil {
		return nil, err
	}
	if err := server.newClients(s, a, pool, providers, append(servers, callable...)); err != nil {
		return nil, err
	}
	if err := newUsers(s, a.AuthorizationServerArgs, pool); err != nil {
		return nil, err
	}
	server.adopt(pool)
	server.LaunchContext, server.LaunchContextOutputs = context, outputsOf(context)
	server.Scopes = fullScopes(a.clients)
	return server, ctx.RegisterResourceOutputs(server, tagged(server))
}

// authorizationServerPlan is what an [AuthorizationServer] is declared from: arguments
// that are checked and left no default out, the clients with their scopes parsed, and
// the archive of the launch context's function, where it is declared.
type authorizationServerPlan struct {
	AuthorizationServerArgs
	clients        []client
	contextArchive string
}

// normalize fills in what was left out and checks everything. The caller's value stays
// as it is.
func (args *AuthorizationServerArgs) normalize(p *problems, whole inherited) authorizationServerPlan {
	a := orDefault(args, AuthorizationServerArgs{})
	if a.AuthorizationStrategy == "" {
		a.AuthorizationStrategy = smart.SMARTOnFHIR
	}
	plan := authorizationServerPlan{clients: parsed(a.Clients)}
	p.checkStrategy("authorizationStrategy", a.AuthorizationStrategy)
	checkClients(p, plan.clients, a.AuthorizationStrategy)
	p.checkURLs(plan.clients)
	a.checkDomain(p)
	a.UserPool = copyOf(a.UserPool)
	checkTestUsers(p, "testUsers", a.TestUsers, a.UserPool.PasswordPolicy.withDefaults())
	a.Tags = p.checkTags("tags", a.Tags)
	own := copyOf(a.LaunchContext)
	own.Tags = p.checkTags("launchContext.tags", own.Tags)
	a.LaunchContext = own
	a.checkExistingUserPool(p)
	if a.ExistingUserPool == nil {
		a.UserPool = a.UserPool.withDefaults(orDefault(a.Protect, true))
		a.UserPool.check(p, "userPool")
		a.checkTier(p, plan.clients)
	}
	own.withDefaults().check(p, "launchContext.") // what it inherits is checked where it was given
	a.LaunchContext = own.inheriting(whole, a.Tags).withDefaults()
	a.LaunchContext.Function.checkArchive(p, "launchContext.function")
	a.IdentityProviders = slices.Clone(a.IdentityProviders)
	for i, provider := range a.IdentityProviders {
		a.IdentityProviders[i] = provider.withDefaults()
	}
	a.checkIdentityProviders(p)
	a.checkOffers(p)
	a.checkClientAttributes(p)
	plan.AuthorizationServerArgs = a.withSecretsKept()
	return plan
}

func (a AuthorizationServerArgs) checkDomain(p *problems) {
	if a.DomainPrefix != "" {
		p.checkDomainPrefix("domainPrefix", a.DomainPrefix)
	}
	if a.DomainPrefix != "" && a.CustomDomain != nil {
		p.add("domainPrefix", a.DomainPrefix, "cannot be combined with customDomain; remove one of the two")
	}
	a.CustomDomain.check(p, "customDomain")
}

// withSecretsKept makes Pulumi secrets of what must be kept as one, once it is checked.
func (a AuthorizationServerArgs) withSecretsKept() AuthorizationServerArgs {
	for i, provider := range a.IdentityProviders {
		a.IdentityProviders[i] = provider.kept()
	}
	a.TestUsers = slices.Clone(a.TestUsers)
	for i, user := range a.TestUsers {
		if user.Password != nil {
			a.TestUsers[i].Password = pulumi.ToSecret(user.Password).(pulumi.StringOutput)
		}
	}
	return a
}

// build packages the function, where it is wanted and not given.
func (a *authorizationServerPlan) build(ctx *pulumi.Context) (err error) {
	if a.declaresLaunchContext() {
		a.contextArchive, err = a.LaunchContext.Function.archive(ctx, PackageLaunchContext)
	}
	return err
}

// portable leaves out what differs from machine to machine.
func (a AuthorizationServerArgs) portable() AuthorizationServerArgs {
	a.LaunchContext = a.LaunchContext.portable()
	return a
}

// warn says what is allowed and yet not of the use that its author may expect.
func (a AuthorizationServerArgs) warn(ctx *pulumi.Context, server *AuthorizationServer) {
	warn := func(format string, values ...any) {
		_ = ctx.Log.Warn(fmt.Sprintf(format, values...), &pulumi.LogArgs{Resource: server})
	}
	a.warnOfUnoffered(warn)
	a.warnOfVouching(warn)
	a.warnOfLaunchContext(warn)
	a.warnOfSharedOrigins(warn)
}

// newPool declares the user pool with its identity providers and its domain, or takes
// the one that is there.
func (server *AuthorizationServer) newPool(s site, a authorizationServerPlan, context *LaunchContext) (userPool, error) {
	server.CloudFrontDomainName = absent()
	if a.ExistingUserPool != nil {
		return a.ExistingUserPool.lookUp(s), nil
	}
	created, err := newUserPool(s, a.AuthorizationServerArgs, context)
	if err != nil {
		return userPool{}, err
	}
	server.UserPool = created
	pool := userPool{id: created.ID().ToStringOutput(), arn: created.Arn, endpoint: created.Endpoint}
	pool.hostedDomain, err = server.newDomain(s, a.AuthorizationServerArgs, pool)
	return pool, err
}

// adopt derives the endpoints from the pool
// (https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html).
func (server *AuthorizationServer) adopt(pool userPool) {
	server.UserPoolID, server.UserPoolARN = pool.id, pool.arn
	server.Issuer = pulumi.Sprintf("https://%s", pool.endpoint)
	server.JWKSURI = pulumi.Sprintf("%s/.well-known/jwks.json", server.Issuer)
	server.HostedDomain = pool.hostedDomain
	server.AuthorizationEndpoint = pulumi.Sprintf("%s/oauth2/authorize", server.HostedDomain)
	server.TokenEndpoint = pulumi.Sprintf("%s/oauth2/token", server.HostedDomain)
	server.UserInfoEndpoint = pulumi.Sprintf("%s/oauth2/userInfo", server.HostedDomain)
	server.RevocationEndpoint = pulumi.Sprintf("%s/oauth2/revoke", server.HostedDomain)
}

func (server *AuthorizationServer) newClients(
	s site, a authorizationServerPlan, pool userPool, providers map[string]pulumi.StringOutput, before []pulumi.Resource,
) error {
	ids, secrets := pulumi.StringMap{}, pulumi.StringMap{}
	for _, c := range a.clients {
		client, err := cognito.NewUserPoolClient(s.ctx, s.name+"-client-"+c.Name, a.userPoolClient(c.ClientArgs, pool, providers),
			s.below(), pulumi.DependsOn(before), pulumi.IgnoreChanges([]string{generateSecret}))
		if err != nil {
			return err
		}
		ids[c.Name] = c.sameSecrecy(client)
		if c.hasSecret() {
			secrets[c.Name] = client.ClientSecret
		}
	}
	server.ClientIDs = ids.ToStringMapOutput()
	server.ClientSecrets = pulumi.ToSecret(secrets.ToStringMapOutput()).(pulumi.StringMapOutput)
	return nil
}

// userPoolClient is the client in Cognito's terms. Users sign in on the hosted
// pages only, hence no other flow than the refresh of tokens. What a client may
// read and write of its users is listed: an attribute that the list does not name,
// such as those of the launch context, is nobody's to write, also not at sign-up.
func (a AuthorizationServerArgs) userPoolClient(
	c ClientArgs, pool userPool, providers map[string]pulumi.StringOutput,
) *cognito.UserPoolClientArgs {
	args := &cognito.UserPoolClientArgs{
		Name:                            pulumi.String(c.Name),
		UserPoolId:                      pool.id,
		AllowedOauthFlowsUserPoolClient: pulumi.Bool(true),
		AllowedOauthFlows:               pulumi.ToStringArray([]string{"code"}),
		AllowedOauthScopes:              pulumi.ToStringArray(c.Scopes),
		GenerateSecret:                  pulumi.Bool(c.hasSecret()),
		PreventUserExistenceErrors:      pulumi.String("ENABLED"),
		EnableTokenRevocation:           pulumi.Bool(true),
		ExplicitAuthFlows:               pulumi.ToStringArray([]string{"ALLOW_REFRESH_TOKEN_AUTH"}),
		AccessTokenValidity:             pulumi.Int(tokenMinutes(c.AccessTokenMinutes)),
		IdTokenValidity:                 pulumi.Int(tokenMinutes(c.IDTokenMinutes)),
		RefreshTokenValidity:            pulumi.Int(c.refreshTokenMinutes()),
		TokenValidityUnits: cognito.UserPoolClientTokenValidityUnitsArgs{
			AccessToken:  pulumi.String("minutes"),
			IdToken:      pulumi.String("minutes"),
			RefreshToken: pulumi.String("minutes"),
		},
		ReadAttributes:  pulumi.ToStringArray(c.reads()),
		WriteAttributes: pulumi.ToStringArray(a.writes(c)),
	}
	if c.Kind == ServiceClient {
		args.AllowedOauthFlows = pulumi.ToStringArray([]string{"client_credentials"})
		return args
	}
	args.SupportedIdentityProviders = c.offered(providers)
	args.CallbackUrls = c.CallbackURLs
	if given(c.LogoutURLs) {
		args.LogoutUrls = c.LogoutURLs
	}
	return args
}
