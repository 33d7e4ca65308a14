package validator

import (
	"context"
	"crypto/rsa"
	"net/http"
	"time"
)

// What the tests of this package see of its inside, and nothing else.

const (
	FetchTimeout       = fetchTimeout
	NeededFetchTimeout = neededFetchTimeout
	LeastNeededFetch   = leastNeededFetch
	FetchCooldown      = fetchCooldown
	FailureCooldown    = failureCooldown
	SoftLifetime       = softLifetime
	MaxAge             = maxAge
	MaxKeySetBytes     = maxKeySetBytes
	MaxKeys            = maxKeys
	MaxSeen            = maxSeen
)

// ParseKeySet reads a key set; the skipped keys are counted by reason.
func ParseKeySet(data []byte) (map[string]*rsa.PublicKey, map[string]int, error) {
	usable, skipped, err := parseKeySet(data)
	counts := map[string]int{}
	for reason, n := range skipped {
		counts[string(reason)] = n
	}
	return usable, counts, err
}

// LookUpKey finds a key as a judgement does.
func (v *Validator) LookUpKey(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	return v.keys.key(ctx, kid)
}

// UseTransport replaces the network under the key set.
func (v *Validator) UseTransport(transport http.RoundTripper) { v.keys.client.Transport = transport }

// BePatient gives fetches over a real network time that a busy machine may need.
func (v *Validator) BePatient(timeout, budget time.Duration) {
	v.keys.timeout, v.keys.neededTimeout, v.keys.budget = timeout, timeout, budget
}

// SeenTokens counts the tokens that are remembered.
func (v *Validator) SeenTokens() int {
	v.seen.mu.Lock()
	defer v.seen.mu.Unlock()
	return len(v.seen.known)
}
