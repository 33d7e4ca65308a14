// Package smart has the vocabulary of SMART on FHIR as AWS HealthLake uses it: the resource
// scopes of SMART App Launch 2.2 with their algebra, and the discovery document that a FHIR
// server publishes.
//
// The parser of scopes is strict: a scope is an error if HealthLake would not understand it,
// or would understand it differently from its author.
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
// A [Scope] is immutable, and every returned list is a copy.
//
// The package does not know requests, tokens or users; see package validator. It depends
// only on the standard library and on the product's strict reader of JSON.
//
// Sources: SMART App Launch 2.2, "Scopes and Launch Context" and "Conformance"
// (https://hl7.org/fhir/smart-app-launch/); AWS HealthLake, "SMART on FHIR OAuth
// 2.0 scopes" (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-smart-on-fhir-oauth-scopes.html).
package smart
