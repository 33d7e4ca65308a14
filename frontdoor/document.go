package frontdoor

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
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
// section 13.1.2). The query and the Authorization header decide nothing.
func (d *document) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", anyOrigin)
	header.Set("Access-Control-Expose-Headers", "ETag")
	header.Set("Cache-Control", "public, max-age=300")
	header.Set("Content-Type", d.contentType)
	header.Set("ETag", d.tag)
	header.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(d.content))
}
