package graph

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
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
	Function       = "aws:lambda/function:Function"
	FunctionAlias  = "aws:lambda/alias:Alias"
	Permission     = "aws:lambda/permission:Permission"
	Role           = "aws:iam/role:Role"
	RolePolicy     = "aws:iam/rolePolicy:RolePolicy"
	Datastore      = "aws-native:healthlake:FhirDatastore"
)

// create gives a resource its id and outputs. Ids follow from the names, so that
// a restart keeps them; secrets do not.
func (g *Graph) create(args pulumi.MockResourceArgs) (string, resource.PropertyMap) {
	properties := args.Inputs.Copy()
	set := func(key, value string) { properties[resource.PropertyKey(key)] = resource.NewStringProperty(value) }
	given := func(key string) string { return Resource{Properties: properties}.Text(key) }
	name := given("name")
	if name == "" && args.Custom {
		name = args.Name + "-" + digest(args.Name)[:7]
		set("name", name)
	}
	switch args.TypeToken {
	case UserPool:
		id := g.Region + "_" + token(args.Name)[:9]
		set("arn", g.arn("cognito-idp", "userpool/"+id))
		set("endpoint", "cognito-idp."+g.Region+".amazonaws.com/"+id)
		return id, properties
	case UserPoolClient:
		if secret := properties["generateSecret"]; secret.IsBool() && secret.BoolValue() {
			properties["clientSecret"] = resource.MakeSecret(resource.NewStringProperty(strings.ToLower(rand.Text() + rand.Text())))
		}
		return strings.ToLower(token(args.Name)[:26]), properties
	case UserPoolDomain:
		return given("domain"), served(args.Name, properties)
	case User:
		set("sub", uuidOf(args.Name))
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
		id := digest(args.Name)[:32]
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
		bucket := Resource{Properties: properties}.Text("bucketPrefix") + digest(args.Name)[:26]
		set("bucket", bucket)
		set("arn", strings.Join([]string{"arn", g.Partition, "s3", "", "", bucket}, ":"))
		return bucket
	case "aws:kms/key:Key":
		set("keyId", uuidOf(args.Name))
		set("arn", g.arn("kms", "key/"+uuidOf(args.Name)))
		return uuidOf(args.Name)
	default:
		return digest(args.Name)[:16]
	}
}

// served adds where CloudFront serves a domain. The zone is that of all its
// distributions.
func served(name string, domain resource.PropertyMap) resource.PropertyMap {
	domain["cloudfrontDistribution"] = resource.NewStringProperty("d" + digest(name)[:13] + ".cloudfront.net")
	domain["cloudfrontDistributionZoneId"] = resource.NewStringProperty("Z2FDTNDATAQYW2")
	return domain
}

func (g *Graph) arn(service, rest string) string {
	return strings.Join([]string{"arn", g.Partition, service, g.Region, g.Account, rest}, ":")
}

func (g *Graph) globalARN(service, rest string) string {
	return strings.Join([]string{"arn", g.Partition, service, "", g.Account, rest}, ":")
}

func digest(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// uuidOf has a UUID's shape and follows from a name.
func uuidOf(name string) string {
	h := digest(name)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}

func token(name string) string {
	sum := sha256.Sum256([]byte(name))
	return base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}
