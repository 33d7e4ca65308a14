package components_test

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// Bulk import and export for a datastore that is there already: exports are gone
// after a week, and the role of the nightly load may start jobs.
func ExampleNewBulkDataStore() {
	program := func(ctx *pulumi.Context) error {
		store, err := components.NewBulkDataStore(ctx, "records", &components.BulkDataStoreArgs{
			DatastoreARN: pulumi.String("arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef"),
			BulkData:     &components.BulkDataArgs{ExportRetentionDays: 7},
			Tags:         pulumi.StringMap{"team": pulumi.String("records")},
		})
		if err != nil {
			return err
		}
		_, err = iam.NewRolePolicy(ctx, "nightly-load", &iam.RolePolicyArgs{
			Role:   pulumi.String("nightly-load"),
			Policy: store.StartJobsPolicy,
		})
		if err != nil {
			return err
		}
		ctx.Export("importCommand", store.ImportCommand)
		return nil
	}
	show(program, "importCommand") // in a program of yours: pulumi.Run(program)
	// Output:
	// aws healthlake start-fhir-import-job
	//   --region us-east-1
	//   --datastore-id 0123456789abcdef0123456789abcdef
	//   --input-data-config '{"S3Uri":"s3://records-2026/import/"}'
	//   --job-output-data-config '{"S3Configuration":{"S3Uri":"s3://records-2026/import-output/","KmsKeyId":"arn:aws:kms:us-east-1:123456789012:key/records-key"}}'
	//   --data-access-role-arn arn:aws:iam::123456789012:role/records-import
}

// show runs a program without AWS and prints one output, an option a line.
func show(program pulumi.RunFunc, output string) {
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		if err := program(ctx); err != nil {
			return err
		}
		ctx.GetCurrentExportMap()[output].(pulumi.StringOutput).ApplyT(func(text string) string {
			fmt.Println(strings.ReplaceAll(text, " --", "\n  --"))
			return text
		})
		return nil
	}, pulumi.WithMocks("example", "dev", withoutAWS{}))
	if err != nil {
		fmt.Println(err)
	}
}

// withoutAWS gives resources the names and ARNs of the example.
type withoutAWS struct{}

func (withoutAWS) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	outputs := args.Inputs.Copy()
	set := func(key, value string) { outputs[resource.PropertyKey(key)] = resource.NewProperty(value) }
	switch args.TypeToken {
	case "aws:s3/bucketV2:BucketV2":
		name := args.Inputs["bucketPrefix"].StringValue() + "2026"
		set("bucket", name)
		set("arn", "arn:aws:s3:::"+name)
	case "aws:iam/role:Role":
		set("arn", "arn:aws:iam::123456789012:role/"+args.Name)
	case "aws:kms/key:Key":
		set("arn", "arn:aws:kms:us-east-1:123456789012:key/"+args.Name)
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
