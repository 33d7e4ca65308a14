// Package local is the cloud around a Smartlake stack, on loopback: it runs the
// program of "pulumi up" without an engine, takes the resources that it declares,
// and brings them to life. Cognito, Lambda, API Gateway and HealthLake are stand-ins
// (packages cognito, lambda, apigateway and healthlake say what each leaves out); the
// functions - the token validator, and where there are ones the pool's trigger and the
// front door - are the declared ones, run from their archives as processes of their own.
//
// Beside what is declared there is a page about the cloud (package page), at a secret
// path of the datastore's address, with a sample app to which every client may send its
// users back. A stack without users gets two that are made up, a patient and a
// practitioner of the synthetic data ([Options.NoUsers] to have none). No stack on AWS
// gets either: the callback URL and the users are the local cloud's alone.
//
// AWS's names stay as declared inside the graph. Where they would be dialed -
// in the functions' environments, in the discovery document, in what is printed -
// they are translated to loopback addresses, and nothing else is.
package local
