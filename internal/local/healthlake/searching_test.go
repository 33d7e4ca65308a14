package healthlake_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
)

const doorBase = "https://127.0.0.1:9443/r4/"

func throughTheDoor(c *healthlake.Config) { c.AlsoAt = []string{doorBase} }

// clinic is what a few resources of a, b and nobody are, by their names.
var clinic = map[string]string{
	"Patient/a":             `{"generalPractitioner":[{"reference":"Practitioner/p"}],"birthDate":"1980-05-01","name":[{"family":"Abara"}],"gender":"female","text":{"status":"generated","div":"<div>A</div>"}}`,
	"Patient/b":             `{"birthDate":"1970-01-31","name":[{"family":"Bergström"}],"gender":"male"}`,
	"Practitioner/p":        `{"name":[{"family":"Haddad"}]}`,
	"Encounter/ea":          `{"status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/a"},"period":{"start":"2026-01-10T09:00:00Z","end":"2026-01-10T09:30:00Z"},"participant":[{"individual":{"reference":"Practitioner/p"}}]}`,
	"Encounter/eb":          `{"status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/b"},"period":{"start":"2026-02-10"}}`,
	"Observation/oa":        `{"status":"final","code":{"coding":[{"code":"1"}]},"category":[{"coding":[{"code":"laboratory"}]}],"subject":{"reference":"Patient/a"},"encounter":{"reference":"Encounter/ea"},"effectiveDateTime":"2026-01-10T09:10:00Z","valueQuantity":{"value":5}}`,
	"Observation/ov":        `{"status":"final","code":{"coding":[{"code":"2"}]},"category":[{"coding":[{"code":"vital-signs"}]}],"subject":{"reference":"Patient/a"},"encounter":{"reference":"Encounter/eb"},"effectiveDateTime":"2026-01-10T09:20:00Z","valueQuantity":{"value":7}}`,
	"Observation/ob":        `{"status":"final","code":{"coding":[{"code":"1"}]},"category":[{"coding":[{"code":"laboratory"}]}],"subject":{"reference":"Patient/b"},"encounter":{"reference":"Encounter/eb"},"effectiveDateTime":"2026-02-10","valueQuantity":{"value":6}}`,
	"Appointment/pa":        `{"status":"booked","start":"2026-03-01T10:00:00Z","participant":[{"status":"accepted","actor":{"reference":"Patient/a"}},{"status":"accepted","actor":{"reference":"Practitioner/p"}}]}`,
	"Appointment/pb":        `{"status":"booked","start":"2026-03-02T10:00:00Z","participant":[{"status":"accepted","actor":{"reference":"Patient/b"}}]}`,
	"Coverage/ca":           `{"status":"active","beneficiary":{"reference":"Patient/a"},"payor":[{"reference":"Patient/b"}]}`,
	"Provenance/pr":         `{"recorded":"2026-01-10T10:00:00Z","target":[{"reference":"Observation/oa"},{"reference":"Observation/ob"}],"agent":[{"who":{"reference":"Practitioner/p"}}]}`,
	"AllergyIntolerance/al": `{"patient":{"reference":"Patient/a"},"code":{"coding":[{"code":"x"}]}}`,
}

func (s store) openClinic(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"Patient/a", "Patient/b", "Practitioner/p", "Encounter/ea", "Encounter/eb", "Observation/oa", "Observation/ov", "Observation/ob",
		"Appointment/pa", "Appointment/pb", "Coverage/ca", "Provenance/pr", "AllergyIntolerance/al",
	} {
		typ, id, _ := strings.Cut(name, "/")
		s.put(t, name, `{"resourceType":"`+typ+`","id":"`+id+`",`+clinic[name][1:])
	}
}

func (s store) found(t *testing.T, query string, h holder) string {
	t.Helper()
	got := s.send("GET", query, h, "")
	if got.status != 200 {
		t.Errorf("%s: got %d %s", query, got.status, got.text)
	}
	return strings.Join(got.entries(), " ")
}

func TestASearchFindsWhatHL7Defines(t *testing.T) {
	s := newStore(t, throughTheDoor)
	s.openClinic(t)
	for query, want := range map[string]string{
		"Appointment?patient=a":                                "Appointment/pa",
		"Appointment?patient=Patient/b":                        "Appointment/pb",
		"Appointment?practitioner=p&date=2026-03-01":           "Appointment/pa",
		"Appointment?date=ge2026-03-02":                        "Appointment/pb",
		"Coverage?beneficiary=Patient/a":                       "Coverage/ca",
		"Coverage?patient=a":                                   "Coverage/ca",
		"Coverage?payor=Patient/b":                             "Coverage/ca",
		"Observation?subject=" + endpoint + "Patient/a":        "Observation/oa Observation/ov",
		"Observation?subject=" + doorBase + "Patient/a":        "Observation/oa Observation/ov",
		"Observation?subject=https://example.org/Patient/a":    "",
		"Observation?subject:Patient=b":                        "Observation/ob",
		"Observation?date=2026-01-10":                          "Observation/oa Observation/ov",
		"Observation?date=gt2026-01-10T09:15:00Z":              "Observation/ov Observation/ob",
		"Observation?date=ge2026-01-01&date=lt2026-02-01":      "Observation/oa Observation/ov",
		"Observation?value-quantity=gt5":                       "Observation/ov Observation/ob",
		"Observation?value-quantity=5,6":                       "Observation/oa Observation/ob",
		"Observation?code:not=1":                               "Observation/ov",
		"Observation?performer:missing=false":                  "",
		"Encounter?date=2026-01-10":                            "Encounter/ea",
		"Encounter?date=gt2026-06":                             "Encounter/eb",
		"Patient?birthdate=lt1980":                             "Patient/b",
		"Patient?family=Berg":                                  "Patient/b",
		"Patient?general-practitioner=p":                       "Patient/a",
		"Patient?_lastUpdated=gt2020-01-01&gender=female":      "Patient/a",
		"Patient?_lastUpdated=lt2020-01-01":                    "",
		"Provenance?target=Observation/oa":                     "Provenance/pr",
		"Provenance?patient=a":                                 "",
		"Patient?_format=json&_pretty=false":                   "Patient/a Patient/b",
		"Patient?_format=application/fhir%2Bjson":              "Patient/a Patient/b",
		"Patient?_format=application/fhir+json&_total=none":    "Patient/a Patient/b",
		"Observation?_id=oa,ob&_id=ob":                         "Observation/ob",
		"Encounter?participant:identifier=x":                   "",
		"AllergyIntolerance?patient=" + endpoint + "Patient/a": "AllergyIntolerance/al",
	} {
		if got := s.found(t, query, system); got != want {
			t.Errorf("%s: found %q, want %q", query, got, want)
		}
		typ, form, _ := strings.Cut(query, "?")
		posted := s.send("POST", typ+"/_search", system, form, "Content-Type", "application/x-www-form-urlencoded")
		if got := strings.Join(posted.entries(), " "); posted.status != 200 || got != want {
			t.Errorf("POST %s: got %d and %q, want %q", query, posted.status, got, want)
		}
	}
}

func TestASearchIsSortedAndItsPagesHoldEveryMatchInOrder(t *testing.T) {
	s := newStore(t, nil)
	s.openClinic(t)
	for n := range 9 {
		s.put(t, fmt.Sprintf("Observation/n%d", n), fmt.Sprintf(`{"resourceType":"Observation","id":"n%d","status":"final","code":{},"subject":{"reference":"Patient/b"},"effectiveDateTime":"2026-03-0%d"}`, n, 1+n%3))
	}
	for query, want := range map[string]string{
		"Observation?_sort=date&_id=oa,ov,ob":                "oa ov ob",
		"Observation?_sort=-date&_id=oa,ov,ob":               "ob ov oa",
		"Observation?_sort=value-quantity&_id=oa,ov,ob,n0":   "oa ob ov n0",
		"Observation?_sort=-value-quantity&_id=oa,ov,ob,n0":  "ov ob oa n0",
		"Observation?_sort=code,-date&_id=oa,ov,ob":          "ob oa ov",
		"Observation?_sort=subject,-_id&_id=oa,ov,ob":        "ov oa ob",
		"Observation?_sort=date&date=ge2026-03":              "n0 n3 n6 n1 n4 n7 n2 n5 n8",
		"Observation?_sort=-date&date=ge2026-03":             "n2 n5 n8 n1 n4 n7 n0 n3 n6",
		"Observation?_sort=-date,status,-_id&date=ge2026-03": "n8 n5 n2 n7 n4 n1 n6 n3 n0",
	} {
		for _, count := range []string{"100", "1", "2", "4"} {
			var found []string
			pages := 0
			for path := query + "&_count=" + count; path != "" && pages < 20; pages++ {
				got := s.send("GET", path, system, "")
				if got.status != 200 {
					t.Fatalf("%s: %d %s", path, got.status, got.text)
				}
				for _, name := range got.entries() {
					found = append(found, strings.TrimPrefix(name, "Observation/"))
				}
				path = got.next()
			}
			if got := strings.Join(found, " "); got != want {
				t.Errorf("%s, %s a page: %s, want %s", query, count, got, want)
			}
		}
	}
	time.Sleep(2 * time.Millisecond) // _lastUpdated has milliseconds
	s.put(t, "Observation/n1", `{"resourceType":"Observation","id":"n1","status":"final","code":{},"subject":{"reference":"Patient/b"},"effectiveDateTime":"2026-03-02"}`)
	if got := s.found(t, "Observation?_sort=-_lastUpdated&_count=1", system); got != "Observation/n1" {
		t.Errorf("last updated was %s", got)
	}
	first := s.send("GET", "Observation?_sort=date&date=ge2026-03&_count=3", system, "")
	s.send("DELETE", "Observation/n6", system, "")
	if second := s.send("GET", first.next(), system, ""); !slices.Equal(second.entries(), []string{"Observation/n1", "Observation/n4", "Observation/n7"}) {
		t.Errorf("the second page, after what the first ended with was deleted, holds %v", second.entries())
	}
}

func TestHealthLakesLimitsOfASearchAreKept(t *testing.T) {
	s := newStore(t, nil)
	for query, want := range map[string]string{
		"Patient?_sort=name":                                     `_sort: "name": HealthLake does not sort by a parameter of a nested element, such as name`,
		"Patient?_sort=family":                                   `_sort: "family": HealthLake does not sort by a parameter of a nested element, such as name.family`,
		"Encounter?_sort=participant":                            `_sort: "participant": HealthLake does not sort by a parameter of a nested element, such as participant.individual`,
		"Observation?_sort=code-value-quantity":                  `_sort: "code-value-quantity": HealthLake does not sort by composite parameters`,
		"Observation?_sort=nonsense":                             `_sort: nonsense: Observation has no such search parameter; `,
		"Observation?_sort=date,date,date,date,date,date":        `_sort: "date,date,date,date,date,date": HealthLake supports up to 5 sort rules`,
		"Observation?_sort=":                                     `_sort: "": must be search parameters of Observation, `,
		"Observation?_sort=date:missing":                         `_sort: "date:missing": must be search parameters of Observation, `,
		"Observation?_sort=date&_sort=code":                      `_sort: must be given once`,
		"Patient?_summary=count":                                 `_summary: "count": HealthLake supports true, false, text, data`,
		"Patient?_summary=x":                                     `_summary: "x": HealthLake supports true, false, text, data`,
		"Patient?_summary=true&_elements=name":                   `_elements: HealthLake does not combine it with _summary; `,
		"Observation?_summary=text&_include=Observation:subject": `_summary: "text": HealthLake does not combine it with _include or _revinclude; `,
		"Patient?_elements=":                                     `_elements: missing value; `,
		"Patient?_count=0":                                       `_count: 0: HealthLake does not support it; must be 1 to 100`,
		"Patient?_count=101":                                     `_count: 101: HealthLake does not support it; must be 1 to 100`,
		"Patient?_total=estimate":                                `_total: estimate: HealthLake does not support it; must be none or accurate`,
		"Observation?_include=Observation":                       `_include: must be a resource type and a search parameter, such as Observation:subject, `,
		"Observation?_include=Observation:*":                     `_include: "Observation:*": the local cloud includes by search parameters that are named`,
		"Observation?_include=Observation:code":                  `_include: "Observation:code": code of Observation is no search parameter that compares references`,
		"Observation?_include=Observation:x":                     `_include: x: Observation has no such search parameter; `,
		"Observation?_include=Encounter:subject":                 `_include: "Encounter:subject": must begin with Observation, which is searched`,
		"Observation?_include=Observation:subject:Medication":    `_include: "Observation:subject:Medication": subject of Observation names no Medication`,
		"Observation?_include:iterate=Observation:subject":       `_include:iterate: the local cloud follows references one step; `,
		"Patient?_revinclude=Observation:encounter":              `_revinclude: "Observation:encounter": names no Patient, which is searched`,
		"Patient?_revinclude=Observation:subject:Group":          `_revinclude: "Observation:subject:Group": names no Patient, which is searched`,
		"Patient?_revinclude=Nothing:subject":                    `_revinclude: must be a resource type and a search parameter, `,
		"CarePlan?_include=CarePlan:instantiates-canonical":      `_include: "CarePlan:instantiates-canonical": instantiates-canonical of CarePlan is no search parameter that compares references`,
		"Patient?_pretty=x":                                      `_pretty: "x": must be true or false`,
	} {
		if got := s.send("GET", query, system, ""); got.status != 400 || !strings.HasPrefix(got.diagnostics(), want) {
			t.Errorf("%s: got %d %s, want %s", query, got.status, got.diagnostics(), want)
		}
	}
	for _, path := range []string{"Patient?_format=xml", "Patient/a?_format=xml", "Patient/a/_history?_format=ttl"} {
		if got := s.send("GET", path, system, ""); got.status != 406 || !strings.HasPrefix(got.diagnostics(), "_format: ") {
			t.Errorf("%s: got %d %s", path, got.status, got.text)
		}
	}
}

func TestALenientDatastoreSearchesAsFHIRSays(t *testing.T) {
	s := newStore(t, func(c *healthlake.Config) { c.Lenient = true })
	s.openClinic(t)
	for query, want := range map[string]string{
		"Patient?_summary=count": "", "Patient?_summary=count&_total=none": "", "Patient?_count=0": "",
		"Patient?_count=1000": "Patient/a Patient/b", "Patient?_total=estimate&name=berg": "Patient/b", "Patient?birthdate=ap1970": "Patient/b",
	} {
		got := s.send("GET", query, system, "")
		found := got.entries()
		slices.Sort(found)
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		if got.status != 200 || !slices.Equal(found, wanted) {
			t.Errorf("%s: got %d %s", query, got.status, got.text)
		}
		if strings.Contains(query, "count") && (got.body["total"] != 2.0 || got.next() != "") {
			t.Errorf("%s: %s", query, got.text)
		}
	}
}

func TestAnAnswerIsIndentedForPeople(t *testing.T) {
	s := newStore(t, nil)
	s.openClinic(t)
	for path, want := range map[string]bool{"Patient/a?_pretty=true": true, "Patient?_pretty=true": true, "Patient/a": false, "Patient?_pretty=false": false} {
		if got := s.send("GET", path, system, ""); got.status != 200 || strings.Contains(got.text, "\n  \"") != want {
			t.Errorf("%s: %s", path, got.text)
		}
	}
	first := s.send("GET", "Patient?_count=1", system, "")
	if got := s.send("GET", first.next()+"&_pretty=true&_format=json", system, ""); got.status != 200 || !strings.Contains(got.text, "\n  \"") {
		t.Errorf("the second page: %d %s", got.status, got.text)
	}
}

// members are the names of the members of the first resource in a Bundle.
func (r response) members(mode string) []string {
	entries, _ := r.body["entry"].([]any)
	for _, e := range entries {
		entry := e.(map[string]any)
		if entry["search"].(map[string]any)["mode"] == mode {
			var names []string
			for name := range entry["resource"].(map[string]any) {
				names = append(names, name)
			}
			slices.Sort(names)
			return names
		}
	}
	return nil
}

func TestAPartOfAResourceIsMarkedAndHoldsWhatItMust(t *testing.T) {
	s := newStore(t, nil)
	s.openClinic(t)
	for query, want := range map[string]string{
		"Patient?_id=a&_elements=name,nonsense": "id meta name resourceType",
		"Observation?_id=oa&_elements=subject":  "code id meta resourceType status subject",
		"Patient?_id=a&_summary=text":           "id meta resourceType text",
		"Observation?_id=oa&_summary=text":      "code id meta resourceType status",
		"Patient?_id=a&_summary=data":           "birthDate gender generalPractitioner id meta name resourceType",
		"Patient?_id=a&_summary=true":           "birthDate gender id meta name resourceType",
		"Patient?_id=a&_summary=false":          "birthDate gender generalPractitioner id meta name resourceType text",
		"Encounter?_id=ea&_summary=true":        "class id meta participant resourceType status subject",
	} {
		got := s.send("GET", query, system, "")
		if names := strings.Join(got.members("match"), " "); got.status != 200 || names != want {
			t.Errorf("%s: got %d with %s, want %s", query, got.status, names, want)
		}
		if marked := strings.Contains(got.text, "SUBSETTED"); marked == strings.Contains(query, "false") {
			t.Errorf("%s: marked as a part: %t", query, marked)
		}
	}
	if got := s.send("GET", "Patient/a", system, ""); strings.Contains(got.text, "SUBSETTED") {
		t.Errorf("the stored resource was changed: %s", got.text)
	}
	got := s.send("GET", "Observation?_id=oa&_elements=status&_include=Observation:subject", system, "")
	if names := strings.Join(got.members("include"), " "); names != "birthDate gender generalPractitioner id meta name resourceType text" {
		t.Errorf("_elements cut what was included: %s", names)
	}
	got = s.send("GET", "Observation?_id=oa&_summary=true&_include=Observation:subject", system, "")
	if names := strings.Join(got.members("include"), " "); names != "birthDate gender id meta name resourceType" {
		t.Errorf("_summary left what was included: %s", names)
	}
}

func TestReferencesAreFollowedOneStep(t *testing.T) {
	s := newStore(t, nil)
	s.openClinic(t)
	for query, want := range map[string]string{
		"Observation?_id=oa&_include=Observation:subject":                                             "Observation/oa Patient/a",
		"Observation?_id=oa,ov&_include=Observation:subject":                                          "Observation/oa Observation/ov Patient/a",
		"Observation?_id=oa&_include=Observation:encounter&_include=Observation:subject":              "Observation/oa Encounter/ea Patient/a",
		"Observation?_id=oa&_include=Observation:subject:Group":                                       "Observation/oa",
		"Observation?_id=oa&_include=Observation:patient":                                             "Observation/oa Patient/a",
		"Appointment?_id=pa&_include=Appointment:actor":                                               "Appointment/pa Patient/a Practitioner/p",
		"Appointment?_id=pa&_include=Appointment:actor:Practitioner":                                  "Appointment/pa Practitioner/p",
		"Appointment?_id=pa&_include=Appointment:patient":                                             "Appointment/pa Patient/a",
		"Patient?_id=a&_revinclude=Observation:subject":                                               "Patient/a Observation/oa Observation/ov",
		"Patient?_id=a&_revinclude=Encounter:patient&_revinclude=Observation:patient":                 "Patient/a Encounter/ea Observation/oa Observation/ov",
		"Patient?_id=a&_revinclude=Provenance:target":                                                 "Patient/a",
		"Observation?_id=oa,ob&_revinclude=Provenance:target":                                         "Observation/oa Observation/ob Provenance/pr",
		"Patient?_id=a&_revinclude=Observation:subject:Patient&_include=Patient:general-practitioner": "Patient/a Practitioner/p Observation/oa Observation/ov",
		"Patient?_id=none&_revinclude=Observation:subject":                                            "",
	} {
		if got := s.found(t, query, system); got != want {
			t.Errorf("%s: found %q, want %q", query, got, want)
		}
	}
	got := s.send("GET", "Observation?subject=a&_include=Observation:subject&_count=1", system, "")
	if got.body["total"] != 2.0 || !slices.Equal(got.entries(), []string{"Observation/oa", "Patient/a"}) {
		t.Errorf("the first page, whose total does not count what is included: %s", got.text)
	}
	if got = s.send("GET", got.next(), system, ""); !slices.Equal(got.entries(), []string{"Observation/ov", "Patient/a"}) {
		t.Errorf("the second page: %s", got.text)
	}
	s.send("DELETE", "Patient/a", system, "")
	if got := s.found(t, "Observation?_id=oa&_include=Observation:subject", system); got != "Observation/oa" {
		t.Errorf("what was deleted was included: %s", got)
	}
}

func TestWhatIsIncludedIsWithinTheTokensGrant(t *testing.T) {
	fineGrained := newStore(t, func(c *healthlake.Config) { c.FineGrained = true })
	s := newStore(t, nil)
	s.openClinic(t)
	fineGrained.openClinic(t)
	a := func(scope string) holder { return holder{Scope: scope, Patient: "a"} }
	for _, c := range []struct {
		name, query, want string
		of                store
		holder            holder
	}{
		{"of the patient", "Observation?_include=Observation:encounter", "Observation/oa Observation/ov Encounter/ea", s, a("patient/*.rs")},
		{"nothing of another patient", "Observation?_id=ov&_include=Observation:encounter", "Observation/ov", s, a("patient/*.rs")},
		{"no type that the token has no scope for", "Observation?_include=Observation:encounter&_include=Observation:subject", "Observation/oa Observation/ov", s, a("patient/Observation.rs")},
		{"no type that it may not search", "Observation?_id=oa&_include=Observation:subject", "Observation/oa", s, a("patient/Observation.rs patient/Patient.r")},
		{"a type that it may search", "Observation?_id=oa&_include=Observation:subject", "Observation/oa Patient/a", s, a("patient/Observation.s patient/Patient.s")},
		{"no type outside of the compartments", "Encounter?_include=Encounter:practitioner", "Encounter/ea", s, a("patient/*.rs")},
		{"one outside by a system scope", "Encounter?_include=Encounter:practitioner", "Encounter/ea Practitioner/p", s, a("patient/*.rs system/Practitioner.rs")},
		{"none back of another patient", "Encounter?_revinclude=Observation:encounter", "Encounter/ea Observation/oa", s, a("patient/*.rs")},
		{"back through another's", "Patient?_revinclude=Coverage:payor", "Patient/b Coverage/ca", s, holder{Scope: "patient/*.rs", Patient: "b"}},
		{"back of a filtered type", "Patient?_revinclude=Observation:subject", "Patient/a Observation/oa", s, a("patient/Patient.rs patient/Observation.rs?category=laboratory")},
		{"back of a type filtered by a date", "Patient?_revinclude=Observation:subject", "Patient/a Observation/ov", s, a("patient/Patient.rs patient/Observation.rs?date=gt2026-01-10T09:15:00Z")},
		{"a filtered type", "Provenance?_include=Provenance:target", "Provenance/pr Observation/ob", s, holder{Scope: "system/Provenance.rs system/Observation.rs?value-quantity=gt5"}},
		{"of the practitioner's patients", "Observation?_include=Observation:encounter&_include=Observation:subject", "Observation/oa Observation/ov Encounter/ea Patient/a", fineGrained, holder{Scope: "user/*.rs", FHIRUser: "Practitioner/p"}},
		{"back of the practitioner's patients", "Practitioner?_revinclude=Appointment:actor&_revinclude=Patient:general-practitioner", "Practitioner/p Appointment/pa Patient/a", fineGrained, holder{Scope: "user/*.rs", FHIRUser: "Practitioner/p"}},
		{"parts no less", "Patient?_elements=name&_revinclude=Observation:subject", "Patient/a Observation/oa", s, a("patient/Patient.rs patient/Observation.rs?category=laboratory")},
		{"summaries no less", "Observation?_summary=true&_include=Observation:encounter", "Observation/oa", s, a("patient/Observation.rs?category=laboratory")},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			if got := c.of.found(t, c.query, c.holder); got != c.want {
				t.Errorf("%s as %+v: found %q, want %q", c.query, c.holder, got, c.want)
			}
		})
	}
	scope := "patient/Patient.rs patient/Observation.rs?date=soon"
	if got := s.send("GET", "Patient?_revinclude=Observation:subject", a(scope), ""); got.status != 501 || !strings.Contains(got.diagnostics(), "cannot filter by it") {
		t.Errorf("an included type whose filter cannot be compared: got %d %s", got.status, got.text)
	}
}

// A page's token holds the whole of what was asked for, and nothing of who asked.
func TestAPageKeepsTheWholeOfItsCriteria(t *testing.T) {
	s := newStore(t, nil)
	s.openClinic(t)
	query := "Observation?subject=a&_sort=-date&_elements=status&_include=Observation:encounter&_count=1"
	first := s.send("GET", query, system, "")
	second := s.send("GET", first.next(), system, "")
	if got := strings.Join(append(first.entries(), second.entries()...), " "); got != "Observation/ov Encounter/eb Observation/oa Encounter/ea" {
		t.Errorf("the pages hold %s", got)
	}
	if names := strings.Join(second.members("match"), " "); names != "code id meta resourceType status" {
		t.Errorf("the second page holds %s", names)
	}
	narrow := s.send("GET", first.next(), holder{Scope: "patient/Observation.rs", Patient: "a"}, "")
	if got := strings.Join(narrow.entries(), " "); got != "Observation/oa" {
		t.Errorf("with less of a grant the second page holds %s", got)
	}
	if links := fmt.Sprint(second.body["link"]); !strings.Contains(links, url.QueryEscape("Observation:encounter")) {
		t.Errorf("the page says of itself %s", links)
	}
}

func TestTheFilterOfAScopeComparesAsASearchDoes(t *testing.T) {
	s := newStore(t, throughTheDoor)
	s.openClinic(t)
	for filter, want := range map[string]string{
		"date=lt2026-02":     "Observation/oa Observation/ov",
		"value-quantity=gt5": "Observation/ov Observation/ob",
		"subject=Patient/a":  "Observation/oa Observation/ov",
		"subject=" + url.QueryEscape(endpoint) + "Patient/a": "Observation/oa Observation/ov",
		"category=laboratory,x&date=2026-02-10":              "Observation/ob",
		"code=2":                                             "Observation/ov",
	} {
		if got := s.found(t, "Observation", holder{Scope: "system/Observation.rs?" + filter}); got != want {
			t.Errorf("%s: found %q, want %q", filter, got, want)
		}
	}
}
