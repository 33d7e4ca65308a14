package components

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestUserArgs describes a user for tests.
type TestUserArgs struct {
	// Username, unique in the pool. Not an email address.
	Username string `pulumi:"username"`
	// Email address. Cognito takes it as verified, and sends no mail to it.
	Email string `pulumi:"email"`
	// Password that stays valid. It is kept as a Pulumi secret.
	Password pulumi.StringInput `pulumi:"password" provider:"secret"`
	// Patient is the FHIR id of the user's patient, such as "123". By default none: patient/
	// scopes then do not count.
	Patient string `pulumi:"patient,optional"`
	// FHIRUser is the FHIR resource of the user, such as "Practitioner/123". By default
	// none: user/ scopes then do not count.
	FHIRUser string `pulumi:"fhirUser,optional"`
	// Groups of the user pool that the user is in. By default none.
	Groups []string `pulumi:"groups,optional"`
}

// newUsers declares the groups of the pool and the test users in them.
func newUsers(s site, a AuthorizationServerArgs, pool userPool) error {
	groups, err := newGroups(s, a, pool)
	if err != nil {
		return err
	}
	for i, user := range a.TestUsers {
		field := fmt.Sprintf("testUsers[%d].password", i)
		password := user.Password.ToStringOutput().ApplyT(func(text string) (string, error) {
			return text, a.UserPool.PasswordPolicy.check(field, text)
		}).(pulumi.StringOutput)
		attributes := user.contextAttributes(a.LaunchContext)
		attributes["email"], attributes["email_verified"] = user.Email, "true"
		created, err := cognito.NewUser(s.ctx, s.name+"-user-"+user.Username, &cognito.UserArgs{
			UserPoolId:    pool.id,
			Username:      pulumi.String(user.Username),
			Password:      password.ToStringPtrOutput(),
			MessageAction: pulumi.String("SUPPRESS"),
			Attributes:    pulumi.ToStringMap(attributes),
		}, s.below())
		if err != nil {
			return err
		}
		for _, group := range user.Groups {
			if _, err := cognito.NewUserInGroup(s.ctx, s.name+"-user-"+user.Username+"-in-"+group, &cognito.UserInGroupArgs{
				UserPoolId: pool.id, Username: created.Username, GroupName: groups[group],
			}, s.below()); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkTestUsers(p *problems, field string, users []TestUserArgs, policy *PasswordPolicyArgs) {
	seen := map[string]bool{}
	for i, user := range users {
		at := fmt.Sprintf("%s[%d]", field, i)
		p.pattern(at+".username", user.Username, usernamePattern, "must be 1 to 128 printable characters without white space")
		if emailPattern.MatchString(user.Username) {
			p.add(at+".username", user.Username, "must not be an email address; users already sign in by email")
		}
		if name := strings.ToLower(user.Username); seen[name] {
			p.add(at+".username", user.Username, "another test user has this name, ignoring case; choose a different one")
		} else {
			seen[name] = true
		}
		p.pattern(at+".email", user.Email, emailPattern, "must be an email address")
		if user.Password == nil {
			p.missing(at+".password", "set it to a password, as a Pulumi secret")
		}
		if password, known := user.Password.(pulumi.String); known {
			if err := policy.check(at+".password", string(password)); err != nil {
				p.report(err)
			}
		}
		user.checkContext(p, at)
		p.checkGroups(at+".groups", user.Groups)
	}
}

var (
	usernamePattern = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$`)
	emailPattern    = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
)
