// Package launchcontext tells a Cognito user's tokens who the user is in FHIR: it
// is the user pool's pre token generation trigger, and adds the claims patient and
// fhirUser from attributes of the user.
//
//	trigger, err := launchcontext.New(launchcontext.Config{
//		PatientAttribute:  "custom:patient",
//		FHIRUserAttribute: "custom:fhirUser",
//	})
//	answer, err := trigger.Invoke(ctx, event)
//
// Without the claims a SMART app with users can do nothing: the token validator
// drops patient/ scopes without a patient claim, and user/ scopes without fhirUser.
//
// # What is added, and when
//
//  1. Only tokens of users get claims: the event comes from one of the five trigger
//     sources of a sign-in or a refresh, in version 2 or 3. A client's own token
//     (client credentials) never gets any.
//  2. patient is added where a patient/ scope or launch/patient was granted. It is a
//     FHIR id, as [smart.ValidPatientID] has it.
//  3. fhirUser is added where a user/ scope or openid was granted. SMART has a scope
//     fhirUser for it, which Cognito cannot issue; openid, which that scope requires
//     besides, stands in for it. Its form is the one of [smart.ParseFHIRUser].
//  4. Both go into the access token, which the validator judges, and into the ID
//     token, where an app reads them: Cognito's token response has no member patient.
//     Where the event of a refresh lists no scopes, so that nobody can say what was
//     granted, both go into the access token alone: a user reads no more than before,
//     because the validator passes a claim on only with a scope that calls for it, and
//     the ID token, which nobody judges, tells nothing that was not asked for. An
//     empty list is an answer, and adds nothing.
//  5. An attribute that is missing or empty adds nothing. One that is malformed adds
//     nothing either, and a warning in the log names it.
//
// Nothing else of a token is changed: no claim is suppressed, no scope or group
// added. The attributes must be custom ones that no client may write
// ([Config]): what a user can write, a user could make any patient's.
//
// # What may go wrong
//
// A sign-in never fails because context is missing. An event that is of another version or
// source, or not as documented, or that two readers may read differently (a name that
// stands twice, text that is not UTF-8), is answered as it came, and so it is after a
// panic: the token then has no context, and the validator refuses what would need it. Only
// what is no JSON object, and so cannot be Cognito's, is an error.
//
// The package calls nobody and waits for nothing, so that it needs no deadline of its
// own. It writes one log line an event; no attribute's value and nothing else of the
// user is in it.
//
// Unverified on AWS: whether the event of a refresh lists the scopes of the sign-in.
// If it does not, rule 4 keeps the app's access to FHIR over a refresh, the log has
// added_scopes_unknown in the place of added, and an app finds its patient in the ID
// token of the sign-in, not in that of the refresh.
package launchcontext
