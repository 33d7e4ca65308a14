package healthlake_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// tied are the references that tie a resource to patients, as far as this test writes
// resources, put down anew from https://hl7.org/fhir/R4/compartmentdefinition-patient.html.
func tied(r map[string]any) []string {
	performers, _ := r["performer"].([]any)
	elements := map[any][]any{
		"Observation":        append([]any{r["subject"]}, performers...),
		"AllergyIntolerance": {r["patient"], r["recorder"]},
	}
	var found []string
	for _, value := range elements[r["resourceType"]] {
		if reference, there := value.(map[string]any); there {
			found = append(found, reference["reference"].(string))
		}
	}
	return found
}

// ofPatient reports whether a resource is in the compartment of a patient.
func ofPatient(r map[string]any, patient string) bool {
	if r["resourceType"] == "Patient" {
		return r["id"] == patient
	}
	return slices.Contains(tied(r), "Patient/"+patient)
}

// changeableBy is what a patient may write: what is in its compartment, and may be in
// nobody else's.
func changeableBy(r map[string]any, patient string) bool {
	for _, reference := range tied(r) {
		if reference != "Patient/"+patient && !strings.HasPrefix(reference, "Practitioner/") {
			return false
		}
	}
	return ofPatient(r, patient)
}

// shown are the resources in a response, whatever its form.
func (r response) shown() []map[string]any {
	switch r.body["resourceType"] {
	case nil, "OperationOutcome":
		return nil
	case "Bundle":
		var all []map[string]any
		entries, _ := r.body["entry"].([]any)
		for _, e := range entries {
			if content, ok := e.(map[string]any)["resource"].(map[string]any); ok {
				all = append(all, content)
			}
		}
		return all
	default:
		return []map[string]any{r.body}
	}
}

var drawnTypes = []string{"Patient", "Observation", "AllergyIntolerance"}

// everything there is, by type and id.
func (s store) everything() map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, typ := range drawnTypes {
		for path := typ; path != ""; {
			got := s.send("GET", path, system, "")
			for _, r := range got.shown() {
				all[typ+"/"+r["id"].(string)] = r
			}
			path = got.next()
		}
	}
	return all
}

// drawBody is a resource about a, b or nobody, sometimes with two patients in it.
func drawBody(t *rapid.T, typ, id string) string {
	reference := func(label string) map[string]any {
		return map[string]any{"reference": rapid.SampledFrom([]string{"Patient/a", "Patient/b", "Patient/c", "#a", endpoint + "Patient/a", endpoint + "Patient/b", "Practitioner/a"}).Draw(t, label)}
	}
	body := map[string]any{"resourceType": typ, "status": "final", "code": map[string]any{}}
	if id != "" {
		body["id"] = id
	}
	switch typ {
	case "Observation":
		body["subject"] = reference("subject")
		if rapid.Bool().Draw(t, "performed") {
			body["performer"] = []any{reference("performer")}
		}
		code := rapid.SampledFrom([]string{"laboratory", "vital-signs"}).Draw(t, "category")
		body["category"] = []any{map[string]any{"coding": []any{map[string]any{"code": code}}}}
	case "AllergyIntolerance":
		body["patient"] = reference("patient")
		if rapid.Bool().Draw(t, "recorded") {
			body["recorder"] = reference("recorder")
		}
	case "Patient":
		body["link"] = []any{map[string]any{"other": reference("other")}}
	}
	return jsonText(body)
}

// drawRequest is a request that an app may think of, and the pages it was shown.
func drawRequest(t *rapid.T, pages []string) (method, path, body string) {
	typ := rapid.SampledFrom(drawnTypes).Draw(t, "type")
	id := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "id")
	one := typ + "/" + id
	switch rapid.SampledFrom([]string{"read", "search", "page", "history", "vread", "create", "update", "update", "delete"}).Draw(t, "interaction") {
	case "read":
		return "GET", one, ""
	case "search":
		return "GET", typ + rapid.SampledFrom([]string{
			"?", "?_count=1", "?_count=1&_id=a,b,c", "?patient=b", "?patient=Patient/a&_count=1", "?_sort=-_lastUpdated&_count=1",
			"?_include=" + typ + ":patient", "?_include=Observation:performer&_count=1", "?_include=AllergyIntolerance:recorder", "?_include=Patient:link",
			"?_revinclude=Observation:subject&_count=1", "?_revinclude=AllergyIntolerance:patient", "?_revinclude=Patient:link",
		}).Draw(t, "query"), ""
	case "page":
		if len(pages) > 0 {
			return "GET", rapid.SampledFrom(pages).Draw(t, "page"), ""
		}
		return "GET", typ, ""
	case "history":
		return "GET", one + "/_history" + rapid.SampledFrom([]string{"", "?_count=1"}).Draw(t, "query"), ""
	case "vread":
		return "GET", one + "/_history/" + rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "version"), ""
	case "create":
		return "POST", typ, drawBody(t, typ, "")
	case "update":
		return "PUT", one, drawBody(t, typ, id)
	default:
		return "DELETE", one, ""
	}
}

// tiedToBoth are resources of a's that lead to b's.
var tiedToBoth = map[string]string{
	"Patient/a":            `{"resourceType":"Patient","id":"a","link":[{"other":{"reference":"Patient/b"}}]}`,
	"Observation/d":        `{"resourceType":"Observation","id":"d","status":"final","code":{},"subject":{"reference":"Patient/a"},"performer":[{"reference":"Patient/b"}]}`,
	"AllergyIntolerance/d": `{"resourceType":"AllergyIntolerance","id":"d","patient":{"reference":"Patient/b"},"recorder":{"reference":"Patient/a"}}`,
}

// A patient/ token never obtains a resource outside of its patient's compartment, and
// never changes one, nor one in it that may be in another's as well, whatever it does in
// whatever order, and whatever others do in between.
func TestAPatientNeverLeavesItsCompartment(t *testing.T) {
	for _, where := range []string{"in memory", "behind"} {
		t.Run(where, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				s := newStore(t, nil)
				if where == "behind" {
					s = newProxied(t, nil)
				}
				s.twoPatients(t)
				for path, body := range tiedToBoth {
					s.put(t, path, body)
				}
				scope := rapid.SampledFrom([]string{
					"patient/*.cruds", "patient/*.*", "patient/Observation.cruds patient/Patient.rs", "patient/Observation.cruds?category=laboratory patient/*.u",
				}).Draw(rt, "scope")
				h := holder{Scope: scope, Patient: "a", FHIRUser: "Patient/a"}
				var pages []string
				for range rapid.IntRange(1, 12).Draw(rt, "requests") {
					method, path, body := drawRequest(rt, pages)
					if rapid.IntRange(0, 2).Draw(rt, "who") == 0 {
						if next := s.send(method, path, system, body).next(); next != "" {
							pages = append(pages, next) // a page token that fell into the app's hands
						}
						continue
					}
					var before map[string]map[string]any
					if method != http.MethodGet {
						before = s.everything()
					}
					got := s.send(method, path, h, body)
					if next := got.next(); next != "" {
						pages = append(pages, next)
					}
					checkShown(rt, method+" "+path, got)
					if method != http.MethodGet {
						checkUnchanged(rt, method+" "+path+" "+body, before, s.everything())
					}
				}
			})
		})
	}
}

func checkShown(t *rapid.T, request string, got response) {
	for _, r := range got.shown() {
		if !ofPatient(r, "a") {
			t.Fatalf("%s showed %s", request, jsonText(r))
		}
	}
	if total, ok := got.body["total"].(float64); ok && strings.HasPrefix(request, "GET") && !strings.Contains(request, "_count") && !strings.Contains(request, "page=") && int(total) != got.matches() {
		t.Fatalf("%s counted what it did not show: %v", request, got.text)
	}
}

// matches are how many entries of a Bundle are not included ones.
func (r response) matches() int {
	count := 0
	for _, e := range r.body["entry"].([]any) {
		if search, _ := e.(map[string]any)["search"].(map[string]any); search["mode"] != "include" {
			count++
		}
	}
	return count
}

func checkUnchanged(t *rapid.T, request string, before, after map[string]map[string]any) {
	for name, was := range before {
		is, there := after[name]
		if there && jsonText(was) == jsonText(is) {
			continue
		}
		if !changeableBy(was, "a") {
			t.Fatalf("%s changed %s into %s", request, jsonText(was), jsonText(is))
		}
		if there && !changeableBy(is, "a") {
			t.Fatalf("%s moved %s out to %s", request, jsonText(was), jsonText(is))
		}
	}
	for name, is := range after {
		if _, there := before[name]; !there && !changeableBy(is, "a") {
			t.Fatalf("%s made %s", request, jsonText(is))
		}
	}
}
