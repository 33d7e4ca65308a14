package frontdoor_test

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
	"github.com/smartlake/pulumi-smartlake/frontdoor/apigateway"
)

// HealthLake documents ten discovery documents a minute for an account.
func TestTenThousandDiscoveriesAskHealthLakeForNothing(t *testing.T) {
	w := newWorld(t)
	for range 10_000 {
		if recorder := w.get("/r4/.well-known/smart-configuration"); recorder.Code != http.StatusOK || recorder.Body.String() != discovery {
			t.Fatalf("got %d %s", recorder.Code, recorder.Body)
		}
	}
	if healthLake, cognito := w.healthLakeCalls.Load(), w.cognitoCalls.Load(); healthLake != 0 || cognito != 0 {
		t.Errorf("HealthLake was asked %d times, Cognito %d", healthLake, cognito)
	}
}

// heapWatch looks at the heap while an answer passes: each time that a part of HealthLake's
// body is read, and what is live of it.
type heapWatch struct {
	*bytes.Reader
	most *uint64
	next int64
}

func (h *heapWatch) Read(p []byte) (int, error) {
	if left := int64(h.Len()); left <= h.next {
		h.next = left - 500_000
		*h.most = max(*h.most, liveHeap())
	}
	return h.Reader.Read(p)
}

func (h *heapWatch) Close() error { return nil }

func liveHeap() uint64 {
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return now.HeapAlloc
}

// The way back holds a Bundle for the length, and then writes it into the event: the memory of
// the function must be enough for the largest.
func TestABundleOf4MBTakesAtMostThreeTimesItsSizeOfHeapOnItsWholeWay(t *testing.T) {
	var bundle strings.Builder
	bundle.WriteString(`{"resourceType":"Bundle","entry":[`)
	for n := 0; bundle.Len() < 4_000_000; n++ {
		fmt.Fprintf(&bundle, `{"fullUrl":"https://healthlake.example/datastore/d1/r4/Observation/%d","resource":{"resourceType":"Observation","id":"%d","status":"final","code":{"text":"Glucose"}}},`, n, n)
	}
	body := []byte(bundle.String() + `{}]}`)
	bundle.Reset()
	var most, held uint64
	config := full()
	config.DatastoreEndpoint = "https://healthlake.example/datastore/d1/r4/"
	config.MaxResponse = apigateway.MaxResponse
	config.Transport = transport(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/fhir+json"}}, ContentLength: int64(len(body)),
			Body: &heapWatch{bytes.NewReader(body), &most, int64(len(body))}}, nil
	})
	door, err := frontdoor.New(config)
	if err != nil {
		t.Fatal(err)
	}
	gateway := apigateway.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		door.ServeHTTP(w, r)
		held = liveHeap()
	}))
	event := []byte(`{"version":"2.0","rawPath":"/r4/Observation","headers":{"authorization":"Bearer a"},
		"requestContext":{"domainName":"fhir.example","http":{"method":"GET","path":"/r4/Observation","sourceIp":"192.0.2.1"}}}`)
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	before := liveHeap()
	answer, err := gateway.Invoke(t.Context(), event)
	if err != nil || len(answer) < len(body) || !bytes.Contains(answer, []byte(`"statusCode":200`)) || !bytes.Contains(answer, []byte("fhir.example/r4/Observation")) {
		t.Fatalf("%d bytes, %v: %.200s", len(answer), err, answer)
	}
	most = max(most, held+uint64(len(answer))) // as the body is written into the answer
	if most < before+uint64(len(body)) {
		t.Fatalf("the heap was not watched: %d bytes before, %d at most", before, most)
	}
	t.Logf("%.2f times its size", float64(most-before)/float64(len(body)))
	if most-before > 3*uint64(len(body)) {
		t.Errorf("%d bytes of heap for %d", most-before, len(body))
	}
	runtime.KeepAlive(body) // it is HealthLake's, before and after
}
