package cognito

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxPage is the largest page of a list, and the size of one where a request names none.
const maxPage = 60

// pageOf is the part of a list that a request asks for, and the token for the next one.
func pageOf[T any](all []T, limit *int, token string) (page []T, next string, err error) {
	size, start := maxPage, 0
	if limit != nil && *limit != 0 {
		size = *limit
	}
	if size < 0 || size > maxPage {
		return nil, "", refuse(invalidParameter, "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: "+
			"Member must have value less than or equal to %d", size, maxPage)
	}
	if token != "" {
		text, err := base64.RawURLEncoding.DecodeString(token)
		if err == nil {
			start, err = strconv.Atoi(strings.TrimPrefix(string(text), "from "))
		}
		if err != nil || start < 0 {
			return nil, "", refuse(invalidParameter, "Invalid pagination token")
		}
	}
	start = min(start, len(all)) // users may have been deleted since
	end := min(start+size, len(all))
	if end < len(all) {
		next = base64.RawURLEncoding.EncodeToString([]byte("from " + strconv.Itoa(end)))
	}
	return all[start:end], next, nil
}

func listed(users []User) []apiUser {
	shown := []apiUser{}
	for _, user := range users {
		shown = append(shown, user.listed())
	}
	return shown
}

type listUsers struct {
	UserPoolId      string //nolint:revive // AWS's name
	Filter          string
	Limit           *int
	PaginationToken string
}

func (p *Pool) listUsers(r listUsers) (any, error) {
	matches, err := parseFilter(r.Filter)
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(p.directory.all(), func(u User) bool { return !matches(u) })
	page, next, err := pageOf(found, r.Limit, r.PaginationToken)
	return struct {
		Users           []apiUser
		PaginationToken string `json:",omitempty"`
	}{listed(page), next}, err
}

// filterPattern is a filter of ListUsers: an attribute, = or ^=, and a value in quotes, in
// which a backslash stands before a quote.
var filterPattern = regexp.MustCompile(`^\s*"?([a-z_:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$`)

// filterable are the attributes of a filter, with how to read them of a user.
var filterable = map[string]func(User) string{
	"username":            func(u User) string { return u.Username },
	"cognito:user_status": func(u User) string { return strings.ToUpper(u.Status) },
	"sub":                 func(u User) string { return u.Sub },
	"status": func(u User) string {
		if u.Disabled {
			return "Disabled"
		}
		return "Enabled"
	},
	"email":              attributeNamed("email"),
	"phone_number":       attributeNamed("phone_number"),
	"name":               attributeNamed("name"),
	"given_name":         attributeNamed("given_name"),
	"family_name":        attributeNamed("family_name"),
	"preferred_username": attributeNamed("preferred_username"),
}

func attributeNamed(name string) func(User) string {
	return func(u User) string { return u.Attributes[name] }
}

// parseFilter reads a filter of ListUsers.
func parseFilter(text string) (matches func(User) bool, err error) {
	if text == "" {
		return func(User) bool { return true }, nil
	}
	found := filterPattern.FindStringSubmatch(text)
	if found == nil || filterable[found[1]] == nil {
		return nil, refuse(invalidParameter, "Error while parsing filter.")
	}
	read, value := filterable[found[1]], strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(found[3])
	if found[1] == "cognito:user_status" {
		value = strings.ToUpper(value) // the one that is documented not to depend on case, besides
	}
	if found[2] == "^=" {
		return func(u User) bool { return read(u) != "" && strings.HasPrefix(read(u), value) }, nil
	}
	return func(u User) bool { return read(u) == value }, nil
}
