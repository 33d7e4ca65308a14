// Package redact quotes values in errors without what may be a secret in them. It
// imports the standard library alone.
package redact

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Quote quotes a value as strconv.Quote does, without the user and password of a URL.
func Quote(text string) string { return strconv.Quote(UserInfo(text)) }

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:/*`)

// UserInfo leaves out of a text what may be the user and password of a URL, however
// badly that is written: all up to the last "@", where a ":" stands before it, but the
// scheme.
func UserInfo(text string) string {
	at := strings.LastIndex(text, "@")
	if at < 0 || !strings.Contains(text[:at], ":") {
		return text
	}
	if u, err := url.Parse(text); err == nil && u.Host != "" && u.User == nil { // an "@" in the path
		return text
	}
	return scheme.FindString(text[:at]) + "[left out]" + text[at:]
}
