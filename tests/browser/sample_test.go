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
		run(t, ctx, append(signIn(cloud, client, "patient", "Local-patient-1"), appears(".line"))...)
		if title := text(t, ctx, "h1"); title != "Sample app: "+client {
			t.Errorf("%s: the title is %q", client, title)
		}
		if patient := text(t, ctx, ".patient p"); !strings.HasSuffix(patient, "id patient-001") {
			t.Errorf("%s: patient %q, want patient-001", client, patient)
		}
		titles := text(t, ctx, "h2")
		for _, want := range []string{"Conditions", "Observations: Vital Signs", "Medications", "Allergies", "Immunizations", "What the token endpoint answered", "What the access token says", "What the ID token says"} {
			if !strings.Contains(titles, want) {
				t.Errorf("%s: sections %q, want %s", client, titles, want)
			}
		}
		if observations := text(t, ctx, "tr.line"); !strings.Contains(observations, "Body weight") || !strings.Contains(observations, " kg") {
			t.Errorf("%s: record %q, want a weight with its value", client, observations)
		}
		if decided := text(t, ctx, ".says, .scopes"); !strings.Contains(decided, "patient/*.rs counts: to read, search every resource of the patient in context.") {
			t.Errorf("%s: decided %q", client, decided)
		}
		if refused := text(t, ctx, ".refusal"); refused != "" {
			t.Errorf("%s: refused: %s", client, refused)
		}
		shown := text(t, ctx, "body")
		if !strings.Contains(shown, "characters, not shown") || strings.Contains(shown, "eyJ") {
			t.Errorf("%s: the page must say that there are tokens, and show none: %s", client, shown)
		}
	}
}

func TestAPractitionerSeesTheirPatientsWithAUserScope(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	run(t, ctx, append(signIn(cloud, "rounds", "practitioner", "Local-practitioner-1"), appears("tr.found"))...)
	if claims := text(t, ctx, "dl"); !strings.Contains(claims, "Practitioner/practitioner-1") || !strings.Contains(claims, "user/Patient.rs") {
		t.Errorf("claims %q", claims)
	}
}

func TestAMadeUpUserSignsInAtAClick(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	run(t, ctx,
		chromedp.Navigate(cloud.Page),
		chromedp.Click(`//button[.="Launch the sample app as app"]`, chromedp.BySearch),
		appears("#password"),
		chromedp.Click(`//button[.="Continue as patient"]`, chromedp.BySearch),
		appears(".line"))
	if patient := text(t, ctx, ".patient p"); !strings.HasSuffix(patient, "id patient-001") {
		t.Errorf("patient %q", patient)
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
	if got, want := text(t, ctx, ".refusal"), "Refused: the validator refused the token: scope_insufficient"; got != want {
		t.Errorf("shown %q, want %q", got, want)
	}
	decided := text(t, ctx, ".says, .scopes")
	for _, want := range []string{
		"Refused: no scope of the token counts. The token is a user's.",
		"patient/*.rs did not count: the token has no patient.",
		"openid is for the sign-in and gives no access to FHIR data.",
	} {
		if !strings.Contains(decided, want) {
			t.Errorf("decided %q, want %q", decided, want)
		}
	}
	if patients := text(t, ctx, ".patient, tr.found"); patients != "" {
		t.Errorf("patients %q", patients)
	}
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
	run(t, ctx, chromedp.Navigate(cloud.Page), appears(`#failure-throttle-button[aria-checked="false"]`))
	if on := text(t, ctx, `[role="switch"][aria-checked="true"]`); on != "" {
		t.Errorf("on: %q", on)
	}
}
