package users

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// User of the pool, as Cognito has it.
type User struct {
	Username string
	// Status in Cognito's words: CONFIRMED, or FORCE_CHANGE_PASSWORD until the first sign-in.
	Status     string
	Enabled    bool
	Created    time.Time
	Attributes map[string]string // by Cognito's names
}

func userOf(u types.UserType) User {
	return User{
		Username: aws.ToString(u.Username), Status: string(u.UserStatus), Enabled: u.Enabled, Created: aws.ToTime(u.UserCreateDate),
		Attributes: attributesOf(u.Attributes),
	}
}

func attributesOf(list []types.AttributeType) map[string]string {
	attributes := map[string]string{}
	for _, attribute := range list {
		attributes[aws.ToString(attribute.Name)] = aws.ToString(attribute.Value)
	}
	return attributes
}

// Find returns the user of a name, or false. Cognito also finds users by their aliases and
// sub: see [User.Username].
func (p *Pool) Find(ctx context.Context, name string) (User, bool, error) {
	answer, err := p.Client.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: &p.ID, Username: &name})
	if hasCode(err, "UserNotFoundException") {
		return User{}, false, nil
	}
	if err != nil {
		return User{}, false, failure(err)
	}
	return User{
		Username: aws.ToString(answer.Username), Status: string(answer.UserStatus), Enabled: answer.Enabled, Created: aws.ToTime(answer.UserCreateDate),
		Attributes: attributesOf(answer.UserAttributes),
	}, true, nil
}

// existing is the user of a name, who must be there.
func (p *Pool) existing(ctx context.Context, name string) (User, error) {
	if name == "" {
		return User{}, Problems{{FieldUsername, name, "missing; set it"}}
	}
	user, found, err := p.Find(ctx, name)
	if err != nil {
		return User{}, err
	}
	if !found {
		return User{}, Problems{{FieldUsername, name, "no such user in the pool " + p.ID}}
	}
	return user, user.checkCalled(name)
}

// checkCalled refuses a user whom Cognito found by a name that the user has chosen
// (preferred_username): whoever takes the name of a colleague to be would get what is meant
// for the colleague. Addresses and numbers are verified, and names and subs are Cognito's.
func (u User) checkCalled(name string) error {
	verified := func(attribute string) string {
		if u.Attributes[attribute+"_verified"] != "true" {
			return ""
		}
		return u.Attributes[attribute]
	}
	if strings.EqualFold(u.Username, name) || name == u.Attributes["sub"] || strings.EqualFold(verified("email"), name) || verified("phone_number") == name {
		return nil
	}
	return Problems{{FieldUsername, name, "another user of the pool has chosen it to sign in with; use that user's own name"}}
}

// GroupsOf are all groups that a user is in, sorted.
func (p *Pool) GroupsOf(ctx context.Context, username string) ([]string, error) {
	var names []string
	pages := idp.NewAdminListGroupsForUserPaginator(p.Client, &idp.AdminListGroupsForUserInput{UserPoolId: &p.ID, Username: &username})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure(err)
		}
		for _, group := range page.Groups {
			names = append(names, aws.ToString(group.GroupName))
		}
	}
	slices.Sort(names)
	return names, nil
}
