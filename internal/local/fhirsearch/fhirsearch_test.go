package fhirsearch_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

func decoded(t testing.TB, text string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var resource map[string]any
	if err := decoder.Decode(&resource); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return resource
}

// finds are the queries that find a resource, and those that do not, separated by spaces.
type finds struct{ resource, found, not string }

var comparisons = map[string]finds{
	"codes of concepts, with and without a system": {
		`{"resourceType":"Observation","code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"},{"code":"HR"}],"text":"Pulse"}}`,
		`code=8867-4 code=http://loinc.org|8867-4 code=http://loinc.org| code=|HR code=HR code=x,HR code:not=x code:not=x,y code:text=Heart code:text=Puls code:missing=false`,
		`code=8867 code=8867-5 code=http://example.org|8867-4 code=|8867-4 code=hr code:not=HR code:not=x,HR code:text=rate code:text=8867-4 code:missing=true category=x category:missing=false`,
	},
	"identifiers": {
		`{"resourceType":"Patient","identifier":[{"system":"urn:a","value":"1","type":{"text":"Medical record"}},{"value":"2|3,4"}]}`,
		`identifier=1 identifier=urn:a|1 identifier=urn:a| identifier=|2\|3\,4 identifier=2\|3\,4 identifier:text=Medical`,
		`identifier=urn:b|1 identifier=|1 identifier=2\|3 identifier:text=record`,
	},
	"codes, booleans and contacts, which have no system": {
		`{"resourceType":"Patient","gender":"female","active":true,"deceasedDateTime":"2024-02-01","telecom":[{"system":"phone","value":"555"},{"system":"email","value":"a@b"}]}`,
		`gender=female gender=|female gender:not=male active=true active:not=false deceased=true phone=555 email=a@b telecom=555 telecom=email|a@b death-date=2024-02`,
		`gender=Female gender=http://hl7.org/fhir/administrative-gender|female active=false deceased=false phone=a@b email=555 death-date=2024-01`,
	},
	"whether somebody died": {
		`{"resourceType":"Patient","deceasedBoolean":false}`,
		`deceased=false deceased:not=true`,
		`deceased=true`,
	},
	"strings, in the parts of names and addresses": {
		`{"resourceType":"Patient","name":[{"family":"Bergström","given":["Ada","Maria"],"prefix":["Dr."]}],"address":[{"line":["1 High Street"],"city":"Leeds","country":"GB","use":"home"}]}`,
		`name=Berg name=Ada name=Dr. family=Bergström family:exact=Bergström family:contains=gst given=Mar given:exact=Maria address=Lee address=1%20High address-city=Leeds address-country=GB address-use=home name:missing=false`,
		`name=berg name=strom family=Ada family:exact=Berg family:exact=bergström given:contains=MAR address=home address-city=London name:missing=true`,
	},
	"references to this server, however they are written": {
		`{"resourceType":"Observation","subject":{"reference":"Patient/a"},"performer":[{"reference":"Practitioner/b/_history/3"},{"reference":"https://example.org/fhir/Practitioner/c","identifier":{"system":"urn:npi","value":"9"}}],"encounter":{"reference":"#e"}}`,
		`subject=a subject=Patient/a subject:Patient=a subject:Patient=Patient/a subject=https://own.example/r4/Patient/a subject=https://door.example/r4/Patient/a subject=Patient/a/_history/2 patient=a patient=Patient/a patient=x,a performer=b performer=Practitioner/b performer:Practitioner=b performer=https://example.org/fhir/Practitioner/c performer:identifier=urn:npi|9 performer:identifier=9`,
		`subject=b subject=Group/a subject:Group=a subject=https://example.org/r4/Patient/a performer=c performer=Practitioner/c performer:identifier=urn:x|9 encounter=e encounter=%23f`,
	},
	"a patient only where the reference names one": {
		`{"resourceType":"Appointment","participant":[{"actor":{"reference":"Practitioner/a"}},{"actor":{"reference":"Patient/b"}},{"actor":{"reference":"https://example.org/Location/c"}}]}`,
		`patient=b patient=Patient/b practitioner=a actor=a actor=b patient:missing=false location:missing=false location=https://example.org/Location/c`,
		`patient=a practitioner=b location=c location=a`,
	},
	"a canonical URL with and without its version": {
		`{"resourceType":"CarePlan","instantiatesCanonical":["http://example.org/PlanDefinition/p|1.0"],"meta":{"profile":["http://example.org/StructureDefinition/a|2"],"source":"urn:x#y"}}`,
		`instantiates-canonical=http://example.org/PlanDefinition/p instantiates-canonical=http://example.org/PlanDefinition/p|1.0 _profile=http://example.org/StructureDefinition/a _profile:below=http://example.org/StructureDefinition _source=urn:x%23y`,
		`instantiates-canonical=http://example.org/PlanDefinition/p|2.0 instantiates-canonical=p _profile=http://example.org/StructureDefinition _source=urn:x`,
	},
	"URIs, and what is below them": {
		`{"resourceType":"ValueSet","url":"http://example.org/fhir/ValueSet/1"}`,
		`url=http://example.org/fhir/ValueSet/1 url:below=http://example.org/fhir url:below=http://example.org/fhir/ url:below=http://example.org/fhir/ValueSet/1`,
		`url=http://example.org/fhir url=HTTP://example.org/fhir/ValueSet/1 url:below=http://example.org/fhir/Val`,
	},
	"quantities, with and without a unit": {
		`{"resourceType":"Observation","valueQuantity":{"value":5.4,"unit":"milligram","system":"http://unitsofmeasure.org","code":"mg"}}`,
		`value-quantity=5.4 value-quantity=5 value-quantity=5.40 value-quantity=5.4|http://unitsofmeasure.org|mg value-quantity=5.4||mg value-quantity=5.4||milligram value-quantity=gt5.3||mg value-quantity=le5.4 value-quantity=ge5.4 value-quantity=ne6 value-quantity=sa5 value-quantity=eb5.5 value-quantity=5.4|| value-quantity=54e-1`,
		`value-quantity=5.41 value-quantity=6 value-quantity=5.4|http://unitsofmeasure.org|g value-quantity=5.4|http://example.org|mg value-quantity=gt5.4 value-quantity=lt5.4 value-quantity=ne5.4 value-quantity=sa5.4 value-quantity=eb5.4`,
	},
	"a quantity that is only bounded": {
		`{"resourceType":"Observation","valueQuantity":{"value":5,"comparator":"<"}}`,
		`value-quantity=lt5 value-quantity=le1 value-quantity=ne3`,
		`value-quantity=5 value-quantity=gt5 value-quantity=ge5 value-quantity=sa1`,
	},
	"money": {
		`{"resourceType":"Invoice","totalNet":{"value":48.0,"currency":"EUR"}}`,
		`totalnet=48 totalnet=48||EUR totalnet=48|urn:iso:std:iso:4217|EUR`,
		`totalnet=48||USD totalnet=48.1`,
	},
	"numbers, and ranges of them": {
		`{"resourceType":"RiskAssessment","prediction":[{"probabilityDecimal":0.25}]}`,
		`probability=0.25 probability=0.3 probability=lt0.3 probability=ge0.25 probability=25e-2`,
		`probability=0.2 probability=gt0.25 probability=0.250001`,
	},
	"a range": {
		`{"resourceType":"RiskAssessment","prediction":[{"probabilityRange":{"low":{"value":0.2},"high":{"value":0.4}}}]}`,
		`probability=gt0.3 probability=lt0.3 probability=ge0.4 probability=sa0.1 probability=eb0.5 probability=ne0.3`,
		`probability=0.3 probability=gt0.4 probability=lt0.2 probability=sa0.2`,
	},
	"a date of a day": {
		`{"resourceType":"Patient","birthDate":"2000-02-29"}`,
		`birthdate=2000-02-29 birthdate=eq2000 birthdate=2000-02 birthdate=ge2000-02-29 birthdate=le2000-02-29 birthdate=gt2000-02-28 birthdate=lt2000-03 birthdate=ne2000-02-28 birthdate=sa2000-02-28 birthdate=eb2000-03-01 birthdate=gt2000-02-29T11:00:00Z birthdate=lt2000-02-29T11:00:00Z birthdate=ne2000-02-29T11:00:00Z`,
		`birthdate=2000-02-28 birthdate=1999 birthdate=gt2000-02-29 birthdate=lt2000-02-29 birthdate=gt2000 birthdate=ne2000 birthdate=sa2000-02-29 birthdate=eb2000-02-29 birthdate=2000-02-29T11:00:00Z`,
	},
	"an instant, in any time zone": {
		`{"resourceType":"Observation","effectiveDateTime":"2024-01-31T23:30:00-05:00"}`,
		`date=2024-02-01 date=2024-02-01T04:30:00Z date=2024-01-31T23:30:00-05:00 date=2024-02-01T04:30 date=ge2024-02-01T04:30:00Z date=gt2024-01-31 date=eb2024-02-02 date=2024-02-01T04:30Z`,
		`date=2024-01-31 date=2024-02-01T04:31 date=2024-01-31T23:30:00Z date=lt2024-02 date=gt2024-02-01T04:30:00Z`,
	},
	"a period": {
		`{"resourceType":"Encounter","period":{"start":"2024-01-10","end":"2024-01-20T12:00:00Z"}}`,
		`date=2024-01 date=2024 date=ge2024-01-15 date=le2024-01-15 date=gt2024-01-19 date=lt2024-01-11 date=sa2024-01-09 date=eb2024-01-21 date=ne2024-01-15`,
		`date=2024-01-15 date=2024-01-10 date=gt2024-01-21 date=lt2024-01-10 date=sa2024-01-10 date=eb2024-01-20 date=ne2024-01`,
	},
	"a period without an end": {
		`{"resourceType":"Encounter","period":{"start":"2024-01-10"}}`,
		`date=gt2030 date=ge2024 date=sa2024-01-09 date=lt2024-02 date=ne2024`,
		`date=2024 date=eb2030 date=lt2024-01-10`,
	},
	"a timing, by its events and bounds": {
		`{"resourceType":"Observation","effectiveTiming":{"event":["2024-03-01","2024-01-15"],"repeat":{"boundsPeriod":{"start":"2024-01-10","end":"2024-02-01"}}}}`,
		`date=2024 date=sa2024-01-09 date=eb2024-03-02 date=gt2024-02`,
		`date=2024-01 date=sa2024-01-10 date=eb2024-03-01`,
	},
	"a timing of nothing": {
		`{"resourceType":"Observation","effectiveTiming":{"repeat":{"frequency":1}}}`,
		`date:missing=false`,
		`date=ge1900 date=ne1900 date=lt2100`,
	},
	"parts of the same component together": {
		`{"resourceType":"Observation","code":{"coding":[{"code":"bp"}]},"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120}},{"code":{"coding":[{"code":"8462-4"}]},"valueQuantity":{"value":80}}]}`,
		`component-code-value-quantity=http://loinc.org|8480-6$gt100 component-code-value-quantity=8462-4$80 component-code-value-quantity=x$1,8462-4$lt100 combo-code-value-quantity=8480-6$120 combo-code=bp component-code=8480-6`,
		`component-code-value-quantity=http://loinc.org|8480-6$lt100 component-code-value-quantity=8462-4$120 code-value-quantity=8480-6$120 component-code=bp`,
	},
	"elements under a condition": {
		`{"resourceType":"ActivityDefinition","relatedArtifact":[{"type":"depends-on","resource":"http://a"},{"type":"successor","resource":"http://b"}],"useContext":[{"code":{"code":"age"},"valueRange":{"low":{"value":10},"high":{"value":20}}}]}`,
		`depends-on=http://a successor=http://b context-quantity=gt15 context-type-quantity=age$lt15`,
		`depends-on=http://b composed-of=http://a context-quantity=gt20 context-type-quantity=sex$lt15`,
	},
	"what every resource has": {
		`{"resourceType":"Basic","id":"x","meta":{"lastUpdated":"2024-05-05T10:00:00.123Z","tag":[{"system":"urn:t","code":"a"}],"security":[{"code":"R"}]}}`,
		`_id=x _id=a,x _id:not=a _lastUpdated=2024-05-05 _lastUpdated=ge2024-05-05T10:00 _tag=a _tag=urn:t|a _security=R _lastUpdated=2024-05-05T10:00:00.123Z`,
		`_id=a _lastUpdated=lt2024-05-05 _tag=urn:x|a _security:missing=true _lastUpdated=2024-05-05T10:00:00.124Z`,
	},
}

var own = fhirsearch.Dialect{Bases: []string{"https://own.example/r4/", "https://door.example/r4/"}}

func matches(t *testing.T, d fhirsearch.Dialect, resource map[string]any, query string) bool {
	t.Helper()
	key, value, _ := strings.Cut(query, "=")
	value = strings.NewReplacer("%20", " ", "%23", "#").Replace(value)
	criterion, err := d.Parse(resource["resourceType"].(string), key, value)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return criterion.Matches(resource)
}

func TestASearchParameterFindsWhatFHIRSays(t *testing.T) {
	for name, c := range comparisons {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			resource := decoded(t, c.resource)
			for query := range strings.FieldsSeq(c.found) {
				if !matches(t, own, resource, query) {
					t.Errorf("%s does not find %s", query, c.resource)
				}
			}
			for query := range strings.FieldsSeq(c.not) {
				if matches(t, own, resource, query) {
					t.Errorf("%s finds %s", query, c.resource)
				}
			}
		})
	}
}

func TestALenientSearchTakesWhatHealthLakeDoesNot(t *testing.T) {
	lenient := fhirsearch.Dialect{Lenient: true}
	patient := decoded(t, `{"resourceType":"Patient","name":[{"family":"Bergström"}],"birthDate":"2000-01-01"}`)
	for query, want := range map[string]bool{
		"name=berg": true, "name:contains=GSTRÖM": true, "name:exact=bergström": false, "birthdate=ap2001": true, "birthdate=ap1950": false,
	} {
		if got := matches(t, lenient, patient, query); got != want {
			t.Errorf("%s: got %t", query, got)
		}
	}
	risk := decoded(t, `{"resourceType":"RiskAssessment","prediction":[{"probabilityDecimal":0.5}]}`)
	for query, want := range map[string]bool{"probability=ap0.54": true, "probability=ap0.60": false} {
		if got := matches(t, lenient, risk, query); got != want {
			t.Errorf("%s: got %t", query, got)
		}
	}
}

func TestWhatIsNotComparedIsRefusedByItsName(t *testing.T) {
	for query, want := range map[string]string{
		"Observation nonsense=x":                       `nonsense: Observation has no such search parameter; it has _id, _lastUpdated, _profile, `,
		"Observation birthdate=2000":                   `birthdate: Observation has no such search parameter; it has `,
		"Observation subject.name=x":                   `subject.name: the local cloud does not search by chained parameters, which HealthLake does; `,
		"Observation subject:Patient.name=x":           `subject:Patient.name: the local cloud does not search by chained parameters, which HealthLake does; `,
		"Patient _has:Observation:patient:code":        `_has:Observation:patient:code: the local cloud does not search by reverse chaining, which HealthLake does; `,
		"Patient _text=x":                              `_text: the local cloud does not search narratives`,
		"Patient _content=x":                           `_content: HealthLake does not support it`,
		"Patient createdAt=x":                          `createdAt: the local cloud does not search by this extension of HealthLake's`,
		"Location near=1|2":                            `near: HealthLake does not support it`,
		"Bundle type=x":                                `type: HealthLake does not support it`,
		"Observation code:in=x":                        `code:in: HealthLake does not support this modifier of a token; it supports :missing, :not, :text`,
		"Observation code:=x":                          `code:: missing modifier behind the colon`,
		"Patient name:text=x":                          `name:text: HealthLake does not support this modifier of a string; it supports :contains, :exact, :missing`,
		"Observation subject:Medication=x":             `subject:Medication: HealthLake does not support this modifier of a reference; it supports :identifier, :missing, and the type of the reference`,
		"Observation code-value-quantity:missing=true": `code-value-quantity:missing: HealthLake supports no modifier of a composite`,
		"Observation subject=Medication/x":             `subject: "Medication/x": must name Device or Group or Location or Patient`,
		"Observation subject=Patient/":                 `subject: "Patient/": missing id behind the type`,
		"Observation subject:Patient=Group/x":          `subject:Patient: "Group/x": must be an id of a Patient`,
		"Observation subject=":                         `subject: missing value; `,
		"Observation code=a,":                          `code: missing value; `,
		"Observation code=|":                           `code: "|": missing code; `,
		"Observation code=a|b|c":                       `code: "a|b|c": must be a code, or a system, a bar and a code; `,
		"Observation code:missing=yes":                 `code:missing: "yes": must be true or false`,
		"Patient active=yes":                           `active: "yes": must be true or false`,
		"Patient birthdate=ap2000":                     `birthdate: "ap2000": HealthLake does not support the prefix ap; it supports eq, ne, gt, lt, ge, le, sa, eb`,
		"Patient birthdate=xx2000":                     `birthdate: "xx2000": unknown prefix; `,
		"Patient birthdate=yesterday":                  `birthdate: "yesterday": unknown prefix; `,
		"Patient birthdate=2000-13":                    `birthdate: "2000-13": must be a date such as 2026, `,
		"Patient birthdate=2000-02-30":                 `birthdate: "2000-02-30": must be a date such as 2026, `,
		"Patient birthdate=2000-01-01T10":              `birthdate: "2000-01-01T10": must be a date such as 2026, `,
		"Patient birthdate=2000-01-01T10:00:00 02:00":  `birthdate: "2000-01-01T10:00:00 02:00": must be a date; write the plus of a time zone as %2B`,
		"Observation value-quantity=5.4|mg":            `value-quantity: "5.4|mg": must be a number, or number|system|code `,
		"Observation value-quantity=x":                 `value-quantity: "x": must be a number such as 100, `,
		"Observation value-quantity=1e999":             `value-quantity: "1e999": must be a number such as 100, `,
		"RiskAssessment probability=0x10":              `probability: "0x10": must be a number such as 100, `,
		"Observation component-code-value-quantity=a":  `component-code-value-quantity: "a": must be 2 values with $ between them; `,
		"Observation component-code-value-quantity=a$": `component-code-value-quantity: "a$": missing value beside $`,
	} {
		typ, query, _ := strings.Cut(query, " ")
		key, value, _ := strings.Cut(query, "=")
		_, err := fhirsearch.Dialect{}.Parse(typ, key, value)
		var refused *fhirsearch.Refusal
		if !errors.As(err, &refused) || !strings.HasPrefix(refused.Text, want) {
			t.Errorf("%s: got %v, want %s", query, err, want)
		}
	}
}
