package healthlake_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
)

// folder is one of files with these contents.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func loaded(t *testing.T, files map[string]string) store {
	t.Helper()
	data, err := healthlake.Load(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return newStore(t, func(c *healthlake.Config) { c.Data = data })
}

// What Synthea writes: a transaction for the hospitals, one for the practitioners, and one
// for each patient. Within a patient's, references are full URLs; those to the other files
// are conditional. The files are read in the order of their names, patients first.
var synthea = map[string]string{
	"Abe604_Abara1_11111111-2222-3333-4444-555555555555.json": `{
  "resourceType": "Bundle",
  "type": "transaction",
  "entry": [ {
    "fullUrl": "urn:uuid:11111111-2222-3333-4444-555555555555",
    "resource": { "resourceType": "Patient", "id": "11111111-2222-3333-4444-555555555555",
      "identifier": [ { "system": "https://github.com/synthetichealth/synthea", "value": "11111111-2222-3333-4444-555555555555" } ],
      "name": [ { "family": "Abara1", "given": [ "Abe604" ] } ], "gender": "male", "birthDate": "1970-01-31" },
    "request": { "method": "POST", "url": "Patient" }
  }, {
    "fullUrl": "urn:uuid:aaaaaaaa-0000-0000-0000-000000000001",
    "resource": { "resourceType": "Encounter", "id": "aaaaaaaa-0000-0000-0000-000000000001", "status": "finished",
      "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
      "subject": { "reference": "urn:uuid:11111111-2222-3333-4444-555555555555", "display": "Mr. Abe604 Abara1" },
      "participant": [ { "individual": { "reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999999999", "display": "Dr. X" } } ],
      "location": [ { "location": { "reference": "Location?identifier=https://github.com/synthetichealth/synthea|l-1" } } ],
      "serviceProvider": { "reference": "Organization?identifier=https://github.com/synthetichealth/synthea|o-1" } },
    "request": { "method": "POST", "url": "Encounter" }
  }, {
    "fullUrl": "urn:uuid:aaaaaaaa-0000-0000-0000-000000000002",
    "resource": { "resourceType": "ExplanationOfBenefit", "id": "aaaaaaaa-0000-0000-0000-000000000002", "status": "active",
      "contained": [ { "resourceType": "Coverage", "id": "coverage", "payor": [ { "display": "Humana" } ] } ],
      "patient": { "reference": "urn:uuid:11111111-2222-3333-4444-555555555555" },
      "insurance": [ { "focal": true, "coverage": { "reference": "#coverage" } } ],
      "item": [ { "sequence": 1, "encounter": [ { "reference": "urn:uuid:aaaaaaaa-0000-0000-0000-000000000001" } ] } ] },
    "request": { "method": "POST", "url": "ExplanationOfBenefit" }
  } ]
}`,
	"hospitalInformation1700000000000.json": `{"resourceType":"Bundle","type":"transaction","entry":[
	{"fullUrl":"urn:uuid:0-org","resource":{"resourceType":"Organization","id":"org","identifier":[{"system":"https://github.com/synthetichealth/synthea","value":"o-1"}]},
	 "request":{"method":"POST","url":"Organization","ifNoneExist":"identifier=https://github.com/synthetichealth/synthea|o-1"}},
	{"fullUrl":"urn:uuid:0-location","resource":{"resourceType":"Location","id":"location","identifier":[{"system":"https://github.com/synthetichealth/synthea","value":"l-1"}]},
	 "request":{"method":"POST","url":"Location","ifNoneExist":"identifier=https://github.com/synthetichealth/synthea|l-1"}}]}`,
	"practitionerInformation1700000000000.json": `{"resourceType":"Bundle","type":"transaction","entry":[
	{"fullUrl":"urn:uuid:0-doctor","resource":{"resourceType":"Practitioner","id":"doctor","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"9999999999"}]},
	 "request":{"method":"POST","url":"Practitioner","ifNoneExist":"identifier=http://hl7.org/fhir/sid/us-npi|9999999999"}}]}`,
	"README.txt": "not FHIR",
}

func TestAFolderOfSyntheaIsLoadedWithItsReferences(t *testing.T) {
	s := loaded(t, synthea)
	const patient = "11111111-2222-3333-4444-555555555555"
	encounter := s.send("GET", "Encounter/aaaaaaaa-0000-0000-0000-000000000001", system, "")
	for _, reference := range []string{"Patient/" + patient, "Practitioner/doctor", "Location/location", "Organization/org"} {
		if !strings.Contains(encounter.text, `"reference":"`+reference+`"`) {
			t.Errorf("the encounter does not refer to %s: %s", reference, encounter.text)
		}
	}
	benefit := s.send("GET", "ExplanationOfBenefit/aaaaaaaa-0000-0000-0000-000000000002", holder{Scope: "patient/*.r", Patient: patient}, "")
	if benefit.status != 200 || !strings.Contains(benefit.text, `"reference":"#coverage"`) || !strings.Contains(benefit.text, `"reference":"Encounter/aaaaaaaa-0000-0000-0000-000000000001"`) {
		t.Errorf("the patient's own: %d %s", benefit.status, benefit.text)
	}
}

func TestPlainResourcesAndCollectionsAreLoaded(t *testing.T) {
	s := loaded(t, map[string]string{
		"Patient.ndjson": `{"resourceType":"Patient","id":"a"}` + "\n\n" + `{"resourceType":"Patient","multipleBirthInteger":1.0}` + "\n",
		"one.json":       `{"resourceType":"Observation","id":"plain","status":"final","code":{},"subject":{"reference":"Patient/a"},"encounter":{"reference":"Encounter/elsewhere"}}`,
		"some.JSON": `{"resourceType":"Bundle","type":"collection","entry":[
			{"fullUrl":"https://example.org/fhir/Patient/b","resource":{"resourceType":"Patient","id":"b"}},
			{"fullUrl":"urn:uuid:0fd5d0ae-0000-4000-8000-000000000000","resource":{"resourceType":"Observation","status":"final","code":{},"subject":{"reference":"https://example.org/fhir/Patient/b"}}},
			{"resource":{"resourceType":"Patient","id":"a"}}]}`,
	})
	if got := s.send("GET", "Patient", system, ""); got.body["total"] != 3.0 || !strings.Contains(got.text, `"multipleBirthInteger":1.0`) {
		t.Errorf("patients: %s", got.text)
	}
	if got := s.send("GET", "Observation/plain", system, ""); got.status != 200 || !strings.Contains(got.text, `"Encounter/elsewhere"`) {
		t.Errorf("an excerpt: %d %s", got.status, got.text)
	}
	if got := s.send("GET", "Observation/0fd5d0ae-0000-4000-8000-000000000000", system, ""); got.status != 200 || !strings.Contains(got.text, `"reference":"Patient/b"`) {
		t.Errorf("one without an id: %d %s", got.status, got.text)
	}
}

func TestAnIdThatIsMadeUpIsTheSameEachTime(t *testing.T) {
	files := map[string]string{"a.ndjson": `{"resourceType":"Patient"}` + "\n" + `{"resourceType":"Patient"}`}
	first, second := loaded(t, files).send("GET", "Patient", system, "").entries(), loaded(t, files).send("GET", "Patient", system, "").entries()
	if len(first) != 2 || first[0] == first[1] || first[0] != second[0] || first[1] != second[1] {
		t.Errorf("got %v and then %v", first, second)
	}
}

func TestWhatCannotBeLoadedIsNamedWithItsPlace(t *testing.T) {
	for want, files := range map[string]map[string]string{
		": no file *.json or *.ndjson; use a folder of FHIR R4 resources":    {"a.xml": "<Patient/>"},
		"a.json:3: must be a JSON object: invalid character '}'":             {"a.json": "{\n\"a\":\n}"},
		"a.json:1: must be a JSON object: ":                                  {"a.json": "[]"},
		"a.ndjson:3: must be a JSON object: ":                                {"a.ndjson": `{"resourceType":"Patient"}` + "\n\nnone"},
		`a.ndjson:1: resourceType: "Nothing": must be a type of FHIR R4`:     {"a.ndjson": `{"resourceType":"Nothing"}`},
		`a.json: resourceType: "": must be a type of FHIR R4`:                {"a.json": `{}`},
		`a.json: id: a/b: must be 1 to 64 letters, digits, hyphens and dots`: {"a.json": `{"resourceType":"Patient","id":"a/b"}`},
		`a.json: id: 1: must be 1 to 64 letters, digits, hyphens and dots`:   {"a.json": `{"resourceType":"Patient","id":1}`},
		`b.json: id: "x": `: {"a.json": `{"resourceType":"Patient","id":"x"}`, "b.json": `{"resourceType":"Patient","id":"x","active":true}`},
		`a.json: type: "document": must be one of transaction, batch, collection, searchset`: {"a.json": `{"resourceType":"Bundle","type":"document"}`},
		`a.json: entry[0]: request.method: "DELETE": must be POST or PUT`:                    {"a.json": `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"DELETE"}}]}`},
		`a.json: entry[1]: resource: missing; add one`:                                       {"a.json": `{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient"}},{}]}`},
		`a.json: entry[1]: fullUrl: "urn:uuid:1": is also that of Patient/a; make it unique`: {"a.json": `{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"a"}},{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"b"}}]}`},
		`a.json: Observation: subject.reference: "urn:uuid:9": no entry has this fullUrl`:    {"a.json": `{"resourceType":"Observation","subject":{"reference":"urn:uuid:9"}}`},
		`a.json: Encounter: participant[0].individual.reference: "Practitioner?identifier=9": matches 0 resources; must match one`: {
			"a.json": `{"resourceType":"Encounter","participant":[{"individual":{"reference":"Practitioner?identifier=9"}}]}`,
		},
		`a.ndjson:3: Basic: subject.reference: "Patient?active=true": matches 2 resources; must match one`: {
			"a.ndjson": `{"resourceType":"Patient","active":true}` + "\n" + `{"resourceType":"Patient","active":true}` + "\n" + `{"resourceType":"Basic","subject":{"reference":"Patient?active=true"}}`,
		},
		`a.json: Basic: subject.reference: "Patient?colour=red": colour: Patient has no such search parameter`: {"a.json": `{"resourceType":"Basic","subject":{"reference":"Patient?colour=red"}}`},
		`a.json: Basic: subject.reference: "Patient?": must be Patient? and search parameters`:                 {"a.json": `{"resourceType":"Basic","subject":{"reference":"Patient?"}}`},
		`a.ndjson:1: the line is too long; must be at most 5 MiB`:                                              {"a.ndjson": `{"x":"` + strings.Repeat("x", 5<<20) + `"}`},
	} {
		_, err := healthlake.Load(folder(t, files))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := healthlake.Load(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a folder that is not there is loaded")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "a.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := healthlake.Load(dir); err == nil || !strings.HasSuffix(err.Error(), "a.json: must be a file") {
		t.Errorf("a folder for a file: %v", err)
	}
}

// The limit is on what the files are long, before they are read.
func TestFilesThatAreTooLargeTogetherAreNotRead(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.json", "b.json"} {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "a.json" {
			_, err = file.WriteString(`{"resourceType":"Patient"}`)
		} else {
			err = file.Truncate(128 << 20)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := healthlake.Load(dir); err == nil || !strings.HasSuffix(err.Error(), "b.json: the files are larger than 128 MiB together; load fewer") {
		t.Errorf("got %v", err)
	}
}
