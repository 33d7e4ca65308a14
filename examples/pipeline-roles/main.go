// Command pipeline-roles declares the IAM roles that this repository's pipelines on
// GitHub work with: one that previews every stack and can change nothing, and one for
// each stack that deploys it. See README.md.
package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func main() { pulumi.Run(declare) }

func declare(ctx *pulumi.Context) error {
	s, err := loadSettings(ctx)
	if err != nil {
		return err
	}
	account, err := placeOf(ctx)
	if err != nil {
		return err
	}
	rights, err := s.rights(account)
	if err != nil {
		return err
	}
	provider, err := s.provider(ctx)
	if err != nil {
		return err
	}
	preview, err := newRole(ctx, "preview", s.trust(provider, s.previewSubjects()...), rights.preview, hour)
	if err != nil {
		return err
	}
	ctx.Export("previewRoleArn", preview.Arn)
	deploying := pulumi.StringMap{}
	for _, stack := range s.stacks {
		role, err := newRole(ctx, "deploy-"+stack, s.trust(provider, s.deploySubject(stack)), rights.deploy[stack], 2*hour)
		if err != nil {
			return err
		}
		deploying[stack] = role.Arn
	}
	ctx.Export("deployRoleArns", deploying)
	return nil
}
