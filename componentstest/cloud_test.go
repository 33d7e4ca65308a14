package componentstest_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/componentstest"
)

// clinic is a program of a platform team that has everything.
func clinic(t *testing.T) pulumi.RunFunc {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "function.zip")
	if err := componentstest.WriteArchive(archive); err != nil {
		t.Fatal(err)
	}
	function := &components.FunctionArgs{Archive: archive}
	return func(ctx *pulumi.Context) error {
		datastore, err := components.NewSmartDatastore(ctx, "clinic", &components.SmartDatastoreArgs{
			Clients: []components.ClientArgs{{
				Name: "portal", Kind: components.ConfidentialClient, Scopes: []string{"openid", "launch/patient", "patient/*.rs"},
				CallbackURLs: pulumi.ToStringArray([]string{"https://portal.example.org/callback"}),
			}},
			Function: function, LaunchContext: &components.LaunchContextArgs{Function: function}, CustomerManagedKey: true,
		})
		if err == nil {
			componentstest.Export(ctx, datastore)
		}
		return err
	}
}

func TestWhatAWSComputesHasItsShape(t *testing.T) {
	cloud := componentstest.NewCloud(componentstest.InRegion("eu-west-2"), componentstest.InAccount("111122223333"))
	if err := cloud.Run(clinic(t)); err != nil {
		t.Fatal(err)
	}
	for output, shape := range map[string]string{
		"datastoreArn":         `arn:aws:healthlake:eu-west-2:111122223333:datastore/fhir/[0-9a-f]{32}`,
		"datastoreEndpoint":    `https://healthlake\.eu-west-2\.amazonaws\.com/datastore/[0-9a-f]{32}/r4/`,
		"validatorFunctionArn": `arn:aws:lambda:eu-west-2:111122223333:function:clinic-validator-function-[0-9a-f]{7}:live`,
		"kmsKeyArn":            `arn:aws:kms:eu-west-2:111122223333:key/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`,
		"userPoolId":           `eu-west-2_[0-9A-Za-z]{9}`,
		"issuer":               `https://cognito-idp\.eu-west-2\.amazonaws\.com/eu-west-2_[0-9A-Za-z]{9}`,
	} {
		if value, _ := cloud.Outputs()[output].Value.(string); !regexp.MustCompile("^" + shape + "$").MatchString(value) {
			t.Errorf("%s: got %q, want %s", output, value, shape)
		}
	}
	secrets := cloud.Outputs()["clientSecrets"]
	if values, _ := secrets.Value.(map[string]string); !secrets.Secret || values["portal"] == "" {
		t.Errorf("clientSecrets: got %+v, want a secret of the portal", secrets)
	}
}

func TestInAPreviewNothingIsKnownThatAWSComputes(t *testing.T) {
	cloud := componentstest.NewCloud()
	if err := cloud.Preview(clinic(t)); err != nil {
		t.Fatal(err)
	}
	datastore, err := cloud.Resource("aws-native:healthlake:FhirDatastore", "clinic-datastore")
	if err != nil {
		t.Fatal(err)
	}
	provider, _ := datastore.Inputs["identityProviderConfiguration"].(map[string]any)
	if provider["idpLambdaArn"] != componentstest.Unknown || datastore.ID != "" || !datastore.GetProtect() {
		t.Errorf("got the function %v, the id %q and protect %v", provider["idpLambdaArn"], datastore.ID, datastore.GetProtect())
	}
	if endpoint := cloud.Outputs()["datastoreEndpoint"]; endpoint.Value != nil {
		t.Errorf("datastoreEndpoint: got %v, want it unknown", endpoint.Value)
	}
}

func TestAProgramsOwnErrorComesBackAsItIs(t *testing.T) {
	refused := errors.New("refused")
	if err := componentstest.NewCloud().Run(func(*pulumi.Context) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}

func TestARunForgetsTheOneBefore(t *testing.T) {
	cloud := componentstest.NewCloud()
	if err := cloud.Run(clinic(t)); err != nil || len(cloud.Resources()) == 0 || len(cloud.Calls()) == 0 {
		t.Fatalf("got %v, resources %v and calls %v", err, cloud.Resources(), cloud.Calls())
	}
	err := cloud.Run(func(ctx *pulumi.Context) error { return ctx.Log.Warn("beware", nil) })
	if err != nil || len(cloud.Resources())+len(cloud.Calls())+len(cloud.Outputs()) > 0 || strings.Join(cloud.Warnings(), "") != "beware" {
		t.Errorf("got %v, resources %v, calls %v and warnings %q", err, cloud.Resources(), cloud.Calls(), cloud.Warnings())
	}
}

func TestAResourceOfTheTeamsOwnGetsItsInputsBack(t *testing.T) {
	cloud := componentstest.NewCloud()
	err := cloud.Run(func(ctx *pulumi.Context) error {
		queue, err := sqs.NewQueue(ctx, "jobs", &sqs.QueueArgs{DelaySeconds: pulumi.Int(5)})
		if err == nil {
			ctx.Export("delay", queue.DelaySeconds)
		}
		return err
	})
	if got := cloud.Outputs()["delay"].Value; err != nil || got == nil {
		t.Errorf("got %v and %v", got, err)
	}
	if _, err := cloud.Resource("aws:sqs/queue:Queue", "job"); err == nil || !strings.Contains(err.Error(), "aws:sqs/queue:Queue jobs") {
		t.Errorf("a resource that is not declared: got %v, want those that are", err)
	}
}

func TestAnOptionalOutputIsItsValueOrNothing(t *testing.T) {
	cloud := componentstest.NewCloud()
	err := cloud.Run(func(ctx *pulumi.Context) error {
		ctx.Export("given", pulumi.StringPtr("a").ToStringPtrOutput())
		ctx.Export("absent", pulumi.String("").ToStringOutput().ApplyT(func(string) *string { return nil }).(pulumi.StringPtrOutput))
		return nil
	})
	if outputs := cloud.Outputs(); err != nil || outputs["given"].Value != "a" || outputs["absent"].Value != nil {
		t.Errorf("got %v and %+v", err, outputs)
	}
}

func TestAUserPoolExistsWhereTheTestSaysSo(t *testing.T) {
	var domain string
	looksUp := func(ctx *pulumi.Context) error {
		pool, err := cognito.LookupUserPool(ctx, &cognito.LookupUserPoolArgs{UserPoolId: "us-east-1_Abc123XyZ"})
		if err == nil {
			domain = pool.Domain
		}
		return err
	}
	if err := componentstest.NewCloud().Run(looksUp); err == nil || !strings.Contains(err.Error(), `"us-east-1_Abc123XyZ": no such user pool here`) {
		t.Errorf("without a pool: got %v", err)
	}
	cloud := componentstest.NewCloud(componentstest.WithUserPool(componentstest.UserPool{Domain: "st-marys"}))
	if err := cloud.Run(looksUp); err != nil || domain != "st-marys" {
		t.Errorf("with a pool: got %q and %v", domain, err)
	}
}

// elsewhere lets AWS answer with another id.
type elsewhere struct{ pulumi.MockResourceMonitor }

func (e elsewhere) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	_, outputs, err := e.MockResourceMonitor.NewResource(args)
	return "another", outputs, err
}

func TestATestChangesSingleAnswers(t *testing.T) {
	cloud := componentstest.NewCloud(componentstest.WithMocks(func(aws pulumi.MockResourceMonitor) pulumi.MockResourceMonitor {
		return elsewhere{aws}
	}))
	if err := cloud.Run(clinic(t)); err != nil {
		t.Fatal(err)
	}
	for _, one := range cloud.Resources("aws:iam/role:Role") {
		if one.ID != "another" {
			t.Errorf("%s: got the id %q", one.GetName(), one.ID)
		}
	}
}

// TestATeamsTestGetsNoCodeOfOurFunctionsAndCommands looks at what the package brings
// along.
func TestATeamsTestGetsNoCodeOfOurFunctionsAndCommands(t *testing.T) {
	const module = "github.com/smartlake/pulumi-smartlake/"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.Lines(string(out)) {
		ours := strings.TrimPrefix(strings.TrimSpace(path), module)
		for _, never := range []string{"validator", "launchcontext", "frontdoor", "cmd", "internal/local", "github.com/aws/aws-lambda-go"} {
			if ours == never || strings.HasPrefix(ours, never+"/") {
				t.Errorf("brings %s along", ours)
			}
		}
	}
}
