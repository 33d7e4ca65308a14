package local

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// User who may sign in.
type User struct {
	Name string
	// Password of a made-up user, which everybody may know; empty for a declared one,
	// whose password is a secret.
	Password string
	// Patient and FHIRUser of the user, of which the launch context in tokens is made.
	Patient, FHIRUser string
	Groups            []string
}

// madeUpUsers sign in where a stack declares nobody: one is a patient of the datastore,
// the other the general practitioner of some of them. They are in the local cloud alone, so
// their passwords may be known. They are in the groups of the clients that are for them.
func madeUpUsers(clients []Client, data *healthlake.Data) []cognito.User {
	var users []cognito.User
	for _, u := range []User{
		{Name: "patient", Password: "Local-patient-1", Patient: idOf(data.SomePatient()), FHIRUser: data.SomePatient()},
		{Name: "practitioner", Password: "Local-practitioner-1", FHIRUser: data.SomePractitioner()},
	} {
		if u.FHIRUser == "" {
			continue
		}
		attributes := map[string]string{"email": u.Name + "@example.org", "email_verified": "true", "custom:fhirUser": u.FHIRUser}
		if u.Patient != "" {
			attributes["custom:patient"] = u.Patient
		}
		users = append(users, cognito.User{
			Username: u.Name, Password: u.Password, Attributes: attributes,
			Sub:    uuid.NewSHA1(uuid.NameSpaceOID, []byte("smartlake local user "+u.Name)).String(),
			Groups: groupsOfClientsFor(u, clients),
		})
	}
	return users
}

// groupsOfClientsFor are the groups of clients that a user can do something with: those
// whose user/ scopes are for users of the type, and for a patient also those without
// user/ scopes.
func groupsOfClientsFor(user User, clients []Client) []string {
	typ, _, _ := strings.Cut(user.FHIRUser, "/")
	var groups []string
	for _, client := range clients {
		if slices.Contains(client.FHIRUserTypes, typ) || user.Patient != "" && len(client.FHIRUserTypes) == 0 {
			groups = append(groups, client.Groups...)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// usersOf are those of the program, or made-up ones if it declares none and they are
// wanted.
func (c *Cloud) usersOf(d declaration, options Options) []cognito.User {
	known := users(d)
	madeUp := len(known) == 0 && !options.NoUsers && options.FHIRURL == ""
	if madeUp {
		known = madeUpUsers(c.Clients, c.data)
	}
	for _, user := range known {
		shown := User{Name: user.Username, Patient: user.Attributes["custom:patient"], FHIRUser: user.Attributes["custom:fhirUser"], Groups: user.Groups}
		if madeUp {
			shown.Password = user.Password
		}
		c.Users = append(c.Users, shown)
		c.visitors = append(c.visitors, app.User{Name: user.Username, Password: user.Password, Patient: shown.Patient, FHIRUser: shown.FHIRUser, Groups: user.Groups})
	}
	c.Advice = c.advise(options, madeUp)
	return known
}

// offered are the made-up users, who sign in at a click: whoever reaches the sign-in page may
// know their passwords.
func (c *Cloud) offered() []cognito.Offer {
	var offered []cognito.Offer
	for _, user := range c.Users {
		if user.Password != "" {
			offered = append(offered, cognito.Offer{Username: user.Name, Password: user.Password, Says: user.says()})
		}
	}
	return offered
}

// says who the user is.
func (u User) says() string {
	words := []string{}
	if u.FHIRUser != "" {
		words = append(words, u.FHIRUser)
	}
	if u.Patient != "" && u.FHIRUser != "Patient/"+u.Patient {
		words = append(words, "patient "+u.Patient)
	}
	if len(u.Groups) > 0 {
		words = append(words, "in "+strings.Join(u.Groups, ", "))
	}
	return strings.Join(words, ", ")
}
