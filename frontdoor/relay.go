package frontdoor

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// cognitoRelay is an authorization server that checks and translates what apps ask for,
// and has Cognito sign users in and issue every token. It keeps nothing between two
// requests.
type cognitoRelay struct {
	authorizationEndpoint string
	tokenEndpoint         string
	revocationEndpoint    string
	resources             []string // that an app may ask a token for, without a slash at their ends
	clients               map[string]client
	apps                  origins // of all clients
	transport             http.RoundTripper
	now                   func() time.Time
}

// client is an app as the relay knows it.
type client struct {
	id        string
	callbacks []string
	scopes    []string
	origins   origins // of its callback URLs
}

// hasUsers reports whether the client signs users in. Otherwise it is a service.
func (c client) hasUsers() bool { return len(c.callbacks) > 0 }

func newCognitoRelay(config Config) *cognitoRelay {
	relay := &cognitoRelay{
		authorizationEndpoint: config.AuthorizationEndpoint,
		tokenEndpoint:         config.TokenEndpoint,
		revocationEndpoint:    config.RevocationEndpoint,
		resources:             []string{config.BaseURL, strings.TrimSuffix(config.DatastoreEndpoint, "/")},
		clients:               make(map[string]client, len(config.Clients)),
		transport:             config.Transport,
		now:                   config.Now,
	}
	for _, c := range config.Clients {
		known := client{c.ID, c.CallbackURLs, c.Scopes, originsOf(c.CallbackURLs)}
		relay.clients[c.ID] = known
		relay.apps = append(relay.apps, known.origins...)
	}
	return relay
}

// isOurs reports whether a token for the resource is one for this FHIR API: its base
// URL, or the datastore's own endpoint, with or without a slash at the end.
func (s *cognitoRelay) isOurs(resource string) bool {
	resource = strings.TrimSuffix(resource, "/")
	return resource == s.resources[0] || resource == s.resources[1]
}

// cognitoTimeout is how long Cognito may take for one call. Its own trigger has five
// seconds of it.
const cognitoTimeout = 10 * time.Second

// maxCognitoAnswer bounds what is read of an answer of Cognito, in bytes.
const maxCognitoAnswer = 256 << 10

// cognitoAnswer is what Cognito said.
type cognitoAnswer struct {
	status     int
	body       []byte
	retryAfter string
}

// call sends parameters to an endpoint of Cognito. It follows no redirect: a client's
// secret is for that endpoint alone.
func (s *cognitoRelay) call(ctx context.Context, endpoint string, parameters url.Values, authorization string) (cognitoAnswer, *oauthError) {
	ctx, cancel := context.WithTimeout(ctx, cognitoTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(parameters.Encode()))
	if err != nil {
		return cognitoAnswer{}, noAnswer(err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	started := s.now()
	defer func() { recordOf(ctx).upstream = s.now().Sub(started) }()
	response, err := s.transport.RoundTrip(request)
	if err != nil {
		return cognitoAnswer{}, noAnswer(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read as far as it counts
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(response.Body, maxCognitoAnswer+1))
	if given := ctx.Err(); given != nil { // the answer may have ended because it was given up
		err = given
	}
	switch {
	case err != nil:
		return cognitoAnswer{}, noAnswer(err)
	case n > maxCognitoAnswer:
		return cognitoAnswer{}, notUnderstood()
	}
	return cognitoAnswer{response.StatusCode, body.Bytes(), response.Header.Get("Retry-After")}, nil
}

// noAnswer is the error where Cognito could not be asked, or not in time. A code that was
// sent along may have been used up.
func noAnswer(err error) *oauthError {
	if errors.Is(err, context.DeadlineExceeded) {
		return &oauthError{http.StatusGatewayTimeout, serverError, "The authorization server took too long. Try again, or start the sign-in again."}
	}
	return &oauthError{http.StatusBadGateway, serverError, "The authorization server cannot be reached. Try again, or start the sign-in again."}
}

// notUnderstood is the error where Cognito's answer is none that it documents: a page, a
// redirect, or a token of another client.
func notUnderstood() *oauthError {
	return &oauthError{http.StatusBadGateway, serverError, "The authorization server gave an answer that is none. Try again, or start the sign-in again."}
}
