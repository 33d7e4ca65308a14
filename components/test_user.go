package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestUserArgs describes a user for trying things out.
type TestUserArgs struct {
	// Username, unique in the pool. Not an email address.
	Username string `pulumi:"username"`
	// Email address; it counts as verified, and no mail is sent to it.
	Email string `pulumi:"email"`
	// Password that stays valid. It is kept as a Pulumi secret.
	Password pulumi.StringInput `pulumi:"password" provider:"secret"`
	// Patient is the FHIR id of the patient that the user is, such as "123".
	// By default none: patient/ scopes then do not count.
	Patient string `pulumi:"patient,optional"`
	// FHIRUser is the FHIR resource that the user is, such as "Practitioner/123".
	// By default none: user/ scopes then do not count.
	FHIRUser string `pulumi:"fhirUser,optional"`
	// Groups of the user pool that the user is in. By default none.
	Groups []string `pulumi:"groups,optional"`
}

// newUsers declares the groups of the pool and the test users in them.
func newUsers(
	ctx *pulumi.Context, name string, a AuthorizationServerArgs, pool userPool, parent pulumi.Resource,
) error {
	groups, err := newGroups(ctx, name, a, pool, parent)
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
		created, err := cognito.NewUser(ctx, name+"-user-"+user.Username, &cognito.UserArgs{
			UserPoolId:    pool.id,
			Username:      pulumi.String(user.Username),
			Password:      password.ToStringPtrOutput(),
			MessageAction: pulumi.String("SUPPRESS"),
			Attributes:    pulumi.ToStringMap(attributes),
		}, pulumi.Parent(parent))
		if err != nil {
			return err
		}
		for _, group := range user.Groups {
			if _, err := cognito.NewUserInGroup(ctx, name+"-user-"+user.Username+"-in-"+group, &cognito.UserInGroupArgs{
				UserPoolId: pool.id, Username: created.Username, GroupName: groups[group],
			}, pulumi.Parent(parent)); err != nil {
				return err
			}
		}
	}
	return nil
}
