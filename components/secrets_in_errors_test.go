package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// assertTold runs a program that a value must stop, given in the open and as a secret.
func assertTold(t *testing.T, what, field, value, want string, program func(pulumi.StringInput) pulumi.RunFunc, settings ...setting) {
	t.Helper()
	for kind, c := range map[string]struct {
		given pulumi.StringInput
		told  string
	}{
		"open":   {pulumi.String(value).ToStringOutput(), `"` + value + `"`},
		"secret": {pulumi.ToSecret(pulumi.String(value)).(pulumi.StringOutput), "[secret]"},
	} {
		t.Run(what+", "+kind, func(t *testing.T) {
			_, err := run(program(c.given), settings...)
			if err == nil || !strings.Contains(err.Error(), field+": "+c.told+": "+want) {
				t.Fatalf("got %v, want %s: %s: %s", err, field, c.told, want)
			}
			if kind == "secret" && strings.Contains(err.Error(), value) {
				t.Errorf("the secret is told: %v", err)
			}
		})
	}
}

func TestNoErrorTellsASecretThatTurnsOutToBeWrong(t *testing.T) {
	const keyWanted = "must be the ARN of a symmetric KMS key"
	edited := func(edit func(*components.SmartDatastoreArgs, pulumi.StringInput)) func(pulumi.StringInput) pulumi.RunFunc {
		return func(value pulumi.StringInput) pulumi.RunFunc {
			return declare(func(a *components.SmartDatastoreArgs) { edit(a, value) })
		}
	}
	assertTold(t, "a key of logs", "function.logKmsKeyArn", "hunter2", keyWanted,
		edited(func(a *components.SmartDatastoreArgs, v pulumi.StringInput) { a.Function.LogKMSKeyARN = v }))
	assertTold(t, "an identity provider's client", "identityProviders[0].clientId", "hunter2 ", "must be text",
		edited(func(a *components.SmartDatastoreArgs, v pulumi.StringInput) {
			withProviders(a)
			a.IdentityProviders[0].ClientID = v
		}))
	hasDomain := func(r *recorder) { r.pool = &domains{prefix: "clinic"} }
	assertTold(t, "a pool of another region", "existingUserPool.id", "eu-west-1_Abc123XyZ", "must be a user pool in us-east-1",
		edited(func(a *components.SmartDatastoreArgs, v pulumi.StringInput) {
			inTheirPool(a)
			a.ExistingUserPool.ID = v
		}), hasDomain)
	ofBulk := func(value pulumi.StringInput) pulumi.RunFunc {
		return aBulkDataStore("bulk", func(a *components.BulkDataStoreArgs) { a.DatastoreARN = value })
	}
	assertTold(t, "no datastore", "datastoreArn", "hunter2", "must be the ARN", ofBulk)
	assertTold(t, "a datastore of elsewhere", "datastoreArn", fill(someDatastore, "us-east-1", "us-west-2"), "must be in the provider's account and region", ofBulk)
}

func TestTheGuardTellsNoSecretOfWhatWouldBeReplaced(t *testing.T) {
	const live, declared = givenKey, "arn:aws:kms:us-east-1:" + account + ":key/11111111-2222-3333-4444-555555555555"
	with := func(key pulumi.StringInput) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) { a.KMSKeyARN = key }
	}
	for kind, c := range map[string]struct {
		declared pulumi.StringInput
		told     string
	}{
		"open":   {pulumi.String(declared), `kmsKeyArn: is "` + live + `" and would become "` + declared + `"`},
		"secret": {pulumi.ToSecret(pulumi.String(declared)).(pulumi.StringOutput), `kmsKeyArn: is "` + live + `" and would become [secret]`},
	} {
		_, err := run(declare(with(c.declared)), alive(t, with(pulumi.String(live))))
		if err == nil || !strings.Contains(err.Error(), c.told) || kind == "secret" && strings.Contains(err.Error(), declared) {
			t.Errorf("%s: got %v, want %s", kind, err, c.told)
		}
	}
}
