package healthlake

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/smartlake/pulumi-smartlake/internal/local/fhirsearch"
)

// page is where a listing goes on. It says what is listed and never what may be
// seen: the grant of the request that brings it back is applied anew.
type page struct {
	Criteria string               `json:"criteria,omitempty"` // the parameters, as a query
	After    int                  `json:"after"`              // what the page before ended with
	Keys     []fhirsearch.SortKey `json:"keys,omitempty"`     // what that is sorted by
	Upstream string               `json:"upstream,omitempty"` // the next page's URL at the FHIR server behind
}

// pages makes opaque page tokens, which nobody else can make or read. They end with
// the process.
type pages struct {
	aead    cipher.AEAD
	lenient bool // takes what AWS says that HealthLake does not
}

func newPages(lenient bool) (pages, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		return pages{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return pages{aead, lenient}, err
}

// seal makes the token of a page in a listing, such as "Observation".
func (p pages) seal(listing string, next page) (string, error) {
	plain, err := json.Marshal(next)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(p.aead.Seal(nil, nil, plain, []byte(listing))), nil
}

// open reads a token that was made for the same listing.
func (p pages) open(listing, token string) (page, error) {
	invalid := &refusal{http.StatusBadRequest, "invalid", "page: must be a token from a next link of this listing"}
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return page{}, invalid
	}
	plain, err := p.aead.Open(nil, nil, sealed, []byte(listing))
	if err != nil {
		return page{}, invalid
	}
	var next page
	if err := json.Unmarshal(plain, &next); err != nil {
		return page{}, invalid
	}
	return next, nil
}

// nextLink is the URL of the next page of a listing.
func (p pages) nextLink(endpoint, listing string, next page) (map[string]any, error) {
	token, err := p.seal(listing, next)
	return link("next", endpoint+listing+"?page="+token), err
}

func link(relation, url string) map[string]any {
	return map[string]any{"relation": relation, "url": url}
}
