// Package components declares SMART on FHIR authorization in front of an AWS
// HealthLake datastore as Pulumi components.
//
// [NewSmartDatastore] declares the whole: the datastore, Cognito as its
// authorization server, the token validator that HealthLake asks about every
// request, and the IAM between them.
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
// names in Cognito, the validator's rules for each client and the discovery document follow
// from it.
//
// # Parts
//
// Each part is usable alone, beside what a platform has already:
// [NewAuthorizationServer] is Cognito, and [NewTokenValidator] the function with its
// alias, log and roles, for the tokens of any authorization server that signs with
// RS256; [NewDatastoreGrant] lets it answer for a datastore.
// [NewLaunchContext] is the function that tells users' tokens who the user is in FHIR,
// which [NewUserPoolPermission] lets Cognito call,
// and [NewBulkDataStore] what bulk import and export need. Every child
// is parented to its component and takes its providers from there, as do the questions
// where it deploys to; no component makes a provider. Several components of a kind
// live in one stack under different names.
//
// # Arguments
//
// Arguments are checked before anything is registered, all of them at once; an
// error names the field, its value and what would be accepted. What only the provider
// knows, the region, is checked before the first child is: HealthLake is offered in
// few regions, and [SmartDatastoreArgs] has AllowUnlistedRegion for one that this
// release does not know yet. The discovery document is held against SMART App Launch
// 2.2 and HealthLake's own rules before a datastore gets it.
//
// # Protection
//
// What the datastore, the user pool, its domain, a bucket and a key hold cannot be recreated,
// so they are protected unless Protect is false. Beyond that, HealthLake settles all
// properties of a datastore but its tags when it is created: a change of one would
// replace it and delete all its data. Such a change is an error at preview, protected
// or not, until AllowDatastoreReplacement says that it is meant.
//
// # Changes of the discovery document
//
// A new client with a new scope changes the discovery document, which HealthLake
// keeps as well. The live one is then left as it is, with a warning that tells what
// differs: the validator judges tokens with the new scope already, but apps do not
// read of it. The output
// UpdateDatastoreCommand of [SmartDatastore] is the call that changes it in place
// (unverified on AWS).
//
// # Rights of the deploying principal
//
// Deploying takes rights to all services that are declared, to pass the roles to
// Lambda and HealthLake, and those that HealthLake uses on its caller's behalf when
// it creates a datastore (of KMS, RAM, Glue and IAM). The command "smartlake
// deploy-policy" writes the least policy for a stack, and with --read-only the one for
// refresh and drift, which reads client secrets; "smartlake explain" tells who will be
// allowed what.
package components
