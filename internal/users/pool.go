// Package users administers the users of a stack's user pool through Cognito's API: it
// creates them, links them to their FHIR resources, puts them into groups, and keeps them
// out.
//
//	pool := users.New(users.Config{Client: client, ID: stack.UserPoolID, Clients: stack.Clients})
//	if err := pool.Describe(ctx); err != nil { ... }
//	outcome, err := pool.Ensure(ctx, users.Wanted{Username: "ann", Patient: "123"}, users.How{})
//
// Everything is idempotent: what is so already is left, and said to be unchanged.
//
// Who may call this may become any user, and by a link any patient. An access token that
// was issued before a change is good until it expires: nothing here ends it at the
// datastore, because the token validator asks nobody about it.
//
// The package prints and logs nothing. Its errors hold values that the caller gave, and
// never a password or an attribute of a user.
package users

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
)

// Config says which pool is administered, and what the stack has in it.
type Config struct {
	Client *idp.Client
	ID     string // of the pool
	// Clients of the stack, by their names. Their groups are the ones that users are put
	// into.
	Clients map[string]outputs.Client
	// PatientAttribute and FHIRUserAttribute of users are what launch context is taken from,
	// with "custom:".
	PatientAttribute, FHIRUserAttribute string
}

// Pool is a user pool whose users are administered. It is safe for concurrent use once it
// is described.
type Pool struct {
	Config
	described description
}

// description is what of a pool's settings decides about its users.
type description struct {
	attributes    map[string]types.SchemaAttributeType // by name
	signIn        []string                             // attributes that are usernames: email, phone_number
	aliases       []string                             // attributes that users sign in with besides their name
	caseSensitive bool
}

// New is a pool of which nothing is asked yet.
func New(config Config) *Pool { return &Pool{Config: config} }

// Describe asks for the pool's settings, which [Pool.Check], [Pool.Ensure], [Pool.Unlink],
// [Pool.ReadCSV] and [Pool.Import] go by.
func (p *Pool) Describe(ctx context.Context) error {
	answer, err := p.Client.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: &p.ID})
	if err != nil {
		return failure(err)
	}
	d := description{attributes: map[string]types.SchemaAttributeType{}}
	for _, attribute := range answer.UserPool.SchemaAttributes {
		d.attributes[aws.ToString(attribute.Name)] = attribute
	}
	for _, name := range answer.UserPool.UsernameAttributes {
		d.signIn = append(d.signIn, string(name))
	}
	for _, name := range answer.UserPool.AliasAttributes {
		d.aliases = append(d.aliases, string(name))
	}
	// Pools without the setting are those from before there was one: case counts
	// (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html).
	setting := answer.UserPool.UsernameConfiguration
	d.caseSensitive = setting == nil || aws.ToBool(setting.CaseSensitive)
	p.described = d
	return nil
}

// Groups are those that the stack's clients are for, sorted.
func (p *Pool) Groups() []string {
	var names []string
	for _, client := range p.Clients {
		names = append(names, client.Groups...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// AdmitsTo are the names of the clients whose users must be in the group, or in another
// one of theirs.
func (p *Pool) AdmitsTo(group string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(p.Clients)) {
		if slices.Contains(p.Clients[name].Groups, group) {
			names = append(names, name)
		}
	}
	return names
}

// checkGroups refuses groups that no client of the stack is for: they are another one's,
// or a misspelt one.
func (p *Pool) checkGroups(names []string) []Problem {
	known := p.Groups()
	accepted := "must be one of " + strings.Join(known, ", ")
	if len(known) == 0 {
		accepted = "no client of this stack names groups; leave it out, or name groups in clients"
	}
	var problems []Problem
	for i, name := range names {
		switch {
		case !slices.Contains(known, name):
			problems = append(problems, Problem{FieldGroups, name, accepted})
		case slices.Contains(names[:i], name):
			problems = append(problems, Problem{FieldGroups, name, "listed twice; list each one once"})
		}
	}
	return problems
}

// launchAttributes are those of the launch context that a wanted user has.
func (p *Pool) launchAttributes(w Wanted) map[string]string {
	attributes := map[string]string{}
	if w.Patient != "" {
		attributes[p.PatientAttribute] = w.Patient
	}
	if w.FHIRUser != "" {
		attributes[p.FHIRUserAttribute] = w.FHIRUser
	}
	return attributes
}

// missingAttribute says that the pool has no attribute for a link.
func (p *Pool) missingAttribute(attribute string) string {
	var custom []string
	for name := range p.described.attributes {
		if strings.HasPrefix(name, "custom:") {
			custom = append(custom, name)
		}
	}
	slices.Sort(custom)
	if len(custom) == 0 {
		custom = []string{"none"}
	}
	return fmt.Sprintf("the user pool has no attribute %s; its custom attributes are: %s", attribute, strings.Join(custom, ", "))
}
