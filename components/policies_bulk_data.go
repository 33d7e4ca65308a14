package components

// deny refuses to everyone, whatever else allows it.
func deny(statements ...statement) []statement {
	for i := range statements {
		statements[i].Effect = "Deny"
		statements[i].Principal = map[string]string{"AWS": "*"}
	}
	return statements
}

// refuseWeakTransport refuses every request to a bucket without TLS, or with a
// version of it below 1.2.
func refuseWeakTransport(bucketARN string) []statement {
	everything := []string{bucketARN, bucketARN + "/*"}
	return deny(
		statement{
			Sid:       "RefusePlainHTTP",
			Action:    []string{"s3:*"},
			Resource:  everything,
			Condition: map[string]condition{"Bool": {"aws:SecureTransport": "false"}},
		},
		statement{
			Sid:       "RefuseOldTLS",
			Action:    []string{"s3:*"},
			Resource:  everything,
			Condition: map[string]condition{"NumericLessThan": {"s3:TlsVersion": "1.2"}},
		},
	)
}

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
	return policy{Statement: append(refuseWeakTransport(bucketARN), deny(
		statement{
			Sid: "RefuseOtherEncryption", Action: uploads, Resource: objects,
			Condition: map[string]condition{"Null": {encryption: said}, "StringNotEquals": {encryption: kms}},
		},
		statement{
			Sid: "RefuseOtherKeys", Action: uploads, Resource: objects,
			Condition: map[string]condition{"Null": {key: said}, "StringNotEquals": {key: keyARN}},
		},
		statement{ // S3 takes the account's own key aws/s3 then, not the bucket's
			Sid: "RefuseKMSWithoutKey", Action: uploads, Resource: objects,
			Condition: map[string]condition{"StringEquals": {encryption: kms}, "Null": {key: notSaid}},
		},
		statement{
			Sid: "RefuseKeysOfTheCaller", Action: uploads, Resource: objects,
			Condition: map[string]condition{"Null": {callersKey: said}},
		},
	)...)}.json()
}

// logBucketPolicy lets S3 deliver the access log of one bucket, below one prefix
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html).
func logBucketPolicy(logBucketARN, prefix, bucketARN, account string) string {
	delivery := allow(statement{
		Sid:       "AccessLog",
		Principal: map[string]string{"Service": "logging.s3.amazonaws.com"},
		Action:    []string{"s3:PutObject"},
		Resource:  []string{logBucketARN + "/" + prefix + "*"},
		Condition: map[string]condition{
			"StringEquals": {"aws:SourceAccount": account},
			"ArnLike":      {"aws:SourceArn": bucketARN},
		},
	})
	return policy{Statement: append(delivery.Statement, refuseWeakTransport(logBucketARN)...)}.json()
}

// importAccess is what HealthLake needs for an import job: to read what is to be
// imported, and to write what became of it. AWS documents the rights on the bucket
// and the key without saying which of the two the job reads with; reading an object
// that is encrypted with the key takes kms:Decrypt
// (https://docs.aws.amazon.com/healthlake/latest/devguide/getting-started-setting-up.html#setting-up-import-permissions).
func importAccess(bucketARN, keyARN string) string {
	return allow(
		inspectBucket(bucketARN),
		statement{Sid: "Input", Action: []string{"s3:GetObject"}, Resource: []string{bucketARN + "/" + importPrefix + "*"}},
		statement{Sid: "Output", Action: []string{"s3:PutObject"}, Resource: []string{bucketARN + "/" + importOutputPrefix + "*"}},
		useBucketKey(keyARN),
	).json()
}

// exportAccess is what HealthLake needs for an export job: to write, and nothing to
// read. kms:Decrypt is for large files: S3 decrypts the parts of an upload to put
// them together
// (https://docs.aws.amazon.com/healthlake/latest/devguide/getting-started-setting-up.html#setting-up-export-permissions,
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html).
func exportAccess(bucketARN, keyARN string) string {
	return allow(
		inspectBucket(bucketARN),
		statement{Sid: "Output", Action: []string{"s3:PutObject"}, Resource: []string{bucketARN + "/" + exportPrefix + "*"}},
		useBucketKey(keyARN),
	).json()
}

// inspectBucket lets HealthLake see that the bucket is closed and encrypted, which
// it does before a job.
func inspectBucket(bucketARN string) statement {
	return statement{
		Sid:      "Bucket",
		Action:   []string{"s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration", "s3:ListBucket"},
		Resource: []string{bucketARN},
	}
}

func useBucketKey(keyARN string) statement {
	return statement{
		Sid:      "Key",
		Action:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"},
		Resource: []string{keyARN},
	}
}

// startJobs is what those need who start jobs: the jobs, the roles to hand over,
// and the files before and after.
func startJobs(datastoreARN, importRoleARN, exportRoleARN, bucketARN, keyARN string) string {
	return allow(
		statement{
			Sid: "Jobs",
			Action: []string{
				"healthlake:DescribeFHIRExportJob",
				"healthlake:DescribeFHIRImportJob",
				"healthlake:ListFHIRExportJobs",
				"healthlake:ListFHIRImportJobs",
				"healthlake:StartFHIRExportJob",
				"healthlake:StartFHIRImportJob",
			},
			Resource: []string{datastoreARN},
		},
		statement{
			Sid:       "HandOverRoles",
			Action:    []string{"iam:PassRole"},
			Resource:  []string{importRoleARN, exportRoleARN},
			Condition: map[string]condition{"StringEquals": {"iam:PassedToService": "healthlake.amazonaws.com"}},
		},
		statement{Sid: "List", Action: []string{"s3:ListBucket"}, Resource: []string{bucketARN}},
		statement{Sid: "Upload", Action: []string{"s3:PutObject"}, Resource: []string{bucketARN + "/" + importPrefix + "*"}},
		statement{
			Sid:      "Download",
			Action:   []string{"s3:GetObject"},
			Resource: []string{bucketARN + "/" + importOutputPrefix + "*", bucketARN + "/" + exportPrefix + "*"},
		},
		statement{
			Sid:      "Key",
			Action:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"},
			Resource: []string{keyARN},
		},
	).json()
}
