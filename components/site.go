package components

import (
	"sync"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// site is where a component declares its children, and what they have in common. A
// component makes one and hands it to everything that declares.
type site struct {
	ctx    *pulumi.Context
	name   string          // of the component, with which its children's begin
	parent pulumi.Resource // the component
	place  func() placement
	tags   pulumi.StringMapInput
	roles  *RolesArgs
}

// newSite is the site of a component. Its providers are asked for the place once, when
// something first needs it.
func newSite(ctx *pulumi.Context, name string, component pulumi.Resource, tags pulumi.StringMapInput, roles *RolesArgs) site {
	place := sync.OnceValue(func() placement { return placeOf(ctx, component) })
	return site{ctx: ctx, name: name, parent: component, place: place, tags: tags, roles: roles}
}

// known spares the providers being asked again for what they have answered.
func (s *site) known(partition, region string) {
	ctx, parent := s.ctx, s.below()
	s.place = sync.OnceValue(func() placement {
		return placement{
			partition: pulumi.String(partition).ToStringOutput(),
			region:    pulumi.String(region).ToStringOutput(),
			account:   aws.GetCallerIdentityOutput(ctx, aws.GetCallerIdentityOutputArgs{}, parent).AccountId(),
		}
	})
}

// below makes a resource a child of the component.
func (s site) below() pulumi.ResourceOrInvokeOption { return pulumi.Parent(s.parent) }

// newRole declares the IAM role "<name><suffix>". Every role of the product comes from
// here, so that none goes without the path and the boundary.
func (s site) newRole(suffix, description string, trust pulumi.StringInput) (*iam.Role, error) {
	args := &iam.RoleArgs{
		Description:      pulumi.String(description),
		AssumeRolePolicy: trust,
		Tags:             s.tags,
	}
	roles := orDefault(s.roles, RolesArgs{})
	if roles.Path != "" {
		args.Path = pulumi.String(roles.Path)
	}
	if roles.PermissionsBoundary != nil {
		args.PermissionsBoundary = matching("roles.permissionsBoundary", roles.PermissionsBoundary, policyARNPattern, policyARNWanted)
	}
	return iam.NewRole(s.ctx, s.name+suffix, args, s.below())
}

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

// place is where in AWS something is deployed.
type place struct{ partition, region, account string }

// document makes a policy that depends on the place.
func (p placement) document(policy func(place) string) pulumi.StringOutput {
	return pulumi.All(p.partition, p.region, p.account).ApplyT(func(values []any) string {
		return policy(place{values[0].(string), values[1].(string), values[2].(string)})
	}).(pulumi.StringOutput)
}
