package smart

import "strings"

// Describe says in plain words what a scope lets its holder do: "To read, search
// Observation of the patient in context". The zero value grants nothing, and says so.
func (s Scope) Describe() string {
	names := [...]string{"create", "read", "update", "delete", "search"} // in the order of the bits
	var verbs []string
	for i, name := range names {
		if s.permissions.Contains(1 << i) {
			verbs = append(verbs, name)
		}
	}
	whose, ok := map[Context]string{
		Patient: "of the patient in context",
		User:    "that the user may see",
		System:  "without a user",
	}[s.context]
	if !ok || len(verbs) == 0 {
		return "Nothing"
	}
	what := s.typ
	if what == AnyType {
		what = "every resource"
	}
	if len(s.query) > 0 {
		what += " that matches the filter"
	}
	return "To " + strings.Join(verbs, ", ") + " " + what + " " + whose
}

// DescribeSignInScope describes what an app learns with a scope of the sign-in: openid,
// profile, email, phone and launch/patient. It reports false for every other scope.
func DescribeSignInScope(scope string) (string, bool) {
	switch scope {
	case "openid":
		return "To learn who the user is (an ID token)", true
	case "profile":
		return "To learn the user's profile", true
	case "email":
		return "To learn the user's email address", true
	case "phone":
		return "To learn the user's phone number", true
	case "launch/patient":
		return "To learn which patient the app was launched for", true
	default:
		return "", false
	}
}
