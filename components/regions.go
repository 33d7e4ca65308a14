package components

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// healthLakeRegions are the regions that AWS lists for HealthLake
// (https://docs.aws.amazon.com/general/latest/gr/Amazon-HealthLake.html). The list
// grows: [SmartDatastoreArgs.AllowUnlistedRegion].
var healthLakeRegions = []string{
	"ap-south-1", "ap-southeast-2", "ca-central-1", "eu-west-1", "eu-west-2", "us-east-1", "us-east-2", "us-west-2",
}

// knownPartitions are those whose host names the components can write. In the others
// (China, the European sovereign cloud, the isolated ones) Cognito's and Lambda's
// hosts end otherwise, and there is no HealthLake.
var knownPartitions = []string{"aws", "aws-us-gov"}

// checkRegion asks the component's provider where it deploys to, and refuses where
// HealthLake is not offered. It waits for the answer, so that nothing below the
// component is declared before: in a preview as well as in an update. Only a provider
// whose region is itself not known yet cannot answer in a preview; the update then
// asks again.
func (a SmartDatastoreArgs) checkRegion(s *site) error {
	ctx, parent := s.ctx, s.below()
	partition, err := aws.GetPartition(ctx, &aws.GetPartitionArgs{}, parent)
	if err != nil {
		return fmt.Errorf("asking the aws provider for its partition: %w", err)
	}
	region, err := aws.GetRegion(ctx, &aws.GetRegionArgs{}, parent)
	if err != nil {
		return fmt.Errorf("asking the aws provider for its region: %w", err)
	}
	if ctx.DryRun() && (partition.Partition == "" || region.Name == "") {
		return nil
	}
	s.known(partition.Partition, region.Name)
	var p problems
	known := strings.Join(healthLakeRegions, ", ")
	switch {
	case !slices.Contains(knownPartitions, partition.Partition):
		p.add("the aws provider's region (aws:region)", region.Name,
			fmt.Sprintf("HealthLake is not offered in the partition %s; must be one of %s", partition.Partition, known))
	case !slices.Contains(healthLakeRegions, region.Name) && !a.AllowUnlistedRegion:
		p.add("the aws provider's region (aws:region)", region.Name,
			fmt.Sprintf("HealthLake is known to be offered in %s only; must be one of them for both providers, "+
				"or set allowUnlistedRegion to true if AWS now offers HealthLake here", known))
	}
	a.checkPlaces(&p, region.Name)
	return p.err("SmartDatastore", s.name)
}

// checkPlaces refuses what the datastore and what stands beside it could not use: a key
// or a topic of another region, at which AWS would fail in the middle of an update.
func (a SmartDatastoreArgs) checkPlaces(p *problems, region string) {
	p.inRegion("kmsKeyArn", a.KMSKeyARN, "key", region)
	p.inRegion("function.logKmsKeyArn", a.Function.LogKMSKeyARN, "key", region)
	if a.Alarms != nil {
		p.inRegion("alarms.topicArn", a.Alarms.TopicARN, "topic", region)
		p.inRegion("alarms.topicKmsKeyArn", a.Alarms.TopicKMSKeyARN, "key", region)
	}
	p.inheritedInRegion("launchContext.function.logKmsKeyArn", a.LaunchContext.Function.LogKMSKeyARN, a.Function.LogKMSKeyARN, region)
	if a.FrontDoor != nil {
		p.inheritedInRegion("frontDoor.function.logKmsKeyArn", a.FrontDoor.Function.LogKMSKeyARN, a.Function.LogKMSKeyARN, region)
		if a.FrontDoor.Alarms != nil {
			p.inRegion("frontDoor.alarms.topicArn", a.FrontDoor.Alarms.TopicARN, "topic", region)
		}
		if a.FrontDoor.CustomDomain != nil {
			p.inRegion("frontDoor.customDomain.certificateArn", a.FrontDoor.CustomDomain.CertificateARN, "certificate", region)
		}
	}
	if a.BulkData != nil {
		p.inRegion("bulkData.kmsKeyArn", a.BulkData.KMSKeyARN, "key", region)
	}
}

// inRegion checks an ARN that is known already.
func (p *problems) inRegion(field string, arn pulumi.StringInput, what, region string) {
	text, ok := arn.(pulumi.String)
	if !ok {
		return
	}
	if parts := strings.Split(string(text), ":"); len(parts) > 3 && parts[3] != region {
		p.add(field, string(text), "must be a "+what+" in the datastore's region, "+region)
	}
}

// inheritedInRegion checks the key of a log unless it is that of the whole, which is
// checked where it was given.
func (p *problems) inheritedInRegion(field string, key, whole pulumi.StringInput, region string) {
	if key != whole {
		p.inRegion(field, key, "key", region)
	}
}
