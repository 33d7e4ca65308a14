package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// savedQuery answers one question from the logs of the last hours or days, which the reader
// chooses. Its language is that of CloudWatch Logs Insights
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html), and the
// members that it names are those of the lines that package wire lists.
type savedQuery struct {
	name  string // of the resource, after "<name>-query-"
	title string // what CloudWatch lists it as
	text  string
}

// validatorQueries are about the decisions of the token validator.
var validatorQueries = []savedQuery{
	{"denials-by-client", "Denials by client", `filter msg = "deny"
| stats count(*) as requests by client_id, reason
| sort requests desc`},
	{"denials-by-reason", "Denials by reason over time", `filter msg = "deny"
| stats count(*) as requests by bin(1h), reason`},
	{"grants-by-client", "Grants by client", `filter msg = "grant"
| stats count(*) as requests by client_id, operation, role
| sort requests desc`},
	{"key-set-failures", "Key set failures", `filter reason = "keys_unavailable" or msg = "key set not read"
| fields @timestamp, msg, client_id, operation, key_set_error, error
| sort @timestamp desc
| limit 1000`},
}

// userQueries are about users, where the log names them. Who asks about one user replaces the
// sub: a saved query of the provider takes no parameters.
var userQueries = []savedQuery{
	{"grants-by-user", "Grants by user", `filter msg = "grant" and ispresent(sub)
| stats count(*) as requests, min(@timestamp) as first, max(@timestamp) as last by sub, client_id, role
| sort requests desc`},
	{"denials-by-user", "Denials by user", `filter msg = "deny" and ispresent(sub)
| stats count(*) as requests by sub, client_id, reason
| sort requests desc`},
	{"one-user", "One user", `filter sub = "00000000-0000-0000-0000-000000000000"
| fields @timestamp, msg, reason, client_id, operation, role
| sort @timestamp desc
| limit 10000`},
}

// contextQueries are about the tokens to which the launch context is added.
var contextQueries = []savedQuery{
	{"users-without-context", "Users without launch context", `filter patient in ["attribute_missing", "attribute_malformed"] or fhirUser in ["attribute_missing", "attribute_malformed"]
| stats count(*) as tokens by client_id, trigger_source, patient, fhirUser
| sort tokens desc`},
}

// doorQueries are about the front door's answers.
var doorQueries = []savedQuery{
	{"door-errors", "Front door errors", `filter msg = "request" and status >= 400
| stats count(*) as requests by status, route, client_id, interaction, type, error, failure
| sort requests desc`},
}

// addressQueries are about where the requests to the front door come from: API Gateway's log.
var addressQueries = []savedQuery{
	{"door-addresses", "Front door refusals by address", `filter status like /^4/
| stats count(*) as requests by sourceIp, status
| sort requests desc`},
}

// newSavedQueries declares the queries, in one folder: CloudWatch knows them by name in all
// stacks of an account and region, so the folder bears the function's name, like the dashboard.
func (v *TokenValidator) newSavedQueries(s site, a TokenValidatorArgs, door *FrontDoor, context *LaunchContext) error {
	if !a.Dashboard {
		return nil
	}
	if err := v.saveQueries(s, v.LogGroupName, validatorQueries); err != nil {
		return err
	}
	if a.Audit.users() {
		if err := v.saveQueries(s, v.LogGroupName, userQueries); err != nil {
			return err
		}
	}
	if context != nil {
		if err := v.saveQueries(s, context.LogGroupName, contextQueries); err != nil {
			return err
		}
	}
	if door == nil {
		return nil
	}
	if err := v.saveQueries(s, door.LogGroupName, doorQueries); err != nil {
		return err
	}
	return v.saveQueries(s, door.AccessLogGroupName, addressQueries)
}

// saveQueries declares queries of one log group.
func (v *TokenValidator) saveQueries(s site, logGroup pulumi.StringInput, queries []savedQuery) error {
	for _, query := range queries {
		if _, err := cloudwatch.NewQueryDefinition(s.ctx, s.name+"-query-"+query.name, &cloudwatch.QueryDefinitionArgs{
			Name:          pulumi.Sprintf("%s/%s", v.FunctionName, query.title),
			LogGroupNames: pulumi.StringArray{logGroup},
			QueryString:   pulumi.String(query.text),
		}, s.below()); err != nil {
			return err
		}
	}
	return nil
}
