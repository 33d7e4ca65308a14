package healthlake_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
)

var system = holder{Scope: systemRW}

func TestACreatedResourceHasAnIDAVersionAndALocation(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		made := s.send("POST", "Observation", system, observation("mine", "Patient/a", "laboratory"))
		id, _ := made.body["id"].(string)
		meta, _ := made.body["meta"].(map[string]any)
		if made.status != 201 || id == "" || id == "mine" || meta["versionId"] != "1" || meta["lastUpdated"] == nil {
			t.Fatalf("got %d %s", made.status, made.text)
		}
		for name, want := range map[string]string{"Location": endpoint + "Observation/" + id + "/_history/1", "ETag": `W/"1"`} {
			if got := made.header.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		if _, err := http.ParseTime(made.header.Get("Last-Modified")); err != nil {
			t.Error(err)
		}
		if got := s.send("GET", "Observation/"+id, system, ""); got.status != 200 || got.text != made.text || got.header.Get("ETag") != `W/"1"` {
			t.Errorf("read: %d %s", got.status, got.text)
		}
	})
}

func TestAResourceHasVersionsUntilItIsDeletedAndAfterwards(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		for _, step := range []struct {
			method, path, body, ifMatch string
			want                        int
			tag                         string
		}{
			{"PUT", "Observation/x", observation("x", "Patient/a", "laboratory"), `W/"1"`, 412, ""},
			{"PUT", "Observation/x", observation("x", "Patient/a", "laboratory"), "", 201, `W/"1"`},
			{"PUT", "Observation/x", observation("x", "Patient/b", "laboratory"), `W/"2"`, 412, ""},
			{"PUT", "Observation/x", observation("x", "Patient/b", "laboratory"), `W/"1"`, 200, `W/"2"`},
			{"GET", "Observation/x/_history/1", "", "", 200, `W/"1"`},
			{"GET", "Observation/x/_history/3", "", "", 404, ""},
			{"GET", "Observation/x/_history/0", "", "", 404, ""},
			{"GET", "Observation/x/_history/x", "", "", 404, ""},
			{"DELETE", "Observation/x", "", `W/"1"`, 412, ""},
			{"DELETE", "Observation/x", "", "", 204, ""},
			{"DELETE", "Observation/x", "", "", 204, ""},
			{"DELETE", "Observation/none", "", "", 404, ""},
			{"GET", "Observation/x", "", "", 410, ""},
			{"GET", "Observation/x/_history/3", "", "", 410, ""},
			{"GET", "Observation/x/_history/2", "", "", 200, `W/"2"`},
			{"PUT", "Observation/x", observation("x", "Patient/a", "laboratory"), "", 201, `W/"4"`},
		} {
			header := []string{}
			if step.ifMatch != "" {
				header = []string{"If-Match", step.ifMatch}
			}
			got := s.send(step.method, step.path, system, step.body, header...)
			if got.status != step.want || got.header.Get("ETag") != step.tag {
				t.Errorf("%s %s with %q: got %d %q, want %d %q: %s", step.method, step.path, step.ifMatch, got.status, got.header.Get("ETag"), step.want, step.tag, got.text)
			}
			if step.want == 204 && got.text != "" || step.want >= 400 && got.body["resourceType"] != "OperationOutcome" {
				t.Errorf("%s %s: %q", step.method, step.path, got.text)
			}
		}
		history := s.send("GET", "Observation/x/_history", system, "")
		var made []string
		for _, e := range history.body["entry"].([]any) {
			made = append(made, e.(map[string]any)["request"].(map[string]any)["method"].(string))
		}
		if history.body["type"] != "history" || strings.Join(made, " ") != "PUT DELETE PUT PUT" {
			t.Errorf("history: %v of %s", made, history.text)
		}
	})
}

// What was taken out of a compartment is out of it with its past, and what came into
// it comes without.
func TestTheHistoryShowsAPatientItsOwnVersionsAlone(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		for _, subject := range []string{"a", "b", "a"} {
			s.put(t, "Observation/back", observation("back", "Patient/"+subject, "laboratory"))
		}
		for _, subject := range []string{"a", "b"} {
			s.put(t, "Observation/gone", observation("gone", "Patient/"+subject, "laboratory"))
		}
		h := holder{Scope: "patient/*.rs", Patient: "a"}
		for path, want := range map[string]int{
			"back": 200, "back/_history/1": 200, "back/_history/2": 404, "back/_history/3": 200,
			"gone": 404, "gone/_history": 404, "gone/_history/1": 404, "gone/_history/2": 404,
		} {
			if got := s.send("GET", "Observation/"+path, h, ""); got.status != want {
				t.Errorf("%s: got %d, want %d", path, got.status, want)
			}
		}
		if got := s.send("GET", "Observation/back/_history", h, ""); len(got.entries()) != 2 || strings.Contains(got.text, "Patient/b") {
			t.Errorf("history: %s", got.text)
		}
		s.send("DELETE", "Observation/back", system, "")
		s.send("DELETE", "Observation/gone", system, "")
		if got := s.send("PUT", "Observation/gone", holder{Scope: "patient/*.cruds", Patient: "a"}, observation("gone", "Patient/a", "laboratory")); got.status != 403 {
			t.Errorf("took over what was deleted: %d", got.status)
		}
		if got := s.send("GET", "Observation/gone", h, ""); got.status != 404 {
			t.Errorf("is told that there was one: %d", got.status)
		}
	})
}

func TestABodyThatIsNoSuchResourceIsRefused(t *testing.T) {
	large := `{"resourceType":"Observation","status":"` + strings.Repeat("x", 5<<20) + `"}`
	both(t, nil, func(t *testing.T, s store) {
		for _, c := range []struct {
			name, method, path, body, media string
			want                            int
		}{
			{"no JSON", "POST", "Observation", "<Observation/>", fhirJSON, 400},
			{"a list", "POST", "Observation", "[]", fhirJSON, 400},
			{"null", "POST", "Observation", "null", fhirJSON, 400},
			{"two objects", "POST", "Observation", observation("", "Patient/a", "x") + "{}", fhirJSON, 400},
			{"another type", "POST", "Observation", `{"resourceType":"Patient"}`, fhirJSON, 400},
			{"no type", "POST", "Observation", `{}`, fhirJSON, 400},
			{"XML", "POST", "Observation", observation("", "Patient/a", "x"), "application/fhir+xml", 415},
			{"a form", "POST", "Observation", "a=b", "application/x-www-form-urlencoded", 415},
			{"a required element missing", "POST", "Observation", `{"resourceType":"Observation","status":"final"}`, fhirJSON, 422},
			{"too large", "POST", "Observation", large, fhirJSON, 413},
			{"another id", "PUT", "Observation/x", observation("y", "Patient/a", "x"), fhirJSON, 400},
			{"no id", "PUT", "Observation/x", observation("", "Patient/a", "x"), fhirJSON, 400},
			{"an id that is none", "PUT", "Observation/x_y", observation("x_y", "Patient/a", "x"), fhirJSON, 400},
			{"an id that leads up", "PUT", "Observation/%2e%2e", observation("..", "Patient/a", "x"), fhirJSON, 400},
			{"an unknown type", "POST", "Thing", `{"resourceType":"Thing"}`, fhirJSON, 404},
			{"search by something else", "POST", "Observation/_search", "{}", fhirJSON, 415},
			{"an update of all", "PUT", "Observation", observation("", "Patient/a", "x"), fhirJSON, 405},
			{"a deletion of all", "DELETE", "Observation", "", "", 405},
			{"a read of an id that leads up", "GET", "Observation/%2e%2e", "", "", 404},
		} {
			got := s.send(c.method, c.path, system, c.body, "Content-Type", c.media)
			if got.status != c.want || got.body["resourceType"] != "OperationOutcome" || got.diagnostics() == "" {
				t.Errorf("%s: got %d, want %d: %.200s", c.name, got.status, c.want, got.text)
			}
			if c.want == 405 && got.header.Get("Allow") == "" {
				t.Errorf("%s: no Allow", c.name)
			}
		}
		if found := s.send("GET", "Observation", system, "").entries(); len(found) > 0 {
			t.Errorf("left behind: %v", found)
		}
	})
}

func TestDecimalsKeepTheirDigits(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		s.put(t, "Observation/x", `{"resourceType":"Observation","id":"x","status":"final","code":{},"valueQuantity":{"value":1.00}}`)
		if got := s.send("GET", "Observation/x", system, ""); !strings.Contains(got.text, `"value":1.00`) {
			t.Errorf("got %s", got.text)
		}
	})
}

func TestAnIdempotencyKeyMakesOneResource(t *testing.T) {
	s := newStore(t, nil)
	const key = "123e4567-e89b-12d3-a456-426614174000"
	create := func(h holder, key string) response {
		return s.send("POST", "Observation", h, observation("", "Patient/"+h.Patient, "laboratory"), "X-Amz-Fhir-Idempotency-Key", key)
	}
	a, b := holder{Scope: "patient/*.c", Patient: "a"}, holder{Scope: "patient/*.c", Patient: "b"}
	first, again, foreign := create(a, key), create(a, key), create(b, key)
	if first.status != 201 || again.status != 409 || again.text != first.text {
		t.Errorf("got %d, then %d %s", first.status, again.status, again.text)
	}
	if foreign.status != 409 || foreign.body["resourceType"] != "OperationOutcome" {
		t.Errorf("another's resource is shown: %d %s", foreign.status, foreign.text)
	}
	s.put(t, "Observation/"+first.body["id"].(string), observation(first.body["id"].(string), "Patient/a", "vital-signs"))
	if got := create(a, key); got.status != 409 || got.text != first.text || got.header.Get("ETag") != `W/"1"` {
		t.Errorf("after an update: got %d %s, want what the first request made: %s", got.status, got.text, first.text)
	}
	s.put(t, "Observation/"+first.body["id"].(string), observation(first.body["id"].(string), "Patient/b", "vital-signs"))
	for who, h := range map[string]holder{"whose it was": a, "whose it is": b} {
		if got := create(h, key); got.status != 409 || got.issueCode() != "duplicate" {
			t.Errorf("moved to another patient, %s: got %d %s", who, got.status, got.text)
		}
	}
	if got := s.send("DELETE", "Observation/"+first.body["id"].(string), system, ""); got.status != 204 {
		t.Fatal(got.status, got.text)
	}
	if got := create(holder{Scope: "system/*.c"}, key); got.status != 410 {
		t.Errorf("after a deletion: got %d %s", got.status, got.text)
	}
	if got := create(a, "x"); got.status != 400 {
		t.Errorf("a key that is no UUID: %d", got.status)
	}
	if got := newProxied(t, nil).send("POST", "Observation", system, observation("", "Patient/a", "x"), "X-Amz-Fhir-Idempotency-Key", key); got.status != 400 {
		t.Errorf("passed on, though it is not known what it does there: %d", got.status)
	}
}

func TestOfUpdatesAtTheSameTimeOnlyOneIsMadeOnAVersion(t *testing.T) {
	s := newStore(t, nil)
	s.put(t, "Observation/x", observation("x", "Patient/a", "laboratory"))
	var wait sync.WaitGroup
	statuses := make(chan int, 20)
	for range cap(statuses) {
		wait.Go(func() {
			statuses <- s.send("PUT", "Observation/x", system, observation("x", "Patient/a", "laboratory"), "If-Match", `W/"1"`).status
		})
	}
	wait.Wait()
	close(statuses)
	made := 0
	for status := range statuses {
		switch status {
		case 200:
			made++
		case 409, 412:
		default:
			t.Errorf("got %d", status)
		}
	}
	if made != 1 {
		t.Errorf("%d updates were made on version 1", made)
	}
	if got := s.send("GET", "Observation/x", system, ""); got.header.Get("ETag") != `W/"2"` {
		t.Errorf("the version is %s", got.header.Get("ETag"))
	}
}

func TestTheSyntheticDataAreTheSameForASeed(t *testing.T) {
	dump := func(seed uint64) string {
		s := newStore(t, func(c *healthlake.Config) { c.Data = healthlake.Synthetic(seed) })
		var text strings.Builder
		for _, typ := range []string{"Patient", "Practitioner", "Encounter", "Observation", "Condition", "MedicationRequest", "AllergyIntolerance", "Immunization", "DocumentReference"} {
			found := s.send("GET", typ, system, "")
			if len(found.entries()) == 0 {
				t.Errorf("no %s", typ)
			}
			for _, e := range found.body["entry"].([]any) {
				content := e.(map[string]any)["resource"].(map[string]any)
				delete(content, "meta")
				text.WriteString(jsonText(content))
			}
		}
		return text.String()
	}
	if first, again := dump(1), dump(1); first != again {
		t.Error("the same seed makes other data")
	}
	if dump(1) == dump(2) {
		t.Error("another seed makes the same data")
	}
}
