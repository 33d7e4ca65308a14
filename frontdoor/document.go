package frontdoor

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// document is a text that everybody may read, with its strong entity tag.
type document struct {
	content     []byte
	contentType string
	tag         string
}

func newDocument(content []byte, contentType string) *document {
	digest := sha256.Sum256(content)
	return &document{content, contentType, `"` + base64.RawURLEncoding.EncodeToString(digest[:16]) + `"`}
}

// documentRequests are what a page may send for a document. An app may ask with the
// headers of its other requests.
var documentRequests = crossOrigin{methods: "GET, HEAD", headers: "Accept, Accept-Language, Authorization, Content-Type, If-None-Match"}

// serve answers GET and HEAD, and 304 where the caller has the text already (RFC 9110
// section 13.1.2). The query and every other header decide nothing: http.ServeContent would
// let a stranger's Range or If-Match make a part of the text, or an error, that a shared cache
// then keeps for everybody.
func (d *document) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", anyOrigin)
	header.Set("Access-Control-Expose-Headers", "ETag")
	header.Set("Cache-Control", "public, max-age=300")
	header.Set("Content-Type", d.contentType)
	header.Set("ETag", d.tag)
	header.Set("X-Content-Type-Options", "nosniff")
	if d.isHeld(r.Header.Values("If-None-Match")) {
		header.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(d.content)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(d.content) // the caller went away: nobody to tell
	}
}

// isHeld reports whether the text is one of those that a caller has, by the weak comparison
// of RFC 9110 section 8.8.3.2.
func (d *document) isHeld(tags []string) bool {
	for tag := range strings.SplitSeq(strings.Join(tags, ","), ",") {
		tag = strings.TrimPrefix(strings.Trim(tag, " \t"), "W/")
		if tag == d.tag || tag == "*" {
			return true
		}
	}
	return false
}
