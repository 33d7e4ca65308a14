package fhirproxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"time"
)

// exchange is one request on its way to the datastore and back.
type exchange struct {
	proxy *Proxy
	asked *http.Request
	out   outgoing
	gzip  bool // whether the app takes it
	body  *received
	came  *sent // the body of the datastore's answer
	told  Exchange
}

// sent is the body of an answer. It remembers when it ended, and how. One that ends after
// the exchange was given up may have ended because of that, and does not count as whole.
type sent struct {
	io.ReadCloser
	ctx    context.Context // of the request that it answers
	since  time.Time
	took   *time.Duration
	broken error
}

// Read implements io.Reader.
func (b *sent) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	*b.took = time.Since(b.since)
	if given := b.ctx.Err(); err != nil && given != nil {
		err = given
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.broken = err
	}
	return n, err
}

// rewrite replaces all of the outgoing request by what was admitted.
func (x *exchange) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL, r.Out.Host, r.Out.Header = x.out.url, x.out.url.Host, x.out.header
	r.Out.Trailer, r.Out.TransferEncoding = nil, nil
	if r.Out.Method == http.MethodGet || r.Out.Method == http.MethodHead {
		r.Out.Body = nil
	}
}

// RoundTrip implements http.RoundTripper.
func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	since := time.Now()
	got, err := x.proxy.transport.RoundTrip(r)
	x.told.Upstream = time.Since(since)
	if err != nil {
		return nil, err
	}
	x.came = &sent{ReadCloser: got.Body, ctx: r.Context(), since: since, took: &x.told.Upstream}
	got.Body = x.came
	return got, nil
}

// unexplained are statuses that keep their meaning though the body is not FHIR's. Those that
// a caller brings about, by a long query for instance, are no fault of the datastore.
var unexplained = map[int]string{
	http.StatusBadRequest:                  "invalid",
	http.StatusUnauthorized:                "login",
	http.StatusForbidden:                   "forbidden",
	http.StatusRequestEntityTooLarge:       "too-long",
	http.StatusRequestURITooLong:           "too-long",
	http.StatusTooManyRequests:             "throttled",
	http.StatusRequestHeaderFieldsTooLarge: "too-long",
	http.StatusServiceUnavailable:          "transient",
}

// answer makes the datastore's answer the app's: headers of the list, URLs below the
// app's base. An error is passed to fail, before anything was sent.
func (x *exchange) answer(got *http.Response) error {
	if got.StatusCode >= 300 && got.StatusCode < 400 && got.StatusCode != http.StatusNotModified {
		return badGateway("HealthLake answered with a redirect, which is not followed")
	}
	if coding := got.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return badGateway("HealthLake answered with a compressed body, which was not asked for")
	}
	header := x.header(got)
	bodyless := x.asked.Method == http.MethodHead || got.StatusCode == http.StatusNoContent || got.StatusCode == http.StatusNotModified
	empty, err := x.empty(got, bodyless)
	if err != nil {
		return err
	}
	if code := unexplained[got.StatusCode]; code != "" && !bodyless && (empty || !isJSON(got.Header)) {
		header.Set("Content-Type", fhirJSON)
		replaceBody(got, header, outcome("error", code, fmt.Sprintf("HealthLake answered with status %d and no explanation", got.StatusCode)))
		return nil
	}
	if !isJSON(got.Header) && (!empty || got.Header.Get("Content-Type") != "") {
		return badGateway("HealthLake answered with something other than JSON")
	}
	if empty {
		replaceBody(got, header, nil)
		if bodyless {
			header.Del("Content-Length")
		}
		return nil
	}
	return x.passBody(got, header)
}

// header is what the client gets of the headers of an answer.
func (x *exchange) header(got *http.Response) http.Header {
	header := ResponseHeader(got.Header, x.proxy.config.Upstream, x.proxy.config.BaseURL)
	if header.Get("Cache-Control") == "" { // a browser would guess, and the next user gets what it kept
		header.Set("Cache-Control", "no-store")
	}
	if got.StatusCode == http.StatusUnauthorized && len(header["Www-Authenticate"]) == 0 {
		header.Set("WWW-Authenticate", "Bearer")
	}
	return header
}

// empty reports whether an answer has no body. Where nothing says so, it looks.
func (x *exchange) empty(got *http.Response, bodyless bool) (bool, error) {
	if bodyless || got.ContentLength == 0 {
		return true, nil
	}
	if got.ContentLength > 0 || got.Header.Get("Content-Type") != "" {
		return false, nil
	}
	ahead := bufio.NewReaderSize(got.Body, 16)
	_, err := ahead.Peek(1)
	got.Body = struct {
		io.Reader
		io.Closer
	}{ahead, got.Body}
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}

// isJSON reports whether an answer says that it is JSON: FHIR's, or an error of AWS.
func isJSON(header http.Header) bool {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && len(header.Values("Content-Type")) == 1 &&
		(media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json") ||
			strings.HasPrefix(media, "application/x-amz-json-"))
}

// replaceBody lets go of the datastore's body.
func replaceBody(got *http.Response, header http.Header, body []byte) {
	_ = got.Body.Close() // what it has is not wanted
	header.Set("Content-Length", strconv.Itoa(len(body)))
	got.Header, got.Body, got.ContentLength = header, io.NopCloser(bytes.NewReader(body)), int64(len(body))
}

// leastCompressed is the size of a body below which compressing does not pay, in bytes.
const leastCompressed = 1 << 10

// passBody rebases the body, compresses it if the app takes that, and holds it if the way
// back has a limit.
func (x *exchange) passBody(got *http.Response, header http.Header) error {
	origin := got.Body
	passed := Rebase(origin, x.proxy.config.Upstream, x.proxy.config.BaseURL)
	header.Add("Vary", "Accept-Encoding")
	if x.gzip && (got.ContentLength < 0 || got.ContentLength >= leastCompressed) {
		header.Set("Content-Encoding", "gzip")
		passed = compress(passed)
	}
	got.Header, got.ContentLength = header, -1
	if x.proxy.config.MaxResponse == 0 {
		got.Body = struct {
			io.Reader
			io.Closer
		}{passed, origin}
		return nil
	}
	held := &spool{limit: x.proxy.config.MaxResponse}
	buffer := copyBuffers{}.Get()
	_, err := io.CopyBuffer(held, passed, buffer)
	copyBuffers{}.Put(buffer)
	if errors.Is(err, errTooCostly) {
		return x.tooCostly(got, header)
	}
	if err != nil {
		return err
	}
	_ = origin.Close() // it was read to its end
	header.Set("Content-Length", strconv.FormatInt(held.size, 10))
	got.Body, got.ContentLength = io.NopCloser(held), held.size
	return nil
}

// tooCostly tells of an answer that is too large. What was changed is not undone by that:
// the status and the headers of a change stay, as with "Prefer: return=OperationOutcome".
func (x *exchange) tooCostly(got *http.Response, header http.Header) error {
	x.told.Failure = "too-costly"
	limit := fmt.Sprintf("the answer: larger than %d bytes", x.proxy.config.MaxResponse)
	if x.out.interaction.Writes() && got.StatusCode < 300 {
		header.Del("Content-Encoding")
		header.Set("Content-Type", fhirJSON)
		replaceBody(got, header, outcome("warning", "too-costly", limit+"; the change was made: send \"Prefer: return=minimal\", and read the result by smaller requests"))
		return nil
	}
	ask := "; ask for less: a smaller _count, fewer _include and _revinclude, _elements or _summary"
	if !x.gzip {
		ask += ", or send \"Accept-Encoding: gzip\""
	}
	return &Refusal{Status: http.StatusUnprocessableEntity, Code: "too-costly", Diagnostics: limit + ask}
}

// fail answers for a datastore that did not, or not in a way that may be passed on.
func (x *exchange) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *Refusal
	var tooLarge *http.MaxBytesError
	broken := x.body.failed()
	switch {
	case errors.As(err, &refusal):
		x.fails("bad-answer")
	case errors.As(broken, &tooLarge):
		x.fails("refused")
		refusal = tooLong()
	case errors.Is(r.Context().Err(), context.DeadlineExceeded):
		x.fails("timeout")
		refusal = &Refusal{Status: http.StatusGatewayTimeout, Code: "timeout", Diagnostics: fmt.Sprintf("HealthLake did not answer within %s", x.proxy.config.Timeout) + x.unknown()}
	case broken != nil:
		x.fails("request-broken")
		refusal = badRequest("invalid", "the body: incomplete; send it again")
	default:
		x.fails("unreachable")
		refusal = badGateway("HealthLake could not be reached, or did not answer whole" + x.unknown())
	}
	refusal.Write(w)
}

// unknown says what is not known of a change whose answer did not come.
func (x *exchange) unknown() string {
	if !slices.Contains([]string{http.MethodGet, http.MethodHead}, x.asked.Method) {
		return "; whether the request was carried out is unknown: look before you send it again"
	}
	return "; try again later"
}

// fails keeps the first word for a failure.
func (x *exchange) fails(word string) {
	if x.told.Failure == "" {
		x.told.Failure = word
	}
}

// refuse answers for a request that does not go to the datastore.
func (x *exchange) refuse(w http.ResponseWriter, err error) {
	x.fails("refused")
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		refusal = &Refusal{Status: http.StatusInternalServerError, Code: "exception", Diagnostics: "the request could not be read"}
	}
	refusal.Write(w)
}

// tell returns what became of the request.
func (x *exchange) tell() Exchange {
	if x.came != nil && x.came.broken != nil {
		x.fails("answer-broken")
	}
	return x.told
}

// abortIfBroken makes sure that an answer which broke off after its header was sent does
// not look whole. httputil.ReverseProxy does so only within an http.Server.
func (x *exchange) abortIfBroken() {
	if x.came != nil && x.came.broken != nil && x.told.Failure == "" {
		panic(http.ErrAbortHandler) //nolint:forbidigo // the only way to break an answer off
	}
}

func badGateway(text string) *Refusal {
	return &Refusal{Status: http.StatusBadGateway, Code: "transient", Diagnostics: text}
}
