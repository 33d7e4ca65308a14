package components

import (
	"strings"

	"github.com/pulumi/pulumi-aws-native/sdk/go/aws/healthlake"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// frontDoor fills in and checks the settings of the front door, and returns its plan
// without what it knows of the datastore and the server; nil where none is wanted.
func (a *SmartDatastoreArgs) frontDoor(p *problems, clients []client) *frontDoorPlan {
	if a.FrontDoor == nil {
		return nil
	}
	own := a.FrontDoor.withDefaults()
	own.check(p, "frontDoor") // what it inherits is checked where it was given
	settings := a.FrontDoor.inheriting(a.Function, a.Alarms).withDefaults()
	settings.AllowedOrigins = own.AllowedOrigins
	settings.Function.checkArchive(p, "frontDoor.function")
	if a.Alarms == nil {
		settings.Alarms.checkTopic(p, "frontDoor.alarms", "must be the ARN of the topic for the alarms; or set alarms, whose topic is then used")
	}
	a.FrontDoor = settings
	plan := frontDoorPlan{
		FrontDoorArgs: FrontDoorArgs{
			AuthorizationStrategy: a.AuthorizationStrategy,
			AddsLaunchContext:     a.ExistingUserPool.addsLaunchContext(),
			Settings:              settings,
			Roles:                 a.Roles,
			Tags:                  a.Tags,
		},
		clients: clients,
	}
	if len(p.found) == 0 {
		plan.checkEnvironment(p)
	}
	return &plan
}

// newFrontDoor declares the front door where it is wanted, and has apps told where they
// find what they need: there, or at HealthLake and Cognito themselves.
func (c *SmartDatastore) newFrontDoor(
	s site, a smartDatastorePlan, datastore *healthlake.FhirDatastore, server *AuthorizationServer, validator *TokenValidator,
) error {
	if a.door == nil {
		c.FrontDoorOutputs = outputsOf[FrontDoor](nil)
		c.FHIRBaseURL = c.DatastoreEndpoint.ApplyT(func(endpoint string) string {
			return strings.TrimSuffix(endpoint, "/")
		}).(pulumi.StringOutput)
		c.AuthorizationEndpoint, c.TokenEndpoint = server.AuthorizationEndpoint, server.TokenEndpoint
		c.RevocationEndpoint = server.RevocationEndpoint
		return nil
	}
	plan := *a.door
	plan.DatastoreARN, plan.DatastoreEndpoint = datastore.DatastoreArn, c.DatastoreEndpoint
	plan.Issuer, plan.JWKSURI = server.Issuer, server.JWKSURI
	plan.AuthorizationEndpoint, plan.TokenEndpoint = server.AuthorizationEndpoint, server.TokenEndpoint
	plan.RevocationEndpoint = server.RevocationEndpoint
	for _, client := range plan.clients {
		plan.Clients = append(plan.Clients, FrontDoorClientArgs{
			ID: server.ClientIDs.MapIndex(pulumi.String(client.Name)), Kind: client.Kind, Scopes: client.Scopes, CallbackURLs: client.CallbackURLs,
		})
	}
	if plan.Settings.Alarms != nil && plan.Settings.Alarms.TopicARN == nil {
		plan.Settings = copyOf(plan.Settings)
		plan.Settings.Alarms = copyOf(plan.Settings.Alarms)
		plan.Settings.Alarms.TopicARN = validator.AlarmTopicARN.Elem()
	}
	door, err := plan.declare(s.ctx, s.name+"-door", s.below())
	if err != nil {
		return err
	}
	c.FrontDoor, c.FrontDoorOutputs = door, outputsOf(door)
	c.FHIRBaseURL = door.FHIRBaseURL
	c.AuthorizationEndpoint, c.TokenEndpoint, c.RevocationEndpoint = door.AuthorizationEndpoint, door.TokenEndpoint, door.RevocationEndpoint
	return nil
}
