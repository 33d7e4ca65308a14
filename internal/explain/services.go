package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// Service is an AWS service that a stack uses.
type Service struct {
	Name      string `json:"name"`
	PHI       string `json:"phi"`       // whether it holds protected health information
	AtRest    string `json:"atRest"`    // how it encrypts what it keeps
	InTransit string `json:"inTransit"` // how it is reached
	Kept      string `json:"kept"`      // for how long
}

// awsService is a row of the table of services, which docs/explanation/hipaa.md has too.
type awsService struct {
	Service
	types  []string                           // type tokens, or beginnings of them, that the service is behind
	listed bool                               // on AWS's list of HIPAA eligible services of July 16, 2021, the latest copy that was seen
	shown  string                             // what shows that it holds no PHI, in Markdown; empty where it does
	here   func(stack, Explanation, *Service) // replaces what depends on the stack; nil where nothing does
}

// What the logs of every stack have and have not.
const (
	noPatientInLogs = "no patient, path or token, on purpose"
	addressInLogs   = "API Gateway's line has the caller's IP address"
)

// peopleInLogs says what the logs of this stack have of people.
func (s stack) peopleInLogs() string {
	said := noPatientInLogs
	for _, function := range s.All(declared.Function) {
		if s.partOf(function) == declared.TokenValidator {
			said += "; the line of " + function.Name + " names " + usersInLog(function)
		}
	}
	if len(s.All(declared.APIStage)) > 0 {
		said += "; " + addressInLogs
	}
	return said
}

var services = []awsService{
	{
		Service: Service{
			"HealthLake", "yes: the FHIR resources", "a key that AWS owns; with customerManagedKey a key of your account",
			"TLS 1.2", "until you delete it",
		},
		types: []string{"aws-native:healthlake:"}, listed: true,
		here: func(_ stack, e Explanation, told *Service) {
			told.AtRest = cmp.Or(datastoreKeys(e).text(), told.AtRest)
		},
	},
	{
		Service: Service{
			"S3", "yes: imports and exports; the access log has names of files and IP addresses", "a KMS key; the access log with keys of S3",
			"TLS 1.2 or later, others refused", "imports and exports until you delete them, or as bulkData says; deleted files for 30 days; the access log for 365",
		},
		types: []string{"aws:s3/"}, listed: true,
		here: func(s stack, _ Explanation, told *Service) { told.AtRest = cmp.Or(s.bucketKeys().text(), told.AtRest) },
	},
	{
		Service: Service{
			"Cognito", "yes: who a user is, and whose record (the attributes patient and fhirUser)", "a key that AWS owns",
			"TLS", "until you delete the user or the pool",
		},
		types: []string{"aws:cognito/"}, listed: true,
	},
	{
		Service: Service{
			"Lambda", "in memory only: the front door passes requests on, the validator sees tokens", "the environment, which has no PHI and no secret, with a key of Lambda",
			"TLS", "nothing",
		},
		types: []string{"aws:lambda/"}, listed: true,
		shown: "`TestTheFunctionGetsWhatItsMainReadsAndNoSecret`, `TestNothingOfATokenIsEverLogged`",
	},
	{
		Service: Service{
			"API Gateway", "passes requests on and keeps none: an HTTP API has no cache", "nothing is kept",
			"TLS", "nothing",
		},
		types: []string{"aws:apigatewayv2/"}, listed: true,
	},
	{
		Service: Service{
			"CloudWatch Logs", noPatientInLogs + "; with audit.users the id of the user (sub); " + addressInLogs, "a key of CloudWatch Logs; with customerManagedKey a key of your account",
			"TLS", "logRetentionDays of each function, by default 365",
		},
		types: []string{declared.LogGroup, declared.QueryDefinition}, listed: true,
		here: func(s stack, _ Explanation, told *Service) {
			told.PHI = s.peopleInLogs()
			told.AtRest, told.Kept = cmp.Or(s.logKeys().text(), told.AtRest), cmp.Or(s.logsKept().text(), told.Kept)
		},
		shown: "`TestOneLineSaysWhatBecameOfEachClaimAndNoValue`, `TestNothingOfATokenIsEverLogged`, `TestNothingSecretIsLogged`, `TestTheAccessLogTellsNothingOfPatientsAndTokens`",
	},
	{
		Service: Service{"CloudWatch", "none: counts by function and reason", "as CloudWatch does", "TLS", "15 months, as CloudWatch keeps metrics"},
		types:   []string{declared.MetricAlarm, declared.Dashboard}, listed: true,
		shown: "`TestOneLineSaysWhatBecameOfEachClaimAndNoValue`",
	},
	{
		Service: Service{"SNS", "none: names and numbers of metrics", "with customerManagedKey a key of your account, otherwise none of KMS", "TLS, others refused", "until it is delivered"},
		types:   []string{"aws:sns/"}, listed: true, shown: "`TestATopicIsCreatedThatTheAlarmsOfTheAccountMayTellAndNobodyElse`",
		here: func(s stack, _ Explanation, told *Service) { told.AtRest = cmp.Or(s.topicKeys().text(), told.AtRest) },
	},
	{
		Service: Service{"KMS", "none: keys", "as KMS does", "TLS", "30 days after a key is scheduled for deletion"},
		types:   []string{"aws:kms/"}, listed: true,
	},
	{
		Service: Service{"CloudTrail", "what its events have of requests for data is unverified", "as its bucket or event data store does", "TLS", "as you declare it; the components declare none"},
		types:   []string{"aws:cloudtrail/"}, listed: true,
	},
	{
		Service: Service{"X-Ray", "none: times and results of calls; the functions add nothing", "as X-Ray does", "TLS", "30 days, as X-Ray keeps traces"},
		listed:  true,
	},
	{
		Service: Service{"Route 53", "none: names of hosts", "as Route 53 does", "DNS", "until you delete it"},
		types:   []string{"aws:route53/"}, listed: true,
	},
	{
		Service: Service{"IAM", "none", "as IAM does", "TLS", "until you delete it"},
		types:   []string{"aws:iam/"},
	},
	{
		Service: Service{"Application Auto Scaling", "none", "as it does", "TLS", "until you delete it"},
		types:   []string{"aws:appautoscaling/"},
	},
}

// uses reports whether a stack declares a resource of the service.
func (a awsService) uses(s stack) bool {
	if a.Name == "X-Ray" {
		return slices.ContainsFunc(s.All(declared.Function), func(function declared.Resource) bool { return function.Text("tracingConfig", "mode") == "Active" })
	}
	return slices.ContainsFunc(s.Resources(), func(r declared.Resource) bool { return a.behind(r.Type) })
}

func (a awsService) behind(typ string) bool {
	return slices.ContainsFunc(a.types, func(beginning string) bool { return strings.HasPrefix(typ, beginning) })
}

// services that the stack uses, those that hold the data first.
func (s stack) services(e Explanation) []Service {
	used := []Service{}
	for _, one := range services {
		if !one.uses(s) {
			continue
		}
		told := one.Service
		if one.here != nil {
			one.here(s, e, &told)
		}
		used = append(used, told)
	}
	return used
}
