package healthlake

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// resource is a FHIR resource as JSON.
type resource map[string]any

func (r resource) text(member string) string {
	text, _ := r[member].(string)
	return text
}

// Data is a set of FHIR resources.
type Data struct {
	byType map[string][]resource
}

// Empty is a datastore that nothing was loaded into.
func Empty() *Data { return &Data{byType: map[string][]resource{}} }

// Synthetic makes a small set of patients who never lived, in place of the Synthea
// data that AWS preloads. The same seed makes the same set.
func Synthetic(seed uint64) *Data {
	d := Empty()
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // made-up patients need no secrecy
	for n := range 20 {
		d.addPatient(random, fmt.Sprintf("patient-%02d", n+1))
	}
	return d
}

func (d *Data) ofType(typ string) []resource { return d.byType[typ] }

func (d *Data) get(typ, id string) (resource, bool) {
	for _, r := range d.byType[typ] {
		if r.text("id") == id {
			return r, true
		}
	}
	return nil, false
}

func (d *Data) add(typ, id string, members resource) {
	members["resourceType"], members["id"] = typ, id
	d.byType[typ] = append(d.byType[typ], members)
}

var (
	families = []string{"Abara", "Bergström", "Castellanos", "Duarte", "Eklund", "Fujimoto", "Grewal", "Haddad"}
	givens   = []string{"Ada", "Benicio", "Chiyo", "Darius", "Esme", "Farid", "Greta", "Hugo"}

	// LOINC codes of observations, with the range of a plausible value.
	measurements = []struct {
		code, display, unit, category string
		low, high                     float64
	}{
		{"8867-4", "Heart rate", "/min", "vital-signs", 55, 100},
		{"8310-5", "Body temperature", "Cel", "vital-signs", 36, 38},
		{"29463-7", "Body weight", "kg", "vital-signs", 48, 110},
		{"2339-0", "Glucose [Mass/volume] in Blood", "mg/dL", "laboratory", 70, 180},
		{"718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", "laboratory", 11, 17},
	}

	// SNOMED CT codes of conditions.
	conditions = []struct{ code, display string }{
		{"44054006", "Diabetes mellitus type 2"},
		{"38341003", "Hypertensive disorder"},
		{"195967001", "Asthma"},
		{"36971009", "Sinusitis"},
	}
)

func (d *Data) addPatient(random *rand.Rand, id string) {
	gender := []string{"female", "male"}[random.IntN(2)]
	born := time.Date(1935+random.IntN(80), time.Month(1+random.IntN(12)), 1+random.IntN(28), 0, 0, 0, 0, time.UTC)
	d.add("Patient", id, resource{
		"active":    true,
		"gender":    gender,
		"birthDate": born.Format(time.DateOnly),
		"name":      []any{map[string]any{"family": families[random.IntN(len(families))], "given": []any{givens[random.IntN(len(givens))]}}},
	})
	subject := map[string]any{"reference": "Patient/" + id}
	visit := time.Date(2024, time.Month(1+random.IntN(12)), 1+random.IntN(28), 9, 30, 0, 0, time.UTC).Format(time.RFC3339)
	encounter := id + "-encounter-1"
	d.add("Encounter", encounter, resource{
		"status":  "finished",
		"class":   map[string]any{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
		"subject": subject,
		"period":  map[string]any{"start": visit, "end": visit},
	})
	for n, m := range measurements {
		value := m.low + random.Float64()*(m.high-m.low)
		d.add("Observation", fmt.Sprintf("%s-observation-%d", id, n+1), resource{
			"status":            "final",
			"category":          []any{concept("http://terminology.hl7.org/CodeSystem/observation-category", m.category, m.category)},
			"code":              concept("http://loinc.org", m.code, m.display),
			"subject":           subject,
			"encounter":         map[string]any{"reference": "Encounter/" + encounter},
			"effectiveDateTime": visit,
			"valueQuantity":     map[string]any{"value": float64(int(value*10)) / 10, "unit": m.unit, "system": "http://unitsofmeasure.org", "code": m.unit},
		})
	}
	c := conditions[random.IntN(len(conditions))]
	d.add("Condition", id+"-condition-1", resource{
		"clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
		"code":           concept("http://snomed.info/sct", c.code, c.display),
		"category":       []any{concept("http://terminology.hl7.org/CodeSystem/condition-category", "encounter-diagnosis", "Encounter Diagnosis")},
		"subject":        subject,
		"encounter":      map[string]any{"reference": "Encounter/" + encounter},
	})
}

func concept(system, code, display string) map[string]any {
	return map[string]any{"coding": []any{map[string]any{"system": system, "code": code, "display": display}}}
}
