package healthlake_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
)

const identified = `{"resourceType":"Patient","identifier":[{"system":"http://example.org/ids","value":"7"}]}`

func TestAConditionalCreateMakesAResourceOnce(t *testing.T) {
	s := newStore(t, lenientAndEmpty)
	create := func(criteria string) response {
		t.Helper()
		return s.send("POST", "Patient", system, identified, "If-None-Exist", criteria)
	}
	first := create("identifier=http://example.org/ids|7")
	if first.status != 201 {
		t.Fatalf("got %d %s", first.status, first.text)
	}
	for _, criteria := range []string{"identifier=http://example.org/ids|7", "?identifier=http%3A%2F%2Fexample.org%2Fids%7C7", "identifier=8,7"} {
		if got := create(criteria); got.status != 200 || got.body["id"] != first.body["id"] || got.header.Get("ETag") != `W/"1"` || got.header.Get("Location") != "" {
			t.Errorf("%s: got %d %s", criteria, got.status, got.text)
		}
	}
	if got := create("identifier=http://example.org/ids|8"); got.status != 201 {
		t.Errorf("one that matches nothing: got %d", got.status)
	}
	if got := create("identifier=7"); got.status != 412 || got.issueCode() != "multiple-matches" {
		t.Errorf("one that matches two: got %d %s", got.status, got.text)
	}
	for _, criteria := range []string{"", "?", "identifier=", "unknown=x", "identifier=7&_count=1", "_sort=_id", "page=x", "%zz"} {
		if got := create(criteria); got.status != 400 {
			t.Errorf("%q: got %d %s", criteria, got.status, got.text)
		}
	}
	if got := s.send("GET", "Patient", system, ""); got.body["total"] != 2.0 {
		t.Errorf("made %v patients, want 2", got.body["total"])
	}
}

// The search of a conditional create is the caller's: what they could not find does not
// show, neither by its content nor by stopping the create.
func TestAConditionalCreateRevealsNothingOutOfReach(t *testing.T) {
	s := newStore(t, lenientAndEmpty)
	s.twoPatients(t)
	ofA := holder{Scope: "patient/Observation.cruds", Patient: "a"}
	body := observation("", "Patient/a", "laboratory")
	if got := s.send("POST", "Observation", ofA, body, "If-None-Exist", "_id=b-lab"); got.status != 201 || strings.Contains(got.text, "b-lab") {
		t.Errorf("another's observation: got %d %s", got.status, got.text)
	}
	if got := s.send("POST", "Observation", ofA, body, "If-None-Exist", "_id=a-lab"); got.status != 200 || got.body["id"] != "a-lab" {
		t.Errorf("their own: got %d %s", got.status, got.text)
	}
	for name, scope := range map[string]string{
		"a scope that creates alone":   "patient/Observation.c",
		"a scope that searches others": "patient/Observation.c patient/Patient.s",
	} {
		got := s.send("POST", "Observation", holder{Scope: scope, Patient: "a"}, body, "If-None-Exist", "_id=a-lab")
		if got.status != 403 || !strings.Contains(got.diagnostics(), "no scope of the token covers SearchWithGet on Observation") {
			t.Errorf("%s: got %d %s", name, got.status, got.text)
		}
	}
	filtered := holder{Scope: "patient/Observation.c patient/Observation.s?category=vital-signs", Patient: "a"}
	if got := s.send("POST", "Observation", filtered, body, "If-None-Exist", "_id=a-lab"); got.status != 201 {
		t.Errorf("what the filter of the search leaves out: got %d %s", got.status, got.text)
	}
}

func TestAConditionalCreateNeedsTheRightToSearch(t *testing.T) {
	config := baseline()
	config.Lenient = true
	d, err := healthlake.New(config, validate, func(_, action, _ string) error {
		if action == "healthlake:SearchWithGet" {
			return errors.New("role may not search")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := store{t, d}
	if got := s.send("POST", "Patient", system, identified, "If-None-Exist", "identifier=7"); got.status != 403 {
		t.Errorf("got %d %s", got.status, got.text)
	}
	if got := s.send("POST", "Patient", system, identified); got.status != 201 {
		t.Errorf("without a condition: got %d %s", got.status, got.text)
	}
}

// What a conditional create finds may change while it answers.
func TestAConditionalCreateAnswersWithTheVersionThatMatches(t *testing.T) {
	s := newStore(t, lenientAndEmpty)
	const another = `{"resourceType":"Patient","identifier":[{"value":"9"}]}`
	named := func(value string) string {
		return `{"resourceType":"Patient","id":"x","identifier":[{"value":"` + value + `"}]}`
	}
	s.put(t, "Patient/x", named("7"))
	done, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				s.send("PUT", "Patient/x", system, named([]string{"8", "7"}[i%2]))
			}
		}
	}()
	found := 0
	for range 2000 {
		got := s.send("POST", "Patient", system, another, "If-None-Exist", "identifier=7")
		if got.status == 200 {
			found++
		}
		if got.status == 200 && !strings.Contains(got.text, `"value":"7"`) || got.status != 200 && got.status != 201 {
			t.Fatalf("got %d %s, want what has the identifier 7", got.status, got.text)
		}
	}
	close(stop)
	<-done
	if found == 0 {
		t.Error("the condition never held: nothing was tried")
	}
}
