package main

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/deploypolicy"
)

// policy is an IAM policy document.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    []string
	Resource  []string                       `json:",omitempty"`
	Condition map[string]map[string][]string `json:",omitempty"`
}

func (p policy) json() (string, error) {
	text, err := json.Marshal(p)
	return string(text), err
}

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
		documents []deploypolicy.Document
		state     policy
	}{
		{&r.preview, previewing, readState},
		{&r.drift, reading, readState},
		{&r.deploy, changing, s.changeState(stack.Project, name, at)},
	} {
		if *role.texts, err = texts(role.documents, role.state); err != nil {
			return rights{}, err
		}
	}
	return r, nil
}

// texts are the documents as IAM takes them, the state's last.
func texts(documents []deploypolicy.Document, state policy) ([]string, error) {
	var all []string
	for _, document := range documents {
		text, err := json.Marshal(document)
		if err != nil {
			return nil, err
		}
		all = append(all, string(text))
	}
	text, err := state.json()
	return append(all, text), err
}
