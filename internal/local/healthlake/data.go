package healthlake

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"time"
)

// Data is a set of FHIR resources to begin with.
type Data struct {
	resources []resource
}

// Empty is a datastore that nothing was loaded into.
func Empty() *Data { return &Data{} }

// Synthetic makes a small set of patients who never lived, in place of the Synthea
// data that AWS preloads. Its elements follow US Core. The same seed makes the same
// set: three practitioners, and of twenty patients each the record, a practitioner,
// an encounter, three vital signs, two laboratory results, a condition, a
// prescription, an allergy, an immunization and a note.
func Synthetic(seed uint64) *Data {
	d := Empty()
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // made-up patients need no secrecy
	for n := range 3 {
		d.addPractitioner(random, fmt.Sprintf("practitioner-%d", n+1))
	}
	for n := range 20 {
		d.addPatient(random, fmt.Sprintf("patient-%02d", n+1))
	}
	return d
}

func (d *Data) add(typ, id string, members resource) {
	members["resourceType"], members["id"] = typ, id
	d.resources = append(d.resources, members)
}

// coded is a code with the words for it.
type coded struct{ code, display string }

const (
	loinc  = "http://loinc.org"
	snomed = "http://snomed.info/sct"
	rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
	cvx    = "http://hl7.org/fhir/sid/cvx"
	hl7    = "http://terminology.hl7.org/CodeSystem/"
)

var (
	families = []string{"Abara", "Bergström", "Castellanos", "Duarte", "Eklund", "Fujimoto", "Grewal", "Haddad"}
	givens   = []string{"Ada", "Benicio", "Chiyo", "Darius", "Esme", "Farid", "Greta", "Hugo"}

	// LOINC codes of observations, with the range of a plausible value.
	measurements = []struct {
		coded
		unit, category string
		low, high      float64
	}{
		{coded{"8867-4", "Heart rate"}, "/min", "vital-signs", 55, 100},
		{coded{"8310-5", "Body temperature"}, "Cel", "vital-signs", 36, 38},
		{coded{"29463-7", "Body weight"}, "kg", "vital-signs", 48, 110},
		{coded{"2339-0", "Glucose [Mass/volume] in Blood"}, "mg/dL", "laboratory", 70, 180},
		{coded{"718-7", "Hemoglobin [Mass/volume] in Blood"}, "g/dL", "laboratory", 11, 17},
	}

	// A condition (SNOMED CT) and what is prescribed for it (RxNorm).
	treatments = []struct{ condition, medication coded }{
		{coded{"44054006", "Diabetes mellitus type 2"}, coded{"860975", "metformin hydrochloride 500 MG Oral Tablet"}},
		{coded{"38341003", "Hypertensive disorder"}, coded{"314076", "lisinopril 10 MG Oral Tablet"}},
		{coded{"195967001", "Asthma"}, coded{"745679", "albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"}},
		{coded{"36971009", "Sinusitis"}, coded{"308182", "amoxicillin 250 MG Oral Capsule"}},
	}

	// SNOMED CT codes of substances, with the category of the allergy.
	allergies = []struct {
		coded
		category string
	}{
		{coded{"91936005", "Allergy to penicillin"}, "medication"},
		{coded{"91935009", "Allergy to peanut"}, "food"},
		{coded{"300913006", "Allergy to shellfish"}, "food"},
	}

	// CVX codes.
	vaccines = []coded{
		{"140", "Influenza, seasonal, injectable, preservative free"},
		{"115", "Tdap"},
		{"133", "Pneumococcal conjugate PCV 13"},
	}
)

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

func name(random *rand.Rand) []any {
	return []any{map[string]any{"use": "official", "family": pick(random, families), "given": []any{pick(random, givens)}}}
}

func (d *Data) addPractitioner(random *rand.Rand, id string) {
	d.add("Practitioner", id, resource{
		"active":     true,
		"name":       name(random),
		"identifier": []any{map[string]any{"system": "http://hl7.org/fhir/sid/us-npi", "value": fmt.Sprintf("99999%05d", random.IntN(100000))}},
	})
}

// visit is what the resources of one patient have in common.
type visit struct {
	patient               string
	at                    string
	subject, practitioner map[string]any
	encounter             map[string]any
}

func reference(to string) map[string]any { return map[string]any{"reference": to} }

func (d *Data) addPatient(random *rand.Rand, id string) {
	born := time.Date(1935+random.IntN(80), time.Month(1+random.IntN(12)), 1+random.IntN(28), 0, 0, 0, 0, time.UTC)
	practitioner := reference(fmt.Sprintf("Practitioner/practitioner-%d", 1+random.IntN(3)))
	d.add("Patient", id, resource{
		"active":              true,
		"identifier":          []any{map[string]any{"system": "urn:oid:2.16.840.1.113883.19.5", "value": id}},
		"gender":              pick(random, []string{"female", "male"}),
		"birthDate":           born.Format(time.DateOnly),
		"name":                name(random),
		"generalPractitioner": []any{practitioner},
	})
	at := time.Date(2024, time.Month(1+random.IntN(12)), 1+random.IntN(28), 9, 30, 0, 0, time.UTC)
	v := visit{
		patient:      id,
		at:           at.Format(time.RFC3339),
		subject:      reference("Patient/" + id),
		practitioner: practitioner,
		encounter:    reference("Encounter/" + id + "-encounter-1"),
	}
	d.addEncounter(v, at.Add(30*time.Minute))
	d.addObservations(random, v)
	d.addTreatment(random, v)
	d.addAllergy(random, v)
	d.addImmunization(random, v)
	d.addNote(v)
}

func (d *Data) addEncounter(v visit, end time.Time) {
	d.add("Encounter", v.patient+"-encounter-1", resource{
		"status":      "finished",
		"class":       map[string]any{"system": hl7 + "v3-ActCode", "code": "AMB", "display": "ambulatory"},
		"type":        []any{concept(snomed, coded{"185349003", "Encounter for check up"})},
		"subject":     v.subject,
		"participant": []any{map[string]any{"individual": v.practitioner}},
		"period":      map[string]any{"start": v.at, "end": end.Format(time.RFC3339)},
	})
}

func (d *Data) addObservations(random *rand.Rand, v visit) {
	for n, m := range measurements {
		value := m.low + random.Float64()*(m.high-m.low)
		d.add("Observation", fmt.Sprintf("%s-observation-%d", v.patient, n+1), resource{
			"status":            "final",
			"category":          []any{concept(hl7+"observation-category", coded{m.category, m.category})},
			"code":              concept(loinc, m.coded),
			"subject":           v.subject,
			"encounter":         v.encounter,
			"effectiveDateTime": v.at,
			"valueQuantity":     map[string]any{"value": float64(int(value*10)) / 10, "unit": m.unit, "system": "http://unitsofmeasure.org", "code": m.unit},
		})
	}
}

func (d *Data) addTreatment(random *rand.Rand, v visit) {
	t := pick(random, treatments)
	d.add("Condition", v.patient+"-condition-1", resource{
		"clinicalStatus":     concept(hl7+"condition-clinical", coded{"active", "Active"}),
		"verificationStatus": concept(hl7+"condition-ver-status", coded{"confirmed", "Confirmed"}),
		"category":           []any{concept(hl7+"condition-category", coded{"encounter-diagnosis", "Encounter Diagnosis"})},
		"code":               concept(snomed, t.condition),
		"subject":            v.subject,
		"encounter":          v.encounter,
		"recordedDate":       v.at,
	})
	d.add("MedicationRequest", v.patient+"-medicationrequest-1", resource{
		"status":                    "active",
		"intent":                    "order",
		"category":                  []any{concept(hl7+"medicationrequest-category", coded{"outpatient", "Outpatient"})},
		"medicationCodeableConcept": concept(rxnorm, t.medication),
		"subject":                   v.subject,
		"encounter":                 v.encounter,
		"authoredOn":                v.at,
		"requester":                 v.practitioner,
		"reasonReference":           []any{reference("Condition/" + v.patient + "-condition-1")},
	})
}

func (d *Data) addAllergy(random *rand.Rand, v visit) {
	a := pick(random, allergies)
	d.add("AllergyIntolerance", v.patient+"-allergyintolerance-1", resource{
		"clinicalStatus":     concept(hl7+"allergyintolerance-clinical", coded{"active", "Active"}),
		"verificationStatus": concept(hl7+"allergyintolerance-verification", coded{"confirmed", "Confirmed"}),
		"category":           []any{a.category},
		"code":               concept(snomed, a.coded),
		"patient":            v.subject,
		"recordedDate":       v.at,
	})
}

func (d *Data) addImmunization(random *rand.Rand, v visit) {
	d.add("Immunization", v.patient+"-immunization-1", resource{
		"status":             "completed",
		"vaccineCode":        concept(cvx, pick(random, vaccines)),
		"patient":            v.subject,
		"encounter":          v.encounter,
		"occurrenceDateTime": v.at,
		"primarySource":      true,
	})
}

func (d *Data) addNote(v visit) {
	text := "Check-up of a patient who never lived. No complaints."
	d.add("DocumentReference", v.patient+"-documentreference-1", resource{
		"status":   "current",
		"type":     concept(loinc, coded{"11506-3", "Progress note"}),
		"category": []any{concept("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", coded{"clinical-note", "Clinical Note"})},
		"subject":  v.subject,
		"date":     v.at,
		"author":   []any{v.practitioner},
		"content": []any{map[string]any{"attachment": map[string]any{
			"contentType": "text/plain; charset=utf-8", "data": base64.StdEncoding.EncodeToString([]byte(text)),
		}}},
		"context": map[string]any{"encounter": []any{v.encounter}},
	})
}

func concept(system string, c coded) map[string]any {
	return map[string]any{"coding": []any{map[string]any{"system": system, "code": c.code, "display": c.display}}, "text": c.display}
}
