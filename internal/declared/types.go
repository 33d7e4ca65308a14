package declared

// The type tokens of what the components declare.
const (
	UserPool         = "aws:cognito/userPool:UserPool"
	UserPoolClient   = "aws:cognito/userPoolClient:UserPoolClient"
	UserPoolDomain   = "aws:cognito/userPoolDomain:UserPoolDomain"
	ResourceServer   = "aws:cognito/resourceServer:ResourceServer"
	IdentityProvider = "aws:cognito/identityProvider:IdentityProvider"
	User             = "aws:cognito/user:User"
	UserGroup        = "aws:cognito/userGroup:UserGroup"
	UserInGroup      = "aws:cognito/userInGroup:UserInGroup"

	Role       = "aws:iam/role:Role"
	RolePolicy = "aws:iam/rolePolicy:RolePolicy"

	// What the roles of a pipeline take besides.
	Policy                = "aws:iam/policy:Policy"
	RolePolicyAttachment  = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	OpenIDConnectProvider = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"

	Function               = "aws:lambda/function:Function"
	FunctionAlias          = "aws:lambda/alias:Alias"
	Permission             = "aws:lambda/permission:Permission"
	ProvisionedConcurrency = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
	ScalableTarget         = "aws:appautoscaling/target:Target"
	ScalingPolicy          = "aws:appautoscaling/policy:Policy"
	ScheduledAction        = "aws:appautoscaling/scheduledAction:ScheduledAction"

	API            = "aws:apigatewayv2/api:Api"
	APIIntegration = "aws:apigatewayv2/integration:Integration"
	APIRoute       = "aws:apigatewayv2/route:Route"
	APIStage       = "aws:apigatewayv2/stage:Stage"
	APIDomainName  = "aws:apigatewayv2/domainName:DomainName"
	APIMapping     = "aws:apigatewayv2/apiMapping:ApiMapping"

	Datastore = "aws-native:healthlake:FhirDatastore"

	LogGroup          = "aws:cloudwatch/logGroup:LogGroup"
	MetricAlarm       = "aws:cloudwatch/metricAlarm:MetricAlarm"
	Dashboard         = "aws:cloudwatch/dashboard:Dashboard"
	QueryDefinition   = "aws:cloudwatch/queryDefinition:QueryDefinition"
	Topic             = "aws:sns/topic:Topic"
	TopicPolicy       = "aws:sns/topicPolicy:TopicPolicy"
	TopicSubscription = "aws:sns/topicSubscription:TopicSubscription"

	Bucket                  = "aws:s3/bucketV2:BucketV2"
	OldBucket               = "aws:s3/bucket:Bucket"
	BucketPublicAccessBlock = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	BucketOwnershipControls = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
	BucketEncryption        = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	BucketVersioning        = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	BucketLifecycle         = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	BucketPolicy            = "aws:s3/bucketPolicy:BucketPolicy"
	BucketLogging           = "aws:s3/bucketLoggingV2:BucketLoggingV2"

	Key      = "aws:kms/key:Key"
	KeyAlias = "aws:kms/alias:Alias"

	Record = "aws:route53/record:Record"
)

// The providers of AWS that a program makes for itself.
const (
	Provider       = "pulumi:providers:aws"
	NativeProvider = "pulumi:providers:aws-native"
)

// The component that holds all the others, and those with a function.
const (
	SmartDatastore = "smartlake:index:SmartDatastore"
	TokenValidator = "smartlake:index:TokenValidator"
	LaunchContext  = "smartlake:index:LaunchContext"
	FrontDoor      = "smartlake:index:FrontDoor"
)

// ExistingUserPool is the function that looks a user pool up.
const ExistingUserPool = "aws:cognito/getUserPool:getUserPool"
