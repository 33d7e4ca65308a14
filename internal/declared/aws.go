package declared

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AWS answers for AWS and its Pulumi providers, in their shapes: what a resource gets
// when it is created, and where a program deploys to. Every stand-in of this repository
// that needs such answers takes them from here. It remembers nothing and checks nothing.
//
// Identifiers follow from the names of the resources, so that a restart keeps them;
// secrets differ each time, unless Secret makes them.
type AWS struct {
	Region  string
	Account string // 12 digits
	// Seed that identifiers and the endings of names follow from, besides the names of
	// their resources.
	Seed string
	// Secret returns 52 characters of A-Z and 2-7 for a label, that nobody can guess. Nil
	// makes random ones.
	Secret func(label string) string

	// invented is told of each value that AWS or Pulumi will choose, with what can be
	// said of it before. Nil for nobody.
	invented func(value, pattern string)
}

// Partition is that of the region.
func (a AWS) Partition() string {
	for prefix, partition := range map[string]string{"us-gov-": "aws-us-gov", "cn-": "aws-cn", "eusc-": "aws-eusc"} {
		if strings.HasPrefix(a.Region, prefix) {
			return partition
		}
	}
	return "aws"
}

// ARN is the name of something in the account and region.
func (a AWS) ARN(service, rest string) string {
	return strings.Join([]string{"arn", a.Partition(), service, a.Region, a.Account, rest}, ":")
}

// GlobalARN is the name of something in the account and in no region.
func (a AWS) GlobalARN(service, rest string) string {
	return strings.Join([]string{"arn", a.Partition(), service, "", a.Account, rest}, ":")
}

// at is AWS as an explicit provider reaches it, by the reference that the program got:
// the id of a provider is its region here, so that nothing needs to remember it. Without
// a provider it is AWS as it is.
func (a AWS) at(provider string) AWS {
	if reference, err := providers.ParseReference(provider); err == nil && isProvider(string(reference.URN().Type())) {
		a.Region = strings.TrimPrefix(string(reference.ID()), noRegion)
	}
	return a
}

// isProvider reports whether a type is that of providers of AWS.
func isProvider(typ string) bool { return typ == Provider || typ == NativeProvider }

// noRegion is the id of a provider for which nothing says a region.
const noRegion = "no-region"

// Call answers the invokes that ask where the program deploys to. Any other is an error.
func (a AWS) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	a = a.at(args.Provider)
	answers := map[string]map[string]any{
		"aws:index/getRegion:getRegion":                 {"name": a.Region, "id": a.Region},
		"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": a.Account, "id": a.Account},
		"aws:index/getPartition:getPartition":           {"partition": a.Partition(), "id": a.Partition(), "dnsSuffix": "amazonaws.com"},
	}
	answer, ok := answers[args.Token]
	if !ok {
		return nil, fmt.Errorf("%s: this function asks AWS or a provider, and nothing is asked of either here; only the region, the account and the partition are known", args.Token)
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

// ExistingPool is the answer about a user pool that exists already, with a domain of
// its own.
func (a AWS) ExistingPool(id string) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(map[string]any{
		"id":         id,
		"userPoolId": id,
		"arn":        a.ARN("cognito-idp", "userpool/"+id),
		"domain":     a.invent("domain-"+a.digest(id)[:16], "*"),
	})
}

// NewResource gives a resource its id and its outputs, its inputs among them.
func (a AWS) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	n := newborn{AWS: a.at(args.Provider), resource: args.Name, properties: args.Inputs.Copy()}
	if isProvider(args.TypeToken) {
		return cmp.Or(n.given("region"), n.Region, noRegion), n.properties, nil
	}
	if n.name = n.given("name"); n.name == "" && args.Custom {
		n.name = a.invent(args.Name+"-"+a.digest(args.Name)[:7], args.Name+"-*")
		n.set("name", n.name)
	}
	if id, known := n.complete(args.TypeToken); known {
		return id, n.properties, nil
	}
	return a.invent(a.digest(args.Name)[:16], "*"), n.properties, nil
}

// Knows reports whether the outputs of a type of resource have AWS's shapes here. A
// resource of any other type gets its inputs back.
func Knows(typ string) bool {
	_, known := newborn{properties: resource.PropertyMap{}}.complete(typ)
	return known || strings.HasPrefix(typ, "pulumi:providers:")
}

// newborn is a resource that is being created.
type newborn struct {
	AWS
	resource   string // its name in Pulumi
	name       string // its physical name: a given one, or what Pulumi makes of it
	properties resource.PropertyMap
}

func (n newborn) set(key, value string) {
	n.properties[resource.PropertyKey(key)] = resource.NewStringProperty(value)
}

func (n newborn) given(key string) string { return Resource{Properties: n.properties}.Text(key) }

// complete adds what AWS computes for a type that is known here.
func (n newborn) complete(typ string) (id string, known bool) {
	for _, complete := range []func(string) (string, bool){n.identity, n.serving, n.publishing, n.watching, n.storing} {
		if id, known = complete(typ); known {
			return id, true
		}
	}
	return "", false
}

// identity completes what Cognito and IAM create.
func (n newborn) identity(typ string) (id string, known bool) {
	switch typ {
	case UserPool:
		id := n.invent(n.Region+"_"+n.digest(n.resource)[:9], "*")
		n.set("arn", n.ARN("cognito-idp", "userpool/"+id))
		n.set("endpoint", "cognito-idp."+n.Region+".amazonaws.com/"+id)
		return id, true
	case UserPoolClient:
		if secret := n.properties["generateSecret"]; secret.IsBool() && secret.BoolValue() {
			n.properties["clientSecret"] = resource.MakeSecret(resource.NewStringProperty(n.invent(strings.ToLower(n.secret("secret of client "+n.resource)), "*")))
		}
		return n.invent(n.digest(n.resource)[:26], "*"), true
	case UserPoolDomain: // where CloudFront serves it; the zone is that of all distributions
		n.set("cloudfrontDistribution", n.invent("d"+n.digest(n.resource)[:13]+".cloudfront.net", "*"))
		n.set("cloudfrontDistributionZoneId", "Z2FDTNDATAQYW2")
		return n.given("domain"), true
	case ResourceServer:
		return n.given("userPoolId") + "|" + n.given("identifier"), true
	case IdentityProvider:
		return n.given("userPoolId") + ":" + n.given("providerName"), true
	case User:
		n.set("sub", n.uuid(n.resource))
		return n.given("userPoolId") + "/" + n.given("username"), true
	case UserGroup:
		return n.given("userPoolId") + "/" + n.given("name"), true
	case UserInGroup:
		return n.given("userPoolId") + "/" + n.given("groupName") + "/" + n.given("username"), true
	case Role:
		n.set("arn", n.GlobalARN("iam", "role/"+n.name))
		return n.name, true
	case RolePolicy:
		return n.given("role") + ":" + n.name, true
	case RolePolicyAttachment:
		return n.given("role") + "-" + n.digest(n.resource)[:26], true
	case Policy:
		n.set("arn", n.GlobalARN("iam", "policy/"+n.name))
		return n.GlobalARN("iam", "policy/"+n.name), true
	case OpenIDConnectProvider:
		n.set("arn", n.GlobalARN("iam", "oidc-provider/"+strings.TrimPrefix(n.given("url"), "https://")))
		return n.GlobalARN("iam", "oidc-provider/"+strings.TrimPrefix(n.given("url"), "https://")), true
	}
	return "", false
}

// serving completes functions, their scaling, and datastores.
func (n newborn) serving(typ string) (id string, known bool) {
	switch typ {
	case Function:
		n.set("arn", n.ARN("lambda", "function:"+n.name))
		n.set("version", "1")
		return n.name, true
	case FunctionAlias:
		arn := n.ARN("lambda", "function:"+n.given("functionName")+":"+n.name)
		n.set("arn", arn)
		n.set("invokeArn", "arn:"+n.Partition()+":apigateway:"+n.Region+":lambda:path/2015-03-31/functions/"+arn+"/invocations")
		return n.given("functionName") + ":" + n.name, true
	case Permission:
		n.set("statementId", n.name)
		return n.name, true
	case ProvisionedConcurrency:
		return n.given("functionName") + "," + n.given("qualifier"), true
	case ScalableTarget:
		n.set("arn", n.ARN("application-autoscaling", "scalable-target/"+n.invent(n.digest(n.resource)[:24], "*")))
		return n.given("resourceId"), true
	case ScalingPolicy, ScheduledAction:
		n.set("arn", n.ARN("autoscaling", n.name))
		return n.name, true
	case Datastore:
		id := n.invent(n.digest(n.resource)[:32], "*")
		n.set("datastoreId", id)
		n.set("datastoreArn", n.ARN("healthlake", "datastore/fhir/"+id))
		n.set("datastoreEndpoint", "https://healthlake."+n.Region+".amazonaws.com/datastore/"+id+"/r4/")
		n.set("datastoreStatus", "ACTIVE")
		return id, true
	}
	return "", false
}

// publishing completes HTTP APIs. API Gateway's own ARNs name no account.
func (n newborn) publishing(typ string) (id string, known bool) {
	gatewayARN := func(path string) string { return "arn:" + n.Partition() + ":apigateway:" + n.Region + "::" + path }
	switch typ {
	case API:
		id := n.invent(n.digest(n.resource)[:10], "*")
		n.set("arn", gatewayARN("/apis/"+id))
		n.set("apiEndpoint", "https://"+id+".execute-api."+n.Region+".amazonaws.com")
		n.set("executionArn", n.ARN("execute-api", id))
		return id, true
	case APIIntegration, APIRoute, APIMapping:
		return n.invent(n.digest(n.resource)[:7], "*"), true
	case APIStage:
		path := "/apis/" + n.given("apiId") + "/stages/" + n.name
		n.set("arn", gatewayARN(path))
		n.set("executionArn", n.ARN("execute-api", n.given("apiId")+"/"+n.name))
		n.set("invokeUrl", "https://"+n.given("apiId")+".execute-api."+n.Region+".amazonaws.com/")
		n.set("deploymentId", n.invent(n.digest(n.resource)[:6], "*"))
		return n.name, true
	case APIDomainName:
		name := n.given("domainName")
		n.set("arn", gatewayARN("/domainnames/"+name))
		if configuration := n.properties["domainNameConfiguration"]; configuration.IsObject() {
			served := configuration.ObjectValue().Copy()
			target := n.invent("d-"+n.digest(n.resource)[:10], "d-*") + ".execute-api." + n.Region + ".amazonaws.com"
			served["targetDomainName"] = resource.NewStringProperty(target)
			served["hostedZoneId"] = resource.NewStringProperty(n.invent("Z"+strings.ToUpper(n.digest(n.resource)[:13]), "*"))
			n.properties["domainNameConfiguration"] = resource.NewObjectProperty(served)
		}
		return name, true
	}
	return "", false
}

// watching completes logs, alarms and what carries them.
func (n newborn) watching(typ string) (id string, known bool) {
	switch typ {
	case LogGroup:
		n.set("arn", n.ARN("logs", "log-group:"+n.name))
		return n.name, true
	case MetricAlarm:
		n.set("arn", n.ARN("cloudwatch", "alarm:"+n.name))
		return n.name, true
	case Dashboard:
		n.set("dashboardArn", n.GlobalARN("cloudwatch", "dashboard/"+n.given("dashboardName")))
		return n.given("dashboardName"), true
	case QueryDefinition: // CloudWatch Logs chooses its id
		id := n.uuid(n.resource)
		n.set("arn", n.ARN("logs", "query-definition:"+id))
		n.set("queryDefinitionId", id)
		return id, true
	case Topic:
		n.set("arn", n.ARN("sns", n.name))
		return n.ARN("sns", n.name), true
	case TopicPolicy:
		n.set("owner", n.Account)
		return n.given("arn"), true
	case TopicSubscription:
		arn := n.given("topic") + ":" + n.uuid(n.resource)
		n.set("arn", arn)
		return arn, true
	}
	return "", false
}

// storing completes buckets, keys and DNS records.
func (n newborn) storing(typ string) (id string, known bool) {
	switch typ {
	case Bucket: // S3's provider appends 26 digits of the time: here they are the same at every start
		prefix := n.given("bucketPrefix")
		bucket := n.invent(prefix+n.digest(n.resource)[:26], prefix+"*")
		n.set("bucket", bucket)
		n.set("arn", strings.Join([]string{"arn", n.Partition(), "s3", "", "", bucket}, ":"))
		return bucket, true
	case BucketPublicAccessBlock, BucketOwnershipControls, BucketEncryption, BucketVersioning, BucketLifecycle, BucketPolicy, BucketLogging:
		return n.given("bucket"), true // one of each, so the bucket's name is their id
	case Key:
		id := n.uuid(n.resource)
		n.set("keyId", id)
		n.set("arn", n.ARN("kms", "key/"+id))
		return id, true
	case KeyAlias:
		if !strings.HasPrefix(n.name, "alias/") { // Pulumi names it so
			n.name = n.invent("alias/"+n.name, "alias/"+n.resource+"-*")
			n.set("name", n.name)
		}
		n.set("arn", n.ARN("kms", n.name))
		return n.name, true
	case Record:
		n.set("fqdn", n.given("name"))
		return n.given("zoneId") + "_" + n.given("name") + "_" + n.given("type"), true
	}
	return "", false
}

// invent tells of a value that AWS or Pulumi will choose, and returns it.
func (a AWS) invent(value, pattern string) string {
	if a.invented != nil {
		a.invented(value, pattern)
	}
	return value
}

func (a AWS) secret(label string) string {
	if a.Secret == nil {
		return rand.Text() + rand.Text()
	}
	return a.Secret(label)
}

func (a AWS) digest(name string) string {
	sum := sha256.Sum256([]byte(a.Seed + name))
	return hex.EncodeToString(sum[:])
}

// uuid has a UUID's shape and follows from a name.
func (a AWS) uuid(name string) string {
	h := a.digest(name)
	return a.invent(h[:8]+"-"+h[8:12]+"-"+h[12:16]+"-"+h[16:20]+"-"+h[20:32], "*")
}
