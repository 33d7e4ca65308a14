package smart

// Strategy is the authorization strategy of a HealthLake datastore, which says
// what scopes the datastore understands
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-smart-on-fhir-oauth-scopes.html).
type Strategy string

// The strategies that take SMART on FHIR tokens. A third one, AWS_AUTH, takes
// none and has no place here.
const (
	SMARTOnFHIRV1 Strategy = "SMART_ON_FHIR_V1" // v1 scopes only
	SMARTOnFHIR   Strategy = "SMART_ON_FHIR"    // v1 and v2 scopes
)

// Strategies returns the values that a [Strategy] may take.
func Strategies() []Strategy { return []Strategy{SMARTOnFHIR, SMARTOnFHIRV1} }

// Valid reports whether s is one of [Strategies].
func (s Strategy) Valid() bool { return s == SMARTOnFHIR || s == SMARTOnFHIRV1 }

// Understands reports whether a datastore of this strategy takes the scope.
func (s Strategy) Understands(scope Scope) bool {
	switch s {
	case SMARTOnFHIR:
		return scope.version == V1 || scope.version == V2
	case SMARTOnFHIRV1:
		return scope.version == V1
	default:
		return false
	}
}
