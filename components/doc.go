// Package components declares SMART on FHIR authorization in front of an AWS
// HealthLake datastore as Pulumi components.
//
// [NewSmartDatastore] declares the whole: the datastore, Cognito as its
// authorization server, the token validator that HealthLake asks about every
// request, and the IAM between them. Its parts are usable alone:
// [NewAuthorizationServer] and [NewTokenValidator], and [NewBulkDataStore], which it
// declares only where asked: bucket and roles for import and export in bulk.
//
//	datastore, err := components.NewSmartDatastore(ctx, "ehr", &components.SmartDatastoreArgs{
//		Clients: []components.ClientArgs{{
//			Name:   "etl",
//			Kind:   components.ServiceClient,
//			Scopes: []string{"system/*.read"},
//		}},
//	})
//
// The list of clients is the one source of truth: the resource servers and scope
// names in Cognito, the validator's allow-list and the discovery document follow
// from it.
//
// Arguments are checked before anything is registered, all of them at once; an
// error names the field, its value and what would be accepted. Every child is
// parented to its component and takes its providers from there; no component
// makes a provider. What the datastore, the user pool, a bucket and a key
// hold cannot be recreated, so they are protected unless Protect is false.
package components
