// Package components declares SMART on FHIR authorization in front of an AWS
// HealthLake datastore as Pulumi components.
//
// [NewSmartDatastore] declares everything: the datastore, Cognito as its authorization
// server, the token validator that HealthLake asks about every request, and the IAM roles
// between them. With FrontDoor it also declares the address at which an unmodified SMART app
// works, the output FHIRBaseURL.
//
//	datastore, err := components.NewSmartDatastore(ctx, "ehr", &components.SmartDatastoreArgs{
//		Clients: []components.ClientArgs{{
//			Name:   "etl",
//			Kind:   components.ServiceClient,
//			Scopes: []string{"system/*.read"},
//		}},
//	})
//
// The list of clients is the one source of truth. The resource servers and scope names in
// Cognito, the validator's rules for each client, and the discovery document follow from it.
//
// # Parts
//
// You can use each part without the others. [NewAuthorizationServer] declares Cognito.
// [NewTokenValidator] declares the function with its alias, log and roles, for the tokens of
// any authorization server that signs with RS256, and [NewDatastoreGrant] gives its roles
// access to a datastore. [NewLaunchContext] declares the function that adds launch context
// to users' tokens, and [NewUserPoolPermission] lets Cognito call it. [NewFrontDoor]
// declares the address that SMART apps use. [NewBulkDataStore] declares the resources for
// bulk import and export. Every child has its component as its parent and uses its
// providers. No component creates a provider. One stack can have several components of a
// kind, under different names.
//
// # Arguments
//
// A constructor checks all arguments before it registers a resource, and reports all errors
// at once. An error names the field, its value and what is accepted. Only the provider knows
// the region, so the constructor checks the region before it declares the first child.
// HealthLake exists in few regions; AllowUnlistedRegion of [SmartDatastoreArgs] allows one
// that this release does not know. The constructor also checks the discovery document
// against SMART App Launch 2.2 and HealthLake's own rules before it declares the datastore.
//
// # Protection
//
// The contents of the datastore, the user pool, its domain, a bucket and a key cannot be
// recreated. So these resources are protected unless Protect is false. HealthLake fixes all
// properties of a datastore except its tags at creation: a change would replace the
// datastore and delete all its data. Such a change is an error at preview, even if Protect
// is false. AllowDatastoreReplacement allows it.
//
// # Changes of the discovery document
//
// A new client with a new scope changes the discovery document, which HealthLake also fixes
// at creation. The live document then stays as it is, and a warning says what differs. The
// validator already accepts tokens with the new scope, but apps cannot discover the scope.
// The output UpdateDatastoreCommand of [SmartDatastore] is the command that changes the live
// document in place (unverified on AWS). A front door serves its own document, which is
// always up to date.
//
// # Rights of the deploying principal
//
// The deploying principal needs rights on all declared services, and the right to pass the
// roles to Lambda and HealthLake. It also needs the rights that HealthLake uses on its
// caller's behalf when it creates a datastore (of KMS, RAM, Glue and IAM). The command
// "smartlake deploy-policy" writes the smallest policy for a stack. With --read-only it
// writes the policy for refresh and drift, which allows reading client secrets. "smartlake
// explain" shows who may do what.
package components
