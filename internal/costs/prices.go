package costs

// HoursPerMonth is how AWS's calculator counts a month.
const HoursPerMonth = 730

// Price is a row of the table of prices: USD in us-east-1, without taxes and discounts.
type Price struct {
	What   string  // what is billed
	Unit   string  // of a quantity, such as "hour"
	Per    float64 // units that USD is for
	USD    float64
	Source string // where the price is from, in Markdown
	Date   string // of the source, as exactly as it is known: YYYY-MM-DD, YYYY-MM, YYYY or nothing
	// ByAWS marks a price that is from AWS's own page; the others are from third parties'
	// copies of it.
	ByAWS bool
	// Included is the quantity a month that AWS never bills for, and that an estimate takes off.
	Included float64
	// Free is the quantity a month that AWS gives each account for free. Other workloads of the
	// account may use it up, so an estimate does not take it off.
	Free float64
	// Unknown says why there is no price; USD is then 0 and counts for nothing.
	Unknown string
}

// cost of a quantity, and what it is after the account's free quantity.
func (p Price) cost(quantity float64) (usd, afterFree float64) {
	beyond := max(0, quantity-p.Included)
	return beyond / p.Per * p.USD, max(0, beyond-p.Free) / p.Per * p.USD
}

// Item names a row of the table of prices.
type Item int

// The rows, in the order of the table.
const (
	DatastoreHours Item = iota
	DatastoreStorage
	DatastoreQueries
	DatastoreExports
	DatastoreDataOut
	LiteUsers
	EssentialsUsers
	PlusUsers
	FederatedUsers
	ServiceTokens
	Calls
	ARMSeconds
	X86Seconds
	ProvisionedSeconds
	APIRequests
	DataOut
	LogsIn
	LogsKept
	LogsScanned
	Metrics
	Alarms
	Dashboards
	Traces
	Keys
	KeyRequests
	items // how many there are
)

// The sources that several rows have.
const (
	healthLakeCopy = "[API Evangelist](https://github.com/api-evangelist/aws-healthlake/blob/main/plans/aws-healthlake-plans.yml)"
	cognitoCopy    = "[API Evangelist](https://github.com/api-evangelist/amazon-cognito/blob/main/plans/amazon-cognito-plans-pricing.yml)"
	lambdaCopy     = "[Cloudchipr](https://cloudchipr.com/blog/aws-lambda-pricing)"
	cloudWatchCopy = "[Factual Minds](https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/)"
	infracost      = "[Infracost](https://github.com/vreutova/infracost-idem-support/pull/2)"
)

// Prices is the table. Nothing else in this repository knows a price.
func Prices() [items]Price {
	var all [items]Price
	for _, of := range []map[Item]Price{healthLake(), cognito(), functions(), operations()} {
		for item, price := range of {
			all[item] = price
		}
	}
	return all
}

func healthLake() map[Item]Price {
	return map[Item]Price{
		DatastoreHours: {
			What: "HealthLake: a datastore, used or not", Unit: "hour", Per: 1, USD: 0.27,
			Source: healthLakeCopy, Date: "2026-06-13",
		},
		DatastoreStorage: {
			What: "HealthLake: storage", Unit: "GB and month", Per: 1, USD: 0.37, Included: 10,
			Source: healthLakeCopy, Date: "2026-06-13",
		},
		DatastoreQueries: {
			What: "HealthLake: queries", Unit: "query", Per: 10_000, USD: 0.048, Included: 3_500 * HoursPerMonth,
			Source: healthLakeCopy, Date: "2026-06-13",
		},
		DatastoreExports: {
			What: "HealthLake: exports", Unit: "GB", Per: 1, USD: 0.19,
			Source: healthLakeCopy, Date: "2026-06-13",
		},
		DatastoreDataOut: {
			What: "HealthLake: answers that leave AWS", Unit: "GB", Per: 1,
			Unknown: "no source says whether HealthLake's answers count as data that leaves AWS",
		},
	}
}

func cognito() map[Item]Price {
	return map[Item]Price{
		LiteUsers: {
			What: "Cognito, plan LITE: active users", Unit: "user and month", Per: 1, USD: 0.0055, Included: 10_000,
			Source: cognitoCopy, Date: "2026-09-20",
		},
		EssentialsUsers: {
			What: "Cognito, plan ESSENTIALS (the default here): active users", Unit: "user and month", Per: 1, USD: 0.015, Included: 10_000,
			Source: cognitoCopy, Date: "2026-09-20",
		},
		PlusUsers: {
			What: "Cognito, plan PLUS: active users", Unit: "user and month", Per: 1, USD: 0.02,
			Source: cognitoCopy, Date: "2026-09-20",
		},
		FederatedUsers: {
			What: "Cognito: active users from OIDC and SAML providers", Unit: "user and month", Per: 1, USD: 0.015, Included: 50,
			Source: cognitoCopy, Date: "2026-09-20",
		},
		ServiceTokens: {
			What: "Cognito: tokens of `service` clients", Unit: "token", Per: 1_000, USD: 2.25,
			Source: "[Vantage](https://cur.vantage-api.com/aws/amazoncognito/user-pools-m2m/cupm2mtokenrequestsfull)", Date: "2025-04-27",
		},
	}
}

// functions are Lambda's, and the HTTP API's before the front door.
func functions() map[Item]Price {
	return map[Item]Price{
		Calls: {
			What: "Lambda: calls", Unit: "call", Per: 1_000_000, USD: 0.20, Free: 1_000_000,
			Source: "[API Evangelist](https://github.com/api-evangelist/aws-lambda/blob/main/plans/aws-lambda-plans-pricing.yml)", Date: "2026-09-20",
		},
		ARMSeconds: {
			What: "Lambda: time on arm64 (the default here), by memory", Unit: "GB-second", Per: 1, USD: 0.0000133334, Free: 400_000,
			Source: lambdaCopy, Date: "2024",
		},
		X86Seconds: {
			What: "Lambda: time on x86_64, by memory", Unit: "GB-second", Per: 1, USD: 0.0000166667, Free: 400_000,
			Source: lambdaCopy, Date: "2024",
		},
		ProvisionedSeconds: {
			What: "Lambda: provisioned concurrency on x86_64, by memory, around the clock", Unit: "GB-second", Per: 1, USD: 0.0000041667,
			Source: "copies of AWS's page",
		},
		APIRequests: {
			What: "API Gateway: an HTTP API, by each started 512 KB of a request", Unit: "request", Per: 1_000_000, USD: 1.00, ByAWS: true,
			Source: "[AWS](https://aws.amazon.com/api-gateway/pricing/)", Date: "2026-09-20",
		},
		DataOut: {
			What: "API Gateway: answers that leave AWS", Unit: "GB", Per: 1, USD: 0.09, Free: 100,
			Source: "[Wring](https://wring.co/blog/aws-data-transfer-pricing-guide)", Date: "2026",
		},
	}
}

// operations are what watches a stack, and its key.
func operations() map[Item]Price {
	return map[Item]Price{
		LogsIn: {
			What: "CloudWatch: log lines as they arrive", Unit: "GB", Per: 1, USD: 0.50, Free: 5,
			Source: cloudWatchCopy, Date: "2026-06-13",
		},
		LogsKept: {
			What: "CloudWatch: log lines that are kept", Unit: "GB and month", Per: 1, USD: 0.03,
			Source: infracost,
		},
		LogsScanned: {
			What: "CloudWatch: log lines that a query reads", Unit: "GB", Per: 1, USD: 0.005,
			Source: infracost,
		},
		Metrics: {
			What: "CloudWatch: custom metrics", Unit: "metric and month", Per: 1, USD: 0.30, Free: 10,
			Source: "[SigNoz](https://signoz.io/guides/cloudwatch-pricing)", Date: "2026-02-15",
		},
		Alarms: {
			What: "CloudWatch: metrics that alarms watch", Unit: "metric and month", Per: 1, USD: 0.10, Free: 10,
			Source: infracost,
		},
		Dashboards: {
			What: "CloudWatch: dashboards", Unit: "dashboard and month", Per: 1, USD: 3, Free: 3,
			Source: cloudWatchCopy, Date: "2026-06-13",
		},
		Traces: {
			What: "X-Ray: traces (`function.tracing: true`)", Unit: "trace", Per: 1_000_000, USD: 5, ByAWS: true, Free: 100_000,
			Source: "[AWS](https://aws.amazon.com/xray/pricing/)",
		},
		Keys: {
			What: "KMS: a key, and each of its first two yearly rotations", Unit: "key and month", Per: 1, USD: 1, ByAWS: true,
			Source: "[AWS](https://aws.amazon.com/kms/pricing/)", Date: "2026-03",
		},
		KeyRequests: {
			What: "KMS: requests with a key", Unit: "request", Per: 10_000, USD: 0.03, Free: 20_000,
			Source: "[Wring](https://www.wring.co/blog/aws-kms-pricing-guide)",
		},
	}
}
