package main

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
)

// issuer is GitHub's, as the condition keys of AWS have it. audience is what
// aws-actions/configure-aws-credentials asks a token for.
const (
	issuer   = "token.actions.githubusercontent.com"
	audience = "sts.amazonaws.com"
)

// provider returns the ARN of the account's OIDC provider for GitHub. AWS verifies
// GitHub by its own list of certificate authorities, so there is no thumbprint.
func (s settings) provider(ctx *pulumi.Context) (pulumi.StringInput, error) {
	if s.providerARN != "" {
		return pulumi.String(s.providerARN), nil
	}
	provider, err := iam.NewOpenIdConnectProvider(ctx, "github", &iam.OpenIdConnectProviderArgs{
		Url:           pulumi.String("https://" + issuer),
		ClientIdLists: pulumi.StringArray{pulumi.String(audience)},
	})
	if err != nil {
		return nil, err
	}
	return provider.Arn, nil
}

// Jobs for a stack run in environments of its own, whose rules on GitHub say which
// branches may use them and who must approve: "<stack>-preview" for pull requests,
// "<stack>-drift" for scheduled runs, "<stack>" for deployments.
const (
	previewSuffix = "-preview"
	driftSuffix   = "-drift"
)

// subject is that of a job in an environment of the repository
// (https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims).
// Such a job has no other: what event started it, and on which branch, is for the
// environment's rules. A pull request from a fork gets no token at all.
func (s settings) subject(environment string) string {
	return "repo:" + s.repository + ":environment:" + environment
}

// trust lets jobs in one environment assume a role. Nothing of it is a pattern.
func (s settings) trust(provider pulumi.StringInput, environment string) pulumi.StringOutput {
	return provider.ToStringOutput().ApplyT(func(arn string) string {
		return iampolicy.Allow(iampolicy.Statement{
			Principal: map[string]string{"Federated": arn},
			Action:    []string{"sts:AssumeRoleWithWebIdentity"},
			Condition: iampolicy.Condition{"StringEquals": {
				issuer + ":aud": audience,
				issuer + ":sub": s.subject(environment),
			}},
		}).JSON()
	}).(pulumi.StringOutput)
}
