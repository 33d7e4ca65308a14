// Package validator judges the bearer tokens of FHIR requests for AWS
// HealthLake: it is the function that HealthLake asks, for every request, whether
// its token may pass, and as which IAM role.
//
//	v, err := validator.New(validator.Config{
//		Issuers:      []string{"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example"},
//		JWKSURI:      "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json",
//		ClientIDs:    []string{"1example23456789"},
//		Strategy:     smart.SMARTOnFHIR,
//		ReadRoleARN:  "arn:aws:iam::123456789012:role/read",
//		WriteRoleARN: "arn:aws:iam::123456789012:role/write",
//	})
//	answer := v.Authorize(ctx, event)
//
// # What is trusted, and when
//
//  1. Nothing at first: a token over [MaxTokenBytes], or one that is not a
//     compact JWS of strict base64url with an RS256 header, is refused unread.
//  2. The key comes from the configured key set, chosen by kid. A header that
//     points at another key is refused.
//  3. The signature is verified. Only now are the claims read.
//  4. iss, token_use, client_id, exp, iat and nbf are checked, then whose token it
//     is: a client's has no username and sub equals client_id; a user's has a
//     username. Anything else is refused.
//  5. Scopes that the holder may not have are dropped: a client keeps system/
//     scopes only; a user keeps patient/ scopes with a patient claim and user/
//     scopes with a fhirUser claim. With none left, the request is denied. The answer
//     holds patient where a patient/ scope is left, and fhirUser where a user/ scope
//     is: a claim that no scope calls for is not passed on.
//  6. The answer names the read role if every scope left only reads or searches,
//     and the write role otherwise.
//
// A token that was granted is remembered by a digest of all its bytes, so that the
// next request with it costs no verification. Steps 4 to 6 are done again each
// time, and what is remembered of a token counts only while its key does.
//
// The package fails closed: an outage of the key set, a panic and a deadline are
// answered with a denial and a stable [Reason]. It writes one log line a
// judgement, and nothing of a token is in it.
//
// What it does not do: it knows no resource and no path, because HealthLake tells
// it none; HealthLake enforces the scopes in the answer. It does not see that a
// token was revoked: Cognito's access tokens are valid until they expire.
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
//	3.4  cryptographic inputs     RSA keys of 2048 to 4096 bits, odd modulus, exponent from 65537
//	                              TestAnUnusableKeyIsSkippedForItsReason
//	3.5  sufficient entropy       keys are the issuer's; too small ones are skipped
//	                              TestAnUnusableKeyIsSkippedForItsReason
//	3.6  no compression           zip is refused
//	                              TestNoTokenOfTheCataloguePasses
//	3.7  UTF-8                    header and claims must be valid UTF-8, without lone surrogates
//	                              TestWhatIsNotOneObjectIsRefused
//	3.8  issuer and subject       iss is one of the configured; sub must fit the kind of holder
//	                              TestNoTokenOfTheCataloguePasses
//	3.9  audience                 Cognito's access tokens have no aud; client_id takes its place
//	                              TestNoTokenOfTheCataloguePasses
//	3.10 do not trust claims      kid only chooses among known keys; jku, jwk, x5u, x5c are refused
//	                              TestNoTokenOfTheCataloguePasses, TestTwoThousandUnknownKeysCauseOneFetch
//	3.11 explicit typing          Cognito's tokens have no typ: token_use must be access in its place,
//	                              and a typ other than JWT and at+jwt is refused
//	                              TestNoTokenOfTheCataloguePasses
//	3.12 exclusive rules          an ID token has another token_use; clients' and users' tokens
//	                              have rules that exclude each other
//	                              TestAUserNeverKeepsASystemScope, TestAServiceKeepsItsSystemScopesAlone
package validator
