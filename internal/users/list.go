package users

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Filter says which users are listed: those that match all that is set.
type Filter struct {
	Status      string // in Cognito's words, such as CONFIRMED
	Group       string
	Patient     string // FHIR id
	FHIRUser    string
	EmailPrefix string
	Enabled     *bool
}

// Statuses are those that a user may have
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserType.html).
func Statuses() []string {
	return []string{"CONFIRMED", "EXTERNAL_PROVIDER", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED", "UNCONFIRMED"}
}

// Check returns what is wrong with a filter as [Problems].
func (p *Pool) checkFilter(f Filter) error {
	var problems Problems
	if f.Status != "" && !slices.Contains(Statuses(), f.Status) {
		problems = append(problems, Problem{"status", f.Status, "must be one of " + strings.Join(Statuses(), ", ")})
	}
	if f.Group != "" && !slices.Contains(p.Groups(), f.Group) {
		for _, problem := range p.checkGroups([]string{f.Group}) {
			problem.Field = "group"
			problems = append(problems, problem)
		}
	}
	return problems.orNil()
}

// List calls each with every user that matches, page by page as Cognito answers, until it
// returns false. Cognito filters by one attribute, and never by those of a link: the rest
// is compared here, so that all users may have to be read.
func (p *Pool) List(ctx context.Context, f Filter, each func(User) bool) error {
	if err := p.checkFilter(f); err != nil {
		return err
	}
	next := p.pages(ctx, f)
	for more := true; more; {
		var page []types.UserType
		var err error
		if page, more, err = next(); err != nil {
			return failure(err)
		}
		for _, one := range page {
			if user := userOf(one); p.matches(f, user) && !each(user) {
				return nil
			}
		}
	}
	return nil
}

// pages asks Cognito for one page after the other.
func (p *Pool) pages(ctx context.Context, f Filter) func() (page []types.UserType, more bool, err error) {
	const limit = 60 // the most that Cognito gives
	if f.Group != "" {
		members := idp.NewListUsersInGroupPaginator(p.Client, &idp.ListUsersInGroupInput{UserPoolId: &p.ID, GroupName: &f.Group, Limit: aws.Int32(limit)})
		return func() ([]types.UserType, bool, error) {
			page, err := members.NextPage(ctx)
			if err != nil {
				return nil, false, err
			}
			return page.Users, members.HasMorePages(), nil
		}
	}
	input := &idp.ListUsersInput{UserPoolId: &p.ID, Limit: aws.Int32(limit)}
	if filter := f.cognitos(); filter != "" {
		input.Filter = &filter
	}
	all := idp.NewListUsersPaginator(p.Client, input)
	return func() ([]types.UserType, bool, error) {
		page, err := all.NextPage(ctx)
		if err != nil {
			return nil, false, err
		}
		return page.Users, all.HasMorePages(), nil
	}
}

// cognitos is the part of a filter that Cognito applies: the narrowest one.
func (f Filter) cognitos() string {
	switch {
	case f.EmailPrefix != "":
		return fmt.Sprintf(`email ^= "%s"`, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(f.EmailPrefix))
	case f.Status != "":
		return fmt.Sprintf(`cognito:user_status = "%s"`, f.Status)
	case f.Enabled != nil && *f.Enabled:
		return `status = "Enabled"`
	case f.Enabled != nil:
		return `status = "Disabled"`
	}
	return ""
}

func (p *Pool) matches(f Filter, u User) bool {
	return (f.Status == "" || u.Status == f.Status) &&
		(f.Patient == "" || u.Attributes[p.PatientAttribute] == f.Patient) &&
		(f.FHIRUser == "" || u.Attributes[p.FHIRUserAttribute] == f.FHIRUser) &&
		(f.EmailPrefix == "" || strings.HasPrefix(strings.ToLower(u.Attributes["email"]), strings.ToLower(f.EmailPrefix))) &&
		(f.Enabled == nil || u.Enabled == *f.Enabled)
}
