// Package validator judges the bearer tokens of FHIR requests for AWS HealthLake. HealthLake
// calls it for every request, to learn whether the token is accepted and which IAM role to
// assume.
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
//  1. The validator trusts nothing at first. It refuses an event without its three
//     documented members, a token over [MaxTokenBytes], and a token that is not a compact
//     JWS of strict base64url with an RS256 header.
//  2. It takes the key from the configured key set, by kid. It refuses a header that points
//     at another key.
//  3. It verifies the signature. Only then does it read the claims.
//  4. It checks iss, token_use and client_id, and then the holder. A client's token has no
//     username, and its sub equals client_id. A user's token has a username. It refuses any
//     other token, and a token that is bound to a key of its holder (cnf).
//  5. It drops scopes that the holder may not have. A client keeps only system/ scopes. A
//     user keeps patient/ scopes with a well-formed patient claim, and user/ scopes with a
//     well-formed fhirUser claim of a type that the client allows. If the client has groups,
//     a user outside of them keeps no scope. Without a scope left, it denies the request.
//     The answer has patient if a patient/ scope is left, and fhirUser if a user/ scope is.
//     The type of fhirUser has no effect on patient/ scopes, which reach the compartment of
//     one patient for every type of user.
//  6. It checks exp, iat and nbf against the time, and aud against the datastore of the
//     event.
//  7. It names the read role if all scopes left only read or search, and otherwise the write
//     role. Neither can start an export. It names the export role only for an export by a
//     client whose system/ scopes read and search every resource. The name of the operation
//     has no other effect.
//
// The validator remembers a granted token by a digest of all its bytes. Steps 3 to 5 depend
// only on the token and the configuration, so the next request with it skips them. Steps 6
// and 7 run for each event. A remembered token counts only while its key is valid.
//
// One strict reader of JSON reads the event, header, claims and key set.
//
// The source has a file for each stage: the event and its answer (event.go), the JWS
// (jws.go), the key set (keyset.go, and jwks.go for its form), the claims with their checks
// (claims.go), the holder with the scopes that count (holder.go), the role (role.go), and
// the remembered tokens (seen.go). [Validator.Authorize] runs them in order. [Explain] says for
// people what steps 4 to 7 come to (explain.go).
//
// # Optional claims
//
// Cognito rarely sends these claims. If a token has one, the validator applies it:
//
//	aud       if absent, the token is for any recipient. Otherwise one of its values is the
//	          event's datastoreEndpoint, with or without the slash at its end (RFC 7519
//	          section 4.1.3, RFC 8707)
//	cnf       refused with any value: an event does not contain the proof that the
//	          holder has the key (RFC 7800, RFC 8705, RFC 9449)
//	exp, nbf  RFC 7519 sections 4.1.4 and 4.1.5; an iat or nbf of 0 is malformed
//
// It ignores other claims. act and may_act (RFC 8693) say who acts for whom, and restrict
// nothing. authorization_details (RFC 9396) adds grants, and the validator grants only
// scopes. jti is for issuers that forbid a second use, but HealthLake asks about the same
// token many times. azp, nonce and events belong to other kinds of token, which the check of
// token_use refuses.
//
// # RFC 8725, JSON Web Token Best Current Practices
//
// This table says how the validator follows each practice, and which test shows it.
// TestNoTokenOfTheCataloguePasses is a catalogue of attacks, each with its reference.
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
