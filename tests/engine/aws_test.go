package engine_test

import "github.com/smartlake/pulumi-smartlake/local/graph"

// createOnly are the properties that a resource keeps for good, so that another
// value needs a new resource: CloudFormation's "Update requires: Replacement"
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/), and for
// the rest what the services' APIs cannot change.
var createOnly = map[string][]string{
	graph.Datastore: {
		"datastoreName", "datastoreTypeVersion", "identityProviderConfiguration", "preloadDataConfig", "sseConfiguration",
	},
	graph.UserPool:                                  {"aliasAttributes", "usernameAttributes", "usernameConfiguration"},
	graph.UserPoolDomain:                            {"domain", "userPoolId"},
	graph.UserPoolClient:                            {"generateSecret", "userPoolId"},
	"aws:cognito/resourceServer:ResourceServer":     {"identifier", "userPoolId"},
	"aws:cognito/identityProvider:IdentityProvider": {"providerName", "providerType", "userPoolId"},
	"aws:cognito/user:User":                         {"username", "userPoolId"},
	graph.Function:                                  {"architectures", "packageType"},
	graph.FunctionAlias:                             {"functionName", "name"},
	graph.Permission:                                {"action", "function", "principal", "qualifier", "sourceAccount", "sourceArn"},
	graph.Role:                                      {"path"},
	graph.RolePolicy:                                {"role"},
	"aws:kms/key:Key":                               {"customerMasterKeySpec", "keyUsage"},
}

// serviceDefaults are the properties that a service fills in where nothing is said,
// and that its provider brings back on a refresh. Whoever leaves one of them out
// sees a difference after the next refresh.
var serviceDefaults = map[string]map[string]any{
	graph.Datastore: {
		"sseConfiguration":              map[string]any{"kmsEncryptionConfig": map[string]any{"cmkType": "AWS_OWNED_KMS_KEY"}},
		"identityProviderConfiguration": map[string]any{"authorizationStrategy": "AWS_AUTH", "fineGrainedAuthorizationEnabled": false},
	},
	graph.UserPool: {
		"accountRecoverySetting": map[string]any{"recoveryMechanisms": []any{
			map[string]any{"name": "verified_email", "priority": 1.0}, map[string]any{"name": "verified_phone_number", "priority": 2.0},
		}},
		"adminCreateUserConfig":       map[string]any{"allowAdminCreateUserOnly": false},
		"deletionProtection":          "INACTIVE",
		"emailConfiguration":          map[string]any{"emailSendingAccount": "COGNITO_DEFAULT"},
		"mfaConfiguration":            "OFF",
		"passwordPolicy":              map[string]any{"minimumLength": 8.0, "temporaryPasswordValidityDays": 7.0},
		"usernameConfiguration":       map[string]any{"caseSensitive": true},
		"verificationMessageTemplate": map[string]any{"defaultEmailOption": "CONFIRM_WITH_CODE"},
	},
	graph.UserPoolClient: {
		"accessTokenValidity":   60.0,
		"enableTokenRevocation": true,
		"explicitAuthFlows":     []any{"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"},
		"idTokenValidity":       60.0,
		"refreshTokenValidity":  30.0,
		"tokenValidityUnits":    map[string]any{"refreshToken": "days"},
	},
	graph.Function: {
		"architectures": []any{"x86_64"},
		"loggingConfig": map[string]any{"logFormat": "Text"},
		"memorySize":    128.0,
		"timeout":       3.0,
		"tracingConfig": map[string]any{"mode": "PassThrough"},
	},
	"aws:kms/key:Key": {
		"deletionWindowInDays": 30.0,
		"enableKeyRotation":    false,
		"policy":               "the default policy",
	},
}
