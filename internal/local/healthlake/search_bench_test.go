package healthlake_test

import "testing"

// BenchmarkSearch searches the synthetic data, as tokens of different reach do.
func BenchmarkSearch(b *testing.B) {
	s := newStore(b, synthetic)
	ofOne := holder{Scope: "patient/*.rs", Patient: "patient-001"}
	for name, c := range map[string]struct {
		query string
		h     holder
	}{
		"of a patient":            {"Observation?patient=patient-001", system},
		"as a patient":            {"Observation?patient=patient-001", ofOne},
		"as a patient, all":       {"Observation?_count=1", ofOne},
		"by a filter":             {"Observation?_count=1", holder{Scope: "patient/Observation.rs?category=laboratory", Patient: "patient-001"}},
		"by date, sorted":         {"Observation?date=ge2024&_sort=-date&_count=1", system},
		"by quantity":             {"Observation?value-quantity=gt100&_count=1", system},
		"patients with all about": {"Patient?_id=patient-001&_revinclude=Observation:patient", system},
		"everything, one a page":  {"Observation?_count=1", system},
		"one patient":             {"Patient?_count=1", system},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := s.send("GET", c.query, c.h, ""); got.status != 200 {
					b.Fatal(got.text)
				}
			}
		})
	}
}
