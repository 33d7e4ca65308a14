package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

// SignIn launches a client standalone (SMART App Launch 2.2, section 2.0): it signs the user
// in at the hosted pages, as a browser would, and returns the answer of the token endpoint:
// see [Answer.Token]. It requests all scopes of the client, with PKCE, and is sent back to the
// client's first callback URL, which is not opened. An error says which step failed.
func (a *App) SignIn(ctx context.Context, authorizationEndpoint, tokenEndpoint string, visit Visit) (Answer, error) {
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	callback := visit.Client.CallbackURLs[0]
	code, err := a.authorize(ctx, authorizationEndpoint, callback, visit, url.Values{
		"response_type": {"code"}, "client_id": {visit.Client.ID}, "redirect_uri": {callback},
		"scope": {strings.Join(visit.Client.Scopes, " ")}, "state": {state}, "aud": {a.base},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	})
	if err != nil {
		return Answer{}, err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	if visit.Client.Secret == "" {
		form.Set("client_id", visit.Client.ID)
	}
	return a.send(ctx, http.MethodPost, tokenEndpoint, func(request *http.Request) error {
		setBody(request, "application/x-www-form-urlencoded", form.Encode())
		authenticate(request, visit.Client)
		return nil
	})
}

// authenticate shows the secret of a client that has one (RFC 6749, 2.3.1).
func authenticate(request *http.Request, client outputs.App) {
	if client.Kind != outputs.Public {
		request.SetBasicAuth(url.QueryEscape(client.ID), url.QueryEscape(client.Secret))
	}
}

// saying introduces what a page says.
func saying(message string) string {
	if message == "" {
		return ""
	}
	return ": " + message
}

// authorize returns the code that the user's browser brings back.
func (a *App) authorize(ctx context.Context, endpoint, callback string, visit Visit, parameters url.Values) (string, error) {
	if err := outputs.CheckURL(endpoint); err != nil {
		return "", fmt.Errorf("the authorization endpoint: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"?"+parameters.Encode(), nil)
	if err != nil {
		return "", err
	}
	a.requests.Add(1)
	back, err := hosted.SignIn(a.http, request, callback, hosted.User{Name: visit.User.Name, Password: visit.User.Password})
	var shown *hosted.PageError
	switch {
	case errors.As(err, &shown):
		return "", fmt.Errorf("user %s was not sent back to client %s: the hosted page has status %d%s", visit.User.Name, visit.Client.Name, shown.Status, saying(shown.Message()))
	case err != nil:
		return "", fmt.Errorf("no answer: %w", err)
	}
	answer := back.Query()
	switch {
	case answer.Get("state") != parameters.Get("state"):
		return "", errors.New("the browser came back with another state than it was sent with")
	case answer.Get("error") != "":
		return "", fmt.Errorf("user %s at client %s: %s", visit.User.Name, visit.Client.Name, strings.TrimSpace(answer.Get("error")+" "+answer.Get("error_description")))
	case answer.Get("code") == "":
		return "", errors.New("the browser came back without a code")
	}
	return answer.Get("code"), nil
}
