package healthlake_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestAWriteDependsOnTheStateThatItNames(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		for n, c := range []struct {
			header, value                        string
			update, deletion, create, afterwards int // of one that is there, of the same, of one that is not, of one that was deleted
		}{
			{"If-Match", `W/"2"`, 200, 204, 412, 412},
			{"If-Match", `"2"`, 200, 204, 412, 412},
			{"If-Match", `W/"1", W/"2"`, 200, 204, 412, 412},
			{"If-Match", `W/"2",W/"9"`, 200, 204, 412, 412},
			{"If-Match", `*`, 200, 204, 412, 412},
			{"If-Match", `W/"1"`, 412, 412, 412, 412},
			{"If-Match", `W/"3", W/"4"`, 412, 412, 412, 412},
			{"If-None-Match", `*`, 412, 412, 201, 201},
			{"If-None-Match", `W/"2"`, 412, 412, 201, 201},
			{"If-None-Match", `W/"1", W/"2"`, 412, 412, 201, 201},
			{"If-None-Match", `W/"1"`, 200, 204, 201, 201},
			{"If-Match", `2`, 400, 400, 400, 400},
			{"If-Match", `W/2`, 400, 400, 400, 400},
			{"If-Match", `w/"2"`, 400, 400, 400, 400},
			{"If-Match", `W/"2" W/"3"`, 400, 400, 400, 400},
			{"If-Match", `*, W/"2"`, 400, 400, 400, 400},
			{"If-Match", `W/"2", `, 400, 400, 400, 400},
			{"If-Match", ``, 400, 400, 400, 400},
			{"If-None-Match", `W/"2`, 400, 400, 400, 400},
			{"If-None-Exist", `identifier=x`, 400, 400, 400, 400},
			{"If-None-Exist", ``, 400, 400, 400, 400},
			{"If-Unmodified-Since", `Thu, 01 Jan 2026 00:00:00 GMT`, 400, 400, 400, 400},
			{"Content-Range", `bytes 0-1/2`, 400, 400, 400, 400},
			{"X-Provenance", `{"resourceType":"Provenance"}`, 400, 400, 400, 400},
		} {
			send := func(what, method, id string, want int) {
				t.Helper()
				got := s.send(method, "Observation/"+id, system, observation(id, "Patient/a", "laboratory"), c.header, c.value)
				if got.status != want || want >= 400 && (got.issueCode() == "" || !strings.Contains(got.text, c.header)) {
					t.Errorf("%s: %s: %s: got %d, want %d: %s", what, c.header, c.value, got.status, want, got.text)
				}
			}
			id := func(name string) string { return fmt.Sprintf("%s-%d", name, n) }
			second := func(name string) string { // in its second version
				for range 2 {
					s.put(t, "Observation/"+id(name), observation(id(name), "Patient/a", "laboratory"))
				}
				return id(name)
			}
			send("an update", "PUT", second("updated"), c.update)
			send("a deletion", "DELETE", second("deleted"), c.deletion)
			send("a create with an id", "PUT", id("created"), c.create)
			gone := second("gone")
			s.send("DELETE", "Observation/"+gone, system, "")
			send("an update of what was deleted", "PUT", gone, c.afterwards)
		}
	})
}

func TestACreateDependsOnNoStateBefore(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		for header, value := range map[string]string{
			"If-None-Exist": "identifier=x", "If-Match": "*", "If-None-Match": "*",
			"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Range": "bytes 0-1/2", "X-Provenance": "{}",
		} {
			got := s.send("POST", "Observation", system, observation("", "Patient/a", "laboratory"), header, value)
			if got.status != 400 || got.issueCode() != "not-supported" || !strings.HasPrefix(got.diagnostics(), header+": ") {
				t.Errorf("%s: got %d %s", header, got.status, got.text)
			}
		}
		if found := s.send("GET", "Observation", system, "").entries(); len(found) > 0 {
			t.Errorf("made %v", found)
		}
	})
}
