package deploypolicy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/deploypolicy"
)

// platform is a program with a component of its own, a provider for another region, and a
// type that is not known.
func platform(ctx *pulumi.Context) error {
	team := &struct{ pulumi.ResourceState }{}
	if err := ctx.RegisterComponentResource("team:index:Service", "service", team); err != nil {
		return err
	}
	elsewhere, err := aws.NewProvider(ctx, "elsewhere", &aws.ProviderArgs{Region: pulumi.String("eu-west-2")})
	if err != nil {
		return err
	}
	if _, err := cloudwatch.NewLogGroup(ctx, "here", nil, pulumi.Parent(team)); err != nil {
		return err
	}
	if _, err := cloudwatch.NewLogGroup(ctx, "there", nil, pulumi.Provider(elsewhere)); err != nil {
		return err
	}
	for _, name := range []string{"jobs", "mails"} {
		if _, err := sqs.NewQueue(ctx, name, nil); err != nil {
			return err
		}
	}
	return nil
}

func TestThePolicyOfAnotherProgramNamesWhatItHasNoRightsFor(t *testing.T) {
	g := declaredtest.Run(t, platform)
	documents, leftOut, err := deploypolicy.DeployKnown(g, false)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{`aws:sqs/queue:Queue "jobs"`, `aws:sqs/queue:Queue "mails"`}; !slices.Equal(leftOut, want) {
		t.Errorf("left out %q, want %q", leftOut, want)
	}
	var on []string
	for _, statement := range documents[0].Statement {
		if slices.Contains(statement.Action, "logs:CreateLogGroup") {
			on = append(on, statement.Resource...)
		}
	}
	slices.Sort(on)
	if len(on) != 2 || !strings.HasPrefix(on[0], "arn:aws:logs:eu-west-2:123456789012:log-group:there-") || !strings.HasPrefix(on[1], "arn:aws:logs:us-east-1:123456789012:log-group:here-") {
		t.Errorf("log groups on %q", on)
	}
	_, err = deploypolicy.Deploy(g, false)
	const each = ": no rights are known for this type of resource: add them to the table in internal/deploypolicy/rights.go"
	if err == nil || err.Error() != leftOut[0]+each+"\n"+leftOut[1]+each {
		t.Errorf("as this repository's program: got %v", err)
	}
}
