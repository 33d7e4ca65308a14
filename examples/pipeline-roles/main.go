// Command pipeline-roles declares the IAM roles that this repository's pipelines on
// GitHub work with: three for each stack, one that previews it and sees nothing but its
// state, one that looks for drift, and one that deploys it. See README.md.
package main

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

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
	all := map[string]rights{} // by stack, and before anything is declared
	for _, stack := range s.stacks {
		if all[stack], err = s.rights(stack, account); err != nil {
			return err
		}
	}
	provider, err := s.provider(ctx)
	if err != nil {
		return err
	}
	arns := map[string]pulumi.StringMap{"preview": {}, "drift": {}, "deploy": {}}
	for _, stack := range s.stacks {
		for _, r := range s.roles(stack, all[stack]) {
			role, err := newRole(ctx, r.purpose+"-"+stack, s.trust(provider, r.environment), r.documents, r.session)
			if err != nil {
				return err
			}
			arns[r.purpose][stack] = role.Arn
		}
	}
	for purpose, byStack := range arns {
		ctx.Export(purpose+"RoleArns", byStack)
	}
	return nil
}

// stackRole is one of a stack's roles.
type stackRole struct {
	purpose     string
	environment string // whose jobs assume it
	documents   []string
	session     int // seconds
}

// roles of a stack. No two have an environment in common: settings.check holds the
// names of the stacks to that.
func (s settings) roles(stack string, may rights) []stackRole {
	roles := []stackRole{
		{"drift", stack + driftSuffix, may.drift, hour},
		{"deploy", stack, may.deploy, 2 * hour},
	}
	if slices.Contains(s.previewed, stack) {
		roles = append(roles, stackRole{"preview", stack + previewSuffix, may.preview, hour})
	}
	return roles
}
