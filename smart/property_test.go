package smart_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// The generators draw from few contexts, types and filters, so that scopes of
// one draw often have to do with each other.
var (
	contexts    = rapid.SampledFrom([]string{"patient", "user", "system"})
	concrete    = rapid.SampledFrom([]string{"Observation", "DiagnosticReport", "ServiceRequest"})
	types       = rapid.OneOf(concrete, rapid.Just("*"))
	v1          = rapid.SampledFrom([]string{"read", "write", "*"})
	names       = rapid.SampledFrom([]string{"category", "code", "status"}) // of each of these types
	values      = rapid.OneOf(rapid.SampledFrom([]string{"x", "y", "a&b"}), rapid.StringOfN(rapid.RuneFrom([]rune("aZ09%&=?/#+|,:;\"'\\é漢😀")), 1, 8, -1))
	v2          = rapid.Custom(letters)
	scopeTexts  = rapid.Custom(drawScopeText)
	scopes      = rapid.Custom(func(t *rapid.T) smart.Scope { return mustParse(t, drawScopeText(t)) })
	scopesLists = rapid.SliceOfN(scopes, 1, 6)
)

func letters(t *rapid.T) string {
	set := rapid.IntRange(1, 31).Draw(t, "permissions")
	var text strings.Builder
	for i, letter := range "cruds" {
		if set&(1<<i) != 0 {
			text.WriteRune(letter)
		}
	}
	return text.String()
}

func drawScopeText(t *rapid.T) string {
	context := contexts.Draw(t, "context")
	switch rapid.SampledFrom([]string{"v1", "v2", "filtered"}).Draw(t, "grammar") {
	case "v1":
		return context + "/" + types.Draw(t, "type") + "." + v1.Draw(t, "permissions")
	case "v2":
		return context + "/" + types.Draw(t, "type") + "." + v2.Draw(t, "permissions")
	}
	filter := make([]string, rapid.IntRange(1, 3).Draw(t, "parameters"))
	for i := range filter {
		filter[i] = names.Draw(t, "name") + "=" + encode(t, values.Draw(t, "value"))
	}
	return context + "/" + concrete.Draw(t, "type") + "." + v2.Draw(t, "permissions") + "?" + strings.Join(filter, "&")
}

// encode writes a value in one of its many percent-encodings.
func encode(t *rapid.T, value string) string {
	var text strings.Builder
	for _, c := range []byte(value) {
		form := "%c"
		if strings.IndexByte(`%&?="\\`, c) >= 0 || c >= 0x80 || rapid.Bool().Draw(t, "encoded") {
			form = rapid.SampledFrom([]string{"%%%02x", "%%%02X"}).Draw(t, "case")
		}
		fmt.Fprintf(&text, form, c)
	}
	return text.String()
}

// widen returns a scope that grants what s grants, and perhaps more.
func widen(t *rapid.T, s smart.Scope) smart.Scope {
	permissions := s.Permissions() | smart.Permissions(rapid.IntRange(0, 31).Draw(t, "added permissions"))
	var kept []string
	for _, parameter := range s.Query() {
		if rapid.Bool().Draw(t, "parameter kept") {
			kept = append(kept, parameter.Name+"="+encode(t, parameter.Value))
		}
	}
	typ := s.Type()
	if len(kept) == 0 && rapid.Bool().Draw(t, "any type") {
		typ = smart.AnyType
	}
	text := fmt.Sprintf("%s/%s.%s", s.Context(), typ, permissions)
	if len(kept) > 0 {
		text += "?" + strings.Join(kept, "&")
	}
	return mustParse(t, text)
}

func covers(list []smart.Scope, request smart.Scope) bool {
	return slices.ContainsFunc(list, func(s smart.Scope) bool { return s.Covers(request) })
}

func TestEveryScopePrintsAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := scopeTexts.Draw(t, "scope")
		if got := mustParse(t, text).String(); got != text {
			t.Fatalf("%q printed as %q", text, got)
		}
	})
}

func TestANormalizedScopeHoldsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scope := scopes.Draw(t, "scope")
		want := read(scope)
		want.version = smart.V2
		if got := read(mustParse(t, scope.Normalize().String())); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s normalized reads as %+v, want %+v", scope, got, want)
		}
	})
}

func TestNormalizingChangesNothingThatAScopeGrants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scope, other := scopes.Draw(t, "scope"), scopes.Draw(t, "other")
		normal := scope.Normalize()
		if !normal.Covers(scope) || !scope.Covers(normal) {
			t.Fatalf("%s and %s do not cover each other", scope, normal)
		}
		if scope.Covers(other) != normal.Covers(other) || other.Covers(scope) != other.Covers(normal) {
			t.Fatalf("%s and %s differ about %s", scope, normal, other)
		}
		if again := mustParse(t, normal.String()); !reflect.DeepEqual(again, normal) {
			t.Fatalf("%s reads back as %+v, want %+v", normal, again, normal)
		}
	})
}

func TestEveryScopeCoversItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if s := scopes.Draw(t, "scope"); !s.Covers(s) {
			t.Fatalf("%s does not cover itself", s)
		}
	})
}

func TestCoveringIsTransitive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		narrow := scopes.Draw(t, "narrow")
		middle := rapid.OneOf(rapid.Just(widen(t, narrow)), scopes).Draw(t, "middle")
		wide := rapid.OneOf(rapid.Just(widen(t, middle)), scopes).Draw(t, "wide")
		if wide.Covers(middle) && middle.Covers(narrow) && !wide.Covers(narrow) {
			t.Fatalf("%s covers %s, which covers %s, but the first does not cover the last", wide, middle, narrow)
		}
	})
}

func TestWideningAScopeNeverShrinksWhatItCovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scope, request := scopes.Draw(t, "scope"), scopes.Draw(t, "request")
		wider := widen(t, scope)
		if !wider.Covers(scope) {
			t.Fatalf("%s does not cover %s", wider, scope)
		}
		if scope.Covers(request) && !wider.Covers(request) {
			t.Fatalf("%s covers %s, the wider %s does not", scope, request, wider)
		}
	})
}

func TestDroppingAScopeFromAListNeverWidensIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, request := scopesLists.Draw(t, "list"), scopes.Draw(t, "request")
		dropped := rapid.IntRange(0, len(list)-1).Draw(t, "dropped")
		fewer := slices.Delete(slices.Clone(list), dropped, dropped+1)
		if covers(fewer, request) && !covers(list, request) {
			t.Fatalf("%v covers %s, and with %s it does not", fewer, request, list[dropped])
		}
	})
}

func TestAReadOnlyScopeCoversNoScopeThatWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		request := scopes.Draw(t, "request")
		scope := rapid.OneOf(rapid.Just(widen(t, request)), scopes).Draw(t, "scope")
		if scope.ReadOnly() && scope.Covers(request) && !request.ReadOnly() {
			t.Fatalf("%s only reads, and covers %s", scope, request)
		}
	})
}
