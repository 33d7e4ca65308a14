package smart

import "strings"

// Describe says in plain words what a scope lets its holder do: "To read, search
// Observation of the patient in context". The zero value grants nothing, and says so.
func (s Scope) Describe() string {
	names := [...]string{"create", "read", "update", "delete", "search"} // in the order of the bits
	var verbs []string
	for i, name := range names {
		if s.Permissions.Contains(1 << i) {
			verbs = append(verbs, name)
		}
	}
	whose, ok := map[Context]string{
		Patient: "of the patient in context",
		User:    "that the user may see",
		System:  "without a user",
	}[s.Context]
	if !ok || len(verbs) == 0 {
		return "Nothing"
	}
	what := s.Type
	if what == AnyType {
		what = "every resource"
	}
	if len(s.Query) > 0 {
		what += " that matches the filter"
	}
	return "To " + strings.Join(verbs, ", ") + " " + what + " " + whose
}
