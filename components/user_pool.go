package components

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// UserPoolTier is a feature plan of Cognito.
type UserPoolTier string

// The feature plans.
const (
	// LiteTier cannot add claims to access tokens, and has no password history.
	LiteTier UserPoolTier = "LITE"
	// EssentialsTier has both.
	EssentialsTier UserPoolTier = "ESSENTIALS"
	// PlusTier adds threat protection.
	PlusTier UserPoolTier = "PLUS"
)

// MFA says whether users sign in with a second factor.
type MFA string

// The answers.
const (
	// MFAOff offers no second factor.
	MFAOff MFA = "OFF"
	// MFAOptional lets each user set one up.
	MFAOptional MFA = "OPTIONAL"
	// MFAOn requires one from every user.
	MFAOn MFA = "ON"
)

// AdvancedSecurity is a mode of Cognito's threat protection.
type AdvancedSecurity string

// The modes.
const (
	// AdvancedSecurityOff has no threat protection.
	AdvancedSecurityOff AdvancedSecurity = "OFF"
	// AdvancedSecurityAudit logs risky sign-ins.
	AdvancedSecurityAudit AdvancedSecurity = "AUDIT"
	// AdvancedSecurityEnforced acts on risky sign-ins.
	AdvancedSecurityEnforced AdvancedSecurity = "ENFORCED"
)

// AliasAttribute is a user attribute that users may sign in with.
type AliasAttribute string

// The attributes that Cognito takes as aliases.
const (
	// EmailAlias is the email address.
	EmailAlias AliasAttribute = "email"
	// PhoneNumberAlias is the phone number.
	PhoneNumberAlias AliasAttribute = "phone_number"
	// PreferredUsernameAlias is a name that the user may change.
	PreferredUsernameAlias AliasAttribute = "preferred_username"
)

// VerifiedAttribute is a user attribute that Cognito verifies.
type VerifiedAttribute string

// The attributes that Cognito can verify for this component.
const (
	// VerifiedEmail is the email address.
	VerifiedEmail VerifiedAttribute = "email"
)

// RecoveryMechanism is how a user who forgot the password signs in again.
type RecoveryMechanism string

// The mechanisms.
const (
	// RecoverByEmail sends a code to the verified email address.
	RecoverByEmail RecoveryMechanism = "verified_email"
	// RecoverByAdministrator requires an administrator to reset the password.
	RecoverByAdministrator RecoveryMechanism = "admin_only"
)

// VerificationEmail is how an email address is verified.
type VerificationEmail string

// The two ways.
const (
	// VerifyWithCode sends a code to type in.
	VerifyWithCode VerificationEmail = "CONFIRM_WITH_CODE"
	// VerifyWithLink sends a link to follow.
	VerifyWithLink VerificationEmail = "CONFIRM_WITH_LINK"
)

// UserPoolArgs are the settings of the user pool. A nil list takes its default, and an empty
// list means none.
type UserPoolArgs struct {
	// DeletionProtection of Cognito itself. By default the value of Protect.
	DeletionProtection *bool `pulumi:"deletionProtection,optional"`
	// Tier is the feature plan of the pool, which also decides its price: LITE, ESSENTIALS
	// (default) or PLUS. A trigger that adds claims to access tokens needs ESSENTIALS, and
	// threat protection needs PLUS
	// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html).
	Tier UserPoolTier `pulumi:"tier,optional"`
	// MFA by authenticator app: OFF (default), OPTIONAL or ON.
	MFA MFA `pulumi:"mfa,optional"`
	// AdvancedSecurity is Cognito's threat protection: OFF (default), AUDIT, which only
	// logs, or ENFORCED, which acts on risky sign-ins. All but OFF need the tier PLUS
	// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html).
	AdvancedSecurity AdvancedSecurity `pulumi:"advancedSecurity,optional"`
	// SelfSignUp lets everyone create a user. By default false: only administrators create
	// users.
	SelfSignUp bool `pulumi:"selfSignUp,optional"`
	// PasswordPolicy of the users.
	PasswordPolicy *PasswordPolicyArgs `pulumi:"passwordPolicy,optional"`
	// AliasAttributes that users may sign in with besides their name: email
	// (default), phone_number, preferred_username. A change replaces the pool.
	AliasAttributes []AliasAttribute `pulumi:"aliasAttributes,optional"`
	// CaseSensitiveUsernames makes "Ann" and "ann" different users. By default false. A
	// change replaces the pool.
	CaseSensitiveUsernames bool `pulumi:"caseSensitiveUsernames,optional"`
	// AutoVerifiedAttributes that Cognito verifies by a message, and whose old value it
	// keeps until the new one is verified: email (default) or none. Use none for users
	// without a mailbox, such as those of an identity provider. Phone numbers need an SMS
	// setup, which this component does not have.
	AutoVerifiedAttributes []VerifiedAttribute `pulumi:"autoVerifiedAttributes,optional"`
	// RecoveryMechanisms of a forgotten password, the preferred one first:
	// verified_email (default), or admin_only.
	RecoveryMechanisms []RecoveryMechanism `pulumi:"recoveryMechanisms,optional"`
	// VerificationEmail is CONFIRM_WITH_CODE (default) or CONFIRM_WITH_LINK.
	VerificationEmail VerificationEmail `pulumi:"verificationEmail,optional"`
}

// PasswordPolicyArgs are the rules for passwords. The default is at least 8 characters with
// lower case, upper case, a number and a symbol, and 7 days for a temporary password. You
// can switch off the four rules of composition, as NIST SP 800-63B (section 3.1.1.2 of
// revision 4) requires. Then require more characters.
type PasswordPolicyArgs struct {
	// MinimumLength in characters: 6 to 99, by default 8.
	MinimumLength int `pulumi:"minimumLength,optional"`
	// RequireLowercase requires a lower-case letter. By default true.
	RequireLowercase *bool `pulumi:"requireLowercase,optional"`
	// RequireNumbers requires a digit. By default true.
	RequireNumbers *bool `pulumi:"requireNumbers,optional"`
	// RequireSymbols requires a symbol. By default true.
	RequireSymbols *bool `pulumi:"requireSymbols,optional"`
	// RequireUppercase requires an upper-case letter. By default true.
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
	if u.DeletionProtection == nil {
		u.DeletionProtection = &protect
	}
	u.Tier = cmp.Or(u.Tier, EssentialsTier)
	u.MFA = cmp.Or(u.MFA, MFAOff)
	u.AdvancedSecurity = cmp.Or(u.AdvancedSecurity, AdvancedSecurityOff)
	u.VerificationEmail = cmp.Or(u.VerificationEmail, VerifyWithCode)
	if u.AliasAttributes == nil {
		u.AliasAttributes = []AliasAttribute{EmailAlias}
	}
	if u.AutoVerifiedAttributes == nil {
		u.AutoVerifiedAttributes = []VerifiedAttribute{VerifiedEmail}
	}
	if u.RecoveryMechanisms == nil {
		u.RecoveryMechanisms = []RecoveryMechanism{RecoverByEmail}
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
		return problem{field, fmt.Sprintf("shorter than userPool.passwordPolicy.minimumLength; use at least %d characters", least)}
	}
	return nil
}

func (u *UserPoolArgs) check(p *problems, field string) {
	oneOf(p, field+".tier", u.Tier, LiteTier, EssentialsTier, PlusTier)
	oneOf(p, field+".mfa", u.MFA, MFAOff, MFAOptional, MFAOn)
	oneOf(p, field+".advancedSecurity", u.AdvancedSecurity, AdvancedSecurityOff, AdvancedSecurityAudit, AdvancedSecurityEnforced)
	if u.AdvancedSecurity != AdvancedSecurityOff && u.Tier != PlusTier {
		p.add(field+".advancedSecurity", string(u.AdvancedSecurity), "threat protection needs tier PLUS; use OFF, or set tier to PLUS")
	}
	p.inRange(field+".passwordPolicy.historySize", u.PasswordPolicy.HistorySize, 0, 24, "passwords")
	if u.PasswordPolicy.HistorySize != 0 && u.Tier == LiteTier {
		p.add(field+".passwordPolicy.historySize", u.PasswordPolicy.HistorySize, "tier LITE keeps no former passwords; remove it, or set tier to ESSENTIALS or PLUS")
	}
	oneOf(p, field+".verificationEmail", u.VerificationEmail, VerifyWithCode, VerifyWithLink)
	p.inRange(field+".passwordPolicy.minimumLength", u.PasswordPolicy.MinimumLength, 6, 99, "characters")
	p.inRange(field+".passwordPolicy.temporaryValidityDays", u.PasswordPolicy.TemporaryValidityDays, 1, 365, "days")
	allOf(p, field+".aliasAttributes", u.AliasAttributes, EmailAlias, PhoneNumberAlias, PreferredUsernameAlias)
	allOf(p, field+".autoVerifiedAttributes", u.AutoVerifiedAttributes, VerifiedEmail)
	allOf(p, field+".recoveryMechanisms", u.RecoveryMechanisms, RecoverByEmail, RecoverByAdministrator)
	if len(u.RecoveryMechanisms) == 0 || len(u.RecoveryMechanisms) > 1 && slices.Contains(u.RecoveryMechanisms, RecoverByAdministrator) {
		p.add(field+".recoveryMechanisms", texts(u.RecoveryMechanisms), `must be ["verified_email"] or ["admin_only"]`)
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
		AliasAttributes:        pulumi.ToStringArray(texts(u.AliasAttributes)),
		AutoVerifiedAttributes: pulumi.ToStringArray(texts(u.AutoVerifiedAttributes)),
		AccountRecoverySetting: u.recovery(),
		AdminCreateUserConfig:  cognito.UserPoolAdminCreateUserConfigArgs{AllowAdminCreateUserOnly: pulumi.Bool(!u.SelfSignUp)},
		EmailConfiguration:     cognito.UserPoolEmailConfigurationArgs{EmailSendingAccount: pulumi.String("COGNITO_DEFAULT")},
		PasswordPolicy:         u.PasswordPolicy.policy(),
		Schemas:                append(cognito.UserPoolSchemaArray{textAttribute("email", true, "2048")}, a.LaunchContext.attributes()...),
		UserAttributeUpdateSettings: cognito.UserPoolUserAttributeUpdateSettingsArgs{
			AttributesRequireVerificationBeforeUpdates: pulumi.ToStringArray(texts(u.AutoVerifiedAttributes)),
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
	if u.MFA != MFAOff {
		args.SoftwareTokenMfaConfiguration = cognito.UserPoolSoftwareTokenMfaConfigurationArgs{Enabled: pulumi.Bool(true)}
	}
	if u.Tier == PlusTier { // the other plans have no such setting
		args.UserPoolAddOns = cognito.UserPoolUserPoolAddOnsArgs{AdvancedSecurityMode: pulumi.String(u.AdvancedSecurity)}
	}
	// Pulumi chooses the name of a new pool. A pool that was imported keeps its own: for the
	// provider another name is another pool, without the users.
	return cognito.NewUserPool(s.ctx, s.name+"-pool", args,
		protected(orDefault(a.Protect, true), s.below(), pulumi.IgnoreChanges([]string{"name"}))...)
}

func (u *UserPoolArgs) recovery() cognito.UserPoolAccountRecoverySettingArgs {
	var mechanisms cognito.UserPoolAccountRecoverySettingRecoveryMechanismArray
	for i, name := range u.RecoveryMechanisms {
		mechanisms = append(mechanisms, cognito.UserPoolAccountRecoverySettingRecoveryMechanismArgs{
			Name:     pulumi.String(string(name)),
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
// fill in. A pool's schema can be added to, but not changed otherwise.
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
