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
	use := useOf(a.AuthorizationStrategy, a.server.clients, a.ExistingUserPool.addsLaunchContext())
	return discoveryDocument(endpoints{
		issuer: server.Issuer, keySet: server.JWKSURI,
		authorization: server.AuthorizationEndpoint, token: server.TokenEndpoint, revocation: server.RevocationEndpoint,
	}, use)
}

// useOf says how the clients use Cognito itself. addsContext says that the tokens of
// users carry the claims of a launch context where a client asks for it.
func useOf(strategy smart.AuthorizationStrategy, clients []client, addsContext bool) smart.Use {
	use := smart.Use{
		Strategy:       strategy,
		Scopes:         allScopes(clients),
		PatientContext: addsContext && wantsPatient(clients),
		UserContext:    addsContext && asksWithUsers(clients, smart.User),
	}
	for _, client := range clients {
		use.PublicClients = use.PublicClients || client.Kind == PublicClient
		use.ConfidentialClients = use.ConfidentialClients || client.Kind == ConfidentialClient
		use.ServiceClients = use.ServiceClients || client.Kind == ServiceClient
	}
	return use
}

// endpoints are the URLs that a discovery document names.
type endpoints struct{ issuer, keySet, authorization, token, revocation pulumi.StringInput }

// discoveryDocument is the canonical JSON. A document that is not as it must be stops the
// run before anything gets it.
func discoveryDocument(at endpoints, use smart.Use) pulumi.StringOutput {
	return pulumi.All(at.issuer, at.keySet, at.authorization, at.token, at.revocation).ApplyT(func(urls []any) (string, error) {
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
