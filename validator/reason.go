package validator

// Reason is a stable code for the reason of a denial. It is in the answer's "error", in the
// log line and in the metrics. It never contains a value of the token.
type Reason string

// The reasons of a refusal, in the order in which the checks run.
const (
	EventInvalid        Reason = "event_invalid"          // not HealthLake's event, or no datastore endpoint or operation
	TokenMissing        Reason = "token_missing"          // the bearer token is empty
	TokenTooLong        Reason = "token_too_long"         // over MaxTokenBytes
	TokenMalformed      Reason = "token_malformed"        // not three parts of strict base64url
	HeaderMalformed     Reason = "header_malformed"       // the header is not the JSON object it must be
	HeaderNotAllowed    Reason = "header_not_allowed"     // crit, jku, jwk, x5u, x5c, zip, or a foreign typ
	AlgorithmNotAllowed Reason = "algorithm_not_allowed"  // alg is not RS256
	KeyIDMissing        Reason = "key_id_missing"         // no kid
	KeyUnknown          Reason = "key_unknown"            // the issuer's key set, lately read, has no usable key of this kid
	KeysUnavailable     Reason = "keys_unavailable"       // the key set could not be read, so it is not known whether it has the key
	SignatureInvalid    Reason = "signature_invalid"      // the signature does not hold
	ClaimsMalformed     Reason = "claims_malformed"       // the claims are not the JSON object they must be
	IssuerUnknown       Reason = "issuer_unknown"         // iss is not configured
	TokenUseNotAccess   Reason = "token_use_not_access"   // an ID token, or no token_use
	ClientUnknown       Reason = "client_unknown"         // client_id is not configured
	PossessionRequired  Reason = "possession_required"    // cnf: the token is good only with its holder's key, which the event does not show
	SubjectInvalid      Reason = "subject_invalid"        // neither a client's token nor a user's
	ScopeMalformed      Reason = "scope_malformed"        // scope breaks RFC 6749 section 3.3
	GroupMissing        Reason = "group_missing"          // no scope is left: the client is for other groups than the user's
	ScopeInsufficient   Reason = "scope_insufficient"     // no scope is left that counts
	TokenExpired        Reason = "token_expired"          // exp has passed
	TokenIssuedInFuture Reason = "token_issued_in_future" // iat lies ahead
	TokenNotYetValid    Reason = "token_not_yet_valid"    // nbf lies ahead
	AudienceMismatch    Reason = "audience_mismatch"      // aud does not name the event's datastore endpoint
	DeadlineExceeded    Reason = "deadline_exceeded"      // no judgement within the budget
	InternalError       Reason = "internal_error"         // a defect of the validator; the log has its trace

	// FHIRUserTypeNotAllowed is a case of ScopeInsufficient: no scope is left, because the
	// client's user/ scopes are for users of other types of FHIR resource.
	FHIRUserTypeNotAllowed Reason = "fhir_user_type_not_allowed"
)
