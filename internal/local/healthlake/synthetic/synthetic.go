// Package synthetic makes FHIR R4 resources about patients who never lived, in place of
// the Synthea data that AWS preloads: a hundred patients, five practitioners who are
// their general practitioners, and a year of their encounters. The elements follow US
// Core. Every reference leads to a resource of the same set, and each resource is valid
// by FHIR R4's JSON schema.
//
//	for _, resource := range synthetic.Resources(1) {
//		fmt.Println(resource["resourceType"], resource["id"])
//	}
//
// The set depends on the seed alone, not on the machine, the clock or the version of Go.
package synthetic

import (
	"fmt"
	"time"
)

const (
	// Patients is how many patients there are: patient-001 to patient-100.
	Patients = 100
	// Practitioners is how many practitioners there are: practitioner-1 to practitioner-5.
	// Each is the general practitioner of as many patients as any other.
	Practitioners = 5
)

// year is the one of the encounters.
const year = 2025

// object is a FHIR element or resource as JSON. Numbers are json.Number, because decimals
// keep their digits in FHIR.
type object = map[string]any

// Resources makes the resources of a seed, each after those that it refers to where that
// is possible. Each call makes them anew.
func Resources(seed uint64) []map[string]any {
	s := &set{}
	s.addOrganizations()
	for n := range Practitioners {
		s.addPractitioner(newDice(seed, uint64(n)), n+1)
	}
	for n := range Patients {
		s.addPatient(newDice(seed, uint64(Practitioners+n)), n)
	}
	return s.resources
}

// set is what was made so far.
type set struct{ resources []object }

// add gives a resource its type and id, and returns the reference to it.
func (s *set) add(typ, id string, members object) object {
	members["resourceType"], members["id"] = typ, id
	s.resources = append(s.resources, members)
	return reference(typ, id)
}

func reference(typ, id string) object { return object{"reference": typ + "/" + id} }

var (
	clinic  = reference("Organization", "organization-1")
	insurer = reference("Organization", "organization-2")
)

func (s *set) addOrganizations() {
	for n, o := range []struct {
		name string
		typ  coded
	}{
		{"Lakeside Family Practice", coded{"prov", "Healthcare Provider"}},
		{"Harbor Mutual Insurance", coded{"ins", "Insurance Company"}},
	} {
		s.add("Organization", fmt.Sprintf("organization-%d", n+1), object{
			"active": true,
			"type":   list(concept(hl7+"organization-type", o.typ)),
			"name":   o.name,
			"telecom": list(object{
				"system": "phone", "use": "work", "value": fmt.Sprintf("555-010-%04d", n+1),
			}),
			"address": list(address(500+n, n)),
		})
	}
}

func (s *set) addPractitioner(d dice, number int) {
	id := fmt.Sprintf("practitioner-%d", number)
	gender := pick(d, genders)
	name := d.name(gender)
	name["prefix"] = list("Dr.")
	practitioner := s.add("Practitioner", id, object{
		"active":     true,
		"identifier": list(object{"system": "http://hl7.org/fhir/sid/us-npi", "value": fmt.Sprintf("99999%05d", d.below(100000))}),
		"name":       list(name),
		"gender":     gender,
		"telecom":    list(object{"system": "email", "use": "work", "value": id + "@example.org"}),
	})
	s.add("PractitionerRole", id+"-role", object{
		"active":       true,
		"practitioner": practitioner,
		"organization": clinic,
		"code":         list(concept(hl7+"practitioner-role", coded{"doctor", "Doctor"})),
		"specialty":    list(concept(snomed, coded{"419772000", "Family practice"})),
	})
}

// list is a JSON array.
func list(values ...any) []any { return values }

// concept is a CodeableConcept of one coding.
func concept(system string, c coded) object {
	return object{"coding": list(object{"system": system, "code": c.code, "display": c.display}), "text": c.display}
}

// day is a day of the year, from 0.
func day(n int) time.Time { return time.Date(year, time.January, 1+n, 0, 0, 0, 0, time.UTC) }

func instant(t time.Time) string { return t.Format(time.RFC3339) }

func date(t time.Time) string { return t.Format(time.DateOnly) }
