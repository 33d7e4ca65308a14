package main

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/deploypolicy"
	"github.com/smartlake/pulumi-smartlake/internal/iampolicy"
)

// place is the account that the roles are for.
type place struct{ account, partition string }

func placeOf(ctx *pulumi.Context) (place, error) {
	identity, err := aws.GetCallerIdentity(ctx, nil)
	if err != nil {
		return place{}, err
	}
	partition, err := aws.GetPartition(ctx, nil)
	if err != nil {
		return place{}, err
	}
	return place{identity.AccountId, partition.Partition}, nil
}

// rights are policy documents: what a stack's roles may do.
type rights struct{ preview, drift, deploy []string }

// rights follow from what the stack declares, so that they are neither too few nor too
// many. A stack that is changed to declare more needs this program to run before it.
//
// A preview asks AWS who it is, which takes no right, and about a user pool that exists
// already, which takes one on that pool: otherwise it compares the program with the
// state. So its role has no right to what the stack declares. The rights to read that
// are more than they seem: cognito-idp:DescribeUserPoolClient answers with the client's
// secret, and with that anybody gets the client's tokens.
func (s settings) rights(name string, at place) (rights, error) {
	stack, err := declared.LoadStack(s.projectFolder, name, maps.Clone(s.stackValues[name]))
	if err != nil {
		return rights{}, fmt.Errorf("stacks: %q: %w", name, err)
	}
	stack.Account = at.account
	graph, err := declared.By(stack)
	if err != nil {
		return rights{}, fmt.Errorf("stacks: %q: %w", name, err)
	}
	previewing, err := deploypolicy.Preview(graph)
	if err != nil {
		return rights{}, fmt.Errorf("stacks: %q: %w", name, err)
	}
	reading, err := deploypolicy.Deploy(graph, true)
	if err != nil {
		return rights{}, fmt.Errorf("stacks: %q: %w", name, err)
	}
	changing, err := deploypolicy.Deploy(graph, false)
	if err != nil {
		return rights{}, fmt.Errorf("stacks: %q: %w", name, err)
	}
	readState := s.readState(stack.Project, name, at)
	var r rights
	for _, role := range []struct {
		texts     *[]string
		documents []iampolicy.Document
		state     iampolicy.Document
	}{
		{&r.preview, previewing, readState},
		{&r.drift, reading, readState},
		{&r.deploy, changing, s.changeState(stack.Project, name, at)},
	} {
		*role.texts = texts(role.documents, role.state)
	}
	return r, nil
}

// texts are the documents as IAM takes them, the state's last.
func texts(documents []iampolicy.Document, state iampolicy.Document) []string {
	var all []string
	for _, document := range append(documents, state) {
		all = append(all, document.JSON())
	}
	return all
}
