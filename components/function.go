package components

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FunctionArgs say how a function runs.
type FunctionArgs struct {
	// Architecture is arm64 (default, cheaper) or x86_64.
	Architecture string `pulumi:"architecture,optional"`
	// MemoryMB, which on Lambda also buys processor time: 128 to 10240, by
	// default 512. Less makes the TLS handshake of a cold start, which reads the
	// key set, slow enough to endanger HealthLake's one second.
	MemoryMB int `pulumi:"memoryMb,optional"`
	// LogRetentionDays of the decisions: one of CloudWatch's values, by default 365.
	LogRetentionDays int `pulumi:"logRetentionDays,optional"`
	// LogLevel is debug, info (default: every decision), warn or error.
	LogLevel string `pulumi:"logLevel,optional"`
	// RestrictToAccount lets HealthLake call the function on behalf of this
	// account only. By default false: it is unverified whether HealthLake's calls
	// carry the account, and if they do not, every request would be refused.
	RestrictToAccount bool `pulumi:"restrictToAccount,optional"`
	// Archive is the path of a prebuilt zip archive, with an executable
	// "bootstrap", to use instead of building one.
	Archive string `pulumi:"archive,optional"`
}

var logRetentions = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

func (f FunctionArgs) withDefaults() FunctionArgs {
	if f.Architecture == "" {
		f.Architecture = "arm64"
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = 512
	}
	if f.LogRetentionDays == 0 {
		f.LogRetentionDays = 365
	}
	if f.LogLevel == "" {
		f.LogLevel = "info"
	}
	return f
}

func (f FunctionArgs) check(p *problems, field string) {
	p.oneOf(field+".architecture", f.Architecture, "arm64", "x86_64")
	p.inRange(field+".memoryMb", f.MemoryMB, 128, 10240, "MB")
	p.oneOf(field+".logLevel", f.LogLevel, "debug", "info", "warn", "error")
	if !slices.Contains(logRetentions, f.LogRetentionDays) {
		p.add(field+".logRetentionDays", f.LogRetentionDays, fmt.Sprintf("want one of %v", logRetentions))
	}
	f.checkArchive(p, field)
}

func (f FunctionArgs) checkArchive(p *problems, field string) {
	if f.Archive != "" {
		p.checkArchive(field+".archive", f.Archive, f.Architecture)
	}
}

// archive returns the path of the given archive, or of one that is built.
func (f FunctionArgs) archive(
	ctx *pulumi.Context, build func(context.Context, Platform, io.Writer) (string, error),
) (string, error) {
	if f.Archive != "" {
		return f.Archive, nil
	}
	return build(ctx.Context(), LambdaPlatform(f.Architecture), nil)
}

// goProgram is what tells one Go program that runs as a function from another.
// How a function is declared is the same for all of them.
type goProgram struct {
	archive              string // path of a zip archive with the executable "bootstrap"
	description          string
	executionDescription string // what its execution role is for
	timeoutSeconds       int
	environment          pulumi.StringMap
}

// declare declares the function with what it runs as and logs to: "<name>-logs",
// "<name>-execution", "<name>-logging" and "<name>-function". The function depends
// on its right to log, so that not even its first call goes unrecorded.
func (g goProgram) declare(
	ctx *pulumi.Context, name string, f FunctionArgs, roles RoleArgs, tags pulumi.StringMapInput, parent pulumi.Resource,
) (*lambda.Function, *cloudwatch.LogGroup, error) {
	logs, err := cloudwatch.NewLogGroup(ctx, name+"-logs", &cloudwatch.LogGroupArgs{
		RetentionInDays: pulumi.Int(f.LogRetentionDays),
		Tags:            tags,
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, nil, err
	}
	execution, err := roles.newRole(ctx, name+"-execution", iam.RoleArgs{
		Description:      pulumi.String(g.executionDescription),
		AssumeRolePolicy: placeOf(ctx, parent).document(lambdaTrust),
		Tags:             tags,
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, nil, err
	}
	logging, err := iam.NewRolePolicy(ctx, name+"-logging", &iam.RolePolicyArgs{
		Role:   execution.Name,
		Policy: logs.Arn.ApplyT(writeLogs).(pulumi.StringOutput),
	}, pulumi.Parent(parent))
	if err != nil {
		return nil, nil, err
	}
	function, err := lambda.NewFunction(ctx, name+"-function", &lambda.FunctionArgs{
		Description:   pulumi.String(g.description),
		Runtime:       pulumi.String(lambda.RuntimeCustomAL2023),
		Handler:       pulumi.String(bootstrapFile),
		Architectures: pulumi.ToStringArray([]string{f.Architecture}),
		Code:          pulumi.NewFileArchive(g.archive),
		Role:          execution.Arn,
		MemorySize:    pulumi.Int(f.MemoryMB),
		Timeout:       pulumi.Int(g.timeoutSeconds),
		Publish:       pulumi.Bool(true),
		Environment:   lambda.FunctionEnvironmentArgs{Variables: g.environment},
		LoggingConfig: lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("Text"), LogGroup: logs.Name},
		TracingConfig: lambda.FunctionTracingConfigArgs{Mode: pulumi.String("PassThrough")},
		Tags:          tags,
	}, pulumi.Parent(parent), pulumi.DependsOn([]pulumi.Resource{logging}))
	return function, logs, err
}
