package healthlake

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// discoveryQuota is how many requests for the discovery document HealthLake serves
// an account in a minute (facts of its quotas page; not adjustable).
const discoveryQuota = 10

// Faults make the datastore fail as the service may. The zero value makes none;
// they can be set while requests are served.
type Faults struct {
	mu       sync.Mutex
	set      faults
	recently []time.Time // when the discovery document was served
}

// faults are the switches of [Faults].
type faults struct{ throttled, unavailable, discoveryLimited bool }

// Throttle refuses FHIR requests with 429 and Retry-After, as above the quota.
func (f *Faults) Throttle(on bool) { f.change(func(s *faults) { s.throttled = on }) }

// Unavailable refuses every request with 503.
func (f *Faults) Unavailable(on bool) { f.change(func(s *faults) { s.unavailable = on }) }

// LimitDiscovery holds the discovery document to HealthLake's quota of ten requests
// a minute, and refuses the others with 429.
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
	wait := time.Duration(0)
	if discovery && set.discoveryLimited {
		wait = f.overDiscoveryQuota(time.Now())
	}
	f.mu.Unlock()
	switch {
	case set.unavailable:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "transient", "the service is unavailable")
	case set.throttled && !discovery:
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, "throttled", "rate exceeded")
	case wait > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		refuse(w, http.StatusTooManyRequests, "throttled", "rate exceeded: the discovery document is served "+strconv.Itoa(discoveryQuota)+" times a minute")
	default:
		return false
	}
	return true
}

// overDiscoveryQuota counts a request, or says how long to wait for the next.
func (f *Faults) overDiscoveryQuota(now time.Time) time.Duration {
	for len(f.recently) > 0 && now.Sub(f.recently[0]) >= time.Minute {
		f.recently = f.recently[1:]
	}
	if len(f.recently) == discoveryQuota {
		return time.Minute - now.Sub(f.recently[0])
	}
	f.recently = append(f.recently, now)
	return 0
}
