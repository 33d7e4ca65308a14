package fhirproxy

import (
	"net/http"
	"net/textproto"
	"regexp"
	"strings"
)

// maxToken is how long a bearer token may be, in bytes.
const maxToken = 8 << 10

// tokenPattern is RFC 6750's b64token (section 2.1).
var tokenPattern = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// BearerToken reads the one bearer token of a request, by the grammar of RFC 6750, section
// 2.1. An error is a [*Refusal] with a challenge: 401 without a token or with a malformed
// one, 400 with several.
func BearerToken(in http.Header) (string, error) {
	var sent []string
	for name, values := range in {
		if textproto.CanonicalMIMEHeaderKey(name) == "Authorization" {
			sent = append(sent, values...)
		}
	}
	if len(sent) == 0 {
		return "", unauthorized("Bearer", "Authorization: missing; send an access token as \"Authorization: Bearer <token>\"")
	}
	if len(sent) > 1 || strings.Contains(sent[0], ",") && isBearer(sent[0]) { // an HTTP API joins headers with commas
		return "", &Refusal{Status: http.StatusBadRequest, Code: "invalid", Diagnostics: "Authorization: sent more than once; send one access token",
			header: "WWW-Authenticate", value: `Bearer error="invalid_request"`}
	}
	if !isBearer(sent[0]) {
		return "", unauthorized("Bearer", "Authorization: not a bearer token; send an access token as \"Authorization: Bearer <token>\"")
	}
	_, token, _ := strings.Cut(sent[0], " ")
	token = strings.TrimLeft(token, " ")
	if len(token) > maxToken || !tokenPattern.MatchString(token) {
		return "", unauthorized(`Bearer error="invalid_token"`, "Authorization: not the form of an access token; send the token that the token endpoint returned, at most 8 KiB")
	}
	return token, nil
}

// isBearer reports whether credentials are of the scheme; its case does not matter
// (RFC 9110, section 11.1).
func isBearer(credentials string) bool {
	scheme, _, _ := strings.Cut(credentials, " ")
	return strings.EqualFold(scheme, "Bearer")
}

func unauthorized(challenge, diagnostics string) *Refusal {
	return &Refusal{Status: http.StatusUnauthorized, Code: "login", Diagnostics: diagnostics, header: "WWW-Authenticate", value: challenge}
}

func badRequest(code, diagnostics string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: code, Diagnostics: diagnostics}
}
