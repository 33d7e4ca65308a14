package healthlake

import (
	"net/http"
	"sync"
	"time"
)

// Faults make the datastore fail as the service may. The zero value makes none;
// they can be set while requests are served.
type Faults struct {
	mu  sync.Mutex
	set faults
}

// faults are the switches of [Faults].
type faults struct{ throttled, unavailable, discoveryLimited bool }

// Throttle refuses FHIR requests with 429 and Retry-After, as above the quota.
func (f *Faults) Throttle(on bool) { f.change(func(s *faults) { s.throttled = on }) }

// Unavailable refuses every request with 503.
func (f *Faults) Unavailable(on bool) { f.change(func(s *faults) { s.unavailable = on }) }

// LimitDiscovery refuses requests for the discovery document with 429, as when others of
// the account have used up its quota.
func (f *Faults) LimitDiscovery(on bool) { f.change(func(s *faults) { s.discoveryLimited = on }) }

func (f *Faults) change(change func(*faults)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.set)
}

// beset answers a request that a fault hits, and reports whether it did.
func (f *Faults) beset(w http.ResponseWriter, discovery bool) bool {
	f.mu.Lock()
	set := f.set
	f.mu.Unlock()
	switch {
	case set.unavailable:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "transient", "the service is unavailable")
	case set.throttled && !discovery:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, "throttled", "rate exceeded")
	case set.discoveryLimited && discovery:
		throttleDiscovery(w, time.Minute)
	default:
		return false
	}
	return true
}
