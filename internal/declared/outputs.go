package declared

import (
	"crypto/rand"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The type tokens that the local cloud brings to life.
const (
	UserPool       = "aws:cognito/userPool:UserPool"
	UserPoolClient = "aws:cognito/userPoolClient:UserPoolClient"
	UserPoolDomain = "aws:cognito/userPoolDomain:UserPoolDomain"
	User           = "aws:cognito/user:User"
	UserInGroup    = "aws:cognito/userInGroup:UserInGroup"
	Function       = "aws:lambda/function:Function"
	FunctionAlias  = "aws:lambda/alias:Alias"
	Permission     = "aws:lambda/permission:Permission"
	Role           = "aws:iam/role:Role"
	RolePolicy     = "aws:iam/rolePolicy:RolePolicy"
	Datastore      = "aws-native:healthlake:FhirDatastore"
)

// ExistingUserPool is the function that looks a user pool up.
const ExistingUserPool = "aws:cognito/getUserPool:getUserPool"

// create gives a resource its id and outputs. Ids follow from the names, so that
// a restart keeps them; secrets do not.
func (g *Graph) create(args pulumi.MockResourceArgs) (string, resource.PropertyMap) {
	properties := args.Inputs.Copy()
	set := func(key, value string) { properties[resource.PropertyKey(key)] = resource.NewStringProperty(value) }
	given := func(key string) string { return Resource{Properties: properties}.Text(key) }
	name := given("name")
	if name == "" && args.Custom {
		name = g.invent(args.Name+"-"+g.digest(args.Name)[:7], args.Name+"-*")
		set("name", name)
	}
	switch args.TypeToken {
	case UserPool:
		id := g.invent(g.Region+"_"+g.token(args.Name)[:9], "*")
		set("arn", g.arn("cognito-idp", "userpool/"+id))
		set("endpoint", "cognito-idp."+g.Region+".amazonaws.com/"+id)
		return id, properties
	case UserPoolClient:
		if secret := properties["generateSecret"]; secret.IsBool() && secret.BoolValue() {
			properties["clientSecret"] = resource.MakeSecret(resource.NewStringProperty(g.invent(strings.ToLower(rand.Text()+rand.Text()), "*")))
		}
		return g.invent(strings.ToLower(g.token(args.Name)[:26]), "*"), properties
	case UserPoolDomain:
		return given("domain"), g.served(args.Name, properties)
	case User:
		set("sub", g.uuidOf(args.Name))
		return given("userPoolId") + "/" + given("username"), properties
	case Function:
		set("arn", g.arn("lambda", "function:"+name))
		set("version", "1")
		return name, properties
	case FunctionAlias:
		set("arn", g.arn("lambda", "function:"+given("functionName")+":"+name))
		return given("functionName") + ":" + name, properties
	case Role:
		set("arn", g.globalARN("iam", "role/"+name))
		return name, properties
	case Datastore:
		id := g.invent(g.digest(args.Name)[:32], "*")
		set("datastoreId", id)
		set("datastoreArn", g.arn("healthlake", "datastore/fhir/"+id))
		set("datastoreEndpoint", "https://healthlake."+g.Region+".amazonaws.com/datastore/"+id+"/r4/")
		set("datastoreStatus", "ACTIVE")
		return id, properties
	default:
		return g.createBystander(args, properties, name), properties
	}
}

// createBystander completes a resource that the local cloud does not bring to life,
// but that others refer to.
func (g *Graph) createBystander(args pulumi.MockResourceArgs, properties resource.PropertyMap, name string) (id string) {
	set := func(key, value string) { properties[resource.PropertyKey(key)] = resource.NewStringProperty(value) }
	switch args.TypeToken {
	case "aws:cloudwatch/logGroup:LogGroup":
		set("arn", g.arn("logs", "log-group:"+name))
		return name
	case "aws:sns/topic:Topic":
		set("arn", g.arn("sns", name))
		return g.arn("sns", name)
	case "aws:s3/bucketV2:BucketV2":
		// S3's provider appends 26 digits of the time: here they are the same at every start.
		prefix := Resource{Properties: properties}.Text("bucketPrefix")
		bucket := g.invent(prefix+g.digest(args.Name)[:26], prefix+"*")
		set("bucket", bucket)
		set("arn", strings.Join([]string{"arn", g.Partition, "s3", "", "", bucket}, ":"))
		return bucket
	case "aws:kms/key:Key":
		set("keyId", g.uuidOf(args.Name))
		set("arn", g.arn("kms", "key/"+g.uuidOf(args.Name)))
		return g.uuidOf(args.Name)
	default:
		return g.invent(g.digest(args.Name)[:16], "*")
	}
}

// served adds where CloudFront serves a domain. The zone is that of all its
// distributions.
func (g *Graph) served(name string, domain resource.PropertyMap) resource.PropertyMap {
	domain["cloudfrontDistribution"] = resource.NewStringProperty(g.invent("d"+g.digest(name)[:13]+".cloudfront.net", "*"))
	domain["cloudfrontDistributionZoneId"] = resource.NewStringProperty("Z2FDTNDATAQYW2")
	return domain
}

func (g *Graph) arn(service, rest string) string {
	return strings.Join([]string{"arn", g.Partition, service, g.Region, g.Account, rest}, ":")
}

func (g *Graph) globalARN(service, rest string) string {
	return strings.Join([]string{"arn", g.Partition, service, "", g.Account, rest}, ":")
}
