package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
)

// clients are one of each kind; the last one is for what a practitioner may see.
const clients = `[
	{"name": "etl", "kind": "service", "scopes": ["system/*.*"]},
	{"name": "app", "kind": "public", "scopes": ["openid", "profile", "launch/patient", "patient/*.rs"], "callbackUrls": ["http://localhost:3000/callback"]},
	{"name": "portal", "kind": "confidential", "scopes": ["openid", "launch/patient", "patient/*.rs"], "callbackUrls": ["https://portal.example.org/callback"]},
	{"name": "rounds", "kind": "public", "scopes": ["openid", "user/Patient.rs"], "callbackUrls": ["https://rounds.example.org/callback"]}
]`

func startWithClients(t *testing.T) *local.Cloud {
	t.Helper()
	return startWithDoor(t, "{}")
}

func startWithDoor(t *testing.T, door string) *local.Cloud {
	t.Helper()
	return localtest.Start(t, "dev", map[string]string{"clients": clients, "frontDoor": door}, nil)
}

// signIn launches the sample app as a client and fills in the login form.
func signIn(cloud *local.Cloud, client, username, password string) []chromedp.Action {
	return append([]chromedp.Action{
		chromedp.Navigate(cloud.Page),
		chromedp.Click(`//button[.="Launch the sample app as `+client+`"]`, chromedp.BySearch),
	}, fillIn(username, password)...)
}

// text of all elements that a selector finds.
func text(t *testing.T, ctx context.Context, selector string) string {
	t.Helper()
	var all string
	run(t, ctx, chromedp.Evaluate(`Array.from(document.querySelectorAll(`+"`"+selector+"`"+`), e => e.innerText).join("\n")`, &all))
	return all
}

func TestTheSampleAppLaunchesAsAPublicAndAsAConfidentialClient(t *testing.T) {
	for what, door := range map[string]string{"through the front door": "{}", "without one": "none"} {
		t.Run(what, func(t *testing.T) { launchesTheSampleApp(t, startWithDoor(t, door)) })
	}
}

func launchesTheSampleApp(t *testing.T, cloud *local.Cloud) {
	t.Helper()
	ctx := browser(t, cloud)
	for _, client := range []string{"app", "portal"} {
		run(t, ctx, append(signIn(cloud, client, "patient", "Local-patient-1"), appears("tr.observation"))...)
		var title string
		run(t, ctx, chromedp.Text("h1", &title))
		if title != "Sample app: "+client {
			t.Errorf("%s: the title is %q", client, title)
		}
		if patients := text(t, ctx, "tr.patient"); !strings.HasSuffix(patients, "patient-001") || strings.Contains(patients, "\n") {
			t.Errorf("%s: patients %q, want patient-001 alone", client, patients)
		}
		observations := text(t, ctx, "tr.observation th")
		for _, want := range []string{"Heart rate", "Body temperature", "Body weight", "Glucose [Mass/volume] in Blood", "Hemoglobin [Mass/volume] in Blood"} {
			if !strings.Contains(observations, want) {
				t.Errorf("%s: observations %q, want %s", client, observations, want)
			}
		}
		if refused := text(t, ctx, ".bad"); refused != "" {
			t.Errorf("%s: refused: %s", client, refused)
		}
	}
}

func TestAPractitionerSeesTheirPatientsWithAUserScope(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	run(t, ctx, append(signIn(cloud, "rounds", "practitioner", "Local-practitioner-1"), appears("tr.patient"))...)
	if claims := text(t, ctx, "dl"); !strings.Contains(claims, "Practitioner/practitioner-1") || !strings.Contains(claims, "user/Patient.rs") {
		t.Errorf("claims %q", claims)
	}
}

func TestAWrongPasswordStaysOnTheLoginPage(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	var message, address string
	run(t, ctx, append(signIn(cloud, "app", "patient", "wrong"), appears(".error"), chromedp.Text(".error", &message), chromedp.Location(&address))...)
	if message != "Incorrect username or password." || !strings.HasPrefix(address, cloud.HostedDomain+"/login?") {
		t.Errorf("at %s: %q", address, message)
	}
}

func TestAUserWithoutAPatientIsShownWhyTheDatastoreRefuses(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	run(t, ctx, append(signIn(cloud, "app", "practitioner", "Local-practitioner-1"), appears("#requests"))...)
	if got, want := text(t, ctx, ".bad"), "Refused: the validator refused the token: scope_insufficient"; got != want {
		t.Errorf("shown %q, want %q", got, want)
	}
	if patients := text(t, ctx, "tr.patient"); patients != "" {
		t.Errorf("patients %q", patients)
	}
}

func TestThePageShowsDecisionsAsTheyAreMade(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	run(t, ctx, chromedp.Navigate(cloud.Page), appears("#decisions"))
	if before := text(t, ctx, "#decisions"); before != "No requests yet." {
		t.Errorf("before: %q", before)
	}
	if err := cloud.Walk(t.Context(), func(local.Step) {}); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, appears("#decisions tr:nth-of-type(2) .good")) // no reload: the page asks by itself
	rows := strings.Split(text(t, ctx, "#decisions tbody tr"), "\n")
	if len(rows) != 2 {
		t.Fatalf("rows %q, want the refusal and the grant", rows)
	}
	for i, wants := range [][]string{
		{"GET Patient", "SearchWithGet", "refused signature_invalid", "none", "401"},
		{"GET Patient", "SearchWithGet", "granted system/*.*", "-validator-write-", "cold start", "200"},
	} {
		for _, want := range wants {
			if !strings.Contains(rows[i], want) {
				t.Errorf("row %d: %q, want %q", i, rows[i], want)
			}
		}
	}
}

func TestAFailureIsSwitchedOnAndOffOnThePage(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	flip := func(label string) []chromedp.Action {
		return []chromedp.Action{
			chromedp.Navigate(cloud.Page),
			chromedp.Click(`button[aria-label="` + label + `"]`),
		}
	}
	run(t, ctx, append(flip("Switch on validator-error"), appears(`button[aria-label="Switch validator-error off"]`))...)
	run(t, ctx, append(signIn(cloud, "app", "patient", "Local-patient-1"), appears("#requests"))...)
	if got, want := text(t, ctx, "#requests ~ ul li:first-child .bad"), "Refused: the function failed: Fault: on demand"; got != want {
		t.Errorf("shown %q, want %q", got, want)
	}
	run(t, ctx, append(flip("Switch validator-error off"), appears(`button[aria-label="Switch on validator-error"]`))...)
	run(t, ctx, append(signIn(cloud, "app", "patient", "Local-patient-1"), appears("tr.patient"))...)
}

func TestAnotherWebsiteCannotSwitchAFailureOn(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	website := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { // at another port: the same site to browsers
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form method="post" action="%sfaults"><input name="name" value="throttle"><button name="on" value="true">Win a prize</button></form>`, cloud.Page)
	}))
	defer website.Close()
	var answer string
	run(t, ctx, chromedp.Navigate(website.URL), chromedp.Click("button"), appears("pre"), chromedp.Text("pre", &answer))
	if want := "cross-origin request detected from Sec-Fetch-Site header\n"; answer != want {
		t.Errorf("answered %q, want %q", answer, want)
	}
	run(t, ctx, chromedp.Navigate(cloud.Page), appears(`button[aria-label="Switch on throttle"]`))
	if on := text(t, ctx, "#failures ~ table .bad"); on != "" {
		t.Errorf("on: %q", on)
	}
}
