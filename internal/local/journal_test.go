package local_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// The front door's function is a process of its own: what it asks HealthLake for is found again
// for each of many requests at the same time.
func TestEveryRequestThroughTheFrontDoorShowsItsWholeWay(t *testing.T) {
	cloud := start(t, "dev", behindADoor)
	a := newApp(t, cloud)
	const apps = 12
	tokens := make([]string, apps)
	for i := range tokens {
		tokens[i] = a.token("etl", "system/*.*")
	}
	var wait sync.WaitGroup
	for i, token := range tokens {
		wait.Go(func() {
			if status, _, answer := a.get(cloud.FHIRBase+fmt.Sprintf("Patient?_count=%d", 1+i%3), token); status != http.StatusOK {
				t.Errorf("%d %s", status, answer)
			}
		})
	}
	wait.Wait()
	_, _, shown := a.answerTo(newRequest(t, http.MethodGet, cloud.Page+"live?client=etl&outcome=granted", nil))
	for _, step := range []string{
		"app → front door</span> <span>GET Patient, with a token", "front door → its function", "front door → HealthLake</span> <span>GET Patient, with a token",
		"HealthLake → validator</span> <span>asks about SearchWithGet", "grants system/*.* with the role", "HealthLake → front door</span> <span>status 200", "front door → app</span> <span>status 200",
	} {
		if n := strings.Count(shown, step); n != apps {
			t.Errorf("%s: %d times, want %d", step, n, apps)
		}
	}
	for _, token := range tokens {
		for i, part := range strings.Split(token, ".") {
			if i != 1 && strings.Contains(shown, part) {
				t.Fatal("the page shows a part of a token")
			}
		}
	}
	if strings.Contains(shown, "by the rules of this version") {
		t.Errorf("the explanation differs from the answer of the real validator:\n%s", shown)
	}
}
