package fhirproxy

import (
	"bytes"
	"io"
	"strings"
)

// Rebase reads JSON and moves the URLs below one base URL to another: each string that is
// the base "from", or begins with it and goes on with a slash, a query or a fragment, begins
// with "to" instead. Both may end with a slash, which has no effect. If the slashes are
// escaped in JSON ("\/"), Rebase escapes those of the new base too. Another case of scheme
// and host, and the scheme's default port, make no other base.
//
// Rebase finds a base only after the opening quote of a string. A link within the text of a
// narrative stays, and so does a longer host or path. All other bytes stay as they are, for
// any sizes of the reads.
func Rebase(body io.Reader, from, to string) io.Reader {
	to = strings.TrimSuffix(to, "/")
	base := newBase(from)
	scheme, _, _ := strings.Cut(base.origin, "/")
	return &rebaser{
		body:    body,
		from:    base,
		opening: []byte(scheme),
		plain:   []byte(`"` + to),
		escaped: []byte(`"` + strings.ReplaceAll(to, "/", `\/`)),
		buffer:  make([]byte, max(rebaseWindow, 4*len(from))),
	}
}

// RebaseURL moves one URL from one base to another, by the rule of [Rebase]. It reports
// false, and returns nothing, if the URL is not below the base.
func RebaseURL(url, from, to string) (string, bool) {
	length, _, _ := newBase(from).begin([]byte(url), false)
	if length == 0 {
		return "", false
	}
	return strings.TrimSuffix(to, "/") + url[length:], true
}

// rebaseWindow is how much of a body is held, in bytes.
const rebaseWindow = 16 << 10

type rebaser struct {
	body           io.Reader
	from           base
	opening        []byte // the scheme and its colon, which are searched for behind a quote
	plain, escaped []byte // what a quote and the base are replaced with

	buffer     []byte
	start, end int    // of the window in the buffer
	before     byte   // what came before the window
	ready      []byte // what was found good and not read yet
	err        error  // of the body
}

// Read implements io.Reader.
func (r *rebaser) Read(p []byte) (int, error) {
	for len(r.ready) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// next makes more of the output ready, or reads more of the body.
func (r *rebaser) next() error {
	window := r.buffer[r.start:r.end]
	if at := r.find(window); at > 0 {
		r.pass(window[:at])
		return nil
	}
	if len(window) > 0 {
		length, escaped, more := r.from.begin(window[1:], true)
		switch {
		case length > 0:
			r.start, r.before, r.ready = r.start+1+length, window[length], r.plain
			if escaped {
				r.ready = r.escaped
			}
			return nil
		case !more || r.ended():
			r.pass(window[:1])
			return nil
		}
	}
	if r.err != nil {
		return r.err
	}
	r.fill()
	return nil
}

// ended reports whether the window is all that is left of the body.
func (r *rebaser) ended() bool { return r.err != nil }

// pass makes the beginning of the window ready as it is.
func (r *rebaser) pass(part []byte) {
	r.start, r.before, r.ready = r.start+len(part), part[len(part)-1], part
}

// find returns where a string may begin with the base: at a quote that no backslash
// escapes, with the scheme behind it, or as much of it as the window has. Elsewhere JSON
// has no quote that is followed by a scheme. It is the window's length if nowhere.
func (r *rebaser) find(window []byte) int {
	unescaped := func(at int) bool {
		if at == 0 {
			return r.before != '\\'
		}
		return window[at-1] != '\\'
	}
	for from := 0; ; {
		quote := bytes.IndexByte(window[from:], '"')
		if quote < 0 {
			return len(window)
		}
		at := from + quote
		behind := window[at+1:]
		if n := min(len(behind), len(r.opening)); bytes.EqualFold(behind[:n], r.opening[:n]) && unescaped(at) {
			return at
		}
		from = at + 1
	}
}

// fill reads more of the body behind the window.
func (r *rebaser) fill() {
	r.end = copy(r.buffer, r.buffer[r.start:r.end])
	r.start = 0
	for range 100 {
		var n int
		n, r.err = r.body.Read(r.buffer[r.end:])
		r.end += n
		if n > 0 || r.err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}
