package explain_test

import (
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
