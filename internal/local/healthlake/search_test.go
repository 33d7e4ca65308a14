package healthlake_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func jsonText(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

func TestASearchFindsWhatMatchesEveryParameter(t *testing.T) {
	s := newStore(t, synthetic)
	for query, total := range map[string]int{
		"Observation?patient=patient-001":                                     16,
		"Observation?patient=Patient/patient-001":                             16,
		"Observation?subject=Patient/patient-001":                             16,
		"Observation?subject=Group/patient-001":                               0,
		"Observation?patient=patient-001,patient-002":                         32,
		"Observation?patient=patient-001&patient=patient-002":                 0,
		"Observation?patient=patient-001&category=laboratory":                 5,
		"Observation?code=http://loinc.org|8867-4":                            298,
		"Observation?code=http://loinc.org|":                                  2265,
		"Observation?code=http://example.org|8867-4":                          0,
		"Observation?code=|8867-4":                                            0,
		"Observation?status=final&patient=patient-003":                        26,
		"MedicationRequest?intent=order":                                      260,
		"MedicationRequest?code=http://www.nlm.nih.gov/research/umls/rxnorm|": 260,
		"AllergyIntolerance?category=food,medication":                         53,
		"Immunization?vaccine-code=http://hl7.org/fhir/sid/cvx|":              200,
		"Encounter?class=AMB":                                                 298,
		"DocumentReference?type=11506-3":                                      298,
		"Observation?subject=patient-001":                                     16,
		"Observation?subject=" + endpoint + "Patient/patient-001":             16,
		"Observation?patient=" + endpoint + "Patient/patient-001,patient-002": 32,
		"Observation?patient=https://example.org/Patient/patient-001":         0,
		"Observation?performer=Patient/patient-001":                           0,
		"Observation?encounter=patient-001-encounter-1":                       11,
		"Encounter?participant-type=x":                                        0,
		"Patient?general-practitioner=Practitioner/practitioner-9":            0,
		"Patient?identifier=urn:oid:2.16.840.1.113883.19.5|patient-001":       1,
		"Patient?active=true":                                                 100,
		"Patient?active=false":                                                0,
		"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|":             5,
	} {
		if got := s.send("GET", query, system, ""); got.status != 200 || got.body["total"] != float64(total) {
			t.Errorf("%s: got %d with a total of %v, want %d", query, got.status, got.body["total"], total)
		}
		typ, form, _ := strings.Cut(query, "?")
		if got := s.send("POST", typ+"/_search", system, form, "Content-Type", "application/x-www-form-urlencoded"); got.status != 200 || got.body["total"] != float64(total) {
			t.Errorf("POST %s: got %d with a total of %v, want %d", query, got.status, got.body["total"], total)
		}
	}
	if got := s.send("GET", "Patient?_total=none", system, ""); got.body["total"] != nil {
		t.Errorf("_total=none: %v", got.body["total"])
	}
}

func TestAParameterThatIsNotKnownIsRefused(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		for _, query := range []string{
			"_include:iterate=Observation:subject", "_revinclude:iterate=Provenance:target", "_has:Observation:patient:code=1", "subject.name=x",
			"subject:Patient.name=x", "_filter=a", "_contained=both", "_list=x", "_text=x", "_summary=count", "_sort=subject.name",
			"_count=x", "_count=0", "_count=101", "_total=estimate", "_count=-1", "_count=1&_count=2", "_total=x", "page=x", "page=", "page=x&page=y", "a=%zz",
		} {
			if got := s.send("GET", "Observation?"+query, system, ""); got.status != 400 || got.diagnostics() == "" {
				t.Errorf("%s: got %d %s", query, got.status, got.text)
			}
		}
	})
	s := newStore(t, nil)
	for _, query := range []string{"name=x", "vaccine-code=x", "subject-patient=x", "page:x=1"} {
		name, _, _ := strings.Cut(query, "=")
		name, _, _ = strings.Cut(name, ":")
		if got := s.send("GET", "Observation?"+query, system, ""); got.status != 400 || !strings.HasPrefix(got.diagnostics(), name+": Observation has no such search parameter; it has _id, _lastUpdated, ") {
			t.Errorf("%s: got %d %s", query, got.status, got.text)
		}
	}
}

func TestPagesHoldEveryMatchOnce(t *testing.T) {
	both(t, synthetic, func(t *testing.T, s store) {
		for query, total := range map[string]int{"Observation?category=laboratory&_count=70": 675, "Patient?_count=20": 100, "Observation": 2265} {
			var found []string
			for path := query; path != ""; {
				got := s.send("GET", path, system, "")
				if got.status != 200 {
					t.Fatalf("%s: %d %s", path, got.status, got.text)
				}
				found = append(found, got.entries()...)
				if path = got.next(); len(found) > total {
					break
				}
			}
			if slices.Sort(found); len(slices.Compact(found)) != total {
				t.Errorf("%s: found %d, want %d", query, len(found), total)
			}
		}
	})
}

func TestAPageIsHeldAgainstTheGrantOfWhoAsksForIt(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		s.twoPatients(t)
		next := s.send("GET", "Observation?_count=1", system, "").next()
		if next == "" || strings.Contains(next, "_count") {
			t.Fatalf("the next page is %q", next)
		}
		for range 3 {
			got := s.send("GET", next, holder{Scope: "patient/*.s", Patient: "b"}, "")
			for _, name := range got.entries() {
				if !strings.HasPrefix(name, "Observation/b") {
					t.Errorf("b was shown %s", name)
				}
			}
			if got.status != 200 || got.next() == "" {
				break
			}
			next = got.next()
		}
		if got := s.send("GET", next, holder{Scope: "system/Observation.r"}, ""); got.status != 403 {
			t.Errorf("without search: %d", got.status)
		}
		token := strings.TrimPrefix(next, "Observation?page=")
		flipped := token[:10] + string(token[10]^1) + token[11:]
		for name, path := range map[string]string{
			"another type":        "Patient?page=" + token,
			"another parameter":   "Observation?_count=5&page=" + token,
			"a changed token":     "Observation?page=" + url.QueryEscape(flipped),
			"a token cut off":     "Observation?page=" + token[:20],
			"a history's listing": "Observation/a-lab/_history?page=" + token,
		} {
			if got := s.send("GET", path, system, ""); got.status != 400 {
				t.Errorf("%s: got %d, want 400", name, got.status)
			}
		}
		if got := newStore(t, nil).send("GET", "Observation?page="+token, system, ""); got.status != 400 {
			t.Errorf("another datastore's token: %d", got.status)
		}
	})
}

func TestPagesStayInPlaceWhenWhatWasShownIsDeleted(t *testing.T) {
	s := newStore(t, nil)
	for n := range 6 {
		s.put(t, fmt.Sprintf("Patient/%d", n), fmt.Sprintf(`{"resourceType":"Patient","id":"%d"}`, n))
	}
	first := s.send("GET", "Patient?_count=3", system, "")
	s.send("DELETE", "Patient/0", system, "")
	if second := s.send("GET", first.next(), system, ""); !slices.Equal(second.entries(), []string{"Patient/3", "Patient/4", "Patient/5"}) || second.next() != "" {
		t.Errorf("the second page holds %v", second.entries())
	}
}

func TestAHistoryHasPagesAndABeginning(t *testing.T) {
	s := newStore(t, nil)
	for range 5 {
		s.put(t, "Patient/x", `{"resourceType":"Patient","id":"x"}`)
	}
	var pages []int
	for path := "Patient/x/_history?_count=2"; path != ""; {
		got := s.send("GET", path, system, "")
		if got.body["total"] != 5.0 {
			t.Errorf("%s: total %v", path, got.body["total"])
		}
		pages, path = append(pages, len(got.entries())), got.next()
	}
	if !slices.Equal(pages, []int{2, 2, 1}) {
		t.Errorf("pages of %v", pages)
	}
	if got := s.send("GET", "Patient/x/_history?_since=2999-01-01T00:00:00Z", system, ""); got.body["total"] != 0.0 {
		t.Errorf("_since: %s", got.text)
	}
	for _, query := range []string{"_since=yesterday", "_at=2024", "_since=2024-01-01T00:00:00Z&_since=2024-01-01T00:00:00Z"} {
		if got := s.send("GET", "Patient/x/_history?"+query, system, ""); got.status != 400 {
			t.Errorf("%s: got %d", query, got.status)
		}
	}
}
