package components

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// BulkDataStore has the resources for bulk import and export of a HealthLake datastore: an
// encrypted bucket, the roles that HealthLake uses to read and write it, and the policy for
// principals that start jobs.
type BulkDataStore struct {
	pulumi.ResourceState

	// BucketName of the bucket, known once the bucket is closed and encrypted. Put files to
	// import below import/. HealthLake writes its report of each import below
	// import-output/, and exports below export/.
	BucketName pulumi.StringOutput `pulumi:"bucketName"`
	// BucketARN of the bucket.
	BucketARN pulumi.StringOutput `pulumi:"bucketArn"`
	// LogBucketName of the bucket with the access log.
	LogBucketName pulumi.StringOutput `pulumi:"logBucketName"`
	// KMSKeyARN of the key that encrypts the bucket. A job must name it.
	KMSKeyARN pulumi.StringOutput `pulumi:"kmsKeyArn"`
	// ImportRoleARN of the role to give to an import job as its data access role.
	ImportRoleARN pulumi.StringOutput `pulumi:"importRoleArn"`
	// ExportRoleARN of the role to give to an export job as its data access role.
	ExportRoleARN pulumi.StringOutput `pulumi:"exportRoleArn"`
	// StartJobsPolicy is an IAM policy (JSON) for principals that upload files, start and
	// watch jobs, and download exports. You must attach it; by default no principal has it.
	StartJobsPolicy pulumi.StringOutput `pulumi:"startJobsPolicy"`
	// ImportCommand is a command line of the AWS CLI that imports all of import/.
	ImportCommand pulumi.StringOutput `pulumi:"importCommand"`
	// ExportCommand is a command line of the AWS CLI that exports the whole datastore.
	ExportCommand pulumi.StringOutput `pulumi:"exportCommand"`
}

// BulkDataStoreArgs are the arguments of [NewBulkDataStore].
type BulkDataStoreArgs struct {
	// DatastoreARN of the datastore, in the account and region of the component's provider,
	// because HealthLake requires the bucket in the datastore's region. Required.
	DatastoreARN pulumi.StringInput `pulumi:"datastoreArn"`
	// BulkData configures the encryption and the retention of the bucket.
	BulkData *BulkDataArgs `pulumi:"bulkData,optional"`
	// Roles are the path and permissions boundary of every IAM role.
	Roles *RolesArgs `pulumi:"roles,optional"`
	// Protect the buckets and a created key from deletion. By default true. While false,
	// deleting a bucket DELETES ITS FILES. Turn it off in one update and delete in the next,
	// because the provider empties a bucket only if the state already allows it.
	Protect *bool `pulumi:"protect,optional"`
	// Tags of every resource that takes tags. By default none.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
}

// BulkDataArgs configures the encryption and the retention of bulk data.
type BulkDataArgs struct {
	// KMSKeyARN of the symmetric key, in the bucket's region, that encrypts the bucket. By
	// default the datastore's key if it is customer-managed, otherwise a created one.
	// HealthLake accepts only a bucket with a KMS key.
	KMSKeyARN pulumi.StringInput `pulumi:"kmsKeyArn,optional"`
	// ImportRetentionDays after which S3 deletes files below import/ and import-output/, 1
	// to 36500. By default 0: S3 keeps them.
	ImportRetentionDays int `pulumi:"importRetentionDays,optional"`
	// ExportRetentionDays after which S3 deletes exports, 1 to 36500. By default 0: S3 keeps
	// them.
	ExportRetentionDays int `pulumi:"exportRetentionDays,optional"`
	// NoncurrentDays are how long you can restore deleted or overwritten files, 1 to 36500.
	// By default 30. S3 deletes them after that time.
	NoncurrentDays int `pulumi:"noncurrentDays,optional"`
	// LogRetentionDays of the access log, 1 to 36500. By default 365.
	LogRetentionDays int `pulumi:"logRetentionDays,optional"`
}

// The bucket's parts. The output of an import stays out of import/: the next import
// would read it.
const (
	importPrefix       = "import/"
	importOutputPrefix = "import-output/"
	exportPrefix       = "export/"
	accessLogPrefix    = "access/"
)

func (b *BulkDataArgs) withDefaults() *BulkDataArgs {
	b = copyOf(b)
	if b.NoncurrentDays == 0 {
		b.NoncurrentDays = 30
	}
	if b.LogRetentionDays == 0 {
		b.LogRetentionDays = 365
	}
	return b
}

func (b *BulkDataArgs) check(p *problems, field string) {
	const longest = 36500
	p.patternWhereKnown(field+".kmsKeyArn", b.KMSKeyARN, keyARNPattern, keyARNWanted)
	p.inRange(field+".importRetentionDays", b.ImportRetentionDays, 0, longest, "days, where 0 keeps objects forever")
	p.inRange(field+".exportRetentionDays", b.ExportRetentionDays, 0, longest, "days, where 0 keeps objects forever")
	p.inRange(field+".noncurrentDays", b.NoncurrentDays, 1, longest, "days")
	p.inRange(field+".logRetentionDays", b.LogRetentionDays, 1, longest, "days")
}

var datastoreARNPattern = regexp.MustCompile(`^arn:aws[a-z-]*:healthlake:[a-z0-9-]+:\d{12}:datastore/fhir/[A-Za-z0-9]{1,32}$`)

const datastoreARNWanted = "must be the ARN of a HealthLake datastore, arn:<partition>:healthlake:<region>:<account>:datastore/fhir/<id>"

// normalize fills in what was left out and checks everything. The caller's value stays
// as it is.
func (args *BulkDataStoreArgs) normalize(name string) (BulkDataStoreArgs, error) {
	a := orDefault(args, BulkDataStoreArgs{})
	var p problems
	p.checkName(name, maxBulkDataStoreName)
	p.checkBucketName(name)
	if a.DatastoreARN == nil {
		p.missing("datastoreArn", datastoreARNWanted)
	}
	p.patternWhereKnown("datastoreArn", a.DatastoreARN, datastoreARNPattern, datastoreARNWanted)
	a.BulkData = a.BulkData.withDefaults()
	a.BulkData.check(&p, "bulkData")
	a.Roles.check(&p, "roles")
	a.Tags = p.checkTags("tags", a.Tags)
	return a, p.err("BulkDataStore", name)
}

// NewBulkDataStore declares the bucket and the roles. Children are named after the
// component: "<name>-bucket" and "<name>-logs", each with its settings
// ("-public-access", "-ownership", "-encryption", "-versioning", "-lifecycle" and
// "-policy", the bucket also "-logging"), "<name>-import" and "<name>-export" with
// their policies "<name>-import-access" and "<name>-export-access", and with a key
// of its own "<name>-key" and "<name>-key-alias".
//
// There are two roles because the jobs need different rights: the export role cannot read
// the bucket, and the import role can write only below import-output/.
func NewBulkDataStore(
	ctx *pulumi.Context, name string, args *BulkDataStoreArgs, opts ...pulumi.ResourceOption,
) (*BulkDataStore, error) {
	plan, err := args.normalize(name)
	if err != nil {
		return nil, err
	}
	return plan.declare(ctx, name, opts...)
}

func (a BulkDataStoreArgs) declare(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (*BulkDataStore, error) {
	store := &BulkDataStore{}
	if err := ctx.RegisterComponentResourceV2("smartlake:index:BulkDataStore", name, tagged(a), store, opts...); err != nil {
		return nil, err
	}
	s := newSite(ctx, name, store, a.Tags, a.Roles)
	datastoreARN := datastoreAt(s.place(), a.DatastoreARN)
	keyARN, err := a.encryptionKey(s)
	if err != nil {
		return nil, err
	}
	store.KMSKeyARN = keyARN.ToStringOutput()
	if err := store.newBuckets(s, a); err != nil {
		return nil, err
	}
	if store.ImportRoleARN, err = store.newJobRole(s, "-import", importRoleDescription, datastoreARN, importAccess); err != nil {
		return nil, err
	}
	if store.ExportRoleARN, err = store.newJobRole(s, "-export", exportRoleDescription, datastoreARN, exportAccess); err != nil {
		return nil, err
	}
	store.describeJobs(datastoreARN)
	return store, ctx.RegisterResourceOutputs(store, tagged(store))
}

// datastoreAt is the datastore's ARN, or an error where it turns out to be none or
// one of elsewhere, whose jobs could not use the bucket.
func datastoreAt(at placement, datastoreARN pulumi.StringInput) pulumi.StringOutput {
	return pulumi.All(at.partition, at.region, at.account, datastoreARN).ApplyT(func(values []any) (string, error) {
		arn := values[3].(string)
		if !datastoreARNPattern.MatchString(arn) {
			return "", fmt.Errorf("datastoreArn: %s: %s", quoted(arn, datastoreARN), datastoreARNWanted)
		}
		here := fmt.Sprintf("arn:%s:healthlake:%s:%s:", values[0], values[1], values[2])
		if !strings.HasPrefix(arn, here) {
			return "", fmt.Errorf("datastoreArn: %s: must be in the provider's account and region (%s…); HealthLake imports and exports only there",
				quoted(arn, datastoreARN), here)
		}
		return arn, nil
	}).(pulumi.StringOutput)
}

func (a BulkDataStoreArgs) encryptionKey(s site) (pulumi.StringInput, error) {
	if a.BulkData.KMSKeyARN != nil {
		return matching("bulkData.kmsKeyArn", a.BulkData.KMSKeyARN, keyARNPattern, keyARNWanted), nil
	}
	return newKey(s, "Encrypts the bulk data of HealthLake in "+s.name, keyPolicy(), orDefault(a.Protect, true))
}

// newBuckets declares the bucket and the bucket of its access log. That one is
// encrypted with S3's own keys: S3 delivers no access log to a bucket whose default
// is a key of KMS
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html).
func (b *BulkDataStore) newBuckets(s site, a BulkDataStoreArgs) error {
	protect := orDefault(a.Protect, true)
	data, dataErr := newBucket(s, "-bucket", bucketPrefix(s.name, "-"), protect)
	logs, logsErr := newBucket(s, "-logs", bucketPrefix(s.name, "-logs-"), protect)
	if err := errors.Join(dataErr, logsErr); err != nil {
		return err
	}
	err := logs.configure(bucketSettings{
		rules: []lifecycleRule{{accessLogPrefix, a.BulkData.LogRetentionDays, a.BulkData.NoncurrentDays}},
		policy: pulumi.All(logs.Arn, data.Arn, s.place().account).ApplyT(func(values []any) string {
			return logBucketPolicy(values[0].(string), accessLogPrefix, values[1].(string), values[2].(string))
		}).(pulumi.StringOutput),
	})
	if err != nil {
		return err
	}
	err = data.configure(bucketSettings{
		keyARN: b.KMSKeyARN,
		rules: []lifecycleRule{
			{importPrefix, a.BulkData.ImportRetentionDays, a.BulkData.NoncurrentDays},
			{importOutputPrefix, a.BulkData.ImportRetentionDays, a.BulkData.NoncurrentDays},
			{exportPrefix, a.BulkData.ExportRetentionDays, a.BulkData.NoncurrentDays},
		},
		policy: b.document(data.Arn, bulkBucketPolicy),
	})
	if err != nil {
		return err
	}
	b.BucketARN, b.BucketName, b.LogBucketName = data.Arn, data.closedName, logs.closedName
	return data.logTo(logs, accessLogPrefix)
}

// document makes a policy of the bucket and its key.
func (b *BulkDataStore) document(bucketARN pulumi.StringOutput, policy func(bucketARN, keyARN string) string) pulumi.StringOutput {
	return pulumi.All(bucketARN, b.KMSKeyARN).ApplyT(func(arns []any) string {
		return policy(arns[0].(string), arns[1].(string))
	}).(pulumi.StringOutput)
}
