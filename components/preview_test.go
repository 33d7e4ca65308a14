package components_test

import (
	"slices"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
)

func TestAPreviewDeclaresWhatAnUpdateDoes(t *testing.T) {
	for what, edit := range map[string]func(*components.SmartDatastoreArgs){"the baseline": nil, "everything": full} {
		preview, update := build(t, edit, inPreview), build(t, edit)
		assertLines(t, what, preview.names(), update.names())
		for _, one := range update.resources {
			assertSeenBefore(t, one.GetName(), preview.find(t, one.GetType(), one.GetName()).Inputs, one.Inputs)
		}
	}
}

// assertSeenBefore compares the inputs of a preview with those of the update that
// follows: the same, but for what is not known yet.
func assertSeenBefore(t *testing.T, path string, preview, update any) {
	t.Helper()
	if preview == unknown {
		return
	}
	switch update := update.(type) {
	case map[string]any:
		seen, _ := preview.(map[string]any)
		for key := range update {
			assertSeenBefore(t, path+"."+key, seen[key], update[key])
		}
		if len(seen) > len(update) {
			t.Errorf("%s: got more in the preview: %v", path, seen)
		}
	case []any:
		seen, _ := preview.([]any)
		if len(seen) != len(update) {
			t.Errorf("%s: %v in the preview, %v in the update", path, preview, update)
			return
		}
		for i := range update {
			assertSeenBefore(t, path, seen[i], update[i])
		}
	default:
		if preview != update {
			t.Errorf("%s: %v in the preview, %v in the update", path, preview, update)
		}
	}
}

func TestAPreviewShowsWhatDecidesAboutAccessAndData(t *testing.T) {
	r := build(t, withKey, inPreview)
	for role, trust := range map[string]string{"ehr-validator-read": healthLakeTrust, "ehr-validator-execution": lambdaTrust} {
		assertJSON(t, role, decoded(t, r.find(t, roleType, role).Inputs["assumeRolePolicy"]),
			fill(trust, "$ACCOUNT", account, "$PARTITION", "aws", "$REGION", region))
	}
	if got := r.find(t, domainType, "ehr-auth-domain").Inputs["domain"]; got != derivedPrefix {
		t.Errorf("domain prefix: got %v, want %s", got, derivedPrefix)
	}
	assertJSON(t, "datastore", r.find(t, datastoreType, datastoreName).Inputs, `{
		"datastoreName": "ehr-test",
		"datastoreTypeVersion": "R4",
		"sseConfiguration": {"kmsEncryptionConfig": {"cmkType": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "<unknown>"}},
		"identityProviderConfiguration": {
			"authorizationStrategy": "SMART_ON_FHIR",
			"fineGrainedAuthorizationEnabled": true,
			"idpLambdaArn": "<unknown>",
			"metadata": "<unknown>"
		}
	}`)
}

func TestTheOrderOfClientsAndScopesChangesNothing(t *testing.T) {
	straight := build(t, full)
	reversed := build(t, func(a *components.SmartDatastoreArgs) {
		full(a)
		slices.Reverse(a.Clients)
	})
	assertLines(t, "resources", reversed.names(), straight.names())
	for _, one := range straight.resources {
		if !one.GetCustom() {
			continue // a component records its arguments as they were given
		}
		other := reversed.find(t, one.GetType(), one.GetName())
		assertJSON(t, one.GetName(), other.Inputs, indented(t, one.Inputs))
		assertLines(t, one.GetName()+" waits for", dependencies(reversed, other), dependencies(straight, one))
	}
	for output, became := range straight.outputs {
		assertJSON(t, output, map[string]any{"": reversed.output(output).value}, indented(t, map[string]any{"": became.value}))
	}
}

func TestTheOrderOfAClientsScopesChangesNothingBeyondTheClient(t *testing.T) {
	straight := build(t, nil)
	reversed := build(t, func(a *components.SmartDatastoreArgs) {
		for i := range a.Clients {
			slices.Reverse(a.Clients[i].Scopes)
		}
	})
	for _, one := range straight.resources {
		if one.GetCustom() && one.GetType() != clientType {
			assertJSON(t, one.GetName(), reversed.find(t, one.GetType(), one.GetName()).Inputs, indented(t, one.Inputs))
		}
	}
}

func TestTheArgumentsOfTheCallerStayAsTheyAre(t *testing.T) {
	args := baseline()
	full(args)
	before := indented(t, describe(args))
	mustRun(t, declare(func(a *components.SmartDatastoreArgs) { *a = *args }))
	if after := indented(t, describe(args)); after != before {
		t.Errorf("the arguments changed:\n%s", difference(after, before))
	}
}

func TestAGroupOfArgumentsLeftOutIsAnEmptyOne(t *testing.T) {
	for what, wholly := range map[string]func(*components.SmartDatastoreArgs){"the baseline": nil, "everything": full} {
		edit := func(set func(*components.SmartDatastoreArgs)) func(*components.SmartDatastoreArgs) {
			return func(a *components.SmartDatastoreArgs) {
				if wholly != nil {
					wholly(a)
				}
				set(a)
			}
		}
		out := build(t, edit(func(a *components.SmartDatastoreArgs) {
			a.UserPool, a.Roles, a.Function.ProvisionedConcurrency = nil, nil, nil
			a.Alarms, a.BulkData = &components.ValidatorAlarmsArgs{}, &components.BulkDataArgs{}
		}))
		empty := build(t, edit(func(a *components.SmartDatastoreArgs) {
			a.UserPool = &components.UserPoolArgs{PasswordPolicy: &components.PasswordPolicyArgs{}}
			a.Roles, a.LaunchContext.Roles = &components.RolesArgs{}, &components.RolesArgs{}
			a.Function.ProvisionedConcurrency = &components.ProvisionedConcurrencyArgs{}
			a.Alarms, a.BulkData = &components.ValidatorAlarmsArgs{Thresholds: &components.ValidatorAlarmThresholdsArgs{}}, &components.BulkDataArgs{}
		}))
		assertLines(t, what, empty.names(), out.names())
		for _, one := range out.resources {
			assertJSON(t, one.GetName(), empty.find(t, one.GetType(), one.GetName()).Inputs, indented(t, one.Inputs))
		}
	}
}

// describe is what of the arguments JSON can show.
func describe(args *components.SmartDatastoreArgs) any {
	users := []string{}
	for _, user := range args.TestUsers {
		users = append(users, user.Username+" "+user.Email)
	}
	return []any{args.BulkData, args.Clients, args.UserPool, args.Function, args.LaunchContext, args.Roles, args.DatastoreName, args.AuthorizationStrategy, users}
}
