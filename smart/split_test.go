package smart_test

import (
	"slices"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
)

func TestScopesAreDividedBySingleSpaces(t *testing.T) {
	for text, want := range map[string][]string{
		"openid":                             {"openid"},
		"openid patient/*.rs launch/patient": {"openid", "patient/*.rs", "launch/patient"},
		"patient/*.rs patient/*.rs":          {"patient/*.rs", "patient/*.rs"},
		"no-scope-at-all !#[]^~":             {"no-scope-at-all", "!#[]^~"},
		// Decoded before the split, this would be two scopes.
		"patient/Observation.rs?category=x%20system/*.cruds": {"patient/Observation.rs?category=x%20system/*.cruds"},
	} {
		got, ok := smart.SplitScopes(text)
		if !ok || !slices.Equal(got, want) {
			t.Errorf("SplitScopes(%q) = %q, %t, want %q", text, got, ok, want)
		}
	}
}

func TestAScopeStringOutsideRFC6749IsRefusedWhole(t *testing.T) {
	for name, text := range map[string]string{
		"empty":               "",
		"a space":             " ",
		"leading space":       " patient/*.rs",
		"trailing space":      "patient/*.rs ",
		"two spaces":          "patient/*.rs  user/*.rs",
		"tab":                 "patient/*.rs\tuser/*.rs",
		"line break":          "patient/*.rs\nuser/*.rs",
		"carriage return":     "patient/*.rs\r",
		"NUL":                 "patient/*.rs\x00",
		"DEL":                 "patient/*.rs\x7f",
		"quotation mark":      `patient/*.rs "user/*.rs"`,
		"backslash":           `patient/*.rs\u0020user/*.rs`,
		"no-break space":      "patient/*.rs\u00a0user/*.rs",
		"letter beyond ASCII": "patient/*.rs é",
		"no UTF-8":            "patient/*.rs \xff",
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := smart.SplitScopes(text); ok || got != nil {
				t.Errorf("SplitScopes(%q) = %q, %t, want nothing", text, got, ok)
			}
		})
	}
}
