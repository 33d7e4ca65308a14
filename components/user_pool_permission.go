package components

import (
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// UserPoolPermission lets Cognito call the function of a [LaunchContext] for one user pool,
// in the function's account. It is a separate component because the pool needs the function
// first.
//
// A sign-in fails while the pool exists and the permission does not, because Cognito cannot
// call its trigger. So make clients of the pool depend on the permission.
type UserPoolPermission struct {
	pulumi.ResourceState

	// Permission is the only child. Clients of the pool depend on it.
	Permission *lambda.Permission
}

// UserPoolPermissionArgs are the arguments of [NewUserPoolPermission].
type UserPoolPermissionArgs struct {
	// FunctionARN of the alias that Cognito calls: the output FunctionARN of a
	// [LaunchContext]. Required.
	FunctionARN pulumi.StringInput `pulumi:"functionArn"`
	// UserPoolARN of the pool. Required.
	UserPoolARN pulumi.StringInput `pulumi:"userPoolArn"`
}

const (
	aliasARNWanted    = "must be the ARN of a function's alias, arn:<partition>:lambda:<region>:<account>:function:<name>:<alias>"
	userPoolARNWanted = "must be the ARN of a user pool, arn:<partition>:cognito-idp:<region>:<account>:userpool/<id>"
)

var (
	aliasARNPattern    = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,128}$`)
	userPoolARNPattern = regexp.MustCompile(`^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[a-z0-9-]+_[0-9A-Za-z]{1,55}$`)
)

func (args *UserPoolPermissionArgs) checked(name string) (UserPoolPermissionArgs, error) {
	a := orDefault(args, UserPoolPermissionArgs{})
	var p problems
	if a.FunctionARN == nil {
		p.missing("functionArn", aliasARNWanted)
	}
	p.patternWhereKnown("functionArn", a.FunctionARN, aliasARNPattern, aliasARNWanted)
	if a.UserPoolARN == nil {
		p.missing("userPoolArn", userPoolARNWanted)
	}
	p.patternWhereKnown("userPoolArn", a.UserPoolARN, userPoolARNPattern, userPoolARNWanted)
	return a, p.err("UserPoolPermission", name)
}

// NewUserPoolPermission declares the permission. Its child is "<name>-invoke".
func NewUserPoolPermission(
	ctx *pulumi.Context, name string, args *UserPoolPermissionArgs, opts ...pulumi.ResourceOption,
) (*UserPoolPermission, error) {
	a, err := args.checked(name)
	if err != nil {
		return nil, err
	}
	component := &UserPoolPermission{}
	if err := ctx.RegisterComponentResourceV2("smartlake:index:UserPoolPermission", name, tagged(a), component, opts...); err != nil {
		return nil, err
	}
	alias := valid("functionArn", a.FunctionARN, orEmpty(aliasARNPattern), aliasARNWanted)
	part := func(i int) pulumi.StringOutput {
		return alias.ApplyT(func(arn string) string {
			if parts := strings.Split(arn, ":"); i < len(parts) {
				return parts[i]
			}
			return ""
		}).(pulumi.StringOutput)
	}
	component.Permission, err = lambda.NewPermission(ctx, name+"-invoke", &lambda.PermissionArgs{
		Action:        pulumi.String("lambda:InvokeFunction"),
		Principal:     pulumi.String("cognito-idp.amazonaws.com"),
		Function:      part(6),
		Qualifier:     part(7),
		SourceArn:     valid("userPoolArn", a.UserPoolARN, orEmpty(userPoolARNPattern), userPoolARNWanted),
		SourceAccount: placeOf(ctx, component).account,
	}, pulumi.Parent(component), formerlyOutside(component, "aws:lambda/permission:Permission", name+"-invoke"))
	if err != nil {
		return nil, err
	}
	return component, ctx.RegisterResourceOutputs(component, tagged(component))
}
