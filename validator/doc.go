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
//     scopes with a fhirUser claim. With none left, the request is denied.
//  6. The answer names the read role if every scope left only reads or searches,
//     and the write role otherwise.
//
// The package fails closed: an outage of the key set, a panic and a deadline are
// answered with a denial and a stable [Reason]. It writes one log line a
// judgement, and nothing of a token is in it.
//
// What it does not do: it knows no resource and no path, because HealthLake tells
// it none; HealthLake enforces the scopes in the answer. It does not see that a
// token was revoked: Cognito's access tokens are valid until they expire.
package validator
