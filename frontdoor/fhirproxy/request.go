package fhirproxy

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// MaxRequest is the maximum size of a request's body in bytes. It is the limit of an HTTP
// API of API Gateway.
const MaxRequest = 10 << 20

// outgoing is a request that may go to the datastore.
type outgoing struct {
	interaction Interaction
	url         *url.URL
	header      http.Header
}

// admit reads a request, and refuses one that is not plainly a FHIR request with a bearer
// token. Nothing of it reaches the datastore but what is in the answer, and its body.
func (p *Proxy) admit(r *http.Request) (out outgoing, err error) {
	path, err := p.below(r.URL)
	if err != nil {
		return out, err
	}
	if out.interaction, err = Parse(r.Method, path); err != nil {
		return out, err
	}
	if err = checkQuery(r.URL.RawQuery); err != nil {
		return out, err
	}
	if out.header, err = RequestHeader(r.Header); err != nil {
		return out, err
	}
	token, err := BearerToken(r.Header)
	if err != nil {
		return out, err
	}
	if err = checkBody(r); err != nil {
		return out, err
	}
	out.header.Set("Authorization", "Bearer "+token)
	out.header.Set("Accept-Encoding", "identity") // what is rebased has to be read
	out.header.Set("User-Agent", "smartlake-frontdoor")
	to := *p.upstream
	to.Path += path
	to.RawPath = to.Path // as it came: nothing in it is percent-encoded
	to.RawQuery, to.ForceQuery = r.URL.RawQuery, r.URL.ForceQuery
	out.url = &to
	return out, nil
}

// below returns the path below the base. An HTTP API may hand a path over decoded, so the
// raw path must be the same as the decoded one.
func (p *Proxy) below(at *url.URL) (string, error) {
	if at.RawPath != "" && at.RawPath != at.Path {
		return "", badRequest("invalid", "the path: must not be percent-encoded")
	}
	rest, ok := strings.CutPrefix(at.Path, p.basePath)
	if !ok || rest != "" && rest[0] != '/' {
		return "", &Refusal{Status: http.StatusNotFound, Code: "not-found", Diagnostics: "the path: not below the FHIR base URL"}
	}
	return strings.TrimPrefix(rest, "/"), nil
}

// checkQuery refuses credentials in a query, which would be in the logs on the way
// (RFC 6750, section 2.3; SigV4's presigned URLs), and bytes that no URL has.
func checkQuery(query string) error {
	if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }) {
		return badRequest("invalid", "the query: has characters that must be percent-encoded")
	}
	for parameter := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(parameter, "=")
		name = strings.ToLower(strings.TrimFunc(decoded(name), func(r rune) bool { return r <= ' ' }))
		if name == "access_token" || strings.HasPrefix(name, "x-amz-") {
			return &Refusal{Status: http.StatusBadRequest, Code: "security", Diagnostics: "the query: must not have credentials; send the access token as \"Authorization: Bearer <token>\"",
				header: "WWW-Authenticate", value: `Bearer error="invalid_request"`}
		}
	}
	return nil
}

// decoded takes off every layer of percent-encoding, and leaves what is none. It reads each
// byte once, however many layers there are: what it appends is decoded as soon as it ends
// with an escape.
func decoded(name string) string {
	plain := make([]byte, 0, len(name))
	for i := range len(name) {
		plain = append(plain, name[i])
		for at := len(plain) - 3; at >= 0 && plain[at] == '%'; at = len(plain) - 3 {
			var one [1]byte
			if _, err := hex.Decode(one[:], plain[at+1:]); err != nil {
				break
			}
			plain = append(plain[:at], one[0])
		}
	}
	return strings.ReplaceAll(string(plain), "+", " ")
}

// checkBody refuses a body where FHIR has none, and one that says that it is too large.
func checkBody(r *http.Request) error {
	if r.ContentLength != 0 && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		return badRequest("invalid", "the body: must be empty for "+r.Method)
	}
	if r.ContentLength > MaxRequest {
		return tooLong()
	}
	return nil
}

func tooLong() *Refusal {
	return &Refusal{Status: http.StatusRequestEntityTooLarge, Code: "too-long",
		Diagnostics: fmt.Sprintf("the body: larger than %d MiB; send less at once", MaxRequest>>20)}
}
