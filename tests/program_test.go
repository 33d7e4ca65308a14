package tests_test

import (
	"io"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/program"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

func loadProject(t *testing.T) *workspace.Project {
	t.Helper()
	project, err := workspace.LoadProject(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// stackFile is the configuration in the file of a stack.
func stackFile(t *testing.T, stack string) config.Map {
	t.Helper()
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	loaded, err := workspace.LoadProjectStack(sink, loadProject(t), filepath.Join(root, "Pulumi."+stack+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Config
}

// assertProtected says which resources are protected: these and no others.
func assertProtected(t *testing.T, cloud *componentstest.Cloud, want ...string) {
	t.Helper()
	var got []string
	for _, one := range cloud.Resources() {
		if one.GetProtect() {
			got = append(got, one.GetName())
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	expect.Lines(t, "protected resources", got, want)
}

func TestTheDevStackHasSyntheticPatientsAndIsNotProtected(t *testing.T) {
	r := runStack(t, "dev")
	datastore := find(t, r, declared.Datastore, "smart-datastore").Inputs
	expect.JSON(t, "preload", datastore["preloadDataConfig"], `{"preloadDataType": "SYNTHEA"}`)
	expect.JSON(t, "encryption", datastore["sseConfiguration"], `{"kmsEncryptionConfig": {"cmkType": "AWS_OWNED_KMS_KEY"}}`)
	expect.JSON(t, "tags", datastore["tags"], `[{"key": "environment", "value": "dev"}]`)
	assertProtected(t, r)
	pool := find(t, r, declared.UserPool, "smart-auth-pool").Inputs
	expect.JSON(t, "pool", []any{pool["deletionProtection"], pool["mfaConfiguration"]}, `["INACTIVE", "OFF"]`)
}

func TestTheProdStackIsProtectedEncryptedWithItsOwnKeyAndEmpty(t *testing.T) {
	r := runStack(t, "prod")
	assertProtected(t, r, "smart-datastore", "smart-auth-pool", "smart-auth-domain", "smart-key")
	expect.Lines(t, "ignored changes", find(t, r, declared.Datastore, "smart-datastore").GetIgnoreChanges(), []string{
		"datastoreName", "datastoreTypeVersion", "identityProviderConfiguration", "preloadDataConfig", "sseConfiguration",
	})
	datastore := find(t, r, declared.Datastore, "smart-datastore").Inputs
	if preload, ok := datastore["preloadDataConfig"]; ok {
		t.Errorf("preload: got %v, want none", preload)
	}
	expect.JSON(t, "encryption", datastore["sseConfiguration"],
		`{"kmsEncryptionConfig": {"cmkType": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "`+find(t, r, declared.Key, "smart-key").Outputs["arn"].(string)+`"}}`)
	if users := len(r.Resources(declared.User)); users > 0 {
		t.Errorf("got %d test users, want none", users)
	}
	pool := find(t, r, declared.UserPool, "smart-auth-pool").Inputs
	expect.JSON(t, "pool", []any{pool["deletionProtection"], pool["mfaConfiguration"]}, `["ACTIVE", "OPTIONAL"]`)
}

func TestTheStacksHaveExactlyTheseOutputs(t *testing.T) {
	for _, name := range stacks {
		stack := loadStack(t, root, name)
		cloud := cloudOf(stack)
		for when, run := range map[string]func(pulumi.RunFunc) error{"update": cloud.Run, "preview": cloud.Preview} {
			if err := run(program.With(stack.Config)); err != nil {
				t.Fatal(err)
			}
			outputs := cloud.Outputs()
			want := []string{
				"authorizationEndpoint", "clientIds", "clientSecrets", "clients",
				"datastoreArn", "datastoreEndpoint", "datastoreId", "declaredDiscoveryDocument", "discoveryDocument", "fhirBaseUrl", "frontDoor",
				"hostedDomain", "issuer", "jwksUri", "launchContext", "revocationEndpoint", "scopes", "tokenEndpoint", "tokenValidator",
				"updateDatastoreCommand", "userInfoEndpoint", "userPoolArn", "userPoolId", "validatorFunctionArn",
			}
			if name == "prod" { // has alarms, a dashboard and a key
				want = append(want, "alarmTopicArn", "dashboardName", "kmsKeyArn")
			}
			slices.Sort(want)
			expect.Lines(t, name+" in "+when, slices.Sorted(maps.Keys(outputs)), want)
			for output, became := range outputs {
				if became.Secret != (output == "clientSecrets") {
					t.Errorf("%s in %s: %s: secret is %v", name, when, output, became.Secret)
				}
				if became.Value == nil && when == "update" {
					t.Errorf("%s: %s never became known", name, output)
				}
			}
		}
	}
}

func TestAStackPreviewsWhatItThenDeclares(t *testing.T) {
	for _, name := range stacks {
		stack := loadStack(t, root, name)
		cloud := cloudOf(stack)
		var declared [2][]string
		for i, run := range []func(pulumi.RunFunc) error{cloud.Preview, cloud.Run} {
			if err := run(program.With(stack.Config)); err != nil {
				t.Fatal(err)
			}
			for _, one := range cloud.Resources() {
				declared[i] = append(declared[i], one.GetType()+" "+one.GetName())
			}
		}
		expect.Lines(t, name, declared[0], declared[1])
	}
}

func TestAStackSaysItsRegionToBothProviders(t *testing.T) {
	for _, stack := range stacks {
		values := loadStack(t, root, stack).Config
		if values["aws:region"] == "" || values["aws:region"] != values["aws-native:region"] {
			t.Errorf("%s: aws:region %q, aws-native:region %q: want one region, said twice", stack, values["aws:region"], values["aws-native:region"])
		}
	}
}

func TestThereIsNoSecretInTheFilesOfTheStacks(t *testing.T) {
	for _, stack := range stacks {
		values := stackFile(t, stack)
		if values.HasSecureValue() {
			t.Errorf("%s: holds an encrypted value, which nobody else can decrypt", stack)
		}
		for _, key := range []string{"testUsers", "kmsKeyArn"} {
			if _, given := values[config.MustMakeKey("smartlake", key)]; given {
				t.Errorf("%s: %s is somebody's own", stack, key)
			}
		}
	}
}

// The command line demands a value of every key that has no default.
func TestOnlyTheKeysThatMustBeSetHaveNoDefault(t *testing.T) {
	for key, declaration := range loadProject(t).Config {
		if declaration.Description == "" || declaration.Secret || declaration.Value != nil {
			t.Errorf("%s: want a description and perhaps a default, got %+v", key, declaration)
		}
		empty := declaration.Default == "" || declaration.Default == "none" // the latter for an object: the component decides what it is then
		if required := key == "clients"; required && declaration.Default != nil || !required && !empty {
			t.Errorf("%s: got the default %v, want an empty one or none, and no default at all for clients", key, declaration.Default)
		}
	}
}
