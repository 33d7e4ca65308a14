package components_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// derivedPrefix is what follows from account 123456789012, region us-east-1,
// project smartlake, stack test and component ehr-auth. It is written down because
// another one would move every app's endpoints.
const derivedPrefix = "smart-f74d039e7a7544bc"

func TestTheDomainPrefixFollowsFromWhereItIsAndStaysTheSame(t *testing.T) {
	for range 2 {
		domain := build(t, nil).find(t, domainType, name+"-auth-domain")
		assertJSON(t, "domain", domain.Inputs, fill(`{"domain": "$PREFIX", "userPoolId": "$POOL"}`,
			"$PREFIX", derivedPrefix, "$POOL", userPoolID(poolName, region)))
	}
}

func TestTheDerivedDomainPrefixDiffersWhereverTwoCouldMeet(t *testing.T) {
	seen := map[string]string{}
	cognitos := regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	programs := map[string]struct {
		program  pulumi.RunFunc
		settings []setting
	}{
		"the baseline":    {declare(nil), nil},
		"another account": {declare(nil), []setting{inAccount("210987654321")}},
		"another region":  {declare(nil), []setting{inRegion("eu-west-1")}},
		"another stack":   {declare(nil), []setting{inStack("prod")}},
		"another project": {declare(nil), []setting{inProject("clinic")}},
		"another name": {func(ctx *pulumi.Context) error {
			_, err := components.NewSmartDatastore(ctx, "lab", baseline())
			return err
		}, nil},
	}
	for what, c := range programs {
		prefix := mustRun(t, c.program, c.settings...).of(domainType)[0].Inputs["domain"].(string)
		if other, taken := seen[prefix]; taken {
			t.Errorf("%s has the prefix %q of %s", what, prefix, other)
		}
		seen[prefix] = what
		if !cognitos.MatchString(prefix) {
			t.Errorf("%s: Cognito would refuse the prefix %q", what, prefix)
		}
		for _, reserved := range []string{"aws", "amazon", "cognito"} {
			if strings.Contains(prefix, reserved) {
				t.Errorf("%s: the prefix %q holds %q", what, prefix, reserved)
			}
		}
	}
}

func TestAGivenDomainPrefixIsTakenAsItIs(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) { a.DomainPrefix = "st-marys-1" })
	if got := r.find(t, domainType, name+"-auth-domain").Inputs["domain"]; got != "st-marys-1" {
		t.Errorf("domain: got %q", got)
	}
	if got := r.output("hostedDomain").value; got != "https://st-marys-1.auth.us-east-1.amazoncognito.com" {
		t.Errorf("hosted domain: got %q", got)
	}
}

func TestTheEndpointsLiveUnderTheHostedDomainAndTheIssuerDoesNot(t *testing.T) {
	for _, c := range []struct{ region, hosted string }{
		{"us-east-1", "https://clinic.auth.us-east-1.amazoncognito.com"},
		{"us-gov-west-1", "https://clinic.auth-fips.us-gov-west-1.amazoncognito.com"},
	} {
		r := build(t, func(a *components.SmartDatastoreArgs) { a.DomainPrefix = "clinic"; anywhere(a) }, inRegion(c.region))
		issuer := "https://cognito-idp." + c.region + ".amazonaws.com/" + userPoolID(poolName, c.region)
		for output, want := range map[string]string{
			"hostedDomain":          c.hosted,
			"authorizationEndpoint": c.hosted + "/oauth2/authorize",
			"tokenEndpoint":         c.hosted + "/oauth2/token",
			"userInfoEndpoint":      c.hosted + "/oauth2/userInfo",
			"revocationEndpoint":    c.hosted + "/oauth2/revoke",
			"issuer":                issuer,
			"jwksUri":               issuer + "/.well-known/jwks.json",
			"userPoolId":            userPoolID(poolName, c.region),
		} {
			if got := r.output(output).value; got != want {
				t.Errorf("%s in %s: got %v, want %s", output, c.region, got, want)
			}
		}
	}
}

func TestTheResourceServersFollowFromTheClientsScopes(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		a.Clients[0].Scopes = []string{"system/*.read", "system/Patient.cruds", "system/*.*"}
		a.Clients[1].Scopes = []string{"openid", "profile", "launch/patient", "patient/*.rs", "patient/Observation.rs?category=laboratory"}
		a.Clients[2].Scopes = []string{"phone", "email", "patient/*.rs", "user/*.write"}
	})
	want := map[string]string{
		"launch": `[{"scopeName": "patient", "scopeDescription": "Learn which patient the app was launched for"}]`,
		"patient": `[
			{"scopeName": "*.rs", "scopeDescription": "To read, search every resource of the patient in context"},
			{"scopeName": "Observation.rs?category=laboratory",
			 "scopeDescription": "To read, search Observation that matches the filter of the patient in context"}]`,
		"system": `[
			{"scopeName": "*.*", "scopeDescription": "To create, read, update, delete, search every resource without a user"},
			{"scopeName": "*.read", "scopeDescription": "To read, search every resource without a user"},
			{"scopeName": "Patient.cruds", "scopeDescription": "To create, read, update, delete, search Patient without a user"}]`,
		"user": `[{"scopeName": "*.write", "scopeDescription": "To create, update, delete every resource that the user may see"}]`,
	}
	if got := len(r.of(resourceServerType)); got != len(want) {
		t.Errorf("got %d resource servers, want %d", got, len(want))
	}
	for identifier, scopes := range want {
		server := r.find(t, resourceServerType, name+"-auth-server-"+identifier)
		assertJSON(t, identifier, server.Inputs, fill(
			`{"identifier": "$ID", "name": "$ID", "scopes": $SCOPES, "userPoolId": "$POOL"}`,
			"$ID", identifier, "$SCOPES", scopes, "$POOL", userPoolID(poolName, region)))
	}
	assertJSON(t, "scopes", r.output("scopes").value, `{
		"launch":  ["launch/patient"],
		"patient": ["patient/*.rs", "patient/Observation.rs?category=laboratory"],
		"system":  ["system/*.*", "system/*.read", "system/Patient.cruds"],
		"user":    ["user/*.write"]
	}`)
}

func TestAResourceServerThatNoClientNeedsDoesNotExist(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) { a.Clients = []components.ClientArgs{service()} })
	if servers := r.of(resourceServerType); len(servers) != 1 || servers[0].GetName() != name+"-auth-server-system" {
		t.Errorf("want the server of system/ alone, got\n%s", strings.Join(r.names(), "\n"))
	}
}

func TestATestUserIsDeclaredWithItsPasswordAsASecret(t *testing.T) {
	for what, password := range map[string]pulumi.StringInput{
		"given as a secret":     pulumi.ToSecret(pulumi.String("Passw0rd!")).(pulumi.StringOutput),
		"given as a plain text": pulumi.String("Passw0rd!"),
		"given as an output":    pulumi.String("Passw0rd!").ToStringOutput(),
	} {
		r := build(t, func(a *components.SmartDatastoreArgs) {
			a.TestUsers = []components.TestUserArgs{{Username: "test", Email: "test@example.org", Password: password}}
		})
		assertJSON(t, what, r.find(t, userType, name+"-auth-user-test").Inputs, fill(`{
			"userPoolId": "$POOL",
			"username": "test",
			"password": {"secret": "Passw0rd!"},
			"messageAction": "SUPPRESS",
			"attributes": {"email": "test@example.org", "email_verified": "true"}
		}`, "$POOL", userPoolID(poolName, region)))
		for _, one := range r.resources {
			if strings.Contains(indented(t, withoutSecrets(one.Inputs)), "Passw0rd!") {
				t.Errorf("%s: %s %q holds the password in plain text", what, one.GetType(), one.GetName())
			}
		}
		for _, component := range []registered{r.find(t, smartDatastoreType, name), r.find(t, authorizationServerType, name+"-auth")} {
			assertJSON(t, what+", in "+component.GetName(), component.Inputs["testUsers"],
				`[{"username": "test", "email": "test@example.org", "password": {"secret": "Passw0rd!"}}]`)
		}
	}
}

func TestThereAreNoTestUsersByDefault(t *testing.T) {
	if users := build(t, nil).of(userType); len(users) != 0 {
		t.Errorf("got %d users", len(users))
	}
}

// withoutSecrets leaves out what Pulumi keeps encrypted.
func withoutSecrets(data any) any {
	switch data := data.(type) {
	case map[string]any:
		if _, secret := data["secret"]; secret && len(data) == 1 {
			return nil
		}
		object := map[string]any{}
		for key, value := range data {
			object[key] = withoutSecrets(value)
		}
		return object
	case []any:
		list := make([]any, len(data))
		for i, value := range data {
			list[i] = withoutSecrets(value)
		}
		return list
	default:
		return data
	}
}

func TestNothingIsWarnedAboutWhereEveryScopeCounts(t *testing.T) {
	assertLines(t, "warnings", build(t, nil).warnings, nil)
}
