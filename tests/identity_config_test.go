package tests_test

import "testing"

func TestASAMLProviderNeedsNoSecretConfiguration(t *testing.T) {
	for member, details := range map[string]string{
		`"metadataUrl": "https://idp.example.org/metadata"`:     `{"MetadataURL": "https://idp.example.org/metadata"}`,
		`"metadataXml": "<EntityDescriptor entityID=\"idp\"/>"`: `{"MetadataFile": "<EntityDescriptor entityID=\"idp\"/>"}`,
	} {
		r := mustRun(t, theProgram, configured(stackValues(t, "identityProviders",
			`[{"name": "clinic", "kind": "saml", "attributeMapping": {"email": "mail"}, `+member+`}]`)))
		inputs := r.find(t, identityProviderType, "smart-auth-idp-clinic").Inputs
		assertJSON(t, "details", inputs["providerDetails"], details)
		assertJSON(t, "mapping", inputs["attributeMapping"], `{"email": "mail"}`)
	}
}

func TestEverySettingOfAnIdentityProviderReachesIt(t *testing.T) {
	r := mustRun(t, theProgram, configured(stackValues(t, "identityProviders", providers), "smartlake:identityProviders"))
	inputs := r.find(t, identityProviderType, "smart-auth-idp-Hospital").Inputs
	assertJSON(t, "details", inputs["providerDetails"], `{
		"oidc_issuer": "https://a.example.org", "client_id": "smart", "client_secret": {"secret": "Passw0rd!"},
		"authorize_scopes": "openid", "attributes_request_method": "POST", "attributes_url_add_attributes": "false"
	}`)
	assertJSON(t, "mapping", inputs["attributeMapping"], `{"email": "mail", "username": "sub"}`)
}

func TestACustomDomainAndAnExistingPoolReachTheEndpoints(t *testing.T) {
	custom := mustRun(t, theProgram, configured(stackValues(t, "customDomain", `{"name": "auth.example.org", "certificateArn": "`+certificate+`"}`)))
	if got := custom.output("cloudfrontDistribution").value; got != cloudFrontDistribution {
		t.Errorf("cloudfrontDistribution: got %v", got)
	}
	theirs := mustRun(t, theProgram, configured(stackValues(t, "existingUserPool", theirPoolValue)), withPool(domains{prefix: "clinic"}))
	for what, r := range map[string]*recorder{"custom": custom, "existing": theirs} {
		if got := r.output("tokenEndpoint").value; got != "https://auth.example.org/oauth2/token" {
			t.Errorf("%s: tokenEndpoint: got %v", what, got)
		}
	}
}

func TestTheProjectsDefaultsGoWithAnExistingPool(t *testing.T) {
	values := projectDefaults(t)
	for key, value := range stackValues(t, "existingUserPool", `{"id": "`+theirPool+`"}`) {
		values[key] = value
	}
	r := mustRun(t, theProgram, configured(values), withPool(domains{prefix: "clinic"}))
	if n := len(r.of(userPoolType)); n != 0 {
		t.Errorf("%d user pools are declared", n)
	}
}

func TestAnIncompleteCustomDomainOrPoolIsRefusedByTheComponent(t *testing.T) {
	assertRefusalOf(t, stackValues(t, "customDomain", `{"name": "auth.example.org"}`), nil,
		`SmartDatastore "smart": customDomain.certificateArn: missing: want the ARN of an ACM certificate in us-east-1, arn:aws:acm:us-east-1:<account>:certificate/<id>`)
	assertRefusalOf(t, stackValues(t, "existingUserPool", `{"addsLaunchContext": true}`), nil,
		`SmartDatastore "smart": existingUserPool.id: missing: want the id of a user pool, <region>_<letters and digits>`)
	assertRefusalOf(t, stackValues(t, "existingUserPool", `{"id": "`+theirPool+`"}`, "userPool.mfa", "ON"), nil,
		`SmartDatastore "smart": userPool: goes with a user pool that is created here; want it left out, or existingUserPool`)
}
