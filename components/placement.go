package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// placement is where the providers of a component deploy to, known once they
// have answered.
type placement struct {
	partition, region, account pulumi.StringOutput
}

// placeOf asks the providers of the component, and not the default ones: an
// invoke without a parent would.
func placeOf(ctx *pulumi.Context, component pulumi.Resource) placement {
	parent := pulumi.Parent(component)
	return placement{
		partition: aws.GetPartitionOutput(ctx, aws.GetPartitionOutputArgs{}, parent).Partition(),
		region:    aws.GetRegionOutput(ctx, aws.GetRegionOutputArgs{}, parent).Name(),
		account:   aws.GetCallerIdentityOutput(ctx, aws.GetCallerIdentityOutputArgs{}, parent).AccountId(),
	}
}

// document makes a policy that depends on the place.
func (p placement) document(policy func(place) string) pulumi.StringOutput {
	return pulumi.All(p.partition, p.region, p.account).ApplyT(func(values []any) string {
		return policy(place{values[0].(string), values[1].(string), values[2].(string)})
	}).(pulumi.StringOutput)
}

// place is where in AWS something is deployed.
type place struct{ partition, region, account string }
