package components

import (
	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
)

// newDataRoles declares the roles that HealthLake assumes for a request that the
// validator lets pass.
func (v *TokenValidator) newDataRoles(s site) error {
	trust := s.place().document(healthLakeTrust)
	read, err := s.newRole("-read", "What HealthLake may do for a SMART token that only reads", trust)
	if err != nil {
		return err
	}
	write, err := s.newRole("-write", "What HealthLake may do for a SMART token that writes", trust)
	if err != nil {
		return err
	}
	export, err := s.newRole("-export", "What HealthLake may do for a SMART token that exports: start the job", trust)
	if err != nil {
		return err
	}
	v.ReadRoleARN, v.WriteRoleARN, v.ExportRoleARN = read.Arn, write.Arn, export.Arn
	v.ReadRoleName, v.WriteRoleName, v.ExportRoleName = read.Name, write.Name, export.Name
	return nil
}

// healthLakeTrust lets HealthLake, on behalf of a datastore of this account and
// region, act as the role
// (https://docs.aws.amazon.com/healthlake/latest/devguide/getting-started-setting-up.html).
// The one datastore cannot be named: its own definition needs the role first.
func healthLakeTrust(at place) string {
	return trustDatastore(at.account, "arn:"+at.partition+":healthlake:"+at.region+":"+at.account+":datastore/fhir/*")
}

// trustDatastore lets HealthLake, on behalf of the datastores that the ARN matches,
// act as the role.
func trustDatastore(account, datastoreARN string) string {
	return iampolicy.Allow(iampolicy.Statement{
		Principal: map[string]string{"Service": "healthlake.amazonaws.com"},
		Action:    []string{"sts:AssumeRole"},
		Condition: iampolicy.Condition{
			"StringEquals": {"aws:SourceAccount": account},
			"ArnLike":      {"aws:SourceArn": datastoreARN},
		},
	}).JSON()
}

// readActions are the HealthLake actions that change nothing
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awshealthlake.html).
var readActions = []string{
	"healthlake:GetCapabilities",
	"healthlake:GetHistoryByResourceId",
	"healthlake:ReadResource",
	"healthlake:SearchEverything",
	"healthlake:SearchWithGet",
	"healthlake:SearchWithPost",
	"healthlake:VersionReadResource",
}

// writeActions are the changing ones among the actions that AWS documents for
// the role of a SMART on FHIR datastore
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-smart-on-fhir-resources.html).
// Bundles and patches are not among them: it is not documented how HealthLake
// holds their parts against the scopes.
var writeActions = []string{
	"healthlake:CreateResource",
	"healthlake:DeleteResource",
	"healthlake:UpdateResource",
}

// exportActions start an export of the whole datastore. AWS documents the first for the
// role of a SMART on FHIR datastore; the second is FHIR's other way to ask for it. The
// job itself runs with a role that its request names, and which this role may not hand
// over: AWS documents iam:PassRole for no role that a SMART request runs as.
var exportActions = []string{
	"healthlake:StartFHIRExportJobWithGet",
	"healthlake:StartFHIRExportJobWithPost",
}

// datastoreAccess lets a role do the actions on one datastore and, where it is
// encrypted with a key of the customer's, use that key.
func datastoreAccess(actions []string, datastoreARN, keyARN string) string {
	statements := []iampolicy.Statement{{
		Sid:      "Datastore",
		Action:   actions,
		Resource: []string{datastoreARN},
	}}
	if keyARN != "" {
		statements = append(statements, iampolicy.Statement{
			Sid:      "Key",
			Action:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"},
			Resource: []string{keyARN},
		})
	}
	return iampolicy.Allow(statements...).JSON()
}
