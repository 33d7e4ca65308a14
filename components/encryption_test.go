package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

const givenKey = "arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef"

// keyARNs are the ways in which a key may be given.
var keyARNs = map[string]pulumi.StringInput{
	"at once": pulumi.String(givenKey),
	"later":   pulumi.String(givenKey).ToStringOutput(),
}

func TestAWSOwnsTheKeyByDefaultAndItIsSaidWhole(t *testing.T) {
	r := build(t, nil)
	assertJSON(t, "encryption", r.find(t, datastoreType, "ehr-datastore").Inputs["sseConfiguration"],
		`{"kmsEncryptionConfig": {"cmkType": "AWS_OWNED_KMS_KEY"}}`)
	if keys := len(r.of(keyType)) + len(r.of(keyAliasType)); keys != 0 {
		t.Errorf("got %d keys and aliases, want none", keys)
	}
	for _, one := range r.resources {
		if text := indented(t, one.Inputs); strings.Contains(text, "kms:") {
			t.Errorf("%s %q has to do with a key:\n%s", one.GetType(), one.GetName(), text)
		}
	}
	if got := r.output("kmsKeyArn").value; got != nil {
		t.Errorf("kmsKeyArn: got %v, want none", got)
	}
}

// The statements of the policy of a key that is created here.
const (
	keyOfTheAccount = `{
		"Sid": "AccountAdministersTheKey",
		"Effect": "Allow",
		"Principal": {"AWS": "arn:aws:iam::$ACCOUNT:root"},
		"Action": ["kms:*"],
		"Resource": ["*"]
	}`
	keyOfTheLogs = `{
		"Sid": "LogGroupsOfTheAccount",
		"Effect": "Allow",
		"Principal": {"Service": "logs.us-east-1.amazonaws.com"},
		"Action": ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
		"Resource": ["*"],
		"Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:$ACCOUNT:log-group:*"}}
	}`
	keyOfTheAlarms = `{
		"Sid": "AlarmsOfTheAccount",
		"Effect": "Allow",
		"Principal": {"Service": "cloudwatch.amazonaws.com"},
		"Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
		"Resource": ["*"],
		"Condition": {"StringEquals": {"aws:SourceAccount": "$ACCOUNT"}}
	}`
)

func TestACustomerManagedKeyIsCreatedRotatedAndLeftToTheAccountAndItsLogs(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) { a.CustomerManagedKey = true })
	key := r.find(t, keyType, "ehr-key")
	assertJSON(t, "key policy", decoded(t, key.Inputs["policy"]),
		fill(`{"Version": "2012-10-17", "Statement": [`+keyOfTheAccount+`,`+keyOfTheLogs+`]}`, "$ACCOUNT", account))
	delete(key.Inputs, "policy")
	assertJSON(t, "key", key.Inputs, `{
		"description": "Encrypts the HealthLake datastore ehr-test",
		"deletionWindowInDays": 30,
		"enableKeyRotation": true
	}`)
	assertJSON(t, "alias", r.find(t, keyAliasType, "ehr-key-alias").Inputs,
		`{"targetKeyId": "`+uuid(digest("ehr-key"))+`"}`)
	assertEncryptedWith(t, r, r.arn("kms", "key/"+uuid(digest("ehr-key"))))
}

func TestAGivenKeyIsUsedAndNoneCreated(t *testing.T) {
	for what, key := range keyARNs {
		for _, customerManaged := range []bool{false, true} {
			r := build(t, func(a *components.SmartDatastoreArgs) { a.KMSKeyARN, a.CustomerManagedKey = key, customerManaged })
			if keys := len(r.of(keyType)) + len(r.of(keyAliasType)); keys != 0 {
				t.Errorf("%s: got %d keys and aliases, want none", what, keys)
			}
			assertEncryptedWith(t, r, givenKey)
		}
	}
}

func assertEncryptedWith(t *testing.T, r *recorder, key string) {
	t.Helper()
	assertJSON(t, "encryption", r.find(t, datastoreType, "ehr-datastore").Inputs["sseConfiguration"],
		`{"kmsEncryptionConfig": {"cmkType": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "`+key+`"}}`)
	if got := r.output("kmsKeyArn").value; got != key {
		t.Errorf("kmsKeyArn: got %v, want %s", got, key)
	}
}

func TestAKeyThatTurnsOutToBeNoneStopsTheRunBeforeTheDatastore(t *testing.T) {
	const alias = "arn:aws:kms:us-east-1:123456789012:alias/patients"
	for when, settings := range both {
		r, err := run(declare(func(a *components.SmartDatastoreArgs) { a.KMSKeyARN = pulumi.String(alias).ToStringOutput() }), settings...)
		want := `kmsKeyArn: "` + alias + `": must be the ARN of a symmetric KMS key, arn:<partition>:kms:<region>:<account>:key/<id> (not of an alias)`
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got the error %v, want %s", when, err, want)
		}
		for _, one := range r.names() {
			if strings.HasPrefix(one, datastoreType) || strings.Contains(one, "ehr-grant-") {
				t.Errorf("%s: %s is declared", when, one)
			}
		}
	}
}
