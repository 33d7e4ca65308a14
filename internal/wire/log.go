package wire

// The members of the functions' log lines. The functions write them, and the saved queries
// name them. A line about a panic has "panic" and "trace" besides (package lambdamain).

// The messages of lines, their "msg".
const (
	LineGrant         = "grant"
	LineDeny          = "deny"
	LineKeySetNotRead = "key set not read"
	LineLaunchContext = "launch context"
	LineFrontDoor     = "request" // of the front door
)

// ValidatorLine lists the members of the token validator's lines.
func ValidatorLine() []string {
	return []string{
		"time", "level", "msg",
		DimensionReason, "operation", MetricLatency, "role", "client_id", "kid", "sub", "key_set_error",
		DimensionFunction, MetricGrants, MetricDenials, MetricKeySetFailures, "_aws",
		"keys", "skipped", "error", // of reading the key set
	}
}

// LaunchContextLine lists the members of the launch context trigger's lines.
func LaunchContextLine() []string {
	return []string{
		"time", "level", "msg",
		"trigger_source", "client_id", "reason", "patient", "patient_attribute", "fhirUser", "fhirUser_attribute", "latency_us",
	}
}

// FrontDoorLine lists the members of the front door's lines.
func FrontDoorLine() []string {
	return []string{
		"time", "level", "msg",
		"route", "method", "interaction", "type", "failure", "client_id", "error", "status", "duration_us", "upstream_us",
	}
}
