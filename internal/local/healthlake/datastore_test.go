package healthlake_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/validator"
)

const (
	base     = "/datastore/0123/r4/"
	endpoint = "https://127.0.0.1:8443" + base
	fhirJSON = "application/fhir+json"
	systemRW = "system/*.cruds"
)

// holder is whom a token is for. The fake validator reads it out of the token.
type holder struct{ Scope, Patient, FHIRUser string }

func (h holder) token() string {
	text, _ := json.Marshal(h)
	return base64.RawURLEncoding.EncodeToString(text)
}

// validate grants what the token says, to this datastore and for now.
func validate(_ context.Context, _ string, payload []byte) (healthlake.Reply, error) {
	var event validator.Event
	var h holder
	if err := json.Unmarshal(payload, &event); err != nil {
		return healthlake.Reply{}, err
	}
	text, err := base64.RawURLEncoding.DecodeString(event.BearerToken)
	if err != nil {
		return healthlake.Reply{}, err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return healthlake.Reply{}, err
	}
	now := time.Now().Unix()
	answer, err := json.Marshal(validator.Answer{IAMRoleARN: "role", AuthPayload: validator.AuthPayload{
		IsAuthorized: "true", Audience: event.DatastoreEndpoint, NotBefore: now, Expires: now + 60,
		Scope: h.Scope, Patient: h.Patient, FHIRUser: h.FHIRUser,
	}})
	return healthlake.Reply{Answer: answer}, err
}

func baseline() healthlake.Config {
	return healthlake.Config{
		Endpoint: endpoint, ARN: datastoreARN, ID: "0123", Name: "test", Metadata: `{"issuer":"x"}`, ValidatorARN: "function",
		Keys: keys, Permit: permit,
	}
}

type store struct {
	t testing.TB
	d *healthlake.Datastore
}

func newStore(t testing.TB, edit func(*healthlake.Config)) store {
	t.Helper()
	config := baseline()
	if edit != nil {
		edit(&config)
	}
	d, err := healthlake.New(config, validate, func(string, string, string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return store{t, d}
}

// both runs a test on resources in memory and on those of a FHIR server behind,
// which is a stand-in of its own that lets everybody in.
func both(t *testing.T, edit func(*healthlake.Config), test func(t *testing.T, s store)) {
	t.Run("in memory", func(t *testing.T) { test(t, newStore(t, edit)) })
	t.Run("behind", func(t *testing.T) { test(t, newProxied(t, edit)) })
}

func newProxied(t testing.TB, edit func(*healthlake.Config)) store {
	var behind *healthlake.Datastore
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the caller's token reached the FHIR server behind")
		}
		r.Header.Set("Authorization", "Bearer "+holder{Scope: systemRW}.token())
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	config := baseline()
	if edit != nil {
		edit(&config)
	}
	config.Endpoint = server.URL + "/fhir/"
	var err error
	if behind, err = healthlake.New(config, validate, func(string, string, string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return newStore(t, func(c *healthlake.Config) {
		if edit != nil {
			edit(c)
		}
		c.FHIRURL = server.URL + "/fhir"
	})
}

func synthetic(c *healthlake.Config) { c.Data = healthlake.Synthetic(1) }

type response struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

func (s store) send(method, path string, h holder, body string, header ...string) response {
	s.t.Helper()
	request := httptest.NewRequest(method, base+path, strings.NewReader(body))
	if h.Scope != "" {
		request.Header.Set("Authorization", "Bearer "+h.token())
	}
	if body != "" {
		request.Header.Set("Content-Type", fhirJSON)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	s.d.ServeHTTP(recorder, request)
	r := response{status: recorder.Code, header: recorder.Result().Header, text: recorder.Body.String()}
	if r.text != "" {
		if err := json.Unmarshal([]byte(r.text), &r.body); err != nil {
			s.t.Fatalf("%s %s: %q is no JSON object", method, path, r.text)
		}
	}
	return r
}

// entries of a Bundle, as "Type/id".
func (r response) entries() []string {
	var names []string
	entries, _ := r.body["entry"].([]any)
	for _, e := range entries {
		content, _ := e.(map[string]any)["resource"].(map[string]any)
		typ, _ := content["resourceType"].(string)
		id, _ := content["id"].(string)
		names = append(names, typ+"/"+id)
	}
	return names
}

// next is the path of the next page, "" if there is none.
func (r response) next() string {
	links, _ := r.body["link"].([]any)
	for _, l := range links {
		if link := l.(map[string]any); link["relation"] == "next" {
			return strings.TrimPrefix(link["url"].(string), endpoint)
		}
	}
	return ""
}

func (r response) diagnostics() string {
	issues, _ := r.body["issue"].([]any)
	if len(issues) != 1 {
		return ""
	}
	text, _ := issues[0].(map[string]any)["diagnostics"].(string)
	return text
}

func observation(id, subject, category string) string {
	body := map[string]any{
		"resourceType": "Observation", "status": "final", "code": map[string]any{"text": "x"},
		"category": []any{map[string]any{"coding": []any{map[string]any{"code": category}}}},
		"subject":  map[string]any{"reference": subject},
	}
	if id != "" {
		body["id"] = id
	}
	text, _ := json.Marshal(body)
	return string(text)
}

func (s store) put(t testing.TB, path, body string) {
	t.Helper()
	if r := s.send("PUT", path, holder{Scope: systemRW}, body); r.status >= 300 {
		t.Fatalf("PUT %s: %d %s", path, r.status, r.text)
	}
}

// twoPatients are a and b, each with a laboratory result and a vital sign.
func (s store) twoPatients(t testing.TB) {
	t.Helper()
	for _, id := range []string{"a", "b"} {
		s.put(t, "Patient/"+id, `{"resourceType":"Patient","id":"`+id+`"}`)
		s.put(t, "Observation/"+id+"-lab", observation(id+"-lab", "Patient/"+id, "laboratory"))
		s.put(t, "Observation/"+id+"-vital", observation(id+"-vital", "Patient/"+id, "vital-signs"))
	}
}

// Each interaction, on a resource of a's and on one of b's.
var attempts = []struct {
	name, method, path, body string
	permission               string
	done                     int
}{
	{"read", "GET", "Observation/%-lab", "", "r", 200},
	{"vread", "GET", "Observation/%-lab/_history/1", "", "r", 200},
	{"history", "GET", "Observation/%-lab/_history", "", "r", 200},
	{"search", "GET", "Observation?_id=%-lab", "", "s", 200},
	{"create", "POST", "Observation", "", "c", 201},
	{"update", "PUT", "Observation/%-lab", "%-lab", "u", 200},
	{"delete", "DELETE", "Observation/%-lab", "", "d", 204},
}

func (s store) attempt(n int, patient string, h holder) response {
	a := attempts[n]
	body := ""
	if a.permission == "c" || a.permission == "u" {
		body = observation(strings.ReplaceAll(a.body, "%", patient), "Patient/"+patient, "laboratory")
	}
	return s.send(a.method, strings.ReplaceAll(a.path, "%", patient), h, body)
}

func TestEachInteractionNeedsItsPermissionItsTypeAndItsPatient(t *testing.T) {
	scopes := map[string]string{
		"r": "r", "s": "s", "c": "c", "u": "u", "d": "d", "read": "rs", "write": "cud", "*": "cruds", "cruds": "cruds",
	}
	both(t, nil, func(t *testing.T, s store) {
		for n, a := range attempts {
			for granted, letters := range scopes {
				for _, who := range []string{"patient", "user", "system"} {
					s.twoPatients(t)
					h := holder{Scope: who + "/Observation." + granted, Patient: "a", FHIRUser: "Practitioner/1"}
					may := strings.Contains(letters, a.permission)
					for _, patient := range []string{"a", "b"} {
						want := a.done
						foreign := who == "patient" && patient == "b"
						switch {
						case !may:
							want = 403
						case foreign && (a.permission == "c" || a.permission == "u"):
							want = 403
						case foreign && a.permission != "s":
							want = 404
						}
						got := s.attempt(n, patient, h)
						if got.status != want {
							t.Errorf("%s of %s's with %s: got %d, want %d: %s", a.name, patient, h.Scope, got.status, want, got.text)
						}
						if found := slices.Contains(got.entries(), "Observation/"+patient+"-lab"); a.permission == "s" && found != (may && !foreign) {
							t.Errorf("search of %s's with %s: found %v", patient, h.Scope, got.entries())
						}
					}
					other := holder{Scope: who + "/Patient.*", Patient: "a", FHIRUser: "Practitioner/1"}
					if got := s.attempt(n, "a", other); got.status != 403 {
						t.Errorf("%s with %s: got %d, want 403", a.name, other.Scope, got.status)
					}
				}
			}
		}
	})
}

func TestAFilteredScopeReachesWhatMatches(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		h := holder{Scope: "system/Observation.cruds?category=laboratory"}
		s.twoPatients(t)
		for _, c := range []struct {
			method, path, body string
			want               int
		}{
			{"GET", "Observation/a-lab", "", 200},
			{"GET", "Observation/a-vital", "", 404},
			{"GET", "Observation/a-vital/_history", "", 404},
			{"GET", "Observation/a-vital/_history/1", "", 404},
			{"POST", "Observation", observation("", "Patient/a", "laboratory"), 201},
			{"POST", "Observation", observation("", "Patient/a", "vital-signs"), 403},
			{"PUT", "Observation/a-vital", observation("a-vital", "Patient/a", "laboratory"), 403}, // the old one does not match
			{"PUT", "Observation/a-lab", observation("a-lab", "Patient/a", "vital-signs"), 403},    // the new one does not
			{"PUT", "Observation/a-lab", observation("a-lab", "Patient/b", "laboratory"), 200},
			{"PUT", "Observation/new", observation("new", "Patient/a", "vital-signs"), 403},
			{"DELETE", "Observation/a-vital", "", 404},
			{"DELETE", "Observation/a-lab", "", 204},
		} {
			if got := s.send(c.method, c.path, h, c.body); got.status != c.want {
				t.Errorf("%s %s %s: got %d, want %d: %s", c.method, c.path, c.body, got.status, c.want, got.text)
			}
		}
		found := s.send("GET", "Observation", h, "").entries()
		if len(found) != 2 || slices.Contains(found, "Observation/a-vital") || slices.Contains(found, "Observation/b-vital") {
			t.Errorf("found %v", found)
		}
	})
}

// An empty answer would say that there is nothing, and the whole one is not granted.
func TestAFilterThatCannotBeEvaluatedIsRefused(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		s.twoPatients(t)
		for scope, want := range map[string]string{
			"system/Observation.rs?date=soon":                                 `the scope "system/Observation.rs?date=soon": the local cloud cannot filter by it: date: "soon": unknown prefix; `,
			"system/Observation.rs?category=laboratory&value-quantity=x":      `the scope "system/Observation.rs?category=laboratory&value-quantity=x": the local cloud cannot filter by it: value-quantity: "x": must be a number `,
			"system/Observation.rs?code=x system/Observation.rs?value-date=1": `the scope "system/Observation.rs?value-date=1": the local cloud cannot filter by it: value-date: "1": must be a date `,
			"system/Observation.rs?category:not=laboratory":                   `the validator's answer: "system/Observation.rs?category:not=laboratory": filter not accepted: `,
			"system/Observation.rs?_count=1":                                  `the validator's answer: "system/Observation.rs?_count=1": filter not accepted: `,
		} {
			for _, path := range []string{"Observation/a-vital", "Observation"} {
				status := 501 // the local cloud's own limit
				if strings.HasPrefix(want, "the validator's answer") {
					status = 403
				}
				if got := s.send("GET", path, holder{Scope: scope}, ""); got.status != status || !strings.HasPrefix(got.diagnostics(), want) {
					t.Errorf("%s with %s: got %d %s, want %d %s", path, scope, got.status, got.diagnostics(), status, want)
				}
			}
		}
		for _, beside := range []string{"system/Observation.rs system/Observation.rs?date=soon", "system/Observation.rs?date=soon system/Observation.rs", "system/Observation.rs?category=vital-signs system/Patient.rs?birthdate=2000"} {
			if got := s.send("GET", "Observation/a-vital", holder{Scope: beside}, ""); got.status != 200 {
				t.Errorf("%s: got %d: %s", beside, got.status, got.text)
			}
		}
	})
}

func TestAFilterByAReferenceReachesWhatNamesIt(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		s.twoPatients(t)
		for value, want := range map[string]int{
			"a": 200, "Patient/a": 200, "Patient%2Fa": 200, endpoint + "Patient/a": 200, "b,a": 200,
			"b": 404, "Patient/b": 404, "Group/a": 404, "https://example.org/Patient/a": 404,
		} {
			for _, parameter := range []string{"patient", "subject"} {
				if got := s.send("GET", "Observation/a-lab", holder{Scope: "system/Observation.r?" + parameter + "=" + value}, ""); got.status != want {
					t.Errorf("%s=%s: got %d, want %d: %s", parameter, value, got.status, want, got.text)
				}
			}
		}
	})
}

func TestAPatientReachesNoTypeOutsideOfTheCompartment(t *testing.T) {
	both(t, synthetic, func(t *testing.T, s store) {
		h := holder{Scope: "patient/*.cruds", Patient: "patient-001"}
		for path, want := range map[string]int{
			"Patient/patient-001": 200,
			"Patient/patient-002": 404,
			"AllergyIntolerance/patient-001-allergyintolerance-1": 200,
			"AllergyIntolerance/patient-002-allergyintolerance-1": 404,
			"Immunization/patient-001-immunization-1":             200,
			"Immunization/patient-002-immunization-1":             404,
			"DocumentReference/patient-001-documentreference-1":   200,
			"Practitioner/practitioner-1":                         403,
			"Practitioner":                                        403,
			"Medication":                                          403,
		} {
			if got := s.send("GET", path, h, ""); got.status != want {
				t.Errorf("%s: got %d, want %d", path, got.status, want)
			}
		}
		if got := s.send("GET", "Patient/patient-001", holder{Scope: "patient/*.cruds"}, ""); got.status != 403 {
			t.Errorf("without a patient: got %d, want 403", got.status)
		}
		if got := s.send("POST", "Patient", h, `{"resourceType":"Patient","id":"patient-001"}`); got.status != 403 {
			t.Errorf("a patient made a patient: %d", got.status)
		}
	})
}

// Who performs or asserts is in the compartment as FHIR R4 has it; a contained
// resource, another server's patient and a lookalike are not.
func TestTheCompartmentIsFHIRs(t *testing.T) {
	h := holder{Scope: "patient/*.r", Patient: "a"}
	for _, c := range []struct {
		typ, members string
		in           bool
	}{
		{"Observation", `"status":"final","code":{},"subject":{"reference":"Patient/b"},"performer":[{"reference":"Practitioner/1"},{"reference":"Patient/a"}]`, true},
		{"Observation", `"status":"final","code":{},"subject":{"reference":"` + endpoint + `Patient/a"}`, true},
		{"Observation", `"status":"final","code":{},"subject":{"reference":"Patient/a/_history/3"}`, true},
		{"Observation", `"status":"final","code":{},"subject":{"reference":"https://example.org/Patient/a"}`, false},
		{"Observation", `"status":"final","code":{},"subject":{"reference":"#a"},"contained":[{"resourceType":"Patient","id":"a"}]`, false},
		{"Observation", `"status":"final","code":{},"subject":{"reference":"Patient/ab"}`, false},
		{"Observation", `"status":"final","code":{},"subject":{"reference":"Group/a"}`, false},
		{"Observation", `"status":"final","code":{},"focus":[{"reference":"Patient/a"}]`, false},
		{"Appointment", `"participant":[{"actor":{"reference":"Practitioner/1"}},{"actor":{"reference":"Patient/a"}}]`, true},
		{"Coverage", `"beneficiary":{"reference":"Patient/a"}`, true},
		{"Coverage", `"patient":{"reference":"Patient/a"}`, false},
		{"CareTeam", `"participant":[{"member":{"reference":"Patient/a"}}]`, true},
		{"Encounter", `"status":"x","class":{},"patient":{"reference":"Patient/a"}`, false}, // patient is its parameter, subject the element
		{"Group", `"member":[{"entity":{"reference":"Patient/a"}}]`, true},
		{"Patient", `"link":[{"other":{"reference":"Patient/a"},"type":"seealso"}]`, false},
	} {
		both(t, nil, func(t *testing.T, s store) {
			s.put(t, c.typ+"/x", `{"resourceType":"`+c.typ+`","id":"x",`+c.members+`}`)
			want := 404
			if c.in {
				want = 200
			}
			if got := s.send("GET", c.typ+"/x", h, ""); got.status != want {
				t.Errorf("%s with %s: got %d, want %d", c.typ, c.members, got.status, want)
			}
		})
	}
}

// Membership by performer lets a patient see a resource. To change one, it must be in
// nobody else's compartment.
func TestAPatientChangesNothingThatIsAboutSomebodyElse(t *testing.T) {
	const own, performed = `"subject":{"reference":"Patient/a"}`, `"performer":[{"reference":"Patient/a"}]`
	h := holder{Scope: "patient/*.cruds", Patient: "a"}
	for _, c := range []struct {
		name, typ, members string
		may                bool
	}{
		{"its own", "Observation", own, true},
		{"its own, absolute", "Observation", `"subject":{"reference":"` + endpoint + `Patient/a"}`, true},
		{"its own, performed by itself", "Observation", own + "," + performed, true},
		{"its own, performed by a practitioner", "Observation", own + `,"performer":[{"reference":"Practitioner/1"}]`, true},
		{"its own, performed by another server's practitioner", "Observation", own + `,"performer":[{"reference":"https://example.org/Practitioner/1"}]`, true},
		{"its own, performed by a practitioner of a number", "Observation", own + `,"performer":[{"type":"Practitioner","identifier":{"value":"1"}}]`, true},
		{"its own, performed in words", "Observation", own + `,"performer":[{"display":"Dr. Quinn"}]`, true},
		{"its own, performed by another", "Observation", own + `,"performer":[{"reference":"Patient/b"}]`, false},
		{"its own, performed by a number", "Observation", own + `,"performer":[{"identifier":{"value":"1"}}]`, false},
		{"its own, performed by a patient in words", "Observation", own + `,"performer":[{"type":"Patient","display":"Bo"}]`, false},
		{"about nobody", "Observation", performed, true},
		{"about a device", "Observation", `"subject":{"reference":"Device/1"},` + performed, true},
		{"about another", "Observation", `"subject":{"reference":"Patient/b"},` + performed, false},
		{"about another, absolute", "Observation", `"subject":{"reference":"` + endpoint + `Patient/b"},` + performed, false},
		{"about another, of a version", "Observation", `"subject":{"reference":"Patient/b/_history/1"},` + performed, false},
		{"about another server's", "Observation", `"subject":{"reference":"https://example.org/Patient/a"},` + performed, false},
		{"about a contained one", "Observation", `"subject":{"reference":"#a"},` + performed, false},
		{"about a URN", "Observation", `"subject":{"reference":"urn:uuid:0"},` + performed, false},
		{"about a search", "Observation", `"subject":{"reference":"Patient?identifier=a"},` + performed, false},
		{"about an unknown type", "Observation", `"subject":{"reference":"Thing/a"},` + performed, false},
		{"about a group", "Observation", `"subject":{"reference":"Group/a"},` + performed, false},
		{"about an identifier", "Observation", `"subject":{"identifier":{"value":"a"}},` + performed, false},
		{"about a text", "Observation", `"subject":"Patient/a",` + performed, false},
		{"two, one of them another", "Account", `"subject":[{"reference":"Patient/a"},{"reference":"Patient/b"}]`, false},
		{"another's, recorded", "AllergyIntolerance", `"patient":{"reference":"Patient/b"},"recorder":{"reference":"Patient/a"}`, false},
		{"its own, recorded", "AllergyIntolerance", `"patient":{"reference":"Patient/a"},"recorder":{"reference":"Practitioner/1"}`, true},
		{"its own, recorded by another", "AllergyIntolerance", `"patient":{"reference":"Patient/a"},"recorder":{"reference":"Patient/b"}`, false},
		{"a coverage of its own", "Coverage", `"beneficiary":{"reference":"Patient/a"},"payor":[{"reference":"Organization/1"}],"subscriber":{"reference":"RelatedPerson/1"}`, true},
		{"a coverage of another that it pays", "Coverage", `"beneficiary":{"reference":"Patient/b"},"payor":[{"reference":"Patient/a"}]`, false},
		{"a claim of another that it is paid for", "Claim", `"patient":{"reference":"Patient/b"},"payee":{"party":{"reference":"Patient/a"}}`, false},
		{"a group of two", "Group", `"member":[{"entity":{"reference":"Patient/a"}},{"entity":{"reference":"Patient/b"}}]`, false},
		{"a supply delivered to it", "SupplyRequest", `"deliverTo":{"reference":"Patient/a"}`, true},
	} {
		both(t, nil, func(t *testing.T, s store) {
			members := c.members
			if c.typ == "Observation" {
				members = `"status":"final","code":{},` + members
			}
			body := `{"resourceType":"` + c.typ + `","id":"x",` + members + `}`
			fresh := `{"resourceType":"` + c.typ + `",` + members + `}`
			want := map[string]int{"reads": 200, "makes": 403, "makes one with an id": 403, "updates": 403, "takes over": 403, "deletes": 403}
			if c.may {
				want = map[string]int{"reads": 200, "makes": 201, "makes one with an id": 201, "updates": 200, "takes over": 200, "deletes": 204}
			}
			s.put(t, c.typ+"/x", body)
			got := map[string]int{
				"reads":                s.send("GET", c.typ+"/x", h, "").status,
				"makes":                s.send("POST", c.typ, h, fresh).status,
				"makes one with an id": s.send("PUT", c.typ+"/y", h, strings.Replace(body, `"id":"x"`, `"id":"y"`, 1)).status,
				"updates":              s.send("PUT", c.typ+"/x", h, body).status,
				"takes over":           s.send("PUT", c.typ+"/x", h, strings.ReplaceAll(body, "Patient/b", "Patient/a")).status,
				"deletes":              s.send("DELETE", c.typ+"/x", h, "").status,
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", c.name, got, want)
			}
			if !c.may { // the rule is of scopes that are held to patients
				if got := s.send("PUT", c.typ+"/x", holder{Scope: "patient/*.cruds system/*.u", Patient: "a"}, body).status; got != 200 {
					t.Errorf("%s: the system updates: got %d", c.name, got)
				}
			}
		})
	}
}

func TestFineGrainedAuthorizationHoldsAUserToItsPatients(t *testing.T) {
	both(t, func(c *healthlake.Config) { c.FineGrained = true }, func(t *testing.T, s store) {
		s.twoPatients(t)
		s.put(t, "Patient/a", `{"resourceType":"Patient","id":"a","generalPractitioner":[{"reference":"Practitioner/1"}],"link":[{"other":{"reference":"RelatedPerson/r"}},{"other":{"reference":"Patient/c"}}]}`)
		s.put(t, "Practitioner/1", `{"resourceType":"Practitioner","id":"1"}`)
		for user, reached := range map[string][]string{
			"Practitioner/1":                     {"a", "Practitioner"},
			endpoint + "Practitioner/1":          {"a", "Practitioner"},
			"Practitioner/2":                     {"Practitioner"},
			"Patient/b":                          {"b", "Practitioner"},
			"Patient/c":                          {"a", "Practitioner"},
			"RelatedPerson/r":                    {"a", "Practitioner"},
			"https://example.org/Practitioner/1": {"Practitioner"},
		} {
			h := holder{Scope: "user/*.cruds", FHIRUser: user}
			for name, path := range map[string]string{"a": "Observation/a-lab", "b": "Observation/b-lab", "Practitioner": "Practitioner/1"} {
				want := 404
				if slices.Contains(reached, name) {
					want = 200
				}
				if got := s.send("GET", path, h, ""); got.status != want {
					t.Errorf("%s reads %s: got %d, want %d", user, path, got.status, want)
				}
			}
		}
		one := holder{Scope: "user/*.cruds", FHIRUser: "Practitioner/1"}
		if got := s.send("PUT", "Observation/b-lab", one, observation("b-lab", "Patient/a", "laboratory")); got.status != 403 {
			t.Errorf("took over another's resource: %d", got.status)
		}
		if got := s.send("PUT", "Patient/b", one, `{"resourceType":"Patient","id":"b","generalPractitioner":[{"reference":"Practitioner/1"}]}`); got.status != 403 {
			t.Errorf("took over another's patient: %d", got.status)
		}
		for practitioner, want := range map[string]int{"1": 201, "2": 403} {
			body := `{"resourceType":"Patient","generalPractitioner":[{"reference":"Practitioner/` + practitioner + `"}]}`
			if got := s.send("POST", "Patient", one, body); got.status != want {
				t.Errorf("makes a patient of practitioner %s: got %d, want %d", practitioner, got.status, want)
			}
		}
		if got := s.send("GET", "Observation/a-lab", holder{Scope: "user/*.r"}, ""); got.status != 403 {
			t.Errorf("nobody reads: %d", got.status)
		}
	})
}

// A user who may see a resource because of one patient in it changes it only if all
// are the user's.
func TestFineGrainedAuthorizationHoldsAUsersWritesToItsPatients(t *testing.T) {
	const ofA, ofB = `{"reference":"Patient/a"}`, `{"reference":"Patient/b"}`
	for _, c := range []struct {
		name, user, typ, members string
		may                      bool
	}{
		{"its own", "Patient/a", "Observation", `"subject":` + ofA, true},
		{"another's that it performed", "Patient/a", "Observation", `"subject":` + ofB + `,"performer":[` + ofA + `]`, false},
		{"a coverage of another that it pays", "Patient/a", "Coverage", `"beneficiary":` + ofB + `,"payor":[` + ofA + `]`, false},
		{"a group's that it performed", "Patient/a", "Observation", `"subject":{"reference":"Group/1"},"performer":[` + ofA + `]`, false},
		{"its patient's", "Practitioner/1", "Observation", `"subject":` + ofA + `,"performer":[{"reference":"Practitioner/1"}]`, true},
		{"another's that its patient performed", "Practitioner/1", "Observation", `"subject":` + ofB + `,"performer":[` + ofA + `]`, false},
		{"of two patients of its own", "Practitioner/2", "Observation", `"subject":` + ofB + `,"performer":[` + ofA + `]`, true},
		{"what is about no patient", "Practitioner/2", "Location", `"name":"ward"`, true},
	} {
		both(t, func(config *healthlake.Config) { config.FineGrained = true }, func(t *testing.T, s store) {
			s.put(t, "Patient/a", `{"resourceType":"Patient","id":"a","generalPractitioner":[{"reference":"Practitioner/1"},{"reference":"Practitioner/2"}]}`)
			s.put(t, "Patient/b", `{"resourceType":"Patient","id":"b","generalPractitioner":[{"reference":"Practitioner/2"}]}`)
			members := c.members
			if c.typ == "Observation" {
				members = `"status":"final","code":{},` + members
			}
			body := `{"resourceType":"` + c.typ + `","id":"x",` + members + `}`
			s.put(t, c.typ+"/x", body)
			h := holder{Scope: "user/*.cruds patient/*.rs", FHIRUser: c.user, Patient: "a"}
			want := []int{200, 403, 403, 403}
			if c.may {
				want = []int{200, 201, 200, 204}
			}
			got := []int{
				s.send("GET", c.typ+"/x", h, "").status,
				s.send("POST", c.typ, h, strings.Replace(body, `"id":"x",`, "", 1)).status,
				s.send("PUT", c.typ+"/x", h, body).status,
				s.send("DELETE", c.typ+"/x", h, "").status,
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: reads, makes, updates, deletes: got %v, want %v", c.name, got, want)
			}
		})
	}
}

func TestAPatchIsAuthorizedAndThenRefused(t *testing.T) {
	asked := []string{}
	refuse := errors.New("role may not")
	for _, granted := range []error{nil, refuse} {
		d, err := healthlake.New(baseline(), validate, func(_, action, _ string) error {
			asked = append(asked, action)
			return granted
		})
		if err != nil {
			t.Fatal(err)
		}
		s, want := store{t, d}, 501
		if granted != nil {
			want = 403
		}
		for path, method := range map[string]string{"Patient/a": "PATCH"} {
			if got := s.send(method, path, holder{Scope: systemRW}, "{}"); got.status != want || got.body["resourceType"] != "OperationOutcome" {
				t.Errorf("%s %q: got %d %s", method, path, got.status, got.text)
			}
			if got := s.send(method, path, holder{}, "{}"); got.status != 403 || got.header.Get("X-Amzn-Errortype") != missing {
				t.Errorf("%s %q without a token: %d", method, path, got.status)
			}
		}
	}
	if !slices.Contains(asked, "healthlake:PatchResource") {
		t.Errorf("asked IAM for %v", asked)
	}
}

func TestIAMIsAskedForTheActionOfTheInteraction(t *testing.T) {
	want := []string{"ReadResource", "VersionReadResource", "GetHistoryByResourceId", "SearchWithGet", "CreateResource", "UpdateResource", "DeleteResource"}
	for n := range attempts {
		var asked string
		d, err := healthlake.New(baseline(), validate, func(_, action, _ string) error {
			asked = action
			return errors.New("refused")
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := (store{t, d}).attempt(n, "a", holder{Scope: systemRW}); got.status != 403 || asked != "healthlake:"+want[n] {
			t.Errorf("%s: got %d, asked for %s", attempts[n].name, got.status, asked)
		}
	}
}

func TestADecisionTellsTheRequestAndItsStatusAndNoToken(t *testing.T) {
	s := newStore(t, synthetic)
	var told []healthlake.Decision
	s.d.OnDecision = func(d healthlake.Decision) { told = append(told, d) }
	h := holder{Scope: "system/Observation.s"}
	s.send("GET", "Observation?code=8867-4&access_token=secret", h, "")
	s.send("GET", "Patient/patient-001", h, "")
	if len(told) != 2 {
		t.Fatalf("told %d decisions, want 2", len(told))
	}
	for i, want := range []struct {
		path, query, typ string
		status           int
	}{{"Observation", "code=8867-4", "Observation", 400}, {"Patient/patient-001", "", "Patient", 403}} {
		d := told[i]
		if d.Method != http.MethodGet || d.Path != want.path || d.Query.Encode() != want.query || d.Type != want.typ || d.Status != want.status || d.TokenBytes != len(h.token()) {
			t.Errorf("got %+v, want %+v", d, want)
		}
		if text, _ := json.Marshal(d); strings.Contains(string(text), h.token()) || strings.Contains(string(d.Event), h.token()) || strings.Contains(string(text), "secret") {
			t.Errorf("the token is told: %s", text)
		}
	}
}
