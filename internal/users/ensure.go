package users

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Status is what became of a user.
type Status string

// The statuses. In a dry run they are what would become of the user.
const (
	Created   Status = "created"
	Updated   Status = "updated"
	Unchanged Status = "unchanged"
)

// How says how [Pool.Ensure] does its work.
type How struct {
	// DryRun changes nothing, and says what would be.
	DryRun bool
	// Existing refuses to create a user.
	Existing bool
	// Relink replaces a link to another FHIR resource, which is refused otherwise: the user
	// becomes somebody else.
	Relink bool
	// Invite has Cognito send a new user an email with a temporary password.
	Invite bool
	// Look, if set, is asked for each FHIR resource that the user is newly linked to. Its
	// error keeps the user from being linked.
	Look func(ctx context.Context, reference string) error
}

// Outcome is what [Pool.Ensure] did.
type Outcome struct {
	Status Status // empty if nothing was done because of an error
	// Username by which Cognito has the user.
	Username string
	// Changes are the names of the attributes that were set, and "group <name>": no values.
	Changes []string
}

func (o *Outcome) changed(what string) {
	if o.Status != Created {
		o.Status = Updated
	}
	o.Changes = append(o.Changes, what)
}

// Ensure creates the wanted user, or gives the one of the name what it lacks. An error may
// come with an outcome, where a later call failed: calling again does the rest.
func (p *Pool) Ensure(ctx context.Context, w Wanted, how How) (Outcome, error) {
	if err := p.Check(w); err != nil {
		return Outcome{}, err
	}
	user, found, err := p.Find(ctx, w.Username)
	if err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{Status: Unchanged, Username: user.Username}
	switch {
	case found:
		if err := user.checkCalled(w.Username); err != nil {
			return Outcome{}, err
		}
		err = p.update(ctx, user, w, how, &outcome)
	case how.Existing:
		return Outcome{}, Problems{{FieldUsername, w.Username, "no such user in the pool " + p.ID}}
	default:
		err = p.create(ctx, w, how, &outcome)
	}
	if err != nil {
		return Outcome{}, err
	}
	err = p.join(ctx, w, how, &outcome)
	return outcome, err
}

func (p *Pool) create(ctx context.Context, w Wanted, how How, outcome *Outcome) error {
	if problems := p.checkNewUsername(w.Username); len(problems) > 0 {
		return problems
	}
	attributes := p.attributes(w)
	var missing Problems
	for name, schema := range p.described.attributes {
		if aws.ToBool(schema.Required) && name != "sub" && attributes[name] == "" {
			missing = append(missing, Problem{name, "", "missing; every user of this pool has one"})
		}
	}
	if how.Invite && attributes["email"] == "" && len(missing) == 0 {
		missing = append(missing, Problem{FieldEmail, "", "missing; the invitation goes there"})
	}
	if len(missing) > 0 {
		slices.SortFunc(missing, func(a, b Problem) int { return strings.Compare(a.Field, b.Field) })
		return missing
	}
	if err := p.look(ctx, p.links(w), how); err != nil {
		return err
	}
	username := w.Username
	if !how.DryRun {
		created, err := p.Client.AdminCreateUser(ctx, p.creation(w.Username, attributes, how))
		if hasCode(err, "UsernameExistsException", "AliasExistsException") {
			return p.createdMeanwhile(ctx, w, how, outcome)
		}
		if err != nil {
			return failure(err)
		}
		username = aws.ToString(created.User.Username)
	}
	outcome.Status, outcome.Username = Created, username
	outcome.Changes = append(outcome.Changes, namesOf(attributes)...)
	return nil
}

// createdMeanwhile goes on with a user whom somebody else created, or an earlier attempt of
// the same call whose answer was lost. Otherwise the address is another user's.
func (p *Pool) createdMeanwhile(ctx context.Context, w Wanted, how How, outcome *Outcome) error {
	user, found, err := p.Find(ctx, w.Username)
	if err != nil {
		return err
	}
	if !found {
		return Problems{{FieldEmail, w.Email, "another user of the pool signs in with it"}}
	}
	if err := user.checkCalled(w.Username); err != nil {
		return err
	}
	outcome.Username = user.Username
	return p.update(ctx, user, w, how, outcome)
}

func (p *Pool) creation(username string, attributes map[string]string, how How) *idp.AdminCreateUserInput {
	input := &idp.AdminCreateUserInput{UserPoolId: &p.ID, Username: &username, UserAttributes: listOf(attributes)}
	if how.Invite {
		input.DesiredDeliveryMediums = []types.DeliveryMediumType{types.DeliveryMediumTypeEmail}
	} else {
		input.MessageAction = types.MessageActionTypeSuppress
	}
	return input
}

// update gives an existing user the attributes that differ.
func (p *Pool) update(ctx context.Context, user User, w Wanted, how How, outcome *Outcome) error {
	var links []link // that are new
	for _, link := range p.links(w) {
		former := user.Attributes[link.attribute]
		if link.wanted == "" || link.wanted == former {
			continue
		}
		if former != "" && !how.Relink {
			return Problems{{link.field, link.wanted, "the user is linked to another one; replace the link with --relink, or leave it out"}}
		}
		links = append(links, link)
	}
	if err := p.look(ctx, links, how); err != nil {
		return err
	}
	differing := p.attributes(w)
	maps.DeleteFunc(differing, func(name, value string) bool { return user.Attributes[name] == value })
	for _, name := range []string{"email", "phone_number"} { // the two go together, or Cognito asks the user first
		if differing[name] != "" {
			differing[name+"_verified"] = "true"
		}
	}
	if len(differing) == 0 {
		return nil
	}
	if !how.DryRun {
		_, err := p.Client.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{
			UserPoolId: &p.ID, Username: &user.Username, UserAttributes: listOf(differing),
		})
		if hasCode(err, "AliasExistsException") {
			return Problems{{FieldEmail, w.Email, "another user of the pool signs in with it"}}
		}
		if err != nil {
			return failure(err)
		}
	}
	for _, name := range namesOf(differing) {
		outcome.changed(name)
	}
	return nil
}

// look asks for the resources of links.
func (p *Pool) look(ctx context.Context, links []link, how How) error {
	if how.Look == nil {
		return nil
	}
	var problems Problems
	for _, link := range links {
		if link.wanted == "" {
			continue
		}
		var unknown *NotFoundError
		switch err := how.Look(ctx, link.reference); {
		case errors.As(err, &unknown):
			problems = append(problems, Problem{link.field, link.wanted, err.Error()})
		case err != nil:
			return fmt.Errorf("looking up %s: %w", link.reference, err)
		}
	}
	return problems.orNil()
}

// join puts the user into the wanted groups.
func (p *Pool) join(ctx context.Context, w Wanted, how How, outcome *Outcome) error {
	if len(w.Groups) == 0 {
		return nil
	}
	var in []string
	if outcome.Status != Created {
		var err error
		if in, err = p.GroupsOf(ctx, outcome.Username); err != nil {
			return after(outcome, err)
		}
	}
	for _, group := range w.Groups {
		if slices.Contains(in, group) {
			continue
		}
		if !how.DryRun {
			_, err := p.Client.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: &p.ID, Username: &outcome.Username, GroupName: aws.String(group)})
			if err != nil {
				return after(outcome, failure(err))
			}
		}
		outcome.changed("group " + group)
	}
	return nil
}

// after says what was done before an error.
func after(outcome *Outcome, err error) error {
	if outcome.Status == Unchanged {
		return err
	}
	return fmt.Errorf("%s (%s), and then: %w", outcome.Status, strings.Join(outcome.Changes, ", "), err)
}

// namesOf are the names of attributes, without those that go with an address or number.
func namesOf(attributes map[string]string) []string {
	names := slices.Sorted(maps.Keys(attributes))
	return slices.DeleteFunc(names, func(name string) bool {
		value, is := strings.CutSuffix(name, "_verified")
		return is && attributes[value] != ""
	})
}

func listOf(attributes map[string]string) []types.AttributeType {
	var list []types.AttributeType
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		list = append(list, types.AttributeType{Name: aws.String(name), Value: aws.String(attributes[name])})
	}
	return list
}
