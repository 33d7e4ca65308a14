package local_test

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

var (
	doorLaunches = flag.Int("launches", 20, "launches at the same time of the load test of the front door")
	doorRequests = flag.Int("door-load", 1000, "requests of the load test of the front door")
)

// TestManyLaunchesAtOnceEachReadTheirOwnPatient launches an app for many users in parallel
// through the front door, by the code flow, and reads. Each must get the patient and the
// user that signed in, and nobody else's record. A machine that has too much to do refuses
// some, as AWS does; then the app starts again, as apps do. Run it at length with
// -launches=200.
func TestManyLaunchesAtOnceEachReadTheirOwnPatient(t *testing.T) {
	before := takeInventory()
	launchMany(t)
	before.assertAgain(t)
}

// launchUsers are those of the test; there are as many patients.
const launchUsers = 20

func launchMany(t *testing.T) {
	t.Helper()
	var users []string
	for n := 1; n <= launchUsers; n++ {
		users = append(users, fmt.Sprintf(`{"username":"user-%02d","email":"user-%02d@example.org","password":"Correct-horse-1","patient":"patient-%03d","fhirUser":"Patient/patient-%03d"}`, n, n, n, n))
	}
	cloud := startQuietly(t, map[string]string{"frontDoor": unthrottled, "testUsers": "[" + strings.Join(users, ",") + "]"})
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: *doorLaunches,
	}
	a := app{t, cloud, &http.Client{Transport: transport, Timeout: 40 * time.Second}}
	var all sync.WaitGroup
	var launched, refused atomic.Int64
	began := time.Now()
	for n := range *doorLaunches {
		all.Go(func() {
			for range 100 {
				err := a.launchAs(1 + n%launchUsers)
				if err == nil {
					launched.Add(1)
					return
				}
				if !errors.Is(err, errBusy) {
					t.Errorf("user %d: %v", 1+n%launchUsers, err)
					return
				}
				refused.Add(1)
				time.Sleep(100 * time.Millisecond)
			}
			t.Errorf("user %d was never let in", 1+n%launchUsers)
		})
	}
	all.Wait()
	t.Logf("%d launches in %s; the machine was too busy %d times", launched.Load(), time.Since(began).Round(time.Millisecond), refused.Load())
	transport.CloseIdleConnections()
	closeAndLeaveNothing(t, cloud)
}

// startQuietly starts a cloud whose functions' lines nobody reads.
func startQuietly(t *testing.T, overrides map[string]string) *local.Cloud {
	t.Helper()
	return localtest.Start(t, "dev", overrides, func(o *local.Options) { o.FunctionLog, o.ErrorLog = io.Discard, io.Discard })
}

// errBusy says that the machine had too much to do: an app tries again.
var errBusy = errors.New("busy")

// busy reports whether an answer says that there was no time, or no place for one more.
func busy(status int, body string) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusForbidden:
		return strings.Contains(body, notInTime) || strings.Contains(body, "TooManyRequestsException")
	default:
		return strings.Contains(body, "TooManyRequestsException")
	}
}

// launchAs launches the app for a user and reads, and reports what is wrong with any answer.
func (a app) launchAs(n int) error {
	client, user := a.client("app"), fmt.Sprintf("user-%02d", n)
	state, verifier := rand.Text(), rand.Text()+rand.Text()
	entry, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.cloud.FrontDoor+"/oauth2/authorize?"+url.Values{
		"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": {userCallback}, "state": {state}, "aud": {a.cloud.FHIRBase},
		"scope": {"openid fhirUser offline_access launch/patient patient/*.rs"}, "code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode(), nil)
	if err != nil {
		return err
	}
	back, err := hosted.SignIn(a.http, entry, userCallback, hosted.User{Name: user, Password: "Correct-horse-1"})
	var shown *hosted.PageError
	if errors.As(err, &shown) && busy(shown.Status, shown.Text) {
		return errBusy
	}
	if err != nil {
		return err
	}
	switch query := back.Query(); {
	case query.Get("state") != state:
		return fmt.Errorf("sent back to %s, want the state %s", back, state)
	case strings.Contains(query.Get("error_description"), "TooManyRequestsException"), strings.Contains(query.Get("error_description"), "Socket timeout"): // of the trigger
		return errBusy
	case query.Get("code") == "":
		return fmt.Errorf("sent back to %s, want a code", back)
	}
	token, err := a.exchange(client.ID, back.Query().Get("code"), verifier, n)
	if err != nil {
		return err
	}
	return a.readAs(token, n)
}

// exchange gets the tokens of a code, and holds them against the user.
func (a app) exchange(id, code, verifier string, n int) (token string, err error) {
	response, err := a.http.PostForm(a.cloud.TokenEndpoint, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {userCallback}, "code_verifier": {verifier}, "client_id": {id},
	})
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if busy(response.StatusCode, string(text)) {
		return "", errBusy
	}
	var tokens struct {
		AccessToken string `json:"access_token"`
		Patient     string
		Scope       string
	}
	if err := json.Unmarshal(text, &tokens); err != nil || response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("no tokens: %d %s", response.StatusCode, text)
	}
	if want := fmt.Sprintf("patient-%03d", n); tokens.Patient != want || !strings.Contains(tokens.Scope, "fhirUser offline_access") {
		return "", fmt.Errorf("patient %q and scope %q, want %s", tokens.Patient, tokens.Scope, want)
	}
	return tokens.AccessToken, nil
}

// readAs reads the user's own record and another's, which must not be there.
func (a app) readAs(token string, n int) error {
	for patient, want := range map[int]int{n: http.StatusOK, n%launchUsers + 1: http.StatusNotFound} {
		c := loadCase{method: http.MethodGet, path: fmt.Sprintf("Patient/patient-%03d", patient), token: token, base: a.cloud.FHIRBase}
		status, body, err := a.try(c)
		for tries := 0; err == nil && busy(status, body) && tries < 100; tries++ {
			time.Sleep(100 * time.Millisecond)
			status, body, err = a.try(c)
		}
		if err != nil {
			return err
		}
		if status != want || want == http.StatusOK && !strings.Contains(body, fmt.Sprintf(`"id":"patient-%03d"`, patient)) {
			return fmt.Errorf("%s: %d %s", c.path, status, body)
		}
	}
	return nil
}

// TestManyAppsAtOnceAreAnsweredRightThroughTheFrontDoor sends requests from 50 apps in
// parallel through the front door, as TestManyAppsAtOnceAreAnsweredRightAndLeaveNothingBehind
// does to HealthLake itself. Run it at length with -door-load=10000.
func TestManyAppsAtOnceAreAnsweredRightThroughTheFrontDoor(t *testing.T) {
	before := takeInventory()
	cloud := startQuietly(t, map[string]string{"clients": loadClients, "frontDoor": unthrottled})
	assertServed(t, cloud, cloud.FHIRBase, *doorRequests)
	before.assertAgain(t)
}
