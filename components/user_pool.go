package components

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// UserPoolArgs are the settings of the user pool. A list left nil takes its
// default, an empty one means none.
type UserPoolArgs struct {
	// DeletionProtection of Cognito itself. By default on where Protect is.
	DeletionProtection *bool `pulumi:"deletionProtection,optional"`
	// Tier is the feature plan that the pool is billed by: LITE, ESSENTIALS
	// (default) or PLUS. A trigger that adds claims to access tokens needs
	// ESSENTIALS, threat protection needs PLUS
	// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html).
	Tier string `pulumi:"tier,optional"`
	// MFA by authenticator app: OFF (default), OPTIONAL or ON.
	MFA string `pulumi:"mfa,optional"`
	// AdvancedSecurity is Cognito's threat protection: OFF (default), AUDIT, which only
	// logs, or ENFORCED, which acts on risky sign-ins. All but OFF need the tier PLUS
	// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html).
	AdvancedSecurity string `pulumi:"advancedSecurity,optional"`
	// SelfSignUp lets anybody create a user. By default false: administrators do.
	SelfSignUp bool `pulumi:"selfSignUp,optional"`
	// PasswordPolicy of the users.
	PasswordPolicy *PasswordPolicyArgs `pulumi:"passwordPolicy,optional"`
	// AliasAttributes that users may sign in with besides their name: email
	// (default), phone_number, preferred_username. A change replaces the pool.
	AliasAttributes []string `pulumi:"aliasAttributes,optional"`
	// CaseSensitiveUsernames tells "Ann" from "ann". By default false. A change
	// replaces the pool.
	CaseSensitiveUsernames bool `pulumi:"caseSensitiveUsernames,optional"`
	// AutoVerifiedAttributes that Cognito verifies by a message: email (default)
	// or none. Phone numbers would need an SMS setup that this component lacks.
	AutoVerifiedAttributes []string `pulumi:"autoVerifiedAttributes,optional"`
	// VerifyBeforeUpdate keeps the old value of these attributes until the new
	// one is verified: email (default) or none.
	VerifyBeforeUpdate []string `pulumi:"verifyBeforeUpdate,optional"`
	// RecoveryMechanisms of a forgotten password, the preferred one first:
	// verified_email (default), or admin_only.
	RecoveryMechanisms []string `pulumi:"recoveryMechanisms,optional"`
	// VerificationEmail is CONFIRM_WITH_CODE (default) or CONFIRM_WITH_LINK.
	VerificationEmail string `pulumi:"verificationEmail,optional"`
}

// PasswordPolicyArgs says what a password must be. Left out, it is at least 8
// characters with lower case, upper case, a number and a symbol, and a temporary
// password lasts 7 days.
type PasswordPolicyArgs struct {
	// MinimumLength in characters: 6 to 99, by default 8.
	MinimumLength int `pulumi:"minimumLength,optional"`
	// RequireLowercase asks for a lower-case letter. By default true.
	RequireLowercase *bool `pulumi:"requireLowercase,optional"`
	// RequireNumbers asks for a digit. By default true.
	RequireNumbers *bool `pulumi:"requireNumbers,optional"`
	// RequireSymbols asks for a symbol. By default true.
	RequireSymbols *bool `pulumi:"requireSymbols,optional"`
	// RequireUppercase asks for an upper-case letter. By default true.
	RequireUppercase *bool `pulumi:"requireUppercase,optional"`
	// TemporaryValidityDays of a password that an administrator set: 1 to 365, by
	// default 7.
	TemporaryValidityDays int `pulumi:"temporaryValidityDays,optional"`
	// HistorySize is how many former passwords a new one must differ from: 1 to 24, by
	// default none. Needs the tier ESSENTIALS or PLUS
	// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html).
	HistorySize int `pulumi:"historySize,optional"`
}

func (u *UserPoolArgs) withDefaults(protect bool) *UserPoolArgs {
	u = copyOf(u)
	email := []string{"email"}
	if u.DeletionProtection == nil {
		u.DeletionProtection = &protect
	}
	for _, text := range []struct {
		field    *string
		fallback string
	}{{&u.Tier, "ESSENTIALS"}, {&u.MFA, "OFF"}, {&u.AdvancedSecurity, "OFF"}, {&u.VerificationEmail, "CONFIRM_WITH_CODE"}} {
		if *text.field == "" {
			*text.field = text.fallback
		}
	}
	for _, list := range []struct {
		field    *[]string
		fallback []string
	}{
		{&u.AliasAttributes, email},
		{&u.AutoVerifiedAttributes, email},
		{&u.VerifyBeforeUpdate, email},
		{&u.RecoveryMechanisms, []string{"verified_email"}},
	} {
		if *list.field == nil {
			*list.field = list.fallback
		}
	}
	u.PasswordPolicy = u.PasswordPolicy.withDefaults()
	return u
}

func (p *PasswordPolicyArgs) withDefaults() *PasswordPolicyArgs {
	p = copyOf(p)
	if p.MinimumLength == 0 {
		p.MinimumLength = 8
	}
	if p.TemporaryValidityDays == 0 {
		p.TemporaryValidityDays = 7
	}
	return p
}

// check refuses a password that Cognito would refuse in the middle of an update,
// without showing it.
func (p *PasswordPolicyArgs) check(field, password string) error {
	if least := p.MinimumLength; utf8.RuneCountInString(password) < least {
		return problem{field, fmt.Sprintf("shorter than userPool.passwordPolicy.minimumLength; want at least %d characters", least)}
	}
	return nil
}

func (u *UserPoolArgs) check(p *problems, field string) {
	p.oneOf(field+".tier", u.Tier, "LITE", "ESSENTIALS", "PLUS")
	p.oneOf(field+".mfa", u.MFA, "OFF", "OPTIONAL", "ON")
	p.oneOf(field+".advancedSecurity", u.AdvancedSecurity, "OFF", "AUDIT", "ENFORCED")
	if u.AdvancedSecurity != "OFF" && u.Tier != "PLUS" {
		p.add(field+".advancedSecurity", u.AdvancedSecurity, "threat protection needs the tier PLUS; want OFF, or tier PLUS")
	}
	p.inRange(field+".passwordPolicy.historySize", u.PasswordPolicy.HistorySize, 0, 24, "passwords")
	if u.PasswordPolicy.HistorySize != 0 && u.Tier == "LITE" {
		p.add(field+".passwordPolicy.historySize", u.PasswordPolicy.HistorySize, "the tier LITE keeps no former passwords; want none, or tier ESSENTIALS or PLUS")
	}
	p.oneOf(field+".verificationEmail", u.VerificationEmail, "CONFIRM_WITH_CODE", "CONFIRM_WITH_LINK")
	p.inRange(field+".passwordPolicy.minimumLength", u.PasswordPolicy.MinimumLength, 6, 99, "characters")
	p.inRange(field+".passwordPolicy.temporaryValidityDays", u.PasswordPolicy.TemporaryValidityDays, 1, 365, "days")
	for _, list := range []struct {
		name     string
		values   []string
		accepted []string
	}{
		{"aliasAttributes", u.AliasAttributes, []string{"email", "phone_number", "preferred_username"}},
		{"autoVerifiedAttributes", u.AutoVerifiedAttributes, []string{"email"}},
		{"verifyBeforeUpdate", u.VerifyBeforeUpdate, []string{"email"}},
		{"recoveryMechanisms", u.RecoveryMechanisms, []string{"verified_email", "admin_only"}},
	} {
		for _, value := range list.values {
			p.oneOf(field+"."+list.name, value, list.accepted...)
		}
	}
	if len(u.RecoveryMechanisms) == 0 || len(u.RecoveryMechanisms) > 1 && slices.Contains(u.RecoveryMechanisms, "admin_only") {
		p.add(field+".recoveryMechanisms", strings.Join(u.RecoveryMechanisms, ", "), "want verified_email, or admin_only alone")
	}
	for _, value := range u.VerifyBeforeUpdate {
		if !slices.Contains(u.AutoVerifiedAttributes, value) {
			p.add(field+".verifyBeforeUpdate", value, "want an attribute that is auto-verified too")
		}
	}
}

func newUserPool(s site, a AuthorizationServerArgs, context *LaunchContext) (*cognito.UserPool, error) {
	u := a.UserPool
	deletionProtection := "INACTIVE"
	if *u.DeletionProtection {
		deletionProtection = "ACTIVE"
	}
	args := &cognito.UserPoolArgs{
		DeletionProtection:     pulumi.String(deletionProtection),
		UserPoolTier:           pulumi.String(u.Tier),
		MfaConfiguration:       pulumi.String(u.MFA),
		AliasAttributes:        pulumi.ToStringArray(u.AliasAttributes),
		AutoVerifiedAttributes: pulumi.ToStringArray(u.AutoVerifiedAttributes),
		AccountRecoverySetting: u.recovery(),
		AdminCreateUserConfig:  cognito.UserPoolAdminCreateUserConfigArgs{AllowAdminCreateUserOnly: pulumi.Bool(!u.SelfSignUp)},
		EmailConfiguration:     cognito.UserPoolEmailConfigurationArgs{EmailSendingAccount: pulumi.String("COGNITO_DEFAULT")},
		PasswordPolicy:         u.PasswordPolicy.policy(),
		Schemas:                append(cognito.UserPoolSchemaArray{textAttribute("email", true, "2048")}, a.LaunchContext.attributes()...),
		UserAttributeUpdateSettings: cognito.UserPoolUserAttributeUpdateSettingsArgs{
			AttributesRequireVerificationBeforeUpdates: pulumi.ToStringArray(u.VerifyBeforeUpdate),
		},
		UsernameConfiguration: cognito.UserPoolUsernameConfigurationArgs{CaseSensitive: pulumi.Bool(u.CaseSensitiveUsernames)},
		VerificationMessageTemplate: cognito.UserPoolVerificationMessageTemplateArgs{
			DefaultEmailOption: pulumi.String(u.VerificationEmail),
		},
		Tags: s.tags,
	}
	if context != nil {
		args.LambdaConfig = context.trigger()
	}
	if u.MFA != "OFF" {
		args.SoftwareTokenMfaConfiguration = cognito.UserPoolSoftwareTokenMfaConfigurationArgs{Enabled: pulumi.Bool(true)}
	}
	if u.Tier == "PLUS" { // the other plans have no such setting
		args.UserPoolAddOns = cognito.UserPoolUserPoolAddOnsArgs{AdvancedSecurityMode: pulumi.String(u.AdvancedSecurity)}
	}
	return cognito.NewUserPool(s.ctx, s.name+"-pool", args, protected(orDefault(a.Protect, true), s.below())...)
}

func (u *UserPoolArgs) recovery() cognito.UserPoolAccountRecoverySettingArgs {
	var mechanisms cognito.UserPoolAccountRecoverySettingRecoveryMechanismArray
	for i, name := range u.RecoveryMechanisms {
		mechanisms = append(mechanisms, cognito.UserPoolAccountRecoverySettingRecoveryMechanismArgs{
			Name:     pulumi.String(name),
			Priority: pulumi.Int(i + 1),
		})
	}
	return cognito.UserPoolAccountRecoverySettingArgs{RecoveryMechanisms: mechanisms}
}

func (p *PasswordPolicyArgs) policy() cognito.UserPoolPasswordPolicyArgs {
	policy := cognito.UserPoolPasswordPolicyArgs{
		MinimumLength:                 pulumi.Int(p.MinimumLength),
		RequireLowercase:              pulumi.Bool(orDefault(p.RequireLowercase, true)),
		RequireNumbers:                pulumi.Bool(orDefault(p.RequireNumbers, true)),
		RequireSymbols:                pulumi.Bool(orDefault(p.RequireSymbols, true)),
		RequireUppercase:              pulumi.Bool(orDefault(p.RequireUppercase, true)),
		TemporaryPasswordValidityDays: pulumi.Int(p.TemporaryValidityDays),
	}
	if p.HistorySize != 0 { // Cognito shows none where there is none
		policy.PasswordHistorySize = pulumi.Int(p.HistorySize)
	}
	return policy
}

// textAttribute is an attribute of the pool's schema, with all that Cognito would
// fill in. A pool's schema can be added to, but is settled for good otherwise.
func textAttribute(name string, required bool, maxLength string) cognito.UserPoolSchemaArgs {
	return cognito.UserPoolSchemaArgs{
		Name:                   pulumi.String(name),
		AttributeDataType:      pulumi.String("String"),
		DeveloperOnlyAttribute: pulumi.Bool(false),
		Mutable:                pulumi.Bool(true),
		Required:               pulumi.Bool(required),
		StringAttributeConstraints: cognito.UserPoolSchemaStringAttributeConstraintsArgs{
			MinLength: pulumi.String("0"),
			MaxLength: pulumi.String(maxLength),
		},
	}
}
