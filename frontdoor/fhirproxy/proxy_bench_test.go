package fhirproxy_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
)

// bundle is a Bundle of about 4 MB, with a link below a base in every entry.
func bundle(base string) []byte {
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Bundle","type":"searchset","entry":[`)
	for n := 0; b.Len() < 4_000_000; n++ {
		fmt.Fprintf(&b, `{"fullUrl":"%sObservation/%d","resource":{"resourceType":"Observation","id":"%d","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2345-7","display":"Glucose"}],"text":"Glucose"},"subject":{"reference":"Patient/%d"},"valueQuantity":{"value":6.3,"unit":"mmol/l","system":"http://unitsofmeasure.org","code":"mmol/L"}}},`, base, n, n, n%100)
	}
	b.WriteString(`{}]}`)
	return b.Bytes()
}

// fixed answers with a body from memory.
type fixed struct{ body []byte }

func (f fixed) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/fhir+json"}}, ContentLength: int64(len(f.body)), Body: io.NopCloser(bytes.NewReader(f.body))}, nil
}

// nowhere is where an answer goes that nobody keeps.
type nowhere struct {
	header  http.Header
	written int
}

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(p []byte) (int, error) { n.written += len(p); return len(p), nil }

// answering makes a proxy that holds answers, and a request for the body.
func answering(t testing.TB, body []byte) (*fhirproxy.Proxy, *http.Request) {
	t.Helper()
	proxy, err := fhirproxy.New(fhirproxy.Config{BaseURL: door, Upstream: from, Transport: fixed{body}, MaxResponse: 5 << 20})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodGet, "/r4/Observation", nil)
	request.Header.Set("Authorization", "Bearer a")
	return proxy, request
}

// allocated is how many bytes are allocated for a call: more than the heap ever holds of it.
func allocated(call func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// A Lambda function of little memory must take the largest answer.
func TestAnAnswerOf4MBTakesAtMostThreeTimesItsSizeOfHeap(t *testing.T) {
	body := bundle(from)
	proxy, request := answering(t, body)
	to := &nowhere{header: http.Header{}}
	heap := allocated(func() { proxy.ServeHTTP(to, request) })
	if want := len(body) + bytes.Count(body, []byte(from))*(len(door)+1-len(from)); to.written != want {
		t.Errorf("%d bytes were written, want %d", to.written, want)
	}
	if heap > 3*float64(len(body)) {
		t.Errorf("%.0f bytes were allocated for %d", heap, len(body))
	}
}

// BenchmarkAnswer passes a 4 MB bundle back, held whole as for a way back with a limit.
func BenchmarkAnswer(b *testing.B) {
	body := bundle(from)
	proxy, request := answering(b, body)
	heap := allocated(func() {
		for b.Loop() {
			proxy.ServeHTTP(&nowhere{header: http.Header{}}, request)
		}
	}) / float64(b.N)
	b.ReportMetric(float64(len(body)), "bytes")
	b.ReportMetric(heap, "allocated-bytes")
	b.ReportMetric(heap/float64(len(body)), "times-its-size")
}

// BenchmarkRebase reports what rebasing costs a byte relative to a plain copy, by turns in
// the same run.
func BenchmarkRebase(b *testing.B) {
	body := bundle(from)
	buffer := make([]byte, 32<<10)
	through := func(body io.Reader) time.Duration {
		since := time.Now()
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{body}, buffer); err != nil {
			b.Fatal(err)
		}
		return time.Since(since)
	}
	whole := make([]byte, len(body))
	var copied, rebased time.Duration
	for b.Loop() {
		since := time.Now()
		copy(whole, body)
		copied += time.Since(since)
		rebased += through(fhirproxy.Rebase(bytes.NewReader(body), from, door))
	}
	bytesRead := float64(b.N) * float64(len(body))
	b.ReportMetric(float64(copied.Nanoseconds())/bytesRead, "copy-ns/byte")
	b.ReportMetric(float64(rebased.Nanoseconds())/bytesRead, "rebase-ns/byte")
	b.ReportMetric(float64(rebased)/float64(copied), "times-a-copy")
}
