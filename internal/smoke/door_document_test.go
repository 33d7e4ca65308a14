package smoke_test

import (
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/smoke"
)

// Whatever differs in a front door's document may mislead an app: a capability that is not
// kept, a scope that is not granted, an endpoint of somebody else's.
func TestEveryMemberOfAFrontDoorsDocumentIsTheStacks(t *testing.T) {
	const check, doors = "discovery document agrees with the stack", "the output frontDoor.discoveryDocument"
	const claimed = `"client-public","launch-standalone","permission-offline","permission-patient","permission-v1","permission-v2","permission-v2.2","sso-openid-connect"]`
	door := localtest.Start(t, "dev", map[string]string{"clients": clients}, nil)
	for name, c := range map[string]struct {
		treat doctor
		want  smoke.Status
		told  string
	}{
		"as it is": {nil, smoke.Passed, "5 endpoints, all 11 members of " + doors},
		"another value": {
			served(`"authorize-post",`, ``), smoke.Failed,
			`capabilities: served is ["client-confidential-symmetric",` + claimed + ", " + doors + ` has ["authorize-post","client-confidential-symmetric",` + claimed,
		},
		"an endpoint that the stack does not have": {
			served(`{"authorization_endpoint"`, `{"registration_endpoint":"https://attacker.example/register","authorization_endpoint"`), smoke.Failed,
			`"registration_endpoint": served is "https://attacker.example/register", ` + doors + " lacks it",
		},
		"a member that is left out": {
			served(`"response_types_supported":["code"],`, ``), smoke.Failed,
			`response_types_supported: not served, ` + doors + ` has ["code"]`,
		},
		"two members": {
			served(`"S256"],"grant_types_supported":[`, `"S256","S512"],"grant_types_supported":["client_credentials",`), smoke.Failed,
			`code_challenge_methods_supported: served is ["S256","S512"], ` + doors + ` has ["S256"]; ` +
				`grant_types_supported: served is ["client_credentials","authorization_code","client_credentials"], ` + doors + ` has ["authorization_code","client_credentials"]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newSetupAt(t, door, c.treat).run(t)[check]; got.Status != c.want || got.Detail != c.told {
				t.Errorf("got %s:\n%s\nwant %s:\n%s", got.Status, got.Detail, c.want, c.told)
			}
		})
	}
}

// served edits the discovery document on its way.
func served(old, replacement string) doctor {
	return when(path("smart-configuration"), edits(old, replacement)) //nolint:bodyclose // the run closes it
}
