package components_test

import (
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
)

// clientInputs are the inputs that every client shares: tokens that last an hour,
// no way to sign in but the hosted pages, and the attributes of the article.
const clientInputs = `{
	"name": "$NAME",
	"userPoolId": "$POOL",
	"allowedOauthFlowsUserPoolClient": true,
	"preventUserExistenceErrors": "ENABLED",
	"enableTokenRevocation": true,
	"explicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
	"accessTokenValidity": 60,
	"idTokenValidity": 60,
	"refreshTokenValidity": 60,
	"tokenValidityUnits": {"accessToken": "minutes", "idToken": "minutes", "refreshToken": "minutes"},
	"readAttributes": [
		"address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale",
		"middle_name", "name", "nickname", "phone_number", "phone_number_verified", "picture",
		"preferred_username", "profile", "updated_at", "website", "zoneinfo"],
	"writeAttributes": [
		"address", "birthdate", "email", "family_name", "gender", "given_name", "locale",
		"middle_name", "name", "nickname", "phone_number", "picture",
		"preferred_username", "profile", "updated_at", "website", "zoneinfo"],
	$OWN
}`

// assertClient compares a client with what all share and what is its own.
func assertClient(t *testing.T, r *recorder, client, own string) {
	t.Helper()
	assertJSON(t, client, r.find(t, clientType, name+"-auth-client-"+client).Inputs,
		fill(clientInputs, "$NAME", client, "$POOL", userPoolID(poolName, region), "$OWN", own))
}

func TestAServiceHasASecretAndClientCredentialsAlone(t *testing.T) {
	assertClient(t, build(t, nil), "etl", `
		"generateSecret": true,
		"allowedOauthFlows": ["client_credentials"],
		"allowedOauthScopes": ["system/*.read"]`)
}

func TestAConfidentialClientHasASecretAndTheCodeFlowAlone(t *testing.T) {
	assertClient(t, build(t, nil), "portal", `
		"generateSecret": true,
		"allowedOauthFlows": ["code"],
		"allowedOauthScopes": ["openid", "launch/patient", "patient/*.rs"],
		"supportedIdentityProviders": ["COGNITO"],
		"callbackUrls": ["https://portal.example.org/callback"]`)
}

func TestAPublicClientHasNoSecretAndTheCodeFlowAlone(t *testing.T) {
	assertClient(t, build(t, nil), "phone", `
		"generateSecret": false,
		"allowedOauthFlows": ["code"],
		"allowedOauthScopes": ["openid", "user/Observation.rs"],
		"supportedIdentityProviders": ["COGNITO"],
		"callbackUrls": ["https://phone.example.org/callback"],
		"logoutUrls": ["https://phone.example.org/bye"]`)
}

func TestTheLifetimesOfTokensAreTheClients(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		a.Clients[0].AccessTokenMinutes = 5
		a.Clients[1].AccessTokenMinutes, a.Clients[1].IDTokenMinutes, a.Clients[1].RefreshTokenMinutes = 15, 10, 5256000
	})
	for client, want := range map[string]string{"etl": "[5, 60, 60]", "portal": "[15, 10, 5256000]", "phone": "[60, 60, 60]"} {
		inputs := r.find(t, clientType, name+"-auth-client-"+client).Inputs
		got := []any{inputs["accessTokenValidity"], inputs["idTokenValidity"], inputs["refreshTokenValidity"]}
		assertJSON(t, client+": access, ID and refresh token", got, want)
	}
}

func TestTheClientIdsArePublicAndTheSecretsAreSecret(t *testing.T) {
	r := build(t, nil)
	ids, secrets := r.output("clientIds"), r.output("clientSecrets")
	assertJSON(t, "clientIds", ids.value, fill(`{"etl": "$ETL", "portal": "$PORTAL", "phone": "$PHONE"}`,
		"$ETL", clientID(name+"-auth-client-etl"), "$PORTAL", clientID(name+"-auth-client-portal"),
		"$PHONE", clientID(name+"-auth-client-phone")))
	assertJSON(t, "clientSecrets", secrets.value,
		`{"etl": "secret-of-ehr-auth-client-etl", "portal": "secret-of-ehr-auth-client-portal"}`)
	if ids.secret {
		t.Error("clientIds: want no secret")
	}
	if !secrets.secret {
		t.Error("clientSecrets: want a Pulumi secret")
	}
}

func TestNoClientSecretReachesAnotherResource(t *testing.T) {
	for _, one := range build(t, nil).resources {
		if text := indented(t, one.Inputs); strings.Contains(text, "secret-of-") {
			t.Errorf("%s %q holds a client secret:\n%s", one.GetType(), one.GetName(), text)
		}
	}
}

func TestOnlyTheClientSecretsAreSecretOutputs(t *testing.T) {
	for output, became := range build(t, nil).outputs {
		if became.secret != (output == "clientSecrets") {
			t.Errorf("%s: secret is %v", output, became.secret)
		}
	}
}
