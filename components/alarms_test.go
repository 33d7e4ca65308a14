package components_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

const (
	givenTopic = "arn:aws:sns:us-east-1:123456789012:on-call"
	alarmName  = "ehr-validator-alarm-"
)

// alarmed has alarms, edited.
func alarmed(edit func(*components.ValidatorAlarmsArgs)) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) {
		a.Alarms = &components.ValidatorAlarmsArgs{}
		if edit != nil {
			edit(a.Alarms)
		}
	}
}

// lambdaAlarm is an alarm on a metric of Lambda's.
const lambdaAlarm = `"namespace": "AWS/Lambda", "dimensions": {"FunctionName": "$FUNCTION"}, "period": 60`

var alarms = map[string]string{
	"errors": lambdaAlarm + `, "metricName": "Errors", "statistic": "Sum", "evaluationPeriods": 1, "datapointsToAlarm": 1, "threshold": 1,
		"alarmDescription": "Calls of the token validator failed, and HealthLake refused their requests. It answers whatever the token, so this is its environment, its time or its memory: read the log group's last lines of level ERROR, and Lambda's own."`,
	"throttles": lambdaAlarm + `, "metricName": "Throttles", "statistic": "Sum", "evaluationPeriods": 1, "datapointsToAlarm": 1, "threshold": 1,
		"alarmDescription": "Lambda did not run the token validator for want of concurrency, and HealthLake refused those requests. Raise reservedConcurrency, or the account's quota of concurrent executions."`,
	"duration": lambdaAlarm + `, "metricName": "Duration", "extendedStatistic": "p99", "evaluateLowSampleCountPercentiles": "evaluate",
		"evaluationPeriods": 5, "datapointsToAlarm": 3, "threshold": 800,
		"alarmDescription": "One call in a hundred of the token validator takes 800 ms or more, cold starts not counted; HealthLake gives up after 1000. If key sets fail too, it is the issuer; if not, give the function more memory, or provisioned concurrency."`,
	"denials": `"evaluationPeriods": 3, "datapointsToAlarm": 3, "threshold": 50, "metricQueries": [
			{"id": "grants", "metric": {"namespace": "Smartlake/TokenValidator", "metricName": "grants", "dimensions": {"function": "$FUNCTION"}, "stat": "Sum", "period": 300}},
			{"id": "denials", "metric": {"namespace": "Smartlake/TokenValidator", "metricName": "denials", "dimensions": {"function": "$FUNCTION"}, "stat": "Sum", "period": 300}},
			{"id": "share", "label": "Denials in percent of requests", "returnData": true,
				"expression": "IF(grants + denials >= 20, 100 * denials / (grants + denials), 0)"}],
		"alarmDescription": "For a quarter of an hour, 50 percent or more of the requests were refused, of at least 20 in five minutes. The metric denials by reason says why: one client after a deployment is a mistake, signatures and issuers are an attack."`,
	"key-set-failures": `"namespace": "Smartlake/TokenValidator", "metricName": "key_set_failures", "dimensions": {"function": "$FUNCTION"}, "statistic": "Sum",
		"period": 60, "evaluationPeriods": 5, "datapointsToAlarm": 2, "threshold": 1,
		"alarmDescription": "The token validator could not read the issuer's key set, and refused requests for it: those with tokens of keys that it does not know. The log says why (key_set_error). Known keys count for 6 hours; it recovers by itself after the issuer does."`,
	"concurrency": `"evaluationPeriods": 3, "datapointsToAlarm": 3, "threshold": 80, "metricQueries": [
			{"id": "executions", "metric": {"namespace": "AWS/Usage", "metricName": "ResourceCount", "stat": "Maximum", "period": 60,
				"dimensions": {"Service": "Lambda", "Type": "Resource", "Resource": "ConcurrentExecutions", "Class": "None"}}},
			{"id": "share", "label": "Executions in percent of the quota", "returnData": true, "expression": "100 * executions / SERVICE_QUOTA(executions)"}],
		"alarmDescription": "The functions of this account and region together run 80 percent or more of the executions of their quota. Beyond it, Lambda throttles the token validator too and HealthLake refuses: raise the quota, or set reservedConcurrency."`,
}

// assertAlarm compares an alarm, whole.
func assertAlarm(t *testing.T, r *recorder, name, want, topic string) {
	t.Helper()
	assertJSON(t, name, r.find(t, alarmType, alarmName+name).Inputs, fill(`{`+want+`,
		"comparisonOperator": "GreaterThanOrEqualToThreshold", "treatMissingData": "notBreaching",
		"alarmActions": ["$TOPIC"], "okActions": ["$TOPIC"]}`, "$FUNCTION", physicalName(functionName), "$TOPIC", topic))
}

func TestThereAreTheseAlarmsAndEachTellsWhatToDo(t *testing.T) {
	r := build(t, alarmed(func(a *components.ValidatorAlarmsArgs) { a.TopicARN = pulumi.String(givenTopic) }))
	for name, want := range alarms {
		assertAlarm(t, r, name, want, givenTopic)
	}
	if got := len(r.of(alarmType)); got != len(alarms) {
		t.Errorf("got %d alarms, want %d", got, len(alarms))
	}
}

func TestTheThresholdsOfTheAlarmsCanBeChosen(t *testing.T) {
	r := build(t, alarmed(func(a *components.ValidatorAlarmsArgs) {
		a.Thresholds = &components.ValidatorAlarmThresholdsArgs{DurationMs: 500, DenialPercent: 10, ConcurrencyPercent: 60}
	}))
	for name, want := range map[string]float64{"duration": 500, "denials": 10, "concurrency": 60} {
		alarm := r.find(t, alarmType, alarmName+name).Inputs
		if got := alarm["threshold"]; got != want {
			t.Errorf("%s: got the threshold %v, want %v", name, got, want)
		}
		if text := alarm["alarmDescription"].(string); !strings.Contains(text, fmt.Sprint(want)) {
			t.Errorf("%s: its description does not say %v: %s", name, want, text)
		}
	}
}

func TestWithReservedExecutionsTheAlarmIsOnThem(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		a.Alarms = &components.ValidatorAlarmsArgs{TopicARN: pulumi.String(givenTopic)}
		a.Function.ReservedConcurrency = 50
	})
	assertAlarm(t, r, "concurrency", lambdaAlarm+`, "metricName": "ConcurrentExecutions", "statistic": "Maximum",
		"evaluationPeriods": 3, "datapointsToAlarm": 3, "threshold": 40,
		"alarmDescription": "The token validator runs 80 percent or more of its 50 reserved executions at the same time. Beyond them, Lambda throttles and HealthLake refuses: raise reservedConcurrency."`, givenTopic)
}

// emitted are the metrics that the validator's log lines carry for a function:
// "<namespace> <metric> <dimension>=<value> ...".
func emitted(t *testing.T, function string) []string {
	t.Helper()
	var log bytes.Buffer
	v, err := validator.New(validator.Config{
		Issuers: []string{"https://issuer.example.org"}, JWKSURI: "https://issuer.example.org/jwks.json", Clients: []validator.Client{{ID: "app"}},
		Strategy: smart.SMARTOnFHIR, ReadRoleARN: roleARN("read", region), WriteRoleARN: roleARN("write", region), ExportRoleARN: roleARN("export", region),
		Logger: slog.New(slog.NewJSONHandler(&log, nil)), Metrics: function,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Invoke(t.Context(), []byte(`{}`)); err != nil { // a denial, which counts everything
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, log.Bytes())
	}
	var metrics []string
	for _, directive := range line["_aws"].(map[string]any)["CloudWatchMetrics"].([]any) {
		directive := directive.(map[string]any)
		for _, dimensions := range directive["Dimensions"].([]any) {
			values := map[string]any{}
			for _, dimension := range dimensions.([]any) {
				values[dimension.(string)] = line[dimension.(string)]
			}
			for _, metric := range directive["Metrics"].([]any) {
				metrics = append(metrics, metricKey(directive["Namespace"], metric.(map[string]any)["Name"], values))
			}
		}
	}
	return metrics
}

func metricKey(namespace, name any, dimensions map[string]any) string {
	key := fmt.Sprint(namespace, " ", name)
	for _, dimension := range slices.Sorted(maps.Keys(dimensions)) {
		key += fmt.Sprintf(" %s=%v", dimension, dimensions[dimension])
	}
	return key
}

func TestTheAlarmsAreOnMetricsThatTheValidatorEmits(t *testing.T) {
	metrics := emitted(t, physicalName(functionName))
	var watched []string
	watch := func(at map[string]any) {
		if dimensions, ok := at["dimensions"].(map[string]any); ok && !strings.HasPrefix(fmt.Sprint(at["namespace"]), "AWS/") {
			watched = append(watched, metricKey(at["namespace"], at["metricName"], dimensions))
		}
	}
	for _, alarm := range build(t, alarmed(nil)).of(alarmType) {
		watch(alarm.Inputs)
		queries, _ := alarm.Inputs["metricQueries"].([]any)
		for _, query := range queries {
			if metric, ok := query.(map[string]any)["metric"].(map[string]any); ok {
				watch(metric)
			}
		}
	}
	if len(watched) != 3 {
		t.Errorf("got %v, want grants, denials and key set failures", watched)
	}
	for _, one := range watched {
		if !slices.Contains(metrics, one) {
			t.Errorf("%s is watched, and not emitted; these are:\n  %s", one, strings.Join(metrics, "\n  "))
		}
	}
}

func TestTheDashboardIsOfMetricsThatTheValidatorEmits(t *testing.T) {
	function := physicalName(functionName)
	metrics := emitted(t, function)
	body := decoded(t, build(t, inOperation).find(t, dashboardType, "ehr-validator-dashboard").Inputs["dashboardBody"])
	shown := 0
	for _, widget := range body.(map[string]any)["widgets"].([]any) {
		for _, metric := range widget.(map[string]any)["properties"].(map[string]any)["metrics"].([]any) {
			metric := metric.([]any)
			if len(metric) != 4 {
				continue // Lambda's own, or a search
			}
			shown++
			if key := metricKey(metric[0], metric[1], map[string]any{metric[2].(string): metric[3]}); !slices.Contains(metrics, key) {
				t.Errorf("%s is shown, and not emitted; these are:\n  %s", key, strings.Join(metrics, "\n  "))
			}
		}
	}
	if shown != 3 {
		t.Errorf("got %d metrics of the validator's, want 3", shown)
	}
	byReason := metricKey(validator.MetricsNamespace, "denials", map[string]any{"function": function, "reason": string(validator.EventInvalid)})
	if !slices.Contains(metrics, byReason) { // what the search is for
		t.Errorf("%s is not emitted; these are:\n  %s", byReason, strings.Join(metrics, "\n  "))
	}
}

func TestAnAlarmOnWhatIsNotLoggedIsRefused(t *testing.T) {
	cases := map[string]refusal{}
	for _, level := range []components.LogLevel{"warn", "error"} {
		cases[string(level)] = refusal{func(a *components.SmartDatastoreArgs) {
			a.Alarms, a.Function.LogLevel = &components.ValidatorAlarmsArgs{}, level
		}, `function.logLevel: "` + string(level) + `": must be info or debug with alarms; they count grants and denials from log lines of level info`}
	}
	assertRefused(t, cases)
	if _, err := run(declare(func(a *components.SmartDatastoreArgs) {
		a.Alarms, a.Function.LogLevel = &components.ValidatorAlarmsArgs{}, "debug"
	})); err != nil {
		t.Errorf("debug is refused: %v", err)
	}
}

const topicPolicy = `{
	"Version": "2012-10-17",
	"Statement": [{
		"Sid": "AlarmsOfTheAccount",
		"Effect": "Allow",
		"Principal": {"Service": "cloudwatch.amazonaws.com"},
		"Action": ["sns:Publish"],
		"Resource": ["$TOPIC"],
		"Condition": {"StringEquals": {"aws:SourceAccount": "$ACCOUNT"}}
	}, {
		"Sid": "NothingWithoutTLS",
		"Effect": "Deny",
		"Principal": {"AWS": "*"},
		"Action": ["sns:Publish"],
		"Resource": ["$TOPIC"],
		"Condition": {"Bool": {"aws:SecureTransport": "false"}}
	}]
}`

func TestATopicIsCreatedThatTheAlarmsOfTheAccountMayTellAndNobodyElse(t *testing.T) {
	r := build(t, alarmed(func(a *components.ValidatorAlarmsArgs) {
		a.Emails = []pulumi.StringInput{pulumi.String("ops@example.org"), pulumi.String("boss@example.org")}
	}))
	topic := r.arn("sns", physicalName("ehr-validator-alarms"))
	assertJSON(t, "topic", r.find(t, topicType, "ehr-validator-alarms").Inputs, `{}`)
	policy := r.find(t, topicPolicyType, "ehr-validator-alarms-policy").Inputs
	if policy["arn"] != topic || len(policy) != 2 {
		t.Errorf("the policy is of %v, want %s", policy["arn"], topic)
	}
	assertJSON(t, "policy", decoded(t, policy["policy"]), fill(topicPolicy, "$TOPIC", topic, "$ACCOUNT", account))
	for _, email := range []string{"ops@example.org", "boss@example.org"} {
		assertJSON(t, email, r.find(t, subscriptionType, "ehr-validator-alarms-to-"+email).Inputs,
			`{"topic": "`+topic+`", "protocol": "email", "endpoint": "`+email+`"}`)
	}
	for name, want := range alarms {
		assertAlarm(t, r, name, want, topic)
	}
	for _, alarm := range r.of(alarmType) {
		if !slices.Contains(dependencies(r, alarm), "ehr-validator-alarms-policy") {
			t.Errorf("%s does not wait for the right to publish", alarm.GetName())
		}
	}
	if got := r.output("alarmTopicArn").value; got != topic {
		t.Errorf("alarmTopicArn: got %v, want %s", got, topic)
	}
}

func TestAGivenTopicIsUsedAndNoneCreated(t *testing.T) {
	for what, topic := range map[string]pulumi.StringInput{"at once": pulumi.String(givenTopic), "later": pulumi.String(givenTopic).ToStringOutput()} {
		r := build(t, func(a *components.SmartDatastoreArgs) {
			a.Alarms, a.CustomerManagedKey = &components.ValidatorAlarmsArgs{TopicARN: topic}, true
		})
		if n := len(r.of(topicType)) + len(r.of(topicPolicyType)) + len(r.of(subscriptionType)); n > 0 {
			t.Errorf("%s: %d resources of a topic are declared", what, n)
		}
		assertAlarm(t, r, "errors", alarms["errors"], givenTopic)
		if got := r.output("alarmTopicArn").value; got != givenTopic {
			t.Errorf("%s: alarmTopicArn: got %v, want %s", what, got, givenTopic)
		}
	}
}

func TestTheCreatedTopicIsEncryptedWithTheCreatedKeyWhichAlarmsMayThenUse(t *testing.T) {
	caller := &components.ValidatorAlarmsArgs{}
	r := build(t, func(a *components.SmartDatastoreArgs) { a.Alarms, a.CustomerManagedKey = caller, true })
	assertJSON(t, "topic", r.find(t, topicType, "ehr-validator-alarms").Inputs,
		`{"kmsMasterKeyId": "`+r.arn("kms", "key/"+uuid(digest("ehr-key")))+`"}`)
	assertJSON(t, "key policy", decoded(t, r.find(t, keyType, "ehr-key").Inputs["policy"]),
		fill(`{"Version": "2012-10-17", "Statement": [`+keyOfTheAccount+`,`+keyOfTheLogs+`,`+keyOfTheAlarms+`]}`, "$ACCOUNT", account))
	if caller.TopicKMSKeyARN != nil || caller.Thresholds != nil {
		t.Errorf("what the caller gave was changed: %+v", caller)
	}
}

func TestTheTopicIsEncryptedWithAnotherKeyWhereThatIsSaid(t *testing.T) {
	for what, key := range keyARNs {
		r := build(t, func(a *components.SmartDatastoreArgs) {
			a.Alarms, a.CustomerManagedKey = &components.ValidatorAlarmsArgs{TopicKMSKeyARN: key}, true
		})
		assertJSON(t, what, r.find(t, topicType, "ehr-validator-alarms").Inputs, `{"kmsMasterKeyId": "`+givenKey+`"}`)
	}
	foreign := build(t, func(a *components.SmartDatastoreArgs) {
		a.Alarms, a.KMSKeyARN = &components.ValidatorAlarmsArgs{}, pulumi.String(givenKey)
	})
	assertJSON(t, "beside a given key of the datastore", foreign.find(t, topicType, "ehr-validator-alarms").Inputs, `{}`)
}

func TestAlarmsThatCannotBeAreRefused(t *testing.T) {
	const topicWanted = "must be the ARN of a standard SNS topic, arn:<partition>:sns:<region>:<account>:<name>"
	topic := func(arn string) func(*components.SmartDatastoreArgs) {
		return alarmed(func(a *components.ValidatorAlarmsArgs) { a.TopicARN = pulumi.String(arn) })
	}
	emails := func(emails ...string) func(*components.SmartDatastoreArgs) {
		return alarmed(func(a *components.ValidatorAlarmsArgs) { a.Emails = pulumi.ToStringArray(emails) })
	}
	thresholds := func(thresholds components.ValidatorAlarmThresholdsArgs) func(*components.SmartDatastoreArgs) {
		return alarmed(func(a *components.ValidatorAlarmsArgs) { a.Thresholds = &thresholds })
	}
	assertRefused(t, map[string]refusal{
		"no topic":      {topic("on-call"), `alarms.topicArn: "on-call": ` + topicWanted},
		"a FIFO topic":  {topic(givenTopic + ".fifo"), `alarms.topicArn: "` + givenTopic + `.fifo": ` + topicWanted},
		"no address":    {emails("ops"), `alarms.emails[0]: "ops": must be an email address`},
		"twice":         {emails("a@example.org", "a@example.org"), `alarms.emails[1]: "a@example.org": listed twice; list each address once`},
		"a foreign key": {alarmed(func(a *components.ValidatorAlarmsArgs) { a.TopicKMSKeyARN = pulumi.String("alias/aws/sns") }), `alarms.topicKmsKeyArn: "alias/aws/sns": must be the ARN of a symmetric KMS key, arn:<partition>:kms:<region>:<account>:key/<id> (not of an alias)`},
		"addresses of a given topic": {alarmed(func(a *components.ValidatorAlarmsArgs) {
			a.TopicARN, a.Emails = pulumi.String(givenTopic), []pulumi.StringInput{pulumi.String("a@example.org")}
		}), `alarms.emails: ["a@example.org"]: cannot be combined with topicArn; subscribe the addresses where that topic is declared`},
		"a key of a given topic": {alarmed(func(a *components.ValidatorAlarmsArgs) {
			a.TopicARN, a.TopicKMSKeyARN = pulumi.String(givenTopic), pulumi.String(givenKey)
		}), `alarms.topicKmsKeyArn: cannot be combined with topicArn; remove it, because an existing topic already has its key`},
		"no duration":          {thresholds(components.ValidatorAlarmThresholdsArgs{DurationMs: -1}), `alarms.thresholds.durationMs: -1: must be 1 to 1000 milliseconds`},
		"over the second":      {thresholds(components.ValidatorAlarmThresholdsArgs{DurationMs: 1001}), `alarms.thresholds.durationMs: 1001: must be 1 to 1000 milliseconds`},
		"more than all":        {thresholds(components.ValidatorAlarmThresholdsArgs{DenialPercent: 101}), `alarms.thresholds.denialPercent: 101: must be 1 to 100 percent`},
		"more than there are":  {thresholds(components.ValidatorAlarmThresholdsArgs{ConcurrencyPercent: 101}), `alarms.thresholds.concurrencyPercent: 101: must be 1 to 100 percent`},
		"less than none there": {thresholds(components.ValidatorAlarmThresholdsArgs{ConcurrencyPercent: -1}), `alarms.thresholds.concurrencyPercent: -1: must be 1 to 100 percent`},
	})
	r, err := run(declare(alarmed(func(a *components.ValidatorAlarmsArgs) { a.TopicARN = pulumi.String("on-call").ToStringOutput() })))
	if want := `alarms.topicArn: "on-call": ` + topicWanted; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("later: got the error %v, want %s", err, want)
	}
	if len(r.of(alarmType)) > 0 {
		t.Error("later: an alarm is declared")
	}
}

func TestAValidatorAloneHasAlarmsToo(t *testing.T) {
	args := tokenValidatorArgs()
	args.Alarms, args.Dashboard = &components.ValidatorAlarmsArgs{TopicARN: pulumi.String(givenTopic)}, true
	r := mustRun(t, aTokenValidator(args, "", nil))
	if got := len(r.of(alarmType)); got != len(alarms) {
		t.Errorf("got %d alarms, want %d", got, len(alarms))
	}
	for output, want := range map[string]string{"alarmTopicArn": givenTopic, "dashboardName": physicalName("judge-function")} {
		if got := r.output(output).value; got != want {
			t.Errorf("%s: got %v, want %s", output, got, want)
		}
	}
	args.Alarms.Thresholds = &components.ValidatorAlarmThresholdsArgs{DenialPercent: 200}
	assertRefusal(t, aTokenValidator(args, "", nil), `TokenValidator "judge": alarms.thresholds.denialPercent: 200: must be 1 to 100 percent`)
}
