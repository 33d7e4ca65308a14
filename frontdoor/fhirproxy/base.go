package fhirproxy

import "strings"

// base is a base URL. Another form of it is the same URL: with another case of scheme and
// host, with the scheme's default port or without (RFC 3986, section 6.2.2.1 and 6.2.3).
// Paths are the same if each of their bytes is.
type base struct {
	origin string // scheme and host in lower case, with a port only if it is not the default one
	port   string // the default one, with its colon
	path   string // without a slash at its end
}

func newBase(text string) base {
	text = strings.TrimSuffix(text, "/")
	scheme, rest, _ := strings.Cut(text, "://")
	authority, path := rest, ""
	if at := strings.IndexByte(rest, '/'); at >= 0 {
		authority, path = rest[:at], rest[at:]
	}
	b := base{port: ":443", path: path}
	if strings.EqualFold(scheme, "http") {
		b.port = ":80"
	}
	b.origin = strings.ToLower(scheme + "://" + strings.TrimSuffix(authority, b.port))
	return b
}

// begin reports how many bytes of a text are the base, zero if the text does not begin with
// it; and whether it takes more of the text to say so. With escapes it is a text of JSON,
// where slashes may be escaped, which it reports, and a quote ends it; without, the end of
// the text does.
func (b base) begin(text []byte, escapes bool) (length int, escaped, more bool) {
	r := reader{text: text, escapes: escapes}
	ok := r.take(b.origin, true) &&
		(r.at == len(text) || text[r.at] != ':' || r.take(b.port, false)) &&
		r.take(b.path, false)
	if !ok {
		return 0, false, r.short
	}
	end := r.at
	if end == len(text) {
		if escapes {
			return 0, false, true
		}
		return end, false, false
	}
	switch text[end] {
	case '/', '?', '#':
		return end, r.escaped, false
	case '"':
		if escapes {
			return end, r.escaped, false
		}
	case '\\':
		if escapes && end+1 == len(text) {
			return 0, false, true
		}
		if escapes && text[end+1] == '/' {
			return end, r.escaped, false
		}
	}
	return 0, false, false
}

// reader takes a text apart.
type reader struct {
	text    []byte
	at      int
	escapes bool // whether slashes may be escaped
	escaped bool // whether one was
	short   bool // whether the text ended before what was asked for
}

// take goes on behind what is wanted, with letters of either case if it folds them.
func (r *reader) take(wanted string, folds bool) bool {
	for i := range len(wanted) {
		if r.escapes && wanted[i] == '/' && r.at < len(r.text) && r.text[r.at] == '\\' {
			r.escaped = true
			r.at++
		}
		if r.at == len(r.text) {
			r.short = true
			return false
		}
		got := r.text[r.at]
		if folds && 'A' <= got && got <= 'Z' {
			got += 'a' - 'A'
		}
		if got != wanted[i] {
			return false
		}
		r.at++
	}
	return true
}
