package local

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// Step is one step of the way of a request, as it happened.
type Step struct {
	Number int    // 1 to 10; 0 for a refusal
	From   string // who spoke
	To     string // to whom
	What   string // what was said, secrets left out
	Took   time.Duration
	Err    error // why the step is not what it must be
}

const noAnswer = "no answer"

// Walk goes the way of a request as an app would - discovery, token, request,
// validation, data - and then tries two requests that must be refused. It reports
// each step, and returns an error if one is not as it must be.
func (c *Cloud) Walk(ctx context.Context, report func(Step)) error {
	w := walk{cloud: c, http: c.client(), report: report}
	defer w.http.CloseIdleConnections()
	for _, part := range []func(context.Context) error{w.discover, w.obtainToken, w.readData, w.refusals} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// client is an app's HTTP client, which trusts the cloud's certificate alone and
// never leaves this machine, whatever a document or a redirect says.
func (c *Cloud) client() *http.Client {
	return &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			DialContext:     dialLoopback,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots()},
		},
	}
}

// dialLoopback refuses names too: to look one up would ask the network.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().IsLoopback() {
		return nil, fmt.Errorf("%s is no loopback address: the walk stays on this machine", address)
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, address)
}

// walk is an app and what it learned on its way.
type walk struct {
	cloud  *Cloud
	http   *http.Client
	report func(Step)

	discovery smart.Configuration
	client    Client
	token     string
}

func (w *walk) tell(s Step) error {
	w.report(s)
	if s.Err != nil {
		return fmt.Errorf("%s to %s: %s: %w", s.From, s.To, s.What, s.Err)
	}
	return nil
}

// discover is steps 1 and 2.
func (w *walk) discover(ctx context.Context) error {
	address := w.cloud.Datastore + ".well-known/smart-configuration"
	if err := w.tell(Step{Number: 1, From: "app", To: "HealthLake", What: "GET " + address}); err != nil {
		return err
	}
	answer, err := w.do(ctx, http.MethodGet, address, "", nil)
	if err != nil {
		return w.tell(Step{Number: 2, From: "HealthLake", To: "app", What: noAnswer, Err: err})
	}
	s := Step{Number: 2, From: "HealthLake", To: "app", Took: answer.took, Err: json.Unmarshal(answer.body, &w.discovery)}
	if s.Err == nil && (answer.status != http.StatusOK || string(answer.body) != w.cloud.Discovery) {
		s.Err = errors.New("not the declared discovery document")
	}
	s.What = fmt.Sprintf("%d, token_endpoint %s, capabilities %s",
		answer.status, w.discovery.TokenEndpoint, strings.Join(w.discovery.Capabilities, " "))
	return w.tell(s)
}

// obtainToken is steps 3 and 4.
func (w *walk) obtainToken(ctx context.Context) error {
	client, ok := w.cloud.Service()
	if !ok {
		return errors.New("the stack has no client of kind service: the walk needs one that gets a token without a user")
	}
	w.client = client
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {client.SystemScope()}}
	if err := w.tell(Step{Number: 3, From: "app", To: "Cognito", What: fmt.Sprintf(
		"POST %s grant_type=client_credentials scope=%q as client %s", w.discovery.TokenEndpoint, form.Get("scope"), w.client.Name)}); err != nil {
		return err
	}
	answer, err := w.do(ctx, http.MethodPost, w.discovery.TokenEndpoint, form.Encode(), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(w.client.ID, w.client.Secret)
	})
	if err != nil {
		return w.tell(Step{Number: 4, From: "Cognito", To: "app", What: noAnswer, Err: err})
	}
	var token struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		Error       string `json:"error"`
	}
	s := Step{Number: 4, From: "Cognito", To: "app", Took: answer.took, Err: json.Unmarshal(answer.body, &token)}
	if w.token = token.AccessToken; s.Err == nil && w.token == "" {
		s.Err = fmt.Errorf("no token: %s", token.Error)
	}
	s.What = fmt.Sprintf("%d, an access token of %d bytes, valid for %d s", answer.status, len(w.token), token.ExpiresIn)
	return w.tell(s)
}

// readData is steps 5 to 10. What passes between HealthLake, the validator and
// Cognito is told by them afterwards.
func (w *walk) readData(ctx context.Context) error {
	address := w.cloud.Datastore + w.client.Searchable() + "?_count=3"
	if err := w.tell(Step{Number: 5, From: "app", To: "HealthLake", What: "GET " + address + " with the token"}); err != nil {
		return err
	}
	answer, err := w.do(ctx, http.MethodGet, address, "", w.bearer(w.token))
	if err != nil {
		return w.tell(Step{Number: 10, From: "HealthLake", To: "app", What: noAnswer, Err: err})
	}
	decision, keySets := w.cloud.lastDecision()
	if len(decision.Event) == 0 {
		return w.tell(Step{Number: 6, From: "HealthLake", To: "validator", What: "nothing: it did not ask",
			Err: fmt.Errorf("the app got %d: %s", answer.status, answer.body)})
	}
	for _, s := range validationSteps(decision, keySets) {
		if err := w.tell(s); err != nil {
			return err
		}
	}
	var bundle struct {
		ResourceType string `json:"resourceType"`
		Total        int    `json:"total"`
	}
	s := Step{Number: 10, From: "HealthLake", To: "app", Took: answer.took, Err: json.Unmarshal(answer.body, &bundle)}
	s.What = fmt.Sprintf("%d, %s with a total of %d", answer.status, bundle.ResourceType, bundle.Total)
	if s.Err == nil && (answer.status != http.StatusOK || bundle.ResourceType != "Bundle") {
		s.Err = fmt.Errorf("not the data: %s", answer.body)
	}
	if s.Err == nil && w.cloud.preloaded && bundle.Total == 0 {
		s.Err = errors.New("the datastore was preloaded, and yet nothing was found")
	}
	return w.tell(s)
}

// validationSteps are steps 6 to 9.
func validationSteps(d healthlake.Decision, keySets []cognito.KeySetRequest) []Step {
	var event validator.Event
	var answer validator.Answer
	eventErr := json.Unmarshal(d.Event, &event)
	start := "warm"
	if d.Reply.ColdStart {
		start = "cold start"
	}
	steps := []Step{{Number: 6, From: "HealthLake", To: "validator", Err: eventErr, What: fmt.Sprintf(
		"operationName %s, datastoreId %s, bearerToken of %d bytes (%s)", event.OperationName, event.DatastoreID, d.TokenBytes, start)}}
	asked, given := "the key set is known already", "nothing"
	if index := slices.IndexFunc(keySets, func(k cognito.KeySetRequest) bool { return k.Time.After(d.Asked) }); index >= 0 {
		asked, given = "GET the key set", "keys "+strings.Join(keySets[index].KeyIDs, ", ")
	}
	steps = append(steps,
		Step{Number: 7, From: "validator", To: "Cognito", What: asked},
		Step{Number: 8, From: "Cognito", To: "validator", What: given})
	last := Step{Number: 9, From: "validator", To: "HealthLake", Took: d.Answered.Sub(d.Asked), Err: d.Err}
	if last.Err == nil {
		last.Err = json.Unmarshal(d.Reply.Answer, &answer)
	}
	if last.Err == nil && !answer.Authorized() {
		last.Err = fmt.Errorf("refused: %s", answer.AuthPayload.Error)
	}
	last.What = fmt.Sprintf("isAuthorized %q, scope %q, role %s", answer.AuthPayload.IsAuthorized, answer.AuthPayload.Scope, answer.IAMRoleARN)
	return append(steps, last)
}

// refusals tries what must not pass.
func (w *walk) refusals(ctx context.Context) error {
	for _, attempt := range []struct {
		name, token, want string
	}{
		{"no token", "", "no bearer token"},
		{"a tampered token", tamper(w.token), string(validator.SignatureInvalid)},
	} {
		answer, err := w.do(ctx, http.MethodGet, w.cloud.Datastore+w.client.Searchable(), "", w.bearer(attempt.token))
		var outcome struct {
			ResourceType string `json:"resourceType"`
			Issue        []struct {
				Diagnostics string `json:"diagnostics"`
			} `json:"issue"`
		}
		s := Step{From: "app", To: "HealthLake", Took: answer.took, Err: err, What: attempt.name + ": " + noAnswer}
		if err == nil {
			s.Err = json.Unmarshal(answer.body, &outcome)
		}
		if s.Err == nil && len(outcome.Issue) == 1 {
			s.What = fmt.Sprintf("%s: %d, %s", attempt.name, answer.status, outcome.Issue[0].Diagnostics)
		}
		if s.Err == nil && (answer.status != http.StatusUnauthorized || !strings.Contains(s.What, attempt.want)) {
			s.Err = fmt.Errorf("want a refusal with status 401 and %q, got %d: %s", attempt.want, answer.status, answer.body)
		}
		if err := w.tell(s); err != nil {
			return err
		}
	}
	return nil
}

// tamper changes one character in the middle of a token's signature.
func tamper(token string) string {
	at := len(token) - 40
	replacement := "A"
	if token[at] == 'A' {
		replacement = "B"
	}
	return token[:at] + replacement + token[at+1:]
}

func (w *walk) bearer(token string) func(*http.Request) {
	return func(r *http.Request) {
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
	}
}

type answer struct {
	status int
	body   []byte
	took   time.Duration
}

func (w *walk) do(ctx context.Context, method, address, body string, prepare func(*http.Request)) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if prepare != nil {
		prepare(request)
	}
	started := time.Now()
	response, err := w.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	return answer{response.StatusCode, content, time.Since(started)}, err
}

// lastDecision returns the last question to the validator and all requests for the
// key set that are remembered.
func (c *Cloud) lastDecision() (healthlake.Decision, []cognito.KeySetRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.decisions) == 0 {
		return healthlake.Decision{Err: errors.New("HealthLake asked nothing")}, nil
	}
	return c.decisions[len(c.decisions)-1], slices.Clone(c.keySets)
}
