package redact_test

import (
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/redact"
)

func TestNoUserOrPasswordOfAURLIsQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"https://ann:secret@id.example.org":      `"https://[left out]@id.example.org"`,
		"https://token@id.example.org/a":         `"https://[left out]@id.example.org/a"`,
		"https://ann:s@cr/et@id.example.org?a=b": `"https://[left out]@id.example.org?a=b"`,
		"https://ann:sec ret@id.example.org":     `"https://[left out]@id.example.org"`,
		"https://ann:%zz@id.example.org":         `"https://[left out]@id.example.org"`,
		"https:/ann:secret@id.example.org":       `"https:/[left out]@id.example.org"`,
		"ann:secret@id.example.org":              `"ann:[left out]@id.example.org"`,
		"//ann:secret@id.example.org":            `"[left out]@id.example.org"`,
		"https://app.example.org/@ann":           `"https://app.example.org/@ann"`,
		"https://app.example.org":                `"https://app.example.org"`,
		"ann@example.org":                        `"ann@example.org"`,
		`a "quoted" name`:                        `"a \"quoted\" name"`,
		"":                                       `""`,
		strings.Repeat("ä", 300):                 `"` + strings.Repeat("ä", 300) + `"`,
		strings.Repeat("ä", 301):                 `"` + strings.Repeat("ä", 300) + `"... (301 characters)`,
		"https://ann:" + strings.Repeat("s", 400) + "@id.example.org": `"https://[left out]@id.example.org"`,
	} {
		if got := redact.Quote(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
