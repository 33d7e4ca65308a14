package components_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// The function in operation: how many executions there are, what is traced, and
// what its log is encrypted with.

// inOperation has everything that is there to run the function by.
func inOperation(a *components.SmartDatastoreArgs) {
	a.Function.ReservedConcurrency = 50
	a.Function.ProvisionedConcurrency = &components.ProvisionedConcurrencyArgs{
		Executions: 2, MaxExecutions: 10,
		Schedules: []components.ConcurrencyScheduleArgs{{Name: "morning", Schedule: "cron(0 7 ? * MON-FRI *)", Timezone: "Europe/Vienna", Executions: 5}},
	}
	a.Function.Tracing = true
	a.Alarms = &components.ValidatorAlarmsArgs{Emails: []pulumi.StringInput{pulumi.String("ops@example.org")}}
	a.Dashboard = true
}

// provisioned sets the warm executions.
func provisioned(c *components.ProvisionedConcurrencyArgs) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) { a.Function.ProvisionedConcurrency = c }
}

func TestNothingToOperateByIsDeclaredUnlessAskedFor(t *testing.T) {
	r := build(t, nil)
	for _, typ := range []string{provisionedType, scalingType, trackingType, scheduleType, alarmType, dashboardType, queryDefinitionType, topicType, topicPolicyType, subscriptionType} {
		if found := r.of(typ); len(found) > 0 {
			t.Errorf("%s is declared", typ)
		}
	}
	function := r.find(t, functionType, functionName).Inputs
	if reserved, ok := function["reservedConcurrentExecutions"]; ok {
		t.Errorf("reserved concurrency %v, want none", reserved)
	}
	for _, output := range []string{"alarmTopicArn", "dashboardName"} {
		if got := r.output(output).value; got != nil {
			t.Errorf("%s: got %v, want none", output, got)
		}
	}
}

func TestWarmExecutionsAreAFixedNumberOfTheAlias(t *testing.T) {
	r := build(t, provisioned(&components.ProvisionedConcurrencyArgs{Executions: 3}))
	config := r.find(t, provisionedType, "ehr-validator-provisioned")
	assertJSON(t, "provisioned concurrency", config.Inputs, fill(
		`{"functionName": "$FUNCTION", "qualifier": "live", "provisionedConcurrentExecutions": 3}`, "$FUNCTION", physicalName(functionName)))
	assertLines(t, "ignored changes", config.GetIgnoreChanges(), nil)
	for _, typ := range []string{scalingType, trackingType, scheduleType} {
		if len(r.of(typ)) > 0 {
			t.Errorf("%s is declared: nothing is to change the number", typ)
		}
	}
}

const scaling = `{
	"serviceNamespace": "lambda",
	"scalableDimension": "lambda:function:ProvisionedConcurrency",
	"resourceId": "function:$FUNCTION:live"`

func TestWarmExecutionsFollowTheLoad(t *testing.T) {
	r := build(t, provisioned(&components.ProvisionedConcurrencyArgs{Executions: 2, MaxExecutions: 10}))
	of := func(rest string) string { return fill(scaling+rest+"}", "$FUNCTION", physicalName(functionName)) }
	target := r.find(t, scalingType, "ehr-validator-scaling")
	assertJSON(t, "target", target.Inputs, of(`, "minCapacity": 2, "maxCapacity": 10`))
	assertLines(t, "what the target waits for", dependencies(r, target), []string{"ehr-validator-live", "ehr-validator-provisioned"})
	assertLines(t, "the target's ignored changes", target.GetIgnoreChanges(), nil)
	assertJSON(t, "policy", r.find(t, trackingType, "ehr-validator-tracking").Inputs, of(`,
		"policyType": "TargetTrackingScaling",
		"targetTrackingScalingPolicyConfiguration": {
			"targetValue": 0.7,
			"predefinedMetricSpecification": {"predefinedMetricType": "LambdaProvisionedConcurrencyUtilization"}
		}`))
	assertLines(t, "what the policy waits for", dependencies(r, r.find(t, trackingType, "ehr-validator-tracking")), []string{"ehr-validator-scaling"})
	assertLines(t, "the number's ignored changes", r.find(t, provisionedType, "ehr-validator-provisioned").GetIgnoreChanges(),
		[]string{"provisionedConcurrentExecutions"})
	if len(r.of(scheduleType)) > 0 {
		t.Error("a schedule is declared")
	}
}

func TestTheUtilizationToAimForCanBeChosen(t *testing.T) {
	r := build(t, provisioned(&components.ProvisionedConcurrencyArgs{Executions: 1, MaxExecutions: 1, TargetUtilization: 90}))
	policy := r.find(t, trackingType, "ehr-validator-tracking").Inputs["targetTrackingScalingPolicyConfiguration"].(map[string]any)
	if got := policy["targetValue"]; got != 0.9 {
		t.Errorf("target value: got %v, want 0.9", got)
	}
}

func TestWarmExecutionsFollowTheClock(t *testing.T) {
	r := build(t, provisioned(&components.ProvisionedConcurrencyArgs{Executions: 1, Schedules: []components.ConcurrencyScheduleArgs{
		{Name: "morning", Schedule: "cron(0 7 ? * MON-FRI *)", Timezone: "Europe/Vienna", Executions: 5},
		{Name: "evening", Schedule: "cron(0 19 * * ? *)", Executions: 1, MaxExecutions: 2},
	}}))
	of := func(rest string) string { return fill(scaling+rest+"}", "$FUNCTION", physicalName(functionName)) }
	target := r.find(t, scalingType, "ehr-validator-scaling")
	assertJSON(t, "target", target.Inputs, of(`, "minCapacity": 1, "maxCapacity": 1`))
	assertLines(t, "the target's ignored changes", target.GetIgnoreChanges(), []string{"minCapacity", "maxCapacity"})
	assertJSON(t, "morning", r.find(t, scheduleType, "ehr-validator-schedule-morning").Inputs, of(`,
		"schedule": "cron(0 7 ? * MON-FRI *)", "timezone": "Europe/Vienna", "scalableTargetAction": {"minCapacity": 5, "maxCapacity": 5}`))
	assertJSON(t, "evening", r.find(t, scheduleType, "ehr-validator-schedule-evening").Inputs, of(`,
		"schedule": "cron(0 19 * * ? *)", "timezone": "UTC", "scalableTargetAction": {"minCapacity": 1, "maxCapacity": 2}`))
	if len(r.of(trackingType)) > 0 {
		t.Error("a tracking policy is declared")
	}
	both := build(t, inOperation).find(t, scheduleType, "ehr-validator-schedule-morning").Inputs["scalableTargetAction"]
	assertJSON(t, "a schedule beside tracking", both, `{"minCapacity": 5, "maxCapacity": 10}`)
}

func TestTheDatastoreIsTheSameHoweverTheFunctionIsOperated(t *testing.T) {
	plain, operated := build(t, nil), build(t, inOperation)
	want, got := plain.find(t, datastoreType, datastoreName), operated.find(t, datastoreType, datastoreName)
	assertJSON(t, "datastore", got.Inputs, indented(t, want.Inputs))
	if got, want := operated.output("validatorFunctionArn").value, plain.output("validatorFunctionArn").value; got != want {
		t.Errorf("validatorFunctionArn: got %v, want %v", got, want)
	}
	assertJSON(t, "alias", operated.find(t, aliasType, "ehr-validator-live").Inputs, indented(t, plain.find(t, aliasType, "ehr-validator-live").Inputs))
}

func TestNumbersOfExecutionsThatCannotBeAreRefused(t *testing.T) {
	const at = "function.provisionedConcurrency."
	scheduled := func(edit func(*components.ConcurrencyScheduleArgs)) func(*components.SmartDatastoreArgs) {
		schedule := components.ConcurrencyScheduleArgs{Name: "morning", Schedule: "rate(1 day)", Executions: 2}
		edit(&schedule)
		return provisioned(&components.ProvisionedConcurrencyArgs{Executions: 1, Schedules: []components.ConcurrencyScheduleArgs{schedule}})
	}
	reserved := func(n int, c *components.ProvisionedConcurrencyArgs) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			a.Function.ReservedConcurrency, a.Function.ProvisionedConcurrency = n, c
		}
	}
	assertRefused(t, map[string]refusal{
		"negative":          {provisioned(&components.ProvisionedConcurrencyArgs{Executions: -1}), at + `executions: -1: must be 0 (none) or more`},
		"negative reserved": {reserved(-1, &components.ProvisionedConcurrencyArgs{}), `function.reservedConcurrency: -1: must be 0 (reserves none) or more`},
		"scaling nothing": {provisioned(&components.ProvisionedConcurrencyArgs{MaxExecutions: 5}),
			at + `executions: missing; set it to at least 1, because maxExecutions, targetUtilization and schedules change this number`},
		"schedules of nothing": {provisioned(&components.ProvisionedConcurrencyArgs{Schedules: []components.ConcurrencyScheduleArgs{{Name: "a", Schedule: "rate(1 day)", Executions: 1}}}),
			at + `executions: missing; set it to at least 1, because maxExecutions, targetUtilization and schedules change this number`},
		"less at most than at least": {provisioned(&components.ProvisionedConcurrencyArgs{Executions: 5, MaxExecutions: 4}),
			at + `maxExecutions: 4: must be at least executions, 5`},
		"a utilization without a maximum": {provisioned(&components.ProvisionedConcurrencyArgs{Executions: 1, TargetUtilization: 50}),
			at + `targetUtilization: 50: cannot be used without maxExecutions; set maxExecutions, or remove it`},
		"too little utilization": {provisioned(&components.ProvisionedConcurrencyArgs{Executions: 1, MaxExecutions: 2, TargetUtilization: 9}),
			at + `targetUtilization: 9: must be 10 to 90 percent`},
		"too much utilization": {provisioned(&components.ProvisionedConcurrencyArgs{Executions: 1, MaxExecutions: 2, TargetUtilization: 91}),
			at + `targetUtilization: 91: must be 10 to 90 percent`},
		"more warm than reserved": {reserved(4, &components.ProvisionedConcurrencyArgs{Executions: 5}),
			at + `executions: 5: must be at most reservedConcurrency, 4; warm executions are part of the reserved ones`},
		"more warm at most than reserved": {reserved(4, &components.ProvisionedConcurrencyArgs{Executions: 1, MaxExecutions: 5}),
			at + `maxExecutions: 5: must be at most reservedConcurrency, 4; warm executions are part of the reserved ones`},
		"more scheduled than reserved": {reserved(4, &components.ProvisionedConcurrencyArgs{Executions: 1,
			Schedules: []components.ConcurrencyScheduleArgs{{Name: "a", Schedule: "rate(1 day)", Executions: 1, MaxExecutions: 5}}}),
			at + `schedules[0].maxExecutions: 5: must be at most reservedConcurrency, 4; warm executions are part of the reserved ones`},
		"a schedule without a name": {scheduled(func(s *components.ConcurrencyScheduleArgs) { s.Name = "" }),
			at + `schedules[0].name: "": must be 1 to 64 letters, digits, - and _, starting with a letter or digit`},
		"a schedule that is none": {scheduled(func(s *components.ConcurrencyScheduleArgs) { s.Schedule = "daily" }),
			at + `schedules[0].schedule: "daily": must be cron(...), rate(...) or at(...), such as cron(0 7 ? * MON-FRI *)`},
		"a time zone that is none": {scheduled(func(s *components.ConcurrencyScheduleArgs) { s.Timezone = "Central Europe" }),
			at + `schedules[0].timezone: "Central Europe": must be the name of a time zone, such as Europe/Vienna`},
		"a schedule of none": {scheduled(func(s *components.ConcurrencyScheduleArgs) { s.Executions = 0 }),
			at + `schedules[0].executions: 0: must be 1 or more`},
		"a schedule of less at most": {scheduled(func(s *components.ConcurrencyScheduleArgs) { s.MaxExecutions = 1 }),
			at + `schedules[0].maxExecutions: 1: must be at least executions, 2`},
		"two schedules of a name": {provisioned(&components.ProvisionedConcurrencyArgs{Executions: 1, Schedules: []components.ConcurrencyScheduleArgs{
			{Name: "a", Schedule: "rate(1 day)", Executions: 1}, {Name: "a", Schedule: "rate(2 days)", Executions: 1}}}),
			at + `schedules[1].name: "a": another schedule has this name; choose a different one`},
	})
}

func TestReservedExecutionsAreTheFunctionsOwn(t *testing.T) {
	defaults := build(t, nil).find(t, functionType, functionName).Inputs
	r := build(t, func(a *components.SmartDatastoreArgs) {
		a.Function.ReservedConcurrency = 4
		a.Function.ProvisionedConcurrency.Executions = 4 // all of them may be warm
	})
	assertJSON(t, "function", r.find(t, functionType, functionName).Inputs, overlaid(t, defaults, `{"reservedConcurrentExecutions": 4}`))
}

func TestTheFunctionIsTracedWithTheTwoRightsThatThatTakes(t *testing.T) {
	plain := build(t, nil)
	r := build(t, func(a *components.SmartDatastoreArgs) { a.Function.Tracing = true })
	function := r.find(t, functionType, functionName)
	assertJSON(t, "function", function.Inputs,
		overlaid(t, plain.find(t, functionType, functionName).Inputs, `{"tracingConfig": {"mode": "Active"}}`))
	assertPolicy(t, r.find(t, rolePolicyType, "ehr-validator-tracing"), "ehr-validator-execution", `{
		"Version": "2012-10-17",
		"Statement": [{
			"Effect": "Allow",
			"Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
			"Resource": ["*"]
		}]
	}`)
	added := append(plain.names(), rolePolicyType+" ehr-auth-context-tracing", rolePolicyType+" ehr-validator-tracing")
	slices.Sort(added)
	assertLines(t, "resources", r.names(), added)
	if got := strings.Join(dependencies(r, function), " "); !strings.Contains(got, "ehr-validator-tracing") {
		t.Errorf("the function waits for %s, and not for its right to be traced", got)
	}
	for what, want := range map[*recorder]string{
		plain: "What the SMART token validator may do: write its log",
		r:     "What the SMART token validator may do: write its log and its traces",
	} {
		if got := what.find(t, roleType, "ehr-validator-execution").Inputs["description"]; got != want {
			t.Errorf("description: got %q, want %q", got, want)
		}
	}
}

func TestTheLogIsEncryptedWithTheKeyThatIsCreated(t *testing.T) {
	r := build(t, withKey)
	assertJSON(t, "log group", r.find(t, logGroupType, "ehr-validator-logs").Inputs,
		fill(`{"retentionInDays": 365, "kmsKeyId": "$KEY"}`, "$KEY", r.arn("kms", "key/"+uuid(digest("ehr-key")))))
}

func TestTheLogIsNotEncryptedWithAGivenKeyUnlessThatIsSaid(t *testing.T) {
	const logKey = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
	for what, c := range map[string]struct {
		edit func(*components.SmartDatastoreArgs)
		want string
	}{
		"a key of the datastore's": {func(a *components.SmartDatastoreArgs) { a.KMSKeyARN = pulumi.String(givenKey) }, `{"retentionInDays": 365}`},
		"the same, though one was to be created": {func(a *components.SmartDatastoreArgs) {
			a.KMSKeyARN, a.CustomerManagedKey = pulumi.String(givenKey), true
		}, `{"retentionInDays": 365}`},
		"a key of the log's": {func(a *components.SmartDatastoreArgs) { a.Function.LogKMSKeyARN = pulumi.String(logKey) },
			`{"retentionInDays": 365, "kmsKeyId": "` + logKey + `"}`},
		"a key of the log's beside a created one": {func(a *components.SmartDatastoreArgs) {
			a.CustomerManagedKey, a.Function.LogKMSKeyARN = true, pulumi.String(logKey).ToStringOutput()
		}, `{"retentionInDays": 365, "kmsKeyId": "` + logKey + `"}`},
	} {
		assertJSON(t, what, build(t, c.edit).find(t, logGroupType, "ehr-validator-logs").Inputs, c.want)
	}
}

func TestALogKeyThatIsNoneIsRefused(t *testing.T) {
	const alias = "arn:aws:kms:us-east-1:123456789012:alias/logs"
	const want = `function.logKmsKeyArn: "` + alias + `": must be the ARN of a symmetric KMS key, arn:<partition>:kms:<region>:<account>:key/<id> (not of an alias)`
	assertRefused(t, map[string]refusal{"at once": {
		func(a *components.SmartDatastoreArgs) { a.Function.LogKMSKeyARN = pulumi.String(alias) }, want,
	}})
	r, err := run(declare(func(a *components.SmartDatastoreArgs) {
		a.Function.LogKMSKeyARN = pulumi.String(alias).ToStringOutput()
	}))
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("later: got the error %v, want %s", err, want)
	}
	if len(r.of(logGroupType)) > 0 || len(r.of(functionType)) > 0 {
		t.Error("later: a log group or a function is declared")
	}
}

const dashboardBody = `{"widgets": [
	{"type": "metric", "x": 0, "y": 0, "width": 8, "height": 6, "properties": {
		"title": "Calls", "view": "timeSeries", "region": "us-east-1", "stat": "Sum", "period": 60, "metrics": [
			["AWS/Lambda", "Invocations", "FunctionName", "$FUNCTION", {"stat": "Sum"}],
			["AWS/Lambda", "Errors", "FunctionName", "$FUNCTION", {"stat": "Sum"}],
			["AWS/Lambda", "Throttles", "FunctionName", "$FUNCTION", {"stat": "Sum"}]]}},
	{"type": "metric", "x": 8, "y": 0, "width": 8, "height": 6, "properties": {
		"title": "Duration in ms, cold starts not counted", "view": "timeSeries", "region": "us-east-1", "stat": "p99", "period": 60, "metrics": [
			["AWS/Lambda", "Duration", "FunctionName", "$FUNCTION", {"stat": "p50"}],
			["AWS/Lambda", "Duration", "FunctionName", "$FUNCTION", {"stat": "p99"}]],
		"annotations": {"horizontal": [{"label": "HealthLake gives up", "value": 1000}]}}},
	{"type": "metric", "x": 16, "y": 0, "width": 8, "height": 6, "properties": {
		"title": "Executions at the same time", "view": "timeSeries", "region": "us-east-1", "stat": "Maximum", "period": 60, "metrics": [
			["AWS/Lambda", "ConcurrentExecutions", "FunctionName", "$FUNCTION", {"stat": "Maximum"}]$WARM]$RESERVED}},
	{"type": "metric", "x": 0, "y": 6, "width": 8, "height": 6, "properties": {
		"title": "Decisions", "view": "timeSeries", "region": "us-east-1", "stat": "Sum", "period": 60, "metrics": [
			["Smartlake/TokenValidator", "grants", "function", "$FUNCTION"],
			["Smartlake/TokenValidator", "denials", "function", "$FUNCTION"]]}},
	{"type": "metric", "x": 8, "y": 6, "width": 8, "height": 6, "properties": {
		"title": "Denials by reason", "view": "timeSeries", "region": "us-east-1", "stat": "Sum", "period": 60, "metrics": [[{
			"id": "reasons", "label": "${PROP('Dim.reason')}",
			"expression": "SEARCH('{Smartlake/TokenValidator,function,reason} MetricName=\"denials\" function=\"$FUNCTION\"', 'Sum', 60)"}]]}},
	{"type": "metric", "x": 16, "y": 6, "width": 8, "height": 6, "properties": {
		"title": "Requests refused for want of a key set", "view": "timeSeries", "region": "us-east-1", "stat": "Sum", "period": 60, "metrics": [
			["Smartlake/TokenValidator", "key_set_failures", "function", "$FUNCTION"]]}}
]}`

func TestTheDashboardShowsTheFunctionAndBearsItsName(t *testing.T) {
	for what, c := range map[string]struct {
		edit           func(*components.SmartDatastoreArgs)
		warm, reserved string
	}{
		"plain": {func(a *components.SmartDatastoreArgs) { a.Dashboard = true }, "", ""},
		"in operation": {inOperation,
			`, ["AWS/Lambda", "ProvisionedConcurrentExecutions", "FunctionName", "$FUNCTION", "Resource", "$FUNCTION:live"]`,
			`, "annotations": {"horizontal": [{"label": "Lambda throttles", "value": 50}]}`},
	} {
		t.Run(what, func(t *testing.T) {
			r := build(t, c.edit)
			function := physicalName(functionName)
			dashboard := r.find(t, dashboardType, "ehr-validator-dashboard").Inputs
			if got := dashboard["dashboardName"]; got != function || len(dashboard) != 2 {
				t.Errorf("got the name %v and %d inputs, want %s and 2", got, len(dashboard), function)
			}
			assertJSON(t, "body", decoded(t, dashboard["dashboardBody"]),
				fill(fill(dashboardBody, "$WARM", c.warm, "$RESERVED", c.reserved), "$FUNCTION", function))
			if got := r.output("dashboardName").value; got != function {
				t.Errorf("dashboardName: got %v, want %s", got, function)
			}
			if again := build(t, c.edit).find(t, dashboardType, "ehr-validator-dashboard").Inputs["dashboardBody"]; again != dashboard["dashboardBody"] {
				t.Error("the body differs from run to run")
			}
		})
	}
}
