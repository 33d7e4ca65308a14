package components

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// warnOfSharedOrigins says which clients have callback URLs of one page's origin, if one of
// them is public. fhirclient.js keeps its state by origin, and refreshes the token of a public
// client without its client id (SMART App Launch 2.2 has none in a refresh request). The front
// door then takes the client of the page's origin, which it cannot where there are several.
// Only URLs that are known at declaration count.
func (a AuthorizationServerArgs) warnOfSharedOrigins(warn func(format string, values ...any)) {
	var origins []string // in the order of the clients
	clients := map[string][]ClientArgs{}
	for _, client := range a.Clients {
		for _, origin := range client.pageOrigins() {
			origins, clients[origin] = append(origins, origin), append(clients[origin], client)
		}
	}
	for i, origin := range origins {
		sharing := clients[origin]
		public := slices.ContainsFunc(sharing, func(c ClientArgs) bool { return c.Kind == PublicClient })
		if slices.Index(origins, origin) != i || len(sharing) < 2 || !public {
			continue
		}
		names := make([]string, len(sharing))
		for j, client := range sharing {
			names[j] = `"` + client.Name + `"`
		}
		warn("clients %s: callbackUrls share the origin %s: an app there that uses fhirclient.js refreshes tokens without its client id, "+
			"and the front door cannot tell whose they are; give each app an origin of its own, or set refreshTokenWithClientId in the apps",
			strings.Join(names, ", "), origin)
	}
}

// pageOrigins are the origins of the pages that a client's users come back to, each once. A
// loopback URL without a port is a native app's, which has no page and listens at any port
// (https://www.rfc-editor.org/rfc/rfc8252#section-7.3). Other schemes than http and https are
// refused.
func (c ClientArgs) pageOrigins() []string {
	var origins []string
	urls, _ := c.CallbackURLs.(pulumi.StringArray)
	for _, one := range urls {
		text, _ := one.(pulumi.String)
		u, err := url.Parse(string(text))
		if err != nil || !validURL(string(text)) || slices.Contains(loopbackHosts, u.Hostname()) && u.Port() == "" {
			continue
		}
		origin := u.Scheme + "://" + strings.ToLower(u.Host)
		if u.Scheme == "https" {
			origin = strings.TrimSuffix(origin, ":443")
		}
		if !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins
}
