package explain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/explain"
)

// toldOf are the concerns about a user pool with one client and one identity provider
// that say who decides a name or a profile.
func toldOf(t *testing.T, open bool, aliases, writes []string, mapped string) []string {
	t.Helper()
	g := declaredtest.Run(t, func(ctx *pulumi.Context) error {
		pool, err := cognito.NewUserPool(ctx, "pool", &cognito.UserPoolArgs{
			AliasAttributes:       pulumi.ToStringArray(aliases),
			AdminCreateUserConfig: cognito.UserPoolAdminCreateUserConfigArgs{AllowAdminCreateUserOnly: pulumi.Bool(!open)},
		})
		if err != nil {
			return err
		}
		if _, err := cognito.NewUserPoolClient(ctx, "client", &cognito.UserPoolClientArgs{
			Name: pulumi.String("app"), UserPoolId: pool.ID(), WriteAttributes: pulumi.ToStringArray(writes),
		}); err != nil {
			return err
		}
		_, err = cognito.NewIdentityProvider(ctx, "idp", &cognito.IdentityProviderArgs{
			UserPoolId: pool.ID(), ProviderName: pulumi.String("Hospital"), ProviderType: pulumi.String("OIDC"),
			ProviderDetails: pulumi.StringMap{}, AttributeMapping: pulumi.StringMap{mapped: pulumi.String("claim")},
		})
		return err
	})
	explanation, err := explain.Graph(g)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, concern := range explanation.Unprotected {
		if strings.Contains(concern, "profile") || strings.Contains(concern, "Hospital") {
			told = append(told, concern)
		}
	}
	return told
}

func TestAnAuditorLearnsWhoMayVouchForNamesAndProfiles(t *testing.T) {
	const (
		writes   = "client app: it can write profile, which some apps read as the user's FHIR resource"
		address  = "identity provider Hospital: it can mark an email address as verified, which then is a name to sign in with"
		number   = "identity provider Hospital: it can mark a phone number as verified, which then is a name to sign in with"
		username = "identity provider Hospital: it sets preferred_username, which is a name to sign in with"
		profile  = "identity provider Hospital: it sets profile, which some apps read as the user's FHIR resource"
	)
	email, both := []string{"email"}, []string{"email", "profile"}
	for what, c := range map[string]struct{ got, want []string }{
		"both":                     {toldOf(t, true, email, both, "email_verified"), []string{writes, address}},
		"no sign-up":               {toldOf(t, false, email, both, "email_verified"), []string{address}},
		"no profile":               {toldOf(t, true, email, email, "email_verified"), []string{address}},
		"no alias":                 {toldOf(t, true, nil, both, "email_verified"), []string{writes}},
		"nothing vouched":          {toldOf(t, false, email, email, "email"), nil},
		"a number":                 {toldOf(t, false, []string{"phone_number"}, email, "phone_number_verified"), []string{number}},
		"a number that is no name": {toldOf(t, false, email, email, "phone_number_verified"), nil},
		"an unverified number":     {toldOf(t, false, []string{"phone_number"}, email, "phone_number"), nil},
		"a user name":              {toldOf(t, false, []string{"preferred_username"}, email, "preferred_username"), []string{username}},
		"one that is no name":      {toldOf(t, false, email, email, "preferred_username"), nil},
		"a profile":                {toldOf(t, false, email, email, "profile"), []string{profile}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %q, want %q", what, c.got, c.want)
		}
	}
}
