package page

import (
	"encoding/json"

	"golang.org/x/oauth2"
)

// What the tests of this package see of its inside, and nothing else.

type (
	Section = section
	Line    = line
	Claim   = claim
)

// SectionsOf the record, made of a searchset.
func SectionsOf(title, searchset string) ([]Section, error) {
	var b bundle
	err := json.Unmarshal([]byte(searchset), &b)
	return sectionsOf(title, b), err
}

// ResponseOf the token endpoint, as the sample app shows it.
func ResponseOf(token *oauth2.Token) []Claim { return responseOf(token) }
