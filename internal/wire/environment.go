package wire

// The environment of the token validator's function.
const (
	EnvIssuers       = "ISSUERS"                // accepted "iss" values, divided by commas
	EnvJWKSURI       = "JWKS_URI"               // https URL of the issuer's key set
	EnvClients       = "CLIENTS"                // the clients whose tokens count, and whose apps they are, in JSON
	EnvStrategy      = "AUTHORIZATION_STRATEGY" // SMART_ON_FHIR or SMART_ON_FHIR_V1
	EnvReadRoleARN   = "READ_ROLE_ARN"          // role for tokens whose scopes only read
	EnvWriteRoleARN  = "WRITE_ROLE_ARN"         // role for all others
	EnvExportRoleARN = "EXPORT_ROLE_ARN"        // role for an export by a client whose system/ scopes read everything
	EnvLogUsers      = "LOG_USERS"              // true: log lines name the users of accepted tokens; may be left out
)

// The environment of the launch context trigger's function.
const (
	EnvPatientAttribute  = "PATIENT_ATTRIBUTE"   // full name of the user attribute behind the claim patient
	EnvFHIRUserAttribute = "FHIR_USER_ATTRIBUTE" // full name of the user attribute behind the claim fhirUser
)

// EnvLogLevel is part of every function's environment: debug, info, warn or error.
const EnvLogLevel = "LOG_LEVEL"

// LiveAlias is the alias of a function that is called: its ARN is what HealthLake and
// Cognito are given, so that a new version takes over in one step.
const LiveAlias = "live"
