package local

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

func TestAPermissionForAnotherAccountIsNone(t *testing.T) {
	for account, want := range map[string]string{"123456789012": "", "999999999999": "no permission lets"} {
		d := declaration{
			account:   "123456789012",
			functions: []declared.Resource{newResource(declared.Function, map[string]any{"arn": "arn:f", "name": "f"})},
			permissions: []declared.Resource{newResource(declared.Permission, map[string]any{
				"principal": "cognito-idp.amazonaws.com", "action": "lambda:InvokeFunction", "function": "f",
				"sourceArn": "arn:pool", "sourceAccount": account,
			})},
		}
		err := d.invokable("cognito-idp.amazonaws.com", "arn:pool", "arn:f")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("account %s: got %v, want %q", account, err, want)
		}
	}
}

func TestATokenLivesInTheDeclaredUnit(t *testing.T) {
	for _, c := range []struct {
		amount int
		unit   string
		want   time.Duration
	}{
		{0, "minutes", time.Minute}, // Cognito's default, whatever the unit
		{90, "seconds", 90 * time.Second},
		{90, "minutes", 90 * time.Minute},
		{2, "hours", 2 * time.Hour},
		{2, "days", 48 * time.Hour},
		{2, "", 2 * time.Hour},
		{2, "weeks", 0},
	} {
		client := newResource(declared.UserPoolClient, map[string]any{
			"name": "app", "accessTokenValidity": c.amount, "tokenValidityUnits": map[string]any{"accessToken": c.unit},
		})
		got, err := validity(client, "accessToken", "hours", time.Minute)
		if got != c.want || (err == nil) != (c.want != 0) {
			t.Errorf("%d %s: got %v, %v", c.amount, c.unit, got, err)
		}
		if err != nil && err.Error() != `client app: tokenValidityUnits.accessToken: "weeks": must be seconds, minutes, hours or days` {
			t.Errorf("got %v", err)
		}
	}
}

func TestCustomAttributesGetTheirPrefix(t *testing.T) {
	user := newResource(declared.User, map[string]any{"attributes": map[string]any{
		"email": "a@example.org", "patient": "1", "custom:fhirUser": "Patient/1",
	}})
	want := map[string]string{"email": "a@example.org", "custom:patient": "1", "custom:fhirUser": "Patient/1"}
	if got := attributesOf(user); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestATriggerOfAnotherVersionIsRefused(t *testing.T) {
	for want, config := range map[string]map[string]any{
		`lambdaVersion: "V1_0": must be V2_0`: {"preTokenGenerationConfig": map[string]any{"lambdaArn": "arn:f", "lambdaVersion": "V1_0"}},
		`preTokenGeneration: "arn:f"`:         {"preTokenGeneration": "arn:f"},
	} {
		d := declaration{pool: newResource(declared.UserPool, map[string]any{"lambdaConfig": config})}
		if _, err := (&Cloud{}).trigger(d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if trigger, err := (&Cloud{}).trigger(declaration{}); trigger != nil || err != nil {
		t.Errorf("a pool without a trigger: got an error %v, or a trigger", err)
	}
}
