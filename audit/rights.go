package audit

import (
	"slices"

	"github.com/smartlake/pulumi-smartlake/local/graph"
)

// right is what it takes to deploy a resource of some type.
type right struct {
	read      []string // needed to read its state, and so by a refresh too
	write     []string // needed to create, change, tag and delete it
	on        func(scope, graph.Resource) []string
	condition condition
	// when is the condition where it depends on the stack, in the place of condition.
	when func(scope, graph.Resource) condition
	// bounded rights are only good for roles with the declared permissions boundary, where
	// there is one: who may give a role policies could otherwise give it every right.
	bounded bool
}

const (
	keyType       = "aws:kms/key:Key"
	logGroupType  = "aws:cloudwatch/logGroup:LogGroup"
	topicType     = "aws:sns/topic:Topic"
	bucketType    = "aws:s3/bucketV2:BucketV2"
	oldBucketType = "aws:s3/bucket:Bucket"
)

// rights are the rights by type of resource. Sources: AWS's Service Authorization
// Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/), and
// what the aws provider calls for a type.
var rights = map[string][]right{
	// Cognito chooses the ids of pools. Everything else in a pool is the pool's.
	graph.UserPool: {
		{on: everything, write: of("cognito-idp", "CreateUserPool"), when: madeWithTags(graph.UserPool)},
		{on: pools, read: of("cognito-idp", "DescribeUserPool", "GetUserPoolMfaConfig", "ListTagsForResource")},
		{on: pools, when: ownTags(graph.UserPool),
			write: of("cognito-idp", "AddCustomAttributes", "DeleteUserPool", "SetUserPoolMfaConfig", "TagResource", "UntagResource", "UpdateUserPool")},
		{on: pools, write: of("cognito-idp", "TagResource"), when: firstTags(graph.UserPool)},
	},
	graph.UserPoolDomain: {
		{on: everything, read: of("cognito-idp", "DescribeUserPoolDomain")},
		{on: pools, write: of("cognito-idp", "CreateUserPoolDomain", "DeleteUserPoolDomain", "UpdateUserPoolDomain"), when: ownTags(graph.UserPool)},
	},
	graph.UserPoolClient:                        poolPart("UserPoolClient"),
	"aws:cognito/resourceServer:ResourceServer": poolPart("ResourceServer"),
	identityProviderType:                        poolPart("IdentityProvider"),
	userType: {{on: pools, read: of("cognito-idp", "AdminGetUser")}, {on: pools, when: ownTags(graph.UserPool),
		write: of("cognito-idp", "AdminCreateUser", "AdminDeleteUser", "AdminDeleteUserAttributes", "AdminDisableUser", "AdminEnableUser",
			"AdminSetUserPassword", "AdminUpdateUserAttributes")}},

	graph.Role: {{on: itself(roleARN), read: of("iam", "GetRole", "ListAttachedRolePolicies", "ListRolePolicies"),
		write: of("iam", "DeleteRole", "ListInstanceProfilesForRole", "TagRole", "UntagRole", "UpdateAssumeRolePolicy",
			"UpdateRole", "UpdateRoleDescription")}, {on: itself(roleARN), write: of("iam", "CreateRole"), bounded: true}},
	graph.RolePolicy: {{on: itsRole, read: of("iam", "GetRolePolicy")},
		{on: itsRole, write: of("iam", "DeleteRolePolicy", "PutRolePolicy"), bounded: true}},

	graph.Function: {{on: itself(functionARN),
		read: of("lambda", "GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionConfiguration", "ListTags", "ListVersionsByFunction"),
		write: of("lambda", "CreateFunction", "DeleteFunction", "DeleteFunctionConcurrency", "PublishVersion", "PutFunctionConcurrency",
			"TagResource", "UntagResource", "UpdateFunctionCode", "UpdateFunctionConfiguration")}},
	graph.FunctionAlias: {{on: functions, read: of("lambda", "GetAlias"), write: of("lambda", "CreateAlias", "DeleteAlias", "UpdateAlias")}},
	graph.Permission:    {{on: functions, read: of("lambda", "GetPolicy"), write: of("lambda", "AddPermission", "RemovePermission")}},
	"aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": {{on: functions,
		read:  of("lambda", "GetProvisionedConcurrencyConfig"),
		write: of("lambda", "DeleteProvisionedConcurrencyConfig", "PutProvisionedConcurrencyConfig")}},

	// To find a log group by its name is a list of all.
	logGroupType: {
		{on: anyOf("logs", "log-group:*"), read: of("logs", "DescribeLogGroups")},
		{on: itself(logGroupARN), read: of("logs", "ListTagsForResource"),
			write: of("logs", "AssociateKmsKey", "CreateLogGroup", "DeleteLogGroup", "DeleteRetentionPolicy", "DisassociateKmsKey",
				"PutRetentionPolicy", "TagResource", "UntagResource")},
	},
	"aws:cloudwatch/logMetricFilter:LogMetricFilter": {{on: those(logGroupARN, logGroupType), read: of("logs", "DescribeMetricFilters"),
		write: of("logs", "DeleteMetricFilter", "PutMetricFilter")}},
	"aws:cloudwatch/queryDefinition:QueryDefinition": {{on: everything, read: of("logs", "DescribeQueryDefinitions"),
		write: of("logs", "DeleteQueryDefinition", "PutQueryDefinition")}},
	"aws:cloudwatch/metricAlarm:MetricAlarm":       {describeAlarms, {on: itself(alarmARN), read: readAlarm, write: append(of("cloudwatch", "PutMetricAlarm"), writeAlarm...)}},
	"aws:cloudwatch/compositeAlarm:CompositeAlarm": {describeAlarms, {on: itself(alarmARN), read: readAlarm, write: append(of("cloudwatch", "PutCompositeAlarm"), writeAlarm...)}},
	"aws:cloudwatch/dashboard:Dashboard": {{on: itself(dashboardARN), read: of("cloudwatch", "GetDashboard"),
		write: of("cloudwatch", "DeleteDashboards", "PutDashboard")}},

	topicType: {{on: itself(topicARN), read: of("sns", "GetTopicAttributes", "ListTagsForResource"),
		write: of("sns", "CreateTopic", "DeleteTopic", "SetTopicAttributes", "TagResource", "UntagResource")}},
	"aws:sns/topicPolicy:TopicPolicy": {{on: those(topicARN, topicType), read: of("sns", "GetTopicAttributes"), write: of("sns", "SetTopicAttributes")}},
	"aws:sns/topicSubscription:TopicSubscription": {
		{on: those(topicARN, topicType), write: of("sns", "Subscribe")},
		{on: everything, read: of("sns", "GetSubscriptionAttributes"), write: of("sns", "SetSubscriptionAttributes", "Unsubscribe")},
	},

	"aws:appautoscaling/target:Target": {
		describeScaling("DescribeScalableTargets"),
		{on: scalableTargets, read: of("application-autoscaling", "ListTagsForResource"),
			write: of("application-autoscaling", "DeregisterScalableTarget", "RegisterScalableTarget", "TagResource", "UntagResource")},
		{on: serviceLinkedRoles, write: of("iam", "CreateServiceLinkedRole"), condition: condition{
			"StringEquals": {"iam:AWSServiceName": "lambda.application-autoscaling.amazonaws.com"}}},
	},
	"aws:appautoscaling/policy:Policy": {
		describeScaling("DescribeScalingPolicies"),
		{on: scalableTargets, write: of("application-autoscaling", "DeleteScalingPolicy", "PutScalingPolicy")},
	},
	"aws:appautoscaling/scheduledAction:ScheduledAction": {
		describeScaling("DescribeScheduledActions"),
		{on: scalableTargets, write: of("application-autoscaling", "DeleteScheduledAction", "PutScheduledAction")},
	},

	// KMS chooses the ids of keys. It may see the tags of a key five minutes late
	// (https://docs.aws.amazon.com/kms/latest/developerguide/abac.html), and the rotation
	// is enabled at once.
	keyType: {
		{on: everything, write: of("kms", "CreateKey"), when: madeWithTags(keyType)},
		{on: anyOf("kms", "key/*"), read: of("kms", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"),
			write: of("kms", "EnableKeyRotation")},
		{on: anyOf("kms", "key/*"), when: ownTags(keyType),
			write: of("kms", "DisableKeyRotation", "EnableKey", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateKeyDescription")},
		{on: anyOf("kms", "key/*"), write: of("kms", "TagResource"), when: firstTags(keyType)},
	},
	"aws:kms/alias:Alias": {
		{on: everything, read: of("kms", "ListAliases")},
		{on: func(s scope, r graph.Resource) []string { return []string{keyAliasARN(s, r), s.arn("kms", "key/*")} },
			write: of("kms", "CreateAlias", "DeleteAlias", "UpdateAlias")},
	},

	bucketType:    bucketRights,
	oldBucketType: bucketRights,
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     bucketPart("BucketPublicAccessBlock"),
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     bucketPart("BucketOwnershipControls"),
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": bucketPart("EncryptionConfiguration"),
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               bucketPart("BucketVersioning"),
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       bucketPart("LifecycleConfiguration"),
	"aws:s3/bucketLoggingV2:BucketLoggingV2":                                                     bucketPart("BucketLogging"),
	"aws:s3/bucketPolicy:BucketPolicy": {{on: buckets, read: of("s3", "GetBucketPolicy"),
		write: of("s3", "DeleteBucketPolicy", "PutBucketPolicy")}},

	"aws:route53/record:Record": {
		{on: itself(zoneARN), read: of("route53", "GetHostedZone", "ListResourceRecordSets")},
		{on: itself(zoneARN), write: of("route53", "ChangeResourceRecordSets"), when: itsName},
		{on: anyChange, write: of("route53", "GetChange")},
	},

	// HealthLake chooses the ids of datastores, and Cloud Control, through which the
	// aws-native provider works, takes no resources. The rights of other services are
	// those that HealthLake uses on the caller's behalf when it makes a datastore
	// (https://docs.aws.amazon.com/healthlake/latest/devguide/getting-started-setting-up.html).
	graph.Datastore: {
		{on: everything, read: of("cloudformation", "GetResource", "GetResourceRequestStatus"),
			write: of("cloudformation", "CancelResourceRequest", "CreateResource", "DeleteResource", "UpdateResource")},
		{on: everything, write: of("healthlake", "CreateFHIRDatastore"), when: madeWithTags(graph.Datastore)},
		{on: anyOf("healthlake", "datastore/fhir/*"), read: of("healthlake", "DescribeFHIRDatastore", "ListTagsForResource")},
		{on: anyOf("healthlake", "datastore/fhir/*"), when: ownTags(graph.Datastore),
			write: of("healthlake", "DeleteFHIRDatastore", "TagResource", "UntagResource", "UpdateFHIRDatastore")},
		{on: anyOf("healthlake", "datastore/fhir/*"), write: of("healthlake", "TagResource"), when: firstTags(graph.Datastore)},
		{on: functions, write: of("lambda", "InvokeFunction")},
		{on: serviceLinkedRoles, write: of("iam", "CreateServiceLinkedRole")},
		{on: datastoreKeys, read: of("kms", "DescribeKey"), write: of("kms", "CreateGrant", "Decrypt", "GenerateDataKey")},
		{on: everything, write: of("ram", "GetResourceShareInvitations")},
		{on: func(s scope, _ graph.Resource) []string {
			return []string{"arn:" + s.graph.Partition + ":ram:" + s.graph.Region + ":*:resource-share-invitation/*"}
		}, write: of("ram", "AcceptResourceShareInvitation")},
		{on: anyOf("glue", "catalog", "database/*"), write: of("glue", "CreateDatabase", "DeleteDatabase")},
	},
}

const (
	userType             = "aws:cognito/user:User"
	identityProviderType = "aws:cognito/identityProvider:IdentityProvider"
)

var (
	pools           = anyOf("cognito-idp", "userpool/*")
	functions       = those(functionARN, graph.Function)
	buckets         = those(bucketARN, bucketType, oldBucketType)
	scalableTargets = anyOf("application-autoscaling", "scalable-target/*")

	describeAlarms = right{on: anyOf("cloudwatch", "alarm:*"), read: of("cloudwatch", "DescribeAlarms")}
	readAlarm      = of("cloudwatch", "ListTagsForResource")
	writeAlarm     = of("cloudwatch", "DeleteAlarms", "TagResource", "UntagResource")
)

// poolPart is one kind of what is in a user pool.
func poolPart(kind string) []right {
	return []right{
		{on: pools, read: of("cognito-idp", "Describe"+kind)},
		{on: pools, write: of("cognito-idp", "Create"+kind, "Delete"+kind, "Update"+kind), when: ownTags(graph.UserPool)},
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
func bucketPart(setting string) []right {
	return []right{{on: buckets, read: of("s3", "Get"+setting), write: of("s3", "Put"+setting)}}
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
