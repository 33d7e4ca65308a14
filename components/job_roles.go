package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
)

const (
	importRoleDescription = "What HealthLake may do for an import job: read the files, write its output"
	exportRoleDescription = "What HealthLake may do for an export job: write the files"
)

// newJobRole declares a role that HealthLake assumes for a job, and returns its ARN,
// which is known once the role can do what the job needs.
func (b *BulkDataStore) newJobRole(
	s site, suffix, description string, datastoreARN pulumi.StringOutput, access func(bucketARN, keyARN string) string,
) (pulumi.StringOutput, error) {
	role, err := s.newRole(suffix, description, s.place().trust(datastoreARN))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	policy, err := iam.NewRolePolicy(s.ctx, s.name+suffix+"-access", &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: b.document(b.BucketARN, access),
	}, s.below())
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return pulumi.All(role.Arn, policy.ID()).ApplyT(func(values []any) string { return values[0].(string) }).(pulumi.StringOutput), nil
}

// trust lets HealthLake act as a role for this one datastore, which can be named
// here: its definition does not need the role.
func (p placement) trust(datastoreARN pulumi.StringOutput) pulumi.StringOutput {
	return pulumi.All(p.account, datastoreARN).ApplyT(func(values []any) string {
		return trustDatastore(values[0].(string), values[1].(string))
	}).(pulumi.StringOutput)
}

// importAccess is what HealthLake needs for an import job: to read what is to be
// imported, and to write what became of it. AWS documents the rights on the bucket
// and the key without saying which of the two the job reads with; reading an object
// that is encrypted with the key takes kms:Decrypt
// (https://docs.aws.amazon.com/healthlake/latest/devguide/getting-started-setting-up.html#setting-up-import-permissions).
func importAccess(bucketARN, keyARN string) string {
	return iampolicy.Allow(
		inspectBucket(bucketARN),
		iampolicy.Statement{Sid: "Input", Action: []string{"s3:GetObject"}, Resource: []string{bucketARN + "/" + importPrefix + "*"}},
		iampolicy.Statement{Sid: "Output", Action: []string{"s3:PutObject"}, Resource: []string{bucketARN + "/" + importOutputPrefix + "*"}},
		useBucketKey(keyARN),
	).JSON()
}

// exportAccess is what HealthLake needs for an export job: to write, and nothing to
// read. kms:Decrypt is for large files: S3 decrypts the parts of an upload to put
// them together
// (https://docs.aws.amazon.com/healthlake/latest/devguide/getting-started-setting-up.html#setting-up-export-permissions,
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html).
func exportAccess(bucketARN, keyARN string) string {
	return iampolicy.Allow(
		inspectBucket(bucketARN),
		iampolicy.Statement{Sid: "Output", Action: []string{"s3:PutObject"}, Resource: []string{bucketARN + "/" + exportPrefix + "*"}},
		useBucketKey(keyARN),
	).JSON()
}

// inspectBucket lets HealthLake see that the bucket is closed and encrypted, which
// it does before a job.
func inspectBucket(bucketARN string) iampolicy.Statement {
	return iampolicy.Statement{
		Sid:      "Bucket",
		Action:   []string{"s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration", "s3:ListBucket"},
		Resource: []string{bucketARN},
	}
}

func useBucketKey(keyARN string) iampolicy.Statement {
	return iampolicy.Statement{
		Sid:      "Key",
		Action:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"},
		Resource: []string{keyARN},
	}
}
