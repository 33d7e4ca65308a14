// A HealthLake datastore with SMART on FHIR authorization.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

func main() { pulumi.Run(declare) }

func declare(ctx *pulumi.Context) error {
	ehr, err := components.NewSmartDatastore(ctx, "ehr", &components.SmartDatastoreArgs{
		Clients: []components.ClientArgs{
			{Name: "etl", Kind: components.ServiceClient, Scopes: []string{"system/*.rs"}},
			// A browser app. Its users read the record of their own patient:
			// {
			// 	Name: "app", Kind: components.PublicClient,
			// 	Scopes:       []string{"openid", "launch/patient", "patient/*.rs"},
			// 	CallbackURLs: pulumi.ToStringArray([]string{"http://localhost:3000/callback"}),
			// },
		},
		FrontDoor: &components.FrontDoorSettingsArgs{}, // one address for unmodified SMART apps: fhirBaseUrl
		UserPool:  &components.UserPoolArgs{MFA: components.MFAOn, PasswordPolicy: &components.PasswordPolicyArgs{MinimumLength: 12}},
		// The datastore and the user pool are protected. To delete the stack, set this, run
		// "pulumi up", then "pulumi destroy":
		// Protect: pulumi.BoolRef(false),
		Tags: pulumi.StringMap{"environment": pulumi.String(ctx.Stack())},
	})
	if err != nil {
		return err
	}
	// "smartlake smoke", "requests" and "users" read these outputs.
	ctx.Export("fhirBaseUrl", ehr.FHIRBaseURL)
	ctx.Export("datastoreEndpoint", ehr.DatastoreEndpoint)
	ctx.Export("discoveryDocument", ehr.DiscoveryDocument)
	ctx.Export("issuer", ehr.Issuer)
	ctx.Export("authorizationEndpoint", ehr.AuthorizationEndpoint)
	ctx.Export("tokenEndpoint", ehr.TokenEndpoint)
	ctx.Export("revocationEndpoint", ehr.RevocationEndpoint)
	ctx.Export("jwksUri", ehr.JWKSURI)
	ctx.Export("clientIds", ehr.ClientIDs)
	ctx.Export("clientSecrets", ehr.ClientSecrets) // a Pulumi secret
	ctx.Export("clients", ehr.Clients)
	ctx.Export("frontDoor", ehr.FrontDoorOutputs)
	ctx.Export("launchContext", ehr.LaunchContextOutputs)
	ctx.Export("userPoolId", ehr.UserPoolID)
	return nil
}
