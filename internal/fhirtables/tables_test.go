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
	"profiles-resources.json": `{"entry":[
		{"resource":{"resourceType":"CapabilityStatement","kind":"resource","fhirVersion":"4.0.1"}},
		{"resource":{"resourceType":"StructureDefinition","kind":"resource","fhirVersion":"4.0.1","type":"Resource","abstract":true}},
		{"resource":{"resourceType":"StructureDefinition","kind":"logical","fhirVersion":"4.0.1","type":"Logical"}},
		{"resource":{"resourceType":"StructureDefinition","kind":"resource","fhirVersion":"5.0.0","type":"Later"}},
		{"resource":{"resourceType":"StructureDefinition","kind":"resource","fhirVersion":"4.0.1","type":"Visit","snapshot":{"element":[
			{"path":"Visit"},
			{"path":"Visit.status","type":[{"code":"code"}]},
			{"path":"Visit.telecom","type":[{"code":"ContactPoint"}]},
			{"path":"Visit.reason[x]","type":[{"code":"CodeableConcept"},{"code":"Reference"}]},
			{"path":"Visit.guest","type":[{"code":"BackboneElement"}]},
			{"path":"Visit.guest.actor","type":[{"code":"Reference"}]},
			{"path":"Visit.guest.lender","type":[{"code":"Reference"}]}]}}},
		{"resource":{"resourceType":"StructureDefinition","kind":"resource","fhirVersion":"4.0.1","type":"Blank"}}]}`,
	"search-parameters.json": `{"entry":[
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Resource"],"code":"_id","type":"token","expression":"Resource.id"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit","Own"],"code":"status","type":"token","expression":"Own.state | Visit.status"}},
		{"resource":{"resourceType":"SearchParameter","version":"5.0.0","base":["Visit"],"code":"later","type":"token","expression":"Visit.status"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"both","type":"composite","expression":"Visit"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"near","type":"special","expression":"Visit.status"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"phone","type":"token","expression":"Visit.telecom.where(system='phone')"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"telecom","type":"token","expression":"Visit.telecom"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"date","type":"date","expression":"Visit.status"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"half","type":"token","expression":"Visit.status | Visit.telecom"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"reason","type":"token","expression":"(Visit.reason as CodeableConcept)"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"cause","type":"reference","expression":"Visit.reason.as(Reference)"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"untyped","type":"reference","expression":"Visit.reason"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"patient","type":"reference","expression":"Visit.guest.actor.where(resolve() is Patient) | Visit.guest.lender.where(resolve() is Patient)"}},
		{"resource":{"resourceType":"SearchParameter","version":"4.0.1","base":["Visit"],"code":"actor","type":"reference","expression":"Visit.guest.actor"}}]}`,
	"compartmentdefinition-patient.json": `{"version":"4.0.1","code":"Patient","resource":[{"code":"Blank"},{"code":"Visit","param":["patient","actor"]}]}`,
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
		"smart/fhir_definition.go":                            {`"Blank ",`, `"Visit actor cause date half patient phone reason status telecom untyped ",`},
		"internal/local/healthlake/search_definition.go":      {`"Visit": "actor>guest.actor cause>reasonReference patient>Patient:guest.actor,guest.lender reason=reasonCodeableConcept status=status",`},
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
