package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// irreplaceable are the types that hold what cannot be made again.
var irreplaceable = map[string]string{
	declared.Datastore:      "the patients' data",
	declared.UserPool:       "the users",
	declared.UserPoolDomain: "the address of the sign-in pages and Cognito's endpoints",
	declared.Key:            "the data that it encrypts",
	declared.Bucket:         "the files in it",
	declared.OldBucket:      "the files in it",
}

// protection lists what is kept from deletion.
func (s stack) protection() []string {
	list := []string{}
	for _, r := range s.Resources() {
		if r.Protected && irreplaceable[r.Type] != "" {
			list = append(list, fmt.Sprintf("%s (%s): Pulumi refuses to delete it", r.Name, irreplaceable[r.Type]))
		}
		if r.Type == declared.UserPool && r.Text("deletionProtection") == "ACTIVE" {
			list = append(list, r.Name+": Cognito refuses to delete it")
		}
	}
	for _, r := range s.All(declared.SmartDatastore) {
		if !r.Flag("allowDatastoreReplacement") {
			list = append(list, r.Name+": a change that would replace the datastore is an error at preview")
		}
	}
	return list
}

// concerns lists what is open, and what no setting closes.
func (s stack) concerns(e Explanation) []string {
	list := []string{}
	add := func(format string, values ...any) { list = append(list, fmt.Sprintf(format, values...)) }
	for _, r := range s.Resources() {
		if what := irreplaceable[r.Type]; what != "" && !r.Protected {
			add("%s: a deployment can delete it, and %s with it", r.Name, what)
		}
	}
	for _, r := range s.All(declared.UserPool) {
		if !r.Flag("adminCreateUserConfig", "allowAdminCreateUserOnly") {
			add("%s: anyone can create a user", r.Name)
			for _, client := range s.All(declared.UserPoolClient) {
				if slices.Contains(client.Texts("writeAttributes"), "profile") {
					add("client %s: it can write profile, which some apps read as the user's FHIR resource", client.Text("name"))
				}
			}
		}
		list = append(list, s.vouched(r)...)
	}
	for _, id := range s.existingPools() {
		add("user pool %s: it exists already; its owner decides how users sign in, who creates them and what its triggers add to tokens; its settings are unknown here", id)
	}
	if roles := s.UnboundedRoles(); len(roles) > 0 {
		add("%s: no permissions boundary; a deployment can give these roles any right", strings.Join(roles, ", "))
	}
	for _, setting := range e.Settings {
		add("%s", setting)
	}
	s.frontDoorConcerns(e.FrontDoors, add)
	for _, user := range e.TestUsers {
		add("test user %s: its password is in the stack's configuration and state", user)
	}
	for _, client := range e.Clients {
		list = append(list, client.concerns()...)
	}
	for _, r := range s.All(declared.Permission) {
		if r.Text("principal") == "healthlake.amazonaws.com" && r.Text("sourceAccount") == "" {
			add("%s: HealthLake may also call the function on behalf of other accounts; the function accepts only tokens of this pool's clients", r.Name)
		}
	}
	return list
}

// vouched lists the names to sign in with, and the word on who a user is, that identity
// providers decide. An address or number is a name only once it is verified; every other
// alias is one at once
// (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html).
func (s stack) vouched(pool declared.Resource) []string {
	var list []string
	aliases := pool.Texts("aliasAttributes")
	for _, provider := range s.All(declared.IdentityProvider) {
		name, maps := provider.Text("providerName"), provider.Map("attributeMapping")
		add := func(format string) { list = append(list, fmt.Sprintf("identity provider %s: "+format, name)) }
		if slices.Contains(aliases, "email") && maps["email_verified"] != "" {
			add("it can mark an email address as verified, which then is a name to sign in with")
		}
		if slices.Contains(aliases, "phone_number") && maps["phone_number_verified"] != "" {
			add("it can mark a phone number as verified, which then is a name to sign in with")
		}
		if slices.Contains(aliases, "preferred_username") && maps["preferred_username"] != "" {
			add("it sets preferred_username, which is a name to sign in with")
		}
		if maps["profile"] != "" {
			add("it sets profile, which some apps read as the user's FHIR resource")
		}
	}
	return list
}

func (c Client) concerns() []string {
	var list []string
	add := func(format string, values ...any) {
		list = append(list, fmt.Sprintf("client %s: "+format, append([]any{c.Name}, values...)...))
	}
	switch {
	case c.Kind == service:
	case len(c.doors) > 0:
		add("%s requires PKCE; Cognito does not, so an app that signs in at Cognito's own address must use it", strings.Join(c.doors, ", "))
	default:
		add("Cognito does not require PKCE; the app must use it")
	}
	if len(c.alsoJudgedBy) > 0 {
		add("its tokens count at %s too; the roles and users here are those of one token validator", strings.Join(c.alsoJudgedBy, ", "))
	}
	c.usersConcerns(add)
	for _, url := range slices.Concat(c.CallbackURLs, c.LogoutURLs) {
		if strings.HasPrefix(url, "http://") {
			add("%s is not encrypted; every program on the user's machine can listen there", url)
		}
	}
	for _, scope := range c.counting() {
		switch {
		case scope.Context() != smart.System || scope.Type() != smart.AnyType:
		case scope.ReadOnly():
			add("%s reads every resource of every patient", scope)
		default:
			add("%s reaches every resource of every patient, and the role of its tokens can change them", scope)
		}
	}
	if c.ExportRole != "" {
		add("it can export the whole datastore, with %s", c.ExportRole)
	}
	if c.Role == "" {
		add("none of its scopes counts, so every request with its tokens is refused")
	}
	return list
}

func yes(held bool) string {
	if held {
		return "yes"
	}
	return "no"
}

// pairs prints a map in the order of its keys.
func pairs(values map[string]any) string {
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		texts = append(texts, fmt.Sprintf("%s %v", key, values[key]))
	}
	return strings.Join(texts, ", ")
}

// conditions prints what a statement depends on, empty where on nothing.
func conditions(values map[string]map[string]any) string {
	var texts []string
	for _, operator := range slices.Sorted(maps.Keys(values)) {
		for _, key := range slices.Sorted(maps.Keys(values[operator])) {
			texts = append(texts, fmt.Sprintf("%s %s %v", key, operator, values[operator][key]))
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return ", if " + strings.Join(texts, " and ")
}
