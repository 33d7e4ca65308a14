package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
)

// lambdaTrust lets Lambda, on behalf of this account, run a function as the role.
func lambdaTrust(at place) string {
	return iampolicy.Allow(iampolicy.Statement{
		Principal: map[string]string{"Service": "lambda.amazonaws.com"},
		Action:    []string{"sts:AssumeRole"},
		Condition: iampolicy.Condition{"StringEquals": {"aws:SourceAccount": at.account}},
	}).JSON()
}

// newExecutionRole declares what the function runs as, and returns its rights too.
func (g goProgram) newExecutionRole(s site, f *FunctionArgs, logs *cloudwatch.LogGroup) (*iam.Role, []pulumi.Resource, error) {
	description := g.executionDescription
	if f.Tracing {
		description += " and its traces"
	}
	execution, err := s.newRole("-execution", description, s.place().document(lambdaTrust))
	if err != nil {
		return nil, nil, err
	}
	var rights []pulumi.Resource
	right := func(suffix string, policy pulumi.StringInput) error {
		granted, err := iam.NewRolePolicy(s.ctx, s.name+suffix, &iam.RolePolicyArgs{
			Role: execution.Name, Policy: policy,
		}, s.below())
		rights = append(rights, granted)
		return err
	}
	if err := right("-logging", logs.Arn.ApplyT(writeLogs).(pulumi.StringOutput)); err != nil {
		return nil, nil, err
	}
	if f.Tracing {
		if err := right("-tracing", pulumi.String(writeTraces())); err != nil {
			return nil, nil, err
		}
	}
	for _, more := range g.rights {
		if err := right(more.suffix, more.policy); err != nil {
			return nil, nil, err
		}
	}
	return execution, rights, nil
}

// writeLogs lets a function write the streams of one log group. The log group is
// made beforehand, so there is no right to create one.
func writeLogs(logGroupARN string) string {
	return iampolicy.Allow(iampolicy.Statement{
		Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resource: []string{logGroupARN + ":*"},
	}).JSON()
}

// writeTraces lets a function send its traces to X-Ray, whose actions know no
// resource
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html).
func writeTraces() string {
	return iampolicy.Allow(iampolicy.Statement{
		Action:   []string{"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
		Resource: []string{"*"},
	}).JSON()
}
