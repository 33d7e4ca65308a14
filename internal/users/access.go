package users

import (
	"context"
	"slices"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Disable keeps a user from signing in and refreshing tokens.
func (p *Pool) Disable(ctx context.Context, name string) (Outcome, error) {
	return p.change(ctx, name, func(user User, o *Outcome) error {
		if !user.Enabled {
			return nil
		}
		o.changed("disabled")
		_, err := p.Client.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: &p.ID, Username: &user.Username})
		return err
	})
}

// Enable lets a user sign in again.
func (p *Pool) Enable(ctx context.Context, name string) (Outcome, error) {
	return p.change(ctx, name, func(user User, o *Outcome) error {
		if user.Enabled {
			return nil
		}
		o.changed("enabled")
		_, err := p.Client.AdminEnableUser(ctx, &idp.AdminEnableUserInput{UserPoolId: &p.ID, Username: &user.Username})
		return err
	})
}

// SignOut ends the user's refresh tokens. Access tokens stay good at the datastore until
// they expire, and a browser's session at the sign-in page stays
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUserGlobalSignOut.html).
func (p *Pool) SignOut(ctx context.Context, name string) (Outcome, error) {
	return p.change(ctx, name, func(user User, o *Outcome) error {
		o.changed("signed out")
		_, err := p.Client.AdminUserGlobalSignOut(ctx, &idp.AdminUserGlobalSignOutInput{UserPoolId: &p.ID, Username: &user.Username})
		return err
	})
}

// Delete deletes a user for good. One who is not there is unchanged.
func (p *Pool) Delete(ctx context.Context, name string) (Outcome, error) {
	user, found, err := p.Find(ctx, name)
	if err != nil || !found {
		return Outcome{Status: Unchanged, Username: name}, err
	}
	_, err = p.Client.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: &p.ID, Username: &user.Username})
	if err != nil && !hasCode(err, "UserNotFoundException") {
		return Outcome{}, failure(err)
	}
	return Outcome{Status: Updated, Username: user.Username, Changes: []string{"deleted"}}, nil
}

// Invite has Cognito send the invitation again, with another temporary password, to a user
// who has not signed in yet.
func (p *Pool) Invite(ctx context.Context, name string) (Outcome, error) {
	return p.change(ctx, name, func(user User, o *Outcome) error {
		if user.Status != string(types.UserStatusTypeForceChangePassword) {
			return Problems{{FieldUsername, name, "has no temporary password (status " + user.Status + "): only a user who has not signed in yet can be invited"}}
		}
		o.changed("invited")
		_, err := p.Client.AdminCreateUser(ctx, &idp.AdminCreateUserInput{
			UserPoolId: &p.ID, Username: &user.Username, MessageAction: types.MessageActionTypeResend,
			DesiredDeliveryMediums: []types.DeliveryMediumType{types.DeliveryMediumTypeEmail},
		})
		return err
	})
}

// SetPassword gives a user a password, which stays valid if it is permanent and is changed
// at the next sign-in otherwise.
func (p *Pool) SetPassword(ctx context.Context, name, password string, permanent bool) (Outcome, error) {
	return p.change(ctx, name, func(user User, o *Outcome) error {
		o.changed("password")
		_, err := p.Client.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{
			UserPoolId: &p.ID, Username: &user.Username, Password: &password, Permanent: permanent,
		})
		return err
	})
}

// Unlink takes a user's links away, those of some fields: [FieldPatient], [FieldFHIRUser].
func (p *Pool) Unlink(ctx context.Context, name string, fields []string) (Outcome, error) {
	return p.change(ctx, name, func(user User, o *Outcome) error {
		var attributes []string
		for _, link := range p.links(Wanted{}) {
			if slices.Contains(fields, link.field) && user.Attributes[link.attribute] != "" {
				attributes = append(attributes, link.attribute)
				o.changed(link.attribute)
			}
		}
		if len(attributes) == 0 {
			return nil
		}
		_, err := p.Client.AdminDeleteUserAttributes(ctx, &idp.AdminDeleteUserAttributesInput{
			UserPoolId: &p.ID, Username: &user.Username, UserAttributeNames: attributes,
		})
		return err
	})
}

// Join puts a user into groups of the stack's clients.
func (p *Pool) Join(ctx context.Context, name string, groups []string) (Outcome, error) {
	return p.changeGroups(ctx, name, groups, func(group, username string, in bool) (bool, error) {
		if in {
			return false, nil
		}
		_, err := p.Client.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: &p.ID, Username: &username, GroupName: &group})
		return true, err
	})
}

// Leave takes a user out of groups of the stack's clients.
func (p *Pool) Leave(ctx context.Context, name string, groups []string) (Outcome, error) {
	return p.changeGroups(ctx, name, groups, func(group, username string, in bool) (bool, error) {
		if !in {
			return false, nil
		}
		_, err := p.Client.AdminRemoveUserFromGroup(ctx, &idp.AdminRemoveUserFromGroupInput{UserPoolId: &p.ID, Username: &username, GroupName: &group})
		return true, err
	})
}

func (p *Pool) changeGroups(ctx context.Context, name string, groups []string, set func(group, username string, in bool) (bool, error)) (Outcome, error) {
	if problems := Problems(p.checkGroups(groups)); len(problems) > 0 {
		return Outcome{}, problems
	}
	return p.change(ctx, name, func(user User, o *Outcome) error {
		in, err := p.GroupsOf(ctx, user.Username)
		if err != nil {
			return err
		}
		for _, group := range groups {
			changed, err := set(group, user.Username, slices.Contains(in, group))
			if err != nil {
				return after(o, failure(err))
			}
			if changed {
				o.changed("group " + group)
			}
		}
		return nil
	})
}

// change does something with a user who is there. An outcome without changes is unchanged.
func (p *Pool) change(ctx context.Context, name string, do func(User, *Outcome) error) (Outcome, error) {
	user, err := p.existing(ctx, name)
	if err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{Status: Unchanged, Username: user.Username}
	if err := do(user, &outcome); err != nil {
		return Outcome{}, asFailure(err)
	}
	return outcome, nil
}
