package costs

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// Use is what apps and users do with a stack in a month.
type Use struct {
	Requests  float64 // FHIR requests, each a query of HealthLake and a call of the validator
	AnswerKB  float64 // of a FHIR request on average, 1000 bytes; below 512, so that it is one request of API Gateway
	StorageGB float64 // in the datastore
	Users     float64 // active users, of the pool itself
	SignIns   float64 // of a user
	Refreshes float64 // of a user's token after each sign-in
	// Services keep their token until it expires, around the clock.
	Services bool
	Reasons  int // for which requests were refused; each is a custom metric
	// Milliseconds that Lambda bills for a call.
	ValidatorMs, TriggerMs, DoorMs float64
}

const (
	minutesPerHour = 60
	daysPerMonth   = HoursPerMonth / 24.0
	kilo, giga     = 1e3, 1e9

	// decisionMetrics are the custom metrics that the validator writes whatever it decides.
	decisionMetrics = 4

	// A call of a function also has Lambda's own lines: START, END and REPORT.
	lambdaLines = 300
	// The functions' own lines, in bytes.
	validatorLine = 800 // with its metrics
	doorLine      = 350
)

// free are the types that AWS bills nothing for by themselves. A log group is billed by its
// lines, a domain of Cognito or API Gateway by nothing that AWS's pages name.
var free = map[string]bool{
	declared.UserPoolClient: true, declared.UserPoolDomain: true, declared.ResourceServer: true, declared.IdentityProvider: true,
	declared.User: true, declared.UserGroup: true, declared.UserInGroup: true,
	declared.Role: true, declared.RolePolicy: true,
	declared.FunctionAlias: true, declared.Permission: true,
	declared.ScalableTarget: true, declared.ScalingPolicy: true, declared.ScheduledAction: true,
	declared.API: true, declared.APIIntegration: true, declared.APIRoute: true, declared.APIDomainName: true, declared.APIMapping: true,
	declared.LogGroup: true, declared.TopicPolicy: true, declared.TopicSubscription: true,
	declared.BucketPublicAccessBlock: true, declared.BucketOwnershipControls: true, declared.BucketEncryption: true,
	declared.BucketVersioning: true, declared.BucketLifecycle: true, declared.BucketPolicy: true, declared.BucketLogging: true,
	declared.KeyAlias:        true,
	declared.QueryDefinition: true, // a query costs when somebody runs it
	declared.Provider:        true, declared.NativeProvider: true,
}

// unmeasured are the types that are billed by something that no estimate knows.
var unmeasured = map[string]string{
	declared.ProvisionedConcurrency: "provisioned concurrency",
	declared.Topic:                  "messages of alarms (SNS)",
	declared.Bucket:                 "storage and requests of bulk data (S3)",
	declared.Record:                 "queries for domain names (Route 53)",
}

// estimate is the work on one stack.
type estimate struct {
	*declared.Graph
	use        Use
	quantities map[Item]float64
	leftOut    map[string]bool
}

// Estimate a month of a stack with one datastore. Every declared resource counts: by a price,
// as left out, or as free. A resource of an unknown type is an error.
func Estimate(g *declared.Graph, use Use) (Bill, error) {
	e := estimate{g, use, map[Item]float64{}, map[string]bool{}}
	for _, r := range g.Resources() {
		if err := e.resource(r); err != nil {
			return Bill{}, fmt.Errorf("%s: %w", r.Name, err)
		}
	}
	if n := len(g.All(declared.Datastore)); n != 1 {
		return Bill{}, fmt.Errorf("the stack declares %d datastores; an estimate is about exactly 1", n)
	}
	e.quantities[LogsKept] = e.quantities[LogsIn] * e.monthsKept()
	return billOf(e.quantities, slices.Sorted(maps.Keys(e.leftOut))), nil
}

// resource adds what one resource is billed by.
func (e estimate) resource(r declared.Resource) error {
	answers := e.use.Requests * e.use.AnswerKB * kilo / giga
	switch {
	case r.Component || free[r.Type]:
	case unmeasured[r.Type] != "":
		e.leftOut[unmeasured[r.Type]] = true
	case r.Type == declared.Datastore:
		e.quantities[DatastoreHours] += HoursPerMonth
		e.leftOut["backups of HealthLake, if you switch them on: no source has their price"] = true
		e.quantities[DatastoreStorage] += e.use.StorageGB
		e.quantities[DatastoreQueries] += e.use.Requests
		e.quantities[ServiceTokens] += e.serviceTokens()
		if len(e.All(declared.API)) == 0 {
			e.quantities[DatastoreDataOut] += answers
		}
	case r.Type == declared.UserPool:
		item, known := map[string]Item{"LITE": LiteUsers, "ESSENTIALS": EssentialsUsers, "PLUS": PlusUsers}[r.Text("userPoolTier")]
		if !known {
			return fmt.Errorf("userPoolTier: %q: no price", r.Text("userPoolTier"))
		}
		e.quantities[item] += e.use.Users
	case r.Type == declared.APIStage:
		e.quantities[APIRequests] += e.doorCalls()
		e.quantities[DataOut] += answers
		e.quantities[LogsIn] += e.doorCalls() * float64(len(r.Text("accessLogSettings", "format"))) / giga
	case r.Type == declared.Function:
		return e.function(r)
	case r.Type == declared.MetricAlarm:
		e.quantities[Alarms] += float64(watched(r))
	case r.Type == declared.Dashboard:
		e.quantities[Dashboards]++
	case r.Type == declared.Key:
		e.quantities[Keys]++
		e.leftOut["requests to KMS, which AWS's services make with the key"] = true
	default:
		return fmt.Errorf("type %s: neither priced, left out nor free", r.Type)
	}
	return nil
}

// function adds the calls of a function, their time and their log lines.
func (e estimate) function(r declared.Resource) error {
	var calls, ms, line float64
	switch {
	case e.Above(r, declared.TokenValidator).URN != "":
		calls, ms, line = e.use.Requests, e.use.ValidatorMs, validatorLine
		if calls > 0 {
			e.quantities[Metrics] += decisionMetrics + float64(e.use.Reasons)
		}
	case e.Above(r, declared.FrontDoor).URN != "":
		calls, ms, line = e.doorCalls(), e.use.DoorMs, doorLine
	case e.Above(r, declared.LaunchContext).URN != "":
		calls, ms = e.userTokens(), e.use.TriggerMs
	default:
		return errors.New("a function of no component; its calls are unknown")
	}
	seconds := ARMSeconds
	if slices.Contains(r.Texts("architectures"), "x86_64") {
		seconds = X86Seconds
	}
	e.quantities[Calls] += calls
	e.quantities[seconds] += calls * ms / 1000 * float64(r.Number("memorySize")) / 1024
	e.quantities[LogsIn] += calls * (line + lambdaLines) / giga
	if r.Text("tracingConfig", "mode") == "Active" {
		e.leftOut["traces (X-Ray)"] = true
	}
	return nil
}

// userTokens are the access tokens of users.
func (e estimate) userTokens() float64 { return e.use.Users * e.use.SignIns * (1 + e.use.Refreshes) }

// doorCalls are the requests at the front door. A sign-in reads the discovery document and
// goes to the authorization endpoint; each token is a request more.
func (e estimate) doorCalls() float64 {
	return e.use.Requests + 2*e.use.Users*e.use.SignIns + e.userTokens() + e.serviceTokens()
}

// serviceTokens are the access tokens of all services, each used until it expires.
func (e estimate) serviceTokens() float64 {
	tokens := 0.0
	for _, client := range e.All(declared.UserPoolClient) {
		if e.use.Services && slices.Contains(client.Texts("allowedOauthFlows"), "client_credentials") {
			tokens += HoursPerMonth * minutesPerHour / float64(client.Number("accessTokenValidity"))
		}
	}
	return tokens
}

// watched is how many metrics an alarm watches. An expression over them is none.
func watched(alarm declared.Resource) int {
	if alarm.Text("metricName") != "" {
		return 1
	}
	n := 0
	for _, query := range alarm.Elements("metricQueries") {
		if query.Has("metric") {
			n++
		}
	}
	return n
}

// monthsKept is how long the log groups keep a line. Without an end the quantity grows, and
// the estimate is of the first month.
func (e estimate) monthsKept() float64 {
	longest := 0
	for _, group := range e.All(declared.LogGroup) {
		days := group.Number("retentionInDays")
		if days == 0 {
			e.leftOut["log lines of earlier months, which are kept forever"] = true
			return 1
		}
		longest = max(longest, days)
	}
	return float64(longest) / daysPerMonth
}
