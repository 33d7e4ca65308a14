package explain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/archivetest"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/explain"
	"github.com/smartlake/pulumi-smartlake/smart"
)

func TestEachClientIsExplainedByItsOwnDatastoreWhereAProgramHasSeveral(t *testing.T) {
	function := &components.FunctionArgs{Archive: archivetest.Write(t)}
	g := declaredtest.Run(t, func(ctx *pulumi.Context) error {
		elsewhere, err := aws.NewProvider(ctx, "elsewhere", &aws.ProviderArgs{Region: pulumi.String("eu-west-2")})
		if err != nil {
			return err
		}
		native := &struct{ pulumi.ProviderResourceState }{}
		if err := ctx.RegisterResource(declared.NativeProvider, "elsewhere", pulumi.Map{"region": pulumi.String("eu-west-2")}, native); err != nil {
			return err
		}
		for name, c := range map[string]struct {
			strategy smart.AuthorizationStrategy
			scopes   []string
			options  []pulumi.ResourceOption
		}{
			"north": {smart.SMARTOnFHIRV1, []string{"system/*.read"}, nil},
			"south": {smart.SMARTOnFHIR, []string{"system/Patient.rs"}, []pulumi.ResourceOption{pulumi.Providers(elsewhere, native)}},
		} {
			if _, err := components.NewSmartDatastore(ctx, name, &components.SmartDatastoreArgs{
				AuthorizationStrategy: c.strategy,
				Clients:               []components.ClientArgs{{Name: name + "-etl", Kind: components.ServiceClient, Scopes: c.scopes}},
				Function:              function,
				FrontDoor:             &components.FrontDoorSettingsArgs{Function: function},
			}, c.options...); err != nil {
				return err
			}
		}
		return nil
	})
	e, err := explain.Graph(g)
	if err != nil {
		t.Fatal(err)
	}
	if e.Region != "eu-west-2, us-east-1" || len(e.Datastores) != 2 || len(e.FrontDoors) != 2 || len(e.Clients) != 2 {
		t.Fatalf("in %s: got %d datastores, %d front doors, %d clients", e.Region, len(e.Datastores), len(e.FrontDoors), len(e.Clients))
	}
	for i, name := range []string{"north", "south"} {
		client := e.Clients[i]
		if client.Name != name+"-etl" || client.ReadRole != name+"-validator-read" || client.Role != name+"-validator-read" || !client.Scopes[0].Counts {
			t.Errorf("%s: got %+v", name, client)
		}
		if e.FrontDoors[i].Name != name+"-door" || e.FrontDoors[i].BaseURL == "" || e.FrontDoors[i].RequestsPerSecond == 0 {
			t.Errorf("%s: got %+v", name, e.FrontDoors[i])
		}
	}
}

// TestAServerAndASecondValidatorAreExplainedWithoutTheWhole declares an authorization server
// in a pool of others, alone, with two validators that are told of its client.
func TestAServerAndASecondValidatorAreExplainedWithoutTheWhole(t *testing.T) {
	function := &components.FunctionArgs{Archive: archivetest.Write(t)}
	program := func(adds bool) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			server, err := components.NewAuthorizationServer(ctx, "auth", &components.AuthorizationServerArgs{
				ExistingUserPool: &components.ExistingUserPoolArgs{ID: pulumi.String(declaredtest.TheirPool), AddsLaunchContext: adds},
				Clients: []components.ClientArgs{{
					Name: "app", Kind: components.PublicClient, Scopes: []string{"patient/*.rs"}, CallbackURLs: pulumi.ToStringArray([]string{"https://a.example/"}),
				}},
			})
			if err != nil {
				return err
			}
			for _, name := range []string{"north", "south"} {
				if _, err := components.NewTokenValidator(ctx, name, &components.TokenValidatorArgs{
					Issuers: pulumi.StringArray{server.Issuer}, JWKSURI: server.JWKSURI, Function: function,
					Clients: []components.AcceptedClientArgs{{ID: server.ClientIDs.MapIndex(pulumi.String("app"))}},
				}); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for adds, want := range map[bool]string{true: "in tokens of users with a patient", false: "tokens of this pool have no patient or fhirUser claim"} {
		g, err := declared.Run(program(adds), declared.Stack{
			Project: "p", Name: "s", Account: declaredtest.Account, PoolsExist: true, Config: map[string]string{"aws:region": "us-east-1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		e := explanationOf(t, g)
		if grant := e.Clients[0].Scopes[0]; grant.Counts != adds || grant.Because != want {
			t.Errorf("addsLaunchContext %t: got %+v", adds, grant)
		}
		also := "client app: its tokens count at south-function too; the roles and users here are those of one token validator"
		if !slices.Contains(e.Unprotected, also) {
			t.Errorf("nobody says %q: %q", also, e.Unprotected)
		}
		if e.Datastores == nil || e.Roles == nil || len(e.Datastores) != 0 {
			t.Errorf("got datastores %v and roles %v", e.Datastores, e.Roles)
		}
	}
}

func TestAPoolThatTwoDatastoresShareIsOneConcern(t *testing.T) {
	function := &components.FunctionArgs{Archive: archivetest.Write(t)}
	g, err := declared.Run(func(ctx *pulumi.Context) error {
		for _, name := range []string{"north", "south"} {
			if _, err := components.NewSmartDatastore(ctx, name, &components.SmartDatastoreArgs{
				ExistingUserPool: &components.ExistingUserPoolArgs{ID: pulumi.String(declaredtest.TheirPool)},
				Clients:          []components.ClientArgs{{Name: name, Kind: components.ServiceClient, Scopes: []string{"system/*.rs"}}},
				Function:         function,
			}); err != nil {
				return err
			}
		}
		return nil
	}, declared.Stack{Project: "p", Name: "s", Account: declaredtest.Account, PoolsExist: true, Config: map[string]string{"aws:region": "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	e, count := explanationOf(t, g), 0
	for _, concern := range e.Unprotected {
		if strings.HasPrefix(concern, "user pool "+declaredtest.TheirPool+": ") {
			count++
		}
	}
	if count != 1 || !slices.Equal(inStack(t, e, "(a)(2)(i)"), []string{"user pool " + declaredtest.TheirPool + ": unknown: the pool is another's"}) {
		t.Errorf("got %d concerns and %q", count, inStack(t, e, "(a)(2)(i)"))
	}
}
