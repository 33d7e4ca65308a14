package components

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// groups are those of the user pool that clients and test users name, each once.
func (a AuthorizationServerArgs) groups() []string {
	var names []string
	for _, client := range a.Clients {
		names = append(names, client.Groups...)
	}
	for _, user := range a.TestUsers {
		names = append(names, user.Groups...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// newGroups declares the groups, and returns their names as they are known once the
// groups are there. The groups of a pool that exists are its owner's.
func newGroups(s site, a AuthorizationServerArgs, pool userPool) (map[string]pulumi.StringOutput, error) {
	declared := map[string]pulumi.StringOutput{}
	if a.ExistingUserPool != nil {
		return declared, nil
	}
	for _, group := range a.groups() {
		created, err := cognito.NewUserGroup(s.ctx, s.name+"-group-"+group, &cognito.UserGroupArgs{
			Name:        pulumi.String(group),
			Description: pulumi.String("Users of SMART apps"),
			UserPoolId:  pool.id,
		}, s.below())
		if err != nil {
			return nil, err
		}
		declared[group] = created.Name
	}
	return declared, nil
}
