package local_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
	"github.com/smartlake/pulumi-smartlake/smart"
)

var (
	behindADoor  = map[string]string{"frontDoor": "{}", "testUsers": testUsers}
	withoutADoor = map[string]string{"frontDoor": "none", "testUsers": testUsers}
)

// get sends a request as a browser app of another origin does.
func (a app) get(address, token string) (status int, header http.Header, body string) {
	a.t.Helper()
	request := newRequest(a.t, http.MethodGet, address, nil)
	request.Header.Set("Origin", "http://localhost:3000")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return a.answerTo(request)
}

func TestAnAppKnowsTheFrontDoorAloneAndNeedsNoMore(t *testing.T) {
	cloud := start(t, "dev", behindADoor)
	a := newApp(t, cloud)
	if cloud.FHIRBase != cloud.FrontDoor+"/r4/" || cloud.FrontDoor == "" {
		t.Fatalf("front door %q, FHIR base URL %q", cloud.FrontDoor, cloud.FHIRBase)
	}
	if _, _, shown := a.answerTo(newRequest(t, http.MethodGet, cloud.Page, nil)); !strings.Contains(shown, ">"+cloud.FrontDoor+"/r4</code>") {
		t.Errorf("the page lacks the base URL %s/r4:\n%s", cloud.FrontDoor, shown)
	}

	status, header, text := a.get(cloud.FHIRBase+".well-known/smart-configuration", "")
	if status != http.StatusOK || header.Get("Access-Control-Allow-Origin") != "*" || text != cloud.Discovery {
		t.Fatalf("discovery: %d %v %s", status, header, text)
	}
	discovery, err := smart.ParseConfiguration([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, endpoint := range []string{discovery.AuthorizationEndpoint, discovery.TokenEndpoint, discovery.RevocationEndpoint} {
		if !strings.HasPrefix(endpoint, cloud.FrontDoor+"/oauth2/") {
			t.Errorf("%s is not the front door's", endpoint)
		}
	}
	if !slices.Contains(discovery.Capabilities, "context-standalone-patient") {
		t.Errorf("capabilities %v", discovery.Capabilities)
	}

	status, header, text = a.get(cloud.FHIRBase+"metadata", "")
	if status != http.StatusOK || header.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(text, discovery.TokenEndpoint) || strings.Contains(text, cloud.Datastore) {
		t.Errorf("metadata: %d %v %s", status, header, text)
	}

	tokens := a.launchAt(discovery, "openid fhirUser offline_access launch/patient patient/*.rs")
	if tokens["patient"] != "patient-001" || tokens["refresh_token"] == nil || tokens["scope"] == nil {
		t.Errorf("token response %v", tokens)
	}
	token, _ := tokens["access_token"].(string)
	for _, path := range []string{"Patient/patient-001", "Observation?patient=patient-001&_count=1"} {
		status, header, text = a.get(cloud.FHIRBase+path, token)
		if status != http.StatusOK || header.Get("Access-Control-Allow-Origin") != "http://localhost:3000" || strings.Contains(text, cloud.Datastore) {
			t.Errorf("%s: %d %v %s", path, status, header, text)
		}
	}
	var page struct {
		Link []struct{ Relation, URL string }
	}
	if err := json.Unmarshal([]byte(text), &page); err != nil || len(page.Link) == 0 {
		t.Fatalf("%v: %s", err, text)
	}
	for _, link := range page.Link {
		if !strings.HasPrefix(link.URL, cloud.FHIRBase) {
			t.Errorf("the link %s leads to %s", link.Relation, link.URL)
		}
	}

	status, header, text = a.get(cloud.FHIRBase+"Patient/patient-001", "")
	if status != http.StatusUnauthorized || !strings.HasPrefix(header.Get("WWW-Authenticate"), "Bearer") || !strings.Contains(text, `"login"`) {
		t.Errorf("without a token: %d %v %s", status, header, text)
	}
}

// launchAt signs ann in by what a discovery document says, and returns the token response.
func (a app) launchAt(discovery smart.Configuration, scope string) map[string]any {
	a.t.Helper()
	client := a.client("app")
	back := a.signInAt(discovery.AuthorizationEndpoint+"?"+url.Values{
		"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": {userCallback}, "state": {"s"}, "scope": {scope}, "aud": {a.cloud.FHIRBase},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(codeVerifier)}, "code_challenge_method": {"S256"},
	}.Encode(), "ann", "Correct-horse-1")
	status, tokens := a.send(http.MethodPost, discovery.TokenEndpoint, url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {userCallback}, "code_verifier": {codeVerifier},
		"client_id": {client.ID},
	}.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if status != http.StatusOK || back.Query().Get("state") != "s" {
		a.t.Fatalf("sent to %s, then %d %v", back, status, tokens)
	}
	return tokens
}

func TestTheDatastoreKeepsItsOwnDiscoveryDocumentBehindADoor(t *testing.T) {
	cloud := start(t, "dev", behindADoor)
	direct := start(t, "dev", withoutADoor)
	if direct.FrontDoor != "" || direct.FHIRBase != direct.Datastore || !strings.HasPrefix(direct.TokenEndpoint, direct.HostedDomain+"/") {
		t.Errorf("front door %q, FHIR base URL %q, token endpoint %q", direct.FrontDoor, direct.FHIRBase, direct.TokenEndpoint)
	}
	if strings.Contains(direct.Discovery, "context-standalone-patient") || !strings.HasPrefix(cloud.TokenEndpoint, cloud.FrontDoor+"/") {
		t.Errorf("without a door %s, with one %s", direct.Discovery, cloud.Discovery)
	}
	outputs, err := os.ReadFile(cloud.OutputsFile)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"fhirBaseUrl": "` + strings.TrimSuffix(cloud.FHIRBase, "/") + `"`; !strings.Contains(string(outputs), want) || strings.Contains(string(outputs), "execute-api") {
		t.Errorf("the outputs lack %s:\n%s", want, outputs)
	}
}

func TestTheSampleAppReadsThroughTheFrontDoorWhereThereIsOne(t *testing.T) {
	for what, stack := range map[string]map[string]string{"with a front door": behindADoor, "without": withoutADoor} {
		t.Run(what, func(t *testing.T) {
			cloud := start(t, "dev", stack)
			a := newApp(t, cloud)
			if err := cloud.SetFault("throttle", cloud.FrontDoor == ""); err != nil { // of HealthLake: nothing is read past it
				t.Fatal(err)
			}
			jar, authorize := a.beginLaunch("app")
			if !strings.HasPrefix(authorize.String(), strings.TrimSuffix(cloud.TokenEndpoint, "token")+"authorize?") || authorize.Query().Get("aud") != cloud.FHIRBase {
				t.Errorf("sent to %s", authorize)
			}
			back, err := hosted.SignIn(a.http, newRequest(t, http.MethodGet, authorize.String(), nil), cloud.Page, hosted.User{Name: "ann", Password: "Correct-horse-1"})
			if err != nil {
				t.Fatal(err)
			}
			a.http.Jar = jar
			status, _, text := a.answerTo(newRequest(t, http.MethodGet, back.String(), nil))
			want := map[bool]string{true: `class="line"`, false: "Refused: "}[cloud.FrontDoor != ""]
			if status != http.StatusOK || !strings.Contains(text, want) {
				t.Errorf("got %d %s, want %s", status, text, want)
			}
		})
	}
}

func TestTheFrontDoorFailsOnDemandAndRecovers(t *testing.T) {
	cloud := start(t, "dev", behindADoor)
	a := newApp(t, cloud)
	address := cloud.FHIRBase + ".well-known/smart-configuration"
	for _, c := range []struct {
		fault, body string
		status      int
		took        time.Duration
	}{
		{"front-door-error", `{"message":"Internal Server Error"}`, http.StatusInternalServerError, 0},
		{"front-door-throttled", `{"message":"Too Many Requests"}`, http.StatusTooManyRequests, 0},
		{"front-door-slow", cloud.Discovery, http.StatusOK, 1500 * time.Millisecond},
	} {
		if err := cloud.SetFault(c.fault, true); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if status, _, text := a.get(address, ""); status != c.status || text != c.body || time.Since(began) < c.took {
			t.Errorf("%s: %d %s after %s", c.fault, status, text, time.Since(began))
		}
		if err := cloud.SetFault(c.fault, false); err != nil {
			t.Fatal(err)
		}
		if status, _, text := a.get(address, ""); status != http.StatusOK || text != cloud.Discovery {
			t.Errorf("after %s: %d %s", c.fault, status, text)
		}
	}
	const want = "fault: front-door-slow: this stack has no front door"
	if err := start(t, "dev", withoutADoor).SetFault("front-door-slow", true); err == nil || err.Error() != want {
		t.Errorf("without a front door: got %v, want %s", err, want)
	}
}

func TestACloudWithADoorLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	cloud := start(t, "dev", behindADoor)
	if err := cloud.Walk(t.Context(), func(local.Step) {}); err != nil {
		t.Error(err)
	}
	if processes := processesIn(t, cloud.Dir); len(processes) < 2 {
		t.Errorf("running: %v, want the front door and the validator", processes)
	}
	if err := cloud.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cloud.Dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there", cloud.Dir)
	}
	if processes := processesIn(t, cloud.Dir); len(processes) > 0 {
		t.Errorf("still running: %v", processes)
	}
	for wait := 0; wait < 500 && runtime.NumGoroutine() > before; wait++ {
		time.Sleep(10 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines, and %d before:\n%s", after, before, stacks[:runtime.Stack(stacks, true)])
	}
}

// The addresses of a stack stay when it gets a front door, loses it, and gets it again.
func TestAnotherCloudTakesOverTheAddressesOfTheFormer(t *testing.T) {
	kept := state.Throwaway()
	var former *local.Cloud
	var doors []string
	for _, stack := range []map[string]string{withoutADoor, behindADoor, withoutADoor, behindADoor} {
		cloud := localtest.Start(t, "dev", stack, func(o *local.Options) { o.State = kept })
		if err := cloud.Close(); err != nil {
			t.Fatal(err)
		}
		if former != nil && (cloud.Datastore != former.Datastore || cloud.HostedDomain != former.HostedDomain || cloud.Issuer != former.Issuer || cloud.Page != former.Page) {
			t.Errorf("got %+v, and before %+v", cloud, former)
		}
		former, doors = cloud, append(doors, cloud.FrontDoor)
	}
	if doors[0] != "" || doors[2] != "" || doors[1] == "" || doors[3] != doors[1] {
		t.Errorf("front doors at %q", doors)
	}
}
