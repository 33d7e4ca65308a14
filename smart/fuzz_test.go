package smart_test

import (
	"slices"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
)

func FuzzParseScope(f *testing.F) {
	for _, seed := range []string{
		"patient/Observation.rs", "user/*.read", "system/*.*", "system/*.cruds", "launch/patient", "openid", "",
		"patient/Observation.rs?category=laboratory", "patient/Observation.rs?code=%26&status=%c3%a9", "patient/Patient.r?name=1&name=2", "patient/Patient.r?name:exact=%3D",
		"patient/Observation.rs?category=x%20system/*.cruds", "patient/Observation.rs?code=\xff", "patient/Observation.rs?_has=x",
		"patient/Observation.dus", "user/Observation.read?x=y", "user/*.rs?x=y", "//..??",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scope, err := smart.ParseScope(text)
		if err != nil {
			return
		}
		if scope.String() != text {
			t.Errorf("%q printed as %q", text, scope)
		}
		if parts, ok := smart.SplitScopes(text); ok && !slices.Equal(parts, []string{text}) {
			t.Errorf("%q is one scope and splits into %q", text, parts)
		}
		if smart.SMARTOnFHIRV1.Understands(scope) && scope.Filtered() {
			t.Errorf("%q is a v1 scope with a filter", text)
		}
		normal := mustParse(t, scope.Normalize().String())
		if !normal.Covers(scope) || !scope.Covers(normal) {
			t.Errorf("%q and its normal form %q do not cover each other", text, normal)
		}
	})
}
