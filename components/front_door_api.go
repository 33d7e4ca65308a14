package components

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// everyRoute is the one route of the API, and the name of its one stage: the stage that is
// no part of the URLs.
const everyRoute, rootStage = "$default", "$default"

// integrationTimeoutMs is how long API Gateway waits for the function: the most it can.
const integrationTimeoutMs = 30_000

// accessLog are the members of API Gateway's line for a request
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html).
// There is neither path nor query, which tell of patients, and nothing of the token.
var accessLog = []struct{ name, variable string }{
	{"requestId", "$context.requestId"},
	{"requestTime", "$context.requestTime"},
	{"sourceIp", "$context.identity.sourceIp"},
	{"httpMethod", "$context.httpMethod"},
	{"protocol", "$context.protocol"},
	{"status", "$context.status"},
	{"responseLength", "$context.responseLength"},
	{"responseLatency", "$context.responseLatency"},
	{"integrationStatus", "$context.integrationStatus"},
	{"integrationLatency", "$context.integrationLatency"},
	{"integrationError", "$context.integrationErrorMessage"},
	{"errorType", "$context.error.responseType"},
}

// accessLogFormat is one line of JSON.
func accessLogFormat() string {
	members := make([]string, len(accessLog))
	for i, member := range accessLog {
		members[i] = `"` + member.name + `":"` + member.variable + `"`
	}
	return "{" + strings.Join(members, ",") + "}"
}

// publish lets the API call the function for every request, and returns its stage.
//
// The API has no CORS of its own: API Gateway would answer preflight requests itself, the
// same for every path.
func (d *FrontDoor) publish(s site, a frontDoorPlan, api *apigatewayv2.Api, alias *lambda.Alias) (*apigatewayv2.Stage, error) {
	integration, err := apigatewayv2.NewIntegration(s.ctx, s.name+"-integration", &apigatewayv2.IntegrationArgs{
		ApiId:                api.ID(),
		Description:          pulumi.String("The front door's function"),
		IntegrationType:      pulumi.String("AWS_PROXY"),
		IntegrationMethod:    pulumi.String("POST"),
		IntegrationUri:       alias.InvokeArn,
		ConnectionType:       pulumi.String("INTERNET"),
		PayloadFormatVersion: pulumi.String("2.0"),
		TimeoutMilliseconds:  pulumi.Int(integrationTimeoutMs),
	}, s.below())
	if err != nil {
		return nil, err
	}
	route, err := apigatewayv2.NewRoute(s.ctx, s.name+"-route", &apigatewayv2.RouteArgs{
		ApiId:             api.ID(),
		RouteKey:          pulumi.String(everyRoute),
		AuthorizationType: pulumi.String("NONE"), // the function, HealthLake and the validator decide
		Target:            pulumi.Sprintf("integrations/%s", integration.ID()),
	}, s.below())
	if err != nil {
		return nil, err
	}
	permission, err := lambda.NewPermission(s.ctx, s.name+"-invoke", &lambda.PermissionArgs{
		Action:    pulumi.String("lambda:InvokeFunction"),
		Principal: pulumi.String("apigateway.amazonaws.com"),
		Function:  alias.FunctionName,
		Qualifier: alias.Name,
		SourceArn: pulumi.Sprintf("%s/%s/%s", api.ExecutionArn, rootStage, everyRoute),
	}, s.below())
	if err != nil {
		return nil, err
	}
	return d.newStage(s, a, api, []pulumi.Resource{route, permission})
}

// newStage declares the stage, with what it needs to answer a first request.
func (d *FrontDoor) newStage(s site, a frontDoorPlan, api *apigatewayv2.Api, ready []pulumi.Resource) (*apigatewayv2.Stage, error) {
	logs, err := a.Settings.Function.newLogGroup(s, "-access-logs")
	if err != nil {
		return nil, err
	}
	d.AccessLogGroupName = logs.Name
	return apigatewayv2.NewStage(s.ctx, s.name+"-stage", &apigatewayv2.StageArgs{
		ApiId:       api.ID(),
		Name:        pulumi.String(rootStage),
		Description: pulumi.String("Every change is live at once"),
		AutoDeploy:  pulumi.Bool(true),
		AccessLogSettings: apigatewayv2.StageAccessLogSettingsArgs{
			DestinationArn: logs.Arn,
			Format:         pulumi.String(accessLogFormat()),
		},
		DefaultRouteSettings: apigatewayv2.StageDefaultRouteSettingsArgs{
			DetailedMetricsEnabled: pulumi.Bool(false),
			ThrottlingRateLimit:    pulumi.Float64(float64(a.Settings.Throttling.RequestsPerSecond)),
			ThrottlingBurstLimit:   pulumi.Int(a.Settings.Throttling.Burst),
		},
		Tags: s.tags,
	}, s.below(), pulumi.DependsOn(ready))
}
