package local_test

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

var loadRequests = flag.Int("load", 10_000, "requests of the load test")

const loadApps = 50

// loadCase is one kind of request and the one right answer to it.
type loadCase struct {
	name, method, path, token string
	status                    int
	holds                     string // what the answer's body holds
	base                      string // that the path is below; the datastore's own if empty
}

// TestManyAppsAtOnceAreAnsweredRightAndLeaveNothingBehind sends requests from 50 apps in
// parallel through the whole of the cloud, real validator processes included: grants and
// refusals mixed, each answer checked. Run it at length with -load=200000.
//
// A validator that the machine gave no time to is refused by HealthLake, which is right,
// and no decision: up to one in a thousand may be so.
func TestManyAppsAtOnceAreAnsweredRightAndLeaveNothingBehind(t *testing.T) {
	before := takeInventory()
	cloud := start(t, "dev", map[string]string{"clients": loadClients})
	assertServed(t, cloud, cloud.Datastore, *loadRequests)
	before.assertAgain(t)
}

const loadClients = `[{"name":"etl","kind":"service","scopes":["system/*.*"]},{"name":"lab","kind":"service","scopes":["system/Observation.rs"]}]`

// assertServed runs the apps against a base URL, and ends the cloud.
func assertServed(t *testing.T, cloud *local.Cloud, base string, requests int) {
	t.Helper()
	latencies, late := load(t, cloud, base, requests)
	slices.Sort(latencies)
	t.Logf("%d requests of %d apps; half of them took at most %s, 99 of 100 at most %s, all at most %s; %d refused for want of time",
		len(latencies), loadApps, latencies[len(latencies)/2], latencies[len(latencies)*99/100], latencies[len(latencies)-1], late)
	if late > len(latencies)/1000 {
		t.Errorf("%d of %d requests were refused for want of time", late, len(latencies))
	}
}

// load runs the apps and ends the cloud.
func load(t *testing.T, cloud *local.Cloud, base string, requests int) (latencies []time.Duration, late int) {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: loadApps,
	}
	a := app{t, cloud, &http.Client{Transport: transport, Timeout: 10 * time.Second}}
	cases := loadCases(a)
	for n := range cases {
		cases[n].base = base
		if cases[n].token == "" && base != cloud.Datastore { // the front door asks for one
			cases[n].status, cases[n].holds = http.StatusUnauthorized, `"code":"login"`
		}
	}
	warm(t, a, cases[0])
	var answered, lates atomic.Int64
	var mu sync.Mutex
	var apps sync.WaitGroup
	began := time.Now()
	for n := range loadApps {
		apps.Go(func() {
			var took []time.Duration
			for i := n; i < requests && !t.Failed(); i += loadApps {
				c := cases[(i/loadApps*7+n)%len(cases)]
				sent := time.Now()
				status, body, err := a.try(c)
				took = append(took, time.Since(sent))
				switch {
				case err != nil:
					t.Errorf("%s: %v", c.name, err)
				case status == http.StatusForbidden && strings.Contains(body, notInTime):
					lates.Add(1)
				case status != c.status || !strings.Contains(body, c.holds):
					t.Errorf("%s: got %d, want %d and %q: %.300s", c.name, status, c.status, c.holds, body)
				}
				answered.Add(1)
			}
			mu.Lock()
			defer mu.Unlock()
			latencies = append(latencies, took...)
		})
	}
	apps.Wait()
	t.Logf("%d requests in %s, %.0f a second, by %d processes", answered.Load(), time.Since(began).Round(time.Millisecond),
		float64(answered.Load())/time.Since(began).Seconds(), len(children()))
	transport.CloseIdleConnections()
	closeAndLeaveNothing(t, cloud)
	if !t.Failed() && answered.Load() != int64(requests) {
		t.Errorf("%d requests were answered, want %d", answered.Load(), requests)
	}
	return latencies, int(lates.Load())
}

// closeAndLeaveNothing ends a cloud, and looks for its folder.
func closeAndLeaveNothing(t *testing.T, cloud *local.Cloud) {
	t.Helper()
	if err := cloud.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(cloud.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left: %v", cloud.Dir, err)
	}
}

// loadCases are the requests, with tokens of which some are seen often and some once.
func loadCases(a app) []loadCase {
	etl, lab := a.token("etl", "system/*.*"), a.token("lab", "system/Observation.rs")
	cases := []loadCase{
		{"a search", "GET", "Patient?_count=1", etl, 200, `"total":100`, ""},
		{"no token", "GET", "Patient", "", 403, "Missing Authentication Token", ""},
		{"a changed signature", "GET", "Patient", changed(etl, 2), 401, "signature_invalid", ""},
		{"changed claims", "GET", "Patient", changed(etl, 1), 401, "the validator refused the token: ", ""},
		{"what is no token", "GET", "Patient", "not-a-token", 401, "the validator refused the token: ", ""},
		{"a scope that covers another type", "GET", "Patient/patient-001", lab, 403, "no scope of the token covers ReadResource on Patient", ""},
		{"a scope that covers no deletion", "DELETE", "Observation/patient-001-observation-1", lab, 403, "no scope of the token covers DeleteResource", ""},
		{"a narrow search", "GET", "Observation?patient=patient-002&category=laboratory", lab, 200, `"total":5`, ""},
		{"a search by post", "POST", "Observation/_search", lab, 200, `"total":2265`, ""},
	}
	for n := 1; n <= 20; n++ {
		id := fmt.Sprintf("patient-%03d", n)
		cases = append(cases, loadCase{"a read of " + id, "GET", "Patient/" + id, a.token("etl", "system/*.*"), 200, `"id":"` + id + `"`, ""})
	}
	return cases
}

// changed is a token with a character of one of its three parts changed.
func changed(token string, part int) string {
	parts := strings.Split(token, ".")
	middle := len(parts[part]) / 2
	other := "A"
	if parts[part][middle] == 'A' {
		other = "B"
	}
	parts[part] = parts[part][:middle] + other + parts[part][middle+1:]
	return strings.Join(parts, ".")
}

func (a app) try(c loadCase) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(a.t.Context(), c.method, cmp.Or(c.base, a.cloud.Datastore)+c.path, nil)
	if err != nil {
		return 0, "", err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := a.http.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err == nil && !json.Valid(content) {
		err = fmt.Errorf("no JSON: %.100s", content)
	}
	return response.StatusCode, string(content), err
}

// warm starts as many validators as there are apps, some at a time, as provisioned
// concurrency does: as many cold starts at once are more than a small machine does in a
// second, and a validator that did not get the key set waits before it asks again.
func warm(t *testing.T, a app, c loadCase) {
	t.Helper()
	began := time.Now()
	for n := 5; n <= loadApps; n += 5 {
		for !allGranted(n, a, c) {
			if time.Since(began) > time.Minute {
				t.Fatalf("%d validators never got warm", n)
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
	t.Logf("%d validators were warm after %s", loadApps, time.Since(began).Round(time.Millisecond))
}

func allGranted(n int, a app, c loadCase) bool {
	var granted atomic.Int64
	var apps sync.WaitGroup
	for range n {
		apps.Go(func() {
			if status, _, err := a.try(c); err == nil && status == c.status {
				granted.Add(1)
			}
		})
	}
	apps.Wait()
	return granted.Load() == int64(n)
}

// inventory counts what a cloud might leave behind.
type inventory struct {
	goroutines, files int
	children          []string
}

func takeInventory() inventory {
	return inventory{runtime.NumGoroutine(), openFiles(), children()}
}

// assertAgain waits a moment for what ends by itself.
func (before inventory) assertAgain(t *testing.T) {
	t.Helper()
	var after inventory
	for range 100 {
		after = takeInventory()
		if after.goroutines <= before.goroutines && after.files <= before.files && len(after.children) <= len(before.children) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("before: %d goroutines, %d files, %d processes; after: %d, %d, %d",
		before.goroutines, before.files, len(before.children), after.goroutines, after.files, len(after.children))
	if after.goroutines > before.goroutines {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines before, %d after:\n%s", before.goroutines, after.goroutines, stacks[:runtime.Stack(stacks, true)])
	}
	if after.files > before.files {
		t.Errorf("%d open files before, %d after", before.files, after.files)
	}
	if len(after.children) > len(before.children) {
		t.Errorf("processes left: %v", after.children)
	}
}

// openFiles counts the files of this process; 0 where there is no /proc.
func openFiles() int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(files)
}

// children are the processes that this one started; none where there is no /proc.
func children() []string {
	var found []string
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		_, rest, _ := strings.Cut(string(data), ") ") // the name may hold anything
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid()) {
			found = append(found, string(data[:min(len(data), 60)]))
		}
	}
	return found
}
