package components_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

const poolName = name + "-auth-pool"

func TestTheUserPoolHasTheArticlesSettingsAndIsProtectedBesides(t *testing.T) {
	pool := build(t, nil).find(t, userPoolType, poolName)
	assertJSON(t, "user pool", pool.Inputs, fill(`{
		"deletionProtection": "ACTIVE",
		"userPoolTier": "ESSENTIALS",
		"mfaConfiguration": "OFF",
		"aliasAttributes": ["email"],
		"autoVerifiedAttributes": ["email"],
		"accountRecoverySetting": {"recoveryMechanisms": [{"name": "verified_email", "priority": 1}]},
		"adminCreateUserConfig": {"allowAdminCreateUserOnly": true},
		"emailConfiguration": {"emailSendingAccount": "COGNITO_DEFAULT"},
		"passwordPolicy": {
			"minimumLength": 8,
			"requireLowercase": true,
			"requireNumbers": true,
			"requireSymbols": true,
			"requireUppercase": true,
			"temporaryPasswordValidityDays": 7
		},
		"schemas": [{
			"attributeDataType": "String",
			"developerOnlyAttribute": false,
			"mutable": true,
			"name": "email",
			"required": true,
			"stringAttributeConstraints": {"minLength": "0", "maxLength": "2048"}
		}, $CONTEXT],
		"lambdaConfig": $TRIGGER,
		"userAttributeUpdateSettings": {"attributesRequireVerificationBeforeUpdates": ["email"]},
		"usernameConfiguration": {"caseSensitive": false},
		"verificationMessageTemplate": {"defaultEmailOption": "CONFIRM_WITH_CODE"}
	}`, "$CONTEXT", contextAttributes, "$TRIGGER", triggerOf("ehr-auth-context")))
}

func TestEverySettingOfTheUserPoolCanBeChangedAndChangesNothingElse(t *testing.T) {
	defaults := build(t, nil).find(t, userPoolType, poolName).Inputs
	for _, c := range []struct {
		setting string
		edit    func(*components.UserPoolArgs)
		changed string
	}{
		{"deletionProtection", func(u *components.UserPoolArgs) { u.DeletionProtection = pulumi.BoolRef(false) },
			`{"deletionProtection": "INACTIVE"}`},
		{"tier plus", func(u *components.UserPoolArgs) { u.Tier = "PLUS" },
			`{"userPoolTier": "PLUS", "userPoolAddOns": {"advancedSecurityMode": "OFF"}}`},
		{"mfa optional", func(u *components.UserPoolArgs) { u.MFA = "OPTIONAL" },
			`{"mfaConfiguration": "OPTIONAL", "softwareTokenMfaConfiguration": {"enabled": true}}`},
		{"mfa on", func(u *components.UserPoolArgs) { u.MFA = "ON" },
			`{"mfaConfiguration": "ON", "softwareTokenMfaConfiguration": {"enabled": true}}`},
		{"selfSignUp", func(u *components.UserPoolArgs) { u.SelfSignUp = true },
			`{"adminCreateUserConfig": {"allowAdminCreateUserOnly": false}}`},
		{"aliasAttributes", func(u *components.UserPoolArgs) {
			u.AliasAttributes = []components.AliasAttribute{"email", "phone_number", "preferred_username"}
		}, `{"aliasAttributes": ["email", "phone_number", "preferred_username"]}`},
		{"no aliasAttributes", func(u *components.UserPoolArgs) { u.AliasAttributes = []components.AliasAttribute{} },
			`{"aliasAttributes": []}`},
		{"caseSensitiveUsernames", func(u *components.UserPoolArgs) { u.CaseSensitiveUsernames = true },
			`{"usernameConfiguration": {"caseSensitive": true}}`},
		{"no verification", func(u *components.UserPoolArgs) {
			u.AutoVerifiedAttributes = []components.VerifiedAttribute{}
		}, `{"autoVerifiedAttributes": [], "userAttributeUpdateSettings": {"attributesRequireVerificationBeforeUpdates": []}}`},
		{"recoveryMechanisms", func(u *components.UserPoolArgs) { u.RecoveryMechanisms = []components.RecoveryMechanism{"admin_only"} },
			`{"accountRecoverySetting": {"recoveryMechanisms": [{"name": "admin_only", "priority": 1}]}}`},
		{"verificationEmail", func(u *components.UserPoolArgs) { u.VerificationEmail = "CONFIRM_WITH_LINK" },
			`{"verificationMessageTemplate": {"defaultEmailOption": "CONFIRM_WITH_LINK"}}`},
	} {
		t.Run(c.setting, func(t *testing.T) {
			pool := build(t, func(a *components.SmartDatastoreArgs) { c.edit(a.UserPool) }).find(t, userPoolType, poolName)
			assertJSON(t, "user pool", pool.Inputs, overlaid(t, defaults, c.changed))
		})
	}
}

func TestEveryRuleForPasswordsCanBeChangedAndChangesNothingElse(t *testing.T) {
	defaults := build(t, nil).find(t, userPoolType, poolName).Inputs["passwordPolicy"].(map[string]any)
	for _, c := range []struct {
		edit    func(*components.PasswordPolicyArgs)
		changed string
	}{
		{func(p *components.PasswordPolicyArgs) { p.MinimumLength = 14 }, `{"minimumLength": 14}`},
		{func(p *components.PasswordPolicyArgs) { p.RequireLowercase = pulumi.BoolRef(false) }, `{"requireLowercase": false}`},
		{func(p *components.PasswordPolicyArgs) { p.RequireNumbers = pulumi.BoolRef(false) }, `{"requireNumbers": false}`},
		{func(p *components.PasswordPolicyArgs) { p.RequireSymbols = pulumi.BoolRef(false) }, `{"requireSymbols": false}`},
		{func(p *components.PasswordPolicyArgs) { p.RequireUppercase = pulumi.BoolRef(false) }, `{"requireUppercase": false}`},
		{func(p *components.PasswordPolicyArgs) { p.TemporaryValidityDays = 1 }, `{"temporaryPasswordValidityDays": 1}`},
	} {
		t.Run(c.changed, func(t *testing.T) {
			r := build(t, func(a *components.SmartDatastoreArgs) {
				a.UserPool.PasswordPolicy = &components.PasswordPolicyArgs{}
				c.edit(a.UserPool.PasswordPolicy)
			})
			got := r.find(t, userPoolType, poolName).Inputs["passwordPolicy"]
			assertJSON(t, "password policy", got, overlaid(t, defaults, c.changed))
		})
	}
}

func TestCognitosOwnProtectionFollowsPulumisUnlessSaidOtherwise(t *testing.T) {
	yes, no := pulumi.BoolRef(true), pulumi.BoolRef(false)
	for _, c := range []struct {
		protect, deletionProtection *bool
		want                        string
	}{
		{nil, nil, "ACTIVE"},
		{yes, nil, "ACTIVE"},
		{no, nil, "INACTIVE"},
		{no, yes, "ACTIVE"},
		{yes, no, "INACTIVE"},
	} {
		pool := build(t, func(a *components.SmartDatastoreArgs) {
			a.Protect, a.UserPool.DeletionProtection = c.protect, c.deletionProtection
		}).find(t, userPoolType, poolName)
		if got := pool.Inputs["deletionProtection"]; got != c.want {
			t.Errorf("protect %v, deletionProtection %v: got %v, want %v",
				said(c.protect), said(c.deletionProtection), got, c.want)
		}
	}
}

func said(value *bool) any {
	if value == nil {
		return "unsaid"
	}
	return *value
}

// overlaid is the JSON of an object with some of its members replaced.
func overlaid(t *testing.T, object map[string]any, changed string) string {
	t.Helper()
	merged := maps.Clone(object)
	if err := json.Unmarshal([]byte(changed), &merged); err != nil {
		t.Fatal(err)
	}
	return indented(t, merged)
}
