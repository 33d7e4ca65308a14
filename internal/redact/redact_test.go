package redact_test

import (
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
	} {
		if got := redact.Quote(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
