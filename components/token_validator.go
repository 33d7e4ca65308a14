package components

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// TokenValidator is the Lambda function that HealthLake asks about every bearer token, and
// the three roles that it can name in its answer.
type TokenValidator struct {
	pulumi.ResourceState

	// FunctionARN of the alias "live", which HealthLake calls.
	FunctionARN pulumi.StringOutput `pulumi:"functionArn"`
	// FunctionName without the alias, as in metrics and alarms.
	FunctionName pulumi.StringOutput `pulumi:"functionName"`
	// LogGroupName of the log group with one line for each decision.
	LogGroupName pulumi.StringOutput `pulumi:"logGroupName"`
	// LogGroupARN of that log group.
	LogGroupARN pulumi.StringOutput `pulumi:"logGroupArn"`
	// ExecutionRoleName of the role that the function runs as.
	ExecutionRoleName pulumi.StringOutput `pulumi:"executionRoleName"`
	// ExecutionRoleARN of the role that the function runs as.
	ExecutionRoleARN pulumi.StringOutput `pulumi:"executionRoleArn"`
	// ReadRoleName of the role that HealthLake assumes for tokens that only read.
	ReadRoleName pulumi.StringOutput `pulumi:"readRoleName"`
	// ReadRoleARN of the role that HealthLake assumes for tokens that only read.
	ReadRoleARN pulumi.StringOutput `pulumi:"readRoleArn"`
	// WriteRoleName of the role that HealthLake assumes for all other tokens.
	WriteRoleName pulumi.StringOutput `pulumi:"writeRoleName"`
	// WriteRoleARN of the role that HealthLake assumes for all other tokens.
	WriteRoleARN pulumi.StringOutput `pulumi:"writeRoleArn"`
	// ExportRoleName of the role that HealthLake assumes for an export.
	ExportRoleName pulumi.StringOutput `pulumi:"exportRoleName"`
	// ExportRoleARN of the role that HealthLake assumes for an export by a client whose
	// system/ scopes read every resource. The job writes its files with another role: see
	// [BulkDataStore].
	ExportRoleARN pulumi.StringOutput `pulumi:"exportRoleArn"`

	// AlarmTopicARN of the topic that gets the alarms, absent without alarms.
	AlarmTopicARN pulumi.StringPtrOutput `pulumi:"alarmTopicArn"`
	// DashboardName of the CloudWatch dashboard, absent without one.
	DashboardName pulumi.StringPtrOutput `pulumi:"dashboardName"`

	site       site
	permission *lambda.Permission // the last of the children: with it, HealthLake can call
}

// TokenValidatorArgs are the arguments of [NewTokenValidator].
type TokenValidatorArgs struct {
	// Issuers whose tokens the function accepts: exact "iss" values. Required.
	Issuers pulumi.StringArrayInput `pulumi:"issuers"`
	// JWKSURI is the https URL of the issuers' key set. Required.
	JWKSURI pulumi.StringInput `pulumi:"jwksUri"`
	// Clients whose tokens the function accepts, and their users. Required.
	Clients []AcceptedClientArgs `pulumi:"clients"`
	// AuthorizationStrategy of the datastore. By default SMART_ON_FHIR.
	AuthorizationStrategy smart.AuthorizationStrategy `pulumi:"authorizationStrategy,optional"`
	// Function changes how the function runs.
	Function *FunctionArgs `pulumi:"function,optional"`
	// Roles are the path and permissions boundary of every IAM role.
	Roles *RolesArgs `pulumi:"roles,optional"`
	// Alarms of the function. By default none.
	Alarms *ValidatorAlarmsArgs `pulumi:"alarms,optional"`
	// Dashboard of the function in CloudWatch, with saved queries of its log: CloudWatch Logs
	// Insights lists them in a folder of the function's name. By default none: CloudWatch
	// bills dashboards beyond the first few of an account. With a function.logLevel of warn
	// or error, the log has only failures, and most graphs and queries stay empty.
	Dashboard bool `pulumi:"dashboard,optional"`
	// Audit adds to the log what the security office asks for. By default none.
	Audit *AuditArgs `pulumi:"audit,optional"`
	// Tags of every resource that takes tags. By default none.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
}

// timeoutSeconds is above the second that HealthLake waits: the validator itself
// answers within 800 ms, and being killed by Lambda at the same moment would cost the
// next request a cold start.
const timeoutSeconds = 2

// tokenValidatorPlan is what a [TokenValidator] is declared from: arguments that are
// checked and left no default out, and the archive of the function.
type tokenValidatorPlan struct {
	TokenValidatorArgs
	archive string
}

// normalize fills in what was left out and checks everything. The caller's value stays
// as it is.
func (args *TokenValidatorArgs) normalize(name string) (tokenValidatorPlan, error) {
	a := orDefault(args, TokenValidatorArgs{})
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
		field, accepted string
		given           bool
	}{
		{"issuers", "add at least one issuer, as tokens have it in iss", given(a.Issuers)},
		{"jwksUri", "set it to the https URL of the issuer's key set", a.JWKSURI != nil},
		{"clients", "add at least one client", len(a.Clients) > 0},
	} {
		if !required.given {
			p.missing(required.field, required.accepted)
		}
	}
	checkAccepted(&p, "clients", a.Clients)
	p.checkStrategy("authorizationStrategy", a.AuthorizationStrategy)
	a.checkSettings(&p, name)
	a.Tags = p.checkTags("tags", a.Tags)
	return tokenValidatorPlan{TokenValidatorArgs: a}, p.err("TokenValidator", name)
}

// checkSettings checks what a validator of its own and that of a [SmartDatastore] have
// in common.
func (a TokenValidatorArgs) checkSettings(p *problems, name string) {
	a.Function.check(p, "function")
	a.Function.checkArchive(p, "function")
	a.Roles.check(p, "roles")
	a.Alarms.check(p, "alarms", a.Function)
	a.Audit.check(p, "audit", a.Function)
	a.checkEnvironment(p, name)
}

// NewTokenValidator declares the function, packaged from this module's source
// unless an archive is given. Children are named after the component:
// "<name>-logs", "<name>-execution", "<name>-logging", "<name>-read",
// "<name>-write", "<name>-export", "<name>-function", "<name>-live" and "<name>-invoke"; with
// provisioned concurrency "<name>-provisioned", "<name>-scaling",
// "<name>-tracking" and "<name>-schedule-<schedule>"; with tracing "<name>-tracing";
// with alarms "<name>-alarm-<alarm>", "<name>-alarms", "<name>-alarms-policy" and
// "<name>-alarms-to-<address>"; with a dashboard "<name>-dashboard" and
// "<name>-query-<question>".
//
// The three roles have no rights until you declare a [DatastoreGrant], which is separate
// because the datastore needs the function first.
func NewTokenValidator(
	ctx *pulumi.Context, name string, args *TokenValidatorArgs, opts ...pulumi.ResourceOption,
) (*TokenValidator, error) {
	plan, err := args.normalize(name)
	if err != nil {
		return nil, err
	}
	if plan.archive, err = plan.Function.archive(ctx, PackageValidator); err != nil {
		return nil, err
	}
	validator, err := plan.declare(ctx, name, opts...)
	if err != nil {
		return nil, err
	}
	return validator, plan.finish(validator, nil, nil)
}

// declare declares all but what [tokenValidatorPlan.finish] does.
func (a tokenValidatorPlan) declare(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*TokenValidator, error) {
	validator := &TokenValidator{}
	a.Function = a.Function.portable()
	if err := ctx.RegisterComponentResourceV2("smartlake:index:TokenValidator", name, tagged(a.TokenValidatorArgs), validator, opts...); err != nil {
		return nil, err
	}
	s := newSite(ctx, name, validator, a.Tags, a.Roles)
	validator.site = s
	if err := validator.newDataRoles(s); err != nil {
		return nil, err
	}
	function, err := validator.newFunction(s, a)
	if err != nil {
		return nil, err
	}
	if err := validator.newAlias(s, a, function); err != nil {
		return nil, err
	}
	return validator, validator.newAlarms(s, a.TokenValidatorArgs)
}

// finish declares the dashboard with the saved queries, also those about the front door and
// the launch context if there are any. The front door stands in front of the datastore that
// the validator is declared before.
func (a tokenValidatorPlan) finish(validator *TokenValidator, door *FrontDoor, context *LaunchContext) error {
	if err := validator.newDashboard(validator.site, a.TokenValidatorArgs, door); err != nil {
		return err
	}
	if err := validator.newSavedQueries(validator.site, a.TokenValidatorArgs, door, context); err != nil {
		return err
	}
	return validator.site.ctx.RegisterResourceOutputs(validator, tagged(validator))
}

// newFunction declares the function that judges.
func (v *TokenValidator) newFunction(s site, a tokenValidatorPlan) (*lambda.Function, error) {
	program := goProgram{
		archive:              a.archive,
		description:          "Judges the SMART on FHIR tokens of a HealthLake datastore",
		executionDescription: "What the SMART token validator may do: write its log",
		timeoutSeconds:       timeoutSeconds,
		environment:          v.environment(a.TokenValidatorArgs),
	}
	declared, err := program.declare(s, a.Function)
	if err != nil {
		return nil, err
	}
	v.LogGroupName, v.LogGroupARN = declared.logs.Name, declared.logs.Arn
	v.ExecutionRoleName, v.ExecutionRoleARN = declared.execution.Name, declared.execution.Arn
	return declared.function, nil
}

// given reports whether a list is there, as far as that is known already.
func given(list pulumi.StringArrayInput) bool {
	plain, known := list.(pulumi.StringArray)
	return list != nil && (!known || len(plain) > 0)
}

func (v *TokenValidator) newAlias(s site, a tokenValidatorPlan, function *lambda.Function) error {
	alias, err := lambda.NewAlias(s.ctx, s.name+"-live", &lambda.AliasArgs{
		Name:            pulumi.String(wire.LiveAlias),
		Description:     pulumi.String("The version that HealthLake calls"),
		FunctionName:    function.Name,
		FunctionVersion: function.Version,
	}, s.below())
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
		permission.SourceAccount = s.place().account
	}
	if v.permission, err = lambda.NewPermission(s.ctx, s.name+"-invoke", permission, s.below()); err != nil {
		return err
	}
	v.FunctionARN, v.FunctionName = alias.Arn, function.Name
	return a.Function.ProvisionedConcurrency.declare(s, alias)
}
