package components_test

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// The whole: a protected datastore with a key of its own, a backend that reads
// everything and a web app that reads what is its patient's.
func ExampleNewSmartDatastore() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		datastore, err := components.NewSmartDatastore(ctx, "ehr", &components.SmartDatastoreArgs{
			Clients: []components.ClientArgs{
				{
					Name:   "reporting",
					Kind:   components.ServiceClient,
					Scopes: []string{"system/*.rs"},
				},
				{
					Name:         "portal",
					Kind:         components.ConfidentialClient,
					Scopes:       []string{"openid", "launch/patient", "patient/*.rs"},
					CallbackURLs: []string{"https://portal.example.org/callback"},
				},
			},
			CustomerManagedKey: true,
			Tags:               pulumi.StringMap{"team": pulumi.String("records")},
		})
		if err != nil {
			return err
		}
		ctx.Export("datastoreEndpoint", datastore.DatastoreEndpoint)
		ctx.Export("tokenEndpoint", datastore.TokenEndpoint)
		ctx.Export("clientIds", datastore.ClientIDs)
		ctx.Export("clientSecrets", datastore.ClientSecrets) // a Pulumi secret
		return nil
	})
}

// Cognito alone, for a SMART on FHIR server that is declared elsewhere.
func ExampleNewAuthorizationServer() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		server, err := components.NewAuthorizationServer(ctx, "auth", &components.AuthorizationServerArgs{
			Clients: []components.ClientArgs{{
				Name:         "phone",
				Kind:         components.PublicClient,
				Scopes:       []string{"openid", "launch/patient", "patient/*.read"},
				CallbackURLs: []string{"https://phone.example.org/callback"},
			}},
			AuthorizationStrategy: smart.SMARTOnFHIRV1,
			DomainPrefix:          "st-marys",
			UserPool:              &components.UserPoolArgs{MFA: "OPTIONAL"},
		})
		if err != nil {
			return err
		}
		ctx.Export("issuer", server.Issuer)
		ctx.Export("authorizationEndpoint", server.AuthorizationEndpoint)
		return nil
	})
}

// The validator alone, for the tokens of an authorization server of your own. The
// datastore's definition needs the function, so the grant comes last.
func ExampleTokenValidator_GrantDatastore() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		validator, err := components.NewTokenValidator(ctx, "validator", &components.TokenValidatorArgs{
			Issuers:   pulumi.StringArray{pulumi.String("https://login.example.org")},
			JWKSURI:   pulumi.String("https://login.example.org/.well-known/jwks.json"),
			ClientIDs: pulumi.StringArray{pulumi.String("reporting"), pulumi.String("portal")},
		})
		if err != nil {
			return err
		}
		// Declare the datastore here, with validator.FunctionARN as its idpLambdaArn.
		datastoreARN := pulumi.String("arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef")
		return validator.GrantDatastore(ctx, "grant", datastoreARN, nil)
	})
}

// The whole, watched: alarms to the people on call, a dashboard, executions that are
// reserved, and some of them warm while the clinic is open.
func ExampleNewSmartDatastore_inOperation() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		datastore, err := components.NewSmartDatastore(ctx, "ehr", &components.SmartDatastoreArgs{
			Clients: []components.ClientArgs{{
				Name:   "reporting",
				Kind:   components.ServiceClient,
				Scopes: []string{"system/*.rs"},
			}},
			CustomerManagedKey: true, // of the log and the topic too
			Function: &components.FunctionArgs{
				ReservedConcurrency: 50,
				ProvisionedConcurrency: &components.ProvisionedConcurrencyArgs{
					Executions: 1,
					Schedules: []components.ScheduleArgs{
						{Name: "open", Schedule: "cron(0 7 ? * MON-FRI *)", Timezone: "Europe/Vienna", Executions: 5},
						{Name: "closed", Schedule: "cron(0 19 ? * MON-FRI *)", Timezone: "Europe/Vienna", Executions: 1},
					},
				},
			},
			Alarms:    &components.AlarmArgs{Emails: []string{"on-call@example.org"}},
			Dashboard: true,
			Roles:     &components.RoleArgs{Path: "/records/"},
		})
		if err != nil {
			return err
		}
		ctx.Export("alarmTopic", datastore.AlarmTopicARN)
		ctx.Export("dashboard", datastore.DashboardName)
		return nil
	})
}

// More memory, and an archive that was built beforehand, where there is no Go.
func ExampleNewTokenValidator() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		validator, err := components.NewTokenValidator(ctx, "validator", &components.TokenValidatorArgs{
			Issuers:   pulumi.StringArray{pulumi.String("https://login.example.org")},
			JWKSURI:   pulumi.String("https://login.example.org/.well-known/jwks.json"),
			ClientIDs: pulumi.StringArray{pulumi.String("reporting")},
			Function: &components.FunctionArgs{
				Architecture: "x86_64",
				MemoryMB:     1024,
				Archive:      "dist/validator.zip",
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("logGroup", validator.LogGroupName)
		return nil
	})
}
