package healthlake_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/validator"
)

func lenientAndEmpty(c *healthlake.Config) { c.Lenient = true }

// entry is a request of a Bundle; the pairs are further members of its request.
func entry(method, url, body string, pairs ...string) string {
	request := map[string]any{"method": method, "url": url}
	entry := map[string]any{"request": request}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "fullUrl" {
			entry["fullUrl"] = pairs[i+1]
		} else {
			request[pairs[i]] = pairs[i+1]
		}
	}
	if body != "" {
		entry["resource"] = json.RawMessage(body)
	}
	text, _ := json.Marshal(entry)
	return string(text)
}

func bundle(typ string, entries ...string) string {
	return `{"resourceType":"Bundle","type":"` + typ + `","entry":[` + strings.Join(entries, ",") + `]}`
}

// statuses are those of the entries of a Bundle that answers.
func (r response) statuses() []string {
	var statuses []string
	entries, _ := r.body["entry"].([]any)
	for _, e := range entries {
		answered, _ := e.(map[string]any)["response"].(map[string]any)
		status, _ := answered["status"].(string)
		statuses = append(statuses, status[:3])
	}
	return statuses
}

// told is what an entry was answered with, as an object.
func (r response) told(n int, member string) map[string]any {
	entries, _ := r.body["entry"].([]any)
	e, _ := entries[n].(map[string]any)
	if member == "resource" {
		found, _ := e["resource"].(map[string]any)
		return found
	}
	answered, _ := e["response"].(map[string]any)
	if member == "" {
		return answered
	}
	found, _ := answered[member].(map[string]any)
	return found
}

const patientA = `{"resourceType":"Patient","id":"a","active":true}`

func TestABatchServesEachEntryAsARequestOnItsOwn(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		s.twoPatients(t)
		got := s.send("POST", "", system, bundle("batch",
			entry("GET", "Patient/a", ""),
			entry("GET", "Patient/none", ""),
			entry("GET", endpoint+"Observation/a-lab/_history/1", ""),
			entry("POST", "Observation", observation("", "Patient/b", "laboratory")),
			entry("PUT", "Patient/a", patientA, "ifMatch", `W/"1"`),
			entry("PUT", "Patient/a", patientA, "ifMatch", `W/"1"`),
			entry("DELETE", "Observation/a-vital", ""),
			entry("GET", "Patient/a/_history", ""),
		))
		want := []string{"200", "404", "200", "201", "200", "412", "204", "200"}
		if got.status != 200 || got.body["type"] != "batch-response" || !slices.Equal(got.statuses(), want) {
			t.Fatalf("got %d %v, want %v: %s", got.status, got.statuses(), want, got.text)
		}
		if got.told(0, "resource")["id"] != "a" || got.told(2, "resource")["id"] != "a-lab" || got.told(7, "resource")["total"] != 2.0 {
			t.Errorf("reads bring %s", got.text)
		}
		if outcome := got.told(1, "outcome"); outcome["resourceType"] != "OperationOutcome" || got.told(1, "resource") != nil {
			t.Errorf("a refusal is told as %v", got.told(1, ""))
		}
		made := got.told(3, "")
		if location, _ := made["location"].(string); !strings.HasPrefix(location, endpoint+"Observation/") || made["etag"] != `W/"1"` || made["lastModified"] == nil || got.told(3, "resource") != nil {
			t.Errorf("a create is answered with %v", made)
		}
		if s.send("GET", "Observation/a-vital", system, "").status == 200 || s.send("GET", "Patient/a", system, "").body["active"] != true {
			t.Error("the writes were not done")
		}
	})
}

// The example of HealthLake's guide: a patient and what is about them, made together.
func TestATransactionMakesResourcesThatReferToEachOther(t *testing.T) {
	s := newStore(t, nil)
	const urn = "urn:uuid:4f6a30fb-cd3c-4ab6-8757-532101f72065"
	got := s.send("POST", "", system, bundle("transaction",
		entry("POST", "Observation", observation("", urn, "laboratory"), "fullUrl", "urn:uuid:2"),
		entry("POST", "Patient", `{"resourceType":"Patient","id":"new-patient","active":true,"identifier":[{"value":"`+urn+`"}]}`, "fullUrl", urn),
		entry("PUT", "Encounter/e", `{"resourceType":"Encounter","id":"e","status":"finished","class":{},"subject":{"reference":"`+urn+`"}}`),
		entry("GET", "Encounter/e", ""),
	))
	if want := []string{"201", "201", "201", "200"}; got.status != 200 || got.body["type"] != "transaction-response" || !slices.Equal(got.statuses(), want) {
		t.Fatalf("got %d %v, want %v: %s", got.status, got.statuses(), want, got.text)
	}
	location, _ := got.told(1, "")["location"].(string)
	name := strings.TrimSuffix(strings.TrimPrefix(location, endpoint), "/_history/1")
	patient := s.send("GET", name, system, "")
	if patient.status != 200 || patient.body["id"] == "new-patient" || !strings.Contains(patient.text, `"value":"`+urn+`"`) {
		t.Errorf("the patient at %s: %s", name, patient.text)
	}
	if found := s.send("GET", "Observation?subject="+name, system, "").entries(); len(found) != 1 {
		t.Errorf("the observation does not refer to %s: %v", name, found)
	}
	if subject, _ := got.told(3, "resource")["subject"].(map[string]any); subject["reference"] != name {
		t.Errorf("the encounter is about %v, want %s", subject, name)
	}
}

func TestATransactionThatFailsChangesNothing(t *testing.T) {
	s := newStore(t, lenientAndEmpty)
	s.twoPatients(t)
	before := s.send("GET", "Observation", system, "").text + s.send("GET", "Patient", system, "").text
	good := []string{
		entry("DELETE", "Observation/a-lab", ""),
		entry("POST", "Observation", observation("", "Patient/a", "laboratory")),
		entry("PUT", "Patient/a", patientA),
	}
	for name, c := range map[string]struct {
		entry  string
		status int
	}{
		"a deletion of what is not there":    {entry("DELETE", "Observation/none", ""), 404},
		"a precondition that does not hold":  {entry("PUT", "Observation/b-lab", observation("b-lab", "Patient/b", "x"), "ifMatch", `W/"7"`), 412},
		"a resource that lacks elements":     {entry("POST", "Condition", `{"resourceType":"Condition"}`), 422},
		"a read of what is not there":        {entry("GET", "Patient/none", ""), 404},
		"a create that matches two":          {entry("POST", "Observation", observation("", "Patient/a", "x"), "ifNoneExist", "status=final"), 412},
		"the same resource twice":            {entry("PUT", "Patient/a", patientA), 400},
		"an update of what is deleted":       {entry("PUT", "Observation/a-lab", observation("a-lab", "Patient/a", "x")), 400},
		"a reference to nothing":             {entry("POST", "Observation", observation("", "urn:uuid:9", "x")), 400},
		"a conditional reference":            {entry("POST", "Observation", observation("", "Patient?identifier=x", "x")), 400},
		"a patch":                            {entry("PATCH", "Patient/b", ""), 501},
		"a conditional update":               {entry("PUT", "Patient?identifier=x", patientA), 400},
		"a conditional deletion":             {entry("DELETE", "Patient?identifier=x", ""), 400},
		"a Bundle within the Bundle":         {entry("POST", "", bundle("batch", entry("GET", "Patient/a", ""))), 400},
		"another endpoint":                   {entry("GET", "https://example.org/r4/Patient/a", ""), 400},
		"a path that leads elsewhere":        {entry("GET", "Patient/../../other/Patient/a", ""), 400},
		"an operation":                       {entry("GET", "Patient/a/$everything", ""), 400},
		"a search of a compartment":          {entry("GET", "Patient/a/Observation", ""), 400},
		"the capability statement":           {entry("GET", "metadata", ""), 400},
		"a type that R4 does not have":       {entry("GET", "Nothing/a", ""), 404},
		"parameters of a write":              {entry("PUT", "Patient/b?x=y", patientA), 400},
		"another id in the resource":         {entry("PUT", "Patient/b", patientA), 400},
		"another type of resource":           {entry("POST", "Patient", observation("", "Patient/a", "x")), 400},
		"a method that is none":              {entry("TRACE", "Patient/a", ""), 400},
		"a request without a method":         {`{"request":{"url":"Patient/a"}}`, 400},
		"no request":                         {`{"resource":` + patientA + `}`, 400},
		"no object":                          {`"x"`, 400},
		"a create of nothing":                {entry("POST", "Patient", ""), 400},
		"a member that is not known":         {entry("GET", "Patient/a", "", "ifModified", "x"), 400},
		"a relative full URL":                {entry("POST", "Patient", patientA, "fullUrl", "Patient/b"), 400},
		"a create that an update depends on": {entry("PUT", "Patient/b", `{"resourceType":"Patient","id":"b"}`, "ifNoneExist", "x=y"), 400},
	} {
		got := s.send("POST", "", system, bundle("transaction", append(slices.Clone(good), c.entry)...))
		if got.status != c.status || !strings.HasPrefix(got.diagnostics(), "entry[3]: ") {
			t.Errorf("%s: got %d %s, want %d", name, got.status, got.text, c.status)
		}
		if after := s.send("GET", "Observation", system, "").text + s.send("GET", "Patient", system, "").text; after != before {
			t.Fatalf("%s: changed the resources", name)
		}
	}
	twins := bundle("transaction",
		entry("POST", "Patient", patientA, "fullUrl", "urn:uuid:1"), entry("POST", "Patient", patientA, "fullUrl", "urn:uuid:1"))
	if got := s.send("POST", "", system, twins); got.status != 400 || !strings.HasPrefix(got.diagnostics(), `entry[1]: fullUrl: "urn:uuid:1": another entry has it`) {
		t.Errorf("a full URL twice: %d %s", got.status, got.text)
	}
	matching := bundle("transaction", entry("POST", "Patient", identified), entry("POST", "Patient", identified, "ifNoneExist", "identifier=7"))
	if got := s.send("POST", "", system, matching); got.status != 400 || !strings.HasPrefix(got.diagnostics(), "entry[1]: request.ifNoneExist: matches what another entry writes") {
		t.Errorf("a create that depends on another: %d %s", got.status, got.text)
	}
	late := bundle("transaction", entry("GET", "Patient/a", ""), entry("PUT", "Patient/a", patientA))
	if got := s.send("POST", "", system, late); got.status != 400 || !strings.Contains(got.diagnostics(), "list the reads last") {
		t.Errorf("a read in front of a write: %d %s", got.status, got.text)
	}
}

func TestABundleIsRefusedAsAWhole(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		many := slices.Repeat([]string{entry("GET", "Patient/a", "")}, 161)
		for name, c := range map[string]struct {
			body, says string
			status     int
		}{
			"another resource":     {patientA, `resourceType: must be Bundle at the base URL; got "Patient"`, 400},
			"another type":         {bundle("collection"), `type: must be batch or transaction; got "collection"`, 400},
			"no type":              {`{"resourceType":"Bundle"}`, `type: must be batch or transaction; got ""`, 400},
			"no list of entries":   {`{"resourceType":"Bundle","type":"batch","entry":{}}`, "entry: must be a list", 400},
			"161 entries":          {bundle("batch", many...), "entry: must be at most 160 entries; got 161", 400},
			"no JSON":              {"{", "the body: must be a JSON object", 400},
			"more than 5 MiB":      {bundle("batch", entry("POST", "Patient", `{"x":"`+strings.Repeat("x", 5<<20)+`"}`)), "the request is too large; must be at most 5 MiB", 413},
			"nothing that is JSON": {"", "Content-Type: must be application/fhir+json", 415},
		} {
			if got := s.send("POST", "", system, c.body); got.status != c.status || !strings.HasPrefix(got.diagnostics(), c.says) {
				t.Errorf("%s: got %d %s", name, got.status, got.text)
			}
		}
		if got := s.send("POST", "", system, bundle("batch", many[:160]...)); got.status != 200 || len(got.statuses()) != 160 {
			t.Errorf("160 entries: got %d", got.status)
		}
		for _, header := range []string{"If-Match", "If-None-Match", "If-None-Exist", "If-Unmodified-Since", "X-Provenance", "X-Amz-Fhir-Idempotency-Key"} {
			if got := s.send("POST", "", system, bundle("batch"), header, "x"); got.status != 400 || !strings.HasPrefix(got.diagnostics(), header+": not supported for a Bundle") {
				t.Errorf("%s: got %d %s", header, got.status, got.text)
			}
		}
	})
}

func TestATransactionIsRefusedWithAFHIRServerBehind(t *testing.T) {
	s := newProxied(t, nil)
	if got := s.send("POST", "", system, bundle("transaction", entry("PUT", "Patient/a", patientA))); got.status != 501 || s.send("GET", "Patient/a", system, "").status != 404 {
		t.Errorf("got %d %s", got.status, got.text)
	}
}

func TestEachEntryIsHeldAgainstTheScopes(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		s.twoPatients(t)
		ofA := holder{Scope: "patient/*.cruds", Patient: "a"}
		for name, c := range map[string]struct {
			h     holder
			entry string
			want  string
		}{
			"reads their own":                      {ofA, entry("GET", "Observation/a-lab", ""), "200"},
			"does not read another's":              {ofA, entry("GET", "Observation/b-lab", ""), "404"},
			"does not read another's history":      {ofA, entry("GET", "Observation/b-lab/_history", ""), "404"},
			"makes nothing of another's":           {ofA, entry("POST", "Observation", observation("", "Patient/b", "x")), "403"},
			"changes nothing of another's":         {ofA, entry("PUT", "Observation/b-lab", observation("b-lab", "Patient/a", "x")), "403"},
			"moves nothing to another":             {ofA, entry("PUT", "Observation/a-vital", observation("a-vital", "Patient/b", "x")), "403"},
			"deletes nothing of another's":         {ofA, entry("DELETE", "Observation/b-vital", ""), "404"},
			"takes no other patient's place":       {ofA, entry("PUT", "Patient/b", `{"resourceType":"Patient","id":"b","active":false}`), "403"},
			"a reader does not write":              {holder{Scope: "system/*.rs"}, entry("PUT", "Patient/a", patientA), "403"},
			"a writer does not read":               {holder{Scope: "system/*.cud"}, entry("GET", "Patient/a", ""), "403"},
			"a scope of one type reaches no other": {holder{Scope: "system/Observation.cruds"}, entry("GET", "Patient/a", ""), "403"},
			"a filter holds":                       {holder{Scope: "system/Observation.r?category=laboratory"}, entry("GET", "Observation/a-vital", ""), "404"},
		} {
			for _, typ := range []string{"batch", "transaction"} {
				if typ == "transaction" && strings.Contains(t.Name(), "behind") {
					continue
				}
				got := s.send("POST", "", c.h, bundle(typ, c.entry))
				status := fmt.Sprint(got.status)
				if got.status == 200 {
					status = got.statuses()[0]
				}
				if status != c.want || typ == "transaction" && c.want != "200" && got.status == 200 {
					t.Errorf("%s, in a %s: got %d %s, want %s", name, typ, got.status, got.text, c.want)
				}
			}
		}
		for _, name := range []string{"Observation/b-lab", "Observation/a-vital", "Patient/b"} {
			if got := s.send("GET", name+"/_history", system, ""); got.body["total"] != 1.0 {
				t.Errorf("%s was changed: %s", name, got.text)
			}
		}
	})
}

func TestAnEntryIsAnsweredAsTheRequestOnItsOwn(t *testing.T) {
	for _, h := range []holder{
		{Scope: "system/*.cruds"}, {Scope: "system/Observation.rs"}, {Scope: "system/Patient.cruds"}, {Scope: "system/Observation.cud?category=laboratory"},
		{Scope: "patient/*.cruds", Patient: "a"}, {Scope: "patient/Observation.r", Patient: "a"}, {Scope: "patient/*.cruds", Patient: "nobody"}, {Scope: "patient/*.cruds"},
		{Scope: "user/*.cruds", FHIRUser: "Practitioner/me"}, {Scope: "user/Observation.s patient/Observation.d", Patient: "b", FHIRUser: "Patient/a"},
	} {
		for n, a := range attempts {
			for _, patient := range []string{"a", "b", "none"} {
				fresh := func() store {
					s := newStore(t, func(c *healthlake.Config) { c.Lenient, c.FineGrained = true, true })
					s.twoPatients(t)
					return s
				}
				alone := fresh().attempt(n, patient, h)
				path, body := strings.ReplaceAll(a.path, "%", patient), ""
				if a.permission == "c" || a.permission == "u" {
					body = observation(strings.ReplaceAll(a.body, "%", patient), "Patient/"+patient, "laboratory")
				}
				got := fresh().send("POST", "", h, bundle("batch", entry(a.method, path, body)))
				if want := []string{fmt.Sprint(alone.status)}; !slices.Equal(got.statuses(), want) {
					t.Errorf("%+v: %s of %s: in a batch %v, alone %v", h, a.name, patient, got.statuses(), want)
				}
				together := fresh().send("POST", "", h, bundle("transaction", entry(a.method, path, body)))
				if alone.status >= 400 && together.status != alone.status || alone.status < 400 && !slices.Equal(together.statuses(), []string{fmt.Sprint(alone.status)}) {
					t.Errorf("%+v: %s of %s: in a transaction %d %v, alone %d", h, a.name, patient, together.status, together.statuses(), alone.status)
				}
			}
		}
	}
}

// A transaction is judged by the state that it makes, step by step: what one entry makes
// gives no other entry a right.
func TestATransactionGrantsItselfNothing(t *testing.T) {
	s := newStore(t, func(c *healthlake.Config) { c.FineGrained, c.Lenient = true, true })
	s.twoPatients(t)
	doctor := holder{Scope: "user/*.cruds", FHIRUser: "Practitioner/me"}
	mine := func(id string) string {
		return `{"resourceType":"Patient","id":"` + id + `","generalPractitioner":[{"reference":"Practitioner/me"}]}`
	}
	for name, entries := range map[string][]string{
		"takes a patient over":                   {entry("PUT", "Patient/b", mine("b"))},
		"takes a patient over, and their data":   {entry("PUT", "Observation/b-lab", observation("b-lab", "Patient/b", "x")), entry("PUT", "Patient/b", mine("b"))},
		"writes before the patient is theirs":    {entry("POST", "Observation", observation("", "urn:uuid:1", "x")), entry("POST", "Patient", mine(""), "fullUrl", "urn:uuid:1")},
		"reaches another's under a name of ours": {entry("POST", "Observation", observation("", "urn:uuid:1", "x")), entry("PUT", "Patient/b", mine("b"), "fullUrl", "urn:uuid:1")},
		"reaches another's by a condition":       {entry("POST", "Patient", mine(""), "fullUrl", "urn:uuid:1", "ifNoneExist", "_id=b"), entry("PUT", "Observation/b-lab", observation("b-lab", "urn:uuid:1", "x"))},
	} {
		if got := s.send("POST", "", doctor, bundle("transaction", entries...)); got.status != 403 {
			t.Errorf("%s: got %d %s", name, got.status, got.text)
		}
	}
	got := s.send("POST", "", doctor, bundle("transaction",
		entry("POST", "Patient", mine(""), "fullUrl", "urn:uuid:1"), entry("POST", "Observation", observation("", "urn:uuid:1", "x"))))
	if want := []string{"201", "201"}; !slices.Equal(got.statuses(), want) {
		t.Errorf("a patient of theirs and what is about them: got %d %s", got.status, got.text)
	}
}

func TestABatchResolvesNoReferencesBetweenItsEntries(t *testing.T) {
	s := newStore(t, nil)
	got := s.send("POST", "", system, bundle("batch",
		entry("POST", "Patient", patientA, "fullUrl", "urn:uuid:1"), entry("POST", "Observation", observation("", "urn:uuid:1", "x"))))
	if want := []string{"201", "400"}; !slices.Equal(got.statuses(), want) || !strings.Contains(got.text, "use a transaction") {
		t.Errorf("got %v, want %v: %s", got.statuses(), want, got.text)
	}
}

func TestConditionsHoldHoweverManyWriteAtOnce(t *testing.T) {
	config := baseline()
	lenient(&config)
	d, err := healthlake.New(config, validate, func(_, action, _ string) error {
		if action == "healthlake:SearchWithGet" {
			time.Sleep(time.Millisecond) // so that all go on together, unless they wait for each other
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := store{t, d}
	for round := range 20 {
		value := fmt.Sprintf("round-%d", round)
		patient, condition := `{"resourceType":"Patient","identifier":[{"value":"`+value+`"}]}`, "identifier="+value
		transaction := bundle("transaction",
			entry("POST", "Patient", patient, "fullUrl", "urn:uuid:1", "ifNoneExist", condition),
			entry("POST", "Observation", observation("", "urn:uuid:1", "x")))
		done := make(chan string, 20)
		for n := range cap(done) {
			go func() {
				if n%2 == 0 || round%2 == 0 { // creates alone, and beside transactions
					done <- fmt.Sprint(s.send("POST", "Patient", system, patient, "If-None-Exist", condition).status)
				} else {
					done <- strings.Join(s.send("POST", "", system, transaction).statuses(), " ")
				}
			}()
		}
		made := 0
		for range cap(done) {
			if status := <-done; strings.HasPrefix(status, "201") {
				made++
			}
		}
		patients := s.send("GET", "Patient?"+condition, system, "").entries()
		if made != 1 || len(patients) != 1 {
			t.Fatalf("made %d patients; there are %v", made, patients)
		}
		if found := s.send("GET", "Observation?subject="+patients[0], system, "").entries(); len(found) != 10*(round%2) {
			t.Errorf("%d observations are about %s, want %d", len(found), patients[0], 10*(round%2))
		}
	}
}

// HealthLake's action for Bundles and those of the entries; the lenient reading wants the
// latter alone. The validator is asked once, about the Bundle.
func TestABundleNeedsTheRightsOfItsEntries(t *testing.T) {
	for _, c := range []struct {
		lenient bool
		without string // the role's missing right
		status  int
		entries []string
	}{
		{false, "", 200, []string{"200", "201"}},
		{false, "ProcessBundle", 403, nil},
		{false, "CreateResource", 200, []string{"200", "403"}},
		{true, "ProcessBundle", 200, []string{"200", "201"}},
		{true, "ReadResource", 200, []string{"403", "201"}},
	} {
		config, asked := baseline(), []string{}
		config.Lenient = c.lenient
		d, err := healthlake.New(config, validate, func(_, action, _ string) error {
			if action == "healthlake:"+c.without {
				return errors.New("role may not " + action)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		d.OnDecision = func(made healthlake.Decision) {
			var event validator.Event
			if err := json.Unmarshal(made.Event, &event); err != nil {
				t.Error(err)
			}
			asked = append(asked, event.OperationName)
		}
		s := store{t, d}
		s.put(t, "Patient/a", patientA)
		asked = nil
		got := s.send("POST", "", system, bundle("batch", entry("GET", "Patient/a", ""), entry("POST", "Patient", patientA)))
		if got.status != c.status || !slices.Equal(got.statuses(), c.entries) || c.status == 403 && !strings.Contains(got.diagnostics(), "role may not healthlake:ProcessBundle; ") {
			t.Errorf("%+v: got %d %s", c, got.status, got.text)
		}
		if !slices.Equal(asked, []string{"ProcessBundle"}) {
			t.Errorf("asked the validator about %v", asked)
		}
	}
}

func TestASearchWithinABundleIsServedLenientlyAlone(t *testing.T) {
	search := bundle("batch", entry("GET", "Observation?patient=a", ""), entry("GET", "Observation?unknown=a", ""))
	for _, edit := range []func(*healthlake.Config){nil, lenientAndEmpty} {
		s := newStore(t, edit)
		s.twoPatients(t)
		got, want := s.send("POST", "", system, search), []string{"400", "400"}
		if edit != nil {
			want[0] = "200"
		}
		if !slices.Equal(got.statuses(), want) {
			t.Errorf("got %v, want %v: %s", got.statuses(), want, got.text)
		}
		if found := got.told(0, "resource"); edit != nil && found["total"] != 2.0 {
			t.Errorf("found %v", found)
		}
	}
}
