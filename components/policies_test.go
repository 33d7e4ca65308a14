package components_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
)

const healthLakeTrust = `{
	"Version": "2012-10-17",
	"Statement": [{
		"Effect": "Allow",
		"Principal": {"Service": "healthlake.amazonaws.com"},
		"Action": ["sts:AssumeRole"],
		"Condition": {
			"StringEquals": {"aws:SourceAccount": "$ACCOUNT"},
			"ArnLike": {"aws:SourceArn": "arn:$PARTITION:healthlake:$REGION:$ACCOUNT:datastore/fhir/*"}
		}
	}]
}`

const lambdaTrust = `{
	"Version": "2012-10-17",
	"Statement": [{
		"Effect": "Allow",
		"Principal": {"Service": "lambda.amazonaws.com"},
		"Action": ["sts:AssumeRole"],
		"Condition": {"StringEquals": {"aws:SourceAccount": "$ACCOUNT"}}
	}]
}`

func TestTheRolesTrustOneServiceOnBehalfOfThisAccountOnly(t *testing.T) {
	for _, in := range []string{"us-east-1", "us-gov-west-1"} {
		r := build(t, anywhere, inRegion(in))
		for role, trust := range map[string]string{
			"ehr-validator-read":         healthLakeTrust,
			"ehr-validator-write":        healthLakeTrust,
			"ehr-validator-export":       healthLakeTrust,
			"ehr-validator-execution":    lambdaTrust,
			"ehr-auth-context-execution": lambdaTrust,
		} {
			assertJSON(t, role, decoded(t, r.find(t, roleType, role).Inputs["assumeRolePolicy"]),
				fill(trust, "$ACCOUNT", account, "$PARTITION", partitionOf(in), "$REGION", in))
		}
		if got := len(r.of(roleType)); got != 5 {
			t.Errorf("got %d roles, want 5", got)
		}
	}
}

func TestARoleHasNothingButItsTrustAndADescription(t *testing.T) {
	for _, role := range build(t, nil).of(roleType) {
		if _, described := role.Inputs["description"]; !described || len(role.Inputs) != 2 {
			t.Errorf("%s: got\n%s", role.GetName(), indented(t, role.Inputs))
		}
	}
}

func TestAFunctionMayWriteItsLogAndNothingElse(t *testing.T) {
	r := build(t, nil)
	for _, function := range []string{"ehr-validator", "ehr-auth-context"} {
		assertPolicy(t, r.find(t, rolePolicyType, function+"-logging"), function+"-execution", fill(`{
			"Version": "2012-10-17",
			"Statement": [{
				"Effect": "Allow",
				"Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
				"Resource": ["arn:aws:logs:us-east-1:$ACCOUNT:log-group:$LOGS:*"]
			}]
		}`, "$ACCOUNT", account, "$LOGS", physicalName(function+"-logs")))
		for _, policy := range r.of(rolePolicyType) {
			if policy.Inputs["role"] == physicalName(function+"-execution") && policy.GetName() != function+"-logging" {
				t.Errorf("%s-execution has another policy, %s", function, policy.GetName())
			}
		}
	}
}

const readAccess = `{
	"Sid": "Datastore",
	"Effect": "Allow",
	"Action": [
		"healthlake:GetCapabilities",
		"healthlake:GetHistoryByResourceId",
		"healthlake:ReadResource",
		"healthlake:SearchEverything",
		"healthlake:SearchWithGet",
		"healthlake:SearchWithPost",
		"healthlake:VersionReadResource"
	],
	"Resource": ["$DATASTORE"]
}`

const writeAccess = `{
	"Sid": "Datastore",
	"Effect": "Allow",
	"Action": [
		"healthlake:CreateResource",
		"healthlake:DeleteResource",
		"healthlake:GetCapabilities",
		"healthlake:GetHistoryByResourceId",
		"healthlake:ReadResource",
		"healthlake:SearchEverything",
		"healthlake:SearchWithGet",
		"healthlake:SearchWithPost",
		"healthlake:UpdateResource",
		"healthlake:VersionReadResource"
	],
	"Resource": ["$DATASTORE"]
}`

const exportAccess = `{
	"Sid": "Datastore",
	"Effect": "Allow",
	"Action": ["healthlake:StartFHIRExportJobWithGet", "healthlake:StartFHIRExportJobWithPost"],
	"Resource": ["$DATASTORE"]
}`

const keyAccess = `{
	"Sid": "Key",
	"Effect": "Allow",
	"Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
	"Resource": ["$KEY"]
}`

func TestTheReadRoleMayReadTheDatastoreAndNothingElse(t *testing.T) {
	assertGrant(t, build(t, nil), "read", "", readAccess)
}

func TestTheWriteRoleMayReadAndWriteTheDatastoreAndNothingElse(t *testing.T) {
	assertGrant(t, build(t, nil), "write", "", writeAccess)
}

func TestTheExportRoleMayStartAnExportAndNothingElse(t *testing.T) {
	r := build(t, nil)
	assertGrant(t, r, "export", "", exportAccess)
	for _, policy := range r.of(rolePolicyType) {
		if text := indented(t, policy.Inputs); policy.GetName() != "ehr-grant-export" && strings.Contains(text, "Export") {
			t.Errorf("%s may export:\n%s", policy.GetName(), text)
		}
	}
}

func TestTheRolesMayUseTheKeyThatIsCreatedForTheDatastore(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) { a.CustomerManagedKey = true })
	key := r.arn("kms", "key/"+uuid(digest("ehr-key")))
	assertGrant(t, r, "read", key, readAccess, keyAccess)
	assertGrant(t, r, "write", key, writeAccess, keyAccess)
	assertGrant(t, r, "export", key, exportAccess, keyAccess)
}

func TestTheRolesMayUseTheKeyThatIsGivenForTheDatastore(t *testing.T) {
	for what, key := range keyARNs {
		t.Run(what, func(t *testing.T) {
			r := build(t, func(a *components.SmartDatastoreArgs) { a.KMSKeyARN = key })
			assertGrant(t, r, "read", givenKey, readAccess, keyAccess)
			assertGrant(t, r, "write", givenKey, writeAccess, keyAccess)
			assertGrant(t, r, "export", givenKey, exportAccess, keyAccess)
		})
	}
}

// assertGrant compares the policy of one of the roles on the datastore, whole.
func assertGrant(t *testing.T, r *recorder, role, key string, statements ...string) {
	t.Helper()
	policy := r.find(t, rolePolicyType, "ehr-grant-"+role)
	document := `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ",") + `]}`
	datastore := r.arn("healthlake", "datastore/fhir/"+digest("ehr-datastore")[:32])
	assertPolicy(t, policy, "ehr-validator-"+role, fill(document, "$DATASTORE", datastore, "$KEY", key))
}

// assertPolicy compares a role policy: which role, and the whole document.
func assertPolicy(t *testing.T, policy registered, role, document string) {
	t.Helper()
	if got := policy.Inputs["role"]; got != physicalName(role) {
		t.Errorf("%s: belongs to role %v, want %s", policy.GetName(), got, physicalName(role))
	}
	if len(policy.Inputs) != 2 {
		t.Errorf("%s: want a role and a policy alone, got %v", policy.GetName(), policy.Inputs)
	}
	assertJSON(t, policy.GetName(), decoded(t, policy.Inputs["policy"]), document)
}

// document is a policy as IAM reads it.
type document struct {
	Statement []struct {
		Effect    string
		Principal map[string]any
		Action    []string
		Resource  []string
		Condition map[string]map[string]string
	}
}

func TestNoPolicyReachesFurtherThanItMust(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) { a.CustomerManagedKey = true })
	policies := 0
	for _, one := range r.resources {
		for _, property := range []string{"policy", "assumeRolePolicy"} {
			text, ok := one.Inputs[property].(string)
			if !ok {
				continue
			}
			policies++
			var policy document
			if err := json.Unmarshal([]byte(text), &policy); err != nil {
				t.Fatal(err)
			}
			assertNarrow(t, one, property, policy)
		}
	}
	if policies != 11 {
		t.Errorf("looked at %d policies, want 11: five trusts, five of roles, one of the key", policies)
	}
}

func assertNarrow(t *testing.T, one registered, property string, policy document) {
	t.Helper()
	for _, statement := range policy.Statement {
		if statement.Effect != "Allow" {
			t.Errorf("%s %s: effect %q", one.GetName(), property, statement.Effect)
		}
		if property == "assumeRolePolicy" && (len(statement.Condition) == 0 || statement.Condition["StringEquals"]["aws:SourceAccount"] != account) {
			t.Errorf("%s: a trust without the account as its condition: %v", one.GetName(), statement.Condition)
		}
		if one.GetType() == keyType {
			continue // a key policy has no other resource than its key, and names it "*"
		}
		if slices.Contains(statement.Resource, "*") {
			t.Errorf("%s: a resource of *", one.GetName())
		}
		for _, action := range statement.Action {
			if strings.Contains(action, "*") {
				t.Errorf("%s: a wildcard action %q", one.GetName(), action)
			}
		}
	}
}

func TestNoPolicyOfAWSIsAttached(t *testing.T) {
	for _, one := range build(t, nil).resources {
		if strings.Contains(one.GetType(), "Attachment") {
			t.Errorf("%s %q", one.GetType(), one.GetName())
		}
		for _, property := range []string{"managedPolicyArns", "inlinePolicies", "permissionsBoundary"} {
			if value, ok := one.Inputs[property]; ok {
				t.Errorf("%s %q has %s %v", one.GetType(), one.GetName(), property, value)
			}
		}
		if text := indented(t, one.Inputs); strings.Contains(text, ":iam::aws:policy/") {
			t.Errorf("%s %q names a policy of AWS:\n%s", one.GetType(), one.GetName(), text)
		}
	}
}
