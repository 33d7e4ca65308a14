package synthetic_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake/synthetic"
)

// ndjson are resources as bytes, one a line.
func ndjson(t testing.TB, resources []map[string]any) []byte {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, r := range resources {
		if err := encoder.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	return text.Bytes()
}

// ofTypes groups resources by their type.
func ofTypes(resources []map[string]any) map[string][]map[string]any {
	of := map[string][]map[string]any{}
	for _, r := range resources {
		typ, _ := r["resourceType"].(string)
		of[typ] = append(of[typ], r)
	}
	return of
}

// references are the texts of all references within a JSON value.
func references(value any) []string {
	var found []string
	switch value := value.(type) {
	case []any:
		for _, one := range value {
			found = append(found, references(one)...)
		}
	case map[string]any:
		if text, ok := value["reference"].(string); ok {
			found = append(found, text)
		}
		for _, one := range value {
			found = append(found, references(one)...)
		}
	}
	return found
}

func text(t *testing.T, r map[string]any, member string) string {
	t.Helper()
	value, ok := r[member].(string)
	if !ok {
		t.Fatalf("%v has no text %s", r["id"], member)
	}
	return value
}

// The digest changes with the set that it stands for, and with nothing else: not with the
// machine, the run or the version of Go.
func TestASeedMakesTheSameBytesEverywhere(t *testing.T) {
	const want = "271e0a4f13d8140e9456695fe9efeb0326cd02127c6ebfc8dae22f2e7b8f2041"
	made := ndjson(t, synthetic.Resources(1))
	digest := sha256.Sum256(made)
	if got := hex.EncodeToString(digest[:]); got != want {
		t.Errorf("seed 1 makes %s, want %s: if the set is meant to differ, write the new digest down here", got, want)
	}
	if !bytes.Equal(made, ndjson(t, synthetic.Resources(1))) {
		t.Error("a second call makes others")
	}
	if bytes.Equal(made, ndjson(t, synthetic.Resources(2))) {
		t.Error("another seed makes the same")
	}
}

func TestEveryReferenceLeadsToAResourceOfTheSet(t *testing.T) {
	for _, seed := range []uint64{1, 7, 1<<64 - 1} {
		resources := synthetic.Resources(seed)
		there := map[string]bool{}
		for _, r := range resources {
			name := text(t, r, "resourceType") + "/" + text(t, r, "id")
			if there[name] {
				t.Errorf("%s is there twice", name)
			}
			there[name] = true
		}
		found := 0
		for _, r := range resources {
			for _, to := range references(r) {
				if found++; !there[to] {
					t.Errorf("seed %d: %s/%s refers to %s, which is not there", seed, r["resourceType"], r["id"], to)
				}
			}
		}
		if found < len(resources) {
			t.Errorf("found %d references only", found)
		}
	}
}

func TestEveryPatientHasAYearOfCareAndAGeneralPractitioner(t *testing.T) {
	of := ofTypes(synthetic.Resources(1))
	if got := len(of["Patient"]); got != synthetic.Patients {
		t.Fatalf("made %d patients, want %d", got, synthetic.Patients)
	}
	if first, last := text(t, of["Patient"][0], "id"), text(t, of["Patient"][99], "id"); first != "patient-001" || last != "patient-100" {
		t.Errorf("made patients %s to %s", first, last)
	}
	patientsOf := map[string]int{}
	for _, p := range of["Patient"] {
		practitioners, _ := p["generalPractitioner"].([]any)
		patientsOf[references(practitioners)[0]]++
	}
	if len(patientsOf) != synthetic.Practitioners || patientsOf["Practitioner/practitioner-1"] != synthetic.Patients/synthetic.Practitioners {
		t.Errorf("general practitioners have these patients: %v", patientsOf)
	}
	for _, typ := range []string{"Encounter", "Condition", "Observation", "MedicationRequest", "AllergyIntolerance", "Immunization", "DocumentReference", "DiagnosticReport"} {
		have := map[string]bool{}
		for _, r := range of[typ] {
			for _, to := range references(r) {
				have[to] = true
			}
		}
		without := 0
		for _, p := range of["Patient"] {
			if !have["Patient/"+text(t, p, "id")] {
				without++
			}
		}
		if without > 0 {
			t.Errorf("%d patients have no %s", without, typ)
		}
	}
	for typ, most := range map[string]int{"Appointment": 100, "Coverage": 67, "Practitioner": 5, "PractitionerRole": 5, "Organization": 2} {
		if got := len(of[typ]); got != most {
			t.Errorf("made %d of %s, want %d", got, typ, most)
		}
	}
}

func TestEncountersAreOfOneYear(t *testing.T) {
	for _, e := range ofTypes(synthetic.Resources(1))["Encounter"] {
		period, _ := e["period"].(map[string]any)
		if start := text(t, period, "start"); !strings.HasPrefix(start, "2025-") || start >= text(t, period, "end") {
			t.Errorf("%s: %v", e["id"], period)
		}
	}
}

func TestObservationsHaveACategoryAndALOINCCodeAndBloodPressureItsComponents(t *testing.T) {
	categories, pressures := map[string]int{}, 0
	for _, o := range ofTypes(synthetic.Resources(1))["Observation"] {
		category, _ := o["category"].([]any)
		categories[codeOf(category[0], "http://terminology.hl7.org/CodeSystem/observation-category")]++
		if codeOf(o["code"], "http://loinc.org") != "85354-9" {
			continue
		}
		pressures++
		var codes []string
		components, _ := o["component"].([]any)
		for _, c := range components {
			component, _ := c.(map[string]any)
			value, _ := component["valueQuantity"].(map[string]any)
			if value["code"] != "mm[Hg]" || value["system"] != "http://unitsofmeasure.org" {
				t.Errorf("%s: a component of %v", o["id"], value)
			}
			codes = append(codes, codeOf(component["code"], "http://loinc.org"))
		}
		if !slices.Equal(codes, []string{"8480-6", "8462-4"}) {
			t.Errorf("%s has the components %v", o["id"], codes)
		}
	}
	if len(categories) != 3 || categories["vital-signs"] < 1000 || categories["laboratory"] < 500 || categories["social-history"] != 100 {
		t.Errorf("made observations of these categories: %v", categories)
	}
	if pressures < 200 {
		t.Errorf("made %d blood pressures", pressures)
	}
}

// codeOf is the code that a concept has in a system; empty for none.
func codeOf(concept any, system string) string {
	object, _ := concept.(map[string]any)
	codings, _ := object["coding"].([]any)
	for _, c := range codings {
		if coding, _ := c.(map[string]any); coding["system"] == system {
			code, _ := coding["code"].(string)
			return code
		}
	}
	return ""
}

func BenchmarkResources(b *testing.B) {
	for b.Loop() {
		synthetic.Resources(1)
	}
}
