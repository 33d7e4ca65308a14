package tests_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
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

	provisionedType      = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
	scalingType          = "aws:appautoscaling/target:Target"
	trackingType         = "aws:appautoscaling/policy:Policy"
	scheduleType         = "aws:appautoscaling/scheduledAction:ScheduledAction"
	alarmType            = "aws:cloudwatch/metricAlarm:MetricAlarm"
	dashboardType        = "aws:cloudwatch/dashboard:Dashboard"
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
	bulkDataStoreType       = "smartlake:index:BulkDataStore"
)

// unknown stands where an input is not known yet.
const unknown = "<unknown>"

// recorder stands in for the engine and for AWS: it keeps what a program declares,
// asks and says, and answers with outputs as AWS would shape them. In a preview it
// answers like the engine does before anything exists: inputs come back, nothing
// is computed, and invokes work. It checks no schema, applies no provider
// defaults, and computes no difference to an earlier run.
type recorder struct {
	region  string
	account string
	project string
	stack   string
	preview bool
	config  map[string]string    // the stack's
	unasked bool                 // whether the providers do not know yet where they deploy to
	refuses error                // what they answer instead, where they cannot be asked
	live    resource.PropertyMap // what a datastore that exists already was created with
	pool    *domains             // of the user pools that exist already, nil where none does

	mu        sync.Mutex
	resources []registered
	invokes   []pulumi.MockCallArgs
	warnings  []string
	outputs   map[string]output
}

// registered is one resource as the program registered it.
type registered struct {
	*pulumirpc.RegisterResourceRequest
	URN    string
	Inputs map[string]any // secrets are {"secret": value}, archives {"archive": path}
}

// output is what became of an output of a component or a stack.
type output struct {
	value  any // nil where it stayed unknown
	secret bool
}

// NewResource records a resource and answers with its id and outputs.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	inputs, err := plugin.UnmarshalProperties(args.RegisterRPC.GetObject(), plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, KeepResources: true,
	})
	if err != nil {
		return "", nil, err
	}
	id, computed, err := r.answer(args)
	if err != nil {
		return "", nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources = append(r.resources, registered{args.RegisterRPC, r.urn(args), plain(resource.NewProperty(inputs)).(map[string]any)})
	outputs := args.Inputs.Copy()
	if args.TypeToken == datastoreType && r.live != nil { // changes are ignored
		for _, ignored := range args.RegisterRPC.GetIgnoreChanges() {
			name := resource.PropertyKey(ignored)
			if delete(outputs, name); r.live.HasValue(name) {
				outputs[name] = r.live[name]
			}
		}
	}
	if r.preview && args.Custom && !strings.HasPrefix(args.TypeToken, "pulumi:providers:") {
		return "", outputs, nil
	}
	for name, value := range computed {
		outputs[resource.PropertyKey(name)] = resource.NewProperty(value)
	}
	return id, outputs, nil
}

// urn is the URN that the SDK's mock monitor, which calls the recorder, will give.
func (r *recorder) urn(args pulumi.MockResourceArgs) string {
	typ := args.TypeToken
	if parent := resource.URN(args.RegisterRPC.GetParent()); parent != "" && parent.QualifiedType() != resource.RootStackType {
		typ = string(parent.QualifiedType()) + "$" + typ
	}
	return "urn:pulumi:" + r.stack + "::" + r.project + "::" + typ + "::" + args.Name
}

// answer is what AWS computes for a resource.
func (r *recorder) answer(args pulumi.MockResourceArgs) (id string, computed map[string]string, err error) {
	text := func(key string) string { return stringOf(args.Inputs[resource.PropertyKey(key)]) }
	hash := digest(args.Name)
	physical := physicalName(args.Name)
	switch args.TypeToken {
	case userPoolType:
		id = r.region + "_" + hash[:9]
		return id, map[string]string{"arn": r.arn("cognito-idp", "userpool/"+id), "endpoint": "cognito-idp." + r.region + ".amazonaws.com/" + id}, nil
	case domainType:
		return text("domain"), map[string]string{
			"cloudfrontDistribution": cloudFrontDistribution, "cloudfrontDistributionZoneId": cloudFrontZone,
		}, nil
	case identityProviderType:
		return text("userPoolId") + ":" + text("providerName"), nil, nil
	case recordType:
		return text("zoneId") + "_" + text("name") + "_" + text("type"), map[string]string{"fqdn": text("name")}, nil
	case resourceServerType:
		return text("userPoolId") + "|" + text("identifier"), nil, nil
	case clientType:
		computed = map[string]string{}
		if args.Inputs["generateSecret"].IsBool() && args.Inputs["generateSecret"].BoolValue() {
			computed["clientSecret"] = "secret-of-" + args.Name
		}
		return clientID(args.Name), computed, nil
	case userType:
		return text("userPoolId") + "/" + text("username"), nil, nil
	case userGroupType:
		return text("userPoolId") + "/" + text("name"), nil, nil
	case userInGroupType:
		return text("userPoolId") + "/" + text("groupName") + "/" + text("username"), nil, nil
	case logGroupType:
		return physical, map[string]string{"name": physical, "arn": r.arn("logs", "log-group:"+physical)}, nil
	case roleType:
		return physical, map[string]string{"name": physical, "arn": "arn:" + partitionOf(r.region) + ":iam::" + r.account + ":role/" + physical}, nil
	case rolePolicyType:
		return text("role") + ":" + physical, map[string]string{"name": physical}, nil
	case functionType:
		return physical, map[string]string{"name": physical, "arn": r.arn("lambda", "function:"+physical), "version": "1"}, nil
	case aliasType:
		arn := r.arn("lambda", "function:"+text("functionName")+":"+text("name"))
		return arn, map[string]string{"arn": arn}, nil
	case permissionType:
		return physical, map[string]string{"statementId": physical}, nil
	case keyType:
		id = uuid(hash)
		return id, map[string]string{"keyId": id, "arn": r.arn("kms", "key/"+id)}, nil
	case keyAliasType:
		return "alias/" + physical, map[string]string{"name": "alias/" + physical, "arn": r.arn("kms", "alias/"+physical)}, nil
	case datastoreType:
		id = hash[:32]
		return id, map[string]string{
			"datastoreId": id, "datastoreStatus": "ACTIVE", "datastoreArn": r.arn("healthlake", "datastore/fhir/"+id),
			"datastoreEndpoint": "https://healthlake." + r.region + ".amazonaws.com/datastore/" + id + "/r4/",
		}, nil
	case provisionedType:
		return text("functionName") + "," + text("qualifier"), nil, nil
	case scalingType:
		return text("resourceId"), map[string]string{"arn": r.arn("application-autoscaling", "scalable-target/"+hash[:24])}, nil
	case trackingType, scheduleType:
		return physical, map[string]string{"name": physical, "arn": r.arn("autoscaling", physical)}, nil
	case alarmType:
		return physical, map[string]string{"name": physical, "arn": r.arn("cloudwatch", "alarm:"+physical)}, nil
	case dashboardType:
		arn := "arn:" + partitionOf(r.region) + ":cloudwatch::" + r.account + ":dashboard/" + text("dashboardName")
		return text("dashboardName"), map[string]string{"dashboardArn": arn}, nil
	case topicType:
		arn := r.arn("sns", physical)
		return arn, map[string]string{"name": physical, "arn": arn}, nil
	case topicPolicyType:
		return text("arn"), map[string]string{"owner": r.account}, nil
	case subscriptionType:
		arn := text("topic") + ":" + uuid(hash)
		return arn, map[string]string{"arn": arn}, nil
	case bucketType:
		id = bucketName(text("bucketPrefix"), args.Name)
		return id, map[string]string{"bucket": id, "arn": "arn:" + partitionOf(r.region) + ":s3:::" + id}, nil
	case publicAccessType, ownershipType, bucketEncryptionType, versioningType, lifecycleType, bucketPolicyType, bucketLoggingType:
		return text("bucket"), nil, nil // one of each, so the bucket's name is their id
	case "pulumi:providers:aws", "pulumi:providers:aws-native":
		return "id-of-" + args.Name, nil, nil
	case smartDatastoreType, authorizationServerType, tokenValidatorType, launchContextType, bulkDataStoreType:
		return "", nil, nil
	}
	return "", nil, fmt.Errorf("the recorder knows no resource of type %q", args.TypeToken)
}

// Call answers the invokes that say where the program deploys to.
func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.invokes = append(r.invokes, args)
	answers := map[string]resource.PropertyMap{
		"aws:index/getRegion:getRegion":                 {"name": resource.NewProperty(r.region), "id": resource.NewProperty(r.region)},
		"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": resource.NewProperty(r.account), "id": resource.NewProperty(r.account)},
		"aws:index/getPartition:getPartition":           {"partition": resource.NewProperty(partitionOf(r.region)), "id": resource.NewProperty(partitionOf(r.region))},
	}
	if args.Token == getUserPool && r.pool != nil {
		return existingPool(args.Args["userPoolId"].StringValue(), r), nil
	}
	answer, ok := answers[args.Token]
	if r.refuses != nil {
		return nil, r.refuses
	}
	if r.unasked {
		return resource.PropertyMap{}, nil
	}
	if !ok {
		return nil, fmt.Errorf("the recorder knows no function %q", args.Token)
	}
	return answer, nil
}

// Debug, Info, Warn and Error make the recorder a [pulumi.Log], since the SDK's
// mock engine drops what a program says. Only warnings are kept.
func (r *recorder) Debug(string, *pulumi.LogArgs) error { return nil }
func (r *recorder) Info(string, *pulumi.LogArgs) error  { return nil }
func (r *recorder) Error(string, *pulumi.LogArgs) error { return nil }

func (r *recorder) Warn(message string, _ *pulumi.LogArgs) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warnings = append(r.warnings, message)
	return nil
}

// watch waits for what becomes of an output, and keeps it.
func (r *recorder) watch(name string, value pulumi.Output) {
	var known any
	secret := pulumi.IsSecret(value.ApplyT(func(value any) any {
		known = value
		return nil
	}))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.outputs == nil {
		r.outputs = map[string]output{}
	}
	r.outputs[name] = output{known, secret}
}

func (r *recorder) output(name string) output {
	r.mu.Lock()
	defer r.mu.Unlock()
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

// plain turns a property into what encoding/json makes of the same data.
func plain(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return map[string]any{"secret": plain(value.SecretValue().Element)}
	case value.IsComputed(), value.IsOutput():
		return unknown
	case value.IsArchive():
		return map[string]any{"archive": value.ArchiveValue().Path}
	case value.IsArray():
		list := []any{}
		for _, element := range value.ArrayValue() {
			list = append(list, plain(element))
		}
		return list
	case value.IsObject():
		object := map[string]any{}
		for key, element := range value.ObjectValue() {
			object[string(key)] = plain(element)
		}
		return object
	default:
		return value.V
	}
}

func stringOf(value resource.PropertyValue) string {
	if value.IsString() {
		return value.StringValue()
	}
	return ""
}

func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

func uuid(hash string) string {
	return hash[:8] + "-" + hash[8:12] + "-" + hash[12:16] + "-" + hash[16:20] + "-" + hash[20:32]
}

func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "eusc-"):
		return "aws-eusc"
	default:
		return "aws"
	}
}

func (r *recorder) arn(service, rest string) string {
	return "arn:" + partitionOf(r.region) + ":" + service + ":" + r.region + ":" + r.account + ":" + rest
}

// The identifiers that the recorder gives to what has a certain name.

func roleARN(name, region string) string {
	return "arn:" + partitionOf(region) + ":iam::" + account + ":role/" + physicalName(name)
}

// bucketName stands for S3's provider, which appends 26 digits to a prefix.
func bucketName(prefix, name string) string { return prefix + digest(name)[:26] }

func physicalName(name string) string { return name + "-" + digest(name)[:7] }

func clientID(name string) string { return digest(name)[:26] }

func userPoolID(name, region string) string { return region + "_" + digest(name)[:9] }
