package components_test

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// show runs a program of the examples without AWS and prints some of its outputs, an
// option of a command a line.
func show(program pulumi.RunFunc, outputs ...string) {
	values := map[string]string{}
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		if err := program(ctx); err != nil {
			return err
		}
		for _, output := range outputs {
			ctx.GetCurrentExportMap()[output].(pulumi.StringOutput).ApplyT(func(text string) string {
				values[output] = text
				return text
			})
		}
		return nil
	}, pulumi.WithMocks("example", "dev", withoutAWS{}))
	if err != nil {
		fmt.Println(err)
	}
	for _, output := range outputs {
		fmt.Printf("%s: %s\n", output, strings.ReplaceAll(values[output], " --", "\n  --"))
	}
}

// withoutAWS gives resources the names and ARNs of the examples.
type withoutAWS struct{}

func (withoutAWS) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	outputs := args.Inputs.Copy()
	set := func(key, value string) { outputs[resource.PropertyKey(key)] = resource.NewProperty(value) }
	if !outputs.HasValue("name") {
		set("name", args.Name)
	}
	switch args.TypeToken {
	case "aws:s3/bucketV2:BucketV2":
		name := args.Inputs["bucketPrefix"].StringValue() + "2026"
		set("bucket", name)
		set("arn", "arn:aws:s3:::"+name)
	case "aws:iam/role:Role":
		set("arn", "arn:aws:iam::123456789012:role/"+args.Name)
	case "aws:kms/key:Key":
		set("arn", "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef")
	case "aws:sns/topic:Topic":
		set("arn", "arn:aws:sns:us-east-1:123456789012:"+args.Name)
	case "aws:lambda/function:Function":
		set("arn", "arn:aws:lambda:us-east-1:123456789012:function:"+args.Name)
	case "aws:lambda/alias:Alias":
		set("arn", "arn:aws:lambda:us-east-1:123456789012:function:"+args.Inputs["functionName"].StringValue()+":live")
	case "aws:cognito/userPool:UserPool":
		set("arn", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/"+args.Name)
		set("endpoint", "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example")
	case "aws-native:healthlake:FhirDatastore":
		set("datastoreArn", "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef")
		set("datastoreEndpoint", "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef/r4/")
	}
	return args.Name, outputs, nil
}

func (withoutAWS) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{
		"partition": resource.NewProperty("aws"),
		"name":      resource.NewProperty("us-east-1"),
		"accountId": resource.NewProperty("123456789012"),
	}, nil
}
