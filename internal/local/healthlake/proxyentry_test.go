package healthlake_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// leaking is an entry of a's observation with everything that FHIR R4 lets stand beside
// a resource, and more: b is told of in each member.
const leaking = `{
	"id":"of-b","extension":[{"valueString":"of-b"}],"modifierExtension":[{"valueString":"of-b"}],"of-b":"of-b",
	"link":[{"relation":"alternate","url":"BASE/Observation/of-b"}],
	"fullUrl":"BASE/Observation/of-b",
	"resource":{"resourceType":"Observation","id":"x","subject":{"reference":"BASE/Patient/a"}},
	"search":{"mode":"match","score":0.50,"extension":[{"valueString":"of-b"}],"of-b":1},
	"request":{"method":"PUT","url":"Observation?subject=of-b","ifNoneExist":"of-b","ifMatch":"of-b","extension":[{"valueString":"of-b"}]},
	"response":{"status":"200 of-b","location":"BASE/Observation/of-b","etag":"W/\"3\"","lastModified":"2026-01-31T09:30:00Z",
		"outcome":{"resourceType":"OperationOutcome","issue":[{"diagnostics":"of-b"}]},"extension":[{"valueString":"of-b"}]}}`

// entry is the only one of a Bundle.
func (r response) entry(t *testing.T) map[string]any {
	t.Helper()
	entries, _ := r.body["entry"].([]any)
	if r.status != 200 || len(entries) != 1 {
		t.Fatalf("got %d %s, want one entry", r.status, r.text)
	}
	return entries[0].(map[string]any)
}

func TestMembersBesideAResourceTellNothingThatWasNotLookedAt(t *testing.T) {
	for _, h := range []holder{ofA, system} {
		for path, want := range map[string]string{
			"Observation":            `{"fullUrl":"ENDObservation/x","resource":{"id":"x","resourceType":"Observation","subject":{"reference":"Patient/a"}},"search":{"mode":"match","score":0.5}}`,
			"Observation/x/_history": `{"fullUrl":"ENDObservation/x","request":{"method":"PUT","url":"Observation/x"},"resource":{"id":"x","resourceType":"Observation","subject":{"reference":"Patient/a"}},"response":{"etag":"W/\"3\"","lastModified":"2026-01-31T09:30:00Z","status":"200"}}`,
		} {
			listed := "searchset"
			if strings.HasSuffix(path, "_history") {
				listed = "history"
			}
			bundle := `{"resourceType":"Bundle","id":"of-b","type":"` + listed + `","total":"of-b","timestamp":"of-b","identifier":{"value":"of-b"},"entry":[` + leaking + `]}`
			s, _ := behind(t, answering(map[string]string{
				"/fhir/" + path:       bundle,
				"/fhir/Observation/x": `{"resourceType":"Observation","id":"x","subject":{"reference":"Patient/a"}}`,
			}))
			got := s.send("GET", path, h, "")
			if strings.Contains(got.text, "of-b") {
				t.Errorf("%s: b is told of: %s", path, got.text)
			}
			text, err := json.Marshal(got.entry(t))
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(want, "END", endpoint); string(text) != want {
				t.Errorf("%s: got  %s\nwant %s", path, text, want)
			}
		}
	}
}

func TestMembersOfAnUnknownFormAreLeftOut(t *testing.T) {
	for member, value := range map[string]string{
		"search":   `{"mode":"of-b","score":"of-b"}`,
		"request":  `{"method":"of-b","url":"of-b"}`,
		"response": `{"status":"of-b","etag":"W/\"of b\"","lastModified":"of-b"}`,
		"fullUrl":  `["of-b"]`,
	} {
		entry := `{"resource":` + observation("x", "Patient/a", "laboratory") + `,"` + member + `":` + value + `}`
		for path, listed := range map[string]string{"Observation": "searchset", "Observation/x/_history": "history"} {
			s, _ := behind(t, answering(map[string]string{"/fhir/" + path: `{"resourceType":"Bundle","type":"` + listed + `","entry":[` + entry + `]}`}))
			got := s.send("GET", path, system, "").entry(t)
			if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"fullUrl", "resource"}) {
				t.Errorf("%s with %s: got the members %v", path, member, names)
			}
		}
	}
}

// A deletion has no resource, so that only who may see everything is told of it.
func TestADeletionInAHistoryTellsWhenAndNothingElse(t *testing.T) {
	entry := `{"fullUrl":"of-b","request":{"method":"DELETE","url":"of-b"},"response":{"status":"204 of-b","outcome":"of-b"}}`
	s, _ := behind(t, answering(map[string]string{
		"/fhir/Observation/x/_history": `{"resourceType":"Bundle","type":"history","entry":[` + entry + `,{"resource":` + observation("of-b", "Patient/a", "x") + `}]}`,
	}))
	got := s.send("GET", "Observation/x/_history", system, "")
	text, err := json.Marshal(got.entry(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"fullUrl":"` + endpoint + `Observation/x","request":{"method":"DELETE","url":"Observation/x"},"response":{"status":"204"}}`; string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestABundleOfAnotherTypeIsNotTheAnswer(t *testing.T) {
	for path, listed := range map[string]string{"Observation": "history", "Observation/x/_history": "searchset", "Patient": "of-b"} {
		s, _ := saying(t, 200, `{"resourceType":"Bundle","type":"`+listed+`"}`)
		if got := s.send("GET", path, system, ""); got.status != 502 {
			t.Errorf("%s: got %d %s", path, got.status, got.text)
		}
	}
}

func TestHeadersOfTheServerBehindAreLookedAt(t *testing.T) {
	for name, c := range map[string]struct{ header, value, want string }{
		"a location":                {"Location", "BASE/Observation/n", endpoint + "Observation/n"},
		"a location with a version": {"Location", "BASE/Observation/n/_history/1", endpoint + "Observation/n/_history/1"},
		"a location of elsewhere":   {"Location", "https://example.org/Observation/n", ""},
		"a location with a query":   {"Location", "BASE/Observation/n?of=b", ""},
		"a location of a search":    {"Location", "BASE/Observation?of=b", ""},
		"a location of a type":      {"Location", "BASE/Observation", ""},
		"a location of a history":   {"Location", "BASE/Observation/n/_history", ""},
		"a relative location":       {"Location", "Observation/n", endpoint + "Observation/n"},
		"another type's location":   {"Location", "BASE/Patient/b", ""},
		"a location that leads up":  {"Location", "BASE/Observation/..", ""},
		"an ETag":                   {"ETag", `W/"1"`, `W/"1"`},
		"no ETag":                   {"ETag", `of-b`, ""},
		"no time":                   {"Last-Modified", "of-b", ""},
		"a time":                    {"Last-Modified", "Sat, 31 Jan 2026 09:30:00 GMT", "Sat, 31 Jan 2026 09:30:00 GMT"},
	} {
		s, _ := saying(t, 201, observation("n", "Patient/a", "laboratory"), c.header, c.value)
		if got := s.send("POST", "Observation", ofA, observation("", "Patient/a", "laboratory")); got.status != 201 || got.header.Get(c.header) != c.want {
			t.Errorf("%s: got %d with %q, want %q", name, got.status, got.header.Get(c.header), c.want)
		}
	}
}
