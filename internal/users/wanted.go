package users

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// Wanted is a user as the caller wants it. What is empty is left as it is.
type Wanted struct {
	// Username, which never changes. Where users of the pool are called by their address, it
	// is the address.
	Username string
	// Email address, which is taken to be verified.
	Email string
	// Patient is the FHIR id of the user's patient.
	Patient string
	// FHIRUser is the FHIR resource of the user: "Practitioner/123".
	FHIRUser string
	// Groups that the user is in, perhaps among others.
	Groups []string
	// Attributes besides, by Cognito's names: "given_name".
	Attributes map[string]string
}

// The forms of names and addresses: Cognito's
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html),
// and for addresses also a dot in the domain.
var (
	usernamePattern = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$`)
	emailPattern    = regexp.MustCompile(`^[^@\s\p{C}]+@[^@\s\p{C}]+\.[^@\s\p{C}]+$`)
	phonePattern    = regexp.MustCompile(`^\+[0-9]{1,15}$`)
)

// maxAttribute is the longest value of an attribute, in characters.
const maxAttribute = 2048

// Check returns what is wrong with a wanted user as [Problems], without asking whether
// anything exists.
func (p *Pool) Check(w Wanted) error {
	problems := p.checkUsername(w.Username)
	if w.Email != "" && !emailPattern.MatchString(w.Email) {
		problems = append(problems, Problem{FieldEmail, w.Email, "must be an email address"})
	}
	if w.Patient != "" && !smart.ValidPatientID(w.Patient) {
		problems = append(problems, Problem{FieldPatient, w.Patient, "must be " + smart.PatientIDForm})
	}
	if _, ok := smart.ParseFHIRUser(w.FHIRUser); w.FHIRUser != "" && !ok {
		problems = append(problems, Problem{FieldFHIRUser, w.FHIRUser, "must be " + smart.FHIRUserForm})
	}
	for _, link := range p.links(w) {
		if _, known := p.described.attributes[link.attribute]; link.wanted != "" && !known {
			problems = append(problems, Problem{link.field, "", p.missingAttribute(link.attribute)})
		}
	}
	problems = append(problems, p.checkGroups(w.Groups)...)
	for _, name := range slices.Sorted(maps.Keys(w.Attributes)) {
		problems = append(problems, p.checkAttribute(name, w.Attributes[name])...)
	}
	return problems.orNil()
}

// checkUsername refuses what is no user's name.
func (p *Pool) checkUsername(name string) Problems {
	switch {
	case name == "":
		return Problems{{FieldUsername, name, "missing; set it"}}
	case !usernamePattern.MatchString(name):
		return Problems{{FieldUsername, name, "must be 1 to 128 printable characters without white space"}}
	}
	return nil
}

// checkNewUsername holds the name of a user to be created to the ways in which users of the
// pool sign in. Users of an identity provider, whom nobody creates, have names of their own.
func (p *Pool) checkNewUsername(name string) Problems {
	d := p.described
	var accepted string
	switch {
	case len(d.signIn) > 0:
		if slices.Contains(d.signIn, "email") && emailPattern.MatchString(name) || slices.Contains(d.signIn, "phone_number") && phonePattern.MatchString(name) {
			return nil
		}
		accepted = "must be what users of this pool are called by: " + strings.Join(d.signIn, " or ")
	case slices.Contains(d.aliases, "email") && strings.Contains(name, "@"):
		accepted = "must not be an email address; users of this pool sign in by email besides their name"
	case slices.Contains(d.aliases, "phone_number") && phonePattern.MatchString(name):
		accepted = "must not be a phone number; users of this pool sign in by phone_number besides their name"
	default:
		return nil
	}
	return Problems{{FieldUsername, name, accepted}}
}

// checkAttribute refuses an attribute that is no administrator's to set here.
func (p *Pool) checkAttribute(name, value string) Problems {
	schema, known := p.described.attributes[name]
	var accepted string
	switch {
	case name == p.PatientAttribute || name == p.FHIRUserAttribute:
		accepted = "links the user to a FHIR resource; set " + FieldPatient + " or " + FieldFHIRUser + " instead"
	case name == FieldEmail || name == "sub" || strings.HasSuffix(name, "_verified"):
		accepted = "not set as an attribute"
	case !known || !aws.ToBool(schema.Mutable):
		accepted = "must be an attribute of the user pool that can be changed"
	case utf8.RuneCountInString(value) > maxAttribute:
		accepted = fmt.Sprintf("longer than %d characters", maxAttribute)
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		accepted = "must be text without control characters"
	case name == "phone_number" && !phonePattern.MatchString(value):
		accepted = "must be + and up to 15 digits"
	default:
		return nil
	}
	return Problems{{name, "", accepted}}
}

// link is one of the two attributes that say who a user is.
type link struct{ field, attribute, wanted, reference string }

// links are those of a wanted user, the empty ones too.
func (p *Pool) links(w Wanted) []link {
	reference := ""
	if w.Patient != "" {
		reference = "Patient/" + w.Patient
	}
	return []link{
		{FieldPatient, p.PatientAttribute, w.Patient, reference},
		{FieldFHIRUser, p.FHIRUserAttribute, w.FHIRUser, w.FHIRUser},
	}
}

// attributes are all that a wanted user has. A new address or number is said to be
// verified: the caller vouches for it, and the user could not sign in with it otherwise.
func (p *Pool) attributes(w Wanted) map[string]string {
	all := p.launchAttributes(w)
	maps.Copy(all, w.Attributes)
	if w.Email != "" {
		all["email"] = w.Email
	}
	if slices.Contains(p.described.signIn, "email") && emailPattern.MatchString(w.Username) && w.Email == "" {
		all["email"] = w.Username
	}
	if slices.Contains(p.described.signIn, "phone_number") && phonePattern.MatchString(w.Username) {
		all["phone_number"] = w.Username
	}
	for _, name := range []string{"email", "phone_number"} {
		if all[name] != "" {
			all[name+"_verified"] = "true"
		}
	}
	return all
}
