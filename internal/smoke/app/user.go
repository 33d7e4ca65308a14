package app

import (
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// User is one who signs in at the hosted pages.
type User struct {
	Name     string `json:"name"`
	Password string `json:"password"` // secret
	// Patient and FHIRUser, such as "Practitioner/practitioner-1", are what the user's tokens
	// say of the user; empty for nothing.
	Patient  string   `json:"patient,omitempty"`
	FHIRUser string   `json:"fhirUser,omitempty"`
	Groups   []string `json:"groups,omitempty"`
}

// Counting are the scopes of a client that count for the user, as package validator says it
// (rule 4): patient/ scopes for a user with a patient, and user/ scopes for one of the types
// that the client is for. None count for a user outside of the client's groups.
func (u User) Counting(client outputs.Client) []string {
	if len(client.Groups) > 0 && !slices.ContainsFunc(u.Groups, func(group string) bool { return slices.Contains(client.Groups, group) }) {
		return nil
	}
	typ, _, _ := strings.Cut(u.FHIRUser, "/")
	var counting []string
	for _, text := range client.Scopes {
		scope, err := smart.ParseScope(text)
		if err != nil {
			continue
		}
		if scope.Context() == smart.Patient && u.Patient != "" || scope.Context() == smart.User && slices.Contains(client.FHIRUserTypes, typ) {
			counting = append(counting, text)
		}
	}
	return counting
}

// Visit is a user who can do something with a client.
type Visit struct {
	Client outputs.App
	User   User
}

// Visits are all of them: for each client with users, in their order, the users of whom a
// scope counts.
func Visits(clients []outputs.App, users []User) []Visit {
	var visits []Visit
	for _, client := range clients {
		for _, user := range users {
			if len(client.CallbackURLs) > 0 && len(user.Counting(client.Client)) > 0 {
				visits = append(visits, Visit{client, user})
			}
		}
	}
	return visits
}
