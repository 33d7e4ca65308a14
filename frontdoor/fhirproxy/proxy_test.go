package fhirproxy_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
)

// datastore is the path of the datastore that the proxy is for.
const datastore = "/datastore/0123456789abcdef0123456789abcdef/r4/"

const (
	door  = "https://fhir.example.org/r4"
	token = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl-_~+/=="
)

// seen is a request that reached HealthLake.
type seen struct {
	*http.Request
	body   string
	broken error // why its body did not arrive whole
}

// healthLake stands behind the proxy, notes what it is asked, and answers as a test wants.
type healthLake struct {
	*httptest.Server
	mu    sync.Mutex
	asked []seen
}

// base is the datastore's FHIR base URL.
func (h *healthLake) base() string { return h.URL + datastore }

func (h *healthLake) requests() []seen {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

// behind starts a HealthLake. BASE/ in the answer stands for its base URL.
func behind(t testing.TB, serve http.HandlerFunc) *healthLake {
	t.Helper()
	h := &healthLake{}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		h.mu.Lock()
		h.asked = append(h.asked, seen{r.Clone(t.Context()), string(body), err})
		h.mu.Unlock()
		serve(w, r)
	}))
	h.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that a test breaks
	h.StartTLS()
	t.Cleanup(h.Close)
	return h
}

// saying answers every request the same.
func saying(t testing.TB, status int, body string, header ...string) *healthLake {
	t.Helper()
	var h *healthLake
	h = behind(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/fhir+json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Del(header[i])
			if header[i+1] != "" {
				w.Header().Set(header[i], strings.ReplaceAll(header[i+1], "BASE/", h.base()))
			}
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.ReplaceAll(body, "BASE/", h.base()))
	})
	return h
}

// through makes a proxy in front of a HealthLake, and serves it.
func through(t testing.TB, h *healthLake, edits ...func(*fhirproxy.Config)) *httptest.Server {
	t.Helper()
	transport := h.Client().Transport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	config := fhirproxy.Config{BaseURL: door, Upstream: h.base(), Transport: transport, MaxResponse: 4 << 20}
	for _, edit := range edits {
		edit(&config)
	}
	proxy, err := fhirproxy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server
}

// got is an answer of the proxy.
type got struct {
	status int
	header http.Header
	text   string
	broken error // why the body did not arrive whole
}

// issue is the only one of the OperationOutcome that a proxy answered with.
func (g got) issue(t testing.TB) (severity, code, diagnostics string) {
	t.Helper()
	var outcome struct {
		ResourceType string
		Issue        []struct{ Severity, Code, Diagnostics string }
	}
	if err := json.Unmarshal([]byte(g.text), &outcome); err != nil || outcome.ResourceType != "OperationOutcome" || len(outcome.Issue) != 1 {
		t.Fatalf("status %d: want an OperationOutcome with an issue, got %q", g.status, g.text)
	}
	if media := g.header.Get("Content-Type"); media != "application/fhir+json" {
		t.Errorf("Content-Type %q", media)
	}
	return outcome.Issue[0].Severity, outcome.Issue[0].Code, outcome.Issue[0].Diagnostics
}

// send asks the proxy with a good token. A header with an empty value is left out.
func send(t testing.TB, server *httptest.Server, method, path, body string, header ...string) got {
	t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, content)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(header); i += 2 {
		if request.Header.Del(header[i]); header[i+1] != "" {
			request.Header.Set(header[i], header[i+1])
		}
	}
	client := &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return got{response.StatusCode, response.Header, string(text), err}
}

func TestARequestReachesTheDatastoreAsItWasSent(t *testing.T) {
	h := saying(t, 200, `{"resourceType":"Bundle"}`)
	server := through(t, h)
	for path, want := range map[string]string{
		"/r4":                                    datastore,
		"/r4/":                                   datastore,
		"/r4?_type=Patient":                      datastore + "?_type=Patient",
		"/r4/Patient/1":                          datastore + "Patient/1",
		"/r4/Patient/1/_history/2":               datastore + "Patient/1/_history/2",
		"/r4/Patient/1/$everything?_count=1":     datastore + "Patient/1/$everything?_count=1",
		"/r4/Patient/1/Observation":              datastore + "Patient/1/Observation",
		"/r4/Patient/1/*":                        datastore + "Patient/1/*",
		"/r4/export/0123456789abcdef":            datastore + "export/0123456789abcdef",
		"/r4/Patient?name=%C3%A9%2f+x&a==&&b;c%": datastore + "Patient?name=%C3%A9%2f+x&a==&&b;c%",
		"/r4/Patient?":                           datastore + "Patient?",
	} {
		before := len(h.requests())
		if answer := send(t, server, "GET", path, ""); answer.status != 200 {
			t.Errorf("%s: got %d %s", path, answer.status, answer.text)
			continue
		}
		asked := h.requests()
		if len(asked) != before+1 || asked[before].RequestURI != want || asked[before].Host != strings.TrimPrefix(h.URL, "https://") {
			t.Errorf("%s: asked for %s of %s, want %s", path, asked[before].RequestURI, asked[before].Host, want)
		}
	}
	for _, method := range []string{"POST", "PUT", "PATCH"} {
		path := map[string]string{"POST": "/r4/Patient"}[method]
		if path == "" {
			path = "/r4/Patient/1"
		}
		body := `{"reference":"` + door + `/Patient/1"}`
		send(t, server, method, path, body, "Content-Type", "application/fhir+json")
		asked := h.requests()
		if last := asked[len(asked)-1]; last.Method != method || last.body != body || last.broken != nil || last.ContentLength != int64(len(body)) {
			t.Errorf("%s: the datastore got %s %q %v", method, last.Method, last.body, last.broken)
		}
	}
}

func TestAnAnswerComesBackWithItsStatusItsHeadersAndURLsOfTheDoor(t *testing.T) {
	h := saying(t, 201, `{"resourceType":"Patient","id":"n","url":"BASE/Patient/n","escaped":"x"}`,
		"Location", "BASE/Patient/n/_history/1", "Content-Location", "BASE/Patient/n", "ETag", `W/"1"`, "Last-Modified", "Sat, 31 Jan 2026 09:30:00 GMT",
		"Retry-After", "7", "X-Amzn-Requestid", "r-1", "Set-Cookie", "a=b", "Server", "x", "Access-Control-Allow-Origin", "*", "X-Secret", "1", "Strict-Transport-Security", "max-age=1")
	answer := send(t, through(t, h), "POST", "/r4/Patient", "{}")
	delete(answer.header, "Date")
	want := http.Header{
		"Content-Type": {"application/fhir+json"}, "Etag": {`W/"1"`}, "Last-Modified": {"Sat, 31 Jan 2026 09:30:00 GMT"},
		"Location": {door + "/Patient/n/_history/1"}, "Content-Location": {door + "/Patient/n"},
		"Retry-After": {"7"}, "X-Amzn-Requestid": {"r-1"}, "Vary": {"Accept-Encoding"}, "Cache-Control": {"no-store"},
	}
	text := `{"resourceType":"Patient","id":"n","url":"` + door + `/Patient/n","escaped":"x"}`
	want.Set("Content-Length", strconv.Itoa(len(text)))
	if answer.status != 201 || answer.text != text {
		t.Errorf("got %d %s", answer.status, answer.text)
	}
	if !maps.EqualFunc(answer.header, want, slices.Equal) {
		t.Errorf("got  %v\nwant %v", answer.header, want)
	}
}

// A browser keeps an answer that has a Last-Modified and says nothing of caches, and gives it
// to whoever signs in next (RFC 9111 section 4.2.2): a token is no part of a cache's key.
func TestNoCacheKeepsAnAnswerUnlessTheDatastoreSaysSo(t *testing.T) {
	for said, want := range map[string]string{"": "no-store", "private, no-cache": "private, no-cache"} {
		for _, status := range []int{200, 304, 404, 429} {
			h := saying(t, status, "", "Cache-Control", said, "Content-Type", "", "Last-Modified", "Sat, 31 Jan 2026 09:30:00 GMT")
			if got := send(t, through(t, h), "GET", "/r4/Patient/1", "").header.Values("Cache-Control"); !slices.Equal(got, []string{want}) {
				t.Errorf("%d, %q: got %q, want %q", status, said, got, want)
			}
		}
	}
}

func TestAnswersWithoutABodyHaveNone(t *testing.T) {
	for _, c := range []struct {
		method string
		status int
	}{{"HEAD", 200}, {"HEAD", 404}, {"GET", 304}, {"DELETE", 204}} {
		h := behind(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `W/"1"`)
			if r.Method == http.MethodHead {
				w.Header().Set("Content-Type", "application/fhir+json")
				w.Header().Set("Content-Length", "1234")
			}
			w.WriteHeader(c.status)
		})
		for _, limit := range []int64{0, 1 << 20} {
			answer := send(t, through(t, h, func(c *fhirproxy.Config) { c.MaxResponse = limit }), c.method, "/r4/Patient/1", "", "Accept-Encoding", "gzip")
			if answer.status != c.status || answer.text != "" || answer.header.Get("ETag") != `W/"1"` || answer.header.Get("Content-Length") != "" || answer.header.Get("Content-Encoding") != "" {
				t.Errorf("%s %d: got %d %v %q", c.method, c.status, answer.status, answer.header, answer.text)
			}
		}
	}
	empty := saying(t, 200, "", "Content-Type", "")
	if answer := send(t, through(t, empty), "DELETE", "/r4/Patient/1", ""); answer.status != 200 || answer.text != "" {
		t.Errorf("got %d %q", answer.status, answer.text)
	}
	unsaid := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		w.(http.Flusher).Flush() // of unknown length
	})
	if answer := send(t, through(t, unsaid), "DELETE", "/r4/Patient/1", ""); answer.status != 200 || answer.text != "" {
		t.Errorf("got %d %q", answer.status, answer.text)
	}
}

func TestAnAnswerIsCompressedForAnAppThatTakesIt(t *testing.T) {
	body := `{"resourceType":"Bundle","url":"BASE/Patient","text":"` + strings.Repeat("a", 5000) + `"}`
	want := `{"resourceType":"Bundle","url":"` + door + `/Patient","text":"` + strings.Repeat("a", 5000) + `"}`
	for accepted, compressed := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "gzip; q=1": true,
		"identity": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "": false, "*": false, "agzip": false,
	} {
		h := saying(t, 200, body)
		for _, limit := range []int64{0, 1 << 20} {
			server := through(t, h, func(c *fhirproxy.Config) { c.MaxResponse = limit })
			answer := send(t, server, "GET", "/r4/Patient", "", "Accept-Encoding", accepted)
			if accepted == "" { // Go's client asks for gzip by itself, and unpacks it
				continue
			}
			text := answer.text
			if compressed {
				text = unpacked(t, answer.text)
			}
			if answer.status != 200 || text != want || (answer.header.Get("Content-Encoding") == "gzip") != compressed || answer.header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: got %d %v %.100q", accepted, answer.status, answer.header, text)
			}
			if compressed && len(answer.text) > len(want)/10 {
				t.Errorf("%s: %d bytes", accepted, len(answer.text))
			}
		}
		if asked := h.requests(); asked[0].Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("HealthLake was asked for %q", asked[0].Header.Get("Accept-Encoding"))
		}
	}
	small := saying(t, 200, `{}`)
	if answer := send(t, through(t, small), "GET", "/r4/Patient", "", "Accept-Encoding", "gzip"); answer.text != "{}" {
		t.Errorf("got %q", answer.text)
	}
}

func unpacked(t testing.TB, text string) string {
	t.Helper()
	reader, err := gzip.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func TestAnAnswerThatIsTooLargeSaysHowToAskForLess(t *testing.T) {
	h := saying(t, 200, `{"a":"`+strings.Repeat("a", 3000)+`"}`, "ETag", `W/"7"`)
	limit := func(c *fhirproxy.Config) { c.MaxResponse = 3000 }
	server := through(t, h, limit)
	for _, c := range []struct{ method, path string }{{"GET", "/r4/Patient"}, {"POST", "/r4/Patient/_search"}, {"POST", "/r4/Patient/1/$everything"}} {
		answer := send(t, server, c.method, c.path, "")
		_, code, text := answer.issue(t)
		if answer.status != 422 || code != "too-costly" || !strings.HasPrefix(text, "the answer: larger than 3000 bytes; ask for less") || !strings.Contains(text, "gzip") || answer.header.Get("ETag") != "" {
			t.Errorf("%s %s: got %d %s", c.method, c.path, answer.status, answer.text)
		}
	}
	if answer := send(t, server, "GET", "/r4/Patient", "", "Accept-Encoding", "gzip"); answer.status != 200 {
		t.Errorf("compressed, it is small: got %d", answer.status)
	}
	exact := through(t, h, func(c *fhirproxy.Config) { c.MaxResponse = 3008 })
	if answer := send(t, exact, "GET", "/r4/Patient", ""); answer.status != 200 || len(answer.text) != 3008 {
		t.Errorf("at the limit: got %d", answer.status)
	}
}

// An app that is told of an error sends a change again, and makes two of one.
func TestAChangeWhoseAnswerIsTooLargeIsNotToldAsAnError(t *testing.T) {
	h := saying(t, 201, `{"a":"`+strings.Repeat("a", 3000)+`"}`, "ETag", `W/"7"`, "Location", "BASE/Patient/1/_history/7")
	server := through(t, h, func(c *fhirproxy.Config) { c.MaxResponse = 3000 })
	for _, c := range []struct{ method, path string }{{"POST", "/r4/Patient"}, {"PUT", "/r4/Patient/1"}, {"PATCH", "/r4/Patient/1"}, {"POST", "/r4"}} {
		answer := send(t, server, c.method, c.path, "{}")
		severity, code, text := answer.issue(t)
		if answer.status != 201 || severity != "warning" || code != "too-costly" || !strings.Contains(text, "the change was made") || answer.header.Get("ETag") != `W/"7"` || answer.header.Get("Location") != door+"/Patient/1/_history/7" {
			t.Errorf("%s %s: got %d %v %s", c.method, c.path, answer.status, answer.header, answer.text)
		}
	}
	refused := saying(t, 400, `{"a":"`+strings.Repeat("a", 3000)+`"}`)
	if answer := send(t, through(t, refused, func(c *fhirproxy.Config) { c.MaxResponse = 3000 }), "POST", "/r4/Patient", "{}"); answer.status != 422 {
		t.Errorf("a refusal: got %d", answer.status)
	}
}

func TestWithoutATokenTheAnswerIs401AndTheDatastoreIsNotAsked(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	for credentials, challenge := range map[string]string{
		"": "Bearer", "Basic YTpi": "Bearer", "Bearer": `Bearer error="invalid_token"`, "Bearer ": `Bearer error="invalid_token"`,
		"Bearer a b": `Bearer error="invalid_token"`, "Bearer a=b": `Bearer error="invalid_token"`, "Bearer =": `Bearer error="invalid_token"`,
		"Bearer a\tb": `Bearer error="invalid_token"`, "Bearer \"a\"": `Bearer error="invalid_token"`, "Bearer é": `Bearer error="invalid_token"`,
		"Bearer " + strings.Repeat("a", 8<<10+1): `Bearer error="invalid_token"`, token: "Bearer", "Bearertoken": "Bearer",
	} {
		answer := send(t, server, "GET", "/r4/Patient/1", "", "Authorization", credentials)
		_, code, _ := answer.issue(t)
		if answer.status != 401 || code != "login" || !slices.Equal(answer.header["Www-Authenticate"], []string{challenge}) {
			t.Errorf("%.40q: got %d %v", credentials, answer.status, answer.header)
		}
	}
	if asked := h.requests(); len(asked) != 0 {
		t.Errorf("the datastore was asked %d times", len(asked))
	}
	for sent, want := range map[string]string{"bearer " + token: token, "BEARER   " + token: token, "Bearer " + strings.Repeat("a", 8<<10): strings.Repeat("a", 8<<10)} {
		if answer := send(t, server, "GET", "/r4/Patient/1", "", "Authorization", sent); answer.status != 200 {
			t.Errorf("%.40q: got %d", sent, answer.status)
		}
		asked := h.requests()
		if last := asked[len(asked)-1].Header["Authorization"]; !slices.Equal(last, []string{"Bearer " + want}) {
			t.Errorf("%.40q: the datastore got %.60q", sent, last)
		}
	}
}

func TestARefusalOfTheDatastoreKeepsItsStatusAndA401HasAChallenge(t *testing.T) {
	for _, c := range []struct {
		status                int
		challenge, challenged string
	}{
		{401, "", "Bearer"}, {401, `Bearer error="invalid_token"`, `Bearer error="invalid_token"`}, {401, `Basic realm="x"`, "Bearer"},
		{403, "", ""}, {403, `bearer error="insufficient_scope"`, `bearer error="insufficient_scope"`}, {404, "", ""}, {409, "", ""}, {412, "", ""}, {422, "", ""}, {429, "", ""}, {500, "", ""},
	} {
		body := `{"resourceType":"OperationOutcome","issue":[]}`
		answer := send(t, through(t, saying(t, c.status, body, "WWW-Authenticate", c.challenge)), "GET", "/r4/Patient/1", "")
		if answer.status != c.status || answer.text != body || answer.header.Get("WWW-Authenticate") != c.challenged {
			t.Errorf("%d with %q: got %d with %q: %s", c.status, c.challenge, answer.status, answer.header.Get("WWW-Authenticate"), answer.text)
		}
	}
	for status, code := range map[int]string{
		400: "invalid", 401: "login", 403: "forbidden", 413: "too-long", 414: "too-long", 429: "throttled", 431: "too-long", 503: "transient",
	} {
		for media, body := range map[string]string{"text/html": "<html>", "text/plain": "no", "": ""} {
			answer := send(t, through(t, saying(t, status, body, "Content-Type", media, "Retry-After", "3")), "GET", "/r4/Patient/1", "")
			if _, got, _ := answer.issue(t); answer.status != status || got != code || answer.header.Get("Retry-After") != "3" {
				t.Errorf("%d with %s: got %d %s", status, media, answer.status, answer.text)
			}
		}
	}
	aws := `{"__type":"AccessDeniedException","message":"no"}`
	if answer := send(t, through(t, saying(t, 403, aws, "Content-Type", "application/x-amz-json-1.0")), "GET", "/r4/Patient/1", ""); answer.status != 403 || answer.text != aws {
		t.Errorf("got %d %s", answer.status, answer.text)
	}
}

func TestWithoutALimitAnAnswerIsPassedOnAsItComes(t *testing.T) {
	arrived := make(chan struct{})
	var h *healthLake
	h = behind(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/fhir+json")
		_, _ = io.WriteString(w, `{"a":"`+h.base()+`x","b":"`+strings.Repeat("b", 64<<10))
		w.(http.Flusher).Flush()
		select {
		case <-arrived:
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
			t.Error("nothing of the answer arrived before its end was sent")
		}
		_, _ = io.WriteString(w, `"}`)
	})
	server := through(t, h, func(c *fhirproxy.Config) { c.MaxResponse = 0 })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/r4/Patient", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept-Encoding", "identity")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	begin := make([]byte, len(`{"a":"`+door+`/x"`))
	if _, err := io.ReadFull(response.Body, begin); err != nil || string(begin) != `{"a":"`+door+`/x"` {
		t.Fatalf("got %q %v", begin, err)
	}
	close(arrived)
	if rest, err := io.ReadAll(response.Body); err != nil || !bytes.HasSuffix(rest, []byte(`b"}`)) {
		t.Errorf("got %d bytes, %v", len(rest), err)
	}
}

func TestWhatBecameOfARequestIsToldWithoutWhatIsSecret(t *testing.T) {
	var told []fhirproxy.Exchange
	observe := func(c *fhirproxy.Config) {
		c.Observe = func(_ context.Context, x fhirproxy.Exchange) { told = append(told, x) }
		c.MaxResponse = 2000
	}
	large := `{"a":"` + strings.Repeat("a", 3000) + `"}`
	for _, c := range []struct {
		status                    int
		body, method, path, token string
		want                      fhirproxy.Exchange
	}{
		{200, `{}`, "GET", "/r4/Patient/1?a=b", token, fhirproxy.Exchange{Interaction: fhirproxy.Interaction{Name: "read", Type: "Patient"}}},
		{404, `{}`, "POST", "/r4/Patient/1/$everything", token, fhirproxy.Exchange{Interaction: fhirproxy.Interaction{Name: "operation", Type: "Patient", Operation: "$everything"}}},
		{200, `{}`, "GET", "/r4/Patient/1", "", fhirproxy.Exchange{Interaction: fhirproxy.Interaction{Name: "read", Type: "Patient"}, Failure: "refused"}},
		{200, `{}`, "GET", "/r4/x", token, fhirproxy.Exchange{Failure: "refused"}},
		{302, ``, "GET", "/r4/Patient/1", token, fhirproxy.Exchange{Interaction: fhirproxy.Interaction{Name: "read", Type: "Patient"}, Failure: "bad-answer"}},
		{200, large, "GET", "/r4/Patient", token, fhirproxy.Exchange{Interaction: fhirproxy.Interaction{Name: "search-type", Type: "Patient"}, Failure: "too-costly"}},
		{200, large, "PUT", "/r4/Patient/1", token, fhirproxy.Exchange{Interaction: fhirproxy.Interaction{Name: "update", Type: "Patient"}, Failure: "too-costly"}},
	} {
		told = nil
		server := through(t, saying(t, c.status, c.body), observe)
		send(t, server, c.method, c.path, "", "Authorization", strings.TrimSuffix("Bearer "+c.token, "Bearer "))
		server.Close() // the answer arrives before it is told of
		if len(told) != 1 {
			t.Fatalf("%s %s: told %v", c.method, c.path, told)
		}
		if (told[0].Upstream > 0) != (c.want.Failure != "refused") {
			t.Errorf("%s %s: the datastore took %s", c.method, c.path, told[0].Upstream)
		}
		if told[0].Upstream = 0; told[0] != c.want {
			t.Errorf("%s %s: told %+v, want %+v", c.method, c.path, told[0], c.want)
		}
	}
}

func TestAConfigurationThatIsNoProxysIsRefused(t *testing.T) {
	good := fhirproxy.Config{BaseURL: door, Upstream: "https://healthlake.example.org" + datastore}
	if _, err := fhirproxy.New(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		base, upstream, field string
	}{
		{"", good.Upstream, "BaseURL"}, {"http://fhir.example.org/r4", good.Upstream, "BaseURL"}, {door + "/", good.Upstream, "BaseURL"},
		{door + "?a", good.Upstream, "BaseURL"}, {door + "?", good.Upstream, "BaseURL"}, {door + "#a", good.Upstream, "BaseURL"}, {"https://user:pass@fhir.example.org/r4", good.Upstream, "BaseURL"},
		{"https:///r4", good.Upstream, "BaseURL"},
		{door, "", "Upstream"}, {door, "http://x/r4/", "Upstream"}, {door, "https://x/r4", "Upstream"}, {door, "https://x/r4/?a", "Upstream"},
		{door, "https://x/r4%2f/", "Upstream"},
	} {
		_, err := fhirproxy.New(fhirproxy.Config{BaseURL: c.base, Upstream: c.upstream})
		if err == nil || !strings.HasPrefix(err.Error(), c.field+": must be an https URL") || strings.Contains(err.Error(), "pass") {
			t.Errorf("%q, %q: got %v", c.base, c.upstream, err)
		}
	}
	for _, edit := range []func(*fhirproxy.Config){func(c *fhirproxy.Config) { c.Timeout = -1 }, func(c *fhirproxy.Config) { c.MaxResponse = -1 }} {
		config := good
		edit(&config)
		if _, err := fhirproxy.New(config); err == nil {
			t.Errorf("%+v was taken", config)
		}
	}
}

func TestTheTransportByDefaultTrustsTheSystemAndNothingElse(t *testing.T) {
	h := saying(t, 200, `{}`) // its certificate is of no authority that the system knows
	server := through(t, h, func(c *fhirproxy.Config) { c.Transport = nil })
	if answer := send(t, server, "GET", "/r4/Patient/1", ""); answer.status != 502 || len(h.requests()) != 0 {
		t.Errorf("got %d", answer.status)
	}
}
