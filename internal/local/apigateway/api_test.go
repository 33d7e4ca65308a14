package apigateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	door "github.com/smartlake/pulumi-smartlake/frontdoor/apigateway"
	"github.com/smartlake/pulumi-smartlake/internal/local/apigateway"
)

const host = "api.example.org:8446"

// function remembers its last event and answers with what it is told to.
type function struct {
	mu     sync.Mutex
	calls  int
	event  events.APIGatewayV2HTTPRequest
	answer string
	err    error
}

func (f *function) invoke(_ context.Context, payload []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.event = events.APIGatewayV2HTTPRequest{}
	if err := json.Unmarshal(payload, &f.event); err != nil {
		return nil, err
	}
	return []byte(f.answer), f.err
}

// serve is an API in front of the function.
func serve(t *testing.T, f *function, config apigateway.Config) http.Handler {
	t.Helper()
	config.Host = host
	api, err := apigateway.New(config, f.invoke)
	if err != nil {
		t.Fatal(err)
	}
	return api
}

const empty = `{"statusCode":204}`

func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = host
	return r
}

func send(api http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}

func assertRefused(t *testing.T, w *httptest.ResponseRecorder, status int, message string) {
	t.Helper()
	want := `{"message":"` + message + `"}`
	if w.Code != status || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s %v, want %d %s", w.Code, w.Body, w.Header(), status, want)
	}
}

func TestTheFunctionGetsTheRequestInPayloadFormat2(t *testing.T) {
	f := &function{answer: empty}
	api := serve(t, f, apigateway.Config{AccountID: "123456789012", APIID: "abc", Now: func() time.Time { return time.UnixMilli(1_700_000_000_123) }})
	r := request(http.MethodPost, "/r4/Patient/_search?_id=a%2Cb&_id=c&name=%C3%85da", `{"a":1}`)
	r.RemoteAddr = "192.0.2.7:5555"
	r.Header = http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "User-Agent": {"an app"}, "Accept": {"a", "b, c"}, "Cookie": {"x=1; y=2", "z=3"},
		"X-Forwarded-For": {"198.51.100.1"}, "Connection": {"close"},
	}
	if w := send(api, r); w.Code != http.StatusNoContent || w.Header().Get("Apigw-Requestid") != f.event.RequestContext.RequestID || f.event.RequestContext.RequestID == "" {
		t.Fatalf("got %d %v", w.Code, w.Header())
	}
	want := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: "/r4/Patient/_search", RawQueryString: "_id=a%2Cb&_id=c&name=%C3%85da",
		Cookies: []string{"x=1", "y=2", "z=3"},
		Headers: map[string]string{
			"content-type": "application/json; charset=utf-8", "user-agent": "an app", "accept": "a,b, c", "host": host,
			"x-forwarded-for": "198.51.100.1,192.0.2.7", "x-forwarded-port": "443", "x-forwarded-proto": "https",
		},
		QueryStringParameters: map[string]string{"_id": "a,b,c", "name": "Åda"},
		Body:                  `{"a":1}`,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "$default", AccountID: "123456789012", Stage: "$default", RequestID: f.event.RequestContext.RequestID, APIID: "abc",
			DomainName: host, DomainPrefix: "api", Time: "14/Nov/2023:22:13:20 +0000", TimeEpoch: 1_700_000_000_123,
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: "POST", Path: "/r4/Patient/_search", Protocol: "HTTP/1.1", SourceIP: "192.0.2.7", UserAgent: "an app",
			},
		},
	}
	if !reflect.DeepEqual(f.event, want) {
		t.Errorf("got  %+v\nwant %+v", f.event, want)
	}
}

func TestThePathArrivesDecodedAndEndsAtAnEncodedQuestionMark(t *testing.T) {
	f := &function{answer: empty}
	api := serve(t, f, apigateway.Config{})
	for sent, want := range map[string]struct{ path, query string }{
		"/r4/Patient%2F..%2F..":     {"/r4/Patient/../..", ""},
		"/r4/Patient/%252e":         {"/r4/Patient/%2e", ""},
		"/r4/Patient/1%3Fa=b?c=%64": {"/r4/Patient/1", "c=%64"},
		"//r4?":                     {"//r4", ""},
		"/r4/?a=b+c;d&a":            {"/r4/", "a=b+c;d&a"},
	} {
		send(api, request(http.MethodGet, sent, ""))
		if f.event.RawPath != want.path || f.event.RequestContext.HTTP.Path != want.path || f.event.RawQueryString != want.query {
			t.Errorf("%s: got %q and %q, want %q", sent, f.event.RawPath, f.event.RawQueryString, want)
		}
	}
}

func TestABodyIsBase64UnlessItsTypeIsText(t *testing.T) {
	for contentType, text := range map[string]bool{
		"application/json":                  true,
		"Application/JSON; charset=utf-8":   true,
		"text/html":                         true,
		"application/xml":                   true,
		"application/javascript":            true,
		"application/fhir+json":             false,
		"application/json-patch+json":       false,
		"application/x-www-form-urlencoded": false,
		"application/octet-stream":          false,
		"not a type;;":                      false,
		"":                                  false,
	} {
		f := &function{answer: empty}
		r := request(http.MethodPost, "/", "a=b")
		r.Header.Set("Content-Type", contentType)
		send(serve(t, f, apigateway.Config{}), r)
		want := "a=b"
		if !text {
			want = base64.StdEncoding.EncodeToString([]byte(want))
		}
		if f.event.IsBase64Encoded == text || f.event.Body != want {
			t.Errorf("%q: got %q, in base64: %v", contentType, f.event.Body, f.event.IsBase64Encoded)
		}
	}
	f := &function{answer: empty}
	r := request(http.MethodPost, "/", "\xff")
	r.Header.Set("Content-Type", "text/plain")
	if send(serve(t, f, apigateway.Config{}), r); !f.event.IsBase64Encoded {
		t.Errorf("text that is none: got %q", f.event.Body)
	}
}

func TestWhatIsAboveAQuotaNeverReachesTheFunction(t *testing.T) {
	line := len("GET / HTTP/1.1") + len(host)
	for name, c := range map[string]struct {
		request *http.Request
		status  int
		message string
	}{
		"as much as the head may have": {withHeader(apigateway.MaxHead - line), http.StatusNoContent, ""},
		"a longer head":                {withHeader(apigateway.MaxHead - line + 1), http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large"},
		"a long query": {request(http.MethodGet, "/?"+strings.Repeat("x", apigateway.MaxHead), ""),
			http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large"},
		"more than 10 MB": {request(http.MethodPost, "/", strings.Repeat("x", apigateway.MaxBody+1)),
			http.StatusRequestEntityTooLarge, "Request Entity Too Large"},
		"more than Lambda takes in base64": {request(http.MethodPost, "/", strings.Repeat("x", 5<<20)),
			http.StatusRequestEntityTooLarge, "Request Entity Too Large"},
		"as much as Lambda takes": {request(http.MethodPost, "/", strings.Repeat("x", 4<<20)), http.StatusNoContent, ""},
		"another API":             {httptest.NewRequest(http.MethodGet, "http://rebound.example.org:8446/", nil), http.StatusForbidden, "Forbidden"},
	} {
		f := &function{answer: empty}
		w := send(serve(t, f, apigateway.Config{}), c.request)
		if c.message == "" {
			if w.Code != c.status || f.calls != 1 {
				t.Errorf("%s: got %d after %d calls", name, w.Code, f.calls)
			}
			continue
		}
		t.Run(name, func(t *testing.T) { assertRefused(t, w, c.status, c.message) })
		if f.calls != 0 {
			t.Errorf("%s: reached the function", name)
		}
	}
}

func withHeader(length int) *http.Request {
	r := request(http.MethodGet, "/", "")
	r.Header.Set("Authorization", strings.Repeat("x", length))
	return r
}

func TestHalfARequestIsNone(t *testing.T) {
	f := &function{answer: empty}
	server := httptest.NewServer(serve(t, f, apigateway.Config{}))
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(connection, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\nhalf", host)
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	_ = connection.Close()
	server.Close() // waits for the request
	if response.StatusCode != http.StatusBadRequest || f.calls != 0 {
		t.Errorf("got %d after %d calls", response.StatusCode, f.calls)
	}
}

func TestTheStageThrottlesAboveItsBurstAndRate(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	f := &function{answer: empty}
	config := apigateway.Config{Host: host, Rate: 2, Burst: 3, Now: func() time.Time { return now }}
	api, err := apigateway.New(config, f.invoke)
	if err != nil {
		t.Fatal(err)
	}
	passes := func(wanted int) {
		t.Helper()
		for range wanted {
			if w := send(api, request(http.MethodGet, "/", "")); w.Code != http.StatusNoContent {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
		}
		assertRefused(t, send(api, request(http.MethodGet, "/", "")), http.StatusTooManyRequests, "Too Many Requests")
	}
	passes(3)
	now = now.Add(500 * time.Millisecond)
	passes(1)
	now = now.Add(time.Hour)
	passes(3)
	now = now.Add(time.Hour)
	api.Throttle(true)
	passes(0)
	api.Throttle(false)
	passes(3)
}

func TestAFunctionThatFailsIsAnsweredForByAPIGateway(t *testing.T) {
	for name, c := range map[string]struct {
		answer  string
		err     error
		status  int
		message string
	}{
		"an error":            {"", errors.New("a secret"), http.StatusInternalServerError, "Internal Server Error"},
		"no capacity":         {"", fmt.Errorf("x: %w", apigateway.ErrThrottled), http.StatusServiceUnavailable, "Service Unavailable"},
		"no JSON":             {"secret", nil, http.StatusInternalServerError, "Internal Server Error"},
		"nothing":             {"", nil, http.StatusInternalServerError, "Internal Server Error"},
		"a status in words":   {`{"statusCode":"OK"}`, nil, http.StatusInternalServerError, "Internal Server Error"},
		"no status":           {`{"statusCode":null}`, nil, http.StatusInternalServerError, "Internal Server Error"},
		"an interim status":   {`{"statusCode":103}`, nil, http.StatusInternalServerError, "Internal Server Error"},
		"no status of HTTP":   {`{"statusCode":1000}`, nil, http.StatusInternalServerError, "Internal Server Error"},
		"headers in lists":    {`{"statusCode":200,"headers":{"A":["b"]}}`, nil, http.StatusInternalServerError, "Internal Server Error"},
		"base64 that is none": {`{"statusCode":200,"body":"?","isBase64Encoded":true}`, nil, http.StatusInternalServerError, "Internal Server Error"},
	} {
		f := &function{answer: c.answer, err: c.err}
		t.Run(name, func(t *testing.T) {
			assertRefused(t, send(serve(t, f, apigateway.Config{}), request(http.MethodGet, "/", "")), c.status, c.message)
		})
	}
}

func TestAFunctionThatTakesTooLongIsGivenUp(t *testing.T) {
	api, err := apigateway.New(apigateway.Config{Host: host, Timeout: 20 * time.Millisecond}, func(ctx context.Context, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	assertRefused(t, send(api, request(http.MethodGet, "/", "")), http.StatusServiceUnavailable, "Service Unavailable")
}

func TestAnAnswerIsSentAsTheFormatHasIt(t *testing.T) {
	f := &function{answer: `{"statusCode":201,"headers":{"location":"https://x/1","Content-Length":"99","connection":"close"},` +
		`"multiValueHeaders":{"X":["1"]},"cookies":["a=1","b=2"],"body":"aGk=","isBase64Encoded":true}`}
	w := send(serve(t, f, apigateway.Config{}), request(http.MethodGet, "/", ""))
	w.Header().Del("Apigw-Requestid")
	want := http.Header{"Location": {"https://x/1"}, "Set-Cookie": {"a=1", "b=2"}, "Content-Type": {"text/plain;charset=UTF-8"}}
	if w.Code != http.StatusCreated || w.Body.String() != "hi" || !reflect.DeepEqual(w.Header(), want) {
		t.Errorf("got %d %s %v", w.Code, w.Body, w.Header())
	}
	f.answer = `{"hello":"world"}`
	w = send(serve(t, f, apigateway.Config{}), request(http.MethodGet, "/", ""))
	if w.Code != http.StatusOK || w.Body.String() != f.answer || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("without a status: got %d %s %v", w.Code, w.Body, w.Header())
	}
	f.answer = `{"statusCode":200,"headers":{"content-length":"99"},"body":"not sent"}`
	w = send(serve(t, f, apigateway.Config{}), request(http.MethodHead, "/", ""))
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "99" {
		t.Errorf("HEAD: got %d %s %v", w.Code, w.Body, w.Header())
	}
}

func TestAnAPIIsConfiguredWithinAWSsLimits(t *testing.T) {
	for name, config := range map[string]apigateway.Config{
		"no host":         {},
		"a long timeout":  {Host: host, Timeout: apigateway.MaxTimeout + 1},
		"a negative rate": {Host: host, Rate: -1},
	} {
		if _, err := apigateway.New(config, (&function{}).invoke); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Behind the stand-in, the adapter's handler sees and answers what a net/http server's does.
func TestAHandlerBehindTheAPIAnswersAsOneBehindNetHTTP(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Add("Vary", "Origin")
		w.Header().Set("ETag", `W/"1"`)
		w.Header().Set("Content-Type", "application/fhir+json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, "%s %s %s %s %s %q", r.Method, r.URL.Path, r.RequestURI, r.Header.Get("Accept"), r.Header.Get("Content-Type"), body)
	})
	adapter := door.New(handler)
	direct := httptest.NewServer(handler)
	t.Cleanup(direct.Close)
	through := httptest.NewUnstartedServer(nil)
	api, err := apigateway.New(apigateway.Config{Host: through.Listener.Addr().String()}, adapter.Invoke)
	if err != nil {
		t.Fatal(err)
	}
	through.Config.Handler = api
	through.Start()
	t.Cleanup(through.Close)
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		for _, contentType := range []string{"", "application/json", "application/fhir+json", "application/x-www-form-urlencoded"} {
			for _, body := range []string{"", `{"a":"Å"}`, "\xff\x00"} {
				ask := func(origin string) string {
					r, err := http.NewRequestWithContext(t.Context(), method, origin+"/r4/Patient/1/_history?a=%2F&a=b", strings.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Accept", "application/fhir+json")
					if contentType != "" {
						r.Header.Set("Content-Type", contentType)
					}
					response, err := http.DefaultClient.Do(r)
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = response.Body.Close() }()
					text, err := io.ReadAll(response.Body)
					if err != nil {
						t.Fatal(err)
					}
					response.Header.Del("Date")
					response.Header.Del("Apigw-Requestid")
					if method == http.MethodHead { // whose length net/http counts from the body
						response.Header.Del("Content-Length")
					}
					return fmt.Sprint(response.StatusCode, response.Header, string(bytes.TrimSpace(text)))
				}
				if got, want := ask(through.URL), ask(direct.URL); got != want {
					t.Errorf("%s %s %q:\ngot  %s\nwant %s", method, contentType, body, got, want)
				}
			}
		}
	}
}
