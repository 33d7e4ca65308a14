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
func keyPolicy(services ...func(place) statement) func(place) string {
	return func(at place) string {
		statements := []statement{{
			Sid:       "AccountAdministersTheKey",
			Principal: map[string]string{"AWS": "arn:" + at.partition + ":iam::" + at.account + ":root"},
			Action:    []string{"kms:*"},
			Resource:  []string{"*"},
		}}
		for _, service := range services {
			statements = append(statements, service(at))
		}
		return allow(statements...).json()
	}
}

// encryptLogs lets CloudWatch Logs use a key for log groups of this account and
// region
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
// The one log group cannot be named: it is made after the key.
func encryptLogs(at place) statement {
	return statement{
		Sid:       "LogGroupsOfTheAccount",
		Principal: map[string]string{"Service": "logs." + at.region + ".amazonaws.com"},
		Action:    []string{"kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		Resource:  []string{"*"},
		Condition: map[string]condition{"ArnLike": {
			"kms:EncryptionContext:aws:logs:arn": "arn:" + at.partition + ":logs:" + at.region + ":" + at.account + ":log-group:*",
		}},
	}
}

// encryptAlarms lets CloudWatch's alarms of this account publish to a topic that is
// encrypted with the key
// (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
func encryptAlarms(at place) statement {
	return statement{
		Sid:       "AlarmsOfTheAccount",
		Principal: map[string]string{"Service": "cloudwatch.amazonaws.com"},
		Action:    []string{"kms:Decrypt", "kms:GenerateDataKey*"},
		Resource:  []string{"*"},
		Condition: map[string]condition{"StringEquals": {"aws:SourceAccount": at.account}},
	}
}

// publishAlarms lets CloudWatch's alarms of this account publish to the topic, and
// nobody do so without TLS
// (https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html).
// Principals of the account go by their IAM policies.
func publishAlarms(topicARN, account string) string {
	document := allow(statement{
		Sid:       "AlarmsOfTheAccount",
		Principal: map[string]string{"Service": "cloudwatch.amazonaws.com"},
		Action:    []string{"sns:Publish"},
		Resource:  []string{topicARN},
		Condition: map[string]condition{"StringEquals": {"aws:SourceAccount": account}},
	})
	document.Statement = append(document.Statement, statement{
		Sid:       "NothingWithoutTLS",
		Effect:    "Deny",
		Principal: map[string]string{"AWS": "*"},
		Action:    []string{"sns:Publish"},
		Resource:  []string{topicARN},
		Condition: map[string]condition{"Bool": {"aws:SecureTransport": "false"}},
	})
	return document.json()
}

// writeTraces lets a function send its traces to X-Ray, whose actions know no
// resource
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html).
func writeTraces() string {
	return allow(statement{
		Action:   []string{"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
		Resource: []string{"*"},
	}).json()
}
