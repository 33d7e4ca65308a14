// Package smart is the vocabulary of SMART on FHIR as AWS HealthLake speaks it:
// the resource scopes of SMART App Launch 2.2 with their algebra, and the
// discovery document that a FHIR server publishes.
//
// A scope is parsed strictly: what HealthLake would not understand, or would
// understand differently from its author, is an error.
//
//	s, err := smart.ParseScope("patient/Observation.rs?category=laboratory")
//	s.Context()      // smart.Patient
//	s.Permissions()  // smart.Read | smart.Search
//	s.ReadOnly()     // true
//
// Which scopes count for whom is said here once: [Holder.MayHold] by the holder of a
// token, [ClientKind.Holder] by the kind of a client; so are the forms of the claims
// patient ([ValidPatientID]) and fhirUser ([ParseFHIRUser]), and what scopes mean in
// plain words ([Scope.Describe], [DescribeSignInScope]).
//
// A [Scope] cannot be changed after it was parsed, and every list is a copy.
//
// The package judges words, not requests: it knows neither tokens nor users
// (see package validator), and apart from the product's strict reader of JSON it
// depends on the standard library alone.
//
// Sources: SMART App Launch 2.2, "Scopes and Launch Context" and "Conformance"
// (https://hl7.org/fhir/smart-app-launch/); AWS HealthLake, "SMART on FHIR OAuth
// 2.0 scopes" (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-smart-on-fhir-oauth-scopes.html).
package smart
