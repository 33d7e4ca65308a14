package validator_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/smartlake/pulumi-smartlake/validator"
)

func TestALineCarriesMetricsWhereAFunctionIsNamed(t *testing.T) {
	const byFunction = `{"Namespace":"Smartlake/TokenValidator","Dimensions":[["function"]],"Metrics":[` +
		`{"Name":"grants","Unit":"Count"},{"Name":"denials","Unit":"Count"},{"Name":"key_set_failures","Unit":"Count"},{"Name":"latency_us","Unit":"Microseconds"}]}`
	const byReason = `{"Namespace":"Smartlake/TokenValidator","Dimensions":[["function","reason"]],"Metrics":[{"Name":"denials","Unit":"Count"}]}`
	f := newColdFixture(t, func(c *validator.Config) { c.Metrics = "judge" })
	metrics := func(grants, denials, failures int, directives string) string {
		return fmt.Sprintf(`"function":"judge","grants":%d,"denials":%d,"key_set_failures":%d,"_aws":{"Timestamp":%d,"CloudWatchMetrics":[%s]}}`,
			grants, denials, failures, f.clock.now().UnixMilli(), directives)
	}
	f.judge(serviceToken().token())
	assertLines(t, f.log.Take(), `{"level":"INFO","msg":"grant","operation":"ReadResource","latency_us":0,"role":"read","client_id":"1service23456789","kid":"current",`+
		metrics(1, 0, 0, byFunction))
	f.judge("")
	assertLines(t, f.log.Take(), `{"level":"INFO","msg":"deny","reason":"token_missing","operation":"ReadResource","latency_us":0,`+
		metrics(0, 1, 0, byFunction+","+byReason))

	cold := newColdFixture(t, func(c *validator.Config) { c.Metrics = "judge" })
	cold.issuer.behave(answer(http.StatusServiceUnavailable, ""))
	cold.judge(serviceToken().token())
	assertLines(t, cold.log.Take(), `{"level":"ERROR","msg":"deny","reason":"keys_unavailable","operation":"ReadResource","latency_us":0,"key_set_error":"key set: HTTP status 503",`+
		metrics(0, 1, 1, byFunction+","+byReason))
}
