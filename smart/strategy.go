package smart

// AuthorizationStrategy is the authorization strategy of a HealthLake datastore, which
// decides the scopes that the datastore understands
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-smart-on-fhir-oauth-scopes.html).
type AuthorizationStrategy string

// The strategies for SMART on FHIR tokens. The package does not have AWS_AUTH, the strategy
// without such tokens.
const (
	SMARTOnFHIRV1 AuthorizationStrategy = "SMART_ON_FHIR_V1" // takes v1 scopes only
	SMARTOnFHIR   AuthorizationStrategy = "SMART_ON_FHIR"    // takes v1 and v2 scopes
)

// AuthorizationStrategies returns the valid values of an [AuthorizationStrategy].
func AuthorizationStrategies() []AuthorizationStrategy {
	return []AuthorizationStrategy{SMARTOnFHIR, SMARTOnFHIRV1}
}

// Valid reports whether s is one of [AuthorizationStrategies].
func (s AuthorizationStrategy) Valid() bool { return s == SMARTOnFHIR || s == SMARTOnFHIRV1 }

// Understands reports whether a datastore of this strategy accepts the scope.
func (s AuthorizationStrategy) Understands(scope Scope) bool {
	switch s {
	case SMARTOnFHIR:
		return scope.version == V1 || scope.version == V2
	case SMARTOnFHIRV1:
		return scope.version == V1
	default:
		return false
	}
}
