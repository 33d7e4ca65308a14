package cognito

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/http"
	"slices"
	"sync"
	"time"
)

// retirement is how long a key stays in the key set after its last signature: the
// longest lifetime that Cognito gives an access or ID token.
const retirement = 24 * time.Hour

// maxRetired bounds the key set when keys are rotated again and again.
const maxRetired = 6

// keyRing holds the keys of a pool.
type keyRing struct {
	mu         sync.RWMutex
	access, id signingKey
	retired    []retiredKey // oldest first
	fault      KeySetFault
}

type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

type retiredKey struct {
	signingKey
	until time.Time
}

// KeySetFault is what goes wrong with the key set; the zero value is nothing.
type KeySetFault struct {
	Delay   time.Duration // before any answer
	Broken  bool          // status 500 instead of the keys
	Garbage bool          // status 200, and no JSON
}

// KeySetRequest tells of one request for the key set. KeyIDs is empty where a fault
// kept the keys back.
type KeySetRequest struct {
	Time   time.Time
	KeyIDs []string
}

func newSigningKey() (signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return signingKey{}, err
	}
	id := make([]byte, 32)
	if _, err := rand.Read(id); err != nil {
		return signingKey{}, err
	}
	return signingKey{base64.StdEncoding.EncodeToString(id), private}, nil
}

// Rotate replaces both signing keys, as Cognito may at any time. The former ones stay
// in the key set for a day, so that tokens signed with them stay good.
func (p *Pool) Rotate() error {
	access, err := newSigningKey()
	if err != nil {
		return err
	}
	id, err := newSigningKey()
	if err != nil {
		return err
	}
	until := p.config.Now().Add(retirement)
	k := &p.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.access.private != nil {
		k.retired = append(k.retired, retiredKey{k.access, until}, retiredKey{k.id, until})
		k.retired = k.retired[max(0, len(k.retired)-maxRetired):]
	}
	k.access, k.id = access, id
	return nil
}

// SetKeySetFault makes requests for the key set fail from now on; the zero value ends
// it.
func (p *Pool) SetKeySetFault(fault KeySetFault) {
	p.keys.mu.Lock()
	defer p.keys.mu.Unlock()
	p.keys.fault = fault
}

// published are the keys of the key set, those that sign first.
func (k *keyRing) published(now time.Time) ([]signingKey, KeySetFault) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	keys := []signingKey{k.access, k.id}
	for _, key := range slices.Backward(k.retired) {
		if now.Before(key.until) {
			keys = append(keys, key.signingKey)
		}
	}
	return keys, k.fault
}

// signing returns the keys that sign access and ID tokens.
func (k *keyRing) signing() (access, id signingKey) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.access, k.id
}

func (p *Pool) serveKeySet(w http.ResponseWriter, r *http.Request) {
	keys, fault := p.keys.published(p.config.Now())
	if fault.Broken || fault.Garbage {
		keys = nil
	}
	var ids []string
	for _, key := range keys {
		ids = append(ids, key.id)
	}
	if p.OnKeySet != nil {
		p.OnKeySet(KeySetRequest{time.Now(), ids})
	}
	select {
	case <-time.After(fault.Delay):
	case <-r.Context().Done():
		return
	}
	switch {
	case fault.Broken:
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
	case fault.Garbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("<html>not a key set</html>")) // the client went away: nobody to tell
	default:
		writeJSON(w, keySet(keys))
	}
}

// jwk is a key as RFC 7517 writes it.
type jwk struct {
	Algorithm string `json:"alg"`
	Exponent  string `json:"e"`
	KeyID     string `json:"kid"`
	KeyType   string `json:"kty"`
	Modulus   string `json:"n"`
	Use       string `json:"use"`
}

func keySet(keys []signingKey) map[string][]jwk {
	set := []jwk{}
	for _, key := range keys {
		set = append(set, jwk{
			Algorithm: "RS256",
			Exponent:  base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.private.E)).Bytes()),
			KeyID:     key.id,
			KeyType:   "RSA",
			Modulus:   base64.RawURLEncoding.EncodeToString(key.private.N.Bytes()),
			Use:       "sig",
		})
	}
	return map[string][]jwk{"keys": set}
}
