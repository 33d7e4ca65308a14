package validator

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// Client is an app whose tokens the validator accepts, and the users of the app. Every user
// of a Cognito user pool can sign in at every client of it, so the client id of a token does
// not say whether its user may use the app.
type Client struct {
	// ID is the exact "client_id". Required.
	ID string
	// FHIRUserTypes are the types of FHIR resource that users with user/ scopes may be (the
	// claim fhirUser). With an empty list, no user/ scope counts.
	FHIRUserTypes []string
	// Groups of the user pool; a user must be in one of them (the claim cognito:groups).
	// With an empty list, every user may use the client.
	Groups []string
}

// isFor reports whether the client is for a user of these groups.
func (c *Client) isFor(groups []string) bool {
	return len(c.Groups) == 0 || slices.ContainsFunc(groups, func(group string) bool { return slices.Contains(c.Groups, group) })
}

// client returns the client of an id.
func (c *Config) client(id string) (Client, bool) {
	i := slices.IndexFunc(c.Clients, func(client Client) bool { return client.ID == id })
	if i < 0 {
		return Client{}, false
	}
	return c.Clients[i], true
}

func (c *Config) checkClients() []error {
	var problems []error
	refuse := func(format string, values ...any) {
		problems = append(problems, fmt.Errorf("%s: "+format, append([]any{"Clients"}, values...)...))
	}
	seen := map[string]bool{}
	for _, client := range c.Clients {
		switch {
		case client.ID == "":
			refuse("a client has no ID; set it to the client_id in its tokens")
		case seen[client.ID]:
			refuse("%q: listed twice; list each client once", client.ID)
		}
		seen[client.ID] = true
		for _, typ := range client.FHIRUserTypes {
			if !smart.IsFHIRUserType(typ) {
				refuse("%q: FHIRUserTypes: %q: must be one of %s", client.ID, typ, strings.Join(smart.FHIRUserTypes(), ", "))
			}
		}
		if slices.Contains(client.Groups, "") {
			refuse("%q: Groups: \"\": must be the name of a group", client.ID)
		}
	}
	return problems
}

// ParseClients reads the environment variable CLIENTS: a JSON list of rules, each with
// the ids of the clients that it is for,
//
//	[{"ids": ["1example23456789"], "fhirUserTypes": ["Practitioner"], "groups": ["clinicians"]}]
//
// fhirUserTypes and groups may be left out. It is as strict as the reader of tokens: an
// unknown or repeated member is an error, and an id in two rules is one too.
func ParseClients(text string) ([]Client, error) {
	rules, err := strictjson.Array([]byte(text))
	var clients []Client
	for _, v := range rules {
		rule, ids, wrong := parseRule(v)
		if wrong != nil {
			err = wrong
		}
		for _, id := range ids {
			rule.ID = id
			clients = append(clients, rule)
		}
	}
	if err != nil || len(clients) == 0 {
		return nil, errors.New("must be a JSON list of objects with ids and perhaps fhirUserTypes and groups, which are lists of text that are not empty")
	}
	config := Config{Clients: clients}
	return clients, errors.Join(config.checkClients()...)
}

// parseRule reads one rule of the list.
func parseRule(v strictjson.Value) (rule Client, ids []string, err error) {
	err = v.Object(func(name []byte, v strictjson.Value) error {
		list, ok := v.Texts()
		if !ok || len(list) == 0 {
			return errMember
		}
		switch string(name) {
		case "ids":
			ids = list
		case "fhirUserTypes":
			rule.FHIRUserTypes = list
		case "groups":
			rule.Groups = list
		default:
			return errMember
		}
		return nil
	})
	if err == nil && len(ids) == 0 {
		err = errMember
	}
	return rule, ids, err
}
