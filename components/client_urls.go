package components

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// loopbackHosts may be called back without TLS: nothing leaves the machine
// (https://www.rfc-editor.org/rfc/rfc8252#section-7.3). Any port will do.
var loopbackHosts = []string{"localhost", "127.0.0.1", "::1"}

const (
	urlWanted      = "must be an absolute https URL, or http on localhost, 127.0.0.1 or [::1], without fragment, wildcard or user info"
	callbackWanted = "add at least one URL for Cognito to send the user back to"
)

func validURL(text string) bool {
	u, err := url.Parse(text)
	secure := err == nil && (u.Scheme == "https" || u.Scheme == "http" && slices.Contains(loopbackHosts, u.Hostname()))
	return secure && u.Hostname() != "" && u.Fragment == "" && u.User == nil &&
		len(text) <= maxURLLength && !strings.ContainsAny(text, " \t\r\n#*")
}

// checkURLs checks the URLs of the clients that are known already. Those that become
// known later are checked before they reach Cognito.
func (p *problems) checkURLs(clients []client) {
	for i, client := range clients {
		field := fmt.Sprintf("clients[%d]", i)
		callbacks, logouts := field+".callbackUrls", field+".logoutUrls"
		if client.Kind == ServiceClient {
			if given(client.CallbackURLs) {
				p.add(callbacks, toldTexts(client.CallbackURLs), "a service has no sign-in; remove it")
			}
			if given(client.LogoutURLs) {
				p.add(logouts, toldTexts(client.LogoutURLs), "a service has no sign-out; remove it")
			}
			continue
		}
		if client.userFacing() && !given(client.CallbackURLs) {
			p.missing(callbacks, callbackWanted)
		}
		clients[i].CallbackURLs = p.checkURLList(callbacks, client.CallbackURLs, 1)
		clients[i].LogoutURLs = p.checkURLList(logouts, client.LogoutURLs, 0)
	}
}

func (p *problems) checkURLList(field string, urls pulumi.StringArrayInput, least int) pulumi.StringArrayInput {
	if urls == nil {
		return nil
	}
	list, known := urls.(pulumi.StringArray)
	if n := len(list); n > maxURLsPerClient {
		p.addCount(field, n, "URLs", fmt.Sprintf("must be at most %d (Cognito)", maxURLsPerClient))
	}
	for i, one := range list {
		text, ok := one.(pulumi.String)
		known = known && ok
		if ok && !validURL(string(text)) {
			p.add(fmt.Sprintf("%s[%d]", field, i), string(text), urlWanted)
		}
	}
	if known {
		return urls
	}
	output := urls.ToStringArrayOutput()
	return output.ApplyT(func(texts []string) ([]string, error) {
		if n := len(texts); n < least {
			return nil, fmt.Errorf("%s: missing; %s", field, callbackWanted)
		} else if n > maxURLsPerClient {
			return nil, fmt.Errorf("%s: %d URLs: must be at most %d (Cognito)", field, n, maxURLsPerClient)
		}
		var found []error
		for i, text := range texts {
			if !validURL(text) {
				found = append(found, fmt.Errorf("%s[%d]: %s: %s", field, i, quoted(text, output), urlWanted))
			}
		}
		return texts, errors.Join(found...)
	}).(pulumi.StringArrayOutput)
}

// toldTexts are the texts of a list as an error tells them.
func toldTexts(list pulumi.StringArrayInput) []string {
	given, known := list.(pulumi.StringArray)
	if !known {
		return []string{"(not known yet)"}
	}
	texts := make([]string, len(given))
	for i, one := range given {
		texts[i] = "(not known yet)"
		if text, ok := one.(pulumi.String); ok {
			texts[i] = string(text)
		}
	}
	return texts
}
