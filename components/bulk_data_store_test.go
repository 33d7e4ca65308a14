package components_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/componentstest"
)

// Bulk import and export: the bucket, its key, the roles, and who may start a job.

const someDatastore = "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef"

// aBulkDataStore is a program of one [components.BulkDataStore], for a datastore
// that is already there.
func aBulkDataStore(name string, edit func(*components.BulkDataStoreArgs), opts ...pulumi.ResourceOption) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		args := &components.BulkDataStoreArgs{DatastoreARN: pulumi.String(someDatastore), BulkData: &components.BulkDataArgs{}, Roles: &components.RolesArgs{}}
		if edit != nil {
			edit(args)
		}
		store, err := components.NewBulkDataStore(ctx, name, args, opts...)
		if err != nil {
			return err
		}
		componentstest.Export(ctx, store)
		return nil
	}
}

// bulk runs a store that is called "bulk".
func bulk(t *testing.T, edit func(*components.BulkDataStoreArgs), settings ...setting) *recorder {
	t.Helper()
	return mustRun(t, aBulkDataStore("bulk", edit), settings...)
}

// The identifiers of what a store called "bulk" declares.
var (
	dataBucket = bucketName("bulk-", "bulk-bucket")
	logBucket  = bucketName("bulk-logs-", "bulk-logs")
	bulkKey    = "arn:aws:kms:us-east-1:123456789012:key/" + uuid(digest("bulk-key"))
)

// placed puts the identifiers into a template.
func placed(template string) string {
	return fill(template, "$DATASTORE", someDatastore, "$BUCKET", dataBucket, "$LOGS", logBucket, "$KEY", bulkKey, "$ACCOUNT", account,
		"$IMPORT", roleARN("bulk-import", region), "$EXPORT", roleARN("bulk-export", region))
}

func TestABulkDataStoreStandsAlone(t *testing.T) {
	for when, settings := range both {
		assertLines(t, when, bulk(t, nil, settings...).names(), []string{
			"aws:iam/role:Role bulk-export",
			"aws:iam/role:Role bulk-import",
			"aws:iam/rolePolicy:RolePolicy bulk-export-access",
			"aws:iam/rolePolicy:RolePolicy bulk-import-access",
			"aws:kms/alias:Alias bulk-key-alias",
			"aws:kms/key:Key bulk-key",
			"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 bulk-bucket-lifecycle",
			"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 bulk-logs-lifecycle",
			"aws:s3/bucketLoggingV2:BucketLoggingV2 bulk-bucket-logging",
			"aws:s3/bucketOwnershipControls:BucketOwnershipControls bulk-bucket-ownership",
			"aws:s3/bucketOwnershipControls:BucketOwnershipControls bulk-logs-ownership",
			"aws:s3/bucketPolicy:BucketPolicy bulk-bucket-policy",
			"aws:s3/bucketPolicy:BucketPolicy bulk-logs-policy",
			"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock bulk-bucket-public-access",
			"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock bulk-logs-public-access",
			"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 bulk-bucket-encryption",
			"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 bulk-logs-encryption",
			"aws:s3/bucketV2:BucketV2 bulk-bucket",
			"aws:s3/bucketV2:BucketV2 bulk-logs",
			"aws:s3/bucketVersioningV2:BucketVersioningV2 bulk-bucket-versioning",
			"aws:s3/bucketVersioningV2:BucketVersioningV2 bulk-logs-versioning",
			"smartlake:index:BulkDataStore bulk",
		})
	}
}

func TestTheBucketAndItsLogAreClosedVersionedAndEncrypted(t *testing.T) {
	r := bulk(t, nil)
	for resource, physical := range map[string]string{"bulk-bucket": dataBucket, "bulk-logs": logBucket} {
		for _, c := range []struct{ typ, setting, want string }{
			{publicAccessType, "public-access", `{"bucket": "$NAME", "blockPublicAcls": true, "blockPublicPolicy": true,
				"ignorePublicAcls": true, "restrictPublicBuckets": true}`},
			{ownershipType, "ownership", `{"bucket": "$NAME", "rule": {"objectOwnership": "BucketOwnerEnforced"}}`},
			{versioningType, "versioning", `{"bucket": "$NAME", "versioningConfiguration": {"status": "Enabled"}}`},
		} {
			assertJSON(t, resource+" "+c.setting, r.find(t, c.typ, resource+"-"+c.setting).Inputs, fill(c.want, "$NAME", physical))
		}
	}
	assertJSON(t, "bucket encryption", r.find(t, bucketEncryptionType, "bulk-bucket-encryption").Inputs, placed(`{
		"bucket": "$BUCKET",
		"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "$KEY"}, "bucketKeyEnabled": true}]
	}`))
	assertJSON(t, "log encryption", r.find(t, bucketEncryptionType, "bulk-logs-encryption").Inputs, placed(`{
		"bucket": "$LOGS",
		"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": false}]
	}`))
	assertJSON(t, "logging", r.find(t, bucketLoggingType, "bulk-bucket-logging").Inputs, placed(`{
		"bucket": "$BUCKET", "targetBucket": "$LOGS", "targetPrefix": "access/",
		"targetObjectKeyFormat": {"partitionedPrefix": {"partitionDateSource": "EventTime"}}
	}`))
}

// S3 has no new name for a bucket: another beginning would replace it, and delete what
// is in it where it is not protected.
func TestABucketIsNotReplacedWhereTheComponentIsRenamed(t *testing.T) {
	r := bulk(t, func(a *components.BulkDataStoreArgs) { a.Protect = new(bool) })
	for _, one := range r.of(bucketType) {
		assertLines(t, "ignored changes of "+one.GetName(), one.GetIgnoreChanges(), []string{"bucketPrefix"})
	}
	if got := len(r.of(bucketType)); got != 2 {
		t.Errorf("%d buckets", got)
	}
}

func TestTheSettingsOfABucketAreMadeOneAfterTheOtherAndTheClosingOnesFirst(t *testing.T) {
	r := bulk(t, nil)
	order := []string{"", "-public-access", "-ownership", "-encryption", "-versioning", "-lifecycle", "-policy"}
	for _, bucket := range []string{"bulk-bucket", "bulk-logs"} {
		for i := 1; i < len(order); i++ {
			for _, one := range r.resources {
				if one.GetName() == bucket+order[i] && !slices.Contains(dependencies(r, one), bucket+order[i-1]) {
					t.Errorf("%s does not wait for %s", one.GetName(), bucket+order[i-1])
				}
			}
		}
	}
	waits := dependencies(r, r.find(t, bucketLoggingType, "bulk-bucket-logging"))
	for _, policy := range []string{"bulk-bucket-policy", "bulk-logs-policy"} {
		if !slices.Contains(waits, policy) {
			t.Errorf("the log begins without waiting for %s: %v", policy, waits)
		}
	}
}

const refuseWeakTransport = `{
	"Sid": "RefusePlainHTTP", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["s3:*"],
	"Resource": ["arn:aws:s3:::$ONE", "arn:aws:s3:::$ONE/*"],
	"Condition": {"Bool": {"aws:SecureTransport": "false"}}
}, {
	"Sid": "RefuseOldTLS", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["s3:*"],
	"Resource": ["arn:aws:s3:::$ONE", "arn:aws:s3:::$ONE/*"],
	"Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
}`

const refuseUpload = `"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::$BUCKET/*"]`

func TestTheBucketRefusesWeakTransportAndEveryOtherEncryption(t *testing.T) {
	policy := bulk(t, nil).find(t, bucketPolicyType, "bulk-bucket-policy")
	if got := policy.Inputs["bucket"]; got != dataBucket {
		t.Errorf("the policy is of %v, want %s", got, dataBucket)
	}
	assertJSON(t, "bucket policy", decoded(t, policy.Inputs["policy"]), placed(fill(`{"Version": "2012-10-17", "Statement": [
		$TRANSPORT,
		{"Sid": "RefuseOtherEncryption", $UPLOAD, "Condition": {
			"Null": {"s3:x-amz-server-side-encryption": "false"},
			"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}
		}},
		{"Sid": "RefuseOtherKeys", $UPLOAD, "Condition": {
			"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
			"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "$KEY"}
		}},
		{"Sid": "RefuseKMSWithoutKey", $UPLOAD, "Condition": {
			"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"},
			"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "true"}
		}},
		{"Sid": "RefuseKeysOfTheCaller", $UPLOAD, "Condition": {
			"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}
		}}
	]}`, "$TRANSPORT", fill(refuseWeakTransport, "$ONE", "$BUCKET"), "$UPLOAD", refuseUpload)))
}

// TestWhichUploadsTheBucketRefuses reads the policy as IAM does: the operators of a
// condition must all hold, and "not equals" holds for a header that is missing.
func TestWhichUploadsTheBucketRefuses(t *testing.T) {
	const (
		encryption = "s3:x-amz-server-side-encryption"
		key        = "s3:x-amz-server-side-encryption-aws-kms-key-id"
		callersKey = "s3:x-amz-server-side-encryption-customer-algorithm"
	)
	var policy document
	if err := json.Unmarshal([]byte(bulk(t, nil).find(t, bucketPolicyType, "bulk-bucket-policy").Inputs["policy"].(string)), &policy); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		headers map[string]string
		refused bool
	}{
		"plain HTTP":                         {map[string]string{"aws:SecureTransport": "false"}, true},
		"TLS 1.1":                            {map[string]string{"s3:TlsVersion": "1.1"}, true},
		"TLS 1.2":                            {map[string]string{"s3:TlsVersion": "1.2"}, false},
		"nothing said: the bucket's default": {map[string]string{}, false},
		"the bucket's key":                   {map[string]string{encryption: "aws:kms", key: bulkKey}, false},
		"another key":                        {map[string]string{encryption: "aws:kms", key: givenKey}, true},
		"another key, alone":                 {map[string]string{key: givenKey}, true},
		"KMS without a key: aws/s3":          {map[string]string{encryption: "aws:kms"}, true},
		"S3's keys":                          {map[string]string{encryption: "AES256"}, true},
		"two layers":                         {map[string]string{encryption: "aws:kms:dsse", key: bulkKey}, true},
		"a key that the caller keeps":        {map[string]string{callersKey: "AES256"}, true},
	} {
		headers := map[string]string{"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
		maps.Copy(headers, c.headers)
		refused := false
		for _, statement := range policy.Statement {
			refused = refused || statement.Effect == "Deny" && holds(t, statement.Condition, headers)
		}
		if refused != c.refused {
			t.Errorf("%s: refused is %v, want %v", what, refused, c.refused)
		}
	}
}

// holds evaluates the operators that the policies of buckets use.
func holds(t *testing.T, conditions map[string]map[string]string, request map[string]string) bool {
	t.Helper()
	for operator, keys := range conditions {
		for key, want := range keys {
			got, there := request[key]
			met := false
			switch operator {
			case "Null":
				met = fmt.Sprint(!there) == want
			case "StringEquals", "Bool":
				met = there && got == want
			case "StringNotEquals":
				met = !there || got != want
			case "NumericLessThan":
				met = there && got < want // one digit before and after the point
			default:
				t.Fatalf("operator %s is not understood here", operator)
			}
			if !met {
				return false
			}
		}
	}
	return true
}

func TestTheLogBucketTakesTheAccessLogOfThatBucketAndNothingElse(t *testing.T) {
	policy := bulk(t, nil).find(t, bucketPolicyType, "bulk-logs-policy")
	assertJSON(t, "policy", decoded(t, policy.Inputs["policy"]), placed(fill(`{"Version": "2012-10-17", "Statement": [{
		"Sid": "AccessLog",
		"Effect": "Allow",
		"Principal": {"Service": "logging.s3.amazonaws.com"},
		"Action": ["s3:PutObject"],
		"Resource": ["arn:aws:s3:::$LOGS/access/*"],
		"Condition": {"StringEquals": {"aws:SourceAccount": "$ACCOUNT"}, "ArnLike": {"aws:SourceArn": "arn:aws:s3:::$BUCKET"}}
	}, $TRANSPORT]}`, "$TRANSPORT", fill(refuseWeakTransport, "$ONE", "$LOGS"))))
}

func rule(prefix string, days, noncurrent int) string {
	expiration := ""
	if days > 0 {
		expiration = fmt.Sprintf(`"expiration": {"days": %d},`, days)
	}
	return fmt.Sprintf(`{"id": %q, "status": "Enabled", "filter": {"prefix": "%s/"}, "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
		%s "noncurrentVersionExpiration": {"noncurrentDays": %d}}`, prefix, prefix, expiration, noncurrent)
}

func TestFilesAreKeptAndWhatIsNotVisibleAnyMoreExpires(t *testing.T) {
	for what, c := range map[string]struct {
		args  components.BulkDataArgs
		rules []string
		log   string
	}{
		"by default": {components.BulkDataArgs{},
			[]string{rule("import", 0, 30), rule("import-output", 0, 30), rule("export", 0, 30)}, rule("access", 365, 30)},
		"as asked": {components.BulkDataArgs{ImportRetentionDays: 14, ExportRetentionDays: 3, NoncurrentDays: 1, LogRetentionDays: 2192},
			[]string{rule("import", 14, 1), rule("import-output", 14, 1), rule("export", 3, 1)}, rule("access", 2192, 1)},
	} {
		r := bulk(t, func(a *components.BulkDataStoreArgs) { a.BulkData = &c.args })
		const lifecycle = `{"bucket": "$NAME", "transitionDefaultMinimumObjectSize": "all_storage_classes_128K", "rules": [$RULES]}`
		assertJSON(t, what+": bucket", r.find(t, lifecycleType, "bulk-bucket-lifecycle").Inputs,
			fill(lifecycle, "$NAME", dataBucket, "$RULES", strings.Join(c.rules, ",")))
		assertJSON(t, what+": log", r.find(t, lifecycleType, "bulk-logs-lifecycle").Inputs,
			fill(lifecycle, "$NAME", logBucket, "$RULES", c.log))
	}
}

func TestTheKeyOfABulkDataStoreIsRotatedSlowToDeleteAndLeftToTheAccount(t *testing.T) {
	r := bulk(t, nil)
	key := r.find(t, keyType, "bulk-key")
	assertJSON(t, "key policy", decoded(t, key.Inputs["policy"]), placed(`{"Version": "2012-10-17", "Statement": [{
		"Sid": "AccountAdministersTheKey",
		"Effect": "Allow",
		"Principal": {"AWS": "arn:aws:iam::$ACCOUNT:root"},
		"Action": ["kms:*"],
		"Resource": ["*"]
	}]}`))
	delete(key.Inputs, "policy")
	assertJSON(t, "key", key.Inputs, `{"description": "Encrypts the bulk data of HealthLake in bulk", "deletionWindowInDays": 30, "enableKeyRotation": true}`)
	assertJSON(t, "alias", r.find(t, keyAliasType, "bulk-key-alias").Inputs, `{"targetKeyId": "`+uuid(digest("bulk-key"))+`"}`)
}

func TestNoPolicyOfABulkDataStoreHasAnEmptyPrincipal(t *testing.T) {
	policies := 0
	for _, one := range bulk(t, nil).resources {
		for _, property := range []string{"policy", "assumeRolePolicy"} {
			text, ok := one.Inputs[property].(string)
			if !ok {
				continue
			}
			policies++
			var policy document
			if err := json.Unmarshal([]byte(text), &policy); err != nil {
				t.Fatal(err)
			}
			for _, statement := range policy.Statement {
				for who, name := range statement.Principal {
					if name == "" || name == nil {
						t.Errorf("%s: an empty principal %s", one.GetName(), who)
					}
				}
				if of := one.GetType() == rolePolicyType; of != (len(statement.Principal) == 0) {
					t.Errorf("%s: principal %v", one.GetName(), statement.Principal)
				}
				if statement.Effect == "Allow" && statement.Principal["AWS"] == "*" {
					t.Errorf("%s allows everyone", one.GetName())
				}
			}
		}
	}
	if policies != 7 {
		t.Errorf("looked at %d policies, want 7: two buckets, two trusts, two roles, the key", policies)
	}
}

func TestAGivenKeyEncryptsTheBucketAndNoneIsCreated(t *testing.T) {
	for what, key := range keyARNs {
		r := bulk(t, func(a *components.BulkDataStoreArgs) { a.BulkData.KMSKeyARN = key })
		if keys := len(r.of(keyType)) + len(r.of(keyAliasType)); keys != 0 {
			t.Errorf("%s: got %d keys and aliases, want none", what, keys)
		}
		for _, one := range r.resources {
			if one.GetType() == bucketEncryptionType && one.GetName() == "bulk-bucket-encryption" || one.GetName() == "bulk-bucket-policy" ||
				one.GetType() == rolePolicyType {
				if text := indented(t, one.Inputs); !strings.Contains(text, givenKey) {
					t.Errorf("%s: %s does not name the key:\n%s", what, one.GetName(), text)
				}
			}
		}
		if got := r.output("kmsKeyArn").value; got != givenKey {
			t.Errorf("%s: kmsKeyArn: got %v, want %s", what, got, givenKey)
		}
	}
}

func TestTheRolesOfJobsTrustHealthLakeForThisOneDatastoreOnly(t *testing.T) {
	for _, in := range []string{"us-east-1", "us-gov-west-1"} {
		datastore := fill(someDatastore, "arn:aws:", "arn:"+partitionOf(in)+":", "us-east-1", in)
		r := bulk(t, func(a *components.BulkDataStoreArgs) { a.DatastoreARN = pulumi.String(datastore) }, inRegion(in))
		for role, job := range map[string]string{"import": "read the files, write its output", "export": "write the files"} {
			inputs := r.find(t, roleType, "bulk-"+role).Inputs
			assertJSON(t, role, decoded(t, inputs["assumeRolePolicy"]), fill(`{"Version": "2012-10-17", "Statement": [{
				"Effect": "Allow",
				"Principal": {"Service": "healthlake.amazonaws.com"},
				"Action": ["sts:AssumeRole"],
				"Condition": {"StringEquals": {"aws:SourceAccount": "$ACCOUNT"}, "ArnLike": {"aws:SourceArn": "$DATASTORE"}}
			}]}`, "$ACCOUNT", account, "$DATASTORE", datastore))
			delete(inputs, "assumeRolePolicy")
			assertJSON(t, role, inputs, `{"description": "What HealthLake may do for an `+role+` job: `+job+`"}`)
		}
	}
}

const inspectBucket = `{
	"Sid": "Bucket",
	"Effect": "Allow",
	"Action": ["s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration", "s3:ListBucket"],
	"Resource": ["arn:aws:s3:::$BUCKET"]
}`

const useBucketKey = `{"Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"], "Resource": ["$KEY"]}`

func TestAnImportMayReadItsFilesWriteItsOutputAndNothingElse(t *testing.T) {
	assertPolicy(t, bulk(t, nil).find(t, rolePolicyType, "bulk-import-access"), "bulk-import", placed(`{"Version": "2012-10-17", "Statement": [
		`+inspectBucket+`,
		{"Sid": "Input", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::$BUCKET/import/*"]},
		{"Sid": "Output", "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::$BUCKET/import-output/*"]},
		`+useBucketKey+`
	]}`))
}

func TestAnExportMayWriteItsFilesAndReadNothing(t *testing.T) {
	assertPolicy(t, bulk(t, nil).find(t, rolePolicyType, "bulk-export-access"), "bulk-export", placed(`{"Version": "2012-10-17", "Statement": [
		`+inspectBucket+`,
		{"Sid": "Output", "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::$BUCKET/export/*"]},
		`+useBucketKey+`
	]}`))
}

func TestWhoStartsJobsMayDoThatAndHandOverTheTwoRolesOnly(t *testing.T) {
	assertJSON(t, "policy", decoded(t, bulk(t, nil).output("startJobsPolicy").value), placed(`{"Version": "2012-10-17", "Statement": [
		{"Sid": "Jobs", "Effect": "Allow", "Action": [
			"healthlake:DescribeFHIRExportJob", "healthlake:DescribeFHIRImportJob", "healthlake:ListFHIRExportJobs",
			"healthlake:ListFHIRImportJobs", "healthlake:StartFHIRExportJob", "healthlake:StartFHIRImportJob"
		], "Resource": ["$DATASTORE"]},
		{"Sid": "HandOverRoles", "Effect": "Allow", "Action": ["iam:PassRole"], "Resource": ["$IMPORT", "$EXPORT"],
			"Condition": {"StringEquals": {"iam:PassedToService": "healthlake.amazonaws.com"}}},
		{"Sid": "List", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::$BUCKET"]},
		{"Sid": "Upload", "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::$BUCKET/import/*"]},
		{"Sid": "Download", "Effect": "Allow", "Action": ["s3:GetObject"],
			"Resource": ["arn:aws:s3:::$BUCKET/import-output/*", "arn:aws:s3:::$BUCKET/export/*"]},
		{"Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], "Resource": ["$KEY"]}
	]}`))
}

func TestTheOutputsOfABulkDataStoreSayHowJobsAreStarted(t *testing.T) {
	r := bulk(t, nil)
	for output, want := range map[string]string{
		"bucketName":    "$BUCKET",
		"bucketArn":     "arn:aws:s3:::$BUCKET",
		"logBucketName": "$LOGS",
		"kmsKeyArn":     "$KEY",
		"importRoleArn": "$IMPORT",
		"exportRoleArn": "$EXPORT",
		"importCommand": `aws healthlake start-fhir-import-job --region us-east-1 --datastore-id 0123456789abcdef0123456789abcdef` +
			` --input-data-config '{"S3Uri":"s3://$BUCKET/import/"}'` +
			` --job-output-data-config '{"S3Configuration":{"S3Uri":"s3://$BUCKET/import-output/","KmsKeyId":"$KEY"}}'` +
			` --data-access-role-arn $IMPORT`,
		"exportCommand": `aws healthlake start-fhir-export-job --region us-east-1 --datastore-id 0123456789abcdef0123456789abcdef` +
			` --output-data-config '{"S3Configuration":{"S3Uri":"s3://$BUCKET/export/","KmsKeyId":"$KEY"}}'` +
			` --data-access-role-arn $EXPORT`,
	} {
		if got := r.output(output).value; got != placed(want) {
			t.Errorf("%s:\n got %v\nwant %s", output, got, placed(want))
		}
	}
}

func TestAShellReadsTheCommandsAsTheyAreMeant(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	r := bulk(t, nil)
	for _, output := range []string{"importCommand", "exportCommand"} {
		command := r.output(output).value.(string)
		text, err := exec.Command(shell, "-c", "aws() { printf '%s\\n' \"$@\"; }; "+command).Output()
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		if got := strings.ReplaceAll(command, "'", ""); got != "aws "+strings.Join(words, " ") {
			t.Errorf("%s: the shell reads %q", output, words)
		}
		for i, word := range words {
			if strings.HasSuffix(word, "-config") && !json.Valid([]byte(words[i+1])) {
				t.Errorf("%s: %s: %s is no JSON", output, word, words[i+1])
			}
		}
	}
}

func TestBulkDataIsProtectedByDefaultAndNeverEmptied(t *testing.T) {
	for _, protect := range []*bool{nil, pulumi.BoolRef(true)} {
		r := bulk(t, func(a *components.BulkDataStoreArgs) { a.Protect = protect })
		assertProtected(t, r, "bulk-bucket", "bulk-logs", "bulk-key")
		for _, bucket := range r.of(bucketType) {
			if bucket.Inputs["forceDestroy"] != false {
				t.Errorf("%s: forceDestroy is %v", bucket.GetName(), bucket.Inputs["forceDestroy"])
			}
		}
	}
}

func TestUnprotectedBulkDataGoesWithItsStack(t *testing.T) {
	r := bulk(t, func(a *components.BulkDataStoreArgs) { a.Protect = pulumi.BoolRef(false) })
	assertProtected(t, r)
	for _, bucket := range r.of(bucketType) {
		if bucket.Inputs["forceDestroy"] != true {
			t.Errorf("%s: forceDestroy is %v", bucket.GetName(), bucket.Inputs["forceDestroy"])
		}
	}
	for _, one := range r.resources {
		if one.GetRetainOnDelete() {
			t.Errorf("%s would be left behind", one.GetName())
		}
	}
}

func TestEveryResourceOfBulkDataThatTakesTagsHasThem(t *testing.T) {
	r := bulk(t, func(a *components.BulkDataStoreArgs) { a.Tags = pulumi.StringMap{"team": pulumi.String("records")} })
	for _, typ := range []string{bucketType, keyType, roleType} {
		for _, one := range r.of(typ) {
			assertJSON(t, one.GetName(), one.Inputs["tags"], `{"team": "records"}`)
		}
	}
}

func TestTheRolesOfJobsCarryThePathAndTheBoundary(t *testing.T) {
	r := bulk(t, func(a *components.BulkDataStoreArgs) {
		a.Roles = &components.RolesArgs{Path: "/a/", PermissionsBoundary: pulumi.String(boundary)}
	})
	for _, one := range r.of(roleType) {
		assertJSON(t, one.GetName(), []any{one.Inputs["path"], one.Inputs["permissionsBoundary"]}, `["/a/", "`+boundary+`"]`)
	}
}

func TestABucketsNameIsOneThatS3Takes(t *testing.T) {
	takes := regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)
	for name, want := range map[string][2]string{
		"EHR_Main":              {"ehr-main-", "ehr-main-logs-"},
		"ehr":                   {"ehr-", "ehr-logs-"},
		"a-_":                   {"a-", "a-logs-"},
		strings.Repeat("c", 37): {strings.Repeat("c", 36) + "-", strings.Repeat("c", 31) + "-logs-"},
		strings.Repeat("B", 49): {strings.Repeat("b", 36) + "-", strings.Repeat("b", 31) + "-logs-"},
	} {
		r := mustRun(t, aBulkDataStore(name, nil))
		for i, resource := range []string{name + "-bucket", name + "-logs"} {
			inputs := r.find(t, bucketType, resource).Inputs
			prefix, _ := inputs["bucketPrefix"].(string)
			if prefix != want[i] || inputs["bucket"] != nil {
				t.Errorf("%s: got the prefix %q and the name %v, want %q and none", resource, prefix, inputs["bucket"], want[i])
			}
			if physical := bucketName(prefix, resource); !takes.MatchString(physical) || len(prefix) > 37 {
				t.Errorf("%s: S3 refuses %s", resource, physical)
			}
		}
	}
}

func TestABulkDataStoreRefusesWhatItCannotDo(t *testing.T) {
	const (
		datastoreWanted = "must be the ARN of a HealthLake datastore, arn:<partition>:healthlake:<region>:<account>:datastore/fhir/<id>"
		keyWanted       = "must be the ARN of a symmetric KMS key, arn:<partition>:kms:<region>:<account>:key/<id> (not of an alias)"
	)
	for what, c := range map[string]struct {
		edit func(*components.BulkDataStoreArgs)
		want string
	}{
		"no datastore": {func(a *components.BulkDataStoreArgs) { a.DatastoreARN = nil }, "datastoreArn: missing; " + datastoreWanted},
		"an id in place of an ARN": {func(a *components.BulkDataStoreArgs) { a.DatastoreARN = pulumi.String("0123") },
			`datastoreArn: "0123": ` + datastoreWanted},
		"all datastores": {func(a *components.BulkDataStoreArgs) {
			a.DatastoreARN = pulumi.String(someDatastore[:len(someDatastore)-32] + "*")
		},
			fmt.Sprintf("datastoreArn: %q: %s", someDatastore[:len(someDatastore)-32]+"*", datastoreWanted)},
		"an alias of a key": {func(a *components.BulkDataStoreArgs) { a.BulkData.KMSKeyARN = pulumi.String("alias/patients") },
			`bulkData.kmsKeyArn: "alias/patients": ` + keyWanted},
		"days": {func(a *components.BulkDataStoreArgs) {
			a.BulkData = &components.BulkDataArgs{ImportRetentionDays: -1, ExportRetentionDays: 36501, NoncurrentDays: -1, LogRetentionDays: 36501}
		}, "bulkData.importRetentionDays: -1: must be 0 to 36500 days, where 0 keeps objects forever\n" +
			"bulkData.exportRetentionDays: 36501: must be 0 to 36500 days, where 0 keeps objects forever\n" +
			"bulkData.noncurrentDays: -1: must be 1 to 36500 days\n" +
			"bulkData.logRetentionDays: 36501: must be 1 to 36500 days"},
		"a path of roles": {func(a *components.BulkDataStoreArgs) { a.Roles.Path = "a" }, `roles.path: "a": ` + pathWanted},
	} {
		t.Run(what, func(t *testing.T) {
			assertRefusal(t, aBulkDataStore("bulk", c.edit), `BulkDataStore "bulk": `+c.want)
		})
	}
	for _, name := range []string{"xn--a", "STHREE-a", "amzn-s3-demo_a"} {
		_, err := run(aBulkDataStore(name, nil))
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("name: %q: S3 reserves names that begin with ", name)) {
			t.Errorf("%s: got the error %v", name, err)
		}
	}
	assertRefusal(t, func(ctx *pulumi.Context) error {
		_, err := components.NewBulkDataStore(ctx, "bulk", nil)
		return err
	}, `BulkDataStore "bulk": datastoreArn: missing; `+datastoreWanted)
}

func TestADatastoreThatTurnsOutToBeNoneOrElsewhereStopsTheRunBeforeAnyRole(t *testing.T) {
	const (
		none      = "must be the ARN of a HealthLake datastore, "
		elsewhere = "must be in the provider's account and region (arn:aws:healthlake:us-east-1:123456789012:…); HealthLake imports and exports only there"
	)
	for arn, why := range map[string]string{
		"0123456789abcdef0123456789abcdef":                           none,
		fill(someDatastore, "0123456789abcdef0123456789abcdef", "*"): none,
		fill(someDatastore, "us-east-1", "us-west-2"):                elsewhere,
		fill(someDatastore, account, "210987654321"):                 elsewhere,
		fill(someDatastore, "arn:aws:", "arn:aws-cn:"):               elsewhere,
	} {
		for when, settings := range both {
			r, err := run(aBulkDataStore("bulk", func(a *components.BulkDataStoreArgs) {
				a.DatastoreARN = pulumi.String(arn).ToStringOutput()
			}), settings...)
			want := fmt.Sprintf("datastoreArn: %q: %s", arn, why)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got the error %v, want %s", when, err, want)
			}
			if roles := r.of(roleType); len(roles) > 0 {
				t.Errorf("%s: %s: %d roles are declared", when, arn, len(roles))
			}
		}
	}
}

func TestABulkKeyThatTurnsOutToBeNoneStopsTheRunBeforeTheBucketIsEncrypted(t *testing.T) {
	r, err := run(aBulkDataStore("bulk", func(a *components.BulkDataStoreArgs) {
		a.BulkData.KMSKeyARN = pulumi.String("alias/patients").ToStringOutput()
	}))
	if err == nil || !strings.Contains(err.Error(), `bulkData.kmsKeyArn: "alias/patients": must be the ARN of a symmetric KMS key`) {
		t.Errorf("got the error %v", err)
	}
	for _, one := range r.names() {
		if strings.HasSuffix(one, " bulk-bucket-encryption") || strings.HasSuffix(one, "-access") && strings.HasPrefix(one, rolePolicyType) {
			t.Errorf("%s is declared", one)
		}
	}
}

func TestSeveralBulkDataStoresFitIntoOneStack(t *testing.T) {
	r := mustRun(t, func(ctx *pulumi.Context) error {
		for _, name := range []string{"one", "two", "ONE"} {
			if err := aBulkDataStore(name, nil)(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	urns := map[string]bool{}
	for _, one := range r.resources {
		if urns[one.URN] {
			t.Errorf("%s twice", one.URN)
		}
		urns[one.URN] = true
	}
	if got := len(r.of(bucketType)); got != 6 {
		t.Errorf("got %d buckets, want 6", got)
	}
}

// withBulkData turns bulk data on.
func withBulkData(a *components.SmartDatastoreArgs) { a.BulkData = &components.BulkDataArgs{} }

// bulkOutput is a member of the output of a datastore that concerns bulk data.
func bulkOutput(r *recorder, member string) any {
	members, _ := r.output("bulkData").value.(map[string]any)
	return members[member]
}

func TestADatastoreHasNoBulkDataUnlessAsked(t *testing.T) {
	r := build(t, nil)
	for _, one := range r.names() {
		if strings.Contains(one, "aws:s3/") || strings.Contains(one, "bulk") {
			t.Errorf("%s is declared", one)
		}
	}
	if got := r.output("bulkData").value.(map[string]any); got != nil {
		t.Errorf("bulkData: got %v, want none", got)
	}
}

func TestADatastoresBulkDataIsForThatDatastoreAndInItsOutputs(t *testing.T) {
	r := build(t, withBulkData)
	datastore := r.arn("healthlake", "datastore/fhir/"+digest("ehr-datastore")[:32])
	for _, role := range []string{"ehr-bulk-import", "ehr-bulk-export"} {
		if text, _ := r.find(t, roleType, role).Inputs["assumeRolePolicy"].(string); !strings.Contains(text, `"aws:SourceArn":"`+datastore+`"`) {
			t.Errorf("%s: trusts %s", role, text)
		}
	}
	bucket, key := bucketName("ehr-bulk-", "ehr-bulk-bucket"), r.arn("kms", "key/"+uuid(digest("ehr-bulk-key")))
	for output, want := range map[string]string{
		"bucketName":    bucket,
		"bucketArn":     "arn:aws:s3:::" + bucket,
		"kmsKeyArn":     key,
		"importRoleArn": roleARN("ehr-bulk-import", region),
		"exportRoleArn": roleARN("ehr-bulk-export", region),
	} {
		if got := bulkOutput(r, output); got != want {
			t.Errorf("%s: got %v, want %s", output, got, want)
		}
	}
	if got := r.output("kmsKeyArn").value; got != nil {
		t.Errorf("kmsKeyArn: got %v: the datastore's key stays AWS's", got)
	}
	for output, want := range map[string]string{
		"startJobsPolicy": datastore,
		"importCommand":   "start-fhir-import-job --region us-east-1 --datastore-id " + digest("ehr-datastore")[:32] + " ",
		"exportCommand":   "start-fhir-export-job --region us-east-1 --datastore-id " + digest("ehr-datastore")[:32] + " ",
	} {
		if got, _ := bulkOutput(r, output).(string); !strings.Contains(got, want) {
			t.Errorf("%s: got %v, want it to hold %s", output, got, want)
		}
	}
}

func TestBulkDataIsEncryptedWithTheCustomersKeyOfTheDatastoreUnlessAnotherIsGiven(t *testing.T) {
	const other = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
	for what, c := range map[string]struct {
		edit func(*components.SmartDatastoreArgs)
		keys []string
		want string
	}{
		"AWS owns the datastore's":   {withBulkData, []string{"ehr-bulk-key"}, "arn:aws:kms:us-east-1:123456789012:key/" + uuid(digest("ehr-bulk-key"))},
		"the datastore's is created": {func(a *components.SmartDatastoreArgs) { withKey(a); withBulkData(a) }, []string{"ehr-key"}, "arn:aws:kms:us-east-1:123456789012:key/" + uuid(digest("ehr-key"))},
		"the datastore's is given":   {func(a *components.SmartDatastoreArgs) { a.KMSKeyARN = pulumi.String(givenKey); withBulkData(a) }, nil, givenKey},
		"one is given for bulk data": {func(a *components.SmartDatastoreArgs) {
			a.BulkData = &components.BulkDataArgs{KMSKeyARN: pulumi.String(other)}
		}, nil, other},
		"each has one that was given": {func(a *components.SmartDatastoreArgs) {
			a.KMSKeyARN = pulumi.String(givenKey)
			a.BulkData = &components.BulkDataArgs{KMSKeyARN: pulumi.String(other)}
		}, nil, other},
	} {
		r := build(t, c.edit)
		var keys []string
		for _, key := range r.of(keyType) {
			keys = append(keys, key.GetName())
		}
		assertLines(t, what, keys, c.keys)
		if got := bulkOutput(r, "kmsKeyArn"); got != c.want {
			t.Errorf("%s: got %v, want %s", what, got, c.want)
		}
	}
}

func TestADatastoreProtectsItsBulkDataLikeItself(t *testing.T) {
	protected := build(t, withBulkData)
	assertProtected(t, protected, datastoreName, poolName, name+"-auth-domain", "ehr-bulk-bucket", "ehr-bulk-logs", "ehr-bulk-key")
	unprotected := build(t, func(a *components.SmartDatastoreArgs) { withBulkData(a); a.Protect = pulumi.BoolRef(false) })
	assertProtected(t, unprotected)
}

func TestADatastoreRefusesBulkDataThatCannotBeBeforeAnythingIsRegistered(t *testing.T) {
	assertRefused(t, map[string]refusal{
		"days": {func(a *components.SmartDatastoreArgs) { a.BulkData = &components.BulkDataArgs{LogRetentionDays: -1} },
			"bulkData.logRetentionDays: -1: must be 1 to 36500 days"},
		"a key": {func(a *components.SmartDatastoreArgs) {
			a.BulkData = &components.BulkDataArgs{KMSKeyARN: pulumi.String("k")}
		},
			`bulkData.kmsKeyArn: "k": must be the ARN of a symmetric KMS key, arn:<partition>:kms:<region>:<account>:key/<id> (not of an alias)`},
	})
}

func TestTheRolesOfSMARTTokensGainNothingByBulkData(t *testing.T) {
	with, without := build(t, withBulkData), build(t, nil)
	for _, policy := range []string{"ehr-grant-read", "ehr-grant-write"} {
		assertJSON(t, policy, with.find(t, rolePolicyType, policy).Inputs, indented(t, without.find(t, rolePolicyType, policy).Inputs))
	}
}
