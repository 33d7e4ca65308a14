package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The smallest definitions that hold one of each thing that a table leaves out.
var fixture = map[string]string{
	"profiles-types.json": `{"entry":[
		{"resource":{"resourceType":"StructureDefinition","kind":"complex-type","fhirVersion":"4.0.1","type":"ContactPoint","derivation":"specialization","snapshot":{"element":[
			{"path":"ContactPoint.value","type":[{"code":"string"}]}]}}},
		{"resource":{"resourceType":"StructureDefinition","kind":"complex-type","fhirVersion":"4.0.1","type":"Quantity","derivation":"constraint","snapshot":{"element":[
			{"path":"ContactPoint.value","type":[{"code":"Quantity"}]}]}}}]}`,
	"profiles-resources.json": `{"entry":[
		{"resource":{"resourceType":"CapabilityStatement","kind":"resource","fhirVersion":"4.0.1"}},
		{"resource":{"resourceType":"StructureDefinition","kind":"resource","fhirVersion":"4.0.1","type":"Resource","abstract":true,"snapshot":{"element":[
			{"path":"Resource.id","type":[{"code":"http://hl7.org/fhirpath/System.String"}]}]}}},
		{"resource":{"resourceType":"StructureDefinition","kind":"logical","fhirVersion":"4.0.1","type":"Logical"}},
		{"resource":{"resourceType":"StructureDefinition","kind":"resource","fhirVersion":"5.0.0","type":"Later"}},
		{"resource":{"resourceType":"StructureDefinition","kind":"resource","fhirVersion":"4.0.1","type":"Visit","derivation":"specialization","snapshot":{"element":[
			{"path":"Visit"},
			{"path":"Visit.status","min":1,"isSummary":true,"type":[{"code":"code"}]},
			{"path":"Visit.telecom","type":[{"code":"ContactPoint"}]},
			{"path":"Visit.reason[x]","isSummary":true,"type":[{"code":"CodeableConcept"},{"code":"Reference"}]},
			{"path":"Visit.at","type":[{"code":"Period"}]},
			{"path":"Visit.guest","type":[{"code":"BackboneElement"}]},
			{"path":"Visit.guest.actor","min":1,"isSummary":true,"type":[{"code":"Reference"}]},
			{"path":"Visit.guest.lender","type":[{"code":"Reference"}]},
			{"path":"Visit.guest.guest","contentReference":"#Visit.guest"}]}}},
		{"resource":{"resourceType":"StructureDefinition","kind":"resource","fhirVersion":"4.0.1","type":"Blank","derivation":"specialization"}},
		{"resource":{"resourceType":"StructureDefinition","kind":"resource","fhirVersion":"4.0.1","type":"Form","derivation":"specialization"}}]}`,
	"search-parameters.json": `{"entry":[` + strings.Join(append([]string{
		parameter("_id", "token", "Resource.id", `"base":["Resource"]`),
		parameter("status", "token", "Own.state | Visit.status", `"base":["Visit","Own"]`),
		parameter("later", "token", "Visit.status", `"base":["Visit"],"version":"5.0.0"`),
		parameter("near", "special", "Visit.status"),
		parameter("phone", "token", "Visit.telecom.where(system='phone')"),
		parameter("contact", "string", "telecom.value"),
		parameter("whole", "string", "Visit.telecom"),
		parameter("date", "date", "Visit.at"),
		parameter("half", "token", "Visit.status | Visit.at"),
		parameter("reason", "token", "(Visit.reason as CodeableConcept)"),
		parameter("cause", "reference", "Visit.reason.as(Reference)", `"target":["Blank","Visit","Form"]`),
		parameter("untyped", "token", "Visit.reason"),
		parameter("said", "token", "Visit.reason.exists() and Visit.reason != false"),
		parameter("never", "token", "Visit.reason.exists() and Visit.status != false"),
		parameter("first", "reference", "Visit.guest[0].actor"),
		parameter("wrong", "reference", "Visit.guest.nobody"),
		parameter("deep", "reference", "Visit.guest.guest.actor", `"target":["Blank"]`),
		parameter("patient", "reference", "Visit.guest.actor.where(resolve() is Patient) | Visit.guest.lender.where(resolve() is Patient)", `"target":["Blank","Elsewhere"]`),
		parameter("actor", "reference", "Visit.guest.actor", `"target":["Form"]`),
		parameter("both", "composite", "Visit | Visit.guest", `"component":[{"definition":"urn:status","expression":"status"},{"definition":"urn:date","expression":"at"}]`),
		parameter("mixed", "composite", "Visit", `"component":[{"definition":"urn:status","expression":"at"},{"definition":"urn:date","expression":"at"}]`),
		parameter("lost", "composite", "Visit", `"component":[{"definition":"urn:nothing","expression":"at"}]`),
	}, notSupported()...), ",") + `]}`,
	"compartmentdefinition-patient.json": `{"version":"4.0.1","code":"Patient","resource":[{"code":"Blank"},{"code":"Visit","param":["patient","actor"]}]}`,
}

// parameter is a definition of a search parameter of Visit, with members that replace
// those before them.
func parameter(name, kind, expression string, members ...string) string {
	return `{"resource":{"resourceType":"SearchParameter","id":"x-` + name + `","url":"urn:` + name + `","version":"4.0.1","base":["Visit"],"code":"` + name + `","type":"` + kind + `","expression":"` +
		expression + `"` + strings.Join(append([]string{""}, members...), ",") + `}}`
}

// notSupported are those that HealthLake does not support, of a type Form.
func notSupported() []string {
	var all []string
	for _, id := range unsupported {
		all = append(all, parameter(strings.ToLower(id), "token", "Form.status", `"base":["Form"],"id":"`+id+`"`))
	}
	return all
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	directory := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func tables(t *testing.T, directory string) map[string][]byte {
	t.Helper()
	d, err := load(directory)
	if err != nil {
		t.Fatal(err)
	}
	files, err := d.files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestATableHoldsWhatR4DefinesAndCanBeCompared(t *testing.T) {
	files := tables(t, write(t, fixture))
	for name, rows := range map[string][]string{
		"smart/fhir_definition.go": {
			`"Blank ",`,
			`"Form bundle-composition bundle-identifier bundle-message bundle-timestamp bundle-type consent-source-reference contract-patient location-near resource-content resource-query ",`,
			`"Visit actor cause contact date deep first half never patient phone reason said status untyped whole wrong ",`,
		},
		"internal/local/fhirsearch/subset_definition.go": {
			`"Blank": ";",`, `"Form":  ";",`, `"Visit": "status;guest.actor reasonCodeableConcept reasonReference status",`,
		},
		"internal/local/healthlake/compartment_definition.go": {`"Visit": "patient actor",`},
	} {
		_, body, _ := strings.Cut(string(files[name]), "{\n")
		if want := "\t" + strings.Join(rows, "\n\t") + "\n}\n"; body != want {
			t.Errorf("%s holds\n%swant\n%s", name, body, want)
		}
		for source := range fixture {
			if !strings.Contains(string(files[name]), "  "+source+"\n") {
				t.Errorf("%s does not name %s", name, source)
			}
		}
	}
}

func TestASearchParameterIsComparedOrRefusedWithAReason(t *testing.T) {
	text := string(tables(t, write(t, fixture))["internal/local/fhirsearch/definition.go"])
	want := []string{
		"\"Resource\": `_id\ttoken\tid:string`,",
		"`bundle-composition\ttoken\t!HealthLake does not support it",
		"`actor\treference\tguest.actor:Reference\tForm",
		"both\tcomposite\t!no element Visit.guest.status",
		"cause\treference\treasonReference:Reference\t*",
		"contact\tstring\ttelecom.value:string",
		"date\tdate\tat:Period",
		"deep\treference\tguest.guest.actor:Reference\tBlank",
		"first\treference\t!its FHIRPath expression has guest[0], which is not read",
		"half\ttoken\tstatus:code\t\tat (Period)",
		"lost\tcomposite\t!no search parameter urn:nothing",
		"mixed\tcomposite\t!a token does not compare at (Period)",
		"near\tspecial\t!a special does not compare status (code)",
		"never\ttoken\t!its FHIRPath expression has exists() and Visit, which is not read",
		"patient\treference\tguest.actor:Reference>Patient,guest.lender:Reference>Patient\tBlank",
		"phone\ttoken\ttelecom[system=phone]:ContactPoint",
		"reason\ttoken\treasonCodeableConcept:CodeableConcept",
		"said\ttoken\treasonCodeableConcept:exists,reasonReference:exists",
		"status\ttoken\tstatus:code",
		"untyped\ttoken\treasonCodeableConcept:CodeableConcept\t\treasonReference (Reference)",
		"whole\tstring\t!a string does not compare telecom (ContactPoint)",
		"wrong\treference\t!no element Visit.guest.nobody`,",
	}
	for _, line := range want {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestDefinitionsOfSomethingElseAreRefused(t *testing.T) {
	for name, edit := range map[string]func(map[string]string){
		"of R5": func(f map[string]string) {
			f["compartmentdefinition-patient.json"] = `{"version":"5.0.0","code":"Patient"}`
		},
		"of another compartment": func(f map[string]string) {
			f["compartmentdefinition-patient.json"] = `{"version":"4.0.1","code":"Device"}`
		},
		"a compartment by a token": replacing("compartmentdefinition-patient.json", `"actor"`, `"status"`),
		"a compartment by nothing": replacing("compartmentdefinition-patient.json", `"actor"`, `"unknown"`),
		"a parameter twice":        replacing("search-parameters.json", `"code":"near"`, `"code":"status"`),
		"a parameter missing":      replacing("search-parameters.json", `"id":"Location-near"`, `"id":"Location-far"`),
		"a compartment in part":    replacing("search-parameters.json", `"Visit.guest.actor"`, `"Visit.guest.actor | Visit.status"`),
		"no type":                  func(f map[string]string) { f["profiles-resources.json"] = `{}` },
		"no JSON":                  func(f map[string]string) { f["search-parameters.json"] = `<Bundle/>` },
		"a file that is not there": func(f map[string]string) { delete(f, "search-parameters.json") },
	} {
		files := map[string]string{}
		for name, text := range fixture {
			files[name] = text
		}
		edit(files)
		if err := run(write(t, files), t.TempDir()); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := run("", t.TempDir()); err == nil || !strings.HasPrefix(err.Error(), "-definitions: missing") {
		t.Errorf("no directory: %v", err)
	}
}

func replacing(file, old, text string) func(map[string]string) {
	return func(f map[string]string) { f[file] = strings.Replace(f[file], old, text, 1) }
}

// HL7's files are too large to keep here: .ci/run fetches them.
func TestTheTablesAreMadeOfHL7sDefinitions(t *testing.T) {
	directory := os.Getenv("FHIR_DEFINITIONS")
	if directory == "" {
		t.Skip("FHIR_DEFINITIONS names no directory of HL7's definitions")
	}
	for name, want := range tables(t, directory) {
		have, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want) {
			t.Errorf("%s is not what go generate ./internal/fhirtables writes", name)
		}
	}
}
