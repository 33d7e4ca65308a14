package users

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Exported are the users of a pool, as [Pool.ReadCSV] of another pool reads them.
type Exported struct {
	Users      []Wanted // by their names
	attributes []string // columns besides
	// Disabled and Federated count the users who are left out: an import would let the former
	// sign in again, and identity providers create the latter at their first sign-in.
	Disabled, Federated int
	// Unverified counts the users who are there without their address: an import takes an
	// address to be verified.
	Unverified int
}

// Export reads all users who may sign in, with their links, their groups of the stack's
// clients and the attributes of these names. There are no passwords: Cognito gives none away.
func (p *Pool) Export(ctx context.Context, attributes []string) (Exported, error) {
	exported := Exported{attributes: attributes}
	if err := p.checkExported(attributes); err != nil {
		return exported, err
	}
	groups, err := p.members(ctx)
	if err != nil {
		return exported, err
	}
	err = p.List(ctx, Filter{}, func(user User) bool {
		switch {
		case user.Status == "EXTERNAL_PROVIDER":
			exported.Federated++
		case !user.Enabled:
			exported.Disabled++
		default:
			exported.add(p.wantedOf(user, attributes, groups[user.Username]), user)
		}
		return true
	})
	slices.SortFunc(exported.Users, func(a, b Wanted) int { return cmp.Compare(a.Username, b.Username) })
	return exported, err
}

func (e *Exported) add(wanted Wanted, user User) {
	if wanted.Email == "" && user.Attributes["email"] != "" {
		e.Unverified++
	}
	e.Users = append(e.Users, wanted)
}

// checkExported refuses attributes that an import would refuse.
func (p *Pool) checkExported(names []string) error {
	var problems Problems
	for i, name := range names {
		switch {
		case slices.Contains(names[:i], name):
			problems = append(problems, Problem{name, "", "listed twice; list each one once"})
		case slices.Contains(columns, name):
			problems = append(problems, Problem{name, "", "a column already; leave it out"})
		case !p.settable(name):
			problems = append(problems, Problem{name, "", "must be an attribute of the user pool that can be changed"})
		}
	}
	return problems.orNil()
}

// members are the groups of the stack's clients, by the names of the users in them.
func (p *Pool) members(ctx context.Context) (map[string][]string, error) {
	groups := map[string][]string{}
	for _, group := range p.Groups() {
		err := p.List(ctx, Filter{Group: group}, func(user User) bool {
			groups[user.Username] = append(groups[user.Username], group)
			return true
		})
		if err != nil {
			return nil, fmt.Errorf("group %q: %w", group, err)
		}
	}
	return groups, nil
}

// wantedOf is a user as one is wanted in another pool. Where users are called by their
// address or number, Cognito's name for them is random and counts in this pool alone.
func (p *Pool) wantedOf(user User, attributes, groups []string) Wanted {
	wanted := Wanted{
		Username: user.Username, Patient: user.Attributes[p.PatientAttribute], FHIRUser: user.Attributes[p.FHIRUserAttribute],
		Groups: groups, Attributes: map[string]string{},
	}
	if user.Attributes["email_verified"] == "true" {
		wanted.Email = user.Attributes["email"]
	}
	for _, name := range p.described.signIn {
		if called := user.Attributes[name]; called != "" {
			wanted.Username = called
			break
		}
	}
	for _, name := range attributes {
		wanted.Attributes[name] = user.Attributes[name]
	}
	return wanted
}

// WriteCSV writes the file that [Pool.ReadCSV] reads. No spreadsheet takes a cell for a
// formula: an apostrophe stands before what it would take for one, and the import takes it
// off again.
func (e Exported) WriteCSV(to io.Writer) error {
	writer := csv.NewWriter(to)
	records := [][]string{slices.Concat(columns, e.attributes)}
	for _, user := range e.Users {
		record := []string{user.Username, user.Email, user.Patient, user.FHIRUser, strings.Join(user.Groups, " ")}
		for _, name := range e.attributes {
			record = append(record, user.Attributes[name])
		}
		for i, text := range record {
			if formula(strings.TrimLeft(text, "'")) {
				record[i] = "'" + text
			}
		}
		records = append(records, record)
	}
	return writer.WriteAll(records)
}

// asText takes off the apostrophe that keeps a cell from being a formula.
func asText(cell string) string {
	if rest, marked := strings.CutPrefix(cell, "'"); marked && formula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return cell
}
