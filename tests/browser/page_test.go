package browser_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

func walk(t *testing.T, cloud *local.Cloud) {
	t.Helper()
	if err := cloud.Walk(t.Context(), func(local.Step) {}); err != nil {
		t.Fatal(err)
	}
}

// rows are the summaries of the requests, the newest first.
func rows(t *testing.T, ctx context.Context) []string {
	t.Helper()
	var all []string
	run(t, ctx, chromedp.Evaluate(`Array.from(document.querySelectorAll(".requests summary"), e => e.innerText.replace(/\s+/g, " "))`, &all))
	return all
}

func assertContains(t *testing.T, what, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
}

// The walk reads the discovery document, requests a token, reads data, and tries a request
// without a token and one with a tampered token.
func TestThePageShowsRequestsAsTheyAreMadeAndHowTheyWereDecided(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	run(t, ctx, chromedp.Navigate(cloud.Page), appears("#counted"))
	if before := text(t, ctx, "#live-requests"); before != "No requests yet." {
		t.Errorf("before: %q", before)
	}
	walk(t, cloud)
	run(t, ctx, appears(".requests > li:nth-of-type(5)")) // no reload: the page asks by itself
	shown := rows(t, ctx)
	if len(shown) != 5 {
		t.Fatalf("rows %q, want 5", shown)
	}
	for i, wants := range [][]string{
		{"etl", "GET Patient", "refused", "401"},
		{"no token", "GET Patient", "refused", "401"},
		{"etl", "GET Patient?_count=3", "granted", "200"},
		{"no token", "POST /oauth2/token", "no decision", "200"},
		{"no token", "GET .well-known/smart-configuration", "no decision", "200"},
	} {
		assertContains(t, "row", shown[i], wants...)
	}
	run(t, ctx, openAll())
	assertContains(t, "the tampered token", text(t, ctx, ".requests > li:nth-of-type(1) .decision"),
		"Refused: the signature does not fit the token", "signature_invalid", "does not vouch for these claims", "token_use")
	assertContains(t, "no token", text(t, ctx, ".requests > li:nth-of-type(2) .decision"),
		"The validator was not asked.", "without a token", "front door → app")
	assertContains(t, "the grant", text(t, ctx, ".requests > li:nth-of-type(3) .decision"),
		"Granted: 1 of 1 scopes counts. The token is the client's own", "system/*.* counts: to create, read, update, delete, search every resource without a user.",
		"Role: write", "system/*.* may change data.", "etl is a service and has no users.", "client_id",
		"app → front door", "front door → HealthLake", "HealthLake → validator", "the issuer's key set is requested", "validator → HealthLake", "HealthLake → front door", "cold start")
	if opened := text(t, ctx, "body"); strings.Contains(opened, "eyJ") {
		t.Error("the page shows a token")
	}
}

func TestRequestsAreFilteredByClientAndOutcomeAndStayOpen(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	walk(t, cloud)
	choose := func(name, value string) chromedp.Action {
		return chromedp.Evaluate(`(s => { s.value = "`+value+`"; s.dispatchEvent(new Event("change", {bubbles: true})) })(document.querySelector("select[name=`+name+`]"))`, nil)
	}
	counted := func(want string) chromedp.Action {
		return chromedp.Poll(`document.getElementById("counted").textContent === "`+want+`"`, nil, steadily)
	}
	run(t, ctx, chromedp.Navigate(cloud.Page), appears(".requests > li"), choose("client", "etl"), counted("2 of 2 requests that match the filter, of 5."))
	run(t, ctx, choose("outcome", "refused"), counted("1 of 1 requests that match the filter, of 5."), openAll())
	walk(t, cloud)
	run(t, ctx, counted("2 of 2 requests that match the filter, of 10."))
	if open := text(t, ctx, ".requests > li:nth-of-type(2) details[open] .says"); !strings.Contains(open, "signature") {
		t.Errorf("the opened request is closed: %q", open)
	}
	run(t, ctx, chromedp.Reload(), counted("2 of 2 requests that match the filter, of 10.")) // the address has the filter
	run(t, ctx, choose("client", "rounds"), counted("None of 10 requests matches the filter."))
}

func TestSwitchesAreLiveInEveryTabAndSayThatTheyWereDone(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	another, end := chromedp.NewContext(ctx)
	defer end()
	if err := chromedp.Run(another); err != nil { // the tab lives as long as the context of its first action
		t.Fatal(err)
	}
	run(t, another, chromedp.Navigate(cloud.Page), appears(`#failure-validator-error-button[aria-checked="false"]`))
	run(t, ctx, chromedp.Navigate(cloud.Page), chromedp.Click("#failure-validator-error-button"), appears(`#failure-validator-error-button[aria-checked="true"]`))
	run(t, ctx, said("validator-error is on."))
	run(t, another, appears(`#failure-validator-error-button[aria-checked="true"]`))
	run(t, ctx, append(signIn(cloud, "app", "patient", "Local-patient-1"), appears("#requests"))...)
	if got, want := text(t, ctx, "#requests ~ ul li:first-child .refusal"), "Refused: the function failed: Fault: on demand"; got != want {
		t.Errorf("shown %q, want %q", got, want)
	}
	run(t, another, chromedp.Click("#failure-validator-error-button"), said("validator-error is off."))
	run(t, ctx, append(signIn(cloud, "app", "patient", "Local-patient-1"), appears(".line"))...)
	run(t, another, chromedp.Click("#failure-rotate-keys-button"), said("Done: rotate-keys."))
	run(t, another, chromedp.Click("#failure-rotate-keys-button"), said("Done: rotate-keys."))
}

// steadily also looks where nothing is drawn: in a tab behind another.
var steadily = chromedp.WithPollingInterval(50 * time.Millisecond)

// said waits for what the page's live region says.
func said(want string) chromedp.Action {
	return chromedp.Poll(`document.getElementById("said").getAttribute("role") === "status" && document.getElementById("said").textContent === "`+want+`"`, nil, steadily)
}

func TestClientsAreCopiedWithTheClipboardAndWithout(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	id := clientOf(t, cloud, "app").ID
	const catch = `document.addEventListener("copy", () => { window.copied = document.activeElement.value });`
	for what, prepare := range map[string]string{
		"with":    `Object.defineProperty(navigator, "clipboard", {value: {writeText: async text => { window.copied = text }}})`,
		"without": `Object.defineProperty(navigator, "clipboard", {value: undefined});` + catch,
		"refused": `Object.defineProperty(navigator, "clipboard", {value: {writeText: async () => { throw new Error("no") }}});` + catch,
	} {
		var copied string
		run(t, ctx, chromedp.Navigate(cloud.Page), appears(".copy"), chromedp.Evaluate(prepare+";0", nil),
			chromedp.Click(`button[aria-label="Copy the client id of app"]`), said("Copied the client id of app."), chromedp.Evaluate("window.copied", &copied))
		if copied != id {
			t.Errorf("%s the clipboard: copied %q, want %q", what, copied, id)
		}
	}
	assertContains(t, "the card", text(t, ctx, "#client-app"), "http://localhost:3000/callback", "To read, search every resource of the patient in context")
}
