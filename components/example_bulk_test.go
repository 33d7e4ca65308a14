package components_test

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
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
	// importCommand: aws healthlake start-fhir-import-job
	//   --region us-east-1
	//   --datastore-id 0123456789abcdef0123456789abcdef
	//   --input-data-config '{"S3Uri":"s3://records-701dd0a9094f42eefe4f9f6e00/import/"}'
	//   --job-output-data-config '{"S3Configuration":{"S3Uri":"s3://records-701dd0a9094f42eefe4f9f6e00/import-output/","KmsKeyId":"arn:aws:kms:us-east-1:123456789012:key/877b2aef-17e4-e97e-09d3-678d11e02d1b"}}'
	//   --data-access-role-arn arn:aws:iam::123456789012:role/records-import-32eafe8
}
