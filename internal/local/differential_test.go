package local_test

import (
	"compress/gzip"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
)

var (
	interactions     = flag.Int("interactions", 1000, "random FHIR interactions that are compared, through the front door and direct")
	interactionsSeed = flag.Uint64("interactions-seed", 1, "what the random FHIR interactions are made from")
)

// unthrottled is a front door for tests that ask faster than a stack lets apps ask.
const unthrottled = `{"throttling":{"requestsPerSecond":1000000,"burst":1000000}}`

// TestAnInteractionIsAnsweredThroughTheDoorAsItIsDirect sends random FHIR interactions
// through the door and directly. Where nothing is changed, both ways lead to one datastore,
// and the answers must be equal to the byte but for the base URL. A change is made through
// the door of one datastore and directly at its twin; the answers must be equal but for
// times and what a server makes up, and in the end both datastores must hold the same.
func TestAnInteractionIsAnsweredThroughTheDoorAsItIsDirect(t *testing.T) {
	newDifferential(t).run(t, []int{200, 201, 204, 400, 401, 403, 404, 405, 409, 410, 412, 415, 422})
}

// differential is a comparison of two ways to a datastore.
type differential struct {
	random                *rand.Rand
	through, direct, twin side // the first two lead to one datastore
	known                 []*named
	preloaded             int      // how many of them were there at first
	pages                 []string // below the base, of the datastore with the door
	seen                  map[string]int
	statuses              map[int]int
}

// side is a FHIR base URL with tokens for it.
type side struct {
	http   *http.Client
	base   string
	tokens map[string]string // by who holds them
}

// named is a resource at the datastore with the door and at its twin.
type named struct {
	typ      string
	id, etag [2]string
}

// asked is one interaction, as it is sent to the datastore with the door and to its twin.
type asked struct {
	kind, method, holder string
	path, body           [2]string
	header               [2]http.Header
	writes               bool
	about                *named // that a change is made to; nil for one that is new
}

// reply is what is compared of an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

const (
	noToken     = "nobody"
	idempotency = "11111111-2222-4333-8444-555555555555" // of several creates
)

// newDifferential starts two equal clouds of which one has a front door. Each may have a
// FHIR server behind it.
func newDifferential(t *testing.T, behind ...string) *differential {
	t.Helper()
	clients := `[{"name":"etl","kind":"service","scopes":["system/*.*"]},{"name":"lab","kind":"service","scopes":["system/Observation.rs"]},
		{"name":"app","kind":"public","scopes":["openid","launch/patient","patient/*.rs"],"callbackUrls":["` + userCallback + `"]}]`
	begin := func(n int, door string) *local.Cloud {
		return localtest.Start(t, "dev", map[string]string{"clients": clients, "testUsers": testUsers, "frontDoor": door}, func(o *local.Options) {
			o.FunctionLog = io.Discard // some thousand lines
			if len(behind) > 0 {
				o.FHIRURL = behind[n]
			}
		})
	}
	behindDoor, twin := begin(0, unthrottled), begin(1, "none")
	known := preloaded()
	one, other := sideOf(t, behindDoor), sideOf(t, twin)
	through := one
	through.base = behindDoor.FHIRBase
	return &differential{
		random: rand.New(rand.NewPCG(*interactionsSeed, 0)), through: through, direct: one, twin: other,
		known: known, preloaded: len(known), seen: map[string]int{}, statuses: map[int]int{},
	}
}

func sideOf(t *testing.T, cloud *local.Cloud) side {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	a := app{t, cloud, &http.Client{Transport: transport, Timeout: 40 * time.Second}}
	patient, _ := a.launch()["access_token"].(string)
	etl := a.token("etl", "system/*.*")
	return side{a.http, cloud.Datastore, map[string]string{
		"etl": etl, "lab": a.token("lab", "system/Observation.rs"), "patient": patient,
		"forger": changed(etl, 2), "stranger": "not-a-token", noToken: "",
	}}
}

// preloaded are the resources that a datastore has at first.
func preloaded() []*named {
	var all []*named
	add := func(typ, id string) { all = append(all, &named{typ: typ, id: [2]string{id, id}}) }
	for n := 1; n <= 20; n++ {
		patient := fmt.Sprintf("patient-%03d", n)
		add("Patient", patient)
		add("Condition", patient+"-condition-1")
		add("AllergyIntolerance", patient+"-allergyintolerance-1")
		for m := 1; m <= 5; m++ {
			add("Observation", fmt.Sprintf("%s-observation-%d", patient, m))
		}
	}
	add("Practitioner", "practitioner-1")
	return all
}

func (d *differential) run(t *testing.T, statuses []int) {
	t.Helper()
	for range *interactions {
		d.compare(t, d.draw())
		if t.Failed() {
			t.Fatalf("with -interactions-seed=%d", *interactionsSeed)
		}
	}
	d.compareEverything(t)
	t.Logf("interactions %v, statuses %v", d.seen, d.statuses)
	if *interactions < 1000 {
		return
	}
	for _, kind := range kinds {
		if d.seen[kind] == 0 {
			t.Errorf("no %s was sent", kind)
		}
	}
	if got := slices.Sorted(maps.Keys(d.statuses)); !slices.Equal(got, statuses) {
		t.Errorf("answers with status %v, want %v", got, statuses)
	}
}

var kinds = []string{
	"read", "head", "vread", "history", "search", "search by post", "page", "create", "update", "conditional update", "delete", "patch", "bundle", "operation", "wrong method",
}

// draw makes an interaction up.
func (d *differential) draw() asked {
	weights := []int{20, 3, 8, 8, 14, 8, 8, 8, 10, 6, 4, 2, 2, 2, 2}
	at := d.random.IntN(105)
	kind := ""
	for n, weight := range weights {
		if at -= weight; at < 0 {
			kind = kinds[n]
			break
		}
	}
	one := d.anyKnown()
	typ := pickOne(d, "Patient", "Observation", "Observation", "Condition", "Practitioner")
	q := asked{kind: kind, method: http.MethodGet, holder: d.holder(), header: [2]http.Header{{}, {}}}
	q.about = one
	name := [2]string{one.typ + "/" + one.id[0], one.typ + "/" + one.id[1]}
	switch kind {
	case "read", "head":
		q.path = name
		if kind == "head" {
			q.method = http.MethodHead
		}
		if d.random.IntN(6) == 0 {
			q.path = same(pickOne(d, typ+"/none", "Patient/patient-99", "Basic/1"))
		}
	case "vread":
		q.path = suffixed(name, "/_history/"+pickOne(d, "1", "1", "2", "3", "99", "a-b.c"))
	case "history":
		q.path = suffixed(name, "/_history"+pickOne(d, "", "", "?_count=1", "?_count=2", "?_since=2020-01-01T00:00:00Z", "?_since=2999-01-01T00:00:00Z", "?_since=yesterday", "?x=1"))
	case "search":
		q.path = same(typ + pickOne(d, "", "?") + d.criteria())
		if !strings.Contains(q.path[0], "?") {
			q.path = same(typ)
		}
	case "search by post":
		q.method, q.path, q.body = http.MethodPost, same(typ+"/_search"), same(d.criteria())
		d.set(&q, "Content-Type", pickOne(d, "application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8", "application/json"))
	case "page":
		if len(d.pages) == 0 || d.random.IntN(8) == 0 {
			q.path = same(pickOne(d, "Observation?page=forged", "Observation?_count=3", "Patient?_count=2"))
		} else {
			q.path = same(d.pages[d.random.IntN(len(d.pages))])
		}
	case "create":
		q.method, q.path, q.about, q.writes = http.MethodPost, same(typ), nil, true
		q.body = d.body(typ, [2]string{})
		d.typed(&q)
		switch d.random.IntN(5) {
		case 0, 2:
			d.set(&q, "X-Amz-Fhir-Idempotency-Key", pickOne(d, "not a UUID", idempotency, idempotency, idempotency, idempotency))
		case 1:
			d.set(&q, pickOne(d, "If-None-Exist", "If-Match"), `W/"1"`)
		}
	case "update", "conditional update":
		if d.random.IntN(5) == 0 {
			one = &named{typ: typ, id: [2]string{}}
			id := fmt.Sprintf("made-%d", d.random.IntN(30))
			one.id = same(id)
			q.about, name = one, same(typ+"/"+id)
		}
		q.method, q.path, q.writes = http.MethodPut, name, true
		q.body = d.body(one.typ, one.id)
		d.typed(&q)
		if kind != "update" {
			d.condition(&q, one)
		}
	case "delete":
		q.method, q.path, q.writes = http.MethodDelete, name, true
		if d.random.IntN(3) == 0 {
			d.condition(&q, one)
		}
	case "patch":
		q.method, q.path, q.writes, q.body = http.MethodPatch, name, true, same(`[{"op":"remove","path":"/active"}]`)
		d.set(&q, "Content-Type", "application/json-patch+json")
	case "bundle":
		q.method, q.path, q.writes, q.body = http.MethodPost, same(""), true, same(`{"resourceType":"Bundle","type":"batch","entry":[]}`)
		d.typed(&q)
	case "operation":
		q.path = suffixed(name, pickOne(d, "/$everything", "/$validate"))
	case "wrong method":
		q.method, q.path, q.writes = pickOne(d, http.MethodPut, http.MethodDelete), suffixed(name, "/_history/1"), true
	}
	d.decorate(&q)
	return q
}

func same(text string) [2]string { return [2]string{text, text} }

func suffixed(name [2]string, text string) [2]string {
	return [2]string{name[0] + text, name[1] + text}
}

func pickOne(d *differential, from ...string) string { return from[d.random.IntN(len(from))] }

func (d *differential) anyKnown() *named {
	if fresh := d.known[d.preloaded:]; len(fresh) > 0 && d.random.IntN(2) == 0 {
		return fresh[d.random.IntN(len(fresh))]
	}
	return d.known[d.random.IntN(len(d.known))]
}

func (d *differential) holder() string {
	return pickOne(d, "etl", "etl", "etl", "etl", "etl", "etl", "etl", "lab", "patient", "patient", "forger", "stranger", noToken)
}

func (d *differential) set(q *asked, name, value string) {
	for n := range q.header {
		q.header[n].Set(name, value)
	}
}

// typed says what a body is, mostly right.
func (d *differential) typed(q *asked) {
	d.set(q, "Content-Type", pickOne(d, "application/fhir+json", "application/fhir+json", "application/fhir+json", "application/fhir+json; charset=utf-8", "application/json", "application/json", "application/xml"))
}

// condition asks for the version that was seen last, for another one, for any, or for none.
func (d *differential) condition(q *asked, one *named) {
	name := pickOne(d, "If-Match", "If-Match", "If-None-Match")
	switch d.random.IntN(4) {
	case 0:
		d.set(q, name, "*")
	case 1:
		d.set(q, name, pickOne(d, `W/"99"`, `"1"`, "1"))
	default:
		for n := range q.header {
			if one.etag[n] == "" {
				one.etag[n] = `W/"1"`
			}
			q.header[n].Set(name, one.etag[n])
		}
	}
}

// decorate adds what changes the form of an answer, and what must not change anything.
func (d *differential) decorate(q *asked) {
	if accept := pickOne(d, "", "application/fhir+json", "application/json", "*/*"); accept != "" {
		d.set(q, "Accept", accept)
	}
	if d.random.IntN(3) == 0 {
		d.set(q, "Accept-Encoding", "gzip")
	}
	if d.random.IntN(6) == 0 {
		d.set(q, "Prefer", pickOne(d, "return=minimal", "return=representation", "handling=strict"))
	}
	if d.random.IntN(6) == 0 {
		d.set(q, pickOne(d, "Accept-Language", "X-Forwarded-Host", "Cookie", "X-Request-Id", "Origin"), "http://localhost:3000")
	}
}

func (d *differential) criteria() string {
	patient := fmt.Sprintf("patient-%03d", 1+d.random.IntN(110))
	var all []string
	for range 1 + d.random.IntN(2) {
		all = append(all, pickOne(d,
			"patient="+patient, "subject=Patient/"+patient, "_id="+patient, "_id="+patient+",patient-001", "category=laboratory", "category=vital-signs",
			"code=http%3A%2F%2Floinc.org%7C8867-4", "_count=3", "_count=1", "_count=0", "_count=200", "_count=-1", "_total=none", "_total=some", "status=final",
			"gender=female", "active=true", "x=1", "_include=Observation:subject", "_sort=date", "patient.name=a", "identifier=caf%C3%A9", "a%26b=c+d", "",
		))
	}
	return strings.Join(all, "&")
}

// body is a resource, mostly a good one.
func (d *differential) body(typ string, id [2]string) [2]string {
	patient := fmt.Sprintf("Patient/patient-%03d", 1+d.random.IntN(100))
	text := pickOne(d, "plain", `a \"quoted\" <b> \\/ \u00e9`, "Grüße 東京", `https:\/\/example.org\/r4`, "https://healthlake.us-east-1.amazonaws.com/datastore/0/r4/Patient/1")
	members := map[string]string{
		"Patient":            `"active":true,"birthDate":"1970-01-0` + fmt.Sprint(1+d.random.IntN(9)) + `","name":[{"family":"` + text + `"}]`,
		"Observation":        `"status":"final","code":{"text":"` + text + `"},"subject":{"reference":"` + patient + `"},"valueQuantity":{"value":` + pickOne(d, "1.0", "1.50", "0.000001", "12345678901234567890.1", "-3") + `}`,
		"Condition":          `"code":{"text":"` + text + `"},"subject":{"reference":"` + patient + `"}`,
		"AllergyIntolerance": `"code":{"text":"` + text + `"},"patient":{"reference":"` + patient + `"}`,
		"Practitioner":       `"name":[{"family":"` + text + `"}]`,
	}[typ]
	bad := d.random.IntN(12)
	var bodies [2]string
	for n := range bodies {
		bodies[n] = `{"resourceType":"` + typ + `",`
		if id[n] != "" {
			bodies[n] += `"id":"` + id[n] + `",`
		}
		switch bodies[n] += members + "}"; bad {
		case 0:
			bodies[n] = strings.Replace(bodies[n], `"resourceType":"`+typ, `"resourceType":"Basic`, 1)
		case 1:
			bodies[n] = bodies[n][:len(bodies[n])/2]
		case 2:
			bodies[n] = strings.Replace(bodies[n], id[n], "another", 1)
		case 3:
			bodies[n] = `{"resourceType":"` + typ + `","id":"` + id[n] + `"}`
		}
	}
	return bodies
}

// compare sends an interaction both ways.
func (d *differential) compare(t *testing.T, q asked) {
	t.Helper()
	other := d.direct
	if q.writes {
		other = d.twin
	}
	at := 0
	if q.writes {
		at = 1
	}
	got, want := d.through.send(t, q, 0), other.send(t, q, at)
	d.seen[q.kind]++
	d.statuses[got.status]++
	what := fmt.Sprintf("%s by %s: %s %s %v %s", q.kind, q.holder, q.method, q.path[0], q.header[0], q.body[0])
	if q.kind == "wrong method" { // the door says so itself, in its own words
		if outcome := `"resourceType":"OperationOutcome"`; got.status != want.status || !strings.Contains(got.body, outcome) || !strings.Contains(want.body, outcome) {
			t.Errorf("%s: got %+v, and direct %+v", what, got, want)
		}
		return
	}
	if q.holder == noToken { // the one difference: FHIR apps want to be asked for a token
		if got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != "Bearer" || !strings.Contains(got.body, `"code":"login"`) && q.method != http.MethodHead || want.status != http.StatusForbidden && want.status != http.StatusNotFound && want.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: got %+v, and direct %+v", what, got, want)
		}
		return
	}
	d.remember(q, got, want)
	got = got.moved(d.through.base, other.base)
	got.body, want.body = pageToken.ReplaceAllString(got.body, "?page="), pageToken.ReplaceAllString(want.body, "?page=") // sealed anew each time
	if q.writes {
		got, want = got.settled(), want.settled()
	}
	if len(want.header["Cache-Control"]) == 0 {
		want.header.Set("Cache-Control", "no-store") // the door lets no cache keep what HealthLake says nothing about
	}
	if got.body == "" && want.header.Get("Content-Type") == "" {
		got.header.Del("Content-Type") // API Gateway gives nothing a type
	}
	if got.status != want.status || got.body != want.body || !maps.EqualFunc(got.header, want.header, slices.Equal) {
		t.Errorf("%s:\nthrough the door %d %v\n%s\ndirect           %d %v\n%s", what, got.status, got.header, got.body, want.status, want.header, want.body)
	}
}

// compareEverything reads what both datastores hold in the end.
func (d *differential) compareEverything(t *testing.T) {
	t.Helper()
	for _, typ := range []string{"Patient", "Observation", "Condition", "AllergyIntolerance", "Practitioner"} {
		next := [2]string{typ, typ}
		for next[0] != "" || next[1] != "" {
			q := asked{method: http.MethodGet, holder: "etl", path: next, header: [2]http.Header{{}, {}}}
			got, want := d.through.send(t, q, 0), d.twin.send(t, q, 1)
			next = [2]string{got.next(d.through.base), want.next(d.twin.base)}
			if got, want = got.moved(d.through.base, d.twin.base).settled(), want.settled(); got.status != http.StatusOK || got.body != want.body {
				t.Errorf("%s in the end:\nbehind the door %d %s\nits twin        %d %s", typ, got.status, got.body, want.status, want.body)
				return
			}
		}
	}
}

// remember keeps what later interactions are about.
func (d *differential) remember(q asked, got, want reply) {
	if next := got.next(d.through.base); next != "" {
		d.pages = append(d.pages, next)
	}
	if !q.writes || got.status >= 300 || want.status >= 300 {
		return
	}
	tags := [2]string{got.header.Get("ETag"), want.header.Get("ETag")}
	switch {
	case q.about == nil:
		q.about = &named{typ: strings.Split(q.path[0], "/")[0], id: [2]string{got.id(), want.id()}}
		d.known = append(d.known, q.about)
	case got.status == http.StatusCreated && !slices.Contains(d.known, q.about):
		d.known = append(d.known, q.about)
	}
	if tags[0] != "" {
		q.about.etag = tags
	}
}

// notInTime is what HealthLake says where the machine gave the validator no time.
const notInTime = "Timeout during custom Idp execution."

// send sends an interaction as it is for the datastore with the door, 0, or its twin, 1.
func (s side) send(t *testing.T, q asked, n int) reply {
	t.Helper()
	for range 20 {
		r := s.try(t, q, n)
		if r.status != http.StatusForbidden || !strings.Contains(r.body, notInTime) {
			return r
		}
	}
	t.Fatal("the validator never had the time to answer")
	return reply{}
}

// compared are the headers that the door passes on.
var compared = []string{
	"Allow", "Cache-Control", "Content-Location", "Content-Type", "Etag", "Last-Modified", "Location", "Retry-After", "Www-Authenticate",
	"X-Amz-Request-Id", "X-Amzn-Requestid",
}

func (s side) try(t *testing.T, q asked, n int) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), q.method, s.base+q.path[n], strings.NewReader(q.body[n]))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = q.header[n].Clone()
	if token := s.tokens[q.holder]; token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := s.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body := io.Reader(response.Body)
	if response.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(response.Body); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{response.StatusCode, http.Header{}, string(text)}
	for _, name := range compared {
		if values := response.Header.Values(name); len(values) > 0 {
			r.header[name] = values
		}
	}
	return r
}

var (
	pageToken = regexp.MustCompile(`\?page=([A-Za-z0-9_-]+)`)
	nextLink  = regexp.MustCompile(`\{"relation":"next","url":"([^"]*)"\}`)
	idMember  = regexp.MustCompile(`"id":"([^"]*)"`)
	madeUp    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	stamp     = regexp.MustCompile(`"(lastUpdated|lastModified)":"[^"]*"`)
)

// next is where a listing goes on, below the base.
func (r reply) next(base string) string {
	if found := nextLink.FindStringSubmatch(r.body); found != nil {
		return strings.TrimPrefix(found[1], base)
	}
	return ""
}

// id is that of the resource.
func (r reply) id() string {
	if found := idMember.FindStringSubmatch(r.body); found != nil {
		return found[1]
	}
	return ""
}

// moved is an answer with another base URL.
func (r reply) moved(from, to string) reply {
	r.body = strings.ReplaceAll(r.body, from, to)
	r.header = r.header.Clone()
	for _, values := range r.header {
		for n := range values {
			values[n] = strings.ReplaceAll(values[n], from, to)
		}
	}
	return r
}

// settled is an answer without times and without what a server makes up.
func (r reply) settled() reply {
	settle := func(text string) string {
		text = stamp.ReplaceAllString(pageToken.ReplaceAllString(text, "?page="), `"$1":""`)
		return madeUp.ReplaceAllString(text, "made-up")
	}
	r.body = settle(r.body)
	header := http.Header{}
	for name, values := range r.header {
		header[name] = slices.Clone(values)
		for n := range values {
			header[name][n] = settle(values[n])
		}
	}
	if header.Get("Last-Modified") != "" {
		header.Set("Last-Modified", "some time")
	}
	r.header = header
	return r
}
