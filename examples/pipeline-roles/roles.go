package main

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// hour in seconds. IAM's sessions last one to twelve; a new datastore takes AWS half of
// one, and the workflow that deploys asks for two.
const hour = 3600

// maxPolicies is how many managed policies IAM attaches to a role unless the quota is
// raised (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const maxPolicies = 10

// newRole declares a role with its rights as managed policies, "<name>-1" and so on:
// those written into the role itself may have 10240 characters in all.
func newRole(ctx *pulumi.Context, name string, trust pulumi.StringInput, documents []string, session int) (*iam.Role, error) {
	if len(documents) > maxPolicies {
		return nil, fmt.Errorf("%s: its rights need %d managed policies, and a role takes %d: give this program fewer stacks at a time",
			name, len(documents), maxPolicies)
	}
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		AssumeRolePolicy:   trust,
		MaxSessionDuration: pulumi.Int(session),
	})
	if err != nil {
		return nil, err
	}
	for i, document := range documents {
		child := fmt.Sprintf("%s-%d", name, i+1)
		attached, err := iam.NewPolicy(ctx, child, &iam.PolicyArgs{Policy: pulumi.String(document)}, pulumi.Parent(role))
		if err != nil {
			return nil, err
		}
		_, err = iam.NewRolePolicyAttachment(ctx, child, &iam.RolePolicyAttachmentArgs{Role: role.Name, PolicyArn: attached.Arn}, pulumi.Parent(role))
		if err != nil {
			return nil, err
		}
	}
	return role, nil
}
