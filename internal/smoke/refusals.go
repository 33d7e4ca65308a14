package smoke

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/smart"
)

const (
	// margin is waited beyond the end of a token: clocks differ.
	margin = 35 * time.Second

	noControl = skip("no search with a valid token went through, so a refusal would prove nothing")
)

// refused holds an answer against what a refusal of the token looks like: 401 or 403,
// no FHIR resource but an OperationOutcome, and no failure of the service behind it.
func (a answer) refused() error {
	var body outcome
	isJSON := json.Unmarshal(a.body, &body) == nil
	switch {
	case a.status >= 200 && a.status < 300:
		return fmt.Errorf("IT WENT THROUGH with %d: want 401 or 403", a.status)
	case a.status != http.StatusUnauthorized && a.status != http.StatusForbidden:
		return fmt.Errorf("want 401 or 403, got %s, which is no refusal", a.said())
	case isJSON && body.ResourceType != "" && body.ResourceType != "OperationOutcome":
		return fmt.Errorf("refused with %d, but the answer holds a %s all the same", a.status, body.ResourceType)
	}
	for _, issue := range body.Issue {
		if slices.Contains(failures, issue.Code) || strings.Contains(strings.ToLower(issue.Diagnostics), "timeout") {
			return fmt.Errorf("refused because the validator failed, not because of the token: %s", a.said())
		}
	}
	return nil
}

// failures are the codes by which an OperationOutcome tells of trouble in the server
// (http://hl7.org/fhir/R4/valueset-issue-type.html, "exception" and "transient").
var failures = []string{"exception", "timeout", "throttled", "transient", "lock-error", "no-store", "incomplete"}

// controlled is the first session whose search went through: what a refusal is held
// against.
func (r *run) controlled() *session {
	for _, s := range r.sessions {
		if s.search != "" {
			return s
		}
	}
	return nil
}

// refuseAtDatastore tries what the datastore must refuse, each time with the search
// that a valid token went through with.
func (r *run) refuseAtDatastore(ctx context.Context) {
	s := r.controlled()
	try := func(name string, forge func() (string, error)) {
		r.check(ctx, "refused: "+name, func(ctx context.Context) (string, error) {
			if s == nil {
				return "", noControl
			}
			token, err := forge()
			if err != nil {
				return "", err
			}
			r.secrets.add(token)
			return r.mustRefuse(ctx, s.search, token)
		})
	}
	try("no token", func() (string, error) { return "", nil })
	for _, f := range forgeries {
		try(f.name, func() (string, error) {
			g, err := readGenuine(s.token, r.keys)
			if err != nil {
				return "", err
			}
			return f.forge(g)
		})
	}
	r.check(ctx, "refused: an ID token", func(context.Context) (string, error) {
		return "", skip("only users get ID tokens, and no user signs in here")
	})
	r.check(ctx, "refused: a read-only token that deletes", r.refuseWrite)
	r.check(ctx, "still granted: the valid token", func(ctx context.Context) (string, error) {
		if s == nil {
			return "", noControl
		}
		return r.mustPass(ctx, s)
	})
}

// mustPass repeats the search with the valid token, to see that what was refused in
// between was refused for the token's sake.
func (r *run) mustPass(ctx context.Context, s *session) (string, error) {
	a, err := r.send(ctx, http.MethodGet, r.Stack.DatastoreEndpoint+s.search, s.token, nil)
	if err != nil {
		return "", err
	}
	if a.status != http.StatusOK {
		return "", fmt.Errorf("want 200, got %s: the refusals prove nothing", a.said())
	}
	return a.said(), nil
}

func (r *run) mustRefuse(ctx context.Context, path, token string) (string, error) {
	a, err := r.send(ctx, http.MethodGet, r.Stack.DatastoreEndpoint+path, token, nil)
	if err != nil {
		return "", err
	}
	return a.said(), a.refused()
}

// refuseWrite deletes, with a token that only reads, a resource that does not exist:
// it harms nothing even where the deletion goes through.
func (r *run) refuseWrite(ctx context.Context) (string, error) {
	for _, s := range r.sessions {
		if s.search == "" || !readOnly(s.scopes) {
			continue
		}
		nobody := "smartlake-smoke-" + strings.ToLower(rand.Text()[:20])
		a, err := r.send(ctx, http.MethodDelete, r.Stack.DatastoreEndpoint+s.typ+"/"+nobody, s.token, nil)
		if err != nil {
			return "", err
		}
		return "as " + s.Name + ": " + a.said(), a.refused()
	}
	if r.controlled() == nil {
		return "", noControl
	}
	return "", skip("every service client may write")
}

func readOnly(scopes []string) bool {
	for _, text := range scopes {
		if scope, err := smart.ParseScope(text); err == nil && !scope.Permissions.ReadOnly() {
			return false
		}
	}
	return true
}

// refuseAtTokenEndpoint tries what the token endpoint must refuse.
func (r *run) refuseAtTokenEndpoint(ctx context.Context) {
	for _, s := range r.sessions {
		r.check(ctx, "refused: "+s.Name+" with a scope it lacks", func(ctx context.Context) (string, error) {
			if s.token == "" {
				return "", noToken
			}
			scope := r.lacking(s)
			if scope == "" {
				return "", skip("the client may do everything")
			}
			detail, err := r.mustRefuseToken(ctx, s.App, scope, "invalid_scope")
			return scope + ": " + detail, err
		})
		r.check(ctx, "refused: "+s.Name+" with a wrong secret", func(ctx context.Context) (string, error) {
			if s.token == "" {
				return "", noToken
			}
			app := s.App
			app.Secret = rand.Text() + rand.Text()
			r.secrets.addCredentials(app.ID, app.Secret)
			return r.mustRefuseToken(ctx, app, "", "invalid_client")
		})
	}
	for _, app := range r.Stack.Apps(outputs.Confidential) {
		r.check(ctx, "refused: "+app.Name+" without a user", func(ctx context.Context) (string, error) {
			return r.mustRefuseToken(ctx, app, "", "unauthorized_client")
		})
	}
}

// mustRefuseToken wants an error of RFC 6749, 5.2, with exactly this code.
func (r *run) mustRefuseToken(ctx context.Context, app outputs.App, scope, code string) (string, error) {
	a, err := r.askToken(ctx, app, scope)
	if err != nil {
		return "", err
	}
	var body map[string]any
	if json.Unmarshal(a.body, &body) == nil {
		if token, ok := body["access_token"].(string); ok {
			r.secrets.add(token)
			return "", errors.New("IT GOT A TOKEN: want " + code)
		}
	}
	if a.status != http.StatusBadRequest && a.status != http.StatusUnauthorized || a.oauthError() != code {
		return "", fmt.Errorf("want 400 or 401 with %s, got %s", code, a.said())
	}
	return a.said(), nil
}

// lacking is a scope that the client does not hold: another client's if there is one,
// for the pool knows that, or else a wide one.
func (r *run) lacking(s *session) string {
	var candidates []string
	for _, app := range r.Stack.Apps(outputs.Service, outputs.Confidential, outputs.Public) {
		for _, scope := range app.Scopes {
			if strings.HasPrefix(scope, "system/") {
				candidates = append(candidates, scope)
			}
		}
	}
	candidates = append(candidates, "system/*.cruds", "system/*.*", "system/Patient.cruds")
	for _, candidate := range candidates {
		if !slices.Contains(s.scopes, candidate) {
			return candidate
		}
	}
	return ""
}

// expire waits for a token to expire, and sees it refused while a fresh one passes.
func (r *run) expire(ctx context.Context) {
	r.check(ctx, "refused: an expired token", func(ctx context.Context) (string, error) {
		var s *session
		for _, candidate := range r.sessions {
			if candidate.search != "" && (s == nil || candidate.expires.Before(s.expires)) {
				s = candidate
			}
		}
		switch {
		case !r.Expired:
			return "", skip("nothing waits for a token to expire unless it is asked for: --expired")
		case s == nil:
			return "", noControl
		}
		wait := time.Until(s.expires) + margin
		if wait > MaxWait {
			return "", skip(fmt.Sprintf("the token is valid for %s, and a run waits %s at most: shorten accessTokenMinutes of a service client", s.lifetime, MaxWait))
		}
		if err := r.sleep(ctx, wait); err != nil {
			return "", err
		}
		expired, search := s.token, s.search
		if _, err := r.obtainToken(ctx, s); err != nil {
			return "", fmt.Errorf("a fresh token, to compare with: %w", err)
		}
		if _, err := r.mustPass(ctx, s); err != nil {
			return "", fmt.Errorf("a fresh token, to compare with: %w", err)
		}
		return r.mustRefuse(ctx, search, expired)
	})
}
