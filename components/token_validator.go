package components

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// TokenValidator is the Lambda function that HealthLake asks about every bearer
// token, with the three roles that it may name in its answer.
type TokenValidator struct {
	pulumi.ResourceState

	// FunctionARN of the alias "live", which is what HealthLake is given.
	FunctionARN pulumi.StringOutput `pulumi:"functionArn"`
	// FunctionName without the alias, as metrics and alarms know it.
	FunctionName pulumi.StringOutput `pulumi:"functionName"`
	// LogGroupName of the log group that holds one line a decision.
	LogGroupName pulumi.StringOutput `pulumi:"logGroupName"`
	// ReadRoleARN of the role that HealthLake assumes for tokens that only read.
	ReadRoleARN pulumi.StringOutput `pulumi:"readRoleArn"`
	// WriteRoleARN of the role that HealthLake assumes for all other tokens.
	WriteRoleARN pulumi.StringOutput `pulumi:"writeRoleArn"`
	// ExportRoleARN of the role that HealthLake assumes for an export that a client
	// starts whose system/ scopes read every resource. It is not the role that the job
	// writes its files with: see [BulkDataStore].
	ExportRoleARN pulumi.StringOutput `pulumi:"exportRoleArn"`

	// AlarmTopicARN of the topic that is told of alarms, empty without alarms.
	AlarmTopicARN pulumi.StringOutput `pulumi:"alarmTopicArn"`
	// DashboardName of the CloudWatch dashboard, empty without one.
	DashboardName pulumi.StringOutput `pulumi:"dashboardName"`

	readRole, writeRole, exportRole *iam.Role

	permission *lambda.Permission // the last of the children: with it, HealthLake can call
}

// TokenValidatorArgs are the arguments of [NewTokenValidator].
type TokenValidatorArgs struct {
	// Issuers whose tokens are taken: exact "iss" values. Required.
	Issuers pulumi.StringArrayInput `pulumi:"issuers"`
	// JWKSURI is the https URL of the issuers' key set. Required.
	JWKSURI pulumi.StringInput `pulumi:"jwksUri"`
	// Clients whose tokens are taken, and whose clients they are. Required.
	Clients []AcceptedClientArgs `pulumi:"clients"`
	// AuthorizationStrategy of the datastore. By default SMART_ON_FHIR.
	AuthorizationStrategy smart.Strategy `pulumi:"authorizationStrategy,optional"`
	// Function changes how the function runs.
	Function *FunctionArgs `pulumi:"function,optional"`
	// Roles carry what the account's rules ask of every IAM role.
	Roles *RoleArgs `pulumi:"roles,optional"`
	// Alarms that tell somebody when the function needs attention. By default none.
	Alarms *AlarmArgs `pulumi:"alarms,optional"`
	// Dashboard of the function in CloudWatch. By default none: CloudWatch bills
	// dashboards beyond the first few of an account.
	Dashboard bool `pulumi:"dashboard,optional"`
	// Tags of every resource that takes tags. By default none.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
}

// timeoutSeconds is above the second that HealthLake waits: the validator itself
// answers within 800 ms, and being killed by Lambda at the same moment would cost the
// next request a cold start.
const timeoutSeconds = 2

func (args *TokenValidatorArgs) withDefaults(name string) (TokenValidatorArgs, error) {
	var a TokenValidatorArgs
	if args != nil {
		a = *args
	}
	if a.AuthorizationStrategy == "" {
		a.AuthorizationStrategy = smart.SMARTOnFHIR
	}
	a.Function, a.Alarms = a.Function.withDefaults(), a.Alarms.withDefaults()
	a.Clients = slices.Clone(a.Clients)
	for i, client := range a.Clients {
		a.Clients[i] = client.withDefaults()
	}
	var p problems
	p.checkName(name, maxTokenValidatorName)
	for _, required := range []struct {
		field string
		given bool
	}{{"issuers", given(a.Issuers)}, {"jwksUri", a.JWKSURI != nil}, {"clients", len(a.Clients) > 0}} {
		if !required.given {
			p.missing(required.field, "the validator cannot judge without")
		}
	}
	p.checkAccepted("clients", a.Clients)
	a.checkEnvironment(&p, name)
	p.checkStrategy("authorizationStrategy", a.AuthorizationStrategy)
	a.Function.check(&p, "function")
	a.Roles.check(&p, "roles")
	a.Alarms.check(&p, "alarms", a.Function)
	a.Tags = p.checkTags("tags", a.Tags)
	return a, p.err("TokenValidator", name)
}

// NewTokenValidator declares the function, packaged from this module's source
// unless an archive is given. Children are named after the component:
// "<name>-logs", "<name>-execution", "<name>-logging", "<name>-read",
// "<name>-write", "<name>-export", "<name>-function", "<name>-live" and "<name>-invoke"; with
// provisioned concurrency "<name>-provisioned", "<name>-scaling",
// "<name>-tracking" and "<name>-schedule-<schedule>"; with tracing "<name>-tracing";
// with alarms "<name>-alarm-<alarm>", "<name>-alarms", "<name>-alarms-policy" and
// "<name>-alarms-to-<address>"; and "<name>-dashboard".
//
// The three roles can do nothing until [TokenValidator.GrantDatastore] says on
// which datastore: the datastore's definition needs the function first.
func NewTokenValidator(
	ctx *pulumi.Context, name string, args *TokenValidatorArgs, opts ...pulumi.ResourceOption,
) (*TokenValidator, error) {
	a, err := args.withDefaults(name)
	if err != nil {
		return nil, err
	}
	archive, err := a.Function.archive(ctx, PackageValidator)
	if err != nil {
		return nil, err
	}
	validator := &TokenValidator{}
	a.Function = a.Function.portable()
	if err := ctx.RegisterComponentResourceV2("smartlake:index:TokenValidator", name, tagged(a), validator, opts...); err != nil {
		return nil, err
	}
	if err := validator.newDataRoles(ctx, name, a); err != nil {
		return nil, err
	}
	function, err := validator.newFunction(ctx, name, a, archive)
	if err != nil {
		return nil, err
	}
	if err := validator.newAlias(ctx, name, a, function); err != nil {
		return nil, err
	}
	if err := validator.newAlarms(ctx, name, a); err != nil {
		return nil, err
	}
	if err := validator.newDashboard(ctx, name, a); err != nil {
		return nil, err
	}
	return validator, ctx.RegisterResourceOutputs(validator, tagged(validator))
}

// newDataRoles declares the roles that HealthLake assumes for a request that the
// validator lets pass.
func (v *TokenValidator) newDataRoles(ctx *pulumi.Context, name string, a TokenValidatorArgs) error {
	trust := placeOf(ctx, v).document(healthLakeTrust)
	role := func(suffix, description string) (*iam.Role, error) {
		return a.Roles.newRole(ctx, name+suffix, iam.RoleArgs{
			Description:      pulumi.String(description),
			AssumeRolePolicy: trust,
			Tags:             a.Tags,
		}, pulumi.Parent(v))
	}
	var err error
	if v.readRole, err = role("-read", "What HealthLake may do for a SMART token that only reads"); err != nil {
		return err
	}
	if v.writeRole, err = role("-write", "What HealthLake may do for a SMART token that writes"); err != nil {
		return err
	}
	if v.exportRole, err = role("-export", "What HealthLake may do for a SMART token that exports: start the job"); err != nil {
		return err
	}
	v.ReadRoleARN, v.WriteRoleARN, v.ExportRoleARN = v.readRole.Arn, v.writeRole.Arn, v.exportRole.Arn
	return nil
}

// newFunction declares the function that judges.
func (v *TokenValidator) newFunction(
	ctx *pulumi.Context, name string, a TokenValidatorArgs, archive string,
) (*lambda.Function, error) {
	program := goProgram{
		archive:              archive,
		description:          "Judges the SMART on FHIR tokens of a HealthLake datastore",
		executionDescription: "What the SMART token validator may do: write its log",
		timeoutSeconds:       timeoutSeconds,
		environment:          v.environment(a),
	}
	function, logs, err := program.declare(ctx, name, a.Function, a.Roles, a.Tags, v)
	if err != nil {
		return nil, err
	}
	v.LogGroupName = logs.Name
	return function, nil
}

// given reports whether a list is there, as far as that is known already.
func given(list pulumi.StringArrayInput) bool {
	plain, known := list.(pulumi.StringArray)
	return list != nil && (!known || len(plain) > 0)
}

func (v *TokenValidator) newAlias(ctx *pulumi.Context, name string, a TokenValidatorArgs, function *lambda.Function) error {
	alias, err := lambda.NewAlias(ctx, name+"-live", &lambda.AliasArgs{
		Name:            pulumi.String(wire.LiveAlias),
		Description:     pulumi.String("The version that HealthLake calls"),
		FunctionName:    function.Name,
		FunctionVersion: function.Version,
	}, pulumi.Parent(v))
	if err != nil {
		return err
	}
	permission := &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Principal: pulumi.String("healthlake.amazonaws.com"),
		Function:  function.Name,
		Qualifier: alias.Name,
	}
	if a.Function.RestrictToAccount {
		permission.SourceAccount = placeOf(ctx, v).account
	}
	if v.permission, err = lambda.NewPermission(ctx, name+"-invoke", permission, pulumi.Parent(v)); err != nil {
		return err
	}
	v.FunctionARN, v.FunctionName = alias.Arn, function.Name
	return v.newProvisionedConcurrency(ctx, name, a, alias)
}

// GrantDatastore lets the validator's roles act on one datastore: "<name>-read",
// "<name>-write" and "<name>-export". keyARN is the customer-managed key that the datastore is
// encrypted with, or nil. Give a parent among the options, but not the validator
// itself: a datastore that depends on it would wait for a policy that waits for
// the datastore.
func (v *TokenValidator) GrantDatastore(
	ctx *pulumi.Context, name string, datastoreARN, keyARN pulumi.StringInput, opts ...pulumi.ResourceOption,
) error {
	if keyARN == nil {
		keyARN = pulumi.String("")
	}
	grant := func(suffix string, role *iam.Role, actions []string) error {
		document := pulumi.All(datastoreARN, keyARN).ApplyT(func(arns []any) string {
			return datastoreAccess(actions, arns[0].(string), arns[1].(string))
		}).(pulumi.StringOutput)
		_, err := iam.NewRolePolicy(ctx, name+suffix, &iam.RolePolicyArgs{Role: role.Name, Policy: document}, opts...)
		return err
	}
	if err := grant("-read", v.readRole, readActions); err != nil {
		return err
	}
	if err := grant("-write", v.writeRole, sorted(slices.Concat(readActions, writeActions))); err != nil {
		return err
	}
	return grant("-export", v.exportRole, exportActions)
}
