package components

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// ValidatorAlarmsArgs configures the six CloudWatch alarms of a token validator: errors,
// throttles, duration, denials, key set failures and concurrency. CloudWatch bills each
// alarm by the month.
type ValidatorAlarmsArgs struct {
	// TopicARN of a standard SNS topic in this region that gets a message when an alarm
	// begins and ends. Its policy and the policy of its key must let
	// cloudwatch.amazonaws.com publish; the key cannot be alias/aws/sns. By default a topic
	// is created.
	TopicARN pulumi.StringInput `pulumi:"topicArn,optional"`
	// TopicKMSKeyARN of the symmetric key that encrypts a created topic. Its policy must let
	// cloudwatch.amazonaws.com use it: kms:Decrypt and kms:GenerateDataKey*
	// (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html). By default the
	// key that is created for the datastore; without one the topic is not encrypted, because
	// CloudWatch cannot use the key that AWS manages for SNS. The messages contain only
	// names and numbers of metrics.
	TopicKMSKeyARN pulumi.StringInput `pulumi:"topicKmsKeyArn,optional"`
	// Emails that the created topic writes to. SNS first asks each address to confirm, and
	// sends no messages before that. By default none. Refused with a TopicARN. The name of
	// an address's resource contains the address, or its place in the list if the address is
	// an output of another resource.
	Emails []pulumi.StringInput `pulumi:"emails,optional"`
	// Thresholds of the alarms.
	Thresholds *ValidatorAlarmThresholdsArgs `pulumi:"thresholds,optional"`
}

// ValidatorAlarmThresholdsArgs are the values that trigger the alarms.
type ValidatorAlarmThresholdsArgs struct {
	// DurationMs is the p99 of the duration that triggers the alarm: 1 to 1000, by default
	// 800. HealthLake waits 1000 ms.
	DurationMs int `pulumi:"durationMs,optional"`
	// DenialPercent is the share of denied requests that triggers the alarm: 1 to 100, by
	// default 50.
	DenialPercent int `pulumi:"denialPercent,optional"`
	// ConcurrencyPercent is the share of the concurrent executions that triggers the alarm:
	// 1 to 100, by default 80. It refers to the reserved concurrency or, without one, to the
	// account's quota in the region.
	ConcurrencyPercent int `pulumi:"concurrencyPercent,optional"`
}

// denialSample is how many requests there must be in five minutes for a share of
// them to mean something.
const denialSample = 20

var topicARNPattern = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$`)

const emailWanted = "must be an email address"

const topicARNWanted = "must be the ARN of a standard SNS topic, arn:<partition>:sns:<region>:<account>:<name>"

// withDefaults leaves no alarms where none are wanted.
func (a *ValidatorAlarmsArgs) withDefaults() *ValidatorAlarmsArgs {
	if a == nil {
		return nil
	}
	a = copyOf(a)
	a.Thresholds = copyOf(a.Thresholds)
	for _, number := range []struct {
		field    *int
		fallback int
	}{
		{&a.Thresholds.DurationMs, 800},
		{&a.Thresholds.DenialPercent, 50},
		{&a.Thresholds.ConcurrencyPercent, 80},
	} {
		if *number.field == 0 {
			*number.field = number.fallback
		}
	}
	return a
}

func (a *ValidatorAlarmsArgs) check(p *problems, field string, f *FunctionArgs) {
	if a == nil {
		return
	}
	p.patternWhereKnown(field+".topicArn", a.TopicARN, topicARNPattern, topicARNWanted)
	p.patternWhereKnown(field+".topicKmsKeyArn", a.TopicKMSKeyARN, keyARNPattern, keyARNWanted)
	if a.TopicARN != nil && a.TopicKMSKeyARN != nil {
		p.refuse(field+".topicKmsKeyArn", "cannot be combined with topicArn; remove it, because an existing topic already has its key")
	}
	if a.TopicARN != nil && len(a.Emails) > 0 {
		p.add(field+".emails", toldTexts(pulumi.StringArray(a.Emails)), "cannot be combined with topicArn; subscribe the addresses where that topic is declared")
	}
	for i, email := range a.Emails {
		at := fmt.Sprintf("%s.emails[%d]", field, i)
		if email == nil {
			p.missing(at, emailWanted)
		}
		p.patternWhereKnown(at, email, emailPattern, emailWanted)
		if text, known := email.(pulumi.String); known && slices.Contains(a.Emails[:i], email) {
			p.add(at, string(text), "listed twice; list each address once")
		}
	}
	p.inRange(field+".thresholds.durationMs", a.Thresholds.DurationMs, 1, 1000, "milliseconds")
	p.inRange(field+".thresholds.denialPercent", a.Thresholds.DenialPercent, 1, 100, "percent")
	p.inRange(field+".thresholds.concurrencyPercent", a.Thresholds.ConcurrencyPercent, 1, 100, "percent")
	if !f.logsDecisions() {
		p.add("function.logLevel", string(f.LogLevel), "must be info or debug with alarms; they count grants and denials from log lines of level info")
	}
}

// newAlarms declares the alarms, and the topic that is told of them.
func (v *TokenValidator) newAlarms(s site, a TokenValidatorArgs) error {
	v.AlarmTopicARN = absent()
	if a.Alarms == nil {
		return nil
	}
	topic, ready, err := a.Alarms.topic(s)
	if err != nil {
		return err
	}
	v.AlarmTopicARN = topic.ToStringPtrOutput()
	return declareAlarms(s, a.alarms(v.FunctionName), topic, ready...)
}

// alarms of the function. Their descriptions are what the person reads who is woken.
func (a TokenValidatorArgs) alarms(function pulumi.StringInput) []alarm {
	keySetFailures := metric{wire.MetricsNamespace, wire.MetricKeySetFailures, pulumi.StringMap{wire.DimensionFunction: function}}
	return []alarm{
		{"errors", ofFunction("Errors", function).once().args("Calls of the token validator failed, and HealthLake refused their requests. It answers whatever the token, " +
			"so this is its environment, its time or its memory: read the log group's last lines of level ERROR, and Lambda's own.")},
		{"throttles", ofFunction("Throttles", function).once().args("Lambda did not run the token validator for want of concurrency, and HealthLake refused those requests. " +
			"Raise reservedConcurrency, or the account's quota of concurrent executions.")},
		{"duration", ofFunction("Duration", function).slow(a.Alarms.Thresholds.DurationMs).args(fmt.Sprintf(
			"One call in a hundred of the token validator takes %d ms or more, cold starts not counted; HealthLake gives up after 1000. "+
				"If key sets fail too, it is the issuer; if not, give the function more memory, or provisioned concurrency.", a.Alarms.Thresholds.DurationMs))},
		{"denials", a.denials(function)},
		{"key-set-failures", keySetFailures.sum(60, 2, 5, 1).args("The token validator could not read the issuer's key set, and refused requests for it: those with tokens of keys that it does not know. " +
			"The log says why (key_set_error). Known keys count for 6 hours; it recovers by itself after the issuer does.")},
		{"concurrency", a.concurrency(function)},
	}
}

// denials are a share of the requests, since some are always refused: tokens expire.
func (a TokenValidatorArgs) denials(function pulumi.StringInput) *cloudwatch.MetricAlarmArgs {
	count := func(name string) cloudwatch.MetricAlarmMetricQueryArgs {
		return cloudwatch.MetricAlarmMetricQueryArgs{Id: pulumi.String(name), Metric: cloudwatch.MetricAlarmMetricQueryMetricArgs{
			Namespace: pulumi.String(wire.MetricsNamespace), MetricName: pulumi.String(name), Dimensions: pulumi.StringMap{wire.DimensionFunction: function},
			Stat: pulumi.String("Sum"), Period: pulumi.Int(300),
		}}
	}
	return &cloudwatch.MetricAlarmArgs{
		AlarmDescription: pulumi.Sprintf("For a quarter of an hour, %d percent or more of the requests were refused, of at least %d in five minutes. "+
			"The metric denials by reason says why: one client after a deployment is a mistake, signatures and issuers are an attack.",
			a.Alarms.Thresholds.DenialPercent, denialSample),
		MetricQueries: cloudwatch.MetricAlarmMetricQueryArray{count(wire.MetricGrants), count(wire.MetricDenials), cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String("share"), Label: pulumi.String("Denials in percent of requests"), ReturnData: pulumi.Bool(true),
			Expression: pulumi.Sprintf("IF(%[1]s + %[2]s >= %[3]d, 100 * %[2]s / (%[1]s + %[2]s), 0)", wire.MetricGrants, wire.MetricDenials, denialSample),
		}},
		EvaluationPeriods: pulumi.Int(3), DatapointsToAlarm: pulumi.Int(3),
		Threshold: pulumi.Float64(float64(a.Alarms.Thresholds.DenialPercent)),
	}
}

// concurrency is what the function's reservation leaves, or where it has none what
// the account's quota leaves all functions of the region
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Quotas-Visualize-Alarms.html).
func (a TokenValidatorArgs) concurrency(function pulumi.StringInput) *cloudwatch.MetricAlarmArgs {
	percent, reserved := a.Alarms.Thresholds.ConcurrencyPercent, a.Function.ReservedConcurrency
	if reserved > 0 {
		most := measure{ofFunction("ConcurrentExecutions", function), "Maximum", 60, 3, 3, float64(reserved*percent) / 100}
		return most.args(fmt.Sprintf("The token validator runs %d percent or more of its %d reserved executions at the same time. "+
			"Beyond them, Lambda throttles and HealthLake refuses: raise reservedConcurrency.", percent, reserved))
	}
	args := &cloudwatch.MetricAlarmArgs{EvaluationPeriods: pulumi.Int(3), DatapointsToAlarm: pulumi.Int(3)}
	args.AlarmDescription = pulumi.Sprintf("The functions of this account and region together run %d percent or more of the executions of their quota. "+
		"Beyond it, Lambda throttles the token validator too and HealthLake refuses: raise the quota, or set reservedConcurrency.", percent)
	args.Threshold = pulumi.Float64(float64(percent))
	args.MetricQueries = cloudwatch.MetricAlarmMetricQueryArray{
		cloudwatch.MetricAlarmMetricQueryArgs{Id: pulumi.String("executions"), Metric: cloudwatch.MetricAlarmMetricQueryMetricArgs{
			Namespace: pulumi.String("AWS/Usage"), MetricName: pulumi.String("ResourceCount"), Stat: pulumi.String("Maximum"), Period: pulumi.Int(60),
			Dimensions: pulumi.ToStringMap(map[string]string{
				"Service": "Lambda", "Type": "Resource", "Resource": "ConcurrentExecutions", "Class": "None",
			}),
		}},
		cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String("share"), Label: pulumi.String("Executions in percent of the quota"), ReturnData: pulumi.Bool(true),
			Expression: pulumi.String("100 * executions / SERVICE_QUOTA(executions)"),
		},
	}
	return args
}
