package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// originWarnings are the warnings about an app with these callback URLs and another one.
func originWarnings(t *testing.T, one, other components.ClientArgs) []string {
	t.Helper()
	return build(t, func(a *components.SmartDatastoreArgs) {
		one.Name, other.Name = "one", "other"
		one.Scopes, other.Scopes = []string{"openid"}, []string{"openid"}
		a.Clients = []components.ClientArgs{one, other}
	}).warnings
}

func at(kind components.ClientKind, urls ...string) components.ClientArgs {
	return components.ClientArgs{Kind: kind, CallbackURLs: pulumi.ToStringArray(urls)}
}

func TestAnAppThatSharesItsOriginIsWarnedOf(t *testing.T) {
	shared := func(origin string) string {
		return `clients "one", "other": callbackUrls share the origin ` + origin + `: an app there that uses fhirclient.js refreshes tokens without its client id, ` +
			`and the front door cannot tell whose they are; give each app an origin of its own, or set refreshTokenWithClientId in the apps`
	}
	const public, confidential = components.PublicClient, components.ConfidentialClient
	for _, c := range []struct {
		what       string
		one, other components.ClientArgs
		want       []string
	}{
		{"other paths", at(public, "https://a.example/one"), at(public, "https://a.example/other?x=1"), []string{shared("https://a.example")}},
		{"the same URL", at(public, "https://a.example/"), at(public, "https://a.example/"), []string{shared("https://a.example")}},
		{"one of them with a secret", at(confidential, "https://a.example/one"), at(public, "https://a.example/other"), []string{shared("https://a.example")}},
		{"the scheme's own port, and capitals", at(public, "https://A.example:443/"), at(public, "https://a.example/"), []string{shared("https://a.example")}},
		{"pages on this machine", at(public, "http://localhost:3000/one"), at(public, "http://localhost:3000/other"), []string{shared("http://localhost:3000")}},
		{"two origins", at(public, "https://a.example/", "https://b.example/"), at(public, "https://b.example/", "https://a.example/"), []string{shared("https://a.example"), shared("https://b.example")}},

		{"one app with two URLs of an origin", at(public, "https://a.example/one", "https://a.example/two"), at(public, "https://b.example/"), nil},
		{"other hosts", at(public, "https://a.example/"), at(public, "https://b.a.example/"), nil},
		{"other ports", at(public, "http://localhost:3000/"), at(public, "http://localhost:3001/"), nil},
		{"other schemes", at(public, "http://localhost:3000/"), at(public, "https://localhost:3000/"), nil},
		{"apps with secrets, which send them", at(confidential, "https://a.example/one"), at(confidential, "https://a.example/other"), nil},
		{"native apps, which listen at any port", at(public, "http://127.0.0.1/one"), at(public, "http://127.0.0.1/other"), nil},
		{"native apps by IPv6", at(public, "http://[::1]/"), at(public, "http://[::1]/"), nil},
	} {
		t.Run(c.what, func(t *testing.T) { assertLines(t, "warnings", originWarnings(t, c.one, c.other), c.want) })
	}
}

// A URL that another resource makes is known only later.
func TestAnOriginThatIsNotKnownYetIsNotWarnedOf(t *testing.T) {
	later := components.ClientArgs{Kind: components.PublicClient, CallbackURLs: pulumi.StringArray{pulumi.String("https://a.example/").ToStringOutput()}}
	assertLines(t, "warnings", originWarnings(t, later, at(components.PublicClient, "https://a.example/")), nil)
}
