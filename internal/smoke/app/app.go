// Package app is an app that uses a stack: it reads the discovery document and the key
// set, requests a token, sends FHIR requests, reads their answers, and makes invalid
// tokens out of valid ones.
//
//	a, err := app.New(stack.Base(), http.DefaultClient, 15*time.Second)
//	document, err := a.Discover(ctx, credentials)
//	configuration, err := document.Configuration()
//	answer, err := a.RequestToken(ctx, configuration.TokenEndpoint, client, "system/*.rs")
//	token, err := answer.Token()
//	found, err := a.FHIR(ctx, app.Request{Path: "Patient?_count=1", Token: token.AccessToken})
//
// The smoke test, the walk of the local cloud and the sample app on its page are this app:
// they choose the requests and say what happened. This package prints nothing and repeats
// no request. No error of its own holds a token, a secret or a patient's data; an error of
// the HTTP client names the URL.
package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
)

// maxBody is the longest answer that is read.
const maxBody = 8 << 20

// App sends the requests of an app to one stack. It is safe for concurrent use.
type App struct {
	base     string
	timeout  time.Duration
	http     *http.Client
	requests atomic.Int64
}

// New returns an app for a FHIR base URL, a front door's or a datastore's, with a slash at
// its end.
// The client decides which certificates are trusted; redirects are never followed,
// whatever it says: a token is for one server. A request takes at most the timeout.
func New(base string, client *http.Client, timeout time.Duration) (*App, error) {
	if err := outputs.CheckURL(base); err != nil {
		return nil, fmt.Errorf("the FHIR base URL: %w", err)
	}
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &App{base: base, timeout: timeout, http: &own}, nil
}

// Close closes the connections that wait for another request.
func (a *App) Close() { a.http.CloseIdleConnections() }

// Requests is the number of requests sent so far.
func (a *App) Requests() int { return int(a.requests.Load()) }

// DiscoveryURL is where the discovery document is.
func (a *App) DiscoveryURL() string { return a.base + ".well-known/smart-configuration" }

// Discover requests the discovery document: see [Answer.Configuration]. HealthLake
// documents this request with a signature; credentials are nil where it goes without one.
func (a *App) Discover(ctx context.Context, credentials *Credentials) (Answer, error) {
	return a.send(ctx, http.MethodGet, a.DiscoveryURL(), credentials.sign)
}

// Describe requests the capability statement, signed like the discovery document.
func (a *App) Describe(ctx context.Context, credentials *Credentials) (Answer, error) {
	return a.send(ctx, http.MethodGet, a.URL("metadata"), credentials.sign)
}

// Fetch requests a public document, such as a key set, at an absolute https URL.
func (a *App) Fetch(ctx context.Context, address string) (Answer, error) {
	return a.send(ctx, http.MethodGet, address, func(*http.Request) error { return nil })
}

// RequestToken requests an access token with the client credentials grant and a scope
// parameter, empty for none: see [Answer.Token]. The client authenticates with its ID
// and its secret (RFC 6749, 2.3.1).
func (a *App) RequestToken(ctx context.Context, endpoint string, client outputs.App, scope string) (Answer, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if scope != "" {
		form.Set("scope", scope)
	}
	return a.send(ctx, http.MethodPost, endpoint, func(request *http.Request) error {
		setBody(request, "application/x-www-form-urlencoded", form.Encode())
		authenticate(request, client)
		return nil
	})
}

// Request is a FHIR request.
type Request struct {
	Method   string // GET if empty
	Path     string // below the base, such as Patient?_count=1
	Token    string // bearer token; empty for none
	Resource string // body, FHIR JSON; empty for none
}

// URL is where a FHIR request with a path goes.
func (a *App) URL(path string) string { return a.base + path }

// FHIR sends a FHIR request.
func (a *App) FHIR(ctx context.Context, r Request) (Answer, error) {
	return a.send(ctx, r.Method, a.URL(r.Path), func(request *http.Request) error {
		if r.Token != "" {
			request.Header.Set("Authorization", "Bearer "+r.Token)
		}
		if r.Resource != "" {
			setBody(request, "application/fhir+json", r.Resource)
		}
		return nil
	})
}

// send sends one request, over https only.
func (a *App) send(ctx context.Context, method, address string, prepare func(*http.Request) error) (Answer, error) {
	if err := outputs.CheckURL(strings.SplitN(address, "?", 2)[0]); err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Accept", "application/fhir+json, application/json")
	if err := prepare(request); err != nil {
		return Answer{}, err
	}
	a.requests.Add(1)
	began := time.Now()
	response, err := a.http.Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return Answer{}, fmt.Errorf("no whole answer: %w", err)
	}
	if len(body) > maxBody {
		return Answer{}, fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body, Took: time.Since(began)}, nil
}

func setBody(request *http.Request, contentType, body string) {
	request.Header.Set("Content-Type", contentType)
	request.Body = io.NopCloser(strings.NewReader(body))
	request.ContentLength = int64(len(body))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
}
