package smart

import "strings"

// Filters returns the search parameters that a resource type may be filtered by, for
// the tests of this package.
func Filters(typ string) []string {
	parameters, _ := definitionOf(typ)
	return strings.Fields(parameters)
}
