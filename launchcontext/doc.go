// Package launchcontext is a Cognito user pool's pre token generation trigger. It adds the
// claims patient and fhirUser to users' tokens, from attributes of the user.
//
//	trigger, err := launchcontext.New(launchcontext.Config{
//		PatientAttribute:  "custom:patient",
//		FHIRUserAttribute: "custom:fhirUser",
//	})
//	answer, err := trigger.Invoke(ctx, event)
//
// A SMART app with users needs these claims: the token validator drops patient/ scopes
// without a patient claim, and user/ scopes without fhirUser.
//
// # What is added, and when
//
//  1. Only tokens of users get claims: the event comes from one of the five trigger
//     sources of a sign-in or a refresh, in version 2 or 3. A client's own token
//     (client credentials) never gets claims.
//  2. The trigger adds patient if a patient/ scope or launch/patient was granted. Its form
//     is that of [smart.ValidPatientID].
//  3. It adds fhirUser if a user/ scope or openid was granted. SMART has a scope fhirUser
//     for this claim, which Cognito cannot issue. That scope requires openid, so openid
//     stands for it. Its form is that of [smart.ParseFHIRUser].
//  4. Both claims go into the access token, which the validator judges, and into the ID
//     token, where an app reads them: Cognito's token response has no member patient. If
//     the event of a refresh lists no scopes, the granted scopes are unknown, and both
//     claims go only into the access token. The user cannot read more, because the
//     validator passes a claim on only with a scope that needs it. The ID token, which
//     no validator judges, then reveals nothing that was not requested. With an empty
//     list, the trigger adds nothing.
//  5. An attribute that is missing or empty adds nothing. A malformed one adds nothing
//     either, and a warning in the log names it.
//
// The trigger changes nothing else in a token: it suppresses no claim, and adds no scope or
// group. The attributes must be custom ones that no client may write ([Config]): a user who
// can write them can become any patient.
//
// # What may go wrong
//
// A user without context can still sign in. The trigger returns an event unchanged if its
// version or source is another, if it is not as documented, if two readers may read it
// differently (a name that occurs twice, text that is not UTF-8), and after a panic. The
// token then has no context, and the validator drops the scopes that need it. An event that
// is not a JSON object cannot be Cognito's, and is an error.
//
// The package makes no calls, so it needs no deadline. It writes one log line for each
// event. The line contains no attribute's value and no other data of the user.
//
// Unverified on AWS: whether the event of a refresh lists the scopes of the sign-in. If it
// does not, rule 4 keeps the app's access to FHIR after a refresh, the log has
// added_scopes_unknown instead of added, and an app finds its patient only in the ID token
// of the sign-in.
package launchcontext
