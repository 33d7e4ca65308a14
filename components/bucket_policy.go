package components

import "github.com/smartlake/pulumi-smartlake/internal/iampolicy"

// bulkBucketPolicy keeps every object of the bucket under its one key. An upload
// that says nothing of encryption gets the bucket's default, which is that key, so
// only those that name something else are refused: HealthLake names the key of the
// job, which is why a job must name this one, by its ARN.
//
// Each condition asks first whether the header is there at all: a "not equals" is
// true of a header that is missing, also with IfExists, and would refuse the
// uploads that say nothing.
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html)
func bulkBucketPolicy(bucketARN, keyARN string) string {
	const (
		encryption  = "s3:x-amz-server-side-encryption"
		key         = "s3:x-amz-server-side-encryption-aws-kms-key-id"
		callersKey  = "s3:x-amz-server-side-encryption-customer-algorithm"
		kms         = "aws:kms"
		said        = "false" // of the operator Null
		notSaid     = "true"
		putObject   = "s3:PutObject"
		anyOfBucket = "/*"
	)
	uploads, objects := []string{putObject}, []string{bucketARN + anyOfBucket}
	return iampolicy.New(append(refuseWeakTransport(bucketARN), deny(
		iampolicy.Statement{
			Sid: "RefuseOtherEncryption", Action: uploads, Resource: objects,
			Condition: iampolicy.Condition{"Null": {encryption: said}, "StringNotEquals": {encryption: kms}},
		},
		iampolicy.Statement{
			Sid: "RefuseOtherKeys", Action: uploads, Resource: objects,
			Condition: iampolicy.Condition{"Null": {key: said}, "StringNotEquals": {key: keyARN}},
		},
		iampolicy.Statement{ // S3 takes the account's own key aws/s3 then, not the bucket's
			Sid: "RefuseKMSWithoutKey", Action: uploads, Resource: objects,
			Condition: iampolicy.Condition{"StringEquals": {encryption: kms}, "Null": {key: notSaid}},
		},
		iampolicy.Statement{
			Sid: "RefuseKeysOfTheCaller", Action: uploads, Resource: objects,
			Condition: iampolicy.Condition{"Null": {callersKey: said}},
		},
	)...)...).JSON()
}

// logBucketPolicy lets S3 deliver the access log of one bucket, below one prefix
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html).
func logBucketPolicy(logBucketARN, prefix, bucketARN, account string) string {
	delivery := iampolicy.Allow(iampolicy.Statement{
		Sid:       "AccessLog",
		Principal: map[string]string{"Service": "logging.s3.amazonaws.com"},
		Action:    []string{"s3:PutObject"},
		Resource:  []string{logBucketARN + "/" + prefix + "*"},
		Condition: iampolicy.Condition{
			"StringEquals": {"aws:SourceAccount": account},
			"ArnLike":      {"aws:SourceArn": bucketARN},
		},
	})
	return iampolicy.New(append(delivery.Statement, refuseWeakTransport(logBucketARN)...)...).JSON()
}

// refuseWeakTransport refuses every request to a bucket without TLS, or with a
// version of it below 1.2.
func refuseWeakTransport(bucketARN string) []iampolicy.Statement {
	everything := []string{bucketARN, bucketARN + "/*"}
	return deny(
		iampolicy.Statement{
			Sid:       "RefusePlainHTTP",
			Action:    []string{"s3:*"},
			Resource:  everything,
			Condition: iampolicy.Condition{"Bool": {"aws:SecureTransport": "false"}},
		},
		iampolicy.Statement{
			Sid:       "RefuseOldTLS",
			Action:    []string{"s3:*"},
			Resource:  everything,
			Condition: iampolicy.Condition{"NumericLessThan": {"s3:TlsVersion": "1.2"}},
		},
	)
}

// deny refuses to everyone, whatever else allows it.
func deny(statements ...iampolicy.Statement) []iampolicy.Statement {
	for i := range statements {
		statements[i].Effect = "Deny"
		statements[i].Principal = map[string]string{"AWS": "*"}
	}
	return statements
}
