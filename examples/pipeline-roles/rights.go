package main

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/audit"
	"github.com/smartlake/pulumi-smartlake/local"
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

// rights are policy documents: what the roles may do.
type rights struct {
	preview []string
	deploy  map[string][]string // by stack
}

// rights follow from what the stacks declare, so that they are neither too few nor too
// many. A stack that is changed to declare more needs this program to run before it.
func (s settings) rights(at place) (rights, error) {
	r := rights{deploy: map[string][]string{}}
	for _, stack := range s.stacks {
		read, err := s.stackRights(stack, at, true)
		if err != nil {
			return rights{}, err
		}
		r.preview = append(r.preview, read...)
		if r.deploy[stack], err = s.stackRights(stack, at, false); err != nil {
			return rights{}, err
		}
		document, err := s.changeState(at).json()
		if err != nil {
			return rights{}, err
		}
		r.deploy[stack] = append(r.deploy[stack], document)
	}
	document, err := s.readState(at).json()
	r.preview = append(r.preview, document)
	return r, err
}

// stackRights are the rights to deploy a stack, or to read what it deployed.
func (s settings) stackRights(name string, at place, readOnly bool) ([]string, error) {
	stack, err := local.LoadStack(s.projectFolder, name, maps.Clone(s.stackValues[name]))
	if err != nil {
		return nil, fmt.Errorf("stacks: %q: %w", name, err)
	}
	stack.Account = at.account
	graph, err := audit.Declare(stack)
	if err != nil {
		return nil, fmt.Errorf("stacks: %q: %w", name, err)
	}
	documents, err := audit.DeployPolicy(graph, readOnly)
	if err != nil {
		return nil, fmt.Errorf("stacks: %q: %w", name, err)
	}
	var texts []string
	for _, document := range documents {
		text, err := json.Marshal(document)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

// readState is what a preview needs of the state: it takes no lock and writes nothing.
func (s settings) readState(at place) policy {
	return s.state(at, []string{"s3:GetObject"}, "kms:Decrypt")
}

// changeState is what an update needs of the state: its lock, its history, itself.
func (s settings) changeState(at place) policy {
	return s.state(at, []string{"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}, "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
}

func (s settings) state(at place, onObjects []string, onKey ...string) policy {
	bucket := "arn:" + at.partition + ":s3:::" + s.stateBucket
	statements := []statement{
		{Sid: "StateBucket", Effect: "Allow", Action: []string{"s3:ListBucket"}, Resource: []string{bucket}},
		{Sid: "State", Effect: "Allow", Action: onObjects, Resource: []string{bucket + "/.pulumi/*"}},
	}
	if s.stateKeyARN != "" {
		statements = append(statements, statement{Sid: "StateKey", Effect: "Allow", Action: onKey, Resource: []string{s.stateKeyARN}})
	}
	return policy{Version: "2012-10-17", Statement: statements}
}
