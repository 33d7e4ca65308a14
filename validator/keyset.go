package validator

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Timing of the key set. Every value is far below HealthLake's one second or far
// above a token's life, for the reason beside it.
const (
	fetchTimeout       = 350 * time.Millisecond // for a call that knows its key, and has an answer without it
	neededFetchTimeout = 600 * time.Millisecond // for a call that does not: it has no answer without it
	leastNeededFetch   = Budget - neededFetchTimeout

	fetchCooldown   = 10 * time.Second // between fetches that went well: the most that a made-up kid can cause
	failureCooldown = time.Second      // between fetches that failed, while keys are known
	softLifetime    = 10 * time.Minute // after this a call refreshes the keys: a removed key stops counting
	maxAge          = 6 * time.Hour    // after this keys that could not be refreshed no longer count
	maxKeySetBytes  = 256 << 10        // Cognito's has 1 KiB
)

var (
	errKeyUnknown      = errors.New("the key set has no usable key of this kid")
	errKeysUnavailable = errors.New("the key set could not be read")
)

// keySet is the issuer's key set (RFC 7517), fetched when it is needed and never
// in the background: a Lambda is frozen between its calls. Safe for concurrent
// use. A known key is found without a lock and never waits for a fetch of
// somebody else's.
type keySet struct {
	uri    string
	client *http.Client
	now    func() time.Time // wall clock: the monotonic one stands still while the function is frozen

	timeout       time.Duration // of one fetch by a call that knows its key
	neededTimeout time.Duration // of one fetch that a call waits for, since it does not know its key
	budget        time.Duration // of one call, waiting included

	current atomic.Pointer[keys] // the last good answer, nil before the first

	mu          sync.Mutex
	started     time.Time     // when warm began
	inFlight    chan struct{} // closed when the fetch under way ends; nil without one
	lastAttempt time.Time
	lastFailed  bool
	lastError   error
}

// keys is one good answer of the issuer.
type keys struct {
	byID    map[string]*rsa.PublicKey
	skipped map[skipReason]int
	fetched time.Time
}

// keepUnchanged takes over the keys that are the same as before, so that what was
// verified with them stays verified.
func (k *keys) keepUnchanged(before *keys) {
	if before == nil {
		return
	}
	for id, key := range k.byID {
		if old := before.byID[id]; old != nil && old.Equal(key) {
			k.byID[id] = old
		}
	}
}

// newKeySet checks the URI and prepares a client that follows no redirect, knows
// no proxy and keeps no connection (a frozen one is a dead one).
func newKeySet(uri string, roots *x509.CertPool, now func() time.Time) (*keySet, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errors.New("JWKSURI: must be an absolute https URL without user info")
	}
	return &keySet{
		uri:           uri,
		timeout:       fetchTimeout,
		neededTimeout: neededFetchTimeout,
		budget:        Budget,
		now:           func() time.Time { return now().Round(0) },
		client: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				DisableKeepAlives:      true,
				DisableCompression:     true,
				MaxResponseHeaderBytes: 16 << 10,
				TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			},
		},
	}, nil
}

// warm reads the set before the first call.
func (s *keySet) warm(ctx context.Context) {
	s.mu.Lock()
	s.started = s.now()
	s.mu.Unlock()
	s.refresh(ctx, true)
}

// key returns the key of this kid. It fetches the set when it knows no such key
// or when what it knows has grown old, unless a fetch is too recent. "Not there" is
// answered only by a set that could be read.
func (s *keySet) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	key, fresh := s.known(kid)
	if key != nil && fresh {
		return key, nil
	}
	call, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	if !s.refresh(call, key == nil) && !s.usable(s.current.Load()) {
		s.refresh(call, true) // the fetch of another failed, which may have had less time than there is here
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if key, _ = s.known(kid); key != nil {
		return key, nil
	}
	if call.Err() != nil || s.failing() || !s.usable(s.current.Load()) {
		return nil, errKeysUnavailable
	}
	return nil, errKeyUnknown
}

// patience is how long a call may take. The call that a function was started for has
// waited for the start: what warm has taken is off its budget, but for the time of
// a fetch that is not slow.
func (s *keySet) patience() time.Duration {
	s.mu.Lock()
	since := s.now().Sub(s.started)
	s.mu.Unlock()
	if since < 0 || since >= s.budget {
		return s.budget
	}
	return max(s.budget-since, leastNeededFetch)
}

// failing reports whether the last fetch failed.
func (s *keySet) failing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastFailed
}

// known returns the key as far as it counts, and whether the set is fresh.
func (s *keySet) known(kid string) (key *rsa.PublicKey, fresh bool) {
	current := s.current.Load()
	if !s.usable(current) {
		return nil, false
	}
	age := s.now().Sub(current.fetched)
	return current.byID[kid], age >= 0 && age < softLifetime
}

func (s *keySet) usable(k *keys) bool {
	return k != nil && s.now().Sub(k.fetched).Abs() < maxAge
}

// refresh fetches the set, one fetch at a time, and reports whether this call did. A
// caller who knows its key does not wait for the fetch of another; one who does not,
// waits as long as its context allows.
func (s *keySet) refresh(ctx context.Context, wait bool) bool {
	s.mu.Lock()
	if flight := s.inFlight; flight != nil {
		s.mu.Unlock()
		if wait {
			select {
			case <-flight:
			case <-ctx.Done():
			}
		}
		return false
	}
	if s.usable(s.current.Load()) && s.coolingDown() {
		s.mu.Unlock()
		return false
	}
	timeout := s.timeout
	if wait {
		timeout = s.neededTimeout
	}
	flight := make(chan struct{})
	s.inFlight = flight
	s.mu.Unlock()

	var fetched *keys
	err := errors.New("the fetch did not end") // what stands if fetch panics
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			fetched.keepUnchanged(s.current.Load())
			s.current.Store(fetched)
		}
		s.lastAttempt, s.lastFailed, s.lastError = s.now(), err != nil, err
		s.inFlight = nil
		close(flight)
	}()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	fetched, err = s.fetch(ctx)
	return true
}

// coolingDown reports whether the last fetch is too recent for another. It protects
// the issuer while keys are known; without any, each call needs a fetch. A clock that
// was set back does not lengthen the wait.
func (s *keySet) coolingDown() bool {
	if s.lastAttempt.IsZero() {
		return false
	}
	cooldown := fetchCooldown
	if s.lastFailed {
		cooldown = failureCooldown
	}
	since := s.now().Sub(s.lastAttempt)
	return since >= 0 && since < cooldown
}

// fetch reads the set once. Whatever is not a JWK set with a usable key is an
// error, and leaves the known keys alone.
func (s *keySet) fetch(ctx context.Context) (*keys, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.uri, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("key set: HTTP status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeySetBytes+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeySetBytes {
		return nil, fmt.Errorf("key set: over %d bytes", maxKeySetBytes)
	}
	byID, skipped, err := parseKeySet(body)
	if err != nil {
		return nil, err
	}
	return &keys{byID: byID, skipped: skipped, fetched: s.now()}, nil
}

// state describes the key set for a log line: how many keys, how many skipped
// and why, and the last error.
func (s *keySet) state() (usable int, skipped []string, lastError error) {
	s.mu.Lock()
	lastError = s.lastError
	s.mu.Unlock()
	current := s.current.Load()
	if current == nil {
		return 0, nil, lastError
	}
	for _, reason := range slices.Sorted(maps.Keys(current.skipped)) {
		skipped = append(skipped, fmt.Sprintf("%s: %d", reason, current.skipped[reason]))
	}
	return len(current.byID), skipped, lastError
}
