package deploypolicy

import (
	"slices"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// row is what it takes to deploy a resource of some type, or to look something up.
type row struct {
	// source is the code of the aws provider that calls AWS for the type, below
	// https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service/, or
	// the page that lists what the type takes. Which resources and conditions an action
	// knows is in AWS's Service Authorization Reference
	// (https://docs.aws.amazon.com/service-authorization/latest/reference/).
	source string
	rights []right
}

// from makes a row.
func from(source string, rights ...right) row { return row{source, rights} }

// right is some actions on some resources.
type right struct {
	source    string   // of what the row's does not say: rights that AWS uses in the caller's name
	read      []string // needed to read its state, and so by a refresh too
	write     []string // needed to create, change, tag and delete it
	on        func(stack, declared.Resource) []string
	condition condition
	// when is the condition where it depends on the stack, in the place of condition.
	// Nil is no condition.
	when func(stack, declared.Resource) condition
	// bounded rights are only good for roles with the declared permissions boundary, where
	// there is one: who may give a role policies could otherwise give it every right.
	bounded bool
}

// rights are the rights by type of resource.
var rights = map[string]row{
	// Cognito chooses the ids of pools. Everything else in a pool is the pool's.
	declared.UserPool: from("cognitoidp/user_pool.go",
		right{on: everything, write: of("cognito-idp", "CreateUserPool"), when: madeWithTags(declared.UserPool)},
		right{on: pools, read: of("cognito-idp", "DescribeUserPool", "GetUserPoolMfaConfig", "ListTagsForResource")},
		right{on: pools, when: ownTags(declared.UserPool),
			write: of("cognito-idp", "AddCustomAttributes", "DeleteUserPool", "SetUserPoolMfaConfig", "TagResource", "UntagResource", "UpdateUserPool")},
		right{on: pools, write: of("cognito-idp", "TagResource"), when: firstTags(declared.UserPool)},
	),
	declared.UserPoolDomain: from("cognitoidp/user_pool_domain.go",
		right{on: everything, read: of("cognito-idp", "DescribeUserPoolDomain")},
		right{on: pools, write: of("cognito-idp", "CreateUserPoolDomain", "DeleteUserPoolDomain", "UpdateUserPoolDomain"), when: ownTags(declared.UserPool)},
		right{on: distributions, write: of("cloudfront", "UpdateDistribution"),
			source: "https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html"},
	),
	declared.UserPoolClient:   from("cognitoidp/user_pool_client.go", poolPart("UserPoolClient")...),
	declared.ResourceServer:   from("cognitoidp/resource_server.go", poolPart("ResourceServer")...),
	declared.IdentityProvider: from("cognitoidp/identity_provider.go", poolPart("IdentityProvider")...),
	declared.User: from("cognitoidp/user.go",
		right{on: pools, read: of("cognito-idp", "AdminGetUser")},
		right{on: pools, when: ownTags(declared.UserPool),
			write: of("cognito-idp", "AdminCreateUser", "AdminDeleteUser", "AdminDeleteUserAttributes", "AdminDisableUser", "AdminEnableUser",
				"AdminSetUserPassword", "AdminUpdateUserAttributes")},
	),
	declared.UserGroup: from("cognitoidp/user_group.go",
		right{on: pools, read: of("cognito-idp", "GetGroup")},
		right{on: pools, write: of("cognito-idp", "CreateGroup", "DeleteGroup", "UpdateGroup"), when: ownTags(declared.UserPool)},
	),
	declared.UserInGroup: from("cognitoidp/user_in_group.go",
		right{on: pools, read: of("cognito-idp", "AdminListGroupsForUser")},
		right{on: pools, write: of("cognito-idp", "AdminAddUserToGroup", "AdminRemoveUserFromGroup"), when: ownTags(declared.UserPool)},
	),

	declared.Role: from("iam/role.go",
		right{on: itself(roleARN), read: of("iam", "GetRole", "ListAttachedRolePolicies", "ListRolePolicies"),
			write: of("iam", "DeleteRole", "ListInstanceProfilesForRole", "TagRole", "UntagRole", "UpdateAssumeRolePolicy",
				"UpdateRole", "UpdateRoleDescription")},
		right{on: itself(roleARN), write: of("iam", "CreateRole"), bounded: true},
	),
	declared.RolePolicy: from("iam/role_policy.go",
		right{on: itsRole, read: of("iam", "GetRolePolicy")},
		right{on: itsRole, write: of("iam", "DeleteRolePolicy", "PutRolePolicy"), bounded: true},
	),

	declared.Function: from("lambda/function.go", right{on: itself(functionARN),
		read: of("lambda", "GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionConfiguration", "ListTags", "ListVersionsByFunction"),
		write: of("lambda", "CreateFunction", "DeleteFunction", "DeleteFunctionConcurrency", "PublishVersion", "PutFunctionConcurrency",
			"TagResource", "UntagResource", "UpdateFunctionCode", "UpdateFunctionConfiguration")}),
	declared.FunctionAlias: from("lambda/alias.go",
		right{on: functions, read: of("lambda", "GetAlias"), write: of("lambda", "CreateAlias", "DeleteAlias", "UpdateAlias")}),
	declared.Permission: from("lambda/permission.go",
		right{on: functions, read: of("lambda", "GetPolicy"), write: of("lambda", "AddPermission", "RemovePermission")}),
	declared.ProvisionedConcurrency: from("lambda/provisioned_concurrency_config.go",
		right{on: functions, read: of("lambda", "GetProvisionedConcurrencyConfig"),
			write: of("lambda", "DeleteProvisionedConcurrencyConfig", "PutProvisionedConcurrencyConfig")}),

	// To find a log group by its name is a list of all.
	declared.LogGroup: from("logs/group.go",
		right{on: everything, read: of("logs", "DescribeLogGroups")},
		right{on: itself(logGroupARN), read: of("logs", "ListTagsForResource"),
			write: of("logs", "AssociateKmsKey", "CreateLogGroup", "DeleteLogGroup", "DeleteRetentionPolicy", "DisassociateKmsKey",
				"PutRetentionPolicy", "TagResource", "UntagResource")},
	),
	"aws:cloudwatch/logMetricFilter:LogMetricFilter": from("logs/metric_filter.go",
		right{on: those(logGroupARN, declared.LogGroup), read: of("logs", "DescribeMetricFilters"), write: of("logs", "DeleteMetricFilter", "PutMetricFilter")}),
	declared.QueryDefinition: from("logs/query_definition.go",
		right{on: everything, read: of("logs", "DescribeQueryDefinitions"), write: of("logs", "DeleteQueryDefinition", "PutQueryDefinition")}),
	declared.MetricAlarm:                           from("cloudwatch/metric_alarm.go", alarmRights("PutMetricAlarm")...),
	"aws:cloudwatch/compositeAlarm:CompositeAlarm": from("cloudwatch/composite_alarm.go", alarmRights("PutCompositeAlarm")...),
	declared.Dashboard: from("cloudwatch/dashboard.go",
		right{on: itself(dashboardARN), read: of("cloudwatch", "GetDashboard"), write: of("cloudwatch", "DeleteDashboards", "PutDashboard")}),

	declared.Topic: from("sns/topic.go", right{on: itself(topicARN), read: of("sns", "GetTopicAttributes", "ListTagsForResource"),
		write: of("sns", "CreateTopic", "DeleteTopic", "SetTopicAttributes", "TagResource", "UntagResource")}),
	declared.TopicPolicy: from("sns/topic_policy.go",
		right{on: those(topicARN, declared.Topic), read: of("sns", "GetTopicAttributes"), write: of("sns", "SetTopicAttributes")}),
	// What is done to a subscription is done to its topic. Its own ARN begins with the
	// topic's, so that the pattern of the topic's name takes in both.
	declared.TopicSubscription: from("sns/topic_subscription.go",
		right{on: those(topicARN, declared.Topic), read: of("sns", "GetSubscriptionAttributes"),
			write: of("sns", "SetSubscriptionAttributes", "Subscribe", "Unsubscribe")}),

	// AWS chooses the ids of scalable targets.
	declared.ScalableTarget: from("appautoscaling/target.go",
		describeScaling("DescribeScalableTargets"),
		right{on: scalableTargets, read: of("application-autoscaling", "ListTagsForResource")},
		right{on: scalableTargets, write: of("application-autoscaling", "DeregisterScalableTarget", "RegisterScalableTarget"), when: itsNamespace},
		right{on: scalableTargets, write: of("application-autoscaling", "TagResource", "UntagResource"), when: ownTags(declared.ScalableTarget)},
		right{on: scalableTargets, write: of("application-autoscaling", "TagResource"), when: firstTags(declared.ScalableTarget)},
		makesServiceLinkedRole("lambda.application-autoscaling.amazonaws.com",
			"https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html"),
	),
	declared.ScalingPolicy: from("appautoscaling/policy.go",
		describeScaling("DescribeScalingPolicies"),
		right{on: scalableTargets, write: of("application-autoscaling", "DeleteScalingPolicy", "PutScalingPolicy"), when: itsNamespace},
		right{on: itself(trackingAlarmARN), write: of("cloudwatch", "DeleteAlarms", "DescribeAlarms", "PutMetricAlarm"),
			source: "https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html"},
	),
	declared.ScheduledAction: from("appautoscaling/scheduled_action.go",
		describeScaling("DescribeScheduledActions"),
		right{on: scalableTargets, write: of("application-autoscaling", "DeleteScheduledAction", "PutScheduledAction"), when: itsNamespace},
	),

	// KMS chooses the ids of keys. It may see the tags of a key five minutes late
	// (https://docs.aws.amazon.com/kms/latest/developerguide/abac.html), and what makes
	// a key reads it, enables its rotation and names it at once.
	declared.Key: from("kms/key.go",
		right{on: everything, write: of("kms", "CreateKey"), when: madeWithTags(declared.Key)},
		right{on: keys, read: of("kms", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"), write: of("kms", "EnableKeyRotation")},
		right{on: keys, when: ownTags(declared.Key),
			write: of("kms", "DisableKeyRotation", "EnableKey", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateKeyDescription")},
		right{on: keys, write: of("kms", "TagResource"), when: firstTags(declared.Key)},
	),
	// An alias takes the right on itself and on the key
	// (https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html).
	declared.KeyAlias: from("kms/alias.go",
		right{on: everything, read: of("kms", "ListAliases")},
		right{on: itself(keyAliasARN), write: of("kms", "CreateAlias", "DeleteAlias", "UpdateAlias")},
		right{on: keys, write: of("kms", "CreateAlias")},
		right{on: keys, write: of("kms", "DeleteAlias", "UpdateAlias"), when: ownTags(declared.Key)},
	),

	declared.Bucket:                  from("s3/bucket.go", bucketRights...),
	declared.OldBucket:               from("s3/bucket.go", bucketRights...),
	declared.BucketPublicAccessBlock: from("s3/bucket_public_access_block.go", bucketPart("BucketPublicAccessBlock")),
	declared.BucketOwnershipControls: from("s3/bucket_ownership_controls.go", bucketPart("BucketOwnershipControls")),
	declared.BucketEncryption: from(
		"s3/bucket_server_side_encryption_configuration.go", bucketPart("EncryptionConfiguration")),
	declared.BucketVersioning: from("s3/bucket_versioning.go", bucketPart("BucketVersioning")),
	declared.BucketLifecycle: from(
		"s3/bucket_lifecycle_configuration.go", bucketPart("LifecycleConfiguration")),
	declared.BucketLogging: from("s3/bucket_logging.go", bucketPart("BucketLogging")),
	declared.BucketPolicy: from("s3/bucket_policy.go",
		right{on: buckets, read: of("s3", "GetBucketPolicy"), write: of("s3", "DeleteBucketPolicy", "PutBucketPolicy")}),

	declared.Record: from("route53/record.go",
		right{on: itself(zoneARN), read: of("route53", "GetHostedZone", "ListResourceRecordSets")},
		right{on: itself(zoneARN), write: of("route53", "ChangeResourceRecordSets"), when: itsName},
		right{on: anyChange, write: of("route53", "GetChange")},
	),

	// API Gateway chooses the ids of APIs, and its actions are HTTP methods on the paths of
	// its own API. What is below an API has the API's tags
	// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html).
	// Which condition keys hold for tagging is unverified.
	declared.API: from("apigatewayv2/api.go",
		right{on: gatewayPaths("/apis"), write: of("apigateway", "POST"), when: itsAPIName},
		right{on: gatewayPaths("/apis/*"), read: of("apigateway", "GET")},
		right{on: gatewayPaths("/apis/*"), write: of("apigateway", "DELETE", "PATCH"), when: ownTags(declared.API)},
		right{on: gatewayPaths("/tags/*"), write: of("apigateway", "DELETE", "PATCH", "POST", "PUT"), when: ownTags(declared.API)},
		right{on: gatewayPaths("/tags/*"), write: of("apigateway", "PATCH", "POST", "PUT"), when: firstTags(declared.API)},
		makesServiceLinkedRole("ops.apigateway.amazonaws.com",
			"https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html"),
	),
	declared.APIIntegration: from("apigatewayv2/integration.go", apiPart("integrations")...),
	declared.APIRoute:       from("apigatewayv2/route.go", apiPart("routes")...),
	declared.APIStage: from("apigatewayv2/stage.go", append(apiPart("stages"),
		right{on: everything, read: of("logs", "GetLogDelivery", "ListLogDeliveries"),
			write:  of("logs", "CreateLogDelivery", "DeleteLogDelivery", "DescribeResourcePolicies", "PutResourcePolicy", "UpdateLogDelivery"),
			source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html"})...),
	declared.APIDomainName: from("apigatewayv2/domain_name.go",
		right{on: gatewayPaths("/domainnames"), write: of("apigateway", "AddCertificateToDomain", "POST")},
		right{on: itself(domainNameARN), read: of("apigateway", "GET"),
			write: of("apigateway", "AddCertificateToDomain", "DELETE", "PATCH", "RemoveCertificateFromDomain")},
	),
	declared.APIMapping: from("apigatewayv2/api_mapping.go",
		right{on: itself(mappingsARN), write: of("apigateway", "POST")},
		right{on: itself(mappingARN), read: of("apigateway", "GET"), write: of("apigateway", "DELETE", "PATCH")},
	),

	// HealthLake chooses the ids of datastores, and Cloud Control, through which the
	// aws-native provider works, takes no resources. The rights of other services are
	// those that HealthLake uses in the caller's name when it makes a datastore. Of
	// which service the service-linked role is, its page does not say (unverified).
	declared.Datastore: from(healthLakeSetup,
		right{on: everything, read: of("cloudformation", "GetResource", "GetResourceRequestStatus"),
			write:  of("cloudformation", "CancelResourceRequest", "CreateResource", "DeleteResource", "UpdateResource"),
			source: "https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/security.html"},
		right{on: everything, write: of("healthlake", "CreateFHIRDatastore"), when: madeWithTags(declared.Datastore)},
		right{on: datastores, read: of("healthlake", "DescribeFHIRDatastore", "ListTagsForResource")},
		right{on: datastores, when: ownTags(declared.Datastore),
			write: of("healthlake", "DeleteFHIRDatastore", "TagResource", "UntagResource", "UpdateFHIRDatastore")},
		right{on: datastores, write: of("healthlake", "TagResource"), when: firstTags(declared.Datastore)},
		right{on: functions, write: of("lambda", "InvokeFunction"), source: healthLakeSetup},
		makesServiceLinkedRole("healthlake.amazonaws.com", healthLakeSetup),
		makesServiceLinkedRole("lakeformation.amazonaws.com", healthLakeSetup),
		right{on: datastoreKeys, read: of("kms", "DescribeKey"), write: of("kms", "CreateGrant", "Decrypt", "GenerateDataKey"), when: heldToOwnKey,
			source: "https://docs.aws.amazon.com/healthlake/latest/devguide/encryption-at-rest.html"},
		right{on: everything, write: of("ram", "GetResourceShareInvitations"), source: healthLakeSetup},
		right{on: func(s stack, _ declared.Resource) []string {
			return []string{"arn:" + s.Partition() + ":ram:" + s.Region + ":*:resource-share-invitation/*"}
		}, write: of("ram", "AcceptResourceShareInvitation"), source: healthLakeSetup},
		right{on: anyOf("glue", "catalog", "database/*_healthlake_view"), write: of("glue", "CreateDatabase", "DeleteDatabase"), source: healthLakeSetup},
	),

	// What a program asks about that exists already, at a preview too.
	declared.ExistingUserPool: from("cognitoidp/user_pool_data_source.go", right{on: itsPool, read: of("cognito-idp", "DescribeUserPool")}),
}

const healthLakeSetup = "https://docs.aws.amazon.com/healthlake/latest/devguide/getting-started-setting-up.html"

var (
	pools           = anyOf("cognito-idp", "userpool/*")
	keys            = anyOf("kms", "key/*")
	datastores      = anyOf("healthlake", "datastore/fhir/*")
	functions       = those(functionARN, declared.Function)
	buckets         = those(bucketARN, declared.Bucket, declared.OldBucket)
	scalableTargets = anyOf("application-autoscaling", "scalable-target/*")
)

// alarmRights are those on an alarm, and on the list that the provider finds it in.
func alarmRights(put string) []right {
	return []right{
		{on: anyOf("cloudwatch", "alarm:*"), read: of("cloudwatch", "DescribeAlarms")},
		{on: itself(alarmARN), read: of("cloudwatch", "ListTagsForResource"), write: of("cloudwatch", "DeleteAlarms", put, "TagResource", "UntagResource")},
	}
}

// poolPart is one kind of what is in a user pool.
func poolPart(kind string) []right {
	return []right{
		{on: itsPool, read: of("cognito-idp", "Describe"+kind)},
		{on: itsPool, write: of("cognito-idp", "Create"+kind, "Delete"+kind, "Update"+kind), when: ownTags(declared.UserPool)},
	}
}

// apiPart is one kind of what is below an API.
func apiPart(kind string) []right {
	return []right{
		{on: gatewayPaths("/apis/*/" + kind), write: of("apigateway", "POST"), when: ownTags(declared.API)},
		{on: gatewayPaths("/apis/*/" + kind + "/*"), read: of("apigateway", "GET")},
		{on: gatewayPaths("/apis/*/" + kind + "/*"), write: of("apigateway", "DELETE", "PATCH"), when: ownTags(declared.API)},
	}
}

// makesServiceLinkedRole lets a service make the role that it works with, and no other.
func makesServiceLinkedRole(service, source string) right {
	return right{
		on: serviceLinkedRole(service), write: of("iam", "CreateServiceLinkedRole"), source: source,
		condition: condition{"StringEquals": {"iam:AWSServiceName": service}},
	}
}

// bucketRights: the provider reads all of a bucket's settings with the bucket, and
// empties one first that may be deleted with what is in it.
var bucketRights = []right{{on: itself(bucketARN),
	read: of("s3", "GetAccelerateConfiguration", "GetBucketAcl", "GetBucketCORS", "GetBucketLocation", "GetBucketLogging",
		"GetBucketObjectLockConfiguration", "GetBucketPolicy", "GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning",
		"GetBucketWebsite", "GetEncryptionConfiguration", "GetLifecycleConfiguration", "GetReplicationConfiguration", "ListBucket"),
	write: of("s3", "CreateBucket", "DeleteBucket", "PutBucketTagging")},
	{on: whereEmptied(bucketARN), write: of("s3", "ListBucketVersions")},
	{on: whereEmptied(objectsARN), write: of("s3", "DeleteObject", "DeleteObjectVersion")},
}

// bucketPart is one setting of a bucket, which S3 reads and writes as a whole.
func bucketPart(setting string) right {
	return right{on: buckets, read: of("s3", "Get"+setting), write: of("s3", "Put"+setting)}
}

func describeScaling(action string) right {
	return right{on: everything, read: of("application-autoscaling", action)}
}

// of names actions of one service.
func of(service string, actions ...string) []string {
	named := slices.Clone(actions)
	for i := range named {
		named[i] = service + ":" + named[i]
	}
	return named
}
