package apigateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxPayload is Lambda's quota of what a function answers, 6 MB
	// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
	maxPayload = 6 << 20
	// headroom is for the status and the headers of an answer.
	headroom = 64 << 10

	// MaxResponse is the longest body in bytes that always fits into an answer of Lambda. In
	// the payload it grows by at most a third, because of base64.
	MaxResponse = (maxPayload - headroom) / 4 * 3
)

var errTooLong = errors.New("the response is longer than Lambda takes")

// answer is the http.ResponseWriter of one request. It buffers the body, up to MaxResponse.
type answer struct {
	header http.Header
	sent   http.Header // as they were with the status
	status int
	body   []byte
	broken bool // it cannot be sent whole
}

func newAnswer() *answer { return &answer{header: http.Header{}} }

// badGateway is in the place of an answer that cannot be sent, in the words that API Gateway
// uses itself.
func badGateway() *answer {
	a := newAnswer()
	a.header.Set("Content-Type", "application/json")
	a.WriteHeader(http.StatusBadGateway)
	a.body = []byte(`{"message":"Bad Gateway"}`)
	return a
}

func (a *answer) Header() http.Header { return a.header }

// WriteHeader takes the first status that is no interim one, for which there is no way back
// to the client.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status, a.sent = status, a.header.Clone()
	}
}

func (a *answer) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	switch {
	case !bodyAllowed(a.status):
		return 0, http.ErrBodyNotAllowed
	case a.broken || len(a.body)+len(text) > MaxResponse:
		a.broken, a.body = true, nil
		return 0, errTooLong
	}
	a.body = append(a.body, text...)
	return len(text), nil
}

// Flush implements http.Flusher. Nothing is on its way before the answer is whole.
func (a *answer) Flush() { a.WriteHeader(http.StatusOK) }

func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// head is a response of payload format 2.0 without its body.
type head struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// encode writes the response to a request of a method. Of the body, which may be long, it
// makes one copy.
func (a *answer) encode(method string) ([]byte, error) {
	a.WriteHeader(http.StatusOK)
	if a.broken || method != http.MethodHead && !a.whole() {
		a = badGateway()
	}
	if method == http.MethodHead {
		a.body = nil
	}
	size, text := base64.StdEncoding.EncodedLen(len(a.body))+2, false
	if quoted := quotedLen(a.body); quoted <= size && utf8.Valid(a.body) {
		size, text = quoted, true
	}
	start, err := json.Marshal(head{a.status, a.fields(method), a.sent["Set-Cookie"], !text})
	if err != nil {
		return nil, err
	}
	start = append(bytes.TrimSuffix(start, []byte("}")), `,"body":`...)
	if size += len(start) + len("}"); size > maxPayload {
		return badGateway().encode(method) // its headers are too long
	}
	response := append(make([]byte, 0, size), start...)
	if text {
		response = appendQuoted(response, a.body)
	} else {
		response = append(base64.StdEncoding.AppendEncode(append(response, '"'), a.body), '"')
	}
	return append(response, '}'), nil
}

// whole reports whether the body is as long as the handler said, if it did.
func (a *answer) whole() bool {
	length := a.sent.Get("Content-Length")
	return length == "" || !bodyAllowed(a.status) || length == strconv.Itoa(len(a.body))
}

// fields are the headers with one value each, as payload format 2.0 has them. Those about
// the connection are API Gateway's, and so is the length of a body that is sent.
func (a *answer) fields(method string) map[string]string {
	fields := make(map[string]string, len(a.sent))
	for name, values := range a.sent {
		switch name {
		case "Connection", "Transfer-Encoding", "Trailer", "Set-Cookie":
		case "Content-Length":
			if method == http.MethodHead {
				fields[name] = a.sent.Get(name)
			}
		default:
			fields[name] = strings.Join(values, ",")
		}
	}
	if _, typed := a.sent["Content-Type"]; !typed && len(a.body) > 0 && a.sent.Get("Content-Encoding") == "" {
		fields["Content-Type"] = http.DetectContentType(a.body) // as net/http does
	}
	return fields
}

// escapes are the characters of a JSON string with a short escape (RFC 8259 section 7).
var escapes = [256]byte{'"': '"', '\\': '\\', '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f'}

// quotedLen is the length of what appendQuoted appends.
func quotedLen(text []byte) int {
	length := len(text) + 2
	for _, c := range text {
		switch {
		case escapes[c] != 0:
			length++
		case c < ' ':
			length += 5
		}
	}
	return length
}

// appendQuoted appends UTF-8 text as a JSON string.
func appendQuoted(to, text []byte) []byte {
	const hex = "0123456789abcdef"
	to = append(to, '"')
	for _, c := range text {
		switch {
		case escapes[c] != 0:
			to = append(to, '\\', escapes[c])
		case c < ' ':
			to = append(to, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			to = append(to, c)
		}
	}
	return append(to, '"')
}
