package components

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AcceptedClientArgs names a client whose tokens a [TokenValidator] accepts, and the users
// of the client.
type AcceptedClientArgs struct {
	// ID is the exact "client_id" of the client's tokens.
	ID pulumi.StringInput `pulumi:"id"`
	// FHIRUserTypes are the types of FHIR resource that users with the client's user/ scopes
	// may be; see [ClientArgs]. By default Practitioner. With an empty list no user/ scope
	// counts. Only fine-grained authorization of the datastore limits a Patient, Person or
	// RelatedPerson to their own records.
	FHIRUserTypes []FHIRUserType `pulumi:"fhirUserTypes,optional"`
	// Groups of the user pool; a user must be in one of them. See [ClientArgs]. By default
	// none: every user may use the client.
	Groups []string `pulumi:"groups,optional"`
}

// accepted are the clients as the validator is told of them. The id of each comes
// from id.
func accepted(clients []client, id func(name string) pulumi.StringInput) []AcceptedClientArgs {
	var list []AcceptedClientArgs
	for _, client := range clients {
		list = append(list, AcceptedClientArgs{ID: id(client.Name), FHIRUserTypes: client.userTypes(), Groups: client.Groups})
	}
	return list
}

func (c AcceptedClientArgs) withDefaults() AcceptedClientArgs {
	if c.FHIRUserTypes == nil {
		c.FHIRUserTypes = defaultFHIRUserTypes
	}
	return c
}

func checkAccepted(p *problems, field string, clients []AcceptedClientArgs) {
	for i, client := range clients {
		at := fmt.Sprintf("%s[%d]", field, i)
		if client.ID == nil || client.ID == pulumi.String("") {
			p.missing(at+".id", "must be the client_id in the client's tokens")
		}
		if len(client.FHIRUserTypes) > 0 {
			p.checkFHIRUserTypes(at+".fhirUserTypes", client.FHIRUserTypes)
		}
		p.checkGroups(at+".groups", client.Groups)
	}
}

// clientRule is what the validator reads of the clients that share a rule: package
// validator's ParseClients.
type clientRule struct {
	IDs           []string `json:"ids"`
	FHIRUserTypes []string `json:"fhirUserTypes,omitempty"`
	Groups        []string `json:"groups,omitempty"`
}

// clientRules writes the clients down, those with the same rule together: the
// environment of a function is small. The order in which they were given changes
// nothing.
func clientRules(clients []AcceptedClientArgs, ids []string) (string, error) {
	rules := map[string]clientRule{}
	seen := map[string]bool{}
	for i, client := range clients {
		if ids[i] == "" || seen[ids[i]] {
			return "", problem{fmt.Sprintf("clients[%d].id", i), fmt.Sprintf("%q: another client has this id; choose a different one", ids[i])}
		}
		seen[ids[i]] = true
		same := clientRule{FHIRUserTypes: sorted(texts(client.FHIRUserTypes)), Groups: sorted(client.Groups)}
		key := compactJSON(same)
		same.IDs = slices.Concat(rules[key].IDs, []string{ids[i]})
		rules[key] = same
	}
	var list []clientRule
	for _, key := range slices.Sorted(maps.Keys(rules)) {
		rule := rules[key]
		slices.Sort(rule.IDs)
		list = append(list, rule)
	}
	return compactJSON(list), nil
}

func sorted(words []string) []string { return slices.Sorted(slices.Values(words)) }

// compactJSON is JSON without the escapes that only HTML needs.
func compactJSON(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) //nolint:forbidigo // cannot be: the values are made of strings
	}
	return strings.TrimSuffix(text.String(), "\n")
}
