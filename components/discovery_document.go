package components

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// discoveryDocument is the canonical JSON of what an unmodified client can do with the
// server. Apps talk to Cognito itself: its token response has no member patient, and no
// scope fhirUser exists there, so that launch context and single sign-on are not claimed
// ([smart.TokenResponse]), although users' tokens carry the claims ([LaunchContext]).
func (a smartDatastorePlan) discoveryDocument(server *AuthorizationServer) pulumi.StringOutput {
	use := smart.Use{
		Strategy:       a.AuthorizationStrategy,
		Scopes:         allScopes(a.server.clients),
		PatientContext: a.ExistingUserPool.addsLaunchContext() && wantsPatient(a.server.clients),
		UserContext:    a.ExistingUserPool.addsLaunchContext() && asksWithUsers(a.server.clients, smart.User),
	}
	for _, client := range a.Clients {
		use.PublicClients = use.PublicClients || client.Kind == PublicClient
		use.ConfidentialClients = use.ConfidentialClients || client.Kind == ConfidentialClient
		use.ServiceClients = use.ServiceClients || client.Kind == ServiceClient
	}
	return pulumi.All(
		server.Issuer, server.JWKSURI, server.AuthorizationEndpoint, server.TokenEndpoint, server.RevocationEndpoint,
	).ApplyT(func(urls []any) (string, error) {
		configuration, err := smart.NewConfiguration(smart.Endpoints{
			Issuer:        urls[0].(string),
			JWKS:          urls[1].(string),
			Authorization: urls[2].(string),
			Token:         urls[3].(string),
			Revocation:    urls[4].(string),
		}, use)
		if err != nil {
			return "", err
		}
		if err := configuration.Check(); err != nil { // before a datastore keeps it for good
			return "", err
		}
		return configuration.JSON()
	}).(pulumi.StringOutput)
}
