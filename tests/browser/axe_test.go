package browser_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const axe = "node_modules/axe-core/axe.min.js"

// view is how a page is looked at.
type view struct {
	name          string
	width, height int64
	scheme        string
}

var (
	phone = view{"a phone", 375, 812, "light"}
	views = []view{
		{"a desktop", 1200, 900, "light"}, {"a desktop in the dark", 1200, 900, "dark"},
		phone, {"a phone in the dark", 375, 812, "dark"},
	}
)

// look shows the page that is open in a view.
func (v view) look() chromedp.Action {
	return chromedp.Tasks{
		emulation.SetDeviceMetricsOverride(v.width, v.height, 1, v.width < 500),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: v.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}),
	}
}

// awaited evaluates to what a promise brings.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// assertAccessible holds the page that is open against the rules of axe-core, and against the
// width of the screen.
func assertAccessible(t *testing.T, ctx context.Context, what string) {
	t.Helper()
	source, err := os.ReadFile(axe)
	if err != nil {
		missing(t, "no axe-core: run npm ci here, or build/scripts/browser: "+err.Error())
	}
	run(t, ctx, chromedp.Evaluate(string(source)+"\n;0", nil))
	for _, v := range views {
		const rules = `axe.run(document, {resultTypes: ["violations"]}).then(r => ({
			checked: r.passes.length,
			wrong: r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.html + " " + n.failureSummary).join(" | ")),
			width: document.documentElement.scrollWidth,
			scheme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
		}))`
		var found struct {
			Checked int
			Wrong   []string
			Width   int64
			Scheme  string
		}
		run(t, ctx, v.look(), chromedp.Evaluate(rules, &found, awaited))
		if found.Checked < 10 || found.Scheme != v.scheme {
			t.Fatalf("%s on %s: axe-core found only %d rules to pass, in a scheme of %s", what, v.name, found.Checked, found.Scheme)
		}
		if len(found.Wrong) > 0 {
			t.Errorf("%s on %s:\n%s", what, v.name, strings.Join(found.Wrong, "\n"))
		}
		if found.Width > v.width {
			t.Errorf("%s on %s: %d pixels wide, want %d", what, v.name, found.Width, v.width)
		}
	}
	run(t, ctx, views[0].look())
}

// openAll opens all requests of the page.
func openAll() chromedp.Action {
	return chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => d.open = true)`, nil)
}

// The tests with axe-core are one, in one browser: to start one takes longer than the rules.
func TestEveryPageIsAccessible(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	run(t, ctx, chromedp.Navigate(cloud.Page), appears("#counted"))
	assertAccessible(t, ctx, "the page without requests")

	run(t, ctx, chromedp.Click(`//button[.="Launch the sample app as app"]`, chromedp.BySearch), appears("#password"))
	assertAccessible(t, ctx, "the sign-in page")
	run(t, ctx, append(fillIn("patient", "wrong"), appears(".error"))...)
	assertAccessible(t, ctx, "the sign-in page after a wrong password")
	run(t, ctx, append(fillIn("patient", "Local-patient-1"), appears(".line"))...)
	assertAccessible(t, ctx, "the sample app with a record")
	run(t, ctx, append(signIn(cloud, "app", "practitioner", "Local-practitioner-1"), appears("#requests"))...)
	assertAccessible(t, ctx, "the sample app after a refusal")

	if err := cloud.SetFault("throttle", true); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, chromedp.Navigate(cloud.Page), appears(".requests > li"), openAll(), appears(".way"))
	assertAccessible(t, ctx, "the page with opened requests")
	run(t, ctx, chromedp.Navigate(cloud.HostedDomain+"/login"), appears(".error"))
	assertAccessible(t, ctx, "an error of the sign-in page")
}

func TestARequestIsOpenedAndAFailureSwitchedWithTheKeyboard(t *testing.T) {
	cloud := startWithClients(t)
	ctx := browser(t, cloud)
	walk(t, cloud)
	run(t, ctx, chromedp.Navigate(cloud.Page), appears(".requests summary"))
	var reached bool
	run(t, ctx, reach(`.requests summary`, &reached))
	if !reached {
		t.Fatal("the tabulator does not reach the first request")
	}
	run(t, ctx, chromedp.KeyEvent("\r"), appears(".requests details[open] .way"))
	run(t, ctx, reach(`#failure-throttle-button`, &reached))
	if !reached {
		t.Fatal("the tabulator does not reach the switch")
	}
	run(t, ctx, chromedp.KeyEvent(" "), appears(`#failure-throttle-button[aria-checked="true"]`))
	var focused string
	run(t, ctx, chromedp.Evaluate(`document.activeElement.id`, &focused))
	if focused != "failure-throttle-button" {
		t.Errorf("the focus is on %q after the switch", focused)
	}
	if opened := text(t, ctx, ".requests details[open] .way"); opened == "" {
		t.Error("the request is closed after the switch")
	}
}

// reach presses the tabulator until the focus is on an element.
func reach(selector string, reached *bool) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for range 100 {
			if err := chromedp.KeyEvent("\t").Do(ctx); err != nil {
				return err
			}
			if err := chromedp.Evaluate(fmt.Sprintf(`document.activeElement.matches(%q)`, selector), reached).Do(ctx); err != nil || *reached {
				return err
			}
		}
		return nil
	})
}
