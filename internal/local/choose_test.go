package local

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/archivetest"
)

// hospitals is a program with a datastore for each name, the last of them in another
// region, and with resources of its own beside them.
func hospitals(archive string, names ...string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		elsewhere, err := aws.NewProvider(ctx, "elsewhere", &aws.ProviderArgs{Region: pulumi.String("eu-west-2")})
		if err != nil {
			return err
		}
		native := &struct{ pulumi.ProviderResourceState }{}
		if err := ctx.RegisterResource(declared.NativeProvider, "elsewhere", pulumi.Map{"region": pulumi.String("eu-west-2")}, native); err != nil {
			return err
		}
		function := &components.FunctionArgs{Archive: archive}
		for i, name := range names {
			var options []pulumi.ResourceOption
			if i == len(names)-1 {
				options = append(options, pulumi.Providers(elsewhere, native))
			}
			if _, err := components.NewSmartDatastore(ctx, name, &components.SmartDatastoreArgs{
				Clients: []components.ClientArgs{
					{Name: name + "-etl", Kind: components.ServiceClient, Scopes: []string{"system/*.rs"}},
					{
						Name: name + "-app", Kind: components.PublicClient, Scopes: []string{"openid", "launch/patient", "patient/*.rs"},
						CallbackURLs: pulumi.ToStringArray([]string{"https://app.example.org/callback"}),
					},
				},
				TestUsers: []components.TestUserArgs{{
					Username: name + "-ann", Email: name + "@example.org", Password: pulumi.ToSecret(pulumi.String("Correct-Horse-1")).(pulumi.StringOutput), Patient: "patient-001",
				}},
				FrontDoor:     &components.FrontDoorSettingsArgs{Function: function},
				LaunchContext: &components.LaunchContextArgs{Function: function},
				Function:      function,
			}, options...); err != nil {
				return err
			}
		}
		return besides(ctx)
	}
}

// besides are a user pool, a function and an API of the team's own.
func besides(ctx *pulumi.Context) error {
	pool, err := cognito.NewUserPool(ctx, "staff", nil)
	if err != nil {
		return err
	}
	if _, err := cognito.NewUserPoolClient(ctx, "intranet", &cognito.UserPoolClientArgs{UserPoolId: pool.ID()}); err != nil {
		return err
	}
	function, err := lambda.NewFunction(ctx, "thumbnails", &lambda.FunctionArgs{Role: pulumi.String("arn:aws:iam::123456789012:role/thumbnails")})
	if err != nil {
		return err
	}
	api, err := apigatewayv2.NewApi(ctx, "images", &apigatewayv2.ApiArgs{ProtocolType: pulumi.String("HTTP")})
	if err != nil {
		return err
	}
	_, err = apigatewayv2.NewIntegration(ctx, "images", &apigatewayv2.IntegrationArgs{
		ApiId: api.ID(), IntegrationType: pulumi.String("AWS_PROXY"), IntegrationUri: function.InvokeArn,
	})
	return err
}

func graphOf(t *testing.T, program pulumi.RunFunc) *declared.Graph {
	t.Helper()
	g, err := declared.Run(program, declared.Stack{Project: "p", Name: "s", Config: map[string]string{"aws:region": "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestADatastoreIsRunWithWhatBelongsToItAndNothingElse(t *testing.T) {
	g := graphOf(t, hospitals(archivetest.Write(t), "north", "south"))
	for _, c := range []struct {
		name, region string
		leftOut      []string
	}{
		{"north", "us-east-1", []string{"datastore south", "function thumbnails"}},
		{"south", "eu-west-2", []string{"datastore north", "function thumbnails"}},
	} {
		d, err := readDeclared(g, c.name)
		if err != nil {
			t.Fatal(err)
		}
		for what, got := range map[string]declared.Resource{
			c.name + "-datastore": d.datastore, c.name + "-auth-pool": d.pool, c.name + "-validator-function": d.function,
			c.name + "-auth-context-function": d.trigger, c.name + "-door-function": d.door.function, c.name + "-door-api": d.door.api,
		} {
			if got.Name != what || got.Region != c.region {
				t.Errorf("%s: got %s in %s, want %s", c.name, got.Name, got.Region, what)
			}
		}
		var clients []string
		for _, client := range d.clients {
			clients = append(clients, client.Text("name"))
		}
		if !slices.Equal(clients, []string{c.name + "-app", c.name + "-etl"}) || len(d.users) != 1 || d.users[0].Text("username") != c.name+"-ann" {
			t.Errorf("%s: got the clients %q and %d users", c.name, clients, len(d.users))
		}
		if names := d.names(); len(names) != 4 || !strings.Contains(strings.Join(names[:3], " "), c.region) {
			t.Errorf("%s: is served at %q", c.name, names)
		}
		if got := d.leftOut(g); !slices.Equal(got, c.leftOut) {
			t.Errorf("%s: left out %q, want %q", c.name, got, c.leftOut)
		}
	}
}

func TestWhichDatastoreIsMeantMustBeClear(t *testing.T) {
	archive := archivetest.Write(t)
	for _, c := range []struct {
		names []string
		name  string
		want  string
	}{
		{[]string{"north", "south"}, "", "name: missing; the program declares 2 datastores, and the local cloud runs one of them: north, south"},
		{[]string{"north", "south"}, "east", `name: "east": must be a datastore that the program declares: north, south`},
		{[]string{"north"}, "south", `name: "south": must be a datastore that the program declares: north`},
		{nil, "", "the program declares no datastore (aws-native:healthlake:FhirDatastore): the local cloud runs one"},
		{[]string{"north"}, "", ""},
		{[]string{"north"}, "north", ""},
	} {
		_, err := readDeclared(graphOf(t, hospitals(archive, c.names...)), c.name)
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%q of %q: got %v, want %s", c.name, c.names, err, c.want)
		}
	}
}

func TestOnlyAComponentsFunctionHasAnArchiveForThisMachine(t *testing.T) {
	g := graphOf(t, hospitals(archivetest.Write(t), "north"))
	cloud := &Cloud{graph: g}
	options := Options{Archive: func(component string) (string, error) { return component + ".zip", nil }}
	want := map[string]string{
		"north-validator-function": "smartlake:index:TokenValidator.zip", "north-auth-context-function": "smartlake:index:LaunchContext.zip",
		"north-door-function": "smartlake:index:FrontDoor.zip", "thumbnails": "",
	}
	for _, function := range g.All(declared.Function) {
		got, err := cloud.archive(function, options)
		if got != want[function.Name] || (err == nil) != (got != "") {
			t.Errorf("%s: got %q, %v", function.Name, got, err)
		}
	}
	_, err := cloud.archive(g.All(declared.Function)[3], options)
	const refusal = "function thumbnails: must be a component's, such as the one of a TokenValidator: the local cloud has no archive of another one for this machine"
	if err == nil || err.Error() != refusal {
		t.Errorf("got %v", err)
	}
}
