package main

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
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

// The subjects of GitHub's tokens
// (https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims).
// They name the repository that a run belongs to. A pull request from a fork runs in
// this repository, and GitHub gives it no token at all.

// previewSubjects are those of pull requests, and of scheduled runs on the branch.
func (s settings) previewSubjects() []string {
	return []string{"repo:" + s.repository + ":pull_request", "repo:" + s.repository + ":ref:refs/heads/" + s.branch}
}

// deploySubject is that of a job in the environment of the stack's name, whose rules
// on GitHub say which branches may deploy and who must approve.
func (s settings) deploySubject(stack string) string {
	return "repo:" + s.repository + ":environment:" + stack
}

// trust lets runs with one of the subjects assume a role. Nothing of it is a pattern.
func (s settings) trust(provider pulumi.StringInput, subjects ...string) pulumi.StringOutput {
	return provider.ToStringOutput().ApplyT(func(arn string) (string, error) {
		return policy{Version: "2012-10-17", Statement: []statement{{
			Effect:    "Allow",
			Principal: map[string]string{"Federated": arn},
			Action:    []string{"sts:AssumeRoleWithWebIdentity"},
			Condition: map[string]map[string][]string{"StringEquals": {
				issuer + ":aud": {audience},
				issuer + ":sub": slices.Clone(subjects),
			}},
		}}}.json()
	}).(pulumi.StringOutput)
}
