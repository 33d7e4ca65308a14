package components_test

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// The whole: a protected datastore with a key of its own, a backend that reads
// everything and a web app that reads what is its patient's.
func ExampleNewSmartDatastore() {
	program := func(ctx *pulumi.Context) error {
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
					CallbackURLs: pulumi.ToStringArray([]string{"https://portal.example.org/callback"}),
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
	}
	show(program, "datastoreEndpoint", "tokenEndpoint") // in a program of yours: pulumi.Run(program)
	// Output:
	// datastoreEndpoint: https://healthlake.us-east-1.amazonaws.com/datastore/f8f852aebe03c253c5668749673cfae3/r4/
	// tokenEndpoint: https://smart-6ebee74157c7ab5f.auth.us-east-1.amazoncognito.com/oauth2/token
}

// Cognito alone, for a SMART on FHIR server that is declared elsewhere.
func ExampleNewAuthorizationServer() {
	program := func(ctx *pulumi.Context) error {
		server, err := components.NewAuthorizationServer(ctx, "auth", &components.AuthorizationServerArgs{
			Clients: []components.ClientArgs{{
				Name:         "phone",
				Kind:         components.PublicClient,
				Scopes:       []string{"openid", "launch/patient", "patient/*.read"},
				CallbackURLs: pulumi.ToStringArray([]string{"https://phone.example.org/callback"}),
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
	}
	show(program, "issuer", "authorizationEndpoint") // in a program of yours: pulumi.Run(program)
	// Output:
	// issuer: https://cognito-idp.us-east-1.amazonaws.com/us-east-1_6837c4b38
	// authorizationEndpoint: https://st-marys.auth.us-east-1.amazoncognito.com/oauth2/authorize
}

// The validator alone, for the tokens of an authorization server of your own. The
// datastore's definition needs the function, so the grant comes last.
func ExampleNewDatastoreGrant() {
	program := func(ctx *pulumi.Context) error {
		validator, err := components.NewTokenValidator(ctx, "validator", &components.TokenValidatorArgs{
			Issuers: pulumi.StringArray{pulumi.String("https://login.example.org")},
			JWKSURI: pulumi.String("https://login.example.org/.well-known/jwks.json"),
			Clients: []components.AcceptedClientArgs{
				{ID: pulumi.String("reporting")},
				{ID: pulumi.String("portal"), FHIRUserTypes: []components.FHIRUserType{"Practitioner"}, Groups: []string{"clinicians"}},
			},
		})
		if err != nil {
			return err
		}
		// Declare the datastore here, with validator.FunctionARN as its idpLambdaArn.
		datastoreARN := pulumi.String("arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef")
		ctx.Export("functionArn", validator.FunctionARN)
		_, err = components.NewDatastoreGrant(ctx, "grant", &components.DatastoreGrantArgs{
			DatastoreARN:   datastoreARN,
			ReadRoleName:   validator.ReadRoleName,
			WriteRoleName:  validator.WriteRoleName,
			ExportRoleName: validator.ExportRoleName,
		})
		return err
	}
	show(program, "functionArn") // in a program of yours: pulumi.Run(program)
	// Output:
	// functionArn: arn:aws:lambda:us-east-1:123456789012:function:validator-function-80a44f6:live
}

// The whole, watched: alarms to the people on call, a dashboard, executions that are
// reserved, and some of them warm while the clinic is open.
func ExampleNewSmartDatastore_inOperation() {
	program := func(ctx *pulumi.Context) error {
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
					Schedules: []components.ConcurrencyScheduleArgs{
						{Name: "open", Schedule: "cron(0 7 ? * MON-FRI *)", Timezone: "Europe/Vienna", Executions: 5},
						{Name: "closed", Schedule: "cron(0 19 ? * MON-FRI *)", Timezone: "Europe/Vienna", Executions: 1},
					},
				},
			},
			Alarms:    &components.ValidatorAlarmsArgs{Emails: []pulumi.StringInput{pulumi.String("on-call@example.org")}},
			Dashboard: true,
			Roles:     &components.RolesArgs{Path: "/records/"},
		})
		if err != nil {
			return err
		}
		ctx.Export("alarmTopic", datastore.AlarmTopicARN)
		ctx.Export("dashboard", datastore.DashboardName)
		return nil
	}
	show(program, "alarmTopic", "dashboard") // in a program of yours: pulumi.Run(program)
	// Output:
	// alarmTopic: arn:aws:sns:us-east-1:123456789012:ehr-validator-alarms-9477ad4
	// dashboard: ehr-validator-function-8fa91a0
}

// More memory on another processor, and nothing but refusals in the log. Where there is
// no Go, Function.Archive names an archive that was built elsewhere.
func ExampleNewTokenValidator() {
	program := func(ctx *pulumi.Context) error {
		validator, err := components.NewTokenValidator(ctx, "validator", &components.TokenValidatorArgs{
			Issuers: pulumi.StringArray{pulumi.String("https://login.example.org")},
			JWKSURI: pulumi.String("https://login.example.org/.well-known/jwks.json"),
			Clients: []components.AcceptedClientArgs{{ID: pulumi.String("reporting")}},
			Function: &components.FunctionArgs{
				Architecture: "x86_64",
				MemoryMB:     1024,
				LogLevel:     "warn",
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("logGroup", validator.LogGroupName)
		return nil
	}
	show(program, "logGroup") // in a program of yours: pulumi.Run(program)
	// Output:
	// logGroup: validator-logs-6d02ddb
}

// The trigger alone, for a user pool of your own, which must name it: see
// [components.LaunchContext].
func ExampleNewLaunchContext() {
	program := func(ctx *pulumi.Context) error {
		context, err := components.NewLaunchContext(ctx, "context", &components.LaunchContextArgs{
			PatientAttribute: "mrn",
		})
		if err != nil {
			return err
		}
		pool, err := cognito.NewUserPool(ctx, "staff", &cognito.UserPoolArgs{
			UserPoolTier: pulumi.String("ESSENTIALS"),
			LambdaConfig: cognito.UserPoolLambdaConfigArgs{
				PreTokenGeneration: context.FunctionARN,
				PreTokenGenerationConfig: cognito.UserPoolLambdaConfigPreTokenGenerationConfigArgs{
					LambdaArn:     context.FunctionARN,
					LambdaVersion: pulumi.String("V2_0"),
				},
			},
			Schemas: cognito.UserPoolSchemaArray{
				cognito.UserPoolSchemaArgs{Name: pulumi.String("mrn"), AttributeDataType: pulumi.String("String"), Mutable: pulumi.Bool(true)},
				cognito.UserPoolSchemaArgs{Name: pulumi.String("fhirUser"), AttributeDataType: pulumi.String("String"), Mutable: pulumi.Bool(true)},
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("trigger", context.FunctionARN)
		_, err = components.NewUserPoolPermission(ctx, "staff-context", &components.UserPoolPermissionArgs{
			FunctionARN: context.FunctionARN,
			UserPoolARN: pool.Arn,
		})
		return err
	}
	show(program, "trigger") // in a program of yours: pulumi.Run(program)
	// Output:
	// trigger: arn:aws:lambda:us-east-1:123456789012:function:context-function-764f74d:live
}
