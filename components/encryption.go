package components

import (
	"github.com/pulumi/pulumi-aws-native/sdk/go/aws/healthlake"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// keyDeletionDays is how long KMS lets one change one's mind about a key, without
// which the datastore cannot be read: the longest it offers.
const keyDeletionDays = 30

// encryptionKey returns the ARN of the customer-managed key: the given one, one
// that is created here, or nil where AWS owns the key.
func (a SmartDatastoreArgs) encryptionKey(ctx *pulumi.Context, name string, parent pulumi.Resource) (pulumi.StringInput, error) {
	switch {
	case a.KMSKeyARN != nil:
		return matching("kmsKeyArn", a.KMSKeyARN, keyARNPattern, keyARNWanted), nil
	case !a.CustomerManagedKey:
		return nil, nil
	}
	key, err := kms.NewKey(ctx, name+"-key", &kms.KeyArgs{
		Description:          pulumi.String("Encrypts the HealthLake datastore " + a.DatastoreName),
		DeletionWindowInDays: pulumi.Int(keyDeletionDays),
		EnableKeyRotation:    pulumi.Bool(true),
		Policy:               placeOf(ctx, parent).document(keyAdministration),
		Tags:                 a.Tags,
	}, protected(orDefault(a.Protect, true), pulumi.Parent(parent))...)
	if err != nil {
		return nil, err
	}
	_, err = kms.NewAlias(ctx, name+"-key-alias", &kms.AliasArgs{TargetKeyId: key.KeyId}, pulumi.Parent(parent))
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
