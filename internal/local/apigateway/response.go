package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
)

// response is what a function answers in payload format 2.0. Other members, such as
// multiValueHeaders of format 1.0, say nothing.
type response struct {
	StatusCode      *int              `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`

	content []byte // the body as the client gets it
}

// readResponse reads a function's answer. JSON without a status is itself the body of an
// answer with 200, as the format has it.
func readResponse(answer []byte) (response, error) {
	var r response
	var members map[string]json.RawMessage
	if json.Unmarshal(answer, &members) != nil || members["statusCode"] == nil {
		if !json.Valid(answer) {
			return r, errors.New("the answer is not JSON")
		}
		ok := http.StatusOK
		return response{StatusCode: &ok, Headers: map[string]string{"Content-Type": "application/json"}, content: answer}, nil
	}
	if err := json.Unmarshal(answer, &r); err != nil {
		return r, err
	}
	if r.StatusCode == nil || *r.StatusCode < http.StatusOK || *r.StatusCode > 599 {
		return r, errors.New("statusCode: must be a status of HTTP")
	}
	r.content = []byte(r.Body)
	if !r.IsBase64Encoded {
		return r, nil
	}
	var err error
	r.content, err = base64.StdEncoding.DecodeString(r.Body)
	return r, err
}

// write answers the client. The length is API Gateway's to say, except where the body is
// not sent.
func (r response) write(w http.ResponseWriter, method string) {
	header := w.Header()
	for name, value := range r.Headers {
		name = http.CanonicalHeaderKey(name)
		if slices.Contains(connection, name) || name == "Content-Length" && method != http.MethodHead {
			continue
		}
		header.Set(name, value)
	}
	for _, cookie := range r.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	w.WriteHeader(*r.StatusCode)
	if method != http.MethodHead {
		_, _ = w.Write(r.content) // the client went away: nobody to tell
	}
}
