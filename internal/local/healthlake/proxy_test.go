package healthlake_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
)

// behind is a FHIR server that answers as a test wants, and notes what it was asked.
func behind(t *testing.T, serve func(w http.ResponseWriter, r *http.Request, base string), edits ...func(*healthlake.Config)) (store, *[]*http.Request) {
	t.Helper()
	var asked []*http.Request
	server := httptest.NewServer(nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Clone(t.Context()))
		serve(w, r, server.URL+"/fhir/")
	})
	t.Cleanup(server.Close)
	return newStore(t, func(c *healthlake.Config) {
		c.FHIRURL = server.URL + "/fhir/"
		for _, edit := range edits {
			edit(c)
		}
	}), &asked
}

// saying answers every request the same. BASE in the body stands for its base URL.
func saying(t *testing.T, status int, body string, header ...string) (store, *[]*http.Request) {
	return behind(t, func(w http.ResponseWriter, _ *http.Request, base string) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], strings.ReplaceAll(header[i+1], "BASE/", base))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.ReplaceAll(body, "BASE/", base))
	})
}

// answering serves bodies by path, and nothing else.
func answering(bodies map[string]string) func(w http.ResponseWriter, r *http.Request, base string) {
	return func(w http.ResponseWriter, r *http.Request, base string) {
		body, ok := bodies[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(body, "BASE/", base))
	}
}

var ofA = holder{Scope: "patient/*.cruds", Patient: "a"}

func TestTheServerBehindGetsNothingOfTheCallerButTheRequest(t *testing.T) {
	s, asked := saying(t, 200, observation("x", "Patient/a", "laboratory"))
	got := s.send("GET", "Observation/x", system, "", "Cookie", "a=b", "X-Forwarded-For", "192.0.2.1", "Accept", "text/html", "If-None-Exist", "x", "Connection", "X-Secret", "X-Secret", "x")
	if got.status != 200 || len(*asked) != 1 {
		t.Fatalf("got %d after %d requests", got.status, len(*asked))
	}
	var names []string
	for name := range (*asked)[0].Header {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"Accept", "Accept-Encoding", "User-Agent"}; !slices.Equal(names, want) {
		t.Errorf("headers %v, want %v", names, want)
	}
	if r := (*asked)[0]; r.URL.Path != "/fhir/Observation/x" || !strings.HasPrefix(r.Host, "127.0.0.1:") || r.Header.Get("Accept") != fhirJSON {
		t.Errorf("asked %s of %s", r.URL, r.Host)
	}
}

func TestURLsOfTheServerBehindAreTheDatastores(t *testing.T) {
	s, asked := saying(t, 201, `{"resourceType":"Observation","id":"n","status":"final","subject":{"reference":"BASE/Patient/a"},"instantiatesUri":"BASE/x","derivedFrom":[{"reference":"https://example.org/Observation/1"}]}`,
		"Location", "BASE/Observation/n/_history/1", "ETag", `W/"1"`)
	body := strings.Replace(observation("", endpoint+"Patient/a", "laboratory"), "{", `{"note":[{"authorReference":{"reference":"`+endpoint+`Practitioner/1"}}],`, 1)
	got := s.send("POST", "Observation", ofA, body)
	if got.status != 201 || got.header.Get("Location") != endpoint+"Observation/n/_history/1" {
		t.Errorf("got %d with Location %q: %s", got.status, got.header.Get("Location"), got.text)
	}
	if got.body["instantiatesUri"] != endpoint+"x" || !strings.Contains(got.text, "https://example.org/Observation/1") || strings.Contains(got.text, "/fhir/") {
		t.Errorf("got %s", got.text)
	}
	if r := (*asked)[0]; r.Method != http.MethodPost || r.Header.Get("Content-Type") != fhirJSON {
		t.Errorf("asked %s with %v", r.Method, r.Header)
	}
}

// However JSON spells a slash, a reference is the same; a longer path is another server's.
func TestAReferenceOfTheServerBehindIsUnderstoodHoweverItIsSpelt(t *testing.T) {
	for reference, status := range map[string]int{
		"Patient/a": 200, "BASE/Patient/a": 200, `BASE\/Patient\/a`: 200, `BASE/Patient\u002fa`: 200, "BASE/Patient/b": 404, "BASE2/Patient/a": 404, "x-BASE/Patient/a": 404,
	} {
		var base string
		s, _ := behind(t, func(w http.ResponseWriter, _ *http.Request, at string) {
			base = strings.TrimSuffix(at, "/")
			text := strings.NewReplacer("x-BASE", "x-"+base, `BASE\`, strings.ReplaceAll(base, "/", `\/`)+`\`, "BASE", base).Replace(reference)
			_, _ = io.WriteString(w, `{"resourceType":"Observation","id":"x","subject":{"reference":"`+text+`"}}`)
		})
		got := s.send("GET", "Observation/x", ofA, "")
		if got.status != status || status == 200 && !strings.Contains(got.text, `{"reference":"Patient/a"}`) {
			t.Errorf("%s: got %d %s", reference, got.status, got.text)
		}
	}
	// To write what is another patient's as well is refused, whatever the spelling.
	for _, other := range []string{"Patient/b", "BASE/Patient/b", `BASE/Patient\u002fb`, `http:\u002f\u002fBARE/Patient/b`} {
		s, asked := behind(t, func(w http.ResponseWriter, _ *http.Request, at string) {
			base := strings.TrimSuffix(at, "/")
			text := strings.NewReplacer("BASE", base, "BARE", strings.TrimPrefix(base, "http://")).Replace(other)
			_, _ = io.WriteString(w, `{"resourceType":"Observation","id":"x","subject":{"reference":"`+text+`"},"performer":[{"reference":"Patient/a"}]}`)
		})
		if got := s.send("PUT", "Observation/x", ofA, observation("x", "Patient/a", "laboratory")); got.status != 403 || len(*asked) != 1 {
			t.Errorf("%s: got %d after %d requests: %s", other, got.status, len(*asked), got.text)
		}
	}
}

func TestOnlyFHIRsGrammarReachesTheServerBehind(t *testing.T) {
	s, asked := saying(t, 200, observation("x", "Patient/a", "laboratory"))
	for _, request := range []string{
		"GET Observation/x%2F_history%2F1", "GET Observation/x%2F_history", "GET Observation/%2e%2e%2fadmin", "GET Observation/a_b", "GET Observation/x/_history/a%2Fb",
		"GET Observation/x/_history/_1", "GET Observation/x%2F..%2Fy/_history", "DELETE Observation/x%2F_history%2F1", "DELETE Observation/a%3Fb", "GET Observation/" + strings.Repeat("a", 65),
	} {
		method, path, _ := strings.Cut(request, " ")
		for _, h := range []holder{ofA, system} {
			if got := s.send(method, path, h, ""); got.status != 404 {
				t.Errorf("%s: got %d %s", request, got.status, got.text)
			}
		}
	}
	for _, r := range *asked {
		if r.Method != http.MethodGet || r.RequestURI != "/fhir/Observation/x" { // whether the patient may see its history
			t.Errorf("it was asked %s %s", r.Method, r.RequestURI)
		}
	}
}

func TestWhatTheServerBehindShowsTooMuchOfIsTakenOut(t *testing.T) {
	mixed := `{"resourceType":"Bundle","type":"searchset","total":9,"link":[{"relation":"self","url":"BASE/Observation"}],"entry":[
		{"fullUrl":"BASE/Observation/1","resource":{"resourceType":"Observation","id":"1","subject":{"reference":"BASE/Patient/a"}}},
		{"resource":{"resourceType":"Observation","id":"2","subject":{"reference":"Patient/b"}}},
		{"resource":{"resourceType":"Patient","id":"a"}},
		{"resource":{"resourceType":"OperationOutcome","issue":[{"diagnostics":"b"}]}},
		{"fullUrl":"BASE/Observation/3"}, 7]}`
	s, asked := saying(t, 200, mixed)
	got := s.send("GET", "Observation?code=x", ofA, "")
	if got.status != 200 || !slices.Equal(got.entries(), []string{"Observation/1"}) || got.body["total"] != nil || !strings.Contains(got.text, endpoint+"Observation/1") {
		t.Errorf("a patient is shown %s", got.text)
	}
	if query := (*asked)[0].URL.Query(); query.Get("code") != "x" {
		t.Errorf("asked for %v", query)
	}
	got = s.send("GET", "Observation", holder{Scope: "system/Observation.s"}, "")
	if !slices.Equal(got.entries(), []string{"Observation/1", "Observation/2"}) || got.body["total"] != 9.0 {
		t.Errorf("a system is shown %s", got.text)
	}
	for _, path := range []string{"Observation/x", "Observation/x/_history/1"} {
		foreign, _ := saying(t, 200, observation("x", "Patient/b", "laboratory"))
		if got := foreign.send("GET", path, ofA, ""); got.status != 404 {
			t.Errorf("%s: got %d", path, got.status)
		}
		other, _ := saying(t, 200, observation("y", "Patient/a", "laboratory"))
		if got := other.send("GET", path, ofA, ""); got.status != 502 {
			t.Errorf("%s, answered with another: got %d", path, got.status)
		}
	}
	gone, _ := saying(t, 410, "")
	if got := gone.send("GET", "Observation/x", ofA, ""); got.status != 404 {
		t.Errorf("told of what was deleted: %d", got.status)
	}
	if got := gone.send("PUT", "Observation/x", ofA, observation("x", "Patient/a", "laboratory")); got.status != 403 {
		t.Errorf("took over what was deleted: %d", got.status)
	}
	user := holder{Scope: "user/*.cruds", FHIRUser: "Patient/a"}
	fine, _ := behind(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if w.WriteHeader(http.StatusGone); r.Method != http.MethodGet {
			t.Errorf("%s %s was passed on", r.Method, r.URL)
		}
	}, func(c *healthlake.Config) { c.FineGrained = true })
	if got := fine.send("PUT", "Observation/x", user, observation("x", "Patient/a", "laboratory")); got.status != 403 {
		t.Errorf("a user took over what was deleted: %d", got.status)
	}
}

// What a read shows, a search finds: the server behind is asked for less only where
// one parameter finds the whole compartment.
func TestASearchAtTheServerBehindLeavesOutNothingOfTheCompartment(t *testing.T) {
	s, asked := saying(t, 200, `{"resourceType":"Bundle","type":"searchset"}`)
	for query, want := range map[string]string{
		"Patient": "_id=a", "Immunization": "patient=Patient/a", "Encounter": "subject=Patient/a", "SupplyRequest": "subject=Patient/a",
		"Appointment": "actor=Patient/a", "AdverseEvent": "subject=Patient/a",
		"Observation": "", "AllergyIntolerance": "", "Coverage": "", "MedicationDispense": "", // a performer, recorder, payor or receiver as well
		"Observation?patient=" + endpoint + "Patient/a": "patient=Patient/a",
	} {
		if got := s.send("GET", query, ofA, ""); got.status != 200 {
			t.Fatalf("%s: %d %s", query, got.status, got.text)
		}
		criteria, err := url.QueryUnescape((*asked)[len(*asked)-1].URL.RawQuery)
		if criteria = strings.Trim(strings.Replace(criteria, "_count=100", "", 1), "&"); err != nil || criteria != want {
			t.Errorf("%s: asked for %q, want %q", query, criteria, want)
		}
	}
}

func TestAWriteIsHeldAgainstWhatIsThereBefore(t *testing.T) {
	var before string
	var wrote []string
	s, _ := behind(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		w.Header().Set("ETag", `W/"7"`)
		if r.Method != http.MethodGet {
			wrote = append(wrote, r.Method+" "+r.Header.Get("If-Match"))
		}
		_, _ = io.WriteString(w, before)
	})
	before = observation("x", "Patient/b", "laboratory")
	for method, want := range map[string]int{"PUT": 403, "DELETE": 404} {
		if got := s.send(method, "Observation/x", ofA, observation("x", "Patient/a", "laboratory")); got.status != want || len(wrote) > 0 {
			t.Errorf("%s of b's: got %d, wrote %v", method, got.status, wrote)
		}
	}
	before = observation("x", "Patient/a", "laboratory")
	for _, method := range []string{"PUT", "DELETE"} {
		if got := s.send(method, "Observation/x", ofA, observation("x", "Patient/a", "laboratory")); got.status >= 300 {
			t.Errorf("%s of a's: got %d %s", method, got.status, got.text)
		}
	}
	if want := []string{`PUT W/"7"`, `DELETE W/"7"`}; !slices.Equal(wrote, want) {
		t.Errorf("wrote %v, want %v", wrote, want)
	}
}

// The server behind may know nothing of lists, of * and of If-None-Match, and a write
// that names several versions must not meet one that was not looked at.
func TestPreconditionsAreJudgedHereAndTheServerBehindIsHeldToTheStateThatWasSeen(t *testing.T) {
	for _, h := range []holder{ofA, system} {
		var wrote []string
		s, _ := behind(t, func(w http.ResponseWriter, r *http.Request, _ string) {
			w.Header().Set("ETag", `W/"7"`)
			if r.Method != http.MethodGet {
				wrote = append(wrote, r.Method+" "+strings.Join(r.Header.Values("If-Match"), "+")+strings.Join(r.Header.Values("If-None-Match"), "+"))
			}
			_, _ = io.WriteString(w, observation("x", "Patient/a", "laboratory"))
		})
		for _, method := range []string{"PUT", "DELETE"} {
			for _, c := range []struct {
				header, value string
				passes        bool
			}{
				{"If-Match", `W/"7"`, true}, {"If-Match", `W/"6", W/"7"`, true}, {"If-Match", `*`, true},
				{"If-None-Match", `W/"6"`, true},
				{"If-Match", `W/"6"`, false}, {"If-Match", `W/"6",W/"8"`, false}, {"If-None-Match", `*`, false}, {"If-None-Match", `W/"7"`, false},
			} {
				wrote = nil
				got := s.send(method, "Observation/x", h, observation("x", "Patient/a", "laboratory"), c.header, c.value)
				if want := []string{method + ` W/"7"`}; c.passes && (got.status >= 300 || !slices.Equal(wrote, want)) {
					t.Errorf("%s with %s: %s: got %d, wrote %v, want %v", method, c.header, c.value, got.status, wrote, want)
				}
				if !c.passes && (got.status != 412 || len(wrote) > 0) {
					t.Errorf("%s with %s: %s: got %d, wrote %v", method, c.header, c.value, got.status, wrote)
				}
			}
		}
	}
}

func TestAStateWithoutAnETagMeetsNoVersionThatIsAskedFor(t *testing.T) {
	s, _ := behind(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		_, _ = io.WriteString(w, observation("x", "Patient/a", "laboratory"))
	})
	body := observation("x", "Patient/a", "laboratory")
	if got := s.send("PUT", "Observation/x", system, body, "If-Match", `W/"1"`); got.status != 412 {
		t.Errorf("a version: got %d", got.status)
	}
	if got := s.send("PUT", "Observation/x", system, body, "If-Match", "*"); got.status != 200 {
		t.Errorf("any version: got %d", got.status)
	}
}

func TestTheNextPageOfTheServerBehindGoesThroughTheDatastore(t *testing.T) {
	s, asked := behind(t, func(w http.ResponseWriter, r *http.Request, base string) {
		if r.URL.RawQuery == "_getpages=1&secret=2" {
			_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":`+observation("2", "Patient/a", "x")+`},{"resource":`+observation("3", "Patient/b", "x")+`}]}`)
			return
		}
		_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"`+strings.TrimSuffix(base, "/")+`?_getpages=1&secret=2"}]}`)
	})
	next := s.send("GET", "Observation", ofA, "").next()
	if !strings.HasPrefix(next, "Observation?page=") || strings.Contains(next, "secret") {
		t.Fatalf("the next page is %q", next)
	}
	if got := s.send("GET", next, ofA, ""); !slices.Equal(got.entries(), []string{"Observation/2"}) || len(*asked) != 2 {
		t.Errorf("the next page holds %s", got.text)
	}
	for _, elsewhere := range []string{"https://example.org/fhir/?x", "http://127.0.0.1:1/fhir/", "BASE/../admin", "BASE/%2e%2e/admin"} {
		s, _ := saying(t, 200, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"`+elsewhere+`"}]}`)
		if got := s.send("GET", "Observation", system, ""); got.status != 502 {
			t.Errorf("%s: got %d %s", elsewhere, got.status, got.text)
		}
	}
}

func TestAParameterThatReachesOtherTypesIsNotPassedOn(t *testing.T) {
	s, asked := saying(t, 200, `{"resourceType":"Bundle","type":"searchset"}`)
	for query, want := range map[string]int{
		"_include=Observation:subject": 400, "_revinclude:iterate=Provenance:target": 400, "_has:Observation:patient:code=1": 400,
		"subject.name=x": 400, "subject:Patient.name=x": 400, "_sort=subject.name": 400, "_filter=a": 400, "_contained=both": 400,
		"_format=xml": 406, "_elements=id": 400, "_summary=true": 400,
		"_format=json": 200, "_pretty=true": 200, "date=ge2024": 200, "code:not=x": 200, "_lastUpdated=ge2024": 200, "_sort=-date": 200, "_profile:below=http://example.org/a.b": 200,
	} {
		before := len(*asked)
		got := s.send("GET", "Observation?"+query, system, "")
		if passed := len(*asked) > before; got.status != want || passed != (want == 200) {
			t.Errorf("%s: got %d, passed on %t: %s", query, got.status, passed, got.text)
		}
	}
}

func TestAServerBehindThatFailsIsABadGateway(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
	}{
		{"an error", 500, `{"resourceType":"OperationOutcome"}`},
		{"not let in", 401, ""},
		{"forbidden", 403, ""},
		{"a redirect", 302, ""},
		{"no JSON", 200, "<html>"},
		{"nothing", 200, ""},
		{"another type", 200, `{"resourceType":"Patient","id":"x"}`},
		{"too much", 200, `{"resourceType":"Observation","id":"x","a":"` + strings.Repeat("a", 5<<20) + `"}`},
	} {
		s, asked := saying(t, c.status, c.body, "Location", "BASE/elsewhere")
		for _, path := range []string{"Observation/x", "Observation", "Observation/x/_history"} {
			before := len(*asked)
			got := s.send("GET", path, system, "")
			if got.status != 502 || !strings.HasPrefix(got.diagnostics(), "the FHIR server behind: ") || len(*asked) != before+1 {
				t.Errorf("%s: %s: got %d after %d requests: %.200s", c.name, path, got.status, len(*asked)-before, got.text)
			}
			if c.name == "too much" && !strings.Contains(got.diagnostics(), "larger than 5 MiB") {
				t.Errorf("%s: %s", c.name, got.diagnostics())
			}
		}
	}
	unreachable := newStore(t, func(c *healthlake.Config) { c.FHIRURL = "http://127.0.0.1:1/fhir" })
	if got := unreachable.send("GET", "Patient", system, ""); got.status != 502 {
		t.Errorf("got %d", got.status)
	}
}

func TestARefusalOfTheServerBehindSaysWhyOnlyToWhoMaySeeEverything(t *testing.T) {
	s, _ := saying(t, 422, `{"resourceType":"OperationOutcome","issue":[{"diagnostics":"a duplicate of Patient/b"}]}`)
	body := observation("", "Patient/a", "laboratory")
	if got := s.send("POST", "Observation", system, body); got.status != 422 || !strings.Contains(got.text, "Patient/b") {
		t.Errorf("a system is told %d %s", got.status, got.text)
	}
	if got := s.send("POST", "Observation", ofA, body); got.status != 422 || strings.Contains(got.text, "Patient/b") {
		t.Errorf("a patient is told %d %s", got.status, got.text)
	}
}

func TestAnUnauthorizedRequestDoesNotReachTheServerBehind(t *testing.T) {
	s, asked := saying(t, 200, "{}")
	for n := range attempts {
		s.attempt(n, "a", holder{})
		s.attempt(n, "a", holder{Scope: "system/Patient.cruds"})
		if attempts[n].permission == "c" {
			s.attempt(n, "b", ofA)
		}
	}
	if len(*asked) > 0 {
		t.Errorf("it was asked %s %s", (*asked)[0].Method, (*asked)[0].URL)
	}
}

func TestAURLThatIsNoFHIRServersIsRefused(t *testing.T) {
	for text, quoted := range map[string]string{
		"x": `"x": `, "ftp://example.org/fhir": `"ftp://example.org/fhir": `, "http:///fhir": `"http:///fhir": `,
		"http://user:pass@example.org/fhir": "", "http://example.org/fhir?key=pass": "", "http://example.org/#pass": "", "http://user:pass@%": "",
	} {
		config := baseline()
		config.FHIRURL = text
		_, err := healthlake.New(config, validate, nil)
		if want := "the FHIR server behind: " + quoted + "must be the base URL "; err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "pass") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// The FHIR server behind may write the links to itself in any form of its base URL.
func TestLinksInAnotherFormOfTheBaseAreTheSameLinks(t *testing.T) {
	forms := map[string]func(base string) string{
		"another case of scheme and host": func(base string) string {
			return strings.Replace(base, "http://127.0.0.1", "HTTP://LocalHost", 1)
		},
		"relative":         func(string) string { return "./" },
		"an absolute path": func(string) string { return "/fhir/" },
	}
	for name, form := range forms {
		s, asked := behind(t, func(w http.ResponseWriter, r *http.Request, base string) {
			if r.URL.Query().Get("_getpages") == "1" {
				_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Observation","id":"2"}}]}`)
				return
			}
			absolute := form(base)
			if !strings.Contains(absolute, "://") {
				absolute = strings.Replace(base, "127.0.0.1", "localhost", 1)
			}
			_, _ = io.WriteString(w, `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"`+form(base)+`Observation?_getpages=1"}],
				"entry":[{"resource":{"resourceType":"Observation","id":"1","subject":{"reference":"`+absolute+`Patient/a"}}}]}`)
		}, func(c *healthlake.Config) { c.FHIRURL = strings.Replace(c.FHIRURL, "127.0.0.1", "localhost", 1) })
		first := s.send("GET", "Observation", system, "")
		if !strings.Contains(first.text, `"reference":"Patient/a"`) {
			t.Errorf("%s: the reference is not relative: %s", name, first.text)
		}
		if got := s.send("GET", first.next(), system, ""); !slices.Equal(got.entries(), []string{"Observation/2"}) || len(*asked) != 2 {
			t.Errorf("%s: the next page: %d %s", name, got.status, got.text)
		}
	}
}
