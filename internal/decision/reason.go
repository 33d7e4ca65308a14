package decision

import (
	"fmt"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// beforeTheClaims are the reasons of refusals that come before the claims are read. What a
// token says of itself is then vouched for by nobody.
var beforeTheClaims = map[validator.Reason]bool{
	validator.EventInvalid: true, validator.TokenMissing: true, validator.TokenTooLong: true, validator.TokenMalformed: true,
	validator.HeaderMalformed: true, validator.HeaderNotAllowed: true, validator.AlgorithmNotAllowed: true, validator.KeyIDMissing: true,
	validator.KeyUnknown: true, validator.KeysUnavailable: true, validator.SignatureInvalid: true,
	validator.DeadlineExceeded: true, validator.InternalError: true,
}

var ofReasons = map[validator.Reason]string{
	validator.EventInvalid:           "the call of the validator is not HealthLake's.",
	validator.TokenMissing:           "the bearer token is empty.",
	validator.TokenTooLong:           fmt.Sprintf("the token has more than %d bytes. Request fewer scopes.", validator.MaxTokenBytes),
	validator.TokenMalformed:         "the token is not a JWT of three parts. Send the access token as the token endpoint gave it.",
	validator.HeaderMalformed:        "the token's header is not the JSON object that it must be.",
	validator.HeaderNotAllowed:       "the token's header points at other keys or demands processing that the validator does not do.",
	validator.AlgorithmNotAllowed:    "the token is not signed with RS256.",
	validator.KeyIDMissing:           "the token's header has no kid.",
	validator.KeyUnknown:             "the issuer's key set has no key with the token's kid. Get a token of this user pool.",
	validator.KeysUnavailable:        "the validator could not read the issuer's key set, so it does not know whether the key exists.",
	validator.SignatureInvalid:       "the signature does not fit the token: somebody changed it, or another key signed it.",
	validator.ClaimsMalformed:        "the claims are not the JSON object that they must be.",
	validator.IssuerUnknown:          "another issuer made the token (iss).",
	validator.TokenUseNotAccess:      "the token is not an access token (token_use). Send the access token and not the ID token.",
	validator.ClientUnknown:          "the stack has no client with the token's client_id.",
	validator.PossessionRequired:     "the token is good only with a key of its holder (cnf), which HealthLake does not show.",
	validator.SubjectInvalid:         "the token is neither a user's nor a client's own.",
	validator.ScopeMalformed:         "the token's scope is not a list of scopes with single spaces between them.",
	validator.GroupMissing:           "no scope counts, because the client is for users of other groups.",
	validator.ScopeInsufficient:      "no scope of the token counts.",
	validator.FHIRUserTypeNotAllowed: "no scope counts, because the client's user/ scopes are for other types of users.",
	validator.TokenExpired:           "the token has expired. Get a new one.",
	validator.TokenNotYetValid:       "the token is not valid yet (nbf). Correct the clocks.",
	validator.TokenIssuedInFuture:    "the token was issued in the future (iat). Correct the clocks.",
	validator.AudienceMismatch:       "the token is for another recipient (aud). Request the FHIR base URL of this datastore as resource, or none.",
	validator.DeadlineExceeded:       "the validator ran out of time.",
	validator.InternalError:          "the validator has a defect. Its log has the trace.",
}

// OfReason says a reason of the validator in a sentence without its subject, which begins in
// lower case.
func OfReason(reason validator.Reason) string {
	if says, ok := ofReasons[reason]; ok {
		return says
	}
	return fmt.Sprintf("the validator gives the reason %q, which this version of Smartlake does not know.", string(reason))
}
