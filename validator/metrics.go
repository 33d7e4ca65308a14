package validator

import (
	"encoding/json"
	"log/slog"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// MetricsNamespace is the CloudWatch namespace of the validator's metrics.
const MetricsNamespace = wire.MetricsNamespace

// The log lines carry metrics in CloudWatch's embedded metric format, so that
// alarms need no further service and no API call
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html):
//
//	grants, denials     one of them is 1                  by function
//	key_set_failures    1 where the keys were unavailable by function
//	latency_us          how long the judgement took       by function
//	denials             1 for a refusal                   by function and reason
//
// A function's name and the reasons of this package are the only dimensions, so
// that their number is bounded whatever tokens arrive.
var (
	grantMetrics = mustJSON(byFunction)
	denyMetrics  = mustJSON(byFunction, byReason)

	byFunction = directive{MetricsNamespace, [][]string{{wire.DimensionFunction}}, []metric{
		{wire.MetricGrants, "Count"}, {wire.MetricDenials, "Count"}, {wire.MetricKeySetFailures, "Count"}, {wire.MetricLatency, "Microseconds"},
	}}
	byReason = directive{MetricsNamespace, [][]string{{wire.DimensionFunction, wire.DimensionReason}}, []metric{{wire.MetricDenials, "Count"}}}
)

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []metric
}

type metric struct{ Name, Unit string }

func mustJSON(directives ...directive) json.RawMessage {
	text, err := json.Marshal(directives)
	if err != nil {
		panic(err) //nolint:forbidigo // cannot be: a directive is made of strings
	}
	return text
}

// metrics are the members that make a log line an embedded metric; the reason and
// latency_us stand in every line.
func (v *Validator) metrics(r record) []slog.Attr {
	grants, denials, failures, directives := 1, 0, 0, grantMetrics
	if r.reason != "" {
		grants, denials, directives = 0, 1, denyMetrics
	}
	if r.reason == KeysUnavailable {
		failures = 1
	}
	return []slog.Attr{
		slog.String(wire.DimensionFunction, v.config.Metrics),
		slog.Int(wire.MetricGrants, grants),
		slog.Int(wire.MetricDenials, denials),
		slog.Int(wire.MetricKeySetFailures, failures),
		slog.Group("_aws", slog.Int64("Timestamp", v.now().UnixMilli()), slog.Any("CloudWatchMetrics", directives)),
	}
}
