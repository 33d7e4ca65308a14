package explain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/explain"
)

func TestWhoMayDoWhatIsExactlyThis(t *testing.T) {
	for _, stack := range declaredtest.Stacks() {
		explanation, err := explain.Graph(declaredtest.Changed(t, stack, nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		explanation.Version = "v1.2.3"
		var text bytes.Buffer
		if err := explanation.Text(&text); err != nil {
			t.Fatal(err)
		}
		declaredtest.AssertGolden(t, "explain."+stack+".txt", text.Bytes())
		declaredtest.AssertGolden(t, "explain."+stack+".json", declaredtest.JSON(t, explanation))
		declaredtest.AssertGolden(t, "explain."+stack+".md", []byte(markdownOf(t, explanation)))
	}
}

func TestNoPasswordIsExplained(t *testing.T) {
	g := declaredtest.Graph(t, "dev", map[string]string{"testUsers": `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!"}]`})
	explanation, err := explain.Graph(g)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := explanation.Text(&text); err != nil {
		t.Fatal(err)
	}
	all := text.String() + markdownOf(t, explanation) + string(declaredtest.JSON(t, explanation))
	if strings.Contains(all, "Passw0rd!") || !slices.Equal(explanation.TestUsers, []string{"ann"}) {
		t.Errorf("got test users %v and\n%s", explanation.TestUsers, all)
	}
	if !slices.Contains(explanation.Unprotected, "test user ann: its password is in the stack's configuration and state") {
		t.Errorf("the test user is no concern: %v", explanation.Unprotected)
	}
}

// clientOf explains one client of the dev stack's kind.
func clientOf(t *testing.T, kind string, scopes ...string) explain.Client {
	t.Helper()
	client := map[string]any{"name": "c", "kind": kind, "scopes": scopes}
	if kind != "service" {
		client["callbackUrls"] = []string{"https://a.example/"}
	}
	text, err := json.Marshal([]any{client})
	if err != nil {
		t.Fatal(err)
	}
	explanation, err := explain.Graph(declaredtest.Graph(t, "dev", map[string]string{"clients": string(text)}))
	if err != nil {
		t.Fatal(err)
	}
	return explanation.Clients[0]
}

func TestAClientEndsWithTheRoleThatTheValidatorWouldName(t *testing.T) {
	for _, c := range []struct {
		what               string
		got                explain.Client
		role, read, export string
	}{
		{"reading", clientOf(t, "service", "system/*.rs"), "smart-validator-read", "smart-validator-read", "smart-validator-export"},
		{"writing", clientOf(t, "service", "system/*.cud"), "smart-validator-write", "", ""},
		{"both", clientOf(t, "service", "system/*.read", "system/*.write"), "smart-validator-write", "smart-validator-read", "smart-validator-export"},
		{"reading one type", clientOf(t, "service", "system/Patient.rs"), "smart-validator-read", "smart-validator-read", ""},
		{"reading in two scopes", clientOf(t, "service", "system/*.r", "system/*.s"), "smart-validator-read", "smart-validator-read", "smart-validator-export"},
		{"an app", clientOf(t, "public", "user/*.rs"), "smart-validator-read", "smart-validator-read", ""},
	} {
		if c.got.Role != c.role || c.got.ReadRole != c.read || c.got.ExportRole != c.export {
			t.Errorf("%s: got %q, %q and %q, want %q, %q and %q", c.what, c.got.Role, c.got.ReadRole, c.got.ExportRole, c.role, c.read, c.export)
		}
	}
}

// ignored is a scope whose filter HealthLake may ignore.
const ignored = "system/Patient.cruds?_count=1"

// grantsOf explains the scopes of one client of a pool, with a trigger that adds
// FHIR claims to users' tokens or without.
func grantsOf(t *testing.T, flow string, withTrigger bool) map[string]string {
	t.Helper()
	program := func(ctx *pulumi.Context) error {
		args := &cognito.UserPoolArgs{}
		if withTrigger {
			args.LambdaConfig = cognito.UserPoolLambdaConfigArgs{PreTokenGeneration: pulumi.String("arn:aws:lambda:us-east-1:123456789012:function:f")}
		}
		pool, err := cognito.NewUserPool(ctx, "pool", args)
		if err != nil {
			return err
		}
		_, err = cognito.NewUserPoolClient(ctx, "client", &cognito.UserPoolClientArgs{
			UserPoolId:         pool.ID(),
			AllowedOauthFlows:  pulumi.ToStringArray([]string{flow}),
			AllowedOauthScopes: pulumi.ToStringArray([]string{"openid", "patient/*.rs", "user/*.rs", "system/*.rs", ignored}),
		})
		return err
	}
	g := declaredtest.Run(t, program)
	explanation, err := explain.Graph(g)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, grant := range explanation.Clients[0].Scopes {
		told[grant.Scope] = fmt.Sprintf("%t: %s", grant.Counts, grant.Because)
	}
	return told
}

func TestAScopeCountsAsTheValidatorCountsIt(t *testing.T) {
	const (
		signIn    = "false: only for the sign-in"
		noUser    = "false: a service has no user and no patient"
		noClaim   = "false: tokens of this pool have no patient or fhirUser claim"
		notSystem = "false: a user's token never gets system/ scopes"
		service   = "true: in every token that requests it"
		dropped   = `false: the validator drops it: "system/Patient.cruds?_count=1": filter not accepted: "_count" cannot filter Patient; ` +
			"use a search parameter that FHIR R4 defines for this type, except composite and special ones and those of every type such as _id"
	)
	for _, c := range []struct {
		flow    string
		trigger bool
		want    map[string]string
	}{
		{"client_credentials", false, map[string]string{"openid": signIn, "patient/*.rs": noUser, "user/*.rs": noUser, "system/*.rs": service}},
		{"client_credentials", true, map[string]string{"openid": signIn, "patient/*.rs": noUser, "user/*.rs": noUser, "system/*.rs": service}},
		{"code", false, map[string]string{"openid": signIn, "patient/*.rs": noClaim, "user/*.rs": noClaim, "system/*.rs": notSystem}},
		{"code", true, map[string]string{
			"openid": signIn, "system/*.rs": notSystem,
			"patient/*.rs": "true: in tokens of users with a patient",
			"user/*.rs":    "true: in tokens of users with a fhirUser",
		}},
	} {
		c.want[ignored] = dropped
		if got := grantsOf(t, c.flow, c.trigger); !maps.Equal(got, c.want) {
			t.Errorf("%s, with a trigger %t: got\n%v\nwant\n%v", c.flow, c.trigger, got, c.want)
		}
	}
}

func TestWhatAnOwnerSaysOfAnExistingPoolCounts(t *testing.T) {
	for says, want := range map[string]bool{"true": true, "false": false} {
		g := declaredtest.Graph(t, "dev", map[string]string{"existingUserPool": `{"id":"` + declaredtest.TheirPool + `","addsLaunchContext":` + says + `}`})
		explanation, err := explain.Graph(g)
		if err != nil {
			t.Fatal(err)
		}
		counts := false
		for _, client := range explanation.Clients {
			for _, grant := range client.Scopes {
				counts = counts || grant.Counts && strings.HasPrefix(grant.Scope, "patient/")
			}
		}
		if counts != want {
			t.Errorf("addsLaunchContext %s: scopes of patients count: %t", says, counts)
		}
		if !slices.ContainsFunc(explanation.Unprotected, func(concern string) bool { return strings.HasPrefix(concern, "user pool "+declaredtest.TheirPool+": ") }) {
			t.Errorf("the pool is no concern: %q", explanation.Unprotected)
		}
	}
}

func TestNothingMadeUpReachesAnExplanation(t *testing.T) {
	declaredtest.AssertNothingMadeUp(t, func(g *declared.Graph) map[string]string {
		explanation, err := explain.Graph(g)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := explanation.Text(&text); err != nil {
			t.Fatal(err)
		}
		return map[string]string{"text": text.String(), "markdown": markdownOf(t, explanation), "json": string(declaredtest.JSON(t, explanation))}
	})
}
