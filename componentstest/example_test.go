package componentstest_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/componentstest"
)

// A program of a platform team, and what a unit test of it looks at.
func Example() {
	dir, err := os.MkdirTemp("", "platform-") // in a test: t.TempDir()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	archive := filepath.Join(dir, "validator.zip") // without one, the test builds the function
	if err := componentstest.WriteArchive(archive); err != nil {
		fmt.Println(err)
		return
	}
	deploy := func(ctx *pulumi.Context) error {
		datastore, err := components.NewSmartDatastore(ctx, "clinic", &components.SmartDatastoreArgs{
			Clients:  []components.ClientArgs{{Name: "etl", Kind: components.ServiceClient, Scopes: []string{"system/*.rs"}}},
			Function: &components.FunctionArgs{Archive: archive},
		})
		if err != nil {
			return err
		}
		ctx.Export("datastoreEndpoint", datastore.DatastoreEndpoint)
		return nil
	}

	cloud := componentstest.NewCloud(componentstest.InRegion("eu-west-2"))
	if err := cloud.Run(deploy); err != nil {
		fmt.Println(err)
		return
	}
	for _, client := range cloud.Resources("aws:cognito/userPoolClient:UserPoolClient") {
		fmt.Println(client.GetName(), client.Inputs["allowedOauthScopes"])
	}
	fmt.Println(cloud.Outputs()["datastoreEndpoint"].Value)
	// Output:
	// clinic-auth-client-etl [system/*.rs]
	// https://healthlake.eu-west-2.amazonaws.com/datastore/3aba502ae915501d58118ff9ef51d8aa/r4/
}
