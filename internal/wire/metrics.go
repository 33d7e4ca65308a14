package wire

// The token validator's metrics: its log lines carry them, its alarms and its dashboard
// read them.
const (
	MetricsNamespace = "Smartlake/TokenValidator"

	MetricGrants         = "grants"           // 1 for a request that may pass
	MetricDenials        = "denials"          // 1 for a request that was refused
	MetricKeySetFailures = "key_set_failures" // 1 where the issuer's key set was unavailable
	MetricLatency        = "latency_us"       // how long the judgement took

	DimensionFunction = "function" // of every metric: the function's name
	DimensionReason   = "reason"   // of the denials besides: why
)
