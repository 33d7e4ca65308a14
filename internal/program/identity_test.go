package program_test

import (
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

func TestASAMLProviderNeedsNoSecretConfiguration(t *testing.T) {
	for member, details := range map[string]string{
		`"metadataUrl": "https://idp.example.org/metadata"`:     `{"MetadataURL": "https://idp.example.org/metadata"}`,
		`"metadataXml": "<EntityDescriptor entityID=\"idp\"/>"`: `{"MetadataFile": "<EntityDescriptor entityID=\"idp\"/>"}`,
	} {
		r := declare(t, stackValues(t, "identityProviders",
			`[{"name": "clinic", "kind": "saml", "attributeMapping": {"email": "mail"}, `+member+`}]`))
		inputs := inputs(t, r, declared.IdentityProvider, "smart-auth-idp-clinic")
		expect.JSON(t, "details", inputs["providerDetails"], details)
		expect.JSON(t, "mapping", inputs["attributeMapping"], `{"email": "mail"}`)
	}
}

func TestEverySettingOfAnIdentityProviderReachesIt(t *testing.T) {
	r := declare(t, stackValues(t, "identityProviders", providers), "smartlake:identityProviders")
	inputs := inputs(t, r, declared.IdentityProvider, "smart-auth-idp-Hospital")
	expect.JSON(t, "details", inputs["providerDetails"], `{
		"oidc_issuer": "https://a.example.org", "client_id": "smart", "client_secret": {"secret": "Passw0rd!"},
		"authorize_scopes": "openid", "attributes_request_method": "POST", "attributes_url_add_attributes": "false"
	}`)
	expect.JSON(t, "mapping", inputs["attributeMapping"], `{"email": "mail", "username": "sub"}`)
}

func TestACustomDomainAndAnExistingPoolReachTheEndpoints(t *testing.T) {
	custom := declare(t, stackValues(t, "customDomain", `{"name": "auth.example.org", "certificateArn": "`+certificate+`"}`))
	if got, _ := custom.Outputs()["cloudfrontDomainName"].Value.(string); !strings.HasSuffix(got, ".cloudfront.net") {
		t.Errorf("cloudfrontDomainName: got %v", got)
	}
	theirs := declare(t, stackValues(t, "existingUserPool", theirPoolValue))
	for what, r := range map[string]*componentstest.Cloud{"custom": custom, "existing": theirs} {
		if got := r.Outputs()["tokenEndpoint"].Value; got != "https://auth.example.org/oauth2/token" {
			t.Errorf("%s: tokenEndpoint: got %v", what, got)
		}
	}
}

func TestTheProjectsDefaultsGoWithAnExistingPool(t *testing.T) {
	values := map[string]string{}
	for key, declaration := range loadProject(t).Config {
		if text, given := declaration.Default.(string); given {
			values["smartlake:"+key] = text
		}
	}
	for key, value := range stackValues(t, "existingUserPool", `{"id": "`+theirPool+`"}`) {
		values[key] = value
	}
	r := declare(t, values)
	if n := len(r.Resources(declared.UserPool)); n != 0 {
		t.Errorf("%d user pools are declared", n)
	}
}

func TestAnIncompleteCustomDomainOrPoolIsRefusedByTheComponent(t *testing.T) {
	assertRefused(t, stackValues(t, "customDomain", `{"name": "auth.example.org"}`), nil,
		`SmartDatastore "smart": customDomain.certificateArn: missing; must be the ARN of an ACM certificate in us-east-1, arn:aws:acm:us-east-1:<account>:certificate/<id>`)
	assertRefused(t, stackValues(t, "existingUserPool", `{"addsLaunchContext": true}`), nil,
		`SmartDatastore "smart": existingUserPool.id: missing; must be the id of a user pool, <region>_<letters and digits>`)
	assertRefused(t, stackValues(t, "existingUserPool", `{"id": "`+theirPool+`"}`, "userPool.mfa", "ON"), nil,
		`SmartDatastore "smart": userPool: cannot be combined with existingUserPool; remove one of the two`)
}
