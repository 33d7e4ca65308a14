package components

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// alarm is a row of a component's table of alarms, without what all alarms have in common.
type alarm struct {
	name string
	args *cloudwatch.MetricAlarmArgs
}

// declareAlarms declares alarms "<name>-alarm-<alarm>", which tell a topic once what it needs
// is ready.
func declareAlarms(s site, alarms []alarm, topic pulumi.StringInput, ready ...pulumi.Resource) error {
	for _, a := range alarms {
		a.args.AlarmActions, a.args.OkActions = pulumi.Array{topic}, pulumi.Array{topic}
		a.args.ComparisonOperator = pulumi.String("GreaterThanOrEqualToThreshold")
		// Nobody calls, nothing is measured: that is no trouble of the function's.
		a.args.TreatMissingData = pulumi.String("notBreaching")
		a.args.Tags = s.tags
		if _, err := cloudwatch.NewMetricAlarm(s.ctx, s.name+"-alarm-"+a.name, a.args, s.below(), pulumi.DependsOn(ready)); err != nil {
			return err
		}
	}
	return nil
}

// metric is one of CloudWatch's.
type metric struct {
	namespace, name string
	dimensions      pulumi.StringMap
}

// ofFunction is a metric that Lambda keeps of a function.
func ofFunction(name string, function pulumi.StringInput) metric {
	return metric{"AWS/Lambda", name, pulumi.StringMap{"FunctionName": function}}
}

// ofAPI is a metric that API Gateway keeps of an HTTP API.
func ofAPI(name string, apiID pulumi.StringInput) metric {
	return metric{"AWS/ApiGateway", name, pulumi.StringMap{"ApiId": apiID}}
}

// measure is when a metric is too high: its statistic over each of the last periods, and in
// how many of them it reaches the threshold.
type measure struct {
	metric
	statistic           string // such as Sum; one like p99 is a percentile
	seconds             int    // of a period
	datapoints, periods int    // in so many of so many periods
	threshold           float64
}

// sum is too high where it reaches the threshold in some of the last periods.
func (m metric) sum(seconds, datapoints, periods int, threshold float64) measure {
	return measure{m, "Sum", seconds, datapoints, periods, threshold}
}

// once is too high where it is counted once in a minute.
func (m metric) once() measure { return m.sum(60, 1, 1, 1) }

// slow is too high where one in a hundred takes so many milliseconds in three of the last
// five minutes.
func (m metric) slow(milliseconds int) measure {
	return measure{m, "p99", 60, 3, 5, float64(milliseconds)}
}

// args are those of an alarm with this description.
func (m measure) args(description string) *cloudwatch.MetricAlarmArgs {
	args := &cloudwatch.MetricAlarmArgs{
		AlarmDescription: pulumi.String(description),
		Namespace:        pulumi.String(m.namespace), MetricName: pulumi.String(m.name), Dimensions: m.dimensions,
		Period: pulumi.Int(m.seconds), EvaluationPeriods: pulumi.Int(m.periods), DatapointsToAlarm: pulumi.Int(m.datapoints),
		Threshold: pulumi.Float64(m.threshold),
	}
	if !strings.HasPrefix(m.statistic, "p") {
		args.Statistic = pulumi.String(m.statistic)
		return args
	}
	args.ExtendedStatistic = pulumi.String(m.statistic)
	// CloudWatch calls fewer than 1000 calls in a minute too few for a p99 and would
	// leave the alarm as it is; a datastore of few users would never have one.
	args.EvaluateLowSampleCountPercentiles = pulumi.String("evaluate")
	return args
}
