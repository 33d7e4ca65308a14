package declared_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

func TestABucketOfTheLocalCloudHasANameThatS3TakesAndKeepsItOverARestart(t *testing.T) {
	const datastore = "arn:aws:healthlake:eu-west-2:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef"
	takes := regexp.MustCompile(`^ehr-main-[a-z0-9-]{1,54}$`)
	names := map[string]string{}
	for range 2 {
		g, err := declared.Run(func(ctx *pulumi.Context) error {
			_, err := components.NewBulkDataStore(ctx, "EHR_Main", &components.BulkDataStoreArgs{DatastoreARN: pulumi.String(datastore)})
			return err
		}, declared.Stack{Project: "p", Name: "s", Config: map[string]string{"aws:region": "eu-west-2"}})
		if err != nil {
			t.Fatal(err)
		}
		buckets := g.All(declared.Bucket)
		if len(buckets) != 2 {
			t.Fatalf("got %d buckets, want 2", len(buckets))
		}
		for _, bucket := range buckets {
			name := bucket.Text("bucket")
			if !takes.MatchString(name) || bucket.ID != name || bucket.Text("arn") != "arn:aws:s3:::"+name {
				t.Errorf("%s: got the name %q, id %q and ARN %q", bucket.Name, name, bucket.ID, bucket.Text("arn"))
			}
			if before, known := names[bucket.Name]; known && before != name {
				t.Errorf("%s: %s became %s", bucket.Name, before, name)
			}
			names[bucket.Name] = name
		}
		for _, policy := range g.All(declared.RolePolicy) {
			if !strings.Contains(policy.Text("policy"), "arn:aws:s3:::"+names["EHR_Main-bucket"]+`"`) {
				t.Errorf("%s does not name the bucket: %s", policy.Name, policy.Text("policy"))
			}
		}
	}
}
