package components

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// newDashboard declares a CloudWatch dashboard of the function. Pulumi gives
// dashboards no name of their own and CloudWatch knows them by name in all regions
// of an account, so it bears the function's, which Pulumi has made unique.
// A front door is nil where there is none.
func (v *TokenValidator) newDashboard(s site, a TokenValidatorArgs, door *FrontDoor) error {
	v.DashboardName = absent()
	if !a.Dashboard {
		return nil
	}
	sources := []any{s.place().region, v.FunctionName}
	if door != nil {
		sources = append(sources, door.APIID, door.FunctionName)
	}
	body := pulumi.All(sources...).ApplyT(func(values []any) (string, error) {
		graphs := validatorGraphs(values[1].(string), a.Function)
		if len(values) > 2 {
			graphs = append(graphs, doorGraphs(values[2].(string), values[3].(string))...)
		}
		return dashboardBody(values[0].(string), graphs)
	}).(pulumi.StringOutput)
	dashboard, err := cloudwatch.NewDashboard(s.ctx, s.name+"-dashboard", &cloudwatch.DashboardArgs{
		DashboardName: v.FunctionName,
		DashboardBody: body,
	}, s.below())
	if err != nil {
		return err
	}
	v.DashboardName = dashboard.DashboardName.ToStringPtrOutput()
	return nil
}

// widget is a graph of metrics, as CloudWatch describes it
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html).
type widget struct {
	Type       string `json:"type"`
	X          int    `json:"x"`
	Y          int    `json:"y"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Properties graph  `json:"properties"`
}

type graph struct {
	Title       string       `json:"title"`
	View        string       `json:"view"`
	Region      string       `json:"region"`
	Stat        string       `json:"stat"`
	Period      int          `json:"period"`
	Metrics     [][]any      `json:"metrics"`
	Annotations *annotations `json:"annotations,omitempty"`
}

type annotations struct {
	Horizontal []line `json:"horizontal"`
}

// line is drawn across a graph at a value.
type line struct {
	Label string `json:"label"`
	Value int    `json:"value"`
}

// drawn are the metrics of a thing as a graph has them, by their names and statistics.
func drawn(namespace, dimension, value string) func(metric, stat string) []any {
	return func(metric, stat string) []any {
		return []any{namespace, metric, dimension, value, map[string]string{"stat": stat}}
	}
}

// validatorGraphs are the two rows about the token validator.
func validatorGraphs(function string, f *FunctionArgs) []graph {
	lambda := drawn("AWS/Lambda", "FunctionName", function)
	own := func(metric string) []any {
		return []any{wire.MetricsNamespace, metric, wire.DimensionFunction, function}
	}
	concurrency := graph{Title: "Executions at the same time", Stat: "Maximum", Metrics: [][]any{lambda("ConcurrentExecutions", "Maximum")}}
	if f.ProvisionedConcurrency.Executions > 0 { // Lambda counts them by alias
		concurrency.Metrics = append(concurrency.Metrics,
			[]any{"AWS/Lambda", "ProvisionedConcurrentExecutions", "FunctionName", function, "Resource", function + ":" + wire.LiveAlias})
	}
	if f.ReservedConcurrency > 0 {
		concurrency.Annotations = &annotations{[]line{{"Lambda throttles", f.ReservedConcurrency}}}
	}
	return []graph{
		{Title: "Calls", Stat: "Sum", Metrics: [][]any{lambda("Invocations", "Sum"), lambda("Errors", "Sum"), lambda("Throttles", "Sum")}},
		{Title: "Duration in ms, cold starts not counted", Stat: "p99", Metrics: [][]any{lambda("Duration", "p50"), lambda("Duration", "p99")},
			Annotations: &annotations{[]line{{"HealthLake gives up", 1000}}}},
		concurrency,
		{Title: "Decisions", Stat: "Sum", Metrics: [][]any{own(wire.MetricGrants), own(wire.MetricDenials)}},
		{Title: "Denials by reason", Stat: "Sum", Metrics: [][]any{{map[string]string{
			"id":    "reasons",
			"label": "${PROP('Dim." + wire.DimensionReason + "')}",
			"expression": fmt.Sprintf(`SEARCH('{%s,%[2]s,%[3]s} MetricName="%[4]s" %[2]s="%[5]s"', 'Sum', 60)`,
				wire.MetricsNamespace, wire.DimensionFunction, wire.DimensionReason, wire.MetricDenials, function),
		}}}},
		{Title: "Requests refused for want of a key set", Stat: "Sum", Metrics: [][]any{own(wire.MetricKeySetFailures)}},
	}
}

// doorGraphs are the front door's row of a dashboard.
func doorGraphs(apiID, function string) []graph {
	api, lambda := drawn("AWS/ApiGateway", "ApiId", apiID), drawn("AWS/Lambda", "FunctionName", function)
	return []graph{
		{Title: "Front door: requests", Stat: "Sum", Metrics: [][]any{api("Count", "Sum"), api("4xx", "Sum"), api("5xx", "Sum")}},
		{Title: "Front door: latency in ms", Stat: "p99", Metrics: [][]any{api("Latency", "p50"), api("Latency", "p99")}},
		{Title: "Front door: executions at the same time, errors and throttles", Stat: "Sum", Metrics: [][]any{
			lambda("ConcurrentExecutions", "Maximum"), lambda("Errors", "Sum"), lambda("Throttles", "Sum"),
		}},
	}
}

// dashboardBody is the same for the same arguments. Graphs stand in rows of three.
func dashboardBody(region string, graphs []graph) (string, error) {
	const width, height = 8, 6
	var widgets []widget
	for i, g := range graphs {
		g.View, g.Region, g.Period = "timeSeries", region, 60
		widgets = append(widgets, widget{"metric", i % 3 * width, i / 3 * height, width, height, g})
	}
	text, err := json.Marshal(map[string]any{"widgets": widgets})
	return string(text), err
}
