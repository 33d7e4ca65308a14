package components_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

const (
	getUserPool = "aws:cognito/getUserPool:getUserPool"
	theirPool   = "us-east-1_Abc123XyZ"
)

// domains of a user pool that exists already.
type domains struct{ prefix, custom string }

// withPool lets user pools exist that have these domains.
func withPool(has domains) setting {
	return func(r *recorder) { r.pool = &has }
}

// inTheirPool is the baseline in a user pool of somebody else.
func inTheirPool(a *components.SmartDatastoreArgs) {
	a.ExistingUserPool = &components.ExistingUserPoolArgs{ID: pulumi.String(theirPool)}
}

func TestInAnExistingPoolOnlyResourceServersAndClientsAreDeclared(t *testing.T) {
	for when, settings := range both {
		t.Run(when, func(t *testing.T) {
			r := build(t, inTheirPool, append(slices.Clone(settings), withPool(domains{prefix: "clinic"}))...)
			var cognito []string
			for _, one := range r.names() {
				if strings.HasPrefix(one, "aws:cognito/") || strings.HasPrefix(one, "aws:route53/") {
					cognito = append(cognito, one)
				}
			}
			assertLines(t, "Cognito", cognito, []string{
				"aws:cognito/resourceServer:ResourceServer ehr-auth-server-launch",
				"aws:cognito/resourceServer:ResourceServer ehr-auth-server-patient",
				"aws:cognito/resourceServer:ResourceServer ehr-auth-server-system",
				"aws:cognito/resourceServer:ResourceServer ehr-auth-server-user",
				"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-etl",
				"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-phone",
				"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-portal",
			})
			for _, typ := range []string{resourceServerType, clientType} {
				for _, one := range r.of(typ) {
					if one.Inputs["userPoolId"] != theirPool {
						t.Errorf("%s is of pool %v", one.GetName(), one.Inputs["userPoolId"])
					}
				}
			}
			assertProtected(t, r, datastoreName)
		})
	}
}

func TestTheEndpointsOfAnExistingPoolAreItsOwn(t *testing.T) {
	const issuer = "https://cognito-idp.us-east-1.amazonaws.com/" + theirPool
	for what, c := range map[string]struct {
		has   domains
		given pulumi.StringInput
		want  string
	}{
		"its prefix domain":         {domains{prefix: "clinic"}, nil, "https://clinic.auth.us-east-1.amazoncognito.com"},
		"its custom domain":         {domains{custom: "auth.example.org"}, nil, "https://auth.example.org"},
		"its custom domain of both": {domains{"clinic", "auth.example.org"}, nil, "https://auth.example.org"},
		"the given one of both": {domains{"clinic", "auth.example.org"},
			pulumi.String("https://clinic.auth.us-east-1.amazoncognito.com"), "https://clinic.auth.us-east-1.amazoncognito.com"},
		"one given later": {domains{}, pulumi.String("https://auth.example.org").ToStringOutput(), "https://auth.example.org"},
	} {
		t.Run(what, func(t *testing.T) {
			r := build(t, func(a *components.SmartDatastoreArgs) {
				inTheirPool(a)
				a.ExistingUserPool.HostedDomain = c.given
			}, withPool(c.has))
			for output, want := range map[string]string{
				"userPoolId":            theirPool,
				"issuer":                issuer,
				"jwksUri":               issuer + "/.well-known/jwks.json",
				"hostedDomain":          c.want,
				"authorizationEndpoint": c.want + "/oauth2/authorize",
				"tokenEndpoint":         c.want + "/oauth2/token",
				"userInfoEndpoint":      c.want + "/oauth2/userInfo",
				"revocationEndpoint":    c.want + "/oauth2/revoke",
			} {
				if got := r.output(output).value; got != want {
					t.Errorf("%s: got %v, want %s", output, got, want)
				}
			}
			if got := r.output("cloudfrontDomainName").value; got != nil {
				t.Errorf("cloudfrontDomainName: got %v, want none", got)
			}
			variables := r.find(t, functionType, functionName).Inputs["environment"].(map[string]any)["variables"].(map[string]any)
			if variables["ISSUERS"] != issuer {
				t.Errorf("the validator takes tokens of %v", variables["ISSUERS"])
			}
		})
	}
}

func TestTheARNOfAnExistingPoolIsItsOwn(t *testing.T) {
	r := mustRun(t, anAuthorizationServer(&components.AuthorizationServerArgs{
		Clients:          []components.ClientArgs{service()},
		ExistingUserPool: &components.ExistingUserPoolArgs{ID: pulumi.String(theirPool).ToStringOutput()},
	}), withPool(domains{prefix: "clinic"}))
	if got, want := r.output("userPoolArn").value, "arn:aws:cognito-idp:us-east-1:"+account+":userpool/"+theirPool; got != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestLaunchContextOfAnExistingPoolIsClaimedOnlyWhereItsOwnerSaysSo(t *testing.T) {
	const ignored = `: the token validator will not count it unless a trigger of the existing user pool ` +
		`adds the claims patient and fhirUser; say so with existingUserPool.addsLaunchContext`
	for adds, c := range map[bool]struct{ capabilities, warnings []string }{
		true: {[]string{"permission-patient", "permission-user"}, nil},
		false: {nil, []string{
			`client "portal": scope "patient/*.rs"` + ignored,
			`client "phone": scope "user/Observation.rs"` + ignored,
		}},
	} {
		t.Run(fmt.Sprint(adds), func(t *testing.T) {
			r := build(t, func(a *components.SmartDatastoreArgs) {
				inTheirPool(a)
				a.ExistingUserPool.AddsLaunchContext = adds
			}, withPool(domains{prefix: "clinic"}))
			var claimed []string
			document := decoded(t, r.output("discoveryDocument").value).(map[string]any)
			for _, capability := range document["capabilities"].([]any) {
				switch capability {
				case "permission-patient", "permission-user":
					claimed = append(claimed, capability.(string))
				}
			}
			assertLines(t, "capabilities", claimed, c.capabilities)
			assertLines(t, "warnings", r.warnings, c.warnings)
		})
	}
}

func TestExistingPoolsThatCannotBeAreRefused(t *testing.T) {
	const idWanted = "must be the id of a user pool, <region>_<letters and digits>"
	const domainWanted = "must be an https URL with only a host, such as https://auth.example.org"
	const ours = ": cannot be combined with existingUserPool; remove one of the two"
	pool := func(edit func(*components.SmartDatastoreArgs)) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			inTheirPool(a)
			edit(a)
		}
	}
	cases := map[string]refusal{
		"no id": {pool(func(a *components.SmartDatastoreArgs) { a.ExistingUserPool.ID = nil }),
			"existingUserPool.id: missing; " + idWanted},
		"settings of the pool":  {pool(func(a *components.SmartDatastoreArgs) { a.UserPool.MFA = "ON" }), "userPool" + ours},
		"a domain prefix":       {pool(func(a *components.SmartDatastoreArgs) { a.DomainPrefix = "clinic" }), "domainPrefix" + ours},
		"a custom domain":       {pool(withCustomDomain), "customDomain" + ours},
		"an identity provider":  {pool(withProviders), "identityProviders" + ours},
		"users of one's own":    {pool(func(a *components.SmartDatastoreArgs) { a.TestUsers = someUsers() }), "testUsers" + ours},
		"an attribute to write": {pool(writing(1, "email", "custom:ward")), `clients[1].writeAttributes[1]: "custom:ward": ` + customRefused},
	}
	for _, bad := range []string{"", "Abc123XyZ", "us-east-1", "us-east-1_", "us-east-1_Abc/123", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_A"} {
		cases["id "+bad] = refusal{pool(func(a *components.SmartDatastoreArgs) { a.ExistingUserPool.ID = pulumi.String(bad) }),
			fmt.Sprintf("existingUserPool.id: %q: %s", bad, idWanted)}
	}
	for _, bad := range []string{"", "clinic", "http://auth.example.org", "https://auth.example.org/", "https://auth.example.org/login", "https://ann@auth.example.org"} {
		cases["domain "+bad] = refusal{pool(func(a *components.SmartDatastoreArgs) { a.ExistingUserPool.HostedDomain = pulumi.String(bad) }),
			fmt.Sprintf("existingUserPool.hostedDomain: %s: %s", told(bad), domainWanted)}
	}
	assertRefused(t, cases)
}

func someUsers() []components.TestUserArgs {
	return []components.TestUserArgs{{Username: "ann", Email: "ann@example.org", Password: pulumi.String("Passw0rd!")}}
}

func TestAnExistingPoolThatDoesNotFitFailsThePreviewToo(t *testing.T) {
	for when, settings := range both {
		for what, c := range map[string]struct {
			edit func(*components.ExistingUserPoolArgs)
			has  *domains
			want string
		}{
			"no id": {func(e *components.ExistingUserPoolArgs) { e.ID = pulumi.String("clinic").ToStringOutput() }, &domains{prefix: "clinic"},
				`existingUserPool.id: "clinic": must be the id of a user pool`},
			"of another region": {func(e *components.ExistingUserPoolArgs) { e.ID = pulumi.String("eu-west-1_Abc123XyZ") }, &domains{prefix: "clinic"},
				`existingUserPool.id: "eu-west-1_Abc123XyZ": must be a user pool in us-east-1, the provider's region`},
			"without a domain": {func(*components.ExistingUserPoolArgs) {}, &domains{},
				`existingUserPool: the pool has no domain, and so no OAuth endpoints; give the pool a domain, or set hostedDomain`},
			"nowhere": {func(*components.ExistingUserPoolArgs) {}, nil, getUserPool},
			"a domain that is none": {func(e *components.ExistingUserPoolArgs) {
				e.HostedDomain = pulumi.String("clinic").ToStringOutput()
			}, &domains{prefix: "clinic"}, `existingUserPool.hostedDomain: "clinic": must be an https URL with only a host`},
		} {
			t.Run(when+", "+what, func(t *testing.T) {
				has := func(r *recorder) { r.pool = c.has }
				r := assertFails(t, declare(func(a *components.SmartDatastoreArgs) {
					inTheirPool(a)
					c.edit(a.ExistingUserPool)
				}), c.want, append(slices.Clone(settings), has)...)
				if n := len(r.of(datastoreType)); n != 0 {
					t.Error("a datastore is declared all the same")
				}
			})
		}
	}
}

func TestThePoolIsLookedUpWithTheCallersProviderAndOnlyWhereItIsTheirs(t *testing.T) {
	lookups := func(edit func(*components.SmartDatastoreArgs)) (providers []string) {
		r := mustRun(t, func(ctx *pulumi.Context) error {
			theirs, err := aws.NewProvider(ctx, "theirs", &aws.ProviderArgs{Region: pulumi.String(region)})
			if err != nil {
				return err
			}
			return declare(edit, pulumi.Providers(theirs))(ctx)
		}, withPool(domains{prefix: "clinic"}))
		for _, invoke := range r.invokes {
			if invoke.Token == getUserPool {
				providers = append(providers, invoke.Provider)
			}
		}
		return providers
	}
	assertLines(t, "lookups of a pool of our own", lookups(nil), nil)
	assertLines(t, "lookups of an existing pool", lookups(inTheirPool),
		[]string{"urn:pulumi:test::smartlake::pulumi:providers:aws::theirs::" + region})
}

func TestThreatProtectionIsExplicitInThePlanThatHasIt(t *testing.T) {
	for _, c := range []struct {
		tier components.UserPoolTier
		mode components.AdvancedSecurity
		want string
	}{
		{"", "", `null`},
		{"LITE", "OFF", `null`},
		{"PLUS", "", `{"advancedSecurityMode": "OFF"}`},
		{"PLUS", "AUDIT", `{"advancedSecurityMode": "AUDIT"}`},
		{"PLUS", "ENFORCED", `{"advancedSecurityMode": "ENFORCED"}`},
	} {
		r := build(t, func(a *components.SmartDatastoreArgs) {
			a.Clients = a.Clients[:1] // LITE has no launch context
			a.UserPool.Tier, a.UserPool.AdvancedSecurity = c.tier, c.mode
		})
		assertJSON(t, string(c.tier)+" "+string(c.mode), r.find(t, userPoolType, poolName).Inputs["userPoolAddOns"], c.want)
	}
}

func TestFormerPasswordsAreKeptWhereSaid(t *testing.T) {
	for _, tier := range []components.UserPoolTier{"ESSENTIALS", "PLUS"} {
		r := build(t, func(a *components.SmartDatastoreArgs) {
			a.UserPool.Tier, a.UserPool.PasswordPolicy = tier, &components.PasswordPolicyArgs{HistorySize: 24}
		})
		policy := r.find(t, userPoolType, poolName).Inputs["passwordPolicy"].(map[string]any)
		if got := policy["passwordHistorySize"]; got != 24.0 {
			t.Errorf("%s: got %v", tier, got)
		}
	}
	policy := build(t, nil).find(t, userPoolType, poolName).Inputs["passwordPolicy"].(map[string]any)
	if size, given := policy["passwordHistorySize"]; given {
		t.Errorf("by default: got %v", size)
	}
}

func TestWhatAFeaturePlanLacksIsRefused(t *testing.T) {
	pool := func(edit func(*components.UserPoolArgs)) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			a.Clients = a.Clients[:1] // LITE has no launch context
			edit(a.UserPool)
		}
	}
	assertRefused(t, map[string]refusal{
		"an unknown mode": {pool(func(u *components.UserPoolArgs) { u.Tier, u.AdvancedSecurity = "PLUS", "ON" }),
			`userPool.advancedSecurity: "ON": must be one of OFF, AUDIT, ENFORCED`},
		"protection in the default plan": {pool(func(u *components.UserPoolArgs) { u.AdvancedSecurity = "ENFORCED" }),
			`userPool.advancedSecurity: "ENFORCED": threat protection needs tier PLUS; use OFF, or set tier to PLUS`},
		"an audit in the least plan": {pool(func(u *components.UserPoolArgs) { u.Tier, u.AdvancedSecurity = "LITE", "AUDIT" }),
			`userPool.advancedSecurity: "AUDIT": threat protection needs tier PLUS; use OFF, or set tier to PLUS`},
		"history in the least plan": {pool(func(u *components.UserPoolArgs) {
			u.Tier, u.PasswordPolicy = "LITE", &components.PasswordPolicyArgs{HistorySize: 1}
		}),
			`userPool.passwordPolicy.historySize: 1: tier LITE keeps no former passwords; remove it, or set tier to ESSENTIALS or PLUS`},
		"too long a history": {pool(func(u *components.UserPoolArgs) { u.PasswordPolicy = &components.PasswordPolicyArgs{HistorySize: 25} }),
			`userPool.passwordPolicy.historySize: 25: must be 0 to 24 passwords`},
		"a negative history": {pool(func(u *components.UserPoolArgs) { u.PasswordPolicy = &components.PasswordPolicyArgs{HistorySize: -1} }),
			`userPool.passwordPolicy.historySize: -1: must be 0 to 24 passwords`},
	})
}
