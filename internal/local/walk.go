package local

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/decision"
	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
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

	// LeftOut is how many steps and refusals the walk does not take in this cloud: What says
	// which, and why. 0 for a step that was taken.
	LeftOut int
}

const (
	noAnswer   = "no answer"
	appTimeout = 10 * time.Second

	// The parties that an app talks to.
	theDatastore = "HealthLake"
	theServer    = "Cognito"
	theDoor      = "front door"
)

// Walk goes the way of a request as an app would - discovery, token, request,
// validation, data - and then tries two requests that must be refused. It reports
// each step, and returns an error if one is not as it must be. The app knows the front
// door alone, where the stack has one. It is a service, if the stack has one. Otherwise a
// user signs in, as with a browser. It reports the steps for which the stack has neither.
func (c *Cloud) Walk(ctx context.Context, report func(Step)) error {
	a, err := app.New(c.FHIRBase, c.client(), appTimeout)
	if err != nil {
		return err
	}
	defer a.Close()
	w := walk{cloud: c, app: a, report: report, signer: c.signer(), fhir: theDatastore, server: theServer}
	if c.FrontDoor != "" {
		w.fhir, w.server = theDoor, theDoor
	}
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
		Timeout: appTimeout,
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

// walk tells what an app does, and keeps what it learned on its way.
type walk struct {
	cloud  *Cloud
	app    *app.App
	report func(Step)
	signer *app.Credentials // of the request for the discovery document; nil where it is public
	// fhir and server are whom the app asks for data and for tokens.
	fhir, server string

	discovery smart.Configuration
	name      string // of the client
	token     string // empty if the stack has no client and user to get one
	search    string // a resource type that the token may search; empty if there is none
	found     bool   // whether the search must find something
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
	asked := "GET " + w.app.DiscoveryURL()
	if w.signer != nil {
		asked += ", signed with AWS credentials: HealthLake documents no other way"
	}
	if err := w.tell(Step{Number: 1, From: "app", To: w.fhir, What: asked}); err != nil {
		return err
	}
	answer, err := w.app.Discover(ctx, w.signer)
	if err != nil {
		return w.tell(Step{Number: 2, From: w.fhir, To: "app", What: noAnswer, Err: err})
	}
	s := Step{Number: 2, From: w.fhir, To: "app", Took: answer.Took}
	w.discovery, s.Err = answer.Configuration()
	if s.Err == nil && string(answer.Body) != w.cloud.Discovery {
		s.Err = errors.New("not the declared discovery document")
	}
	s.What = fmt.Sprintf("%d, token_endpoint %s, capabilities %s",
		answer.Status, w.discovery.TokenEndpoint, strings.Join(w.discovery.Capabilities, " "))
	return w.tell(s)
}

// obtainToken is steps 3 and 4.
func (w *walk) obtainToken(ctx context.Context) error {
	if client, ok := w.cloud.Service(); ok {
		return w.obtainServiceToken(ctx, client)
	}
	if visit, ok := w.cloud.visit(); ok {
		return w.signIn(ctx, visit)
	}
	return w.tell(Step{LeftOut: 9, What: "steps 3 to 10 and the refusal of a tampered token: the stack has no client of kind service, " +
		"and no user of whom a scope counts at a client with callbackUrls"})
}

func (w *walk) obtainServiceToken(ctx context.Context, client Client) error {
	endpoint, scope := w.discovery.TokenEndpoint, client.SystemScope()
	w.name = client.Name
	w.search = searchable(strings.Fields(scope))
	w.found = w.cloud.preloaded
	if err := w.tell(Step{Number: 3, From: "app", To: w.server, What: fmt.Sprintf(
		"POST %s grant_type=client_credentials scope=%q as client %s", endpoint, scope, client.Name)}); err != nil {
		return err
	}
	answer, err := w.app.RequestToken(ctx, endpoint, client.app(), scope)
	return w.receive(answer, err, "")
}

// signIn is steps 3 and 4 where a user has to sign in.
func (w *walk) signIn(ctx context.Context, visit app.Visit) error {
	counting := visit.User.Counting(visit.Client.Client)
	w.name = visit.Client.Name
	w.search = searchable(counting)
	// What a declared user may see, the stack decides.
	w.found = w.cloud.preloaded && w.search == "Patient" && w.cloud.madeUp(visit.User)
	if err := w.tell(Step{Number: 3, From: "app", To: w.server, What: fmt.Sprintf(
		"GET %s scope=%q as client %s, user %s signs in, POST %s grant_type=authorization_code",
		w.discovery.AuthorizationEndpoint, strings.Join(visit.Client.Scopes, " "), visit.Client.Name, visit.User.Name, w.discovery.TokenEndpoint)}); err != nil {
		return err
	}
	answer, err := w.app.SignIn(ctx, w.discovery.AuthorizationEndpoint, w.discovery.TokenEndpoint, visit)
	return w.receive(answer, err, " of user "+visit.User.Name)
}

// visit is the first user who can search with a client, or else do anything with one.
func (c *Cloud) visit() (app.Visit, bool) {
	var clients []outputs.App
	for _, client := range c.Clients {
		clients = append(clients, client.app())
	}
	visits := app.Visits(clients, c.visitors)
	if len(visits) == 0 {
		return app.Visit{}, false
	}
	searches := func(v app.Visit) bool { return searchable(v.User.Counting(v.Client.Client)) != "" }
	return visits[max(0, slices.IndexFunc(visits, searches))], true
}

// madeUp reports whether the local cloud made a user up, of its synthetic data.
func (c *Cloud) madeUp(user app.User) bool {
	return slices.ContainsFunc(c.Users, func(shown User) bool { return shown.Name == user.Name && shown.Password != "" })
}

// receive is step 4.
func (w *walk) receive(answer app.Answer, err error, of string) error {
	if err != nil {
		return w.tell(Step{Number: 4, From: w.server, To: "app", What: noAnswer, Err: err})
	}
	token, err := answer.Token()
	w.token = token.AccessToken
	return w.tell(Step{Number: 4, From: w.server, To: "app", Took: answer.Took, Err: err, What: fmt.Sprintf(
		"%d, an access token%s of %d bytes, valid for %d s", answer.Status, of, len(token.AccessToken), token.ExpiresIn)})
}

// readData is steps 5 to 10. What passes between HealthLake, the validator and
// Cognito is told by them afterwards.
func (w *walk) readData(ctx context.Context) error {
	switch {
	case w.token == "":
		return nil // which was said
	case w.search == "":
		return w.tell(Step{LeftOut: 6, What: "steps 5 to 10: client " + w.name + " has no scope to search with"})
	}
	search := app.Request{Path: w.search + "?_count=3", Token: w.token}
	if err := w.tell(Step{Number: 5, From: "app", To: w.fhir, What: "GET " + w.app.URL(search.Path) + " with the token"}); err != nil {
		return err
	}
	answer, err := w.app.FHIR(ctx, search)
	if err != nil {
		return w.tell(Step{Number: 10, From: w.fhir, To: "app", What: noAnswer, Err: err})
	}
	made, keySets := w.cloud.lastDecision()
	if len(made.Event) == 0 {
		return w.tell(Step{Number: 6, From: theDatastore, To: "validator", What: "nothing: it did not ask",
			Err: fmt.Errorf("the app got %d: %s", answer.Status, answer.Resource().Diagnostics())})
	}
	for _, s := range validationSteps(made, keySets) {
		if err := w.tell(s); err != nil {
			return err
		}
	}
	bundle, err := answer.Found()
	s := Step{Number: 10, From: w.fhir, To: "app", Took: answer.Took, Err: err, What: answer.Said()}
	if s.Err == nil {
		s.What = fmt.Sprintf("%d, Bundle with a total of %d", answer.Status, bundle.Total)
	}
	if s.Err == nil && w.found && bundle.Total == 0 {
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
	steps := []Step{{Number: 6, From: theDatastore, To: "validator", Err: eventErr, What: fmt.Sprintf(
		"operationName %s, datastoreId %s, bearerToken of %d bytes (%s)", event.OperationName, event.DatastoreID, d.TokenBytes, start)}}
	asked, given := "the key set is known already", "nothing"
	if index := slices.IndexFunc(keySets, func(k cognito.KeySetRequest) bool { return k.Time.After(d.Asked) }); index >= 0 {
		asked, given = "GET the key set", "keys "+strings.Join(keySets[index].KeyIDs, ", ")
	}
	steps = append(steps,
		Step{Number: 7, From: "validator", To: theServer, What: asked},
		Step{Number: 8, From: theServer, To: "validator", What: given})
	last := Step{Number: 9, From: "validator", To: theDatastore, Took: d.Answered.Sub(d.Asked), Err: d.Err}
	if last.Err == nil {
		last.Err = json.Unmarshal(d.Reply.Answer, &answer)
	}
	if last.Err == nil && !answer.Authorized() {
		last.Err = fmt.Errorf("refused: %s: %s", answer.AuthPayload.Error, decision.OfReason(answer.AuthPayload.Error))
	}
	last.What = fmt.Sprintf("isAuthorized %q, scope %q, role %s", answer.AuthPayload.IsAuthorized, answer.AuthPayload.Scope, answer.IAMRoleARN)
	return append(steps, last)
}

// refusals tries what must not pass: the second one only with a token to tamper with.
func (w *walk) refusals(ctx context.Context) error {
	withoutToken, status := "MissingAuthenticationTokenException", http.StatusForbidden
	switch {
	case w.cloud.FrontDoor != "":
		withoutToken, status = "login", http.StatusUnauthorized
	case w.cloud.lenient:
		withoutToken, status = "no bearer token", http.StatusUnauthorized
	}
	type attempt struct {
		name, token string
		status      int
		want        string
	}
	attempts := []attempt{{"no token", "", status, withoutToken}}
	if w.token != "" {
		tampered, err := app.ChangedSignature(w.token)
		if err != nil {
			return err
		}
		attempts = append(attempts, attempt{"a tampered token", tampered, http.StatusUnauthorized, string(validator.SignatureInvalid)})
	}
	for _, attempt := range attempts {
		answer, err := w.app.FHIR(ctx, app.Request{Path: cmp.Or(w.search, "Patient"), Token: attempt.token})
		s := Step{From: "app", To: w.fhir, Took: answer.Took, Err: err, What: attempt.name + ": " + noAnswer}
		if err == nil {
			s.What = attempt.name + ": " + answer.Said()
			s.Err = answer.Refused()
		}
		if s.Err == nil && (answer.Status != attempt.status || !strings.Contains(s.What, attempt.want)) {
			s.Err = fmt.Errorf("expected a refusal with status %d and %q, got %s", attempt.status, attempt.want, answer.Said())
		}
		if err := w.tell(s); err != nil {
			return err
		}
	}
	return nil
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
