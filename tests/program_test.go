package tests_test

import (
	"encoding/json"
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

	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// stacks are the stacks that come with the program.
var stacks = []string{"dev", "prod"}

func loadProject(t *testing.T) *workspace.Project {
	t.Helper()
	project, err := workspace.LoadProject(filepath.Join("..", "Pulumi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func loadStack(t *testing.T, stack string) config.Map {
	t.Helper()
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	loaded, err := workspace.LoadProjectStack(sink, loadProject(t), filepath.Join("..", "Pulumi."+stack+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Config
}

// configuration is what the engine hands to the program of a stack: the stack's
// values as text or JSON, and the project's defaults for what it leaves out.
func configuration(t *testing.T, stack string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for key, value := range loadStack(t, stack) {
		text, err := value.Value(config.NopDecrypter)
		if err != nil {
			t.Fatal(err)
		}
		values[key.String()] = text
	}
	for key, value := range projectDefaults(t) {
		if _, given := values[key]; !given {
			values[key] = value
		}
	}
	return values
}

func projectDefaults(t *testing.T) map[string]string {
	t.Helper()
	values := map[string]string{}
	for key, declaration := range loadProject(t).Config {
		switch value := declaration.Default.(type) {
		case nil:
		case string:
			values[project+":"+key] = value
		default:
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			values[project+":"+key] = string(text)
		}
	}
	return values
}

// configured gives a program its configuration; secrets are the keys that hold one.
func configured(values map[string]string, secrets ...string) setting {
	return func(r *recorder, info *pulumi.RunInfo) {
		r.config, info.Config, info.ConfigSecretKeys = values, values, secrets
	}
}

// runStack runs the program as "pulumi up" does for one of its stacks, but for the
// packaging of the validator.
func runStack(t *testing.T, stack string, settings ...setting) *recorder {
	t.Helper()
	values := configuration(t, stack)
	setValues(t, values, "function.archive", fixtureArchive, "launchContext.function.archive", triggerArchive)
	settings = append(settings, inStack(stack), inRegion(values["aws:region"]), configured(values))
	return mustRun(t, theProgram, settings...)
}

// theProgram is the program of the repository, with its outputs kept.
func theProgram(ctx *pulumi.Context) error {
	if err := program.With(ctx.Log.(*recorder).config)(ctx); err != nil {
		return err
	}
	for name, value := range ctx.GetCurrentExportMap() {
		ctx.Log.(*recorder).watch(name, pulumi.ToOutput(value))
	}
	return nil
}

func TestTheDevStackHasSyntheticPatientsAndIsNotProtected(t *testing.T) {
	r := runStack(t, "dev")
	datastore := r.find(t, datastoreType, "smart-datastore").Inputs
	assertJSON(t, "preload", datastore["preloadDataConfig"], `{"preloadDataType": "SYNTHEA"}`)
	assertJSON(t, "encryption", datastore["sseConfiguration"], `{"kmsEncryptionConfig": {"cmkType": "AWS_OWNED_KMS_KEY"}}`)
	assertJSON(t, "tags", datastore["tags"], `[{"key": "environment", "value": "dev"}]`)
	assertProtected(t, r)
	pool := r.find(t, userPoolType, "smart-auth-pool").Inputs
	assertJSON(t, "pool", []any{pool["deletionProtection"], pool["mfaConfiguration"]}, `["INACTIVE", "OFF"]`)
}

func TestTheProdStackIsProtectedEncryptedWithItsOwnKeyAndEmpty(t *testing.T) {
	r := runStack(t, "prod")
	assertProtected(t, r, "smart-datastore", "smart-auth-pool", "smart-auth-domain", "smart-key")
	assertIgnores(t, r, map[string][]string{"smart-datastore": guarded[datastoreName]})
	datastore := r.find(t, datastoreType, "smart-datastore").Inputs
	if preload, ok := datastore["preloadDataConfig"]; ok {
		t.Errorf("preload: got %v, want none", preload)
	}
	assertJSON(t, "encryption", datastore["sseConfiguration"], fill(
		`{"kmsEncryptionConfig": {"cmkType": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "$KEY"}}`,
		"$KEY", r.arn("kms", "key/"+uuid(digest("smart-key")))))
	if users := len(r.of(userType)); users > 0 {
		t.Errorf("got %d test users, want none", users)
	}
	pool := r.find(t, userPoolType, "smart-auth-pool").Inputs
	assertJSON(t, "pool", []any{pool["deletionProtection"], pool["mfaConfiguration"]}, `["ACTIVE", "OPTIONAL"]`)
}

func TestTheStacksHaveExactlyTheseOutputs(t *testing.T) {
	for _, stack := range stacks {
		for when, settings := range both {
			r := runStack(t, stack, settings...)
			assertLines(t, stack+" in "+when, slices.Sorted(maps.Keys(r.outputs)), []string{
				"alarmTopicArn", "authorizationEndpoint", "clientIds", "clientSecrets", "clients", "cloudfrontDistribution", "dashboardName",
				"datastoreArn", "datastoreEndpoint", "declaredDiscoveryDocument", "discoveryDocument",
				"hostedDomain", "issuer", "jwksUri", "revocationEndpoint", "scopes", "tokenEndpoint", "updateDatastoreCommand", "userInfoEndpoint",
				"validatorFunctionArn",
			})
			for output, became := range r.outputs {
				if became.secret != (output == "clientSecrets") {
					t.Errorf("%s in %s: %s: secret is %v", stack, when, output, became.secret)
				}
				if became.value == nil && when == "update" {
					t.Errorf("%s: %s never became known", stack, output)
				}
			}
		}
	}
}

func TestAStackPreviewsWhatItThenDeclares(t *testing.T) {
	for _, stack := range stacks {
		assertLines(t, stack, runStack(t, stack, inPreview).names(), runStack(t, stack).names())
	}
}

func TestAStackSaysItsRegionToBothProviders(t *testing.T) {
	for _, stack := range stacks {
		values := configuration(t, stack)
		if values["aws:region"] == "" || values["aws:region"] != values["aws-native:region"] {
			t.Errorf("%s: aws:region %q, aws-native:region %q: want one region, said twice", stack, values["aws:region"], values["aws-native:region"])
		}
	}
}

func TestThereIsNoSecretInTheFilesOfTheStacks(t *testing.T) {
	for _, stack := range stacks {
		values := loadStack(t, stack)
		if values.HasSecureValue() {
			t.Errorf("%s: holds an encrypted value, which nobody else can decrypt", stack)
		}
		for _, key := range []string{"testUsers", "kmsKeyArn"} {
			if _, given := values[config.MustMakeKey(project, key)]; given {
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
		if required := key == "clients"; required && declaration.Default != nil || !required && declaration.Default != "" {
			t.Errorf("%s: got the default %v, want the component's, or none for clients", key, declaration.Default)
		}
	}
}
