package components

import (
	"regexp"

	"github.com/pulumi/pulumi-aws-native/sdk/go/aws/healthlake"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
)

var keyARNPattern = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/(?:mrk-)?[0-9a-f-]{32,36}$`)

const keyARNWanted = "must be the ARN of a symmetric KMS key, arn:<partition>:kms:<region>:<account>:key/<id> (not of an alias)"

// keyDeletionDays is how long KMS lets one change one's mind about a key, without
// which what it encrypts cannot be read: the longest it offers.
const keyDeletionDays = 30

// createsKey reports whether a key of the datastore's own is created, whose policy is
// this package's.
func (a SmartDatastoreArgs) createsKey() bool { return a.CustomerManagedKey && a.KMSKeyARN == nil }

// encryptedWith lets what stands beside the datastore be encrypted with its key too,
// unless the caller gave another: the log groups, and the topic of the alarms. That
// is done with a key that is created here only. Of a given one it is not known
// whether its policy lets these services use it, and without that they fail.
func (a smartDatastorePlan) encryptedWith(keyARN pulumi.StringInput) smartDatastorePlan {
	if !a.createsKey() {
		return a
	}
	a.validator.Function = a.validator.Function.encryptedWith(keyARN)
	a.server.LaunchContext = copyOf(a.server.LaunchContext)
	a.server.LaunchContext.Function = a.server.LaunchContext.Function.encryptedWith(keyARN)
	if a.door != nil {
		door := *a.door
		door.Settings = copyOf(door.Settings)
		door.Settings.Function = door.Settings.Function.encryptedWith(keyARN)
		a.door = &door
	}
	if a.Alarms != nil && a.Alarms.TopicARN == nil && a.Alarms.TopicKMSKeyARN == nil {
		a.validator.Alarms = copyOf(a.Alarms)
		a.validator.Alarms.TopicKMSKeyARN = keyARN
	}
	return a
}

func (f *FunctionArgs) encryptedWith(keyARN pulumi.StringInput) *FunctionArgs {
	f = copyOf(f)
	if f.LogKMSKeyARN == nil {
		f.LogKMSKeyARN = keyARN
	}
	return f
}

// encryptionKey returns the ARN of the customer-managed key: the given one, one
// that is created here, or nil where AWS owns the key.
func (a SmartDatastoreArgs) encryptionKey(s site) (pulumi.StringInput, error) {
	switch {
	case a.KMSKeyARN != nil:
		return matching("kmsKeyArn", a.KMSKeyARN, keyARNPattern, keyARNWanted), nil
	case !a.createsKey():
		return nil, nil
	}
	services := []func(place) iampolicy.Statement{encryptLogs}
	if a.Alarms != nil {
		services = append(services, encryptAlarms)
	}
	return newKey(s, "Encrypts the HealthLake datastore "+a.DatastoreName, keyPolicy(services...), orDefault(a.Protect, true))
}

// newKey declares a key of the account, "<name>-key", with its alias,
// "<name>-key-alias", and returns its ARN.
func newKey(s site, description string, policy func(place) string, protect bool) (pulumi.StringInput, error) {
	key, err := kms.NewKey(s.ctx, s.name+"-key", &kms.KeyArgs{
		Description:          pulumi.String(description),
		DeletionWindowInDays: pulumi.Int(keyDeletionDays),
		EnableKeyRotation:    pulumi.Bool(true),
		Policy:               s.place().document(policy),
		Tags:                 s.tags,
	}, protected(protect, s.below())...)
	if err != nil {
		return nil, err
	}
	_, err = kms.NewAlias(s.ctx, s.name+"-key-alias", &kms.AliasArgs{TargetKeyId: key.KeyId}, s.below())
	return key.Arn, err
}

// sseConfiguration says the encryption whole, also where it is the service's
// default: a refresh brings the default back and would show a difference.
func sseConfiguration(keyARN pulumi.StringInput) healthlake.FhirDatastoreSseConfigurationArgs {
	config := healthlake.FhirDatastoreKmsEncryptionConfigArgs{CmkType: cmkTypeFor(keyARN)}
	if keyARN != nil {
		config.KmsKeyId = keyARN.ToStringOutput()
	}
	return healthlake.FhirDatastoreSseConfigurationArgs{KmsEncryptionConfig: config}
}

// cmkTypeFor says whose the key is: the customer's, or AWS's where there is none.
func cmkTypeFor(keyARN pulumi.StringInput) healthlake.FhirDatastoreKmsEncryptionConfigCmkType {
	if keyARN == nil {
		return healthlake.FhirDatastoreKmsEncryptionConfigCmkTypeAwsOwnedKmsKey
	}
	return healthlake.FhirDatastoreKmsEncryptionConfigCmkTypeCustomerManagedKmsKey
}
