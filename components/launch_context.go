package components

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// LaunchContext is the Lambda function that a user pool calls before it issues a user's
// tokens. It adds the claims patient and fhirUser from two attributes of the user. patient/
// and user/ scopes count only with these claims.
//
// Your own pool needs the two attributes in its schema, the tier ESSENTIALS or PLUS, the
// function as its pre token generation trigger with events of version V2_0, and a
// [UserPoolPermission]. No client of the pool may write the attributes: a user who can write
// them can become any patient.
type LaunchContext struct {
	pulumi.ResourceState

	// FunctionARN of the alias "live", which a user pool calls.
	FunctionARN pulumi.StringOutput `pulumi:"functionArn"`
	// FunctionName without the alias, as in metrics and alarms.
	FunctionName pulumi.StringOutput `pulumi:"functionName"`
	// LogGroupName of the log group with one line for each token.
	LogGroupName pulumi.StringOutput `pulumi:"logGroupName"`
	// LogGroupARN of that log group.
	LogGroupARN pulumi.StringOutput `pulumi:"logGroupArn"`
	// ExecutionRoleName of the role that the function runs as.
	ExecutionRoleName pulumi.StringOutput `pulumi:"executionRoleName"`
	// ExecutionRoleARN of the role that the function runs as.
	ExecutionRoleARN pulumi.StringOutput `pulumi:"executionRoleArn"`
	// PatientAttribute of users with the FHIR id of their patient: "custom:patient".
	PatientAttribute pulumi.StringOutput `pulumi:"patientAttribute"`
	// FHIRUserAttribute of users with their FHIR resource: "custom:fhirUser".
	FHIRUserAttribute pulumi.StringOutput `pulumi:"fhirUserAttribute"`

	site site
}

// LaunchContextArgs are the arguments of [NewLaunchContext]. In an [AuthorizationServer] or
// a [SmartDatastore], the defaults of Roles, Tags and Function are those of the whole
// component, except for the archive.
type LaunchContextArgs struct {
	// PatientAttribute is the custom user attribute, without "custom:", with the FHIR id of
	// the user's patient: "123". By default "patient". Cognito and Pulumi cannot rename
	// attributes of a pool, so a change of the name is an error on an existing pool.
	PatientAttribute string `pulumi:"patientAttribute,optional"`
	// FHIRUserAttribute is the custom user attribute, without "custom:", with the FHIR
	// resource of the user: "Practitioner/123", or an absolute https URL that ends in it.
	// The types are Patient, Practitioner, PractitionerRole, RelatedPerson and Person. By
	// default "fhirUser".
	FHIRUserAttribute string `pulumi:"fhirUserAttribute,optional"`
	// Function changes how the function runs. RestrictToAccount has no effect here, because
	// Cognito may call the function only for one pool. The function has no provisioned
	// concurrency, because Cognito waits for five seconds.
	Function *FunctionArgs `pulumi:"function,optional"`
	// Roles are the path and permissions boundary of every IAM role.
	Roles *RolesArgs `pulumi:"roles,optional"`
	// Tags of every resource that takes tags. By default those of the component that it is a
	// part of.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
}

// triggerTimeoutSeconds is how long Cognito waits for a trigger
// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html).
const triggerTimeoutSeconds = 5

// wantsLaunchContext reports whether some client with users asks for launch/patient,
// with which it expects the patient, or for scopes that count only with launch
// context, so that an [AuthorizationServer] declares it. A service has no user to take
// it from.
func wantsLaunchContext(clients []client) bool {
	return wantsPatient(clients) || asksWithUsers(clients, smart.User)
}

// wantsPatient reports whether some client with users asks for the patient, or for
// scopes about it.
func wantsPatient(clients []client) bool {
	asksAtLaunch := func(c client) bool { return c.userFacing() && slices.Contains(c.Scopes, launchScope) }
	return slices.ContainsFunc(clients, asksAtLaunch) || asksWithUsers(clients, smart.Patient)
}

// asksWithUsers reports whether some client with users asks for a scope of a context.
func asksWithUsers(clients []client, context smart.Context) bool {
	return slices.ContainsFunc(clients, func(c client) bool { return c.userFacing() && c.asksFor(context) })
}

func (l *LaunchContextArgs) withDefaults() *LaunchContextArgs {
	l = copyOf(l)
	if l.PatientAttribute == "" {
		l.PatientAttribute = "patient"
	}
	if l.FHIRUserAttribute == "" {
		l.FHIRUserAttribute = "fhirUser"
	}
	l.Function = l.Function.withDefaults()
	return l
}

// inherited is what a launch context takes from the whole where it is left out.
type inherited struct {
	function *FunctionArgs
	roles    *RolesArgs
}

// inheriting takes what is left out from what the rest of a component is given.
func (l *LaunchContextArgs) inheriting(whole inherited, tags pulumi.StringMapInput) *LaunchContextArgs {
	l = copyOf(l)
	l.Function = l.Function.inheriting(whole.function)
	if orDefault(l.Roles, RolesArgs{}) == (RolesArgs{}) {
		l.Roles = whole.roles
	}
	if l.Tags == nil {
		l.Tags = tags
	}
	return l
}

// portable leaves out what differs from machine to machine.
func (l *LaunchContextArgs) portable() *LaunchContextArgs {
	l = copyOf(l)
	l.Function = l.Function.portable()
	return l
}

// attributeNamePattern is stricter than Cognito, which takes any printable
// characters: these need no quoting anywhere.
var attributeNamePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,19}$`)

// check refuses standard attributes besides: clients may write them, and the
// provider would take the name for theirs.
func (l *LaunchContextArgs) check(p *problems, field string) {
	for _, attribute := range []struct{ name, value string }{
		{field + "patientAttribute", l.PatientAttribute}, {field + "fhirUserAttribute", l.FHIRUserAttribute},
	} {
		p.pattern(attribute.name, attribute.value, attributeNamePattern,
			"must be 1 to 20 letters, digits and _, starting with a letter: a custom attribute's name without custom:")
		if attribute.value == "sub" || slices.Contains(readAttributes, attribute.value) {
			p.add(attribute.name, attribute.value, "must not be a standard attribute, because users can write those")
		}
	}
	if strings.EqualFold(l.PatientAttribute, l.FHIRUserAttribute) {
		p.add(field+"fhirUserAttribute", l.FHIRUserAttribute, "must differ from patientAttribute")
	}
	if n := l.Function.ProvisionedConcurrency.Executions; n != 0 {
		p.add(field+"function.provisionedConcurrency.executions", n, "not supported for this function; remove it, because Cognito waits five seconds, long enough for a cold start")
	}
	l.Function.check(p, field+"function")
	l.Roles.check(p, field+"roles")
}

// launchContextPlan is what a [LaunchContext] is declared from: arguments that are
// checked and left no default out, and the archive of the function.
type launchContextPlan struct {
	LaunchContextArgs
	archive string
}

// normalize fills in what was left out and checks everything. The caller's value stays
// as it is.
func (l *LaunchContextArgs) normalize(name string) (launchContextPlan, error) {
	a := l.withDefaults()
	var p problems
	p.checkName(name, maxLaunchContextName)
	a.check(&p, "")
	a.Function.checkArchive(&p, "function")
	a.Tags = p.checkTags("tags", a.Tags)
	return launchContextPlan{LaunchContextArgs: *a}, p.err("LaunchContext", name)
}

// NewLaunchContext declares the function, packaged from this module's source unless
// an archive is given. Children are named after the component: "<name>-logs",
// "<name>-execution", "<name>-logging", "<name>-function" and "<name>-live".
//
// No user pool may call it until you declare a [UserPoolPermission], which is separate
// because the pool needs the function first.
func NewLaunchContext(
	ctx *pulumi.Context, name string, args *LaunchContextArgs, opts ...pulumi.ResourceOption,
) (*LaunchContext, error) {
	plan, err := args.normalize(name)
	if err != nil {
		return nil, err
	}
	if plan.archive, err = plan.Function.archive(ctx, PackageLaunchContext); err != nil {
		return nil, err
	}
	return plan.declare(ctx, name, opts...)
}

func (a launchContextPlan) declare(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*LaunchContext, error) {
	context := &LaunchContext{}
	if err := ctx.RegisterComponentResourceV2("smartlake:index:LaunchContext", name, tagged(a.portable()), context, opts...); err != nil {
		return nil, err
	}
	context.site = newSite(ctx, name, context, a.Tags, a.Roles)
	program := goProgram{
		archive:              a.archive,
		description:          "Adds the claims patient and fhirUser to users' tokens",
		executionDescription: "What the SMART launch context trigger may do: write its log",
		timeoutSeconds:       triggerTimeoutSeconds,
		environment: pulumi.StringMap{
			wire.EnvPatientAttribute:  pulumi.String("custom:" + a.PatientAttribute),
			wire.EnvFHIRUserAttribute: pulumi.String("custom:" + a.FHIRUserAttribute),
			wire.EnvLogLevel:          pulumi.String(string(a.Function.LogLevel)),
		},
	}
	declared, err := program.declare(context.site, a.Function)
	if err != nil {
		return nil, err
	}
	// An alias as for the validator: a new version is live at once and whole, an
	// earlier one can be put back, and neither changes the pool.
	alias, err := lambda.NewAlias(ctx, name+"-live", &lambda.AliasArgs{
		Name:            pulumi.String(wire.LiveAlias),
		Description:     pulumi.String("The version that Cognito calls"),
		FunctionName:    declared.function.Name,
		FunctionVersion: declared.function.Version,
	}, context.site.below())
	if err != nil {
		return nil, err
	}
	context.PatientAttribute = pulumi.String("custom:" + a.PatientAttribute).ToStringOutput()
	context.FHIRUserAttribute = pulumi.String("custom:" + a.FHIRUserAttribute).ToStringOutput()
	context.FunctionARN, context.FunctionName = alias.Arn, declared.function.Name
	context.LogGroupName, context.LogGroupARN = declared.logs.Name, declared.logs.Arn
	context.ExecutionRoleName, context.ExecutionRoleARN = declared.execution.Name, declared.execution.Arn
	return context, ctx.RegisterResourceOutputs(context, tagged(context))
}

// declaresLaunchContext reports whether the pool gets the trigger. One that exists
// already keeps what triggers it has.
func (a authorizationServerPlan) declaresLaunchContext() bool {
	return a.ExistingUserPool == nil && wantsLaunchContext(a.clients)
}

// newLaunchContext is nil for a pool without the trigger.
func (a authorizationServerPlan) newLaunchContext(s site) (*LaunchContext, error) {
	if !a.declaresLaunchContext() {
		return nil, nil
	}
	plan := launchContextPlan{LaunchContextArgs: *a.LaunchContext, archive: a.contextArchive}
	return plan.declare(s.ctx, s.name+"-context", s.below())
}

// allow lets the pool call the function, if there is one, and returns what clients
// wait for, so that nobody signs in before.
func (l *LaunchContext) allow(s site, pool userPool) ([]pulumi.Resource, error) {
	if l == nil {
		return nil, nil
	}
	permission, err := NewUserPoolPermission(s.ctx, s.name+"-context", &UserPoolPermissionArgs{
		FunctionARN: l.FunctionARN, UserPoolARN: pool.arn,
	}, pulumi.Parent(l))
	if err != nil {
		return nil, err
	}
	return []pulumi.Resource{permission.Permission}, nil
}

// trigger is the pool's configuration of triggers. Cognito fills in the older of the
// two members with the ARN of the newer, and refuses ARNs that differ: so both are
// said. It must stay the only trigger, or be taken out with all others: the provider
// does not see that this one alone is gone, and Cognito would go on calling a function
// that is no more (https://github.com/hashicorp/terraform-provider-aws/issues/38617).
func (l *LaunchContext) trigger() cognito.UserPoolLambdaConfigPtrInput {
	return cognito.UserPoolLambdaConfigArgs{
		PreTokenGeneration: l.FunctionARN,
		PreTokenGenerationConfig: cognito.UserPoolLambdaConfigPreTokenGenerationConfigArgs{
			LambdaArn:     l.FunctionARN,
			LambdaVersion: pulumi.String("V2_0"),
		},
	}
}

// attributes are in the schema of every pool, also where no client asks for context:
// a schema can be added to, but nothing in it changed or taken out again, so that it
// must not follow the clients. No client lists them among what it may write, be it
// at sign-up, or read (see [AuthorizationServerArgs.userPoolClient]).
func (l *LaunchContextArgs) attributes() cognito.UserPoolSchemaArray {
	return cognito.UserPoolSchemaArray{
		textAttribute(l.PatientAttribute, false, "64"),
		textAttribute(l.FHIRUserAttribute, false, "2048"),
	}
}

// checkContext refuses what the function would leave out of the user's tokens.
func (t TestUserArgs) checkContext(p *problems, field string) {
	if t.Patient != "" && !smart.ValidPatientID(t.Patient) {
		p.add(field+".patient", t.Patient, "must be "+smart.PatientIDForm)
	}
	if _, ok := smart.ParseFHIRUser(t.FHIRUser); t.FHIRUser != "" && !ok {
		p.add(field+".fhirUser", t.FHIRUser, "must be "+smart.FHIRUserForm)
	}
}

// contextAttributes are the attributes of a test user. The names stand without
// "custom:", as the provider reads them back.
func (t TestUserArgs) contextAttributes(l *LaunchContextArgs) map[string]string {
	attributes := map[string]string{}
	if t.Patient != "" {
		attributes[l.PatientAttribute] = t.Patient
	}
	if t.FHIRUser != "" {
		attributes[l.FHIRUserAttribute] = t.FHIRUser
	}
	return attributes
}

// checkTier refuses a plan that would ignore the trigger's claims.
func (a AuthorizationServerArgs) checkTier(p *problems, clients []client) {
	if a.UserPool.Tier == LiteTier && wantsLaunchContext(clients) {
		p.add("userPool.tier", string(a.UserPool.Tier), fmt.Sprintf("must be ESSENTIALS or PLUS; a client with users asks for %s, %s or %s scopes, "+
			"which need claims that Cognito adds to access tokens only in these plans", launchScope, "patient/", "user/"))
	}
}
