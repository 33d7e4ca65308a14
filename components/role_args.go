package components

import (
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RolesArgs are the path and the permissions boundary of every IAM role of a component, for
// accounts that require them. By default neither is set.
type RolesArgs struct {
	// Path of the roles, like "/teams/records/", at most 512 printable characters. By
	// default "/". A change creates new roles and then deletes the old ones; the datastore
	// stays as it is.
	Path string `pulumi:"path,optional"`
	// PermissionsBoundary is the ARN of the managed policy, of the account or of AWS, that
	// limits the rights of the roles, by default none
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html). A
	// boundary grants no rights. It must allow HealthLake's actions, the use of the
	// datastore's key and the writing of logs, or the roles lose these rights.
	PermissionsBoundary pulumi.StringInput `pulumi:"permissionsBoundary,optional"`
}

// IAM's own patterns
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html), without
// the characters *, ? and $ in a path. IAM takes them there, but policies name roles and
// boundaries by their ARNs, and read the three as wildcards and variables.
var (
	rolePathPattern  = regexp.MustCompile(`^/(?:` + pathCharacter + `{1,510}/)?$`)
	roleNamePattern  = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
	policyARNPattern = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy/(?:` + pathCharacter + `{1,511}/)?[A-Za-z0-9_+=,.@-]{1,128}$`)
)

const pathCharacter = `[\x21-\x23\x25-\x29\x2B-\x3E\x40-\x7E]`

const policyARNWanted = "must be the ARN of a managed policy, arn:<partition>:iam::<account or aws>:policy/<name>"

func (r *RolesArgs) check(p *problems, field string) {
	if r == nil {
		return
	}
	if r.Path != "" {
		p.pattern(field+".path", r.Path, rolePathPattern, "must be / or printable characters other than *, ? and $ between two slashes, at most 512 in all")
	}
	p.patternWhereKnown(field+".permissionsBoundary", r.PermissionsBoundary, policyARNPattern, policyARNWanted)
}
