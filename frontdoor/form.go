package frontdoor

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxForm bounds the body of a request to an OAuth endpoint, in bytes.
const maxForm = 64 << 10

// readForm reads the parameters of a body. What has no parameters that two readers
// understand alike is refused whole.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, *oauthError) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, refuse(invalidRequest, "Send the parameters in the body, with Content-Type application/x-www-form-urlencoded.")
	}
	if r.URL.RawQuery != "" {
		return nil, refuse(invalidRequest, "Send all parameters in the body and none in the URL.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return nil, &oauthError{http.StatusRequestEntityTooLarge, invalidRequest, "The body is too long. Send at most 64 KiB."}
	}
	if err != nil {
		return nil, refuse(invalidRequest, "The body is incomplete. Send it again.")
	}
	values, ok := parseParameters(string(body))
	if !ok {
		return nil, refuse(invalidRequest, "The parameters are malformed. Send them form-urlencoded, in UTF-8.")
	}
	return values, nil
}

// parseParameters reads form-urlencoded parameters, and refuses broken encoding,
// semicolons, text that is not UTF-8 and control characters.
func parseParameters(encoded string) (url.Values, bool) {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return nil, false
	}
	for name, list := range values {
		if hasControls(name) || slices.ContainsFunc(list, hasControls) {
			return nil, false
		}
	}
	return values, true
}

// hasControls reports whether a text is no UTF-8 or has control characters.
func hasControls(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f })
}

// repeated reports whether a parameter is given more than once, which RFC 6749
// section 3.1 and 3.2 forbid: two readers would take different ones.
func repeated(values url.Values) bool {
	for _, list := range values {
		if len(list) > 1 {
			return true
		}
	}
	return false
}

const repeatedParameter = "A parameter is given more than once. Send each parameter once."
