package smart_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/smartlake/pulumi-smartlake/smart"
)

func TestAPatientIsAFHIRID(t *testing.T) {
	for _, id := range []string{"1", "patient-001", "A.b-3", "...", strings.Repeat("x", 64)} {
		if !smart.ValidPatientID(id) {
			t.Errorf("%q is refused", id)
		}
	}
	for _, id := range []string{
		"", ".", "..", " 1", "1 ", "a b", "a_b", "a~b", "a/b", "Patient/1", "p😀", "é", "1\n", "a%2Fb", "a?b", strings.Repeat("x", 65),
	} {
		if smart.ValidPatientID(id) {
			t.Errorf("%q is taken", id)
		}
	}
}

func TestAFHIRUserIsATypeAndAnIDPerhapsBehindAnHTTPSURL(t *testing.T) {
	for text, want := range map[string]smart.FHIRUser{
		"Practitioner/1":                                 {Type: "Practitioner", ID: "1"},
		"Patient/a.b-C":                                  {Type: "Patient", ID: "a.b-C"},
		"PractitionerRole/1":                             {Type: "PractitionerRole", ID: "1"},
		"RelatedPerson/1":                                {Type: "RelatedPerson", ID: "1"},
		"Person/1":                                       {Type: "Person", ID: "1"},
		"https://ehr.example.org/Practitioner/1":         {Type: "Practitioner", ID: "1"},
		"https://e:8443/fhir/r4/Patient/1":               {Type: "Patient", ID: "1"},
		"https://e/Patient/Practitioner/1":               {Type: "Practitioner", ID: "1"},
		"https://ehr.example.org/~x/a_b.c/Practitioner/": {},
		"":                                      {},
		"1":                                     {},
		"Practitioner":                          {},
		"Practitioner/":                         {},
		"/1":                                    {},
		"practitioner/1":                        {},
		"Observation/1":                         {},
		"Group/1":                               {},
		"Practitioner/1/_history/2":             {},
		"Practitioner/1?x=y":                    {},
		"Practitioner/a_b":                      {},
		"Practitioner/..":                       {},
		"fhir/Practitioner/1":                   {},
		"/Practitioner/1":                       {},
		" Practitioner/1":                       {},
		"Practitioner/1 ":                       {},
		"http://ehr.example.org/Practitioner/1": {},
		"HTTPS://e/Practitioner/1":              {},
		"https:///Practitioner/1":               {},
		"https://Practitioner/1":                {},
		"https://e":                             {},
		"https://u@e/Practitioner/1":            {},
		"https://e:0/Practitioner/1":            {},
		"https://e:/Practitioner/1":             {},
		"https://e./Practitioner/1":             {},
		"https://e/../Practitioner/1":           {},
		"https://e//Practitioner/1":             {},
		"https://e/a%2Fb/Practitioner/1":        {},
		"https://e/Practitioner/1#x":            {},
		"https://e/" + strings.Repeat("a/", 1100) + "Practitioner/1": {},
	} {
		got, ok := smart.ParseFHIRUser(text)
		if refused := want == (smart.FHIRUser{}); ok == refused || got != want {
			t.Errorf("%q: got %+v, %v", text, got, ok)
		}
	}
}

// The grammar as regular expressions, to hold the parsers against.
var (
	patientGrammar  = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)
	fhirUserGrammar = regexp.MustCompile(
		`^(?:https://[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?/(?:[A-Za-z0-9._~-]+/)*)?` +
			`(?:Patient|Practitioner|PractitionerRole|RelatedPerson|Person)/[A-Za-z0-9.-]{1,64}$`)
)

func TestTheParsersTakeWhatTheGrammarSays(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		"https://", "http://", "Patient", "Practitioner", "PractitionerRole", "Person", "/", "/", "/", "1", "a-b.c", ".", "..", "_", "~", ":", ":443", "0", "e", "é", "?", " ",
		strings.Repeat("y", 63), strings.Repeat("h", 252),
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(pieces, 0, 9).Draw(t, "pieces"), "")
		climbs := slices.ContainsFunc(strings.Split(text, "/"), func(part string) bool { return part == "." || part == ".." })
		if got, want := smart.ValidPatientID(text), patientGrammar.MatchString(text) && !climbs; got != want {
			t.Fatalf("patient %q: got %v", text, got)
		}
		user, got := smart.ParseFHIRUser(text)
		if want := fhirUserGrammar.MatchString(text) && !climbs; got != want {
			t.Fatalf("fhirUser %q: got %v", text, got)
		}
		if got && !strings.HasSuffix(text, user.Type+"/"+user.ID) {
			t.Fatalf("fhirUser %q: got %+v", text, user)
		}
	})
}

func TestWhoMayUseAClientIsSaidInWords(t *testing.T) {
	for want, c := range map[string]struct{ types, groups []string }{
		"every user of the pool": {},
		"every user of the pool; for user/ scopes, those whose fhirUser is a Practitioner": {[]string{"Practitioner"}, nil},
		"users in a or b": {nil, []string{"a", "b"}},
		"users in a; for user/ scopes, those whose fhirUser is a Patient or a Person": {[]string{"Patient", "Person"}, []string{"a"}},
	} {
		if got := smart.DescribeUsers(c.types, c.groups); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
