// Package browser_test launches apps against the local cloud: in a real browser the page's
// own sample app and an app made with fhirclient.js, and under Node.js apps made with OAuth
// client libraries.
package browser_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/smartlake/pulumi-smartlake/internal/local"
)

// root is the folder with Pulumi.yaml.
const root = "../.."

// chromium finds the browser.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "no Chromium: install it, or run build/scripts/browser as root")
	return ""
}

// browser is a new one, with a profile of its own, that trusts the cloud's certificate
// and no other that it would not trust anyway.
func browser(t *testing.T, cloud *local.Cloud) context.Context {
	t.Helper()
	return newBrowser(t, chromedp.Flag("ignore-certificate-errors-spki-list", keyHash(t, cloud)))
}

// newBrowser is one with a profile of its own, and with these options besides.
func newBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)),
		chromedp.Headless,
		chromedp.NoSandbox, // tests run as root, and visit nothing but this machine
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(1200, 900),
	}, more...)
	// The browser outlives the test's context, so that it ends before the clean-up does.
	allocated, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(end)
	tab, closeTab := chromedp.NewContext(allocated, chromedp.WithErrorf(t.Logf))
	t.Cleanup(closeTab)
	t.Cleanup(func() { // waits until the browser writes no more
		if err := chromedp.Cancel(tab); err != nil {
			t.Log(err)
		}
	})
	if err := chromedp.Run(tab); err != nil {
		t.Fatal(err)
	}
	return tab
}

// keyHash is how Chromium names the public key of a certificate to trust.
func keyHash(t *testing.T, cloud *local.Cloud) string {
	t.Helper()
	page, err := url.Parse(cloud.Page)
	if err != nil {
		t.Fatal(err)
	}
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}}
	connection, err := dialer.DialContext(t.Context(), "tcp", page.Host)
	if err != nil {
		t.Fatal(err)
	}
	leaf := connection.(*tls.Conn).ConnectionState().PeerCertificates[0]
	if err := connection.Close(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// run does the actions one after the other, and tells what the page shows if one fails.
func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	for i, action := range actions {
		step, cancel := context.WithTimeout(ctx, 20*time.Second)
		err := chromedp.Run(step, action)
		cancel()
		if err != nil {
			t.Fatalf("action %d: %v\n%s", i+1, err, shown(ctx))
		}
	}
}

// appears waits for an element to be shown, over as many pages as it takes.
func appears(selector string) chromedp.Action {
	const expression = `(e => e !== null && e.checkVisibility())(document.querySelector(%q))`
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for {
			var there bool
			if err := chromedp.Evaluate(fmt.Sprintf(expression, selector), &there).Do(ctx); err == nil && there {
				return nil
			} // an error says that the page is just being left
			select {
			case <-ctx.Done():
				return fmt.Errorf("waiting for %s: %w", selector, ctx.Err())
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

// shown is the address and the text of the page that is open.
func shown(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var address, text string
	if err := chromedp.Run(ctx, chromedp.Location(&address), chromedp.Text("body", &text)); err != nil {
		return err.Error()
	}
	return address + "\n" + text
}
