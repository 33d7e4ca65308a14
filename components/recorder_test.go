package components_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// The resource types that are declared somewhere in the product.
const (
	userPoolType         = "aws:cognito/userPool:UserPool"
	domainType           = "aws:cognito/userPoolDomain:UserPoolDomain"
	resourceServerType   = "aws:cognito/resourceServer:ResourceServer"
	clientType           = "aws:cognito/userPoolClient:UserPoolClient"
	userType             = "aws:cognito/user:User"
	userGroupType        = "aws:cognito/userGroup:UserGroup"
	userInGroupType      = "aws:cognito/userInGroup:UserInGroup"
	identityProviderType = "aws:cognito/identityProvider:IdentityProvider"
	recordType           = "aws:route53/record:Record"
	logGroupType         = "aws:cloudwatch/logGroup:LogGroup"
	roleType             = "aws:iam/role:Role"
	rolePolicyType       = "aws:iam/rolePolicy:RolePolicy"
	functionType         = "aws:lambda/function:Function"
	aliasType            = "aws:lambda/alias:Alias"
	permissionType       = "aws:lambda/permission:Permission"
	keyType              = "aws:kms/key:Key"
	keyAliasType         = "aws:kms/alias:Alias"
	datastoreType        = "aws-native:healthlake:FhirDatastore"

	apiType         = "aws:apigatewayv2/api:Api"
	integrationType = "aws:apigatewayv2/integration:Integration"
	routeType       = "aws:apigatewayv2/route:Route"
	stageType       = "aws:apigatewayv2/stage:Stage"
	domainNameType  = "aws:apigatewayv2/domainName:DomainName"
	mappingType     = "aws:apigatewayv2/apiMapping:ApiMapping"

	provisionedType      = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
	scalingType          = "aws:appautoscaling/target:Target"
	trackingType         = "aws:appautoscaling/policy:Policy"
	scheduleType         = "aws:appautoscaling/scheduledAction:ScheduledAction"
	alarmType            = "aws:cloudwatch/metricAlarm:MetricAlarm"
	dashboardType        = "aws:cloudwatch/dashboard:Dashboard"
	queryDefinitionType  = "aws:cloudwatch/queryDefinition:QueryDefinition"
	topicType            = "aws:sns/topic:Topic"
	topicPolicyType      = "aws:sns/topicPolicy:TopicPolicy"
	subscriptionType     = "aws:sns/topicSubscription:TopicSubscription"
	bucketType           = "aws:s3/bucketV2:BucketV2"
	publicAccessType     = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	ownershipType        = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
	bucketEncryptionType = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	versioningType       = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	lifecycleType        = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	bucketPolicyType     = "aws:s3/bucketPolicy:BucketPolicy"
	bucketLoggingType    = "aws:s3/bucketLoggingV2:BucketLoggingV2"

	smartDatastoreType      = "smartlake:index:SmartDatastore"
	authorizationServerType = "smartlake:index:AuthorizationServer"
	tokenValidatorType      = "smartlake:index:TokenValidator"
	launchContextType       = "smartlake:index:LaunchContext"
	frontDoorType           = "smartlake:index:FrontDoor"
	bulkDataStoreType       = "smartlake:index:BulkDataStore"
	datastoreGrantType      = "smartlake:index:DatastoreGrant"
	userPoolPermissionType  = "smartlake:index:UserPoolPermission"
)

// unknown stands where an input is not known yet.
const unknown = componentstest.Unknown

// recorder says under which circumstances a program runs, and keeps what it declares,
// asks and says there. The cloud is the one of package componentstest.
type recorder struct {
	region  string
	account string
	project string
	stack   string
	preview bool
	unasked bool                 // whether the providers do not know yet where they deploy to
	refuses error                // what they answer instead, where they cannot be asked
	live    resource.PropertyMap // what a datastore that exists already was created with
	pool    *domains             // of the user pools that exist already, nil where none does

	resources []registered
	invokes   []pulumi.MockCallArgs
	warnings  []string
	outputs   map[string]output
}

// registered is one resource as the program registered it.
type registered = componentstest.Resource

// output is what became of an output of a component or a stack.
type output struct {
	value  any // nil where it stayed unknown
	secret bool
}

// run runs the program in the recorder's cloud. A type that the stand-in for AWS does not
// know is an error: the outputs of what the components declare have AWS's shapes.
func (r *recorder) run(program pulumi.RunFunc) error {
	options := []componentstest.Option{
		componentstest.InRegion(r.region), componentstest.InAccount(r.account),
		componentstest.InProject(r.project), componentstest.InStack(r.stack),
		componentstest.WithMocks(func(aws pulumi.MockResourceMonitor) pulumi.MockResourceMonitor { return inCircumstances{aws, r} }),
	}
	if r.pool != nil {
		options = append(options, componentstest.WithUserPool(componentstest.UserPool{Domain: r.pool.prefix, CustomDomain: r.pool.custom}))
	}
	cloud := componentstest.NewCloud(options...)
	runs := cloud.Run
	if r.preview {
		runs = cloud.Preview
	}
	err := runs(program)
	r.resources, r.invokes, r.warnings, r.outputs = cloud.Resources(), cloud.Calls(), cloud.Warnings(), map[string]output{}
	for name, became := range cloud.Outputs() {
		r.outputs[name] = output{became.Value, became.Secret}
	}
	return err
}

// inCircumstances changes what AWS answers where a test asks for it.
type inCircumstances struct {
	pulumi.MockResourceMonitor
	*recorder
}

func (c inCircumstances) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.Custom && !declared.Knows(args.TypeToken) {
		return "", nil, fmt.Errorf("the stand-in for AWS knows no resource of type %q", args.TypeToken)
	}
	id, outputs, err := c.MockResourceMonitor.NewResource(args)
	if err != nil {
		return "", nil, err
	}
	outputs = outputs.Copy()
	if outputs.HasValue("clientSecret") { // AWS's is another each time
		outputs["clientSecret"] = resource.NewProperty("secret-of-" + args.Name)
	}
	if args.TypeToken == datastoreType && c.live != nil { // changes are ignored
		for _, ignored := range args.RegisterRPC.GetIgnoreChanges() {
			name := resource.PropertyKey(ignored)
			if delete(outputs, name); c.live.HasValue(name) {
				outputs[name] = c.live[name]
			}
		}
	}
	return id, outputs, nil
}

func (c inCircumstances) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	switch {
	case c.refuses != nil:
		return nil, c.refuses
	case c.unasked:
		return resource.PropertyMap{}, nil
	}
	return c.MockResourceMonitor.Call(args)
}

func (r *recorder) output(name string) output {
	return r.outputs[name]
}

// find returns the one resource of a type and name.
func (r *recorder) find(t *testing.T, typ, name string) registered {
	t.Helper()
	for _, one := range r.resources {
		if one.GetType() == typ && one.GetName() == name {
			return one
		}
	}
	t.Fatalf("no %s %q is declared; there are\n  %s", typ, name, strings.Join(r.names(), "\n  "))
	return registered{}
}

// of returns the resources of a type, sorted by name.
func (r *recorder) of(typ string) []registered {
	var all []registered
	for _, one := range r.resources {
		if one.GetType() == typ {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b registered) int { return strings.Compare(a.GetName(), b.GetName()) })
	return all
}

// names lists "<type> <name>" of everything declared, sorted.
func (r *recorder) names() []string {
	var names []string
	for _, one := range r.resources {
		names = append(names, one.GetType()+" "+one.GetName())
	}
	slices.Sort(names)
	return names
}

// The identifiers that the cloud gives to what has a certain name.

func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

func uuid(hash string) string {
	return hash[:8] + "-" + hash[8:12] + "-" + hash[12:16] + "-" + hash[16:20] + "-" + hash[20:32]
}

func (r *recorder) arn(service, rest string) string {
	return declared.AWS{Region: r.region, Account: r.account}.ARN(service, rest)
}

func partitionOf(region string) string { return declared.AWS{Region: region}.Partition() }

func roleARN(name, region string) string {
	return "arn:" + partitionOf(region) + ":iam::" + account + ":role/" + physicalName(name)
}

// bucketName stands for S3's provider, which appends 26 digits to a prefix.
func bucketName(prefix, name string) string { return prefix + digest(name)[:26] }

func physicalName(name string) string { return name + "-" + digest(name)[:7] }

func clientID(name string) string { return digest(name)[:26] }

func apiID(name string) string { return digest(name)[:10] }

func userPoolID(name, region string) string { return region + "_" + digest(name)[:9] }

// cloudFrontOf is where CloudFront serves the domain of a certain name.
func cloudFrontOf(domain string) string { return "d" + digest(domain)[:13] + ".cloudfront.net" }
