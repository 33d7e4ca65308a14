// Package validator judges the bearer tokens of FHIR requests for AWS
// HealthLake: it is the function that HealthLake asks, for every request, whether
// its token may pass, and as which IAM role.
//
//	v, err := validator.New(validator.Config{
//		Issuers:       []string{"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example"},
//		JWKSURI:       "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json",
//		Clients:       []validator.Client{{ID: "1example23456789", FHIRUserTypes: []string{"Practitioner"}}},
//		Strategy:      smart.SMARTOnFHIR,
//		ReadRoleARN:   "arn:aws:iam::123456789012:role/read",
//		WriteRoleARN:  "arn:aws:iam::123456789012:role/write",
//		ExportRoleARN: "arn:aws:iam::123456789012:role/export",
//	})
//	answer := v.Authorize(ctx, event)
//
// # What is trusted, and when
//
//  1. Nothing at first: an event without its three documented members, a token over [MaxTokenBytes], or one that is not a
//     compact JWS of strict base64url with an RS256 header, is refused unread.
//  2. The key comes from the configured key set, chosen by kid. A header that
//     points at another key is refused.
//  3. The signature is verified. Only now are the claims read.
//  4. iss, token_use and client_id are checked, then whose token it is: a client's has
//     no username and sub equals client_id; a user's has a username. Anything else is
//     refused, and so is a token that is bound to a key of its holder (cnf).
//  5. Scopes that the holder may not have are dropped: a client keeps system/
//     scopes only; a user keeps patient/ scopes with a well-formed patient claim, and
//     user/ scopes with a well-formed fhirUser claim of a type that the client is for.
//     A user who is in none of the client's groups, where it names any, keeps nothing.
//     With no scope left, the request is denied. The answer holds patient where a
//     patient/ scope is left, and fhirUser where a user/ scope is: a claim that no
//     scope calls for is not passed on. The type of fhirUser decides about user/ scopes
//     alone: a patient/ scope reaches one patient's compartment, whoever reads it.
//  6. exp, iat and nbf are held against the time, and aud against the datastore that
//     asks.
//  7. The answer names the read role if every scope left only reads or searches,
//     and the write role otherwise. Neither can start an export: the export role is
//     named for that operation alone, and for a client whose system/ scopes read and
//     search every resource. The name of the operation decides nothing else.
//
// A token that was granted is remembered by a digest of all its bytes, so that the
// next request with it costs no verification. Steps 3 to 5 follow from the token and
// the configuration alone, and are not done again. Steps 6 and 7 are done for each
// event, and what is remembered of a token counts only while its key does.
//
// The event, header, claims and key set are all read by one strict reader of JSON.
//
// The source has a file for each stage: the event and its answer (event.go), the JWS
// (jws.go), the key set (keyset.go, and jwks.go for its form), the claims with their
// checks (claims.go), the holder with the scopes that count (holder.go), the role
// (role.go), and what was seen before (seen.go). [Validator.Authorize] runs them in order.
//
// # Claims that must be honoured
//
// Cognito rarely sends them, but where they are there, they decide:
//
//	aud       absent, the token is for any recipient. Otherwise one of its values is the
//	          event's datastoreEndpoint, with or without the slash at its end (RFC 7519
//	          section 4.1.3, RFC 8707)
//	cnf       refused, whatever it holds: an event does not show the proof that the
//	          holder has the key (RFC 7800, RFC 8705, RFC 9449)
//	exp, nbf  RFC 7519 sections 4.1.4 and 4.1.5; an iat or nbf of 0 is malformed
//
// Others were considered. act and may_act (RFC 8693) tell who acts for whom and
// restrict nothing. authorization_details (RFC 9396) grants beside the scopes, and is
// not used. jti is for issuers that forbid a second use, and HealthLake asks about each
// request. azp, nonce and events belong to other kinds of token, which token_use keeps
// out.
//
// # RFC 8725, JSON Web Token Best Current Practices
//
// What each practice means here, and the test that shows it. TestNoTokenOfTheCataloguePasses
// is a catalogue of attacks with a reference each.
//
//	3.1  algorithm verification   alg is RS256 or the token is refused, whatever key there is
//	                              TestNoTokenOfTheCataloguePasses
//	3.2  appropriate algorithms   RS256 alone; none, HS256 and all others are refused
//	                              TestNoTokenOfTheCataloguePasses
//	3.3  validate all operations  no claim is read before the signature holds; no nesting
//	                              TestNoTokenOfTheCataloguePasses
//	3.4  cryptographic inputs     RSA keys of 2048 to 4096 bits, odd modulus, exponent from 65537,
//	                              both spelled as RFC 7518 says
//	                              TestAnUnusableKeyIsSkippedForItsReason
//	3.5  sufficient entropy       keys are the issuer's; too small ones, and those that are published
//	                              with their private half, are skipped
//	                              TestAnUnusableKeyIsSkippedForItsReason
//	3.6  no compression           zip is refused
//	                              TestNoTokenOfTheCataloguePasses
//	3.7  UTF-8                    header and claims must be valid UTF-8, without lone surrogates
//	                              TestWhatIsNotOneObjectIsRefused
//	3.8  issuer and subject       iss is one of the configured; sub must fit the kind of holder
//	                              TestNoTokenOfTheCataloguePasses
//	3.9  audience                 aud names the datastore's endpoint, or is absent: Cognito sends it
//	                              only where the app asked for a resource. client_id is checked always
//	                              TestATokenForCertainRecipientsMustNameTheDatastore, TestNoTokenOfTheCataloguePasses
//	3.10 do not trust claims      kid only chooses among known keys, and two keys of a kid are none;
//	                              jku, jwk, x5u, x5c are refused
//	                              TestNoTokenOfTheCataloguePasses, TestAKidCountsForNoKeyHoweverBrokenTheOtherIs,
//	                              TestTwoThousandUnknownKeysCauseOneFetch
//	3.11 explicit typing          Cognito's tokens have no typ: token_use must be access in its place,
//	                              and a typ other than JWT and at+jwt is refused, with or without
//	                              application/ before it
//	                              TestNoTokenOfTheCataloguePasses
//	3.12 exclusive rules          an ID token has another token_use; clients' and users' tokens
//	                              have rules that exclude each other
//	                              TestAUserNeverKeepsASystemScope, TestAServiceKeepsItsSystemScopesAlone
package validator
