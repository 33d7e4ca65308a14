// Package smoke checks a stack that runs - on AWS, or in the local cloud - as an app
// would meet it: the discovery document, the key set, a token for every service
// client, reading and searching, and above all that what must be refused is refused. In a
// local cloud without a service client, users sign in.
//
// A check passes only on evidence. A refusal counts only with status 401 or 403, for
// no failure of the service, and only where the same request with a valid token went
// through; what could not be tried is skipped and says why, and is never counted as
// passed. Nothing is changed unless [Options.Write] says so.
//
// No token and no secret appears in a result, whatever a server answers.
package smoke

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// Status of a check.
type Status string

// What becomes of a check.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Result is what became of a check.
type Result struct {
	Name     string
	Status   Status
	Took     time.Duration
	Attempts int    // how often the request was sent; 0 where none was
	Detail   string // what was seen, or why the check failed or was skipped
}

// Options of [Run].
type Options struct {
	// Stack is what to check. Its datastore endpoint is required; what else is empty is taken
	// from the discovery document, or not checked.
	Stack outputs.Outputs
	// Users of a local cloud: where the stack has no service client, the first who can do
	// something with a client signs in there. Nil for a stack on AWS, whose users' passwords
	// are not the smoke test's to know.
	Users []app.User
	// Client sends the requests; it decides which certificates are trusted. Redirects
	// are never followed, whatever it says: a token is for one server.
	Client *http.Client
	// Credentials sign the requests for the discovery document and the capability
	// statement where the stack has no front door, as AWS documents them for HealthLake.
	// Nil: they are sent without, and skipped if they are refused.
	Credentials *app.Credentials
	// Timeout of one request; 0 is 15 s.
	Timeout time.Duration
	// Write creates a resource, changes it, reads it back and deletes it.
	Write bool
	// Expired waits until a token has expired, at most [MaxWait], to see it refused.
	Expired bool
	// Started, if set, is called before a check with its name.
	Started func(name string)

	sleep func(context.Context, time.Duration) error // replaced in tests
}

const (
	// MaxWait is the longest that a run waits for a token to expire.
	MaxWait = 65 * time.Minute

	defaultTimeout = 15 * time.Second
	retryPause     = 2 * time.Second
	maxAttempts    = 4
)

// Run makes all checks in turn and returns what became of each. The error says why
// they could not be made; failed checks are no error. It ends early when ctx does,
// with ctx's error and the results so far.
func Run(ctx context.Context, options Options) ([]Result, error) {
	r, err := newRun(options)
	if err != nil {
		return nil, err
	}
	defer r.app.Close()
	for _, group := range []func(context.Context){r.discover, r.obtainTokens, r.useTokens, r.refuseAtDatastore, r.refuseAtTokenEndpoint, r.refuseOtherUsers, r.write, r.expire} {
		group(ctx)
		if ctx.Err() != nil {
			return r.results, ctx.Err()
		}
	}
	return r.results, nil
}

// run is a run and what it learned on its way.
type run struct {
	Options
	app     *app.App
	secrets *secrets
	results []Result

	tokenEndpoint string
	jwksURI       string
	issuer        string
	keys          app.KeySet // nil if the key set was not read
	sessions      []*session
}

// session is a service client, or a user at another client, the token and what that can do.
type session struct {
	outputs.App
	user     *app.User // nil for a service
	token    string
	idToken  string   // of a user
	scopes   []string // of the token, that count
	expires  time.Time
	lifetime time.Duration
	search   string // a search that the token went through with, as a path; empty if none did
	typ      string // its resource type
}

func newRun(options Options) (*run, error) {
	stack := options.Stack
	if options.Client == nil {
		options.Client = &http.Client{}
	}
	if stack.HasFrontDoor() {
		options.Credentials = nil // it serves both documents to everybody
	}
	a, err := app.New(stack.Base(), options.Client, cmp.Or(options.Timeout, defaultTimeout))
	if err != nil {
		return nil, err
	}
	r := &run{Options: options, app: a, secrets: newSecrets(stack), tokenEndpoint: stack.TokenEndpoint, jwksURI: stack.JWKSURI, issuer: stack.Issuer}
	if c := options.Credentials; c != nil {
		r.secrets.add(c.SecretAccessKey)
		r.secrets.add(c.SessionToken)
	}
	for _, client := range stack.Apps(outputs.Service) {
		r.sessions = append(r.sessions, &session{App: client})
	}
	if len(r.sessions) == 0 {
		r.visit()
	}
	if r.sleep == nil {
		r.sleep = sleep
	}
	return r, nil
}

// visit makes a session for each client with users, of the first user who can do something
// there.
func (r *run) visit() {
	for _, user := range r.Users {
		r.secrets.add(user.Password)
	}
	for _, visit := range app.Visits(r.Stack.Apps(outputs.Confidential, outputs.Public), r.Users) {
		if last := len(r.sessions) - 1; last < 0 || r.sessions[last].Name != visit.Client.Name {
			r.sessions = append(r.sessions, &session{App: visit.Client, user: &visit.User})
		}
	}
}

// typeWith is a resource type on which the token holds the permissions: see
// [outputs.TypeWith].
func (s *session) typeWith(permissions smart.Permissions, preferred ...string) (string, bool) {
	if s.user != nil {
		return outputs.UserTypeWith(s.scopes, permissions, preferred...)
	}
	return outputs.TypeWith(s.scopes, permissions, preferred...)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// skip is why a check could not be made.
type skip string

func (s skip) Error() string { return string(s) }

// check makes one check and keeps what became of it. A check that the end of the run
// cut short has no result.
func (r *run) check(ctx context.Context, name string, try func(context.Context) (detail string, err error)) {
	if ctx.Err() != nil {
		return
	}
	if r.Started != nil {
		r.Started(name)
	}
	sent := r.app.Requests()
	began := time.Now()
	detail, err := try(ctx)
	if ctx.Err() != nil {
		return
	}
	result := Result{Name: name, Status: Passed, Took: time.Since(began), Attempts: r.app.Requests() - sent, Detail: detail}
	var skipped skip
	switch {
	case errors.As(err, &skipped):
		result.Status, result.Detail = Skipped, err.Error()
	case err != nil:
		result.Status, result.Detail = Failed, err.Error()
	}
	result.Detail = r.secrets.scrub(result.Detail)
	r.results = append(r.results, result)
}

// again repeats a request while its answer is one that a service gives until a change
// has reached all of it, a few times.
func (r *run) again(ctx context.Context, send func(context.Context) (app.Answer, error), unsettled func(app.Answer) bool) (app.Answer, error) {
	for attempt := 1; ; attempt++ {
		a, err := send(ctx)
		if err != nil || attempt == maxAttempts || !unsettled(a) {
			return a, err
		}
		if err := r.sleep(ctx, retryPause); err != nil {
			return a, err
		}
	}
}

// capable is the first session whose token has the permissions on some type, and that
// type; nil if there is none.
func (r *run) capable(permissions smart.Permissions, preferred ...string) (*session, string) {
	for _, s := range r.sessions {
		if s.token == "" {
			continue
		}
		if typ, ok := s.typeWith(permissions, preferred...); ok {
			return s, typ
		}
	}
	return nil, ""
}
