package healthlake

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// discoverable serves the discovery document. AWS shows its request with a signature
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-smart-on-fhir-discovery-document.html)
// and names no action for it: here it takes the one of the capability statement.
func (d *Datastore) discoverable() http.HandlerFunc {
	if d.config.Lenient {
		return d.serveDiscovery
	}
	return d.signed("GetCapabilities", func(w http.ResponseWriter, r *http.Request) {
		if wait := d.discovery.take(time.Now()); wait > 0 {
			throttleDiscovery(w, wait)
			return
		}
		d.serveDiscovery(w, r)
	})
}

func (d *Datastore) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(d.config.Metadata)) // the client went away: nobody to tell
}

// described serves the capability statement, whose request AWS shows with a signature
// alone
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-fhir-capability-statement.html).
func (d *Datastore) described() http.HandlerFunc {
	const operation = "GetCapabilities"
	bySignature := d.signed(operation, d.serveCapabilities)
	if !d.config.Lenient {
		return bySignature
	}
	byToken := d.authorized(interaction{operation: operation, serve: func(_ repository, w http.ResponseWriter, r *http.Request, _ grant) {
		d.serveCapabilities(w, r)
	}})
	return func(w http.ResponseWriter, r *http.Request) {
		if sigv4.Signed(r) {
			bySignature(w, r)
			return
		}
		byToken(w, r)
	}
}

func (d *Datastore) serveCapabilities(w http.ResponseWriter, r *http.Request) {
	if err := present(w, r.URL.Query()); err != nil {
		fail(w, err)
		return
	}
	interactions := codes("read", "vread", "history-instance", "search-type", "create", "update", "delete")
	var types []any
	for _, typ := range smart.ResourceTypes() {
		described := map[string]any{
			"type": typ, "interaction": interactions, "versioning": "versioned-update", "updateCreate": true,
			"conditionalCreate": d.config.Lenient && d.config.FHIRURL == "", "conditionalUpdate": false, "conditionalDelete": "not-supported",
		}
		d.describe(typ, described)
		types = append(types, described)
	}
	rest := map[string]any{
		"mode": "server", "security": map[string]any{"cors": d.config.Lenient, "description": "SMART on FHIR"}, "resource": types,
	}
	switch { // otherwise the roles of a stack have no right for a Bundle
	case d.config.Lenient && d.config.FHIRURL == "":
		rest["interaction"] = codes("transaction", "batch")
	case d.config.Lenient:
		rest["interaction"] = codes("batch")
	}
	respond(w, http.StatusOK, resource{
		"resourceType":   "CapabilityStatement",
		"status":         "active",
		"kind":           "instance",
		"implementation": map[string]any{"description": "Stand-in for AWS HealthLake", "url": d.config.Endpoint},
		"fhirVersion":    "4.0.1",
		"format":         []string{"json"},
		"rest":           []any{rest},
	})
}

// codes are interactions of a capability statement.
func codes(names ...string) []any {
	var all []any
	for _, name := range names {
		all = append(all, map[string]any{"code": name})
	}
	return all
}

// discoveryQuota is how many requests for the discovery document HealthLake serves
// an account in a minute; it cannot be raised
// (https://docs.aws.amazon.com/healthlake/latest/devguide/reference-healthlake-endpoints-quotas.html).
const discoveryQuota = 10

// quota counts what was served in the last minute. The zero value counted nothing yet.
type quota struct {
	mu       sync.Mutex
	recently []time.Time
}

// take counts a request, or says how long to wait for the next.
func (q *quota) take(now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.recently) > 0 && now.Sub(q.recently[0]) >= time.Minute {
		q.recently = q.recently[1:]
	}
	if len(q.recently) == discoveryQuota {
		return time.Minute - now.Sub(q.recently[0])
	}
	q.recently = append(q.recently, now)
	return 0
}

func throttleDiscovery(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	refuse(w, http.StatusTooManyRequests, "throttled", "rate exceeded: the discovery document is served "+strconv.Itoa(discoveryQuota)+" times a minute")
}
