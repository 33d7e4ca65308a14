package browser_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
)

// launchFhirclient opens the app below testdata at a FHIR server.
func launchFhirclient(t *testing.T, cloud *local.Cloud, server string) chromedp.Action {
	t.Helper()
	serve(t, "testdata/fhirclient")
	return chromedp.Navigate(appOrigin + "/?" + url.Values{"iss": {server}, "clientId": {clientOf(t, cloud, "app").ID}}.Encode())
}

// fillIn signs a user in at the hosted login form.
func fillIn(username, password string) []chromedp.Action {
	return []chromedp.Action{
		appears("#password"),
		chromedp.SetValue("#username", username),
		chromedp.SetValue("#password", password),
		chromedp.Submit("#password"),
	}
}

// ending is how the app ended, and what it shows.
func ending(t *testing.T, ctx context.Context) (how, shown string) {
	t.Helper()
	run(t, ctx,
		appears("[data-ended]"),
		chromedp.Text("#shown", &shown),
		chromedp.AttributeValue("body", "data-ended", &how, nil),
	)
	return how, shown
}

// traffic is what a browser sent, and what it kept from a page.
type traffic struct {
	mu      sync.Mutex
	urls    map[network.RequestID]string
	status  map[network.RequestID]int64
	blocked map[network.RequestID]network.CorsError
}

func listen(ctx context.Context) *traffic {
	tr := &traffic{urls: map[network.RequestID]string{}, status: map[network.RequestID]int64{}, blocked: map[network.RequestID]network.CorsError{}}
	chromedp.ListenTarget(ctx, func(event any) {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			tr.urls[e.RequestID] = e.Request.URL
		case *network.EventResponseReceivedExtraInfo:
			tr.status[e.RequestID] = e.StatusCode
		case *network.EventLoadingFailed:
			if e.CorsErrorStatus != nil {
				tr.blocked[e.RequestID] = e.CorsErrorStatus.CorsError
			}
		}
	})
	return tr
}

// origins are those that the browser asked, sorted.
func (tr *traffic) origins(t *testing.T) []string {
	t.Helper()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	found := map[string]bool{}
	for _, address := range tr.urls {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		found[u.Scheme+"://"+u.Host] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// refusal is an answer that the browser kept from a page.
type refusal struct {
	address string
	status  int64
	why     network.CorsError
}

// refusals are sorted by their addresses.
func (tr *traffic) refusals() []refusal {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var found []refusal
	for id, why := range tr.blocked {
		found = append(found, refusal{tr.urls[id], tr.status[id], why})
	}
	slices.SortFunc(found, func(a, b refusal) int { return strings.Compare(a.address, b.address) })
	return found
}

func TestAnUnmodifiedFhirclientAppWorksAtTheFrontDoor(t *testing.T) {
	cloud := startWithDev(t)
	ctx := browser(t, cloud)
	traffic := listen(ctx)
	run(t, ctx, append([]chromedp.Action{launchFhirclient(t, cloud, cloud.FHIRBase)}, fillIn("patient", "Local-patient-1")...)...)
	how, shown := ending(t, ctx)
	if how != "well" {
		t.Fatalf("the app says: %s", shown)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(shown), &got); err != nil {
		t.Fatal(err)
	}
	var all []any
	for _, name := range observed {
		all = append(all, name)
	}
	want := map[string]any{
		"patient": "patient-001", "read": "patient-001",
		"fhirUser": "Patient/patient-001", "user": "patient-001",
		"weights":          []any{"Body weight", "Body weight"},
		"all":              all,
		"subjects":         []any{"Patient/patient-001"},
		"sizes":            slices.Repeat([]any{2.0}, len(observed)/2),
		"scope":            granted,
		"refreshed":        map[string]any{"another": true, "scope": granted, "patient": "patient-001", "read": "patient-001"},
		"serverUrl":        cloud.FHIRBase,
		"challengeMethods": []any{"S256"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	wanted := []string{appOrigin, cloud.FrontDoor, cloud.HostedDomain}
	slices.Sort(wanted)
	if asked := traffic.origins(t); !slices.Equal(asked, wanted) {
		t.Errorf("the browser asked %v, want the app, the front door and the login page: %v", asked, wanted)
	}
}

// The app finds no endpoints. HealthLake refuses the two documents that name them without an
// AWS signature, and the browser shows the app no answer of another origin without CORS.
func TestTheSameAppFailsAtTheDatastoreBecauseHealthLakeAnswersNoBrowser(t *testing.T) {
	cloud := localtest.Start(t, "dev", map[string]string{"frontDoor": "none"}, nil)
	ctx := browser(t, cloud)
	traffic := listen(ctx)
	run(t, ctx, launchFhirclient(t, cloud, cloud.Datastore))
	how, shown := ending(t, ctx)
	if want := `Error: Failed to fetch the conformance statement from "` + cloud.Datastore + `metadata". TypeError: Failed to fetch`; how != "ill" || shown != want {
		t.Errorf("the app ended %s: %s, want %s", how, shown, want)
	}
	want := []refusal{
		{cloud.Datastore + ".well-known/smart-configuration", 403, network.CorsErrorMissingAllowOriginHeader},
		{cloud.Datastore + "metadata", 403, network.CorsErrorMissingAllowOriginHeader},
	}
	if got := traffic.refusals(); !slices.Equal(got, want) {
		t.Errorf("the browser refused %v, want %v", got, want)
	}
}

// Where HealthLake does what apps need and AWS does not document, the app gets as far as Cognito.
func TestTheSameAppFailsAtALenientDatastoreBecauseCognitoLacksItsScopes(t *testing.T) {
	cloud := localtest.Start(t, "dev", map[string]string{"frontDoor": "none"}, func(o *local.Options) { o.LenientHealthLake = true })
	ctx := browser(t, cloud)
	traffic := listen(ctx)
	run(t, ctx, launchFhirclient(t, cloud, cloud.Datastore))
	if how, shown := ending(t, ctx); how != "ill" || shown != "Error: invalid_scope" {
		t.Errorf("the app ended %s: %s, want invalid_scope", how, shown)
	}
	if got := traffic.refusals(); got != nil {
		t.Errorf("the browser refused %v", got)
	}
}
