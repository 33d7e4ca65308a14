package local_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws-native/sdk/go/aws/healthlake"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// assertRefused wants a datastore to refuse a token for a reason of the validator's.
func (a app) assertRefused(what, token, reason string) {
	a.t.Helper()
	status, answer := a.fhir(http.MethodGet, "Patient?_count=1", token)
	if status != http.StatusUnauthorized || !strings.Contains(fmt.Sprint(answer), reason) {
		a.t.Errorf("%s: %d %v, want it refused with %s", what, status, answer, reason)
	}
}

func (a app) assertAccepted(what, token string) {
	a.t.Helper()
	if status, answer := a.fhir(http.MethodGet, "Patient?_count=1", token); status != http.StatusOK {
		a.t.Errorf("%s: %d %v", what, status, answer)
	}
}

// TestATokenOfOneTenantIsRefusedByTheDatastoreOfAnother: two stacks of the same
// configuration have the same names of clients, users and patients.
func TestATokenOfOneTenantIsRefusedByTheDatastoreOfAnother(t *testing.T) {
	settings := map[string]string{"clients": appsOfUsers, "testUsers": usersOfApps, "frontDoor": "{}"}
	north, south := newApp(t, start(t, "dev", settings)), newApp(t, start(t, "dev", settings))
	for what, token := range map[string]string{
		"a service": north.token("etl", "system/*.rs"), "a user": fmt.Sprint(north.tokensOf("rounds", "bob")["access_token"]),
	} {
		north.assertAccepted(what+" at its own datastore", token)
		south.assertRefused(what+" at the datastore of another tenant", token, "key_unknown")
		status, answer := south.send(http.MethodGet, south.cloud.FrontDoor+"/r4/Patient?_count=1", "", map[string]string{"Authorization": "Bearer " + token})
		if status != http.StatusUnauthorized || !strings.Contains(fmt.Sprint(answer), "key_unknown") {
			t.Errorf("%s at the front door of another tenant: %d %v", what, status, answer)
		}
	}
}

// TestADatastoreTakesTokensOfItsOwnClientsInASharedPool: two tenants share a pool, and so
// its issuer and its keys. Each datastore has a validator that knows its own clients.
func TestADatastoreTakesTokensOfItsOwnClientsInASharedPool(t *testing.T) {
	archive, err := machine.Validator.Archive(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := localtest.Load(t.Context(), "dev", map[string]string{"frontDoor": "none"})
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := local.Start(local.Options{Program: func(ctx *pulumi.Context) error { return southInASharedPool(ctx, archive) }, Stack: loaded, FunctionLog: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	a := newApp(t, cloud)
	a.assertAccepted("a client of the tenant", a.token("south", "system/*.rs"))
	a.assertRefused("a client of another tenant of the pool", a.token("north", "system/*.rs"), "client_unknown")
}

// southInASharedPool declares the datastore of one of two tenants of a pool.
func southInASharedPool(ctx *pulumi.Context, archive string) error {
	var clients []components.ClientArgs
	for _, tenant := range []string{"north", "south"} {
		clients = append(clients, components.ClientArgs{Name: tenant, Kind: components.ServiceClient, Scopes: []string{"system/*.rs"}})
	}
	pool, err := components.NewAuthorizationServer(ctx, "pool", &components.AuthorizationServerArgs{Clients: clients})
	if err != nil {
		return err
	}
	validator, err := components.NewTokenValidator(ctx, "south", &components.TokenValidatorArgs{
		Issuers: pulumi.StringArray{pool.Issuer}, JWKSURI: pool.JWKSURI,
		Clients:  []components.AcceptedClientArgs{{ID: pool.ClientIDs.MapIndex(pulumi.String("south"))}},
		Function: &components.FunctionArgs{Archive: archive, Architecture: components.Architecture(machine.Architecture())},
	})
	if err != nil {
		return err
	}
	datastore, err := healthlake.NewFhirDatastore(ctx, "south", &healthlake.FhirDatastoreArgs{
		DatastoreTypeVersion: healthlake.FhirDatastoreDatastoreTypeVersionR4,
		IdentityProviderConfiguration: healthlake.FhirDatastoreIdentityProviderConfigurationArgs{
			AuthorizationStrategy:           healthlake.FhirDatastoreIdentityProviderConfigurationAuthorizationStrategy("SMART_ON_FHIR"),
			FineGrainedAuthorizationEnabled: pulumi.Bool(true),
			IdpLambdaArn:                    validator.FunctionARN,
			Metadata:                        documentOf(pool),
		},
	}, pulumi.DependsOn([]pulumi.Resource{validator}))
	if err != nil {
		return err
	}
	_, err = components.NewDatastoreGrant(ctx, "grant", &components.DatastoreGrantArgs{
		DatastoreARN: datastore.DatastoreArn, ReadRoleName: validator.ReadRoleName, WriteRoleName: validator.WriteRoleName, ExportRoleName: validator.ExportRoleName,
	})
	return err
}

// documentOf is a discovery document for the services of a pool.
func documentOf(pool *components.AuthorizationServer) pulumi.StringOutput {
	return pulumi.All(pool.Issuer, pool.JWKSURI, pool.AuthorizationEndpoint, pool.TokenEndpoint, pool.RevocationEndpoint).ApplyT(func(urls []any) (string, error) {
		document, err := smart.NewConfiguration(smart.Endpoints{
			Issuer: urls[0].(string), JWKS: urls[1].(string), Authorization: urls[2].(string), Token: urls[3].(string), Revocation: urls[4].(string),
		}, smart.Use{Strategy: smart.SMARTOnFHIR, Scopes: []string{"system/*.rs"}, ServiceClients: true})
		if err != nil {
			return "", err
		}
		return document.JSON()
	}).(pulumi.StringOutput)
}
