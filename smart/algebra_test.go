package smart_test

import (
	"reflect"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
)

func TestAScopeCoversWhatItGrants(t *testing.T) {
	for _, pair := range []struct{ scope, request string }{
		{"patient/Observation.rs", "patient/Observation.rs"},
		{"patient/Observation.rs", "patient/Observation.r"},
		{"patient/*.rs", "patient/Observation.rs"},
		{"patient/*.rs", "patient/*.s"},
		{"patient/*.read", "patient/Observation.rs"},
		{"patient/*.rs", "patient/Observation.read"},
		{"system/*.write", "system/Group.d"},
		{"system/*.*", "system/*.cruds"},
		{"system/*.cruds", "system/*.*"},
		{"user/*.rs", "user/Observation.rs?category=laboratory"},
		{"user/Observation.rs", "user/Observation.r?category=laboratory"},
		{"user/Observation.rs?category=laboratory", "user/Observation.rs?category=laboratory"},
		{"user/Observation.rs?category=laboratory", "user/Observation.rs?code=x&category=laboratory"},
		{"user/Observation.rs?code=x&category=a%2Bb", "user/Observation.s?category=a+b&code=x"},
	} {
		if !mustParse(t, pair.scope).Covers(mustParse(t, pair.request)) {
			t.Errorf("%s must cover %s", pair.scope, pair.request)
		}
	}
}

func TestAScopeCoversNothingBeyondWhatItGrants(t *testing.T) {
	for _, pair := range []struct{ scope, request string }{
		{"patient/Observation.rs", "user/Observation.rs"},
		{"system/*.cruds", "patient/Observation.r"},
		{"user/*.cruds", "patient/Observation.r"},
		{"patient/Observation.rs", "patient/Condition.rs"},
		{"patient/Observation.rs", "patient/*.rs"},
		{"patient/Observation.r", "patient/Observation.rs"},
		{"patient/Observation.read", "patient/Observation.*"},
		{"patient/Observation.write", "patient/Observation.r"},
		{"patient/Observation.read", "patient/Observation.c"},
		{"user/Observation.rs?category=laboratory", "user/Observation.rs"},
		{"user/Observation.rs?category=laboratory", "user/Observation.rs?category=vital-signs"},
		{"user/Observation.rs?category=laboratory&code=x", "user/Observation.rs?category=laboratory"},
	} {
		if mustParse(t, pair.scope).Covers(mustParse(t, pair.request)) {
			t.Errorf("%s must not cover %s", pair.scope, pair.request)
		}
	}
}

func TestTheZeroScopeCoversNothingAndIsNotCovered(t *testing.T) {
	var zero smart.Scope
	everything := mustParse(t, "system/*.cruds")
	for _, pair := range [][2]smart.Scope{
		{zero, zero}, {zero, everything}, {everything, zero},
	} {
		if pair[0].Covers(pair[1]) {
			t.Errorf("%q must not cover %q", pair[0], pair[1])
		}
	}
	if zero.String() != "" || zero.Normalize().String() != "" {
		t.Errorf("the zero scope prints as %q, normalized as %q", zero, zero.Normalize())
	}
	if zero.ReadOnly() {
		t.Error("a scope that grants nothing is not taken for one that reads")
	}
}

func TestOnlyScopesThatReadOrSearchAreReadOnly(t *testing.T) {
	for text, want := range map[string]bool{
		"system/*.read": true, "system/*.rs": true, "system/*.r": true, "system/*.s": true,
		"user/Observation.rs?category=laboratory": true,
		"system/*.write": false, "system/*.*": false, "system/*.cruds": false,
		"system/*.c": false, "system/*.u": false, "system/*.d": false, "system/*.rus": false, "system/*.ds": false,
	} {
		if got := mustParse(t, text).ReadOnly(); got != want {
			t.Errorf("%s: ReadOnly is %t", text, got)
		}
	}
}

func TestNormalizingWritesTheSecondGrammar(t *testing.T) {
	for text, want := range map[string]string{
		"patient/*.read":                "patient/*.rs",
		"user/Patient.write":            "user/Patient.cud",
		"system/*.*":                    "system/*.cruds",
		"user/Patient.rs":               "user/Patient.rs",
		"user/Patient.r?name=%61%2f%26": "user/Patient.r?name=a%2F%26",
	} {
		got := mustParse(t, text).Normalize()
		if got.String() != want || got.Version() != smart.V2 {
			t.Errorf("%s became %s of version %d, want %s", text, got, got.Version(), want)
		}
		if again := got.Normalize(); !reflect.DeepEqual(again, got) {
			t.Errorf("normalized twice: %+v, want %+v", again, got)
		}
	}
}

func TestPermissionsPrintInTheOrderOfTheGrammar(t *testing.T) {
	for want, permissions := range map[string]smart.Permissions{
		"": 0, "rs": smart.Search | smart.Read, "cud": cud, "cruds": cruds, "d": smart.Delete,
	} {
		if permissions.String() != want {
			t.Errorf("got %q, want %q", permissions, want)
		}
	}
}

func TestAStrategyUnderstandsItsGrammarsAlone(t *testing.T) {
	for _, c := range []struct {
		strategy smart.AuthorizationStrategy
		scope    string
		want     bool
	}{
		{smart.SMARTOnFHIR, "patient/*.read", true},
		{smart.SMARTOnFHIR, "patient/*.rs", true},
		{smart.SMARTOnFHIR, "patient/Observation.rs?category=laboratory", true},
		{smart.SMARTOnFHIRV1, "patient/*.read", true},
		{smart.SMARTOnFHIRV1, "patient/*.*", true},
		{smart.SMARTOnFHIRV1, "patient/*.rs", false},
		{smart.SMARTOnFHIRV1, "patient/Observation.rs?category=laboratory", false},
		{"AWS_AUTH", "patient/*.read", false},
		{"", "patient/*.read", false},
	} {
		if got := c.strategy.Understands(mustParse(t, c.scope)); got != c.want {
			t.Errorf("%q understands %s: %t", c.strategy, c.scope, got)
		}
	}
	if smart.SMARTOnFHIR.Understands(smart.Scope{}) {
		t.Error("the zero scope is of no grammar")
	}
}
