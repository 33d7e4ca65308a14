package conformance_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

// refuses wants an error of the token endpoint, as RFC 6749 section 5.2 has it, with one of
// these codes.
func (a answer) refuses(codes ...string) error {
	if err := a.wants(http.StatusBadRequest, http.StatusUnauthorized); err != nil {
		return err
	}
	members, err := a.object()
	if err != nil {
		return err
	}
	if code, _ := members["error"].(string); !slices.Contains(codes, code) {
		return fmt.Errorf("error: got %v: want one of %q", members["error"], codes)
	}
	return nil
}

// refusesExchange gets a code, asks for tokens in a wrong way, and wants that refused.
func refusesExchange(ask func(*session, url.Values) (answer, error), codes ...string) func(*session) error {
	return func(c *session) error {
		form, err := c.unusedCode()
		if err != nil {
			return err
		}
		got, err := ask(c, form)
		if err != nil {
			return err
		}
		return got.refuses(codes...)
	}
}

// misuses is a code exchange with a form that is changed.
func misuses(change func(c *session, form url.Values), codes ...string) func(*session) error {
	return refusesExchange(func(c *session, form url.Values) (answer, error) {
		change(c, form)
		return c.ask(form)
	}, codes...)
}

// getsNoCode wants a request for authorization to end without a code: with an error for the
// app, or with a page that tells the user.
func getsNoCode(parameters url.Values, codes ...string) func(*session) error {
	return func(c *session) error {
		if err := bringsACode(c); err != nil {
			return &notReached{"the launch without the fault", err}
		}
		launched, err := c.authorize(http.MethodGet, parameters)
		var shown *hosted.PageError
		switch {
		case errors.As(err, &shown) && shown.Status >= 400 && shown.Status < 500:
			return nil
		case err != nil:
			return err
		case launched.back.Has("code"):
			return fmt.Errorf("sent back with %v: want no code", launched.back)
		case !slices.Contains(codes, launched.back.Get("error")):
			return fmt.Errorf("error: got %q: want one of %q", launched.back.Get("error"), codes)
		}
		return nil
	}
}

// doesNotRedirect wants an address that is not the app's to get no request.
func doesNotRedirect(c *session) error {
	launched, err := c.authorize(http.MethodGet, url.Values{"redirect_uri": {anotherOrigin + "/callback"}})
	var shown *hosted.PageError
	switch {
	case errors.As(err, &shown):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("the browser was sent to another address than the app's with %v: want a page", launched.back)
}

func refusesATokenThatIsNone(c *session) error {
	got, err := c.fhir("Patient", "not-a-token")
	if err != nil {
		return err
	}
	return got.wants(http.StatusUnauthorized)
}

func asksForABearerToken(c *session) error {
	got, err := c.fhir("Patient", "")
	if err != nil {
		return err
	}
	if value := got.header.Get("WWW-Authenticate"); got.status != http.StatusUnauthorized || !strings.HasPrefix(strings.ToLower(value), "bearer") {
		return fmt.Errorf("got status %d and WWW-Authenticate %q: want 401 and the scheme Bearer", got.status, value)
	}
	return nil
}

func codeCountsOnce(c *session) error {
	form, err := c.unusedCode()
	if err != nil {
		return err
	}
	if _, err := need("the token response", func() (tokens, error) { return tokensIn(c.ask(form)) }); err != nil {
		return err
	}
	got, err := c.ask(form)
	if err != nil {
		return err
	}
	return got.refuses("invalid_grant")
}

func codeIsOfOneApp(c *session) error {
	form, err := c.unusedCode()
	if err != nil {
		return err
	}
	for _, other := range c.apps {
		if other.id == c.id {
			continue
		}
		got, err := newSession(c.server, other).ask(form)
		if err == nil {
			err = got.refuses("invalid_grant")
		}
		if err != nil {
			return fmt.Errorf("as the app %q: %w", other.name, err)
		}
	}
	return nil
}

var (
	pkce         = smart("app-launch", "considerations-for-pkce-support", "PKCE")
	pkceVerifier = rfc(7636, "4.6")
)

var refusals = group{"Refusals", []string{"public", "confidential"}, []requirement{
	{"a FHIR request without a token is told to bring a bearer token", rfc(6750, "3"), ours, asksForABearerToken, ""},
	{"a token that is none is answered 401", rfc(6750, "3.1"), ours, refusesATokenThatIsNone, ""},
	{
		"an aud of another server gets no code", request4, onc,
		getsNoCode(url.Values{"aud": {"https://fhir.example.org/r4"}}, "invalid_request", "invalid_target"), "",
	},
	{"a request without aud gets no code", request4, ours, getsNoCode(url.Values{"aud": nil}, "invalid_request"), ""},
	{"a redirect_uri that is not registered gets no redirect", rfc(6749, "3.1.2.4"), ours, doesNotRedirect, ""},
	{"the implicit grant gets no token", smart("app-launch", "request-4", "Obtain authorization code"), ours, getsNoCode(url.Values{"response_type": {"token"}}, "unsupported_response_type", "unauthorized_client", "invalid_request"), ""},
	{"a scope that the app may not have gets no code", rfc(6749, "4.1.2.1"), ours, getsNoCode(url.Values{"scope": {"openid user/*.cruds"}}, "invalid_scope"), ""},
	{"a launch without a code challenge gets no code", pkce, ours, getsNoCode(url.Values{"code_challenge": nil, "code_challenge_method": nil}, "invalid_request"), ""},
	{"the challenge method plain gets no code", pkce, ours, getsNoCode(url.Values{"code_challenge_method": {"plain"}}, "invalid_request"), ""},
	{"a code that is none is refused", rfc(6749, "5.2"), onc, misuses(func(_ *session, form url.Values) { form.Set("code", "BAD_CODE") }, "invalid_grant"), ""},
	{"a code counts once", rfc(6749, "4.1.2"), ours, codeCountsOnce, ""},
	{"a code of another app is refused", rfc(6749, "5.2"), ours, codeIsOfOneApp, ""},
	{
		"a client that is none is refused", rfc(6749, "5.2"), onc,
		refusesExchange(func(c *session, form url.Values) (answer, error) {
			if c.secret != "" {
				return c.askAs(form, "Authorization", basic("BAD_CLIENT_ID", c.secret))
			}
			form.Set("client_id", "BAD_CLIENT_ID")
			return c.askAs(form)
		}, "invalid_client"), "",
	},
	{
		"another redirect_uri than at the launch is refused", rfc(6749, "4.1.3"), ours,
		misuses(func(_ *session, form url.Values) { form.Set("redirect_uri", anotherOrigin+"/callback") }, "invalid_grant", "unauthorized_client"), "",
	},
	{"no code verifier is refused", pkceVerifier, onc, misuses(func(_ *session, form url.Values) { form.Del("code_verifier") }, "invalid_grant", "invalid_request"), ""},
	{"an empty code verifier is refused", pkceVerifier, onc, misuses(func(_ *session, form url.Values) { form.Set("code_verifier", "") }, "invalid_grant", "invalid_request"), ""},
	{
		"a wrong code verifier is refused", pkceVerifier, onc,
		misuses(func(_ *session, form url.Values) {
			form.Set("code_verifier", "another-verifier-of-more-than-forty-three-characters")
		}, "invalid_grant"), "",
	},
	{"the challenge in place of the code verifier is refused", pkceVerifier, onc, challengeAsVerifier, ""},
}}

func challengeAsVerifier(c *session) error {
	launched, err := need("the launch", func() (authorization, error) { return c.authorize(http.MethodGet, nil) })
	if err != nil {
		return err
	}
	code, err := need("the launch", launched.code)
	if err != nil {
		return err
	}
	got, err := c.ask(c.grantOf(code, launched.challenge))
	if err != nil {
		return err
	}
	return got.refuses("invalid_grant")
}
