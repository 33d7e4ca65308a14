package components

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// bucket is a private, versioned and encrypted S3 bucket. It is a BucketV2 with one
// resource for each of its settings: the settings inside the older Bucket resource
// fight with these over the same state, and every preview shows a difference.
// (Version 7 of the provider's SDK drops the "V2" from these names, with aliases.)
type bucket struct {
	*s3.BucketV2
	site site
	name string // of the resource; settings are "<name>-<setting>"
	// last setting that was declared. S3 refuses to change two settings of a bucket
	// at the same time, so each waits for the one before.
	last pulumi.Resource
	// closedName is the bucket's name, known once all is set that keeps it closed.
	closedName pulumi.StringOutput
}

// bucketSettings are what differs from bucket to bucket.
type bucketSettings struct {
	keyARN pulumi.StringInput // nil: S3's own keys (SSE-S3)
	rules  []lifecycleRule
	policy pulumi.StringInput
}

// lifecycleRule says how long objects below a prefix live. There is one for each
// prefix that somebody may write below, and none for "everything": S3 and its
// provider disagree about what an empty filter looks like.
type lifecycleRule struct {
	prefix         string
	days           int // 0: until they are deleted
	noncurrentDays int
}

// abortedUploadDays is how long the parts of an upload that was never finished
// are kept, and paid for, although nobody sees them.
const abortedUploadDays = 7

// newBucket declares the bucket without its settings. Where protection is not
// wanted, the bucket is emptied when it is deleted, so that the stack can be
// destroyed whole. A bucket keeps the name that it was created with: a component that
// is renamed, with an alias, would otherwise replace it, and what is in it be gone.
func newBucket(s site, suffix, prefix string, protect bool) (*bucket, error) {
	name := s.name + suffix
	resource, err := s3.NewBucketV2(s.ctx, name, &s3.BucketV2Args{
		BucketPrefix: pulumi.String(prefix),
		ForceDestroy: pulumi.Bool(!protect),
		Tags:         s.tags,
	}, protected(protect, s.below(), pulumi.IgnoreChanges([]string{"bucketPrefix"}))...)
	if err != nil {
		return nil, err
	}
	return &bucket{BucketV2: resource, site: s, name: name, last: resource}, nil
}

// maxBucketPrefix leaves room for the 26 digits that make a name unique, within
// S3's 63 characters.
const maxBucketPrefix = 37

// bucketPrefix makes the beginning of a bucket's name of a component's: S3 takes
// lower-case letters, digits and - only. What is too long is cut, in the
// component's part: the digits that follow keep names apart.
func bucketPrefix(name, suffix string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	if longest := maxBucketPrefix - len(suffix); len(name) > longest {
		name = name[:longest]
	}
	return strings.TrimRight(name, "-") + suffix
}

// configure closes the bucket to the public before anything else.
func (b *bucket) configure(settings bucketSettings) error {
	for _, step := range []func(bucketSettings, ...pulumi.ResourceOption) (pulumi.Resource, error){
		b.blockPublicAccess, b.enforceOwnership, b.encrypt, b.version, b.expire, b.attachPolicy,
	} {
		if err := b.next(func(options ...pulumi.ResourceOption) (pulumi.Resource, error) {
			return step(settings, options...)
		}); err != nil {
			return err
		}
	}
	return nil
}

// next declares a setting that waits for the one before.
func (b *bucket) next(declare func(...pulumi.ResourceOption) (pulumi.Resource, error)) error {
	setting, err := declare(b.site.below(), pulumi.DependsOn([]pulumi.Resource{b.last}))
	if err != nil {
		return err
	}
	b.last = setting
	return nil
}

func (b *bucket) blockPublicAccess(_ bucketSettings, options ...pulumi.ResourceOption) (pulumi.Resource, error) {
	return s3.NewBucketPublicAccessBlock(b.site.ctx, b.name+"-public-access", &s3.BucketPublicAccessBlockArgs{
		Bucket:                b.Bucket,
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, options...)
}

func (b *bucket) enforceOwnership(_ bucketSettings, options ...pulumi.ResourceOption) (pulumi.Resource, error) {
	return s3.NewBucketOwnershipControls(b.site.ctx, b.name+"-ownership", &s3.BucketOwnershipControlsArgs{
		Bucket: b.Bucket,
		Rule:   s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, options...)
}

func (b *bucket) encrypt(settings bucketSettings, options ...pulumi.ResourceOption) (pulumi.Resource, error) {
	encryption := s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{SseAlgorithm: pulumi.String("AES256")}
	if settings.keyARN != nil {
		encryption.SseAlgorithm, encryption.KmsMasterKeyId = pulumi.String("aws:kms"), settings.keyARN.ToStringOutput()
	}
	return s3.NewBucketServerSideEncryptionConfigurationV2(b.site.ctx, b.name+"-encryption", &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: b.Bucket,
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{
			s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
				ApplyServerSideEncryptionByDefault: encryption,
				BucketKeyEnabled:                   pulumi.Bool(settings.keyARN != nil),
			},
		},
	}, options...)
}

func (b *bucket) version(_ bucketSettings, options ...pulumi.ResourceOption) (pulumi.Resource, error) {
	return s3.NewBucketVersioningV2(b.site.ctx, b.name+"-versioning", &s3.BucketVersioningV2Args{
		Bucket:                  b.Bucket,
		VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, options...)
}

func (b *bucket) expire(settings bucketSettings, options ...pulumi.ResourceOption) (pulumi.Resource, error) {
	rules := make(s3.BucketLifecycleConfigurationV2RuleArray, len(settings.rules))
	for i, rule := range settings.rules {
		args := s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:     pulumi.String(strings.TrimSuffix(rule.prefix, "/")),
			Status: pulumi.String("Enabled"),
			Filter: s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String(rule.prefix)},
			AbortIncompleteMultipartUpload: s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(abortedUploadDays),
			},
			NoncurrentVersionExpiration: s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(rule.noncurrentDays),
			},
		}
		if rule.days > 0 {
			args.Expiration = s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(rule.days)}
		}
		rules[i] = args
	}
	return s3.NewBucketLifecycleConfigurationV2(b.site.ctx, b.name+"-lifecycle", &s3.BucketLifecycleConfigurationV2Args{
		Bucket:                             b.Bucket,
		Rules:                              rules,
		TransitionDefaultMinimumObjectSize: pulumi.String("all_storage_classes_128K"), // what S3 fills in
	}, options...)
}

func (b *bucket) attachPolicy(settings bucketSettings, options ...pulumi.ResourceOption) (pulumi.Resource, error) {
	policy, err := s3.NewBucketPolicy(b.site.ctx, b.name+"-policy", &s3.BucketPolicyArgs{Bucket: b.Bucket, Policy: settings.policy}, options...)
	if err != nil {
		return nil, err
	}
	b.closedName = policy.Bucket // the last of the settings
	return policy, nil
}

// logTo has S3 write a line for every request into another bucket, below a
// prefix and parted by day. The other bucket must be configured before.
func (b *bucket) logTo(logs *bucket, prefix string) error {
	return b.next(func(options ...pulumi.ResourceOption) (pulumi.Resource, error) {
		return s3.NewBucketLoggingV2(b.site.ctx, b.name+"-logging", &s3.BucketLoggingV2Args{
			Bucket:       b.Bucket,
			TargetBucket: logs.Bucket,
			TargetPrefix: pulumi.String(prefix),
			TargetObjectKeyFormat: s3.BucketLoggingV2TargetObjectKeyFormatArgs{
				PartitionedPrefix: s3.BucketLoggingV2TargetObjectKeyFormatPartitionedPrefixArgs{PartitionDateSource: pulumi.String("EventTime")},
			},
		}, append(options, pulumi.DependsOn([]pulumi.Resource{logs.last}))...)
	})
}
