package components_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// The names of the components, whose children AWS names after them.

func componentsNamed(name string) map[string]pulumi.RunFunc {
	return map[string]pulumi.RunFunc{
		"SmartDatastore": func(ctx *pulumi.Context) error {
			_, err := components.NewSmartDatastore(ctx, name, baseline())
			return err
		},
		"AuthorizationServer": func(ctx *pulumi.Context) error {
			_, err := components.NewAuthorizationServer(ctx, name, &components.AuthorizationServerArgs{
				Clients: baseline().Clients, LaunchContext: fromArchive(),
			})
			return err
		},
		"LaunchContext": func(ctx *pulumi.Context) error {
			args := fromArchive()
			_, err := components.NewLaunchContext(ctx, name, args)
			return err
		},
		"BulkDataStore": aBulkDataStore(name, nil),
		"TokenValidator": func(ctx *pulumi.Context) error {
			_, err := components.NewTokenValidator(ctx, name, &components.TokenValidatorArgs{
				Issuers:  pulumi.StringArray{pulumi.String("https://issuer.example")},
				JWKSURI:  pulumi.String("https://issuer.example/jwks.json"),
				Clients:  []components.AcceptedClientArgs{{ID: pulumi.String("id")}},
				Function: &components.FunctionArgs{Archive: fixtureArchive},
			})
			return err
		},
	}
}

func TestANameThatAWSWouldRefuseIsRefused(t *testing.T) {
	longest := map[string]int{"SmartDatastore": 33, "AuthorizationServer": 38, "LaunchContext": 46, "TokenValidator": 46, "BulkDataStore": 49}
	for component, limit := range longest {
		for _, bad := range []string{"", "a.b", "a/b", "a b", "é", "-a", strings.Repeat("a", limit+1)} {
			want := fmt.Sprintf("%s %q: name: %q: must be 1 to %d letters, digits, - and _, starting with a letter or digit; AWS's names are derived from it",
				component, bad, bad, limit)
			assertRefusal(t, componentsNamed(bad)[component], want)
		}
		r, err := run(componentsNamed(strings.Repeat("a", limit))[component])
		if err != nil {
			t.Errorf("%s: the longest name is refused: %v", component, err)
			continue
		}
		for _, one := range r.resources {
			if one.GetType() == roleType || one.GetType() == functionType {
				if n := len(one.GetName()) + len("-1234567"); n > 64 {
					t.Errorf("%s %q would be named with %d characters, the limit is 64", one.GetType(), one.GetName(), n)
				}
			}
		}
	}
}
