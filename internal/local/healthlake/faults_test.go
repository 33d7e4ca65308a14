package healthlake_test

import (
	"sync"
	"testing"
)

const discovery = ".well-known/smart-configuration"

func TestAFaultHitsWhileItIsSet(t *testing.T) {
	s := newStore(t, lenient)
	for _, c := range []struct {
		name            string
		set             func(bool)
		fhir, discovery int
	}{
		{"throttled", s.d.Faults.Throttle, 429, 200},
		{"unavailable", s.d.Faults.Unavailable, 503, 503},
	} {
		c.set(true)
		for path, want := range map[string]int{"Patient/patient-001": c.fhir, discovery: c.discovery} {
			got := s.send("GET", path, system, "")
			if got.status != want || (want != 200) != (got.header.Get("Retry-After") == "1") || want != 200 && got.body["resourceType"] != "OperationOutcome" {
				t.Errorf("%s: %s: got %d %v %s", c.name, path, got.status, got.header, got.text)
			}
		}
		c.set(false)
		if got := s.send("GET", "Patient/patient-001", system, ""); got.status != 200 {
			t.Errorf("after %s: %d", c.name, got.status)
		}
	}
}

func TestTheDiscoveryDocumentIsRefusedWhereItsQuotaIsUsedUp(t *testing.T) {
	s := newStore(t, synthetic)
	s.d.Faults.LimitDiscovery(true)
	if got := s.sign(validSigner(), discovery); got.status != 429 || got.header.Get("Retry-After") != "60" || got.issueCode() != "throttled" {
		t.Errorf("got %d %v", got.status, got.header)
	}
	if got := s.send("GET", "Patient", system, ""); got.status != 200 {
		t.Errorf("FHIR requests have another quota: %d", got.status)
	}
	s.d.Faults.LimitDiscovery(false)
	if got := s.sign(validSigner(), discovery); got.status != 200 {
		t.Errorf("afterwards: %d", got.status)
	}
}

func TestFaultsAreSetWhileRequestsAreServed(t *testing.T) {
	s := newStore(t, synthetic)
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			for i := range 50 {
				s.d.Faults.Throttle(i%2 == n%2)
				s.d.Faults.LimitDiscovery(i%2 == 0)
				s.send("GET", discovery, holder{}, "")
				if got := s.send("GET", "Patient/patient-001", system, ""); got.status != 200 && got.status != 429 {
					t.Errorf("got %d", got.status)
				}
			}
		})
	}
	wait.Wait()
}

func TestALenientDatastoreLetsABrowserOfAnyOriginIn(t *testing.T) {
	s := newStore(t, lenient)
	preflight := s.send("OPTIONS", "Patient/patient-001", holder{}, "", "Origin", "http://localhost:3000", "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "authorization,if-match")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":      "*",
		"Access-Control-Allow-Methods":     "GET, POST, PUT, DELETE",
		"Access-Control-Allow-Headers":     "Authorization, Content-Type, If-Match, If-None-Match, X-Amz-Fhir-Idempotency-Key",
		"Access-Control-Allow-Credentials": "",
	} {
		if got := preflight.header.Get(name); got != want || preflight.status != 204 {
			t.Errorf("preflight: %d with %s %q, want %q", preflight.status, name, got, want)
		}
	}
	for path, h := range map[string]holder{"Patient/patient-001": system, discovery: {}, "Patient": {}} {
		got := s.send("GET", path, h, "", "Origin", "http://localhost:3000")
		if got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Access-Control-Expose-Headers") != "ETag, Last-Modified, Location, Retry-After, WWW-Authenticate" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	s.d.Faults.Throttle(true)
	if got := s.send("GET", "Patient", system, "", "Origin", "http://localhost:3000"); got.status != 429 || got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("throttled: %d %v", got.status, got.header)
	}
	s.d.Faults.Throttle(false)
	if got := s.send("GET", discovery, holder{}, ""); got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("no browser asked: %v", got.header)
	}
	if got := s.send("OPTIONS", "Patient", holder{}, ""); got.status != 405 {
		t.Errorf("OPTIONS without an origin: %d", got.status)
	}
}
