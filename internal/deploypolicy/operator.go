package deploypolicy

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// operation is one of Cognito's API that "smartlake users" calls. The right to call it has
// its name, and is on the user pool
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html).
type operation struct {
	name string
	// source is where the call is: the method of Pool in internal/users, and the page of the
	// operation below
	// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/.
	source string
}

// operations are all that "smartlake users" calls. A test holds them against what the
// commands call.
var operations = []operation{
	{"AdminAddUserToGroup", "Ensure, Join: API_AdminAddUserToGroup.html"},
	{"AdminCreateUser", "Ensure, Invite: API_AdminCreateUser.html"},
	{"AdminDeleteUser", "Delete: API_AdminDeleteUser.html"},
	{"AdminDeleteUserAttributes", "Unlink: API_AdminDeleteUserAttributes.html"},
	{"AdminDisableUser", "Disable: API_AdminDisableUser.html"},
	{"AdminEnableUser", "Enable: API_AdminEnableUser.html"},
	{"AdminGetUser", "Find, and so all that is about one user: API_AdminGetUser.html"},
	{"AdminListGroupsForUser", "GroupsOf, Ensure, Join, Leave: API_AdminListGroupsForUser.html"},
	{"AdminRemoveUserFromGroup", "Leave: API_AdminRemoveUserFromGroup.html"},
	{"AdminSetUserPassword", "SetPassword: API_AdminSetUserPassword.html"},
	{"AdminUpdateUserAttributes", "Ensure: API_AdminUpdateUserAttributes.html"},
	{"AdminUserGlobalSignOut", "SignOut: API_AdminUserGlobalSignOut.html"},
	{"DescribeUserPool", "Describe: API_DescribeUserPool.html"},
	{"ListUsers", "List: API_ListUsers.html"},
	{"ListUsersInGroup", "List: API_ListUsersInGroup.html"},
}

// OperatorCaution says what the holder of the policy of [Operator] can do with it.
const OperatorCaution = "The holder of this policy can set the password of every user of the pool and link every user to any patient, " +
	"and so read what those may. CloudTrail records each change. Looking up a linked resource (--check) needs healthlake:ReadResource " +
	"on the datastore besides, which reads every patient's records: it is not included."

var userPoolIDPattern = regexp.MustCompile(`^([a-z]{2,4}(?:-[a-z]+)+-[0-9]+)_[0-9A-Za-z]{1,55}$`)

// Operator returns the rights of a person who administers the users of the graph's user
// pool with "smartlake users", and no other: not on clients, nor on the pool itself.
//
// They are for the pool of an id, exactly. Without an id, which Cognito chooses when the
// stack is first deployed, they are for the pools that carry the stack's tags; a stack
// without tags then is an error, because the rights would be for every pool of the account
// and region. A pool that exists already has its id from the configuration.
func Operator(g *declared.Graph, userPoolID string) ([]Document, error) {
	s := stackOf(g)
	if pools := g.All(declared.UserPool); len(pools) == 1 {
		s = s.at(pools[0])
	}
	need, on, err := s.operatedPool(userPoolID)
	if err != nil {
		return nil, err
	}
	var actions []string
	for _, operation := range operations {
		actions = append(actions, of("cognito-idp", operation.name)...)
	}
	collected := map[string]*Statement{}
	collect(collected, need, actions, on)
	return s.documents(collected)
}

// operatedPool is the user pool whose users are administered, and how it is told from
// others where its id is not known.
func (s stack) operatedPool(id string) (need right, on []string, err error) {
	var existing string
	for _, pool := range s.Lookups() {
		if pool.Type == declared.ExistingUserPool {
			existing = pool.ID
		}
	}
	switch {
	case id != "":
		found := userPoolIDPattern.FindStringSubmatch(id)
		if found == nil || found[1] != s.Region {
			return right{}, nil, fmt.Errorf("%q: must be the id of a user pool in %s, as \"pulumi stack output userPoolId\" prints it", id, s.Region)
		}
		if existing != "" && existing != id {
			return right{}, nil, fmt.Errorf("%q: the stack uses the user pool %s; leave it out", id, existing)
		}
		return right{}, []string{s.ARN("cognito-idp", "userpool/"+id)}, nil
	case existing != "":
		return right{}, []string{s.ARN("cognito-idp", "userpool/"+existing)}, nil
	case len(s.tags(declared.UserPool)) == 0:
		return right{}, nil, errors.New("missing; the user pool has no tags, so that the rights would be for every user pool of the account and region: " +
			"set it to the pool's id, as \"pulumi stack output userPoolId\" prints it")
	}
	return right{condition: ownTags(declared.UserPool)(s, declared.Resource{})}, pools(s, declared.Resource{}), nil
}
