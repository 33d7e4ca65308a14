package fhirproxy_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
)

// wire sends bytes as they are, and reads the answers until the connection is closed.
func wire(t testing.TB, server *httptest.Server, text string) []got {
	t.Helper()
	return exchange(t, server, text, false)
}

// exchange sends bytes as they are, and reads the answers. A halting app sends nothing
// more, but still reads.
func exchange(t testing.TB, server *httptest.Server, text string, halting bool) []got {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	if halting {
		if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
	}
	var answers []got
	for reader := bufio.NewReader(connection); ; {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return answers
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		answers = append(answers, got{response.StatusCode, response.Header, string(body), err})
	}
}

// otherDatastore trusts the same issuer as the one that the proxy is for.
const otherDatastore = "/datastore/ffffffffffffffffffffffffffffffff/r4/"

func TestNoPathReachesAnotherDatastore(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	up := []string{"..", "%2e%2e", "%2E.", ".%2e", "..%2f..", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e", "..;", "..;a=b", "%c0%ae%c0%ae", "..%00", "..%20", "．．"}
	for _, step := range up {
		for _, path := range []string{
			"/r4/" + step + "/" + step + otherDatastore + "Patient", "/r4/Patient/" + step + "/" + step + "/" + step + otherDatastore + "Patient",
			"/r4/Patient/" + step, "/r4" + step + "/Patient", "/r4/" + step + "/r4/Patient", "//r4/" + step + "/Patient", "/r4//" + step, "/r4/Patient/1/" + step + "/" + step + "/" + step + "/metadata",
		} {
			for _, answer := range wire(t, server, "GET "+path+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+"\r\nConnection: close\r\n\r\n") {
				if answer.status != 400 && answer.status != 404 {
					t.Errorf("%s: got %d %s", path, answer.status, answer.text)
				}
			}
		}
	}
	for _, target := range []string{h.URL + otherDatastore + "Patient", "https://x" + otherDatastore + "Patient", "*", "/r4@healthlake.example.org/Patient", "/r4:443/Patient", "/r4?/../../" + otherDatastore + "#/r4/Patient"} {
		wire(t, server, "GET "+target+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+token+"\r\nConnection: close\r\n\r\n")
	}
	for _, asked := range h.requests() {
		if asked.URL.Path != datastore || !strings.HasPrefix(asked.URL.RawQuery, "/../") { // a query is no path
			t.Errorf("the datastore was asked for %s", asked.RequestURI)
		}
	}
}

// An HTTP API may hand over a path that it has decoded, or one that it has not.
func TestAPathIsRefusedWhetherItComesRawOrDecoded(t *testing.T) {
	h := saying(t, 200, `{}`)
	proxy := through(t, h).Config.Handler
	ask := func(at url.URL) int {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.URL = &at
		request.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, request)
		return answer.Code
	}
	for _, at := range []url.URL{
		{Path: "/r4/../../x/r4/Patient"}, {Path: "/r4/Patient/1", RawPath: "/r4/%50atient/1"}, {Path: "/r4/Patient/../Group", RawPath: "/r4/Patient/%2e%2e/Group"},
		{Path: "/r4/Patient/1", RawPath: "/r4/../x"}, {Path: "/r4/Patient/%2e%2e"}, {Path: "/r4/Patient/a b"}, {Path: "/r4/Patient/1\r\nx"}, {Path: "/r4/$export", RawPath: "/r4/%24export"},
	} {
		if status := ask(at); status != 400 {
			t.Errorf("%+v: got %d", at, status)
		}
	}
	if len(h.requests()) != 0 {
		t.Error("the datastore was asked")
	}
	if status := ask(url.URL{Path: "/r4/Patient/1", RawPath: "/r4/Patient/1"}); status != 200 {
		t.Errorf("both the same: got %d", status)
	}
}

func TestNothingOfTheCallerReachesTheDatastoreButTheHeadersOfTheList(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	sent := "GET /r4/Patient HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer " + token + "\r\n" +
		"Accept: application/fhir+json\r\nAccept-Language: de\r\nPrefer: return=minimal\r\nPrefer: handling=strict\r\nContent-Type: application/fhir+json\r\n" +
		"If-Match: W/\"1\"\r\nIf-None-Match: W/\"2\"\r\nIf-None-Exist: a=b\r\nIf-Modified-Since: Sat, 31 Jan 2026 09:30:00 GMT\r\nX-Amz-Fhir-Idempotency-Key: k\r\n" +
		"Cookie: a=b\r\nForwarded: for=a\r\nX-Forwarded-For: a\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: http\r\nVia: 1.1 x\r\nTE: trailers\r\nTrailer: X-A\r\nUpgrade: websocket\r\nKeep-Alive: 1\r\n" +
		"Proxy-Authorization: Basic a\r\nProxy-Connection: close\r\nOrigin: https://a.example\r\nReferer: https://a.example\r\nUser-Agent: app\r\nRange: bytes=0-1\r\nAccept-Encoding: gzip\r\n" +
		"X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /x\r\nX_Amz_Fhir_A: 1\r\nAccept_Language: x\r\nX-Secret: 1\r\nConnection: close, X-Secret\r\n\r\n"
	if answers := wire(t, server, sent); len(answers) != 1 || answers[0].status != 200 {
		t.Fatalf("got %+v", answers)
	}
	asked := h.requests()[0]
	want := http.Header{
		"Authorization": {"Bearer " + token}, "Accept": {"application/fhir+json"}, "Accept-Language": {"de"}, "Prefer": {"return=minimal", "handling=strict"},
		"Content-Type": {"application/fhir+json"}, "If-Match": {`W/"1"`}, "If-None-Match": {`W/"2"`}, "If-None-Exist": {"a=b"},
		"If-Modified-Since": {"Sat, 31 Jan 2026 09:30:00 GMT"}, "X-Amz-Fhir-Idempotency-Key": {"k"},
		"Accept-Encoding": {"identity"}, "User-Agent": {"smartlake-frontdoor"},
	}
	if !maps.EqualFunc(asked.Header, want, slices.Equal) {
		t.Errorf("got  %v\nwant %v", asked.Header, want)
	}
	if asked.Host != strings.TrimPrefix(h.URL, "https://") {
		t.Errorf("asked %s", asked.Host)
	}
}

func TestSigV4IsNeverRelayed(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	signature := "AWS4-HMAC-SHA256 Credential=AKIA/20260131/eu-west-1/healthlake/aws4_request, SignedHeaders=host, Signature=0"
	answer := send(t, server, "GET", "/r4/Patient", "", "Authorization", signature, "X-Amz-Date", "20260131T093000Z")
	if answer.status != 401 || answer.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("got %d %v", answer.status, answer.header)
	}
	for _, query := range []string{"X-Amz-Signature=0", "a=b&X-Amz-Algorithm=AWS4-HMAC-SHA256", "x-amz-credential=a", "%58-Amz-Security-Token=a", "X-Amz%2dDate=1"} {
		if answer := send(t, server, "GET", "/r4/Patient?"+query, ""); answer.status != 400 {
			t.Errorf("%s: got %d", query, answer.status)
		}
	}
	if len(h.requests()) != 0 {
		t.Fatal("the datastore was asked")
	}
	answer = send(t, server, "GET", "/r4/Patient", "", "X-Amz-Date", "20260131T093000Z", "X-Amz-Security-Token", "s", "X-Amz-Content-Sha256", "0", "X-Amz-Target", "HealthLake.DeleteFHIRDatastore")
	if answer.status != 200 {
		t.Fatalf("got %d", answer.status)
	}
	for name := range h.requests()[0].Header {
		if strings.HasPrefix(name, "X-Amz-") {
			t.Errorf("%s was relayed", name)
		}
	}
}

func TestTwoAuthorizationHeadersAreRefused(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	for _, headers := range []string{
		"Authorization: Bearer a\r\nAuthorization: Bearer b", "Authorization: Bearer a\r\nauthorization: Bearer a",
		"Authorization: Bearer a\r\nAuthorization: AWS4-HMAC-SHA256 x", "Authorization: Bearer a,Bearer b", "Authorization: Bearer a, Bearer b", "Authorization: Bearer a\r\nAuthorization:",
	} {
		answers := wire(t, server, "GET /r4/Patient/1 HTTP/1.1\r\nHost: x\r\n"+headers+"\r\nConnection: close\r\n\r\n")
		if len(answers) != 1 || answers[0].status != 400 || answers[0].header.Get("WWW-Authenticate") != `Bearer error="invalid_request"` {
			t.Errorf("%q: got %+v", headers, answers)
		}
	}
	if len(h.requests()) != 0 {
		t.Error("the datastore was asked")
	}
	if _, err := fhirproxy.BearerToken(http.Header{"Authorization": {"Bearer a"}, "authorization": {"Bearer b"}}); err == nil {
		t.Error("two spellings of the name were taken")
	}
}

func TestATokenInTheQueryIsRefused(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	for _, query := range []string{
		"access_token=" + token, "access_token", "a=b&access_token=x", "a;access_token=x", "access%5ftoken=x", "%61ccess_token=x", "access%255ftoken=x", "access%25255Ftoken=x", "access%2%355ftoken=x", "access%%35ftoken=x",
		"access" + "%" + strings.Repeat("25", 4000) + "5ftoken=x",
		"ACCESS_TOKEN=x", "+access_token=x", "access_token%20=x", "access_token%00=x", "&&access_token=", "%61%63%63%65%73%73%5f%74%6f%6b%65%6e=x",
	} {
		answer := send(t, server, "GET", "/r4/Patient?"+query, "")
		if answer.status != 400 || strings.Contains(answer.text, token) {
			t.Errorf("%s: got %d %s", query, answer.status, answer.text)
		}
	}
	if len(h.requests()) != 0 {
		t.Error("the datastore was asked")
	}
	for _, query := range []string{"a=access_token", "xaccess_token=1", "access_tokens=1", "access%_token=1", "%"} {
		if answer := send(t, server, "GET", "/r4/Patient?"+query, ""); answer.status != 200 {
			t.Errorf("%s: got %d", query, answer.status)
		}
	}
}

// A stranger may send 10 KB to an HTTP API. It is refused after some microseconds: the
// limit here is for a busy machine.
func TestAQueryOfManyLayersOfEncodingCostsNoMoreThanAnother(t *testing.T) {
	proxy, err := fhirproxy.New(fhirproxy.Config{BaseURL: door, Upstream: "https://healthlake.example" + datastore})
	if err != nil {
		t.Fatal(err)
	}
	took := func(query string) time.Duration {
		shortest := time.Hour
		for range 5 {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/r4/Patient?"+query, nil)
			recorder := httptest.NewRecorder()
			started := time.Now()
			proxy.ServeHTTP(recorder, r)
			shortest = min(shortest, time.Since(started))
			if recorder.Code != http.StatusUnauthorized {
				t.Fatalf("got %d %s", recorder.Code, recorder.Body)
			}
		}
		return shortest
	}
	if layers, plain := took("%"+strings.Repeat("25", 4900)), took(strings.Repeat("a", 9801)); layers > 20*plain+time.Millisecond {
		t.Errorf("took %s, and %s without encoding", layers, plain)
	}
}

func TestAHeaderThatChangesTheMeaningOfARequestIsRefusedIfItCannotBePassedOn(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	for headers, want := range map[string]int{
		"Content-Encoding: gzip": 415, "If-Unmodified-Since: Sat, 31 Jan 2026 09:30:00 GMT": 400, "Content-Range: bytes 0-1/2": 400, "X-Provenance: {}": 400,
		"Connection: If-Match\r\nIf-Match: W/\"1\"": 400, "Connection: close, authorization": 400, "Connection: x-amz-fhir-a": 400,
		"If-None-Exist: a=1\r\nIf-None-Exist: b=1": 400, "Content-Type: a/b\r\nContent-Type: c/d": 400, "X-Amz-Fhir-Idempotency-Key: a\r\nX-Amz-Fhir-Idempotency-Key: b": 400,
		"Content-Encoding: identity": 200,
	} {
		before := len(h.requests())
		answers := wire(t, server, "PUT /r4/Patient/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nContent-Length: 2\r\nConnection: close\r\n"+headers+"\r\n\r\n{}")
		if len(answers) != 1 || answers[0].status != want || (len(h.requests()) > before) != (want == 200) {
			t.Errorf("%q: got %+v", headers, answers)
		}
	}
}

// The proxy frames a request anew: where its length is in doubt, it is refused, and
// elsewhere the datastore sees as many requests as the app was answered.
func TestARequestIsNeverTwoForTheDatastore(t *testing.T) {
	smuggled := "GET /r4/Group/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n"
	for framing, want := range map[string]int{
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                                 2,
		"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":            2, // RFC 9112, section 6.3: chunked
		"Content-Length: 0\r\n\r\n":                                                   2,
		"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n":                                0,
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n":  0,
		"Content-Length: 0\r\nContent-Length: 90\r\n\r\n":                             0,
		"Content-Length : 0\r\n\r\n":                                                  0,
		"Content-Length: +0\r\n\r\n":                                                  0,
		fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n\r\n", len(smuggled)): 1,
	} {
		h := saying(t, 200, `{}`)
		answers := wire(t, through(t, h), "POST /r4/Patient HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n"+framing+smuggled)
		served := 0
		for _, answer := range answers {
			if answer.status == 200 {
				served++
			}
		}
		if asked := len(h.requests()); served != want || asked != want {
			t.Errorf("%q: the app was served %d times, the datastore asked %d times, want %d", framing, served, asked, want)
		}
	}
	h := saying(t, 200, `{}`)
	for _, body := range []string{"Content-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"} {
		answers := wire(t, through(t, h), "GET /r4/Patient HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nConnection: close\r\n"+body)
		if len(answers) != 1 || answers[0].status != 400 || len(h.requests()) != 0 {
			t.Errorf("a GET with a body: got %+v", answers)
		}
	}
}

// A 502 is a fault of the datastore, of which an alarm tells.
func TestAnUpgradeThatAnAppAsksForIsIgnored(t *testing.T) {
	for _, upgrade := range []string{"websocket", "h2c", "\x80", "\t"} {
		h := saying(t, 200, `{}`)
		answers := wire(t, through(t, h), "GET /r4/Patient HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nConnection: Upgrade, close\r\nUpgrade: "+upgrade+"\r\n\r\n")
		if len(answers) != 1 || answers[0].status != 200 {
			t.Errorf("%q: got %+v", upgrade, answers)
		}
		for _, asked := range h.requests() {
			if asked.Header["Upgrade"] != nil || asked.Header["Connection"] != nil {
				t.Errorf("%q: the datastore got %v", upgrade, asked.Header)
			}
		}
	}
}

func TestAnOversizeBodyIsRefusedWithoutBeingRead(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	answers := wire(t, server, fmt.Sprintf("PUT /r4/Patient/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n{", fhirproxy.MaxRequest+1))
	if len(answers) != 1 || answers[0].status != 413 || len(h.requests()) != 0 {
		t.Fatalf("got %+v", answers)
	}
	if _, code, text := answers[0].issue(t); code != "too-long" || text != "the body: larger than 10 MiB; send less at once" {
		t.Errorf("got %s: %s", code, text)
	}
	answer := send(t, server, "PUT", "/r4/Patient/1", strings.Repeat("a", fhirproxy.MaxRequest))
	if asked := h.requests(); answer.status != 200 || len(asked) != 1 || len(asked[0].body) != fhirproxy.MaxRequest {
		t.Errorf("at the limit: got %d %s", answer.status, answer.text)
	}
}

func TestAnOversizeBodyOfUnknownLengthNeverReachesTheDatastoreWhole(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL+"/r4/Patient/1", io.MultiReader(strings.NewReader(strings.Repeat("a", fhirproxy.MaxRequest+1))))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err == nil { // else the connection was closed on the body
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d", response.StatusCode)
		}
	}
	server.Close()
	h.Close()
	for _, asked := range h.requests() {
		if asked.broken == nil {
			t.Errorf("the datastore took %d bytes for the whole body", len(asked.body))
		}
	}
}

func TestAHalfSentBodyNeverReachesTheDatastoreWhole(t *testing.T) {
	for name, framing := range map[string]string{
		"of a length": "Content-Length: 20\r\n\r\n{\"a\":1}", "in chunks": "Transfer-Encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n", "in a chunk": "Transfer-Encoding: chunked\r\n\r\n14\r\n{\"a\":1}",
	} {
		h := saying(t, 200, `{}`)
		server := through(t, h)
		answers := exchange(t, server, "PUT /r4/Patient/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n"+framing, true)
		if len(answers) != 1 || answers[0].status != 400 {
			t.Errorf("%s: got %+v", name, answers)
		} else if _, code, text := answers[0].issue(t); code != "invalid" || text != "the body: incomplete; send it again" {
			t.Errorf("%s: got %s: %s", name, code, text)
		}
		server.Close()
		h.Close()
		for _, asked := range h.requests() {
			if asked.broken == nil {
				t.Errorf("%s: the datastore took %q for the whole body", name, asked.body)
			}
		}
	}
}

func TestASlowDatastoreIsATimeoutAndTheNextRequestWorks(t *testing.T) {
	for name, begin := range map[string]string{"nothing": "", "a header": " ", "half of the body": `{"a":`} {
		for method, hint := range map[string]string{
			"GET": "HealthLake did not answer within 1s; try again later",
			"PUT": "HealthLake did not answer within 1s; whether the request was carried out is unknown: look before you send it again",
		} {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				var slow atomic.Bool
				slow.Store(true)
				h := behind(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "application/fhir+json")
					if !slow.Load() {
						_, _ = io.WriteString(w, `{}`)
						return
					}
					if begin != "" {
						_, _ = io.WriteString(w, begin)
						w.(http.Flusher).Flush()
					}
					<-r.Context().Done()
				})
				server := through(t, h, func(c *fhirproxy.Config) { c.Timeout = time.Second })
				since := time.Now()
				answer := send(t, server, method, "/r4/Patient/1", "")
				_, code, text := answer.issue(t)
				if answer.status != 504 || code != "timeout" || text != hint || time.Since(since) > 5*time.Second {
					t.Errorf("got %d after %s: %s", answer.status, time.Since(since), answer.text)
				}
				slow.Store(false)
				if answer := send(t, server, method, "/r4/Patient/1", ""); answer.status != 200 {
					t.Errorf("then got %d %s", answer.status, answer.text)
				}
			})
		}
	}
}

// A server that sees its caller go may end its answer in good form.
func TestAnAnswerThatEndsBecauseItWasGivenUpDoesNotCountAsWhole(t *testing.T) {
	proxy, err := fhirproxy.New(fhirproxy.Config{BaseURL: door, Upstream: from, Transport: yielding{}, Timeout: 50 * time.Millisecond, MaxResponse: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodGet, "/r4/Patient/1", nil)
	request.Header.Set("Authorization", "Bearer a")
	answer := httptest.NewRecorder()
	proxy.ServeHTTP(answer, request)
	if answer.Code != 504 {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
}

// yielding answers with a body that ends as soon as the request is given up.
type yielding struct{}

func (yielding) RoundTrip(r *http.Request) (*http.Response, error) {
	body := readerFunc(func([]byte) (int, error) {
		<-r.Context().Done()
		return 0, io.EOF
	})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/fhir+json"}}, ContentLength: -1, Body: io.NopCloser(body)}, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestADatastoreThatIsDownIsABadGateway(t *testing.T) {
	h := saying(t, 200, `{}`)
	server := through(t, h)
	h.Close()
	answer := send(t, server, "GET", "/r4/Patient/1?name=canary", "")
	if _, code, text := answer.issue(t); answer.status != 502 || code != "transient" || text != "HealthLake could not be reached, or did not answer whole; try again later" {
		t.Errorf("got %d %s", answer.status, answer.text)
	}
}

func TestAnAnswerThatBreaksOffNeverLooksWhole(t *testing.T) {
	h := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/fhir+json")
		_, _ = io.WriteString(w, `{"a":"`+strings.Repeat("a", 100<<10))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	for _, coding := range []string{"identity", "gzip"} {
		held := send(t, through(t, h), "GET", "/r4/Patient/1", "", "Accept-Encoding", coding)
		if held.issue(t); held.status != 502 {
			t.Errorf("%s: got %d %.100s", coding, held.status, held.text)
		}
		passed := send(t, through(t, h, func(c *fhirproxy.Config) { c.MaxResponse = 0 }), "GET", "/r4/Patient/1", "", "Accept-Encoding", coding)
		if passed.broken == nil {
			t.Errorf("%s: got %d whole bytes", coding, len(passed.text))
		}
		if coding == "gzip" {
			reader, err := gzip.NewReader(strings.NewReader(passed.text))
			if err == nil {
				_, err = io.Copy(io.Discard, reader)
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
				t.Errorf("what was compressed looks whole: %v", err)
			}
		}
	}
	// Outside of an http.Server, a handler breaks its answer off by panicking.
	unlimited := through(t, h, func(c *fhirproxy.Config) { c.MaxResponse = 0 }).Config.Handler
	request := httptest.NewRequest(http.MethodGet, "/r4/Patient/1", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	defer func() {
		if recovered, _ := recover().(error); !errors.Is(recovered, http.ErrAbortHandler) {
			t.Errorf("got %v", recovered)
		}
	}()
	unlimited.ServeHTTP(httptest.NewRecorder(), request)
}

func TestARedirectOfTheDatastoreIsNeitherFollowedNorPassedOn(t *testing.T) {
	elsewhere := saying(t, 200, `{"secret":1}`)
	for _, status := range []int{300, 301, 302, 303, 305, 307, 308} {
		h := saying(t, status, `{}`, "Location", elsewhere.URL)
		answer := send(t, through(t, h), "GET", "/r4/Patient/1", "")
		if _, _, text := answer.issue(t); answer.status != 502 || answer.header.Get("Location") != "" || text != "HealthLake answered with a redirect, which is not followed" {
			t.Errorf("%d: got %d %v %s", status, answer.status, answer.header, answer.text)
		}
	}
	if len(elsewhere.requests()) != 0 {
		t.Error("a redirect was followed")
	}
}

func TestAPageOfTheDatastoreIsNotPassedOn(t *testing.T) {
	page := "<html><script>alert(1)</script></html>"
	for _, media := range []string{"text/html", "text/html; charset=utf-8", "text/plain", "application/xhtml+xml", "application/json-seq", "image/svg+xml", "", "application/json, text/html", "text/x+json"} {
		for _, method := range []string{"GET", "HEAD"} {
			for _, status := range []int{200, 404, 500} {
				answer := send(t, through(t, saying(t, status, page, "Content-Type", media)), method, "/r4/Patient/1", "")
				if method == "HEAD" && media == "" { // says of no body that it is JSON
					continue
				}
				if answer.status != 502 || strings.Contains(answer.text, "script") {
					t.Errorf("%s %d %s: got %d %s", method, status, media, answer.status, answer.text)
				}
			}
		}
	}
	twice := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json", "text/html"}
		_, _ = io.WriteString(w, page)
	})
	if answer := send(t, through(t, twice), "GET", "/r4/Patient/1", ""); answer.status != 502 {
		t.Errorf("of two types: got %d", answer.status)
	}
	packed := saying(t, 200, "\x1f\x8b", "Content-Encoding", "gzip")
	if answer := send(t, through(t, packed), "GET", "/r4/Patient/1", ""); answer.status != 502 {
		t.Errorf("compressed without being asked: got %d", answer.status)
	}
}

func TestInformationalAnswersAndTrailersOfTheDatastoreAreNotPassedOn(t *testing.T) {
	h := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "<https://evil.example>; rel=preload")
		w.Header().Set("X-Secret", "1")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Content-Type", "application/fhir+json")
		w.Header().Set("Trailer", "X-Announced")
		_, _ = io.WriteString(w, `{}`)
		w.Header().Set("X-Announced", "1")
		w.Header().Set(http.TrailerPrefix+"X-Unannounced", "1")
	})
	for _, limit := range []int64{0, 1 << 20} {
		server := through(t, h, func(c *fhirproxy.Config) { c.MaxResponse = limit })
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(connection, "GET /r4/Patient/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nTE: trailers\r\nConnection: close\r\n\r\n")
		text, err := io.ReadAll(connection)
		_ = connection.Close()
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 200 OK") || strings.Contains(string(text), "nnounced") || strings.Contains(string(text), "Secret") || strings.Contains(string(text), "Link") {
			t.Errorf("got %v\n%s", err, text)
		}
	}
}

func TestADatastoreCannotSwitchTheProtocol(t *testing.T) {
	upgrade := ""
	h := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\n"+upgrade+"\r\nraw")
		_ = connection.Close()
	})
	server := through(t, h)
	for _, header := range []string{"Connection: close\r\n", "Connection: Upgrade, close\r\nUpgrade: websocket\r\n"} {
		for _, upgrade = range []string{"", "Connection: Upgrade\r\nUpgrade: websocket\r\n"} {
			answers := wire(t, server, "GET /r4/Patient/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n"+header+"\r\n")
			if len(answers) != 1 || answers[0].status != 502 {
				t.Errorf("got %+v", answers)
			}
		}
	}
}

func TestALocationOutsideOfTheDatastoreIsNotPassedOn(t *testing.T) {
	for location, want := range map[string]string{
		"BASE/Patient/1/_history/1": door + "/Patient/1/_history/1", "Patient/1": door + "/Patient/1", datastore + "Patient/1": door + "/Patient/1", "BASE/": door + "/",
		"https://evil.example/Patient/1": "", "//evil.example/x": "", otherDatastore + "Patient/1": "", "../../x": "", "javascript:alert(1)": "", "%": "",
	} {
		h := saying(t, 201, `{}`, "Location", location, "Content-Location", location)
		answer := send(t, through(t, h), "POST", "/r4/Patient", "{}")
		if answer.status != 201 || answer.header.Get("Location") != want || answer.header.Get("Content-Location") != want {
			t.Errorf("%s: got %d %q %q, want %q", location, answer.status, answer.header.Get("Location"), answer.header.Get("Content-Location"), want)
		}
	}
}

func TestNoRefusalTellsATokenAQueryAnIdOrTheDatastore(t *testing.T) {
	const canary = "canaryCANARY7"
	redirecting, html := saying(t, 302, canary, "Location", "BASE/"+canary), saying(t, 200, "<html>"+canary, "Content-Type", "text/html")
	down := saying(t, 200, `{}`)
	servers := []*httptest.Server{through(t, redirecting), through(t, html), through(t, down)}
	down.Close()
	refused := 0
	for _, server := range servers {
		for _, path := range []string{"/r4/Patient/" + canary + "?name=" + canary, "/r4/Patient?access_token=" + canary, "/r4/Patient/%41" + canary, "/r4/Patient/1/" + canary, "/r4/x/" + canary, "/" + canary, "/r4/Patient/_search?" + canary} {
			for _, credentials := range []string{"Bearer " + canary, "Bearer " + canary + "!", "Basic " + canary, "Bearer " + canary + ",Bearer " + canary} {
				answer := send(t, server, "GET", path, "", "Authorization", credentials, "X-Provenance", "")
				if answer.status < 400 {
					t.Errorf("%s with %s: got %d", path, credentials, answer.status)
				}
				refused++
				all := answer.text + fmt.Sprint(answer.header)
				if strings.Contains(all, canary) || strings.Contains(all, "datastore/") || strings.Contains(all, "127.0.0.1") {
					t.Errorf("%s with %s: told %s", path, credentials, all)
				}
			}
		}
	}
	if refused != 84 {
		t.Errorf("%d refusals were looked at", refused)
	}
}
