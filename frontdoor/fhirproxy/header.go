package fhirproxy

import (
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// healthLakePrefix begins the headers that HealthLake defines for FHIR requests, such as
// X-Amz-Fhir-Idempotency-Key. SigV4's headers begin with X-Amz- and something else.
const healthLakePrefix = "X-Amz-Fhir-"

var (
	// requestHeaders pass on the way to the datastore, as often as they were sent.
	requestHeaders = []string{"Accept", "Accept-Language", "If-Match", "If-None-Match", "Prefer"}
	// singleHeaders pass too; a second one would leave open which counts.
	singleHeaders = []string{"Content-Type", "If-Modified-Since", "If-None-Exist"}
	// responseHeaders pass on the way back, beside those that are looked at.
	responseHeaders = []string{
		"Allow", "Cache-Control", "Content-Type", "Etag", "Last-Modified", "Retry-After",
		"X-Amz-Request-Id", "X-Amzn-Requestid", "X-Progress",
	}
	// refusedHeaders change what a request means: left out, they would make another one.
	refusedHeaders = map[string]string{
		"Content-Range":       "not supported; send the whole resource",
		"If-Unmodified-Since": "not supported; use If-Match with the ETag",
		"X-Provenance":        "not supported; create the Provenance by a request of its own",
	}
)

// RequestHeader copies only the headers of a request that the FHIR server may see: no
// credentials, no cookies, and no headers of proxies. [BearerToken] reads the token. An
// error is a [*Refusal]: RequestHeader refuses a header that changes the meaning of the
// request and cannot be passed on.
func RequestHeader(in http.Header) (http.Header, error) {
	out := http.Header{}
	for name, values := range in {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if instead, ok := refusedHeaders[name]; ok {
			return nil, badRequest("not-supported", name+": "+instead)
		}
		if name == "Content-Encoding" && slices.ContainsFunc(values, func(value string) bool { return !strings.EqualFold(value, "identity") }) {
			return nil, &Refusal{Status: http.StatusUnsupportedMediaType, Code: "not-supported",
				Diagnostics: "Content-Encoding: not supported; send the body as it is", header: "Accept-Encoding", value: "identity"}
		}
		if passes(name) {
			out[name] = append(out[name], values...)
		}
	}
	for name, values := range out {
		if len(values) > 1 && !slices.Contains(requestHeaders, name) {
			return nil, badRequest("invalid", name+": sent more than once; send one")
		}
		if slices.ContainsFunc(values, func(value string) bool { return !validHeaderValue(value) }) {
			return nil, badRequest("invalid", name+": has control characters; send printable text")
		}
	}
	return out, checkConnection(in)
}

// passes reports whether a header goes on to the datastore.
func passes(name string) bool {
	return slices.Contains(requestHeaders, name) || slices.Contains(singleHeaders, name) || strings.HasPrefix(name, healthLakePrefix)
}

// checkConnection refuses a Connection that takes away headers which the request's
// meaning, or its authorization, depends on (RFC 9110, section 7.6.1).
func checkConnection(in http.Header) error {
	for name, values := range in {
		if textproto.CanonicalMIMEHeaderKey(name) != "Connection" {
			continue
		}
		for named := range strings.SplitSeq(strings.Join(values, ","), ",") {
			named = textproto.CanonicalMIMEHeaderKey(strings.Trim(named, " \t"))
			if passes(named) || named == "Authorization" {
				return badRequest("invalid", "Connection: names "+named+", which is not of one connection only")
			}
		}
	}
	return nil
}

func validHeaderValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// ResponseHeader copies only the headers of a FHIR server's answer that the caller may see.
// It moves Location and Content-Location from one base URL to another. It leaves out one
// that is not below the base, and a challenge that is not for a bearer token.
func ResponseHeader(in http.Header, from, to string) http.Header {
	out := http.Header{}
	for _, name := range responseHeaders {
		if values := in.Values(name); len(values) > 0 {
			out[name] = slices.Clone(values)
		}
	}
	for _, name := range []string{"Location", "Content-Location"} {
		if moved := rebaseLocation(in.Get(name), from, to); moved != "" {
			out.Set(name, moved)
		}
	}
	for _, challenge := range in.Values("WWW-Authenticate") {
		if scheme, _, _ := strings.Cut(challenge, " "); strings.EqualFold(scheme, "Bearer") {
			out.Add("WWW-Authenticate", challenge)
		}
	}
	return out
}

// rebaseLocation takes a relative location as one below the base.
func rebaseLocation(location, from, to string) string {
	if moved, ok := RebaseURL(location, from, to); ok {
		return moved
	}
	base, err := url.Parse(strings.TrimSuffix(from, "/") + "/")
	if err != nil {
		return ""
	}
	relative, err := url.Parse(location)
	if err != nil || location == "" {
		return ""
	}
	moved, _ := RebaseURL(base.ResolveReference(relative).String(), from, to)
	return moved
}

// acceptsGzip reports whether an Accept-Encoding takes gzip (RFC 9110, section 12.5.3).
func acceptsGzip(in http.Header) bool {
	for coding := range strings.SplitSeq(strings.Join(in.Values("Accept-Encoding"), ","), ",") {
		name, parameters, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.Trim(name, " \t"), "gzip") {
			continue
		}
		weight, weighted := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(parameters, " ", "")), "q=")
		return !weighted || strings.Trim(weight, "0.") != ""
	}
	return false
}
