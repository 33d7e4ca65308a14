package frontdoor

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// origins are the web origins whose pages may read an answer (the Fetch standard's CORS
// protocol). The list is compared as a browser writes it, so that "null" and a
// wildcard are on none. rs/cors is not used: who may read an answer of the token
// endpoint depends on the client that the body names.
//
// Access-Control-Allow-Credentials is never sent: no endpoint reads a cookie.
type origins []string

// anyOrigin is what documents are served to that everybody may read.
const anyOrigin = "*"

// originOf is the origin of a URL as a browser writes it: scheme and host in small
// letters, and the port unless it is the scheme's own. Only http and https have one here.
func originOf(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return "", false
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	default:
		return "", false
	}
	origin := u.Scheme + "://" + host
	return origin, !strings.Contains(origin, "*")
}

// originsOf are the origins of URLs, each once.
func originsOf(urls []string) origins {
	var list origins
	for _, text := range urls {
		if origin, ok := originOf(text); ok && !slices.Contains(list, origin) {
			list = append(list, origin)
		}
	}
	return list
}

// allow lets the page that sent the request read the answer, if it is of one of the
// origins. It is called before the answer's header is written.
func (o origins) allow(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Add("Vary", "Origin")
	given := r.Header.Values("Origin")
	if len(given) != 1 || !slices.Contains(o, given[0]) {
		return false
	}
	w.Header().Set("Access-Control-Allow-Origin", given[0])
	return true
}

// crossOrigin says what a page of another origin may send to an endpoint.
type crossOrigin struct {
	methods string // Access-Control-Allow-Methods
	headers string // Access-Control-Allow-Headers
	// prefix of further headers, in small letters; empty for none.
	prefix string
}

// isPreflight reports whether a browser asks before it sends the request of a page.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// answerPreflight tells a browser what a page of an allowed origin may send, and nothing
// to others.
func (c crossOrigin) answerPreflight(w http.ResponseWriter, r *http.Request, allowed bool) {
	w.Header().Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	if allowed {
		w.Header().Set("Access-Control-Allow-Methods", c.methods)
		w.Header().Set("Access-Control-Allow-Headers", strings.Join(append([]string{c.headers}, c.further(r)...), ", "))
		w.Header().Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}

// further are the headers with the prefix that the browser asks for.
func (c crossOrigin) further(r *http.Request) []string {
	var names []string
	if c.prefix == "" {
		return nil
	}
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if strings.HasPrefix(name, c.prefix) && isHeaderName(name) {
			names = append(names, name)
		}
	}
	return names
}

func isHeaderName(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return len(text) <= 64
}
