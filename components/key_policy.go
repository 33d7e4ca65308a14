package components

import "github.com/smartlake/pulumi-smartlake/internal/iampolicy"

// keyPolicy says who may use the key of a datastore.
//
// The account's root keeps every right, as in AWS's default key policy: it is what
// lets IAM policies give rights to the key at all, and without it a key can become
// one that nobody can manage any more
// (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
// It gives the key to nobody by itself. The roles of a datastore get three actions on
// this one key, see [datastoreAccess], the deploying principal must have them and
// kms:CreateGrant in IAM, and HealthLake works by the grant that it makes for itself
// when the datastore is created. The cryptographic actions cannot be taken out of the
// root's: the deploying principal is not known here, and changes.
//
// No right asks for kms:ViaService: AWS's page on HealthLake's encryption shows the
// value healthlake.amazonaws.com, KMS says that its values hold the region, and which
// of them HealthLake sends when it acts as a role is not documented. The wrong one
// would cut the datastore off from its data.
//
// Services get what they must have, for this account and their own resources. A key
// policy has no other resource than its key, which "*" stands for.
func keyPolicy(services ...func(place) iampolicy.Statement) func(place) string {
	return func(at place) string {
		statements := []iampolicy.Statement{{
			Sid:       "AccountAdministersTheKey",
			Principal: map[string]string{"AWS": "arn:" + at.partition + ":iam::" + at.account + ":root"},
			Action:    []string{"kms:*"},
			Resource:  []string{"*"},
		}}
		for _, service := range services {
			statements = append(statements, service(at))
		}
		return iampolicy.Allow(statements...).JSON()
	}
}

// encryptLogs lets CloudWatch Logs use a key for log groups of this account and
// region
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
// The one log group cannot be named: it is made after the key.
func encryptLogs(at place) iampolicy.Statement {
	return iampolicy.Statement{
		Sid:       "LogGroupsOfTheAccount",
		Principal: map[string]string{"Service": "logs." + at.region + ".amazonaws.com"},
		Action:    []string{"kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		Resource:  []string{"*"},
		Condition: iampolicy.Condition{"ArnLike": {
			"kms:EncryptionContext:aws:logs:arn": "arn:" + at.partition + ":logs:" + at.region + ":" + at.account + ":log-group:*",
		}},
	}
}

// encryptAlarms lets CloudWatch's alarms of this account publish to a topic that is
// encrypted with the key
// (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
func encryptAlarms(at place) iampolicy.Statement {
	return iampolicy.Statement{
		Sid:       "AlarmsOfTheAccount",
		Principal: map[string]string{"Service": "cloudwatch.amazonaws.com"},
		Action:    []string{"kms:Decrypt", "kms:GenerateDataKey*"},
		Resource:  []string{"*"},
		Condition: iampolicy.Condition{"StringEquals": {"aws:SourceAccount": at.account}},
	}
}
