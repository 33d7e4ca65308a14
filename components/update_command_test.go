package components_test

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// echo is what programs test themselves with: resources that have their inputs for
// outputs, but for the one that a program cannot do without. The datastore has no ARN.
type echo struct{}

func (echo) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	outputs := args.Inputs.Copy()
	if args.TypeToken == userPoolType {
		outputs["endpoint"] = resource.NewProperty("cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Abc123XyZ")
	}
	return args.Name, outputs, nil
}

func (echo) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{
		"name": resource.NewProperty("eu-west-2"), "partition": resource.NewProperty("aws"), "accountId": resource.NewProperty(account),
	}, nil
}

func TestTheUpdateCommandIsThereForProgramsThatMockWithTheirInputs(t *testing.T) {
	commands := make(chan string, 1)
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		args := baseline()
		args.Clients = []components.ClientArgs{service()}
		datastore, err := components.NewSmartDatastore(ctx, name, args)
		if err != nil {
			return err
		}
		datastore.UpdateDatastoreCommand.ApplyT(func(command string) error {
			select {
			case commands <- command:
				return nil
			default:
				return errors.New("told twice")
			}
		})
		return nil
	}, pulumi.WithMocks(project, stack, echo{}))
	if err != nil {
		t.Fatal(err)
	}
	words := asTheShellSees(t, <-commands)
	assertLines(t, "the command", words[:5], []string{"healthlake", "update-fhir-datastore", "--region", "eu-west-2", "--datastore-id"})
}

// asTheShellSees is what a shell hands to the command of a line.
func asTheShellSees(t *testing.T, line string) []string {
	t.Helper()
	script := `aws() { for word; do printf '%s\n' "$word"; done; }; ` + line
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-euc", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func TestTheUpdateCommandGivesTheLiveDatastoreTheDeclaredDocument(t *testing.T) {
	filtered := func(a *components.SmartDatastoreArgs) {
		a.Clients[2].Scopes = append(a.Clients[2].Scopes, "user/Observation.rs?category=it's&code=`id`&status=<a>")
	}
	r := mustRun(t, declare(filtered), alive(t, nothing))
	words := asTheShellSees(t, r.output("updateDatastoreCommand").value.(string))
	if len(words) != 8 {
		t.Fatalf("got %d words: %q", len(words), words)
	}
	id := r.output("datastoreId").value.(string)
	assertLines(t, "the command", words[:7], []string{
		"healthlake", "update-fhir-datastore", "--region", region, "--datastore-id", id, "--identity-provider-configuration",
	})
	declared, live := r.output("declaredDiscoveryDocument").value.(string), r.output("discoveryDocument").value.(string)
	if declared == live || !strings.Contains(declared, "it's&code=`id`") {
		t.Fatalf("the test proves nothing: the live document is the declared one: %s", declared)
	}
	metadata, err := json.Marshal(declared)
	if err != nil {
		t.Fatal(err)
	}
	assertJSON(t, "the configuration, whole: what is left out would be cleared", decoded(t, words[7]), fill(`{
		"AuthorizationStrategy": "SMART_ON_FHIR",
		"FineGrainedAuthorizationEnabled": true,
		"IdpLambdaArn": "arn:aws:lambda:us-east-1:$ACCOUNT:function:$FUNCTION:live",
		"Metadata": $METADATA
	}`, "$ACCOUNT", account, "$FUNCTION", physicalName(functionName), "$METADATA", string(metadata)))
}
