package components

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FrontDoorAlarmsArgs configures the four CloudWatch alarms of a front door: server errors,
// latency, errors and throttles. CloudWatch bills each alarm by the month.
type FrontDoorAlarmsArgs struct {
	// TopicARN of a standard SNS topic in this region that gets a message when an alarm
	// begins and ends. Its policy must let cloudwatch.amazonaws.com publish. By default the
	// topic of the validator's alarms; required where there are none.
	TopicARN pulumi.StringInput `pulumi:"topicArn,optional"`
	// ServerErrors is the number of answers of status 5xx in five minutes that triggers the
	// alarm: 1 or more, by default 5. It includes HealthLake's own errors.
	ServerErrors int `pulumi:"serverErrors,optional"`
	// LatencyMs is the p99 of the response time that triggers the alarm, including
	// HealthLake's part: 1 to 30000, by default 5000.
	LatencyMs int `pulumi:"latencyMs,optional"`
}

// withDefaults leaves no alarms where none are wanted.
func (a *FrontDoorAlarmsArgs) withDefaults() *FrontDoorAlarmsArgs {
	if a == nil {
		return nil
	}
	a = copyOf(a)
	if a.ServerErrors == 0 {
		a.ServerErrors = 5
	}
	if a.LatencyMs == 0 {
		a.LatencyMs = 5000
	}
	return a
}

func (a *FrontDoorAlarmsArgs) check(p *problems, field string) {
	if a == nil {
		return
	}
	p.patternWhereKnown(field+".topicArn", a.TopicARN, topicARNPattern, topicARNWanted)
	if a.ServerErrors < 1 {
		p.add(field+".serverErrors", a.ServerErrors, "must be 1 or more")
	}
	p.inRange(field+".latencyMs", a.LatencyMs, 1, integrationTimeoutMs, "milliseconds")
}

// checkTopic refuses alarms that would tell nobody.
func (a *FrontDoorAlarmsArgs) checkTopic(p *problems, field, want string) {
	if a != nil && a.TopicARN == nil {
		p.missing(field+".topicArn", want)
	}
}

// newAlarms declares the alarms, where they are wanted.
func (d *FrontDoor) newAlarms(s site, a *FrontDoorAlarmsArgs) error {
	if a == nil {
		return nil
	}
	topic := matching("alarms.topicArn", a.TopicARN, topicARNPattern, topicARNWanted)
	return declareAlarms(s, a.alarms(d), topic)
}

// alarms of the API and its function. Their descriptions are what the person reads who is
// woken. Of an HTTP API CloudWatch has no metric of throttled requests: they are among
// those of status 4xx, and in the access log with status 429
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html).
func (a *FrontDoorAlarmsArgs) alarms(d *FrontDoor) []alarm {
	return []alarm{
		{"server-errors", ofAPI("5xx", d.APIID).sum(300, 1, 1, float64(a.ServerErrors)).args(fmt.Sprintf(
			"The front door answered %d requests or more with status 5xx in five minutes. "+
				"Its log says for each whether the status is HealthLake's, Cognito's or its own.", a.ServerErrors))},
		{"latency", ofAPI("Latency", d.APIID).slow(a.LatencyMs).args(fmt.Sprintf(
			"One request in a hundred takes %d ms or more through the front door. "+
				"The log has the front door's own time and HealthLake's for each request.", a.LatencyMs))},
		{"errors", ofFunction("Errors", d.FunctionName).once().args("Calls of the front door's function failed, and apps got status 500 or 503. It answers whatever the request, " +
			"so this is its environment, its time or its memory: read the log group's last lines of level ERROR, and Lambda's own.")},
		{"throttles", ofFunction("Throttles", d.FunctionName).once().args("Lambda did not run the front door's function for want of concurrency, and apps got status 503. " +
			"Raise frontDoor.function.reservedConcurrency, or the account's quota of concurrent executions; each FHIR request holds two.")},
	}
}
