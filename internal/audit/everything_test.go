package audit_test

// hospital and university are identity providers.
const (
	hospital = `{"name":"Hospital","kind":"oidc","issuer":"https://id.example.org","clientId":"smartlake","clientSecret":"for-a-test-only",` +
		`"attributeMapping":{"email":"email"}}`
	university = `{"name":"University","kind":"saml","metadataUrl":"https://idp.example.org/metadata","attributeMapping":{"email":"mail"}}`
)

// everything is all that can be switched on beside a user pool that the stack makes.
var everything = map[string]string{
	"alarms.emails": `["ops@example.org","doctor@example.org"]`,
	"bulkData":      "{}",
	"customDomain": `{"name":"auth.example.org","certificateArn":"arn:aws:acm:us-east-1:444455556666:certificate/00000000-0000-0000-0000-000000000000",` +
		`"zoneId":"Z0123456789ABC"}`,
	"customerManagedKey":              "true",
	"dashboard":                       "true",
	"function.provisionedConcurrency": `{"executions":2,"maxExecutions":10,"schedules":[{"name":"day","schedule":"cron(0 7 ? * MON-FRI *)","executions":5}]}`,
	"function.reservedConcurrency":    "20",
	"function.tracing":                "true",
	"identityProviders":               `[` + hospital + `,` + university + `]`,
	"testUsers":                       `[{"username":"ann","email":"ann@example.org","password":"Correct-Horse-1","patient":"p1"}]`,
	"userPool.advancedSecurity":       "AUDIT",
	"userPool.mfa":                    "OPTIONAL",
	"userPool.tier":                   "PLUS",
}

// theirPool is a user pool that somebody else looks after.
const theirPool = "us-east-1_Abc123XyZ"

// everyStack are stacks that together declare all that the program can.
var everyStack = map[string]struct {
	name      string
	overrides map[string]string
}{
	"dev":           {"dev", nil},
	"prod":          {"prod", nil},
	"everything":    {"dev", everything},
	"existing pool": {"dev", map[string]string{"existingUserPool": `{"id":"` + theirPool + `"}`}},
}
