package synthetic

import (
	"encoding/base64"
	"fmt"
	"time"
)

// visit is an encounter to be.
type visit struct {
	start       time.Time
	encounter   object
	appointment object // nil for none
}

// visits are two to four, in the order of the year, at opening hours.
func (p *patient) visits() []visit {
	visits := make([]visit, p.between(2, 4))
	span := 360 / len(visits)
	for i := range visits {
		at := day(i*span + p.below(span-14)).Add(time.Duration(8*60+15*p.below(32)) * time.Minute)
		visits[i] = visit{start: at, encounter: reference("Encounter", p.nameOf("Encounter", i+1))}
	}
	return visits
}

// addVisit makes an encounter and what came of it. The first of the year is a check-up.
func (p *patient) addVisit(v *visit, first bool) {
	typ, reasons := coded{"185345009", "Encounter for symptom"}, p.diagnoses
	if first {
		typ = coded{"185349003", "Encounter for check up"}
	} else if p.below(2) == 0 {
		reasons = []object{p.addAcute(*v)}
	}
	encounter := object{
		"status":          "finished",
		"class":           object{"system": hl7 + "v3-ActCode", "code": "AMB", "display": "ambulatory"},
		"type":            list(concept(snomed, typ)),
		"subject":         p.subject,
		"participant":     list(object{"individual": p.practitioner}),
		"period":          object{"start": instant(v.start), "end": instant(v.start.Add(30 * time.Minute))},
		"serviceProvider": clinic,
	}
	if len(reasons) > 0 {
		encounter["reasonReference"] = references(reasons)
	}
	if v.appointment != nil {
		encounter["appointment"] = list(v.appointment)
	}
	p.add("Encounter", encounter)
	p.addVitalSigns(*v)
	if first {
		p.addSmoking(*v)
	}
	if first || p.has(diabetes) {
		p.addLaboratory(*v)
	}
	p.addNote(*v, typ)
}

func references(to []object) []any {
	var all []any
	for _, one := range to {
		all = append(all, one)
	}
	return all
}

// addAcute makes a condition that passed within two weeks, and what was prescribed.
func (p *patient) addAcute(v visit) object {
	c := pick(p.dice, acute)
	diagnosis := p.add("Condition", object{
		"clinicalStatus":     concept(hl7+"condition-clinical", coded{"resolved", "Resolved"}),
		"verificationStatus": concept(hl7+"condition-ver-status", coded{"confirmed", "Confirmed"}),
		"category":           list(concept(hl7+"condition-category", coded{"encounter-diagnosis", "Encounter Diagnosis"})),
		"code":               concept(snomed, c.coded),
		"subject":            p.subject,
		"encounter":          v.encounter,
		"onsetDateTime":      date(v.start.AddDate(0, 0, -2)),
		"abatementDateTime":  date(v.start.AddDate(0, 0, p.between(5, 14))),
		"recordedDate":       instant(v.start),
	})
	p.prescribe(v, c, diagnosis, "completed")
	return diagnosis
}

func (p *patient) prescribe(v visit, c condition, diagnosis object, status string) {
	p.add("MedicationRequest", object{
		"status":                    status,
		"intent":                    "order",
		"category":                  list(concept(hl7+"medicationrequest-category", coded{"outpatient", "Outpatient"})),
		"medicationCodeableConcept": concept(rxnorm, c.medication),
		"subject":                   p.subject,
		"encounter":                 v.encounter,
		"authoredOn":                instant(v.start),
		"requester":                 p.practitioner,
		"reasonReference":           list(diagnosis),
		"dosageInstruction":         list(object{"text": c.dose}),
	})
}

// observe makes an observation of a visit, with the members that hold its value.
func (p *patient) observe(v visit, category, code coded, value object) object {
	value["status"] = "final"
	value["category"] = list(concept(hl7+"observation-category", category))
	value["code"] = concept(loinc, code)
	value["subject"] = p.subject
	value["encounter"] = v.encounter
	value["effectiveDateTime"] = instant(v.start)
	value["performer"] = list(p.practitioner)
	return p.add("Observation", value)
}

func quantity(value any, unit string) object {
	return object{"value": value, "unit": unit, "system": ucum, "code": unit}
}

func (p *patient) addVitalSigns(v visit) {
	sign := func(code coded, value object) { p.observe(v, coded{"vital-signs", "Vital Signs"}, code, value) }
	systolic, diastolic := p.between(105, 128), p.between(65, 82)
	if p.has(hypertension) {
		systolic, diastolic = p.between(134, 165), p.between(84, 99)
	}
	sign(coded{"85354-9", "Blood pressure panel with all children optional"}, object{"component": list(
		object{"code": concept(loinc, coded{"8480-6", "Systolic blood pressure"}), "valueQuantity": quantity(whole(systolic), "mm[Hg]")},
		object{"code": concept(loinc, coded{"8462-4", "Diastolic blood pressure"}), "valueQuantity": quantity(whole(diastolic), "mm[Hg]")},
	)})
	sign(coded{"8867-4", "Heart rate"}, object{"valueQuantity": quantity(whole(p.between(55, 100)), "/min")})
	sign(coded{"8310-5", "Body temperature"}, object{"valueQuantity": quantity(decimal(p.between(360, 378)), "Cel")})
	sign(coded{"29463-7", "Body weight"}, object{"valueQuantity": quantity(decimal(p.weight+p.between(-15, 15)), "kg")})
	sign(coded{"8302-2", "Body height"}, object{"valueQuantity": quantity(whole(p.height), "cm")})
}

func (p *patient) addSmoking(v visit) {
	status := smoking[0]
	if p.age() >= 18 {
		status = pick(p.dice, smoking)
	}
	p.observe(v, coded{"social-history", "Social History"}, coded{"72166-2", "Tobacco smoking status"}, object{"valueCodeableConcept": concept(snomed, status)})
}

// addLaboratory makes the results of a blood sample and the report of them.
func (p *patient) addLaboratory(v visit) {
	category := coded{"laboratory", "Laboratory"}
	var results []object
	for _, m := range laboratory {
		low, high := m.low, m.high
		if p.has(diabetes) && (m.code == "2339-0" || m.code == "4548-4") {
			low, high = m.high, m.high*3/2
		}
		value, interpretation := p.between(low, high), coded{"N", "Normal"}
		if value > m.high {
			interpretation = coded{"H", "High"}
		}
		results = append(results, p.observe(v, category, m.coded, object{
			"valueQuantity":  quantity(decimal(value), m.unit),
			"interpretation": list(concept(hl7+"v3-ObservationInterpretation", interpretation)),
			"referenceRange": list(object{"low": quantity(decimal(m.low), m.unit), "high": quantity(decimal(m.high), m.unit)}),
		}))
	}
	p.add("DiagnosticReport", object{
		"status":            "final",
		"category":          list(concept(hl7+"v2-0074", coded{"LAB", "Laboratory"})),
		"code":              concept(loinc, coded{"51990-0", "Basic metabolic panel - Blood"}),
		"subject":           p.subject,
		"encounter":         v.encounter,
		"effectiveDateTime": instant(v.start),
		"issued":            instant(v.start.Add(4 * time.Hour)),
		"performer":         list(clinic),
		"result":            references(results),
	})
}

func (p *patient) addNote(v visit, typ coded) {
	text := fmt.Sprintf("%s, %s. A patient who never lived.", typ.display, date(v.start))
	p.add("DocumentReference", object{
		"status":   "current",
		"type":     concept(loinc, coded{"11506-3", "Progress note"}),
		"category": list(concept("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", coded{"clinical-note", "Clinical Note"})),
		"subject":  p.subject,
		"date":     instant(v.start),
		"author":   list(p.practitioner),
		"content": list(object{"attachment": object{
			"contentType": "text/plain; charset=utf-8", "data": base64.StdEncoding.EncodeToString([]byte(text)),
		}}),
		"context": object{"encounter": list(v.encounter), "period": object{"start": instant(v.start), "end": instant(v.start.Add(30 * time.Minute))}},
	})
}
