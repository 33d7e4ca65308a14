package browser_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
)

const fhirClient = "node_modules/fhirclient/build/fhir-client.pure.min.js"

// serveApp serves the app below testdata with the library, on an origin of its own.
func serveApp(t *testing.T) *httptest.Server {
	t.Helper()
	if _, err := os.Stat(fhirClient); err != nil {
		const missing = "no fhirclient: run npm ci here, or build/scripts/browser"
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /fhir-client.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, fhirClient) })
	mux.Handle("GET /", http.FileServer(http.Dir("testdata")))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestAnAppMadeWithFhirclientLaunchesAndReadsAcrossOrigins(t *testing.T) {
	app := serveApp(t)
	cloud := localtest.Start(t, "dev", nil, func(o *local.Options) {
		o.ExtraCallbacks = []string{app.URL + "/"}
		o.LenientHealthLake = true // as AWS documents it, it lets no browser in
	})
	i := slices.IndexFunc(cloud.Clients, func(c local.Client) bool { return c.Name == "app" })
	ctx := browser(t, cloud)
	entry := app.URL + "/?" + url.Values{"iss": {cloud.Datastore}, "clientId": {cloud.Clients[i].ID}}.Encode()
	var shown, ended string
	run(t, ctx,
		chromedp.Navigate(entry),
		appears("#password"),
		chromedp.SetValue("#username", "patient"),
		chromedp.SetValue("#password", "Local-patient-1"),
		chromedp.Submit("#password"),
		appears("[data-ended]"),
		chromedp.Text("#shown", &shown),
		chromedp.AttributeValue("body", "data-ended", &ended, nil),
	)
	if ended != "well" {
		t.Fatalf("the app says: %s", shown)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(shown), &got); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got["observations"].([]any), func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	want := map[string]any{
		"patient": "patient-01",
		"observations": []any{
			"Body temperature", "Body weight", "Glucose [Mass/volume] in Blood", "Heart rate", "Hemoglobin [Mass/volume] in Blood",
		},
		"subjects":         []any{"Patient/patient-01"},
		"serverUrl":        cloud.Datastore,
		"challengeMethods": []any{"S256"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
