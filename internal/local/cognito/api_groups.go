package cognito

import (
	"slices"
)

type userAndGroup struct {
	UserPoolId, Username, GroupName string //nolint:revive // AWS's name
}

func (p *Pool) checkGroup(name string) error {
	if !slices.Contains(p.config.API.Groups, name) {
		return refuse(resourceNotFound, "Group not found.")
	}
	return nil
}

func (p *Pool) adminAddUserToGroup(r userAndGroup) (any, error) {
	if err := p.checkGroup(r.GroupName); err != nil {
		return nil, err
	}
	_, err := p.directory.update(r.Username, p.config.Now(), func(user *User) error {
		if !slices.Contains(user.Groups, r.GroupName) {
			user.Groups = slices.Sorted(slices.Values(append(user.Groups, r.GroupName)))
		}
		return nil
	})
	return empty{}, err
}

func (p *Pool) adminRemoveUserFromGroup(r userAndGroup) (any, error) {
	if err := p.checkGroup(r.GroupName); err != nil {
		return nil, err
	}
	_, err := p.directory.update(r.Username, p.config.Now(), func(user *User) error {
		user.Groups = slices.DeleteFunc(user.Groups, func(name string) bool { return name == r.GroupName })
		return nil
	})
	return empty{}, err
}

type adminListGroupsForUser struct {
	UserPoolId, Username string //nolint:revive // AWS's name
	Limit                *int
	NextToken            string
}

// apiGroup is a group in the answers of the API.
type apiGroup struct {
	GroupName  string
	UserPoolId string //nolint:revive // AWS's name
}

func (p *Pool) adminListGroupsForUser(r adminListGroupsForUser) (any, error) {
	user, ok := p.directory.find(r.Username)
	if !ok {
		return nil, errNoUser
	}
	names, next, err := pageOf(user.Groups, r.Limit, r.NextToken)
	if err != nil {
		return nil, err
	}
	groups := []apiGroup{}
	for _, name := range names {
		groups = append(groups, apiGroup{name, p.id()})
	}
	return struct {
		Groups    []apiGroup
		NextToken string `json:",omitempty"`
	}{groups, next}, nil
}

type listUsersInGroup struct {
	UserPoolId, GroupName string //nolint:revive // AWS's name
	Limit                 *int
	NextToken             string
}

func (p *Pool) listUsersInGroup(r listUsersInGroup) (any, error) {
	if err := p.checkGroup(r.GroupName); err != nil {
		return nil, err
	}
	members := slices.DeleteFunc(p.directory.all(), func(u User) bool { return !slices.Contains(u.Groups, r.GroupName) })
	page, next, err := pageOf(members, r.Limit, r.NextToken)
	return struct {
		Users     []apiUser
		NextToken string `json:",omitempty"`
	}{listed(page), next}, err
}
