package browser_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// hostile would run a script or bring markup wherever it is not escaped.
const hostile = `"'><img src=x onerror="window.pwned=1"><script>window.pwned=1</script></code></details></li>`

// trusting is a client of the cloud alone.
func trusting(cloud *local.Cloud) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs = cloud.Roots()
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// A token, an app and data that are hostile are shown as they are, as text.
func TestHostileValuesAreTextOnThePageAndInTheSampleApp(t *testing.T) {
	cloud := startWithClients(t)
	sendHostile(t, cloud)
	ctx := browser(t, cloud)
	run(t, ctx, chromedp.Navigate(cloud.Page), appears(".requests > li"), openAll(), chromedp.Sleep(1200*time.Millisecond)) // once as served, and once as taken over by the script
	run(t, ctx, append([]chromedp.Action{assertUnharmed(t, "the page", hostile)}, signIn(cloud, "app", "patient", "Local-patient-1")...)...)
	run(t, ctx, appears(".line"), assertUnharmed(t, "the sample app", hostile))
	var answer string
	run(t, ctx, chromedp.Navigate(cloud.Page+"app/callback?error="+"%3Cimg+src%3Dx+onerror%3Dwindow.pwned%3D1%3E&state=x"), appears(".refusal"), chromedp.Text("body", &answer))
	run(t, ctx, assertUnharmed(t, "the callback", "Refused"))
}

// sendHostile sends what an app, a forger and a FHIR server may send.
func sendHostile(t *testing.T, cloud *local.Cloud) {
	t.Helper()
	client := trusting(cloud)
	text, err := json.Marshal(map[string]any{"client_id": clientOf(t, cloud, "app").ID, "scope": hostile, hostile: hostile, "patient": []string{hostile}})
	if err != nil {
		t.Fatal(err)
	}
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"x"}`))
	request, err := http.NewRequest(http.MethodGet, cloud.FHIRBase+"Patient?name=%3Cimg%20src=x%3E", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("User-Agent", hostile)
	request.Header.Set("Authorization", "Bearer "+header+"."+base64.RawURLEncoding.EncodeToString(text)+".c2ln")
	response, err := client.Do(request)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		t.Fatalf("%v %v, want 401", response, err)
	}
	_ = response.Body.Close()

	etl := clientOf(t, cloud, "etl")
	a, err := app.New(cloud.FHIRBase, client, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := a.RequestToken(t.Context(), cloud.TokenEndpoint, outputs.App{ID: etl.ID, Secret: etl.Secret}, "system/*.*")
	if err != nil {
		t.Fatal(err)
	}
	token, err := answer.Token()
	if err != nil {
		t.Fatal(err)
	}
	condition, err := json.Marshal(map[string]any{
		"resourceType": "Condition", "subject": map[string]string{"reference": "Patient/patient-001"}, "code": map[string]string{"text": hostile},
	})
	if err != nil {
		t.Fatal(err)
	}
	created, err := a.FHIR(t.Context(), app.Request{Method: http.MethodPost, Path: "Condition", Token: token.AccessToken, Resource: string(condition)})
	if err != nil || created.Status != http.StatusCreated {
		t.Fatalf("%d %s %v, want 201", created.Status, created.Body, err)
	}
}

// assertUnharmed looks for the text, and for what it would have made of the page.
func assertUnharmed(t *testing.T, what, want string) chromedp.Action {
	t.Helper()
	var found struct {
		Pwned  bool
		Images int
		Text   string
	}
	return chromedp.Tasks{
		chromedp.Evaluate(`({pwned: window.pwned !== undefined, images: document.querySelectorAll("img, script:not([src])").length, text: document.body.textContent})`, &found),
		chromedp.ActionFunc(func(context.Context) error {
			if found.Pwned || found.Images > 0 {
				t.Errorf("%s: a script ran: %t, foreign elements: %d", what, found.Pwned, found.Images)
			}
			if !strings.Contains(found.Text, want) {
				t.Errorf("%s: does not show the text %s:\n%s", what, want, found.Text)
			}
			return nil
		}),
	}
}
