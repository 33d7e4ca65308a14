package components

import "encoding/json"

// policy is an IAM policy document. Its fields stand in the order in which
// people write them; equal policies give equal JSON.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    []string
	Resource  []string             `json:",omitempty"`
	Condition map[string]condition `json:",omitempty"`
}

// condition maps a context key to the value that it must have.
type condition map[string]string

func (p policy) json() string {
	p.Version = "2012-10-17"
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) //nolint:forbidigo // cannot be: a policy is made of strings
	}
	return string(text)
}

func allow(statements ...statement) policy {
	for i := range statements {
		statements[i].Effect = "Allow"
	}
	return policy{Statement: statements}
}

// place is where in AWS something is deployed.
type place struct{ partition, region, account string }

// lambdaTrust lets Lambda, on behalf of this account, run a function as the role.
func lambdaTrust(at place) string {
	return allow(statement{
		Principal: map[string]string{"Service": "lambda.amazonaws.com"},
		Action:    []string{"sts:AssumeRole"},
		Condition: map[string]condition{"StringEquals": {"aws:SourceAccount": at.account}},
	}).json()
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
	return allow(statement{
		Principal: map[string]string{"Service": "healthlake.amazonaws.com"},
		Action:    []string{"sts:AssumeRole"},
		Condition: map[string]condition{
			"StringEquals": {"aws:SourceAccount": account},
			"ArnLike":      {"aws:SourceArn": datastoreARN},
		},
	}).json()
}

// writeLogs lets a function write the streams of one log group. The log group is
// made beforehand, so there is no right to create one.
func writeLogs(logGroupARN string) string {
	return allow(statement{
		Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resource: []string{logGroupARN + ":*"},
	}).json()
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
	"healthlake:StartFHIRExportJobWithPost",
	"healthlake:UpdateResource",
}

// datastoreAccess lets a role do the actions on one datastore and, where it is
// encrypted with a key of the customer's, use that key.
func datastoreAccess(actions []string, datastoreARN, keyARN string) string {
	statements := []statement{{
		Sid:      "Datastore",
		Action:   actions,
		Resource: []string{datastoreARN},
	}}
	if keyARN != "" {
		statements = append(statements, statement{
			Sid:      "Key",
			Action:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"},
			Resource: []string{keyARN},
		})
	}
	return allow(statements...).json()
}

// keyAdministration leaves a key to the IAM policies of its account. A key policy
// has no other resource than its key, which "*" stands for
// (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
func keyAdministration(at place) string {
	return allow(statement{
		Sid:       "AccountAdministersTheKey",
		Principal: map[string]string{"AWS": "arn:" + at.partition + ":iam::" + at.account + ":root"},
		Action:    []string{"kms:*"},
		Resource:  []string{"*"},
	}).json()
}
