package smart

import (
	"slices"
	"strings"
)

// What a token says of its user: the claims patient and fhirUser. Whoever writes one
// of them and whoever reads it uses the same form, which is defined here.

// FHIRUser is the FHIR resource of a user. Make it with [ParseFHIRUser].
type FHIRUser struct {
	Type string // one of [FHIRUserTypes]
	ID   string // a FHIR id
}

// FHIRUserTypes are the types of resource that a user may be (SMART App Launch 2.2,
// "Scopes for requesting identity data").
func FHIRUserTypes() []string {
	return []string{"Patient", "Person", "Practitioner", "PractitionerRole", "RelatedPerson"}
}

// IsFHIRUserType reports whether a user may be a resource of the type.
func IsFHIRUserType(name string) bool { return slices.Contains(FHIRUserTypes(), name) }

// The forms in words, for the errors of those who refuse a value.
const (
	PatientIDForm = "a FHIR id: 1 to 64 letters, digits, - and ., and not . or .."
	FHIRUserForm  = "<type>/<id>, or an absolute https URL that ends in it, " +
		"where the type is Patient, Practitioner, PractitionerRole, RelatedPerson or Person"
)

const (
	maxIDLength       = 64
	maxFHIRUserLength = 2048 // of a Cognito attribute
	maxHostLength     = 253
)

// ValidPatientID reports whether a text is valid as the claim patient: a FHIR id (FHIR R4,
// "id"), which is 1 to 64 letters, digits, "-" and ".". The ids "." and ".." are refused,
// because they mean something else in a URL.
func ValidPatientID(text string) bool {
	return len(text) <= maxIDLength && isPathPart(text) && !strings.ContainsAny(text, "_~")
}

// ParseFHIRUser reads the claim fhirUser: <type>/<id>, or an absolute https URL that
// ends in it and has no user info, query or fragment. The type is one of
// [FHIRUserTypes], the id a FHIR id. It reports false for anything else.
func ParseFHIRUser(text string) (FHIRUser, bool) {
	if len(text) > maxFHIRUserLength {
		return FHIRUser{}, false
	}
	path, base := text, 0 // how many parts stand before the type
	if rest, absolute := strings.CutPrefix(text, "https://"); absolute {
		host, behind, _ := strings.Cut(rest, "/")
		if !isHost(host) {
			return FHIRUser{}, false
		}
		path, base = behind, strings.Count(behind, "/")-1
	}
	parts := strings.Split(path, "/")
	if base < 0 || len(parts) != base+2 {
		return FHIRUser{}, false
	}
	for _, part := range parts[:base] {
		if !isPathPart(part) {
			return FHIRUser{}, false
		}
	}
	user := FHIRUser{Type: parts[base], ID: parts[base+1]}
	if !IsFHIRUserType(user.Type) || !ValidPatientID(user.ID) {
		return FHIRUser{}, false
	}
	return user, true
}

// isPathPart reports whether a text is one part of a URL's path, of characters that
// need no encoding, that does not lead elsewhere.
func isPathPart(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && c != '-' && c != '.' && c != '_' && c != '~' {
			return false
		}
	}
	return text != "" && text != "." && text != ".."
}

// isHost reports whether a text is the name of a host, perhaps with a port.
func isHost(text string) bool {
	name, port, hasPort := strings.Cut(text, ":")
	if hasPort && !isPort(port) || name == "" || len(name) > maxHostLength {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !isAlphanumeric(c) && c != '-' && c != '.' {
			return false
		}
	}
	return isAlphanumeric(name[0]) && isAlphanumeric(name[len(name)-1])
}

// isPort reports whether a text is a number of up to five digits without a leading zero.
func isPort(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != "" && len(text) <= 5 && text[0] != '0'
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// DescribeUsers describes who may use a client with these types of users for its user/
// scopes and these groups. Both lists may be empty.
func DescribeUsers(types, groups []string) string {
	who := "every user of the pool"
	if len(groups) > 0 {
		who = "users in " + strings.Join(groups, " or ")
	}
	if len(types) > 0 {
		who += "; for user/ scopes, those whose fhirUser is a " + strings.Join(types, " or a ")
	}
	return who
}
