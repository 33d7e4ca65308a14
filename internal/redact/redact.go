// Package redact quotes values in errors without what may be a secret in them. It
// imports the standard library alone.
package redact

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// longest is how much of a value Quote shows, in characters: more than a long ARN or scope
// has, and less than what fills a screen.
const longest = 300

// Quote quotes a value as strconv.Quote does, without the user and password of a URL. It
// cuts a value of more than 300 characters, and says how many the value has.
func Quote(text string) string {
	text = UserInfo(text)
	characters := []rune(text)
	if len(characters) <= longest {
		return strconv.Quote(text)
	}
	return strconv.Quote(string(characters[:longest])) + fmt.Sprintf("... (%d characters)", len(characters))
}

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
