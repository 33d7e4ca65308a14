package components

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
)

// newDataRoles declares the roles that HealthLake assumes for a request that the
// validator lets pass.
func (v *TokenValidator) newDataRoles(s site) error {
	trust := s.place().document(healthLakeTrust)
	var err error
	if v.readRole, err = s.newRole("-read", "What HealthLake may do for a SMART token that only reads", trust); err != nil {
		return err
	}
	if v.writeRole, err = s.newRole("-write", "What HealthLake may do for a SMART token that writes", trust); err != nil {
		return err
	}
	if v.exportRole, err = s.newRole("-export", "What HealthLake may do for a SMART token that exports: start the job", trust); err != nil {
		return err
	}
	v.ReadRoleARN, v.WriteRoleARN, v.ExportRoleARN = v.readRole.Arn, v.writeRole.Arn, v.exportRole.Arn
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

// GrantDatastore lets the validator's roles act on one datastore: "<name>-read",
// "<name>-write" and "<name>-export". keyARN is the customer-managed key that the datastore is
// encrypted with, or nil. Give a parent among the options, but not the validator
// itself: a datastore that depends on it would wait for a policy that waits for
// the datastore.
func (v *TokenValidator) GrantDatastore(
	ctx *pulumi.Context, name string, datastoreARN, keyARN pulumi.StringInput, opts ...pulumi.ResourceOption,
) error {
	if keyARN == nil {
		keyARN = pulumi.String("")
	}
	grant := func(suffix string, role *iam.Role, actions []string) error {
		document := pulumi.All(datastoreARN, keyARN).ApplyT(func(arns []any) string {
			return datastoreAccess(actions, arns[0].(string), arns[1].(string))
		}).(pulumi.StringOutput)
		_, err := iam.NewRolePolicy(ctx, name+suffix, &iam.RolePolicyArgs{Role: role.Name, Policy: document}, opts...)
		return err
	}
	if err := grant("-read", v.readRole, readActions); err != nil {
		return err
	}
	if err := grant("-write", v.writeRole, sorted(slices.Concat(readActions, writeActions))); err != nil {
		return err
	}
	return grant("-export", v.exportRole, exportActions)
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
