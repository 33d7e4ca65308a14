package synthetic

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// patient is what the resources about one patient have in common.
type patient struct {
	*set
	dice
	id           string
	subject      object
	practitioner object
	born         time.Time
	weight       int // in tenths of a kilogram, at the first visit
	height       int // in centimeters
	conditions   []condition
	diagnoses    []object       // references to the Conditions of conditions
	numbers      map[string]int // of resources, by type
}

// addPatient makes everything about one patient.
func (s *set) addPatient(d dice, n int) {
	p := &patient{
		set:          s,
		dice:         d,
		id:           fmt.Sprintf("patient-%03d", n+1),
		practitioner: reference("Practitioner", fmt.Sprintf("practitioner-%d", 1+n%Practitioners)),
		born:         time.Date(d.between(1940, 2018), time.January, 1+d.below(365), 0, 0, 0, 0, time.UTC),
		numbers:      map[string]int{},
	}
	p.addRecord()
	visits := p.visits()
	p.addDiagnoses(visits[0])
	if n%2 == 0 {
		visits[0].appointment = p.addAppointment("fulfilled", visits[0].start)
		p.addAppointment("booked", day(365+p.below(60)).Add(10*time.Hour))
	}
	for i := range visits {
		p.addVisit(&visits[i], i == 0)
	}
	p.addAllergies(visits[0])
	p.addImmunizations(visits)
	if n%3 != 2 {
		p.addCoverage()
	}
}

// add gives a resource about the patient the next id of its type.
func (p *patient) add(typ string, members object) object {
	p.numbers[typ]++
	return p.set.add(typ, p.nameOf(typ, p.numbers[typ]), members)
}

// nameOf is the id of the patient's resource of a type by its number.
func (p *patient) nameOf(typ string, number int) string {
	return fmt.Sprintf("%s-%s-%d", p.id, strings.ToLower(typ), number)
}

func (p *patient) addRecord() {
	gender := pick(p.dice, genders)
	home := address(p.between(1, 250), p.below(len(towns)))
	home["use"] = "home"
	p.weight, p.height = p.between(520, 980), p.between(155, 190)
	if p.age() < 15 {
		p.weight, p.height = 100+30*p.age()+p.below(40), 75+6*p.age()+p.below(5)
	}
	p.subject = p.set.add("Patient", p.id, object{
		"active": true,
		"identifier": list(object{
			"use": "usual", "type": concept(hl7+"v2-0203", coded{"MR", "Medical record number"}),
			"system": "urn:oid:2.16.840.1.113883.19.5", "value": p.id,
		}),
		"name":                 list(p.name(gender)),
		"telecom":              list(object{"system": "phone", "use": "home", "value": fmt.Sprintf("555-01%d-%04d", p.below(10), p.below(10000))}),
		"gender":               gender,
		"birthDate":            date(p.born),
		"address":              list(home),
		"communication":        list(object{"language": concept("urn:ietf:bcp:47", pick(p.dice, languages)), "preferred": true}),
		"generalPractitioner":  list(p.practitioner),
		"managingOrganization": clinic,
	})
}

// age is that at the beginning of the year, in years.
func (p *patient) age() int { return year - 1 - p.born.Year() }

func (p *patient) has(code string) bool {
	return slices.ContainsFunc(p.conditions, func(c condition) bool { return c.code == code })
}

// addDiagnoses makes the conditions that the patient has all the year, with what is
// prescribed for them at the first visit.
func (p *patient) addDiagnoses(first visit) {
	possible := slices.DeleteFunc(slices.Clone(chronic), func(c condition) bool { return c.adult && p.age() < 18 })
	p.conditions = some(p.dice, max(1, p.below(min(3, len(possible))+1)), possible)
	for _, c := range p.conditions {
		onset := time.Date(p.between(max(p.born.Year()+1, year-15), year-1), time.Month(p.between(1, 12)), 1, 0, 0, 0, 0, time.UTC)
		diagnosis := p.add("Condition", object{
			"clinicalStatus":     concept(hl7+"condition-clinical", coded{"active", "Active"}),
			"verificationStatus": concept(hl7+"condition-ver-status", coded{"confirmed", "Confirmed"}),
			"category":           list(concept(hl7+"condition-category", coded{"problem-list-item", "Problem List Item"})),
			"code":               concept(snomed, c.coded),
			"subject":            p.subject,
			"onsetDateTime":      date(onset),
			"recordedDate":       date(onset),
		})
		p.diagnoses = append(p.diagnoses, diagnosis)
		p.prescribe(first, c, diagnosis, "active")
	}
}

func (p *patient) addAllergies(v visit) {
	allergy := object{
		"clinicalStatus":     concept(hl7+"allergyintolerance-clinical", coded{"active", "Active"}),
		"verificationStatus": concept(hl7+"allergyintolerance-verification", coded{"confirmed", "Confirmed"}),
		"code":               concept(snomed, noKnownAllergy),
		"patient":            p.subject,
		"recordedDate":       instant(v.start),
	}
	if p.below(3) > 0 {
		known := pick(p.dice, allergies)
		allergy["code"], allergy["category"] = concept(snomed, known.coded), list(known.category)
		allergy["criticality"] = pick(p.dice, []string{"low", "high", "unable-to-assess"})
	}
	p.add("AllergyIntolerance", allergy)
}

func (p *patient) addImmunizations(visits []visit) {
	for i, vaccine := range some(p.dice, p.between(1, 3), vaccines) {
		v := visits[i%len(visits)]
		p.add("Immunization", object{
			"status":             "completed",
			"vaccineCode":        concept(cvx, vaccine),
			"patient":            p.subject,
			"encounter":          v.encounter,
			"occurrenceDateTime": instant(v.start),
			"primarySource":      true,
			"performer":          list(object{"actor": p.practitioner}),
		})
	}
}

// addAppointment makes one of half an hour.
func (p *patient) addAppointment(status string, start time.Time) object {
	return p.add("Appointment", object{
		"status":          status,
		"serviceType":     list(concept(hl7+"service-type", coded{"124", "General Practice"})),
		"description":     "Visit of the general practitioner",
		"start":           instant(start),
		"end":             instant(start.Add(30 * time.Minute)),
		"minutesDuration": whole(30),
		"participant": list(
			object{"actor": p.subject, "status": "accepted"},
			object{"actor": p.practitioner, "status": "accepted"},
		),
	})
}

func (p *patient) addCoverage() {
	p.add("Coverage", object{
		"status":       "active",
		"type":         concept(hl7+"v3-ActCode", coded{"EHCPOL", "extended healthcare"}),
		"subscriber":   p.subject,
		"subscriberId": fmt.Sprintf("HM%08d", p.below(100000000)),
		"beneficiary":  p.subject,
		"relationship": concept(hl7+"subscriber-relationship", coded{"self", "Self"}),
		"period":       object{"start": date(day(0)), "end": date(day(364))},
		"payor":        list(insurer),
	})
}
