package components

import (
	"encoding/json"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// describeJobs says how jobs are started, and by whom.
func (b *BulkDataStore) describeJobs(datastoreARN pulumi.StringOutput) {
	describe := func(text func(job) string) pulumi.StringOutput {
		return pulumi.All(datastoreARN, b.BucketName, b.BucketARN, b.KMSKeyARN, b.ImportRoleARN, b.ExportRoleARN).ApplyT(func(v []any) string {
			return text(job{v[0].(string), v[1].(string), v[2].(string), v[3].(string), v[4].(string), v[5].(string)})
		}).(pulumi.StringOutput)
	}
	b.StartJobsPolicy = describe(func(j job) string {
		return startJobs(j.datastoreARN, j.importRoleARN, j.exportRoleARN, j.bucketARN, j.keyARN)
	})
	b.ImportCommand = describe(job.importCommand)
	b.ExportCommand = describe(job.exportCommand)
}

// job is what a job is started with.
type job struct {
	datastoreARN, bucketName, bucketARN, keyARN, importRoleARN, exportRoleARN string
}

// The inputs of the jobs
// (https://docs.aws.amazon.com/healthlake/latest/APIReference/API_StartFHIRImportJob.html,
// https://docs.aws.amazon.com/healthlake/latest/APIReference/API_StartFHIRExportJob.html).
type (
	inputDataConfig struct {
		S3Uri string
	}
	outputDataConfig struct {
		S3Configuration s3Configuration
	}
	s3Configuration struct {
		S3Uri, KmsKeyId string //nolint:revive // HealthLake's own name
	}
)

// importCommand is a command line of the AWS CLI
// (https://docs.aws.amazon.com/cli/latest/reference/healthlake/start-fhir-import-job.html).
func (j job) importCommand() string {
	return j.command("start-fhir-import-job",
		"--input-data-config", compact(inputDataConfig{j.uri(importPrefix)}),
		"--job-output-data-config", compact(j.output(importOutputPrefix)),
		"--data-access-role-arn", j.importRoleARN)
}

// exportCommand is a command line of the AWS CLI
// (https://docs.aws.amazon.com/cli/latest/reference/healthlake/start-fhir-export-job.html).
func (j job) exportCommand() string {
	return j.command("start-fhir-export-job",
		"--output-data-config", compact(j.output(exportPrefix)),
		"--data-access-role-arn", j.exportRoleARN)
}

func (j job) command(operation string, options ...string) string {
	arn := strings.Split(j.datastoreARN, ":") // arn:partition:healthlake:region:account:datastore/fhir/id
	region, id := arn[3], j.datastoreARN[strings.LastIndex(j.datastoreARN, "/")+1:]
	words := append([]string{"aws", "healthlake", operation, "--region", region, "--datastore-id", id}, options...)
	return shell.Line(words...)
}

func (j job) uri(prefix string) string { return "s3://" + j.bucketName + "/" + prefix }

func (j job) output(prefix string) outputDataConfig {
	return outputDataConfig{s3Configuration{S3Uri: j.uri(prefix), KmsKeyId: j.keyARN}}
}

func compact(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) //nolint:forbidigo // cannot be: the inputs of a job are made of strings
	}
	return string(text)
}

// startJobs is what those need who start jobs: the jobs, the roles to hand over,
// and the files before and after.
func startJobs(datastoreARN, importRoleARN, exportRoleARN, bucketARN, keyARN string) string {
	return iampolicy.Allow(
		iampolicy.Statement{
			Sid: "Jobs",
			Action: []string{
				"healthlake:DescribeFHIRExportJob",
				"healthlake:DescribeFHIRImportJob",
				"healthlake:ListFHIRExportJobs",
				"healthlake:ListFHIRImportJobs",
				"healthlake:StartFHIRExportJob",
				"healthlake:StartFHIRImportJob",
			},
			Resource: []string{datastoreARN},
		},
		iampolicy.Statement{
			Sid:       "HandOverRoles",
			Action:    []string{"iam:PassRole"},
			Resource:  []string{importRoleARN, exportRoleARN},
			Condition: iampolicy.Condition{"StringEquals": {"iam:PassedToService": "healthlake.amazonaws.com"}},
		},
		iampolicy.Statement{Sid: "List", Action: []string{"s3:ListBucket"}, Resource: []string{bucketARN}},
		iampolicy.Statement{Sid: "Upload", Action: []string{"s3:PutObject"}, Resource: []string{bucketARN + "/" + importPrefix + "*"}},
		iampolicy.Statement{
			Sid:      "Download",
			Action:   []string{"s3:GetObject"},
			Resource: []string{bucketARN + "/" + importOutputPrefix + "*", bucketARN + "/" + exportPrefix + "*"},
		},
		iampolicy.Statement{
			Sid:      "Key",
			Action:   []string{"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"},
			Resource: []string{keyARN},
		},
	).JSON()
}
