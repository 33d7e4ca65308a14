package components

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/packaging"
)

// Architecture is a processor architecture of Lambda.
type Architecture string

// The architectures.
const (
	// ARM64 is Graviton, which is cheaper.
	ARM64 Architecture = "arm64"
	// X8664 is the architecture of Intel and AMD.
	X8664 Architecture = "x86_64"
)

// LogLevel is the lowest level that a function logs.
type LogLevel string

// The levels.
const (
	// DebugLevel adds lines for finding faults.
	DebugLevel LogLevel = "debug"
	// InfoLevel logs every decision.
	InfoLevel LogLevel = "info"
	// WarnLevel logs events that an operator should look at.
	WarnLevel LogLevel = "warn"
	// ErrorLevel logs only failures.
	ErrorLevel LogLevel = "error"
)

// FunctionArgs configures a Lambda function.
type FunctionArgs struct {
	// Architecture is arm64 (default, cheaper) or x86_64.
	Architecture Architecture `pulumi:"architecture,optional"`
	// MemoryMB, which on Lambda also decides the processor time: 128 to 10240, by default
	// 512. With less, a cold start, which reads the key set over TLS, may take longer than
	// HealthLake's one second.
	MemoryMB int `pulumi:"memoryMb,optional"`
	// LogRetentionDays of the decisions: one of CloudWatch's values, by default 365.
	LogRetentionDays int `pulumi:"logRetentionDays,optional"`
	// LogKMSKeyARN of the symmetric key that encrypts the log group. Its policy must let
	// logs.<region>.amazonaws.com use it, or AWS cannot create the log group: kms:Encrypt*,
	// kms:Decrypt*, kms:ReEncrypt*, kms:GenerateDataKey* and kms:Describe*, where
	// kms:EncryptionContext:aws:logs:arn is like
	// arn:<partition>:logs:<region>:<account>:log-group:*
	// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
	// By default the key that is created for the datastore, and otherwise a key of
	// CloudWatch's own. Without its key, the log cannot be read.
	LogKMSKeyARN pulumi.StringInput `pulumi:"logKmsKeyArn,optional"`
	// LogLevel is debug, info (default: every decision), warn or error.
	LogLevel LogLevel `pulumi:"logLevel,optional"`
	// ReservedConcurrency is how many executions may run at the same time. Lambda reserves
	// them for this function, and never runs more. By default 0: none is reserved, and the
	// function shares the account's quota. Beyond the limit Lambda throttles, and HealthLake
	// refuses those requests.
	ReservedConcurrency int `pulumi:"reservedConcurrency,optional"`
	// ProvisionedConcurrency keeps executions warm. By default none: a cold start of
	// 512 MB takes a twentieth of HealthLake's second.
	ProvisionedConcurrency *ProvisionedConcurrencyArgs `pulumi:"provisionedConcurrency,optional"`
	// Tracing makes X-Ray sample the calls. By default false. X-Ray bills traces.
	Tracing bool `pulumi:"tracing,optional"`
	// RestrictToAccount lets HealthLake call the function on behalf of this account only. By
	// default false: it is unverified whether HealthLake's calls name the account. If they
	// do not, this setting makes every request fail.
	RestrictToAccount bool `pulumi:"restrictToAccount,optional"`
	// Archive is the path of a prebuilt zip archive with an executable "bootstrap". By
	// default one that is built from source.
	Archive string `pulumi:"archive,optional"`
	// Package builds the archive for a platform if Archive is empty, and returns its path.
	// It may write its output to progress, which may be nil. By default [PackageValidator],
	// [PackageLaunchContext] or [PackageFrontDoor]. It is for programs that run where none
	// of these works. Other languages do not have it.
	Package func(ctx context.Context, platform Platform, progress io.Writer) (string, error) `json:"-"`
}

var logRetentions = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

func (f *FunctionArgs) withDefaults() *FunctionArgs {
	f = copyOf(f)
	if f.Architecture == "" {
		f.Architecture = ARM64
	}
	if f.MemoryMB == 0 {
		f.MemoryMB = 512
	}
	if f.LogRetentionDays == 0 {
		f.LogRetentionDays = 365
	}
	if f.LogLevel == "" {
		f.LogLevel = InfoLevel
	}
	f.ProvisionedConcurrency = f.ProvisionedConcurrency.withDefaults()
	return f
}

func (f *FunctionArgs) check(p *problems, field string) {
	oneOf(p, field+".architecture", f.Architecture, ARM64, X8664)
	p.inRange(field+".memoryMb", f.MemoryMB, 128, 10240, "MB")
	oneOf(p, field+".logLevel", f.LogLevel, DebugLevel, InfoLevel, WarnLevel, ErrorLevel)
	if !slices.Contains(logRetentions, f.LogRetentionDays) {
		p.add(field+".logRetentionDays", f.LogRetentionDays, "must be one of "+strings.ReplaceAll(strings.Trim(fmt.Sprint(logRetentions), "[]"), " ", ", "))
	}
	p.patternWhereKnown(field+".logKmsKeyArn", f.LogKMSKeyARN, keyARNPattern, keyARNWanted)
	if f.ReservedConcurrency < 0 {
		p.add(field+".reservedConcurrency", f.ReservedConcurrency, "must be 0 (reserves none) or more")
	}
	f.ProvisionedConcurrency.check(p, field+".provisionedConcurrency", f.ReservedConcurrency)
}

// logsDecisions reports whether the log has a line for each decision, and not failures alone.
func (f *FunctionArgs) logsDecisions() bool {
	return f.LogLevel != WarnLevel && f.LogLevel != ErrorLevel
}

// checkArchive refuses an archive that Lambda could not run.
func (f *FunctionArgs) checkArchive(p *problems, field string) {
	if f.Archive == "" {
		return
	}
	if refused := packaging.Check(f.Archive, string(f.Architecture)); refused != "" {
		p.add(field+".archive", f.Archive, refused)
	}
}

// inheriting takes what is left out from the function of the whole. An archive holds one
// function and is never another's; a reservation and warm executions are a function's own.
func (f *FunctionArgs) inheriting(whole *FunctionArgs) *FunctionArgs {
	own, from := orDefault(f, FunctionArgs{}), orDefault(whole, FunctionArgs{})
	inherited := &FunctionArgs{
		Architecture:     cmp.Or(own.Architecture, from.Architecture),
		MemoryMB:         cmp.Or(own.MemoryMB, from.MemoryMB),
		LogRetentionDays: cmp.Or(own.LogRetentionDays, from.LogRetentionDays),
		LogLevel:         cmp.Or(own.LogLevel, from.LogLevel),
		LogKMSKeyARN:     own.LogKMSKeyARN,
		Tracing:          own.Tracing || from.Tracing,

		ReservedConcurrency:    own.ReservedConcurrency,
		ProvisionedConcurrency: own.ProvisionedConcurrency,
		Archive:                own.Archive,
		Package:                own.Package,
	}
	if own.LogKMSKeyARN == nil {
		inherited.LogKMSKeyARN = from.LogKMSKeyARN
	}
	return inherited
}

// portable leaves out what differs from machine to machine: a path is nothing to record.
func (f *FunctionArgs) portable() *FunctionArgs {
	f = copyOf(f)
	f.Archive = ""
	return f
}

// archive returns the path of the given archive, or of one that is built.
func (f *FunctionArgs) archive(
	ctx *pulumi.Context, build func(context.Context, Platform, io.Writer) (string, error),
) (string, error) {
	if f.Archive != "" {
		return f.Archive, nil
	}
	if f.Package != nil {
		build = f.Package
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
	environment          pulumi.StringMapInput
	rights               []namedPolicy // of the execution role, besides its log
}

// namedPolicy is a policy of a role, in a resource of the component's name and a suffix.
type namedPolicy struct {
	suffix string
	policy pulumi.StringInput
}

// running is a declared function with what it runs as and logs to.
type running struct {
	function  *lambda.Function
	execution *iam.Role
	logs      *cloudwatch.LogGroup
}

// declare declares the function with what it runs as and logs to: "<name>-logs",
// "<name>-execution", "<name>-logging", "<name>-function" and, where it is traced,
// "<name>-tracing". The function depends on its rights, so that not even its first
// call goes unrecorded.
func (g goProgram) declare(s site, f *FunctionArgs) (running, error) {
	logs, err := f.newLogGroup(s, "-logs")
	if err != nil {
		return running{}, err
	}
	execution, rights, err := g.newExecutionRole(s, f, logs)
	if err != nil {
		return running{}, err
	}
	args := &lambda.FunctionArgs{
		Description:   pulumi.String(g.description),
		Runtime:       pulumi.String(lambda.RuntimeCustomAL2023),
		Handler:       pulumi.String(packaging.Bootstrap),
		Architectures: pulumi.ToStringArray([]string{string(f.Architecture)}),
		Code:          pulumi.NewFileArchive(g.archive),
		Role:          execution.Arn,
		MemorySize:    pulumi.Int(f.MemoryMB),
		Timeout:       pulumi.Int(g.timeoutSeconds),
		Publish:       pulumi.Bool(true),
		Environment:   lambda.FunctionEnvironmentArgs{Variables: g.environment},
		LoggingConfig: lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("Text"), LogGroup: logs.Name},
		TracingConfig: lambda.FunctionTracingConfigArgs{Mode: pulumi.String("PassThrough")},
		Tags:          s.tags,
	}
	if f.Tracing {
		args.TracingConfig = lambda.FunctionTracingConfigArgs{Mode: pulumi.String("Active")}
	}
	if f.ReservedConcurrency > 0 {
		args.ReservedConcurrentExecutions = pulumi.Int(f.ReservedConcurrency)
	}
	function, err := lambda.NewFunction(s.ctx, s.name+"-function", args, s.below(), pulumi.DependsOn(rights))
	return running{function, execution, logs}, err
}

// newLogGroup declares the log group of the component's name and a suffix.
func (f *FunctionArgs) newLogGroup(s site, suffix string) (*cloudwatch.LogGroup, error) {
	args := &cloudwatch.LogGroupArgs{RetentionInDays: pulumi.Int(f.LogRetentionDays), Tags: s.tags}
	if f.LogKMSKeyARN != nil {
		args.KmsKeyId = matching("function.logKmsKeyArn", f.LogKMSKeyARN, keyARNPattern, keyARNWanted)
	}
	return cloudwatch.NewLogGroup(s.ctx, s.name+suffix, args, s.below())
}
