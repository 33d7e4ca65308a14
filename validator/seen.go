package validator

import (
	"crypto/rsa"
	"crypto/sha256"
	"sync"
)

// maxSeen bounds the memory for tokens seen before: some 1 KiB each, 8 KiB at most.
const maxSeen = 256

// digest names a token: every byte of it decides, the signature's too.
type digest [sha256.Size]byte

// digestOf takes a token of at most MaxTokenBytes. It copies it to the stack, because
// []byte(token) would be on the heap.
func digestOf(token string) digest {
	var text [MaxTokenBytes]byte
	copy(text[:], token)
	return sha256.Sum256(text[:len(token)])
}

// verified is a token whose signature held, and what it entitles its holder to.
type verified struct {
	key         *rsa.PublicKey // that verified it
	keyID       string
	entitlement entitlement
}

// verifiedTokens remembers tokens that were granted, so that the next request with
// one costs no RSA verification and no reading of its scopes. It remembers what
// follows from the token and the configuration: the token is named by a digest of all
// its bytes, and the configuration of a validator never changes. It remembers nothing
// that can change while the token is the same. Time, the key and the event are checked
// for every request: a token whose key has gone from the key set, or was exchanged
// under its kid, is verified anew and so refused.
// Only a token that the issuer signed gets in, so that nobody else can fill it.
// The zero value is ready; safe for concurrent use.
type verifiedTokens struct {
	mu      sync.Mutex
	known   map[digest]verified
	arrived [maxSeen]digest // a ring, the oldest at next
	next    int
}

func (t *verifiedTokens) find(d digest) (verified, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.known[d]
	return known, ok
}

func (t *verifiedTokens) remember(d digest, token verified) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = make(map[digest]verified, maxSeen)
	}
	if _, again := t.known[d]; !again {
		delete(t.known, t.arrived[t.next])
		t.arrived[t.next] = d
		t.next = (t.next + 1) % maxSeen
	}
	t.known[d] = token
}
