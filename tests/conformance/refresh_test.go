package conformance_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// isSubset wants the scopes of a refresh among those of the launch.
func isSubset(c *session, got tokens) error {
	before, err := need("the token response", c.tokens)
	if err != nil {
		return err
	}
	granted := strings.Fields(before.text("scope"))
	for _, scope := range strings.Fields(got.text("scope")) {
		if !slices.Contains(granted, scope) {
			return fmt.Errorf("scope: got %q: want none but %q, as at the launch", scope, granted)
		}
	}
	return nil
}

func isAnotherToken(c *session, got tokens) error {
	before, err := need("the token response", c.tokens)
	if err != nil {
		return err
	}
	if got.text("access_token") == before.text("access_token") {
		return errors.New("access_token: got the one of the launch: want a new one")
	}
	return nil
}

var (
	request7  = smart("app-launch", "request-7", "Refresh request")
	response7 = smart("app-launch", "response-7", "Refresh response")
)

// refreshes are the requirements of a refresh, however it is asked for.
func refreshes(step tokenStep, take func(*session) func() (tokens, error)) []requirement {
	return []requirement{
		{"a refresh token is exchanged for tokens", request7, smartKit, took(take), ""},
		{"the response has access_token, token_type, expires_in and scope", response7, smartKit, inTokens(step, hasRequiredMembers), ""},
		{"the response has no scope that the launch did not have", response7, smartKit, inTokens(step, isSubset), ""},
		{"the response may not be cached", rfc(6749, "5.1"), smartKit, inTokens(step, isNotCached), ""},
		{"the access token is a new one", response7, ours, inTokens(step, isAnotherToken), ""},
		{"the patient of the launch can be read", launchContext, onc, inTokens(step, readsThePatient), ""},
	}
}

var refreshWithoutScope = group{
	"Refresh without scope", []string{"public", "confidential"},
	append(refreshes(refreshed, func(c *session) func() (tokens, error) { return c.refreshed }),
		requirement{"a refresh token that is none is refused", rfc(6749, "6"), onc, refusesRefresh(func(*session) string { return "no-refresh-token" }), ""},
		requirement{"a refresh token of another app is refused", smart("app-launch", "refresh-access-token", "Refresh access token"), ours, refusesAnotherApps, ""},
		requirement{"a revoked refresh token is refused", rfc(7009, "2"), onc, refusesRevoked, ""},
	),
}

var refreshWithScope = group{
	"Refresh with scope", []string{"public", "confidential"},
	refreshes(narrowed, func(c *session) func() (tokens, error) { return c.narrowed }),
}

// refusesRefresh wants a refresh token to be refused.
func refusesRefresh(token func(*session) string) func(*session) error {
	return func(c *session) error {
		got, err := c.ask(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token(c)}})
		if err != nil {
			return err
		}
		return got.refuses("invalid_grant")
	}
}

// refusesAnotherApps wants the refresh token of a session to be the app's alone.
func refusesAnotherApps(c *session) error {
	before, err := need("the token response", c.tokens)
	if err != nil {
		return err
	}
	for _, other := range c.apps {
		if other.id == c.id {
			continue
		}
		stranger := newSession(c.server, other)
		if err := refusesRefresh(func(*session) string { return before.text("refresh_token") })(stranger); err != nil {
			return fmt.Errorf("as the app %q: %w", other.name, err)
		}
	}
	return nil
}

// refusesRevoked launches once more, revokes the refresh token and tries it.
func refusesRevoked(c *session) error {
	got, err := c.otherTokens()
	if err != nil {
		return err
	}
	if err := c.revoke(got.text("refresh_token")); err != nil {
		return err
	}
	return refusesRefresh(func(*session) string { return got.text("refresh_token") })(c)
}

// revoke a token at the endpoint that the discovery document names.
func (c *session) revoke(token string) error {
	d, err := need("the discovery document", c.document)
	if err != nil {
		return err
	}
	form, header := url.Values{"token": {token}}, []string{"Authorization", basic(c.id, c.secret)}
	if c.secret == "" {
		form.Set("client_id", c.id)
		header = []string{"Origin", c.origin()}
	}
	got, err := c.send("POST", d.text("revocation_endpoint"), form, header...)
	if err == nil {
		err = got.wants(200)
	}
	return err
}
