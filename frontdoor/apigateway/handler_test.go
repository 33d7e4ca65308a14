package apigateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/smartlake/pulumi-smartlake/frontdoor/apigateway"
)

// lambdaLimit is Lambda's quota of an answer.
const lambdaLimit = 6 << 20

func event() events.APIGatewayV2HTTPRequest {
	var e events.APIGatewayV2HTTPRequest
	e.Version, e.RouteKey, e.RawPath = "2.0", "$default", "/r4/Patient"
	e.Headers = map[string]string{"accept": "application/fhir+json", "host": "fhir.example.org"}
	e.RequestContext.DomainName = "fhir.example.org"
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = http.MethodGet, "192.0.2.7"
	return e
}

func invoke(t *testing.T, handler http.HandlerFunc, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	t.Helper()
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	text, err := apigateway.New(handler).Invoke(t.Context(), payload)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > lambdaLimit {
		t.Errorf("%d bytes: more than Lambda takes", len(text))
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(text, &response); err != nil {
		t.Fatal(err)
	}
	return response
}

// received is what a handler is given for an event.
func received(t *testing.T, e events.APIGatewayV2HTTPRequest) (r *http.Request, body string) {
	t.Helper()
	invoke(t, func(_ http.ResponseWriter, got *http.Request) {
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Error(err)
		}
		r, body = got, string(text)
	}, e)
	return r, body
}

func bodyOf(t *testing.T, r events.APIGatewayV2HTTPResponse) string {
	t.Helper()
	if !r.IsBase64Encoded {
		return r.Body
	}
	body, err := base64.StdEncoding.DecodeString(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAHandlerGetsTheRequestThatAPIGatewaySaw(t *testing.T) {
	e := event()
	e.RawPath, e.RawQueryString = "/r4/Patient/_search", "_id=a%2Cb&_id=c"
	e.RequestContext.HTTP.Method = http.MethodPost
	e.Headers["content-type"], e.Headers["content-length"] = "application/x-www-form-urlencoded", "8"
	e.Headers["cookie"], e.Cookies = "a=b", []string{"a=b"}
	e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte("name=Ada")), true
	r, body := received(t, e)
	got := []any{r.Method, r.URL.Path, r.URL.RawQuery, r.RequestURI, r.Host, r.RemoteAddr, r.ContentLength, body, r.TLS == nil, r.Proto}
	want := []any{
		"POST", "/r4/Patient/_search", "_id=a%2Cb&_id=c", "/r4/Patient/_search?_id=a%2Cb&_id=c", "fhir.example.org", "192.0.2.7",
		int64(8), "name=Ada", true, "HTTP/1.1",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	header := http.Header{"Accept": {"application/fhir+json"}, "Content-Type": {"application/x-www-form-urlencoded"}}
	if !reflect.DeepEqual(r.Header, header) {
		t.Errorf("got %v, want %v", r.Header, header)
	}
}

// API Gateway finds the API by the name that it gives; the header is the client's.
func TestTheHostIsTheOneThatAPIGatewayFoundTheAPIBy(t *testing.T) {
	e := event()
	e.Headers["host"] = "elsewhere.example.org"
	if r, _ := received(t, e); r.Host != "fhir.example.org" || r.Header.Get("Host") != "" {
		t.Errorf("got %q, header %v", r.Host, r.Header)
	}
}

func TestAPathIsTakenAsItIs(t *testing.T) {
	for path, escaped := range map[string]string{
		"/r4/Patient/a.b-c":         "/r4/Patient/a.b-c",
		"/r4/Patient/$everything":   "/r4/Patient/$everything",
		"/r4/../../other/r4/Basic":  "/r4/../../other/r4/Basic",
		"/r4//Patient":              "/r4//Patient",
		"/r4/%2e%2e/Patient":        "/r4/%252e%252e/Patient",
		"/r4/Patient?_id=1#f":       "/r4/Patient%3F_id=1%23f",
		"//evil.example.org/r4":     "//evil.example.org/r4",
		"/r4/Patient/\\x":           "/r4/Patient/%5Cx",
		"/r4/Patient/\x00\r\nHost:": "/r4/Patient/%00%0D%0AHost:",
	} {
		e := event()
		e.RawPath = path
		r, _ := received(t, e)
		if r.URL.Path != path || r.URL.EscapedPath() != escaped || r.URL.RawQuery != "" || r.URL.Host != "" {
			t.Errorf("%q: got %+v, escaped %q", path, r.URL, r.URL.EscapedPath())
		}
	}
}

func TestHeadersThatCameTwiceStayOneValue(t *testing.T) {
	e := event()
	e.Headers["authorization"] = "Bearer a,Bearer b"
	e.Headers["if-modified-since"] = "Sat, 29 Oct 1994 19:43:31 GMT"
	r, _ := received(t, e)
	if got := r.Header["Authorization"]; !slices.Equal(got, []string{"Bearer a,Bearer b"}) {
		t.Errorf("authorization %q", got)
	}
	if got := r.Header["If-Modified-Since"]; !slices.Equal(got, []string{"Sat, 29 Oct 1994 19:43:31 GMT"}) {
		t.Errorf("if-modified-since %q", got)
	}
}

func TestTheFunctionsDeadlineIsTheRequests(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	want, _ := ctx.Deadline()
	payload, err := json.Marshal(event())
	if err != nil {
		t.Fatal(err)
	}
	_, err = apigateway.New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if got, ok := r.Context().Deadline(); !ok || !got.Equal(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})).Invoke(ctx, payload)
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsNoEventOfTheFormatIsRefusedAndNotServed(t *testing.T) {
	change := func(edit func(*events.APIGatewayV2HTTPRequest)) string {
		e := event()
		edit(&e)
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, c := range map[string]struct{ payload, want string }{
		"no JSON":    {`{"version":"2.0"`, "the event: not JSON in payload format 2.0"},
		"a list":     {`[]`, "the event: not JSON in payload format 2.0"},
		"nothing":    {`{}`, `the event's version: "": must be 2.0, the payload format of the integration`},
		"format 1.0": {change(func(e *events.APIGatewayV2HTTPRequest) { e.Version = "1.0" }), `the event's version: "1.0": must be 2.0, the payload format of the integration`},
		"no path":    {change(func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "" }), "the event's rawPath: must be a path that begins with a slash"},
		"a URL":      {change(func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "https://e.example/" }), "the event's rawPath: must be a path that begins with a slash"},
		"no method":  {change(func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.Method = "" }), "the event's requestContext: must have http.method and domainName"},
		"no host":    {change(func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.DomainName = "" }), "the event's requestContext: must have http.method and domainName"},
		"a method with a space": {change(func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.Method = "GET /" }),
			"the event's requestContext.http.method: must be a method of HTTP"},
		"no base64": {change(func(e *events.APIGatewayV2HTTPRequest) { e.Body, e.IsBase64Encoded = "a secret", true }),
			"the event's body: must be base64, as isBase64Encoded says"},
		"a header twice": {change(func(e *events.APIGatewayV2HTTPRequest) {
			e.Headers["authorization"], e.Headers["Authorization"] = "Bearer a", "Bearer b"
		}), "the event's headers: must have each name once, without regard to case"},
	} {
		handler := apigateway.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("%s: served", name) }))
		if answer, err := handler.Invoke(t.Context(), []byte(c.payload)); err == nil || err.Error() != c.want || answer != nil {
			t.Errorf("%s: got %s, %v; want %s", name, answer, err, c.want)
		}
	}
}

// The asterisk form of OPTIONS (RFC 9112 section 3.2.4) is any client's to send: it is no error
// of the function, of which an alarm tells.
func TestARequestForTheWholeServerIsServed(t *testing.T) {
	e := event()
	e.RawPath, e.RawQueryString, e.RequestContext.HTTP.Method = "*", "", http.MethodOptions
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	served := false
	answer, err := apigateway.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served = r.Method == http.MethodOptions && r.URL.Path == "*" && r.URL.EscapedPath() == "*" && r.RequestURI == "*"
		w.WriteHeader(http.StatusNotFound)
	})).Invoke(t.Context(), payload)
	if err != nil || !served || !strings.Contains(string(answer), `"statusCode":404`) {
		t.Errorf("got %s, %v, served %t", answer, err, served)
	}
}

func TestTextIsSentAsTextAndTheRestInBase64(t *testing.T) {
	for name, c := range map[string]struct {
		body     string
		inBase64 bool
	}{
		"nothing":       {"", false},
		"JSON":          {`{"resourceType":"Patient","name":"Åda \\ \n"}`, false},
		"HTML":          {"<p>\u2028\u00e9</p>", false},
		"control":       {"a plain text with one \x01", false},
		"gzip":          {"\x1f\x8b\x08\x00", true},
		"broken UTF-8":  {"text\xff", true},
		"mostly quotes": {strings.Repeat(`"`, 100), true}, // as JSON it would be twice as long
	} {
		got := invoke(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) }, event())
		if bodyOf(t, got) != c.body || got.IsBase64Encoded != c.inBase64 || got.StatusCode != http.StatusOK {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestHeadersAreSentWithOneValueAndCookiesApart(t *testing.T) {
	got := invoke(t, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		h.Add("Vary", "Accept")
		h.Set("WWW-Authenticate", `Bearer realm="r4"`)
		h.Set("Content-Type", "application/fhir+json")
		h.Set("Content-Length", "2")
		h.Set("Connection", "close")
		h.Add("Set-Cookie", "a=1, x")
		h.Add("Set-Cookie", "b=2")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusUnauthorized)
		h.Set("Late", "too late")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "{}")
	}, event())
	want := map[string]string{"Vary": "Origin,Accept", "Www-Authenticate": `Bearer realm="r4"`, "Content-Type": "application/fhir+json"}
	if got.StatusCode != http.StatusUnauthorized || !maps.Equal(got.Headers, want) || !slices.Equal(got.Cookies, []string{"a=1, x", "b=2"}) || got.Body != "{}" {
		t.Errorf("got %+v", got)
	}
}

func TestAnAnswerWithoutABodyHasNone(t *testing.T) {
	for _, status := range []int{http.StatusNoContent, http.StatusNotModified} {
		got := invoke(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4")
			w.WriteHeader(status)
			if _, err := io.WriteString(w, "body"); err == nil {
				t.Errorf("%d: the body was taken", status)
			}
		}, event())
		if got.StatusCode != status || got.Body != "" {
			t.Errorf("%d: got %+v", status, got)
		}
	}
	e := event()
	e.RequestContext.HTTP.Method = http.MethodHead
	got := invoke(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "4") }, e)
	if got.StatusCode != http.StatusOK || got.Headers["Content-Length"] != "4" || got.Body != "" {
		t.Errorf("HEAD: got %+v", got)
	}
}

func TestTheLongestResponseFitsIntoLambdasAnswerWhateverItHolds(t *testing.T) {
	for name, fill := range map[string]string{"text": "x", "quotes": `"`, "controls": "\x01", "binary": "\xff"} {
		body := strings.Repeat(fill, apigateway.MaxResponse)
		got := invoke(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }, event())
		if got.StatusCode != http.StatusOK || bodyOf(t, got) != body {
			t.Errorf("%s: status %d, %d bytes", name, got.StatusCode, len(got.Body))
		}
	}
}

func TestAnAnswerThatCannotBeSentWholeIsABadGateway(t *testing.T) {
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"resourceType":`)
		_ = http.NewResponseController(w).Flush() // so that no Content-Length tells of the end
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(broken.Close)
	upstream, err := url.Parse(broken.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, handler := range map[string]http.HandlerFunc{
		"longer than Lambda takes": func(w http.ResponseWriter, _ *http.Request) {
			half := bytes.Repeat([]byte("x"), apigateway.MaxResponse/2+1)
			if _, err := w.Write(half); err != nil {
				t.Error(err)
			}
			for range 2 {
				if n, err := w.Write(half); err == nil || n != 0 {
					t.Errorf("the excess was taken: %d, %v", n, err)
				}
			}
		},
		"headers longer than Lambda takes": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", strings.Repeat("x", lambdaLimit))
		},
		"shorter than it says": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			_, _ = io.WriteString(w, "{}")
		},
		"given up": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "{")
			panic(http.ErrAbortHandler)
		},
		"proxied, and broken off": func(w http.ResponseWriter, r *http.Request) {
			(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(upstream) }}).ServeHTTP(w, r)
		},
	} {
		got := invoke(t, handler, event())
		if got.StatusCode != http.StatusBadGateway || got.Body != `{"message":"Bad Gateway"}` || !maps.Equal(got.Headers, map[string]string{"Content-Type": "application/json"}) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestTheErrorOfAPanicSaysWhereAndNotWhat(t *testing.T) {
	payload, err := json.Marshal(event())
	if err != nil {
		t.Fatal(err)
	}
	handler := apigateway.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("Bearer a-token") }))
	answer, err := handler.Invoke(t.Context(), payload)
	if err == nil || answer != nil || !strings.HasPrefix(err.Error(), "the handler panicked: string at ") ||
		!strings.Contains(err.Error(), "TestTheErrorOfAPanicSaysWhereAndNotWhat") || strings.Contains(err.Error(), "a-token") {
		t.Errorf("got %s, %v", answer, err)
	}
}

func FuzzInvoke(f *testing.F) {
	for _, edit := range []func(*events.APIGatewayV2HTTPRequest){
		func(*events.APIGatewayV2HTTPRequest) {},
		func(e *events.APIGatewayV2HTTPRequest) { e.Version = "1.0" },
		func(e *events.APIGatewayV2HTTPRequest) { e.Body, e.IsBase64Encoded = "aGVsbG8=", true },
		func(e *events.APIGatewayV2HTTPRequest) { e.RawPath, e.RawQueryString = "/r4/../%00", "a=%zz;b" },
	} {
		e := event()
		edit(&e)
		payload, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Add([]byte(`{"version":"2.0","rawPath":"/","requestContext":{"domainName":"h","http":{"method":"GET"}},"headers":{"":""}}`))
	handler := apigateway.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Echo", r.URL.String())
		_, _ = w.Write(append([]byte(r.URL.EscapedPath()), body...))
	}))
	f.Fuzz(func(t *testing.T, payload []byte) {
		answer, err := handler.Invoke(t.Context(), payload)
		if (err == nil) != json.Valid(answer) {
			t.Errorf("got %s, %v", answer, err)
		}
		if err != nil && strings.Contains(err.Error(), "panicked") {
			t.Error(err)
		}
	})
}

// A request and its answer come through as they were.
func FuzzRoundTrip(f *testing.F) {
	f.Add("/r4/Patient/1", "_id=1&_id=2", "application/fhir+json", []byte(`{"a":"\n"}`), []byte("\xff\x00"), true)
	f.Add("/\x00/../%2f?#", "%zz", "Bearer a,Bearer b", []byte(nil), []byte(strings.Repeat("\"\x7f\u2028", 9)), false)
	f.Fuzz(func(t *testing.T, path, query, value string, body, response []byte, inBase64 bool) {
		valid := func(text string) string { return strings.ToValidUTF8(text, "?") } // as JSON has it
		e := event()
		e.RawPath, e.RawQueryString, e.Headers["x-value"], e.Body = "/"+valid(path), valid(query), valid(value), valid(string(body))
		want := e.Body
		if e.IsBase64Encoded = inBase64; inBase64 {
			want, e.Body = string(body), base64.StdEncoding.EncodeToString(body)
		}
		got := invoke(t, func(w http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			if err != nil || string(text) != want || r.URL.Path != e.RawPath || r.URL.RawQuery != e.RawQueryString || r.Header.Get("X-Value") != e.Headers["x-value"] {
				t.Errorf("%+v: got %s, %v, %v", e, text, r.URL, r.Header)
			}
			w.Header().Set("X-Value", e.Headers["x-value"])
			w.WriteHeader(http.StatusAccepted)
			_, _ = w.Write(response)
		}, e)
		if bodyOf(t, got) != string(response) || got.StatusCode != http.StatusAccepted || got.Headers["X-Value"] != e.Headers["x-value"] {
			t.Errorf("got %+v, want %q", got, response)
		}
	})
}
