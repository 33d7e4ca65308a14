package engine_test

import "github.com/smartlake/pulumi-smartlake/internal/declared"

// createOnly are the properties that a resource keeps for good, so that another
// value needs a new resource: CloudFormation's "Update requires: Replacement"
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/), and for
// the rest what the services' APIs cannot change. A pool's schema is none of them:
// attributes can be added, and everything else Cognito refuses.
var createOnly = map[string][]string{
	declared.Datastore: {
		"datastoreName", "datastoreTypeVersion", "identityProviderConfiguration", "preloadDataConfig", "sseConfiguration",
	},
	declared.UserPool:         {"aliasAttributes", "name", "usernameAttributes", "usernameConfiguration"},
	declared.UserPoolDomain:   {"domain", "userPoolId"},
	declared.UserPoolClient:   {"generateSecret", "userPoolId"},
	declared.ResourceServer:   {"identifier", "userPoolId"},
	declared.IdentityProvider: {"providerName", "providerType", "userPoolId"},
	declared.User:             {"username", "userPoolId"},
	declared.UserGroup:        {"name", "userPoolId"},
	declared.UserInGroup:      {"groupName", "username", "userPoolId"},
	declared.Function:         {"architectures", "packageType"},
	declared.FunctionAlias:    {"functionName", "name"},
	declared.Permission:       {"action", "function", "principal", "qualifier", "sourceAccount", "sourceArn"},
	declared.API:              {"protocolType"},
	declared.APIIntegration:   {"apiId", "integrationSubtype", "integrationType"},
	declared.APIRoute:         {"apiId"},
	declared.APIStage:         {"apiId", "name"},
	declared.APIDomainName:    {"domainName"},
	declared.APIMapping:       {"domainName"},
	declared.Role:             {"name", "path"},
	declared.RolePolicy:       {"name", "role"},
	declared.Key:              {"customerMasterKeySpec", "keyUsage"},
	declared.KeyAlias:         {"name"},
	declared.Record:           {"name", "zoneId"},

	declared.ProvisionedConcurrency: {"functionName", "qualifier"},
	declared.ScalableTarget:         scaled,
	declared.ScalingPolicy:          append([]string{"name"}, scaled...),
	declared.ScheduledAction:        append([]string{"name"}, scaled...),

	declared.LogGroup:          {"logGroupClass", "name"},
	declared.MetricAlarm:       {"name"},
	declared.Dashboard:         {"dashboardName"},
	declared.QueryDefinition:   {},
	declared.Topic:             {"fifoTopic", "name"},
	declared.TopicPolicy:       {"arn"},
	declared.TopicSubscription: {"endpoint", "protocol", "topic"},

	declared.Bucket:                  {"bucket", "bucketPrefix", "objectLockEnabled"},
	declared.BucketPublicAccessBlock: {"bucket"},
	declared.BucketOwnershipControls: {"bucket"},
	declared.BucketEncryption:        {"bucket"},
	declared.BucketVersioning:        {"bucket"},
	declared.BucketLifecycle:         {"bucket"},
	declared.BucketPolicy:            {"bucket"},
	declared.BucketLogging:           {"bucket"},
}

// scaled names what Application Auto Scaling scales.
var scaled = []string{"resourceId", "scalableDimension", "serviceNamespace"}

// serviceDefaults are the properties that a service fills in where nothing is said,
// and that its provider brings back on a refresh. Whoever leaves one of them out
// sees a difference after the next refresh.
var serviceDefaults = map[string]map[string]any{
	declared.Datastore: {
		"sseConfiguration":              map[string]any{"kmsEncryptionConfig": map[string]any{"cmkType": "AWS_OWNED_KMS_KEY"}},
		"identityProviderConfiguration": map[string]any{"authorizationStrategy": "AWS_AUTH", "fineGrainedAuthorizationEnabled": false},
	},
	declared.UserPool: {
		"accountRecoverySetting": map[string]any{"recoveryMechanisms": []any{
			map[string]any{"name": "verified_email", "priority": 1.0}, map[string]any{"name": "verified_phone_number", "priority": 2.0},
		}},
		"adminCreateUserConfig":       map[string]any{"allowAdminCreateUserOnly": false},
		"deletionProtection":          "INACTIVE",
		"emailConfiguration":          map[string]any{"emailSendingAccount": "COGNITO_DEFAULT"},
		"mfaConfiguration":            "OFF",
		"passwordPolicy":              map[string]any{"minimumLength": 8.0, "temporaryPasswordValidityDays": 7.0},
		"userPoolTier":                "ESSENTIALS",
		"usernameConfiguration":       map[string]any{"caseSensitive": true},
		"verificationMessageTemplate": map[string]any{"defaultEmailOption": "CONFIRM_WITH_CODE"},
	},
	declared.UserPoolClient: {
		"accessTokenValidity":   60.0,
		"enableTokenRevocation": true,
		"explicitAuthFlows":     []any{"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"},
		"idTokenValidity":       60.0,
		"refreshTokenValidity":  30.0,
		"tokenValidityUnits":    map[string]any{"refreshToken": "days"},
	},
	declared.Function: {
		"architectures": []any{"x86_64"},
		"loggingConfig": map[string]any{"logFormat": "Text"},
		"memorySize":    128.0,
		"timeout":       3.0,
		"tracingConfig": map[string]any{"mode": "PassThrough"},
	},
	declared.API:            {"disableExecuteApiEndpoint": false, "ipAddressType": "ipv4"},
	declared.APIIntegration: {"connectionType": "INTERNET", "timeoutMilliseconds": 30000.0},
	declared.APIRoute:       {"authorizationType": "NONE"},
	declared.APIStage: {
		"autoDeploy":           false,
		"defaultRouteSettings": map[string]any{"detailedMetricsEnabled": false, "throttlingBurstLimit": 5000.0, "throttlingRateLimit": 10000.0},
	},
	declared.Key: {
		"deletionWindowInDays": 30.0,
		"enableKeyRotation":    false,
		"policy":               "the default policy",
	},
	declared.ScheduledAction: {"timezone": "UTC"},
	declared.MetricAlarm:     {"treatMissingData": "missing"},
	declared.BucketLifecycle: {
		"transitionDefaultMinimumObjectSize": "all_storage_classes_128K",
	},
	declared.BucketOwnershipControls: {"rule": map[string]any{"objectOwnership": "BucketOwnerEnforced"}},
	declared.BucketPublicAccessBlock: {
		"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	},
	declared.BucketEncryption: {"rules": []any{
		map[string]any{"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": "AES256"}, "bucketKeyEnabled": false},
	}},
}

// filledIn are what a service adds to a map that the program gives, and that its
// provider brings back on a refresh.
var filledIn = map[string]map[string]map[string]string{
	// What Cognito reads out of the metadata that the identity provider publishes.
	"smart-auth-idp-University": {"providerDetails": {
		"ActiveEncryptionCertificate": "MIIC", "SLORedirectBindingURI": "https://idp.example.org/slo", "SSORedirectBindingURI": "https://idp.example.org/sso",
	}},
	"smart-auth-idp-Hospital": {
		"attributeMapping": {"username": "sub"},
		"providerDetails":  {"attributes_url_add_attributes": "false"},
	},
}
