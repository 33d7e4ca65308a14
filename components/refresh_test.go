package components_test

import (
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
)

// filledIn are the properties that the service fills in where a request leaves them
// out, and that a refresh therefore brings back. The program says each of them, so
// that a preview after a refresh shows nothing. Sources: the providers' documentation
// of a type ("optional", with a default of AWS's), and for the datastore
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-healthlake-fhirdatastore.html.
// What a provider marks as computed besides (a function's temporary storage, a pool's
// feature tier) it keeps out of a difference by itself.
var filledIn = map[string][]string{
	userPoolType: {
		"accountRecoverySetting.recoveryMechanisms", "adminCreateUserConfig.allowAdminCreateUserOnly", "deletionProtection",
		"emailConfiguration.emailSendingAccount", "mfaConfiguration", "passwordPolicy.minimumLength", "passwordPolicy.requireLowercase",
		"passwordPolicy.requireNumbers", "passwordPolicy.requireSymbols", "passwordPolicy.requireUppercase",
		"passwordPolicy.temporaryPasswordValidityDays", "usernameConfiguration.caseSensitive", "verificationMessageTemplate.defaultEmailOption",
	},
	clientType: {
		"accessTokenValidity", "allowedOauthFlowsUserPoolClient", "enableTokenRevocation", "explicitAuthFlows", "generateSecret",
		"idTokenValidity", "preventUserExistenceErrors", "readAttributes", "refreshTokenValidity", "tokenValidityUnits.accessToken",
		"tokenValidityUnits.idToken", "tokenValidityUnits.refreshToken", "writeAttributes",
	},
	functionType: {
		"architectures", "description", "handler", "loggingConfig.logFormat", "loggingConfig.logGroup", "memorySize", "publish", "runtime",
		"timeout", "tracingConfig.mode",
	},
	aliasType:    {"description", "functionVersion"},
	logGroupType: {"retentionInDays"},
	roleType:     {"assumeRolePolicy", "description"},
	keyType:      {"deletionWindowInDays", "description", "enableKeyRotation", "policy"},
	datastoreType: {
		"datastoreName", "datastoreTypeVersion", "identityProviderConfiguration.authorizationStrategy",
		"identityProviderConfiguration.fineGrainedAuthorizationEnabled", "identityProviderConfiguration.idpLambdaArn",
		"identityProviderConfiguration.metadata", "sseConfiguration.kmsEncryptionConfig.cmkType",
	},
}

func TestWhatAServiceFillsInIsSaidSoThatARefreshShowsNothing(t *testing.T) {
	for what, edit := range map[string]func(*components.SmartDatastoreArgs){"as little as possible": nil, "everything": full} {
		r := build(t, edit)
		for typ, paths := range filledIn {
			for _, one := range r.of(typ) {
				for _, path := range paths {
					if !isSaid(one.Inputs, path) {
						t.Errorf("%s: %s %q leaves %s to the service", what, typ, one.GetName(), path)
					}
				}
			}
			if len(r.of(typ)) == 0 && edit != nil {
				t.Errorf("%s: no %s is declared", what, typ)
			}
		}
	}
}

// isSaid reports whether the inputs have a value at a path.
func isSaid(inputs map[string]any, path string) bool {
	var value any = inputs
	for member := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return false
		}
		if value, ok = object[member]; !ok || value == nil {
			return false
		}
	}
	return true
}
