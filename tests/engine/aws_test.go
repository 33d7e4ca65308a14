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
	declared.UserPool:                               {"aliasAttributes", "usernameAttributes", "usernameConfiguration"},
	declared.UserPoolDomain:                         {"domain", "userPoolId"},
	declared.UserPoolClient:                         {"generateSecret", "userPoolId"},
	"aws:cognito/resourceServer:ResourceServer":     {"identifier", "userPoolId"},
	"aws:cognito/identityProvider:IdentityProvider": {"providerName", "providerType", "userPoolId"},
	"aws:cognito/user:User":                         {"username", "userPoolId"},
	"aws:cognito/userGroup:UserGroup":               {"name", "userPoolId"},
	"aws:cognito/userInGroup:UserInGroup":           {"groupName", "username", "userPoolId"},
	declared.Function:                               {"architectures", "packageType"},
	declared.FunctionAlias:                          {"functionName", "name"},
	declared.Permission:                             {"action", "function", "principal", "qualifier", "sourceAccount", "sourceArn"},
	declared.Role:                                   {"name", "path"},
	declared.RolePolicy:                             {"name", "role"},
	"aws:kms/key:Key":                               {"customerMasterKeySpec", "keyUsage"},
	"aws:kms/alias:Alias":                           {"name"},
	"aws:route53/record:Record":                     {"name", "zoneId"},

	"aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": {"functionName", "qualifier"},
	"aws:appautoscaling/target:Target":                                     scaled,
	"aws:appautoscaling/policy:Policy":                                     append([]string{"name"}, scaled...),
	"aws:appautoscaling/scheduledAction:ScheduledAction":                   append([]string{"name"}, scaled...),

	"aws:cloudwatch/logGroup:LogGroup":            {"logGroupClass", "name"},
	"aws:cloudwatch/metricAlarm:MetricAlarm":      {"name"},
	"aws:cloudwatch/dashboard:Dashboard":          {"dashboardName"},
	"aws:sns/topic:Topic":                         {"fifoTopic", "name"},
	"aws:sns/topicPolicy:TopicPolicy":             {"arn"},
	"aws:sns/topicSubscription:TopicSubscription": {"endpoint", "protocol", "topic"},

	"aws:s3/bucketV2:BucketV2":                                                                   {"bucket", "bucketPrefix", "objectLockEnabled"},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     {"bucket"},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     {"bucket"},
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {"bucket"},
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               {"bucket"},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       {"bucket"},
	"aws:s3/bucketPolicy:BucketPolicy":                                                           {"bucket"},
	"aws:s3/bucketLoggingV2:BucketLoggingV2":                                                     {"bucket"},
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
	"aws:kms/key:Key": {
		"deletionWindowInDays": 30.0,
		"enableKeyRotation":    false,
		"policy":               "the default policy",
	},
	"aws:appautoscaling/scheduledAction:ScheduledAction": {"timezone": "UTC"},
	"aws:cloudwatch/metricAlarm:MetricAlarm":             {"treatMissingData": "missing"},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {
		"transitionDefaultMinimumObjectSize": "all_storage_classes_128K",
	},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"rule": map[string]any{"objectOwnership": "BucketOwnerEnforced"}},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
		"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	},
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {"rules": []any{
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
