package components

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DatastoreGrant gives the three roles of a [TokenValidator] access to one datastore. It is
// a separate component because the datastore needs the validator's function first.
type DatastoreGrant struct {
	pulumi.ResourceState
}

// DatastoreGrantArgs are the arguments of [NewDatastoreGrant].
type DatastoreGrantArgs struct {
	// DatastoreARN of the datastore. Required.
	DatastoreARN pulumi.StringInput `pulumi:"datastoreArn"`
	// KMSKeyARN of the customer-managed key that the datastore is encrypted with. By
	// default none: AWS owns the key.
	KMSKeyARN pulumi.StringInput `pulumi:"kmsKeyArn,optional"`
	// ReadRoleName is the name of the role for tokens that only read: the output
	// ReadRoleName of a [TokenValidator]. Required.
	ReadRoleName pulumi.StringInput `pulumi:"readRoleName"`
	// WriteRoleName is the name of the role for tokens that write. Required.
	WriteRoleName pulumi.StringInput `pulumi:"writeRoleName"`
	// ExportRoleName is the name of the role for tokens that export. Required.
	ExportRoleName pulumi.StringInput `pulumi:"exportRoleName"`
}

const roleNameWanted = "must be the name of a role, such as the output of a TokenValidator"

func (args *DatastoreGrantArgs) checked(name string) (DatastoreGrantArgs, error) {
	a := orDefault(args, DatastoreGrantArgs{})
	var p problems
	if a.DatastoreARN == nil {
		p.missing("datastoreArn", datastoreARNWanted)
	}
	p.patternWhereKnown("datastoreArn", a.DatastoreARN, datastoreARNPattern, datastoreARNWanted)
	p.patternWhereKnown("kmsKeyArn", a.KMSKeyARN, keyARNPattern, keyARNWanted)
	for _, role := range []struct {
		field string
		name  pulumi.StringInput
	}{{"readRoleName", a.ReadRoleName}, {"writeRoleName", a.WriteRoleName}, {"exportRoleName", a.ExportRoleName}} {
		if role.name == nil {
			p.missing(role.field, roleNameWanted)
		}
		p.patternWhereKnown(role.field, role.name, roleNamePattern, roleNameWanted)
	}
	return a, p.err("DatastoreGrant", name)
}

// NewDatastoreGrant declares the policies of the three roles. Children are named after
// the component: "<name>-read", "<name>-write" and "<name>-export".
//
// If the datastore depends on the [TokenValidator], do not make the TokenValidator the
// parent of the grant: the datastore would wait for policies that wait for the datastore.
func NewDatastoreGrant(
	ctx *pulumi.Context, name string, args *DatastoreGrantArgs, opts ...pulumi.ResourceOption,
) (*DatastoreGrant, error) {
	a, err := args.checked(name)
	if err != nil {
		return nil, err
	}
	grant := &DatastoreGrant{}
	if err := ctx.RegisterComponentResourceV2("smartlake:index:DatastoreGrant", name, tagged(a), grant, opts...); err != nil {
		return nil, err
	}
	datastoreARN, keyARN := valid("datastoreArn", a.DatastoreARN, orEmpty(datastoreARNPattern), datastoreARNWanted), pulumi.String("").ToStringOutput()
	if a.KMSKeyARN != nil {
		keyARN = valid("kmsKeyArn", a.KMSKeyARN, orEmpty(keyARNPattern), keyARNWanted)
	}
	for _, role := range []struct {
		suffix, field string
		name          pulumi.StringInput
		actions       []string
	}{
		{"-read", "readRoleName", a.ReadRoleName, readActions},
		{"-write", "writeRoleName", a.WriteRoleName, sorted(slices.Concat(readActions, writeActions))},
		{"-export", "exportRoleName", a.ExportRoleName, exportActions},
	} {
		document := pulumi.All(datastoreARN, keyARN).ApplyT(func(arns []any) string {
			return datastoreAccess(role.actions, arns[0].(string), arns[1].(string))
		}).(pulumi.StringOutput)
		if _, err := iam.NewRolePolicy(ctx, name+role.suffix, &iam.RolePolicyArgs{
			Role: valid(role.field, role.name, orEmpty(roleNamePattern), roleNameWanted), Policy: document,
		}, pulumi.Parent(grant), formerlyOutside(grant, "aws:iam/rolePolicy:RolePolicy", name+role.suffix)); err != nil {
			return nil, fmt.Errorf("%s%s: %w", name, role.suffix, err)
		}
	}
	return grant, ctx.RegisterResourceOutputs(grant, tagged(grant))
}
