package healthlake_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// FuzzSearch searches with any query, as a patient: the answer is a Bundle of the
// patient's own or a refusal with its reason.
func FuzzSearch(f *testing.F) {
	s := newStore(f, throughTheDoor)
	s.twoPatients(f)
	for path, body := range tiedToBoth {
		s.put(f, path, body)
	}
	for _, query := range []string{
		"", "_count=1", "_include=Observation:performer", "_revinclude=AllergyIntolerance:recorder&_elements=id", "_sort=-date,_id&_total=none",
		"patient=b", "subject:Patient=b,a&code:not=x", "date=ge2024-01-01T00:00:00%2B01:00", "_summary=text", "page=x", "subject=" + doorBase + "Patient/b",
		"value-quantity=5.4|http://unitsofmeasure.org|mg", "component-code-value-quantity=a$5", "_lastUpdated=gt2000&_format=json&_pretty=true", "a=%zz;b", "_include=Observation:subject:Patient",
	} {
		f.Add("Observation", query)
		f.Add("Patient", query)
	}
	f.Fuzz(func(t *testing.T, typ, query string) {
		if !slices.Contains(drawnTypes, typ) {
			t.Skip("another type")
		}
		request := httptest.NewRequest(http.MethodGet, base+typ, nil)
		request.URL.RawQuery = query
		request.Header.Set("Authorization", "Bearer "+holder{Scope: "patient/*.rs", Patient: "a"}.token())
		recorder := httptest.NewRecorder()
		s.d.ServeHTTP(recorder, request)
		got := response{status: recorder.Code, text: recorder.Body.String()}
		if err := json.Unmarshal([]byte(got.text), &got.body); err != nil {
			t.Fatalf("%s?%s: %d %s", typ, query, got.status, got.text)
		}
		switch got.status {
		case http.StatusOK:
			for _, shown := range got.shown() {
				if shown["resourceType"] != "OperationOutcome" && !slices.Contains([]any{"a", "a-lab", "a-vital", "d"}, shown["id"]) {
					t.Fatalf("%s?%s shows %v", typ, query, shown)
				}
			}
		case http.StatusBadRequest, http.StatusNotAcceptable:
			if got.diagnostics() == "" {
				t.Fatalf("%s?%s: %d %s", typ, query, got.status, got.text)
			}
		default:
			t.Fatalf("%s?%s: %d %s", typ, query, got.status, got.text)
		}
	})
}
