// Package iampolicy writes IAM policy documents.
package iampolicy

import "encoding/json"

// Document is an IAM policy document. Its fields stand in the order in which people
// write them; equal documents give equal JSON.
type Document struct {
	Version   string
	Statement []Statement
}

// Statement allows or denies actions.
type Statement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    []string
	Resource  []string  `json:",omitempty"`
	Condition Condition `json:",omitempty"`
}

// Condition is what a statement depends on: values by context key by operator.
type Condition = map[string]map[string]string

// Version is the one version of the policy language that knows all of it.
const Version = "2012-10-17"

// New is a document of statements, each with its own effect.
func New(statements ...Statement) Document {
	return Document{Version: Version, Statement: statements}
}

// Allow is a document in which every statement allows.
func Allow(statements ...Statement) Document {
	for i := range statements {
		statements[i].Effect = "Allow"
	}
	return New(statements...)
}

// JSON is the document as AWS takes it.
func (d Document) JSON() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) //nolint:forbidigo // cannot be: a document is made of strings
	}
	return string(text)
}
