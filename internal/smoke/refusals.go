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
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
	"github.com/smartlake/pulumi-smartlake/smart"
)

const (
	// margin is waited beyond the end of a token: clocks differ.
	margin = 35 * time.Second

	noControl = skip("no search with a valid token succeeded, so a refusal would prove nothing")
)

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
	for _, f := range app.Forgeries() {
		try(f.Name, func() (string, error) {
			token, err := f.From(s.token, r.keys)
			if errors.Is(err, app.ErrNoKeySet) {
				return "", skip(err.Error())
			}
			return token, err
		})
	}
	r.check(ctx, "refused: an ID token", func(ctx context.Context) (string, error) {
		if s == nil || s.idToken == "" {
			return "", skip("only users get ID tokens, and no user signed in")
		}
		return r.mustRefuse(ctx, s.search, s.idToken)
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
	a, err := r.app.FHIR(ctx, app.Request{Path: s.search, Token: s.token})
	if err != nil {
		return "", err
	}
	if err := a.Want(http.StatusOK); err != nil {
		return "", fmt.Errorf("%w: the refusals prove nothing", err)
	}
	return a.Said(), nil
}

func (r *run) mustRefuse(ctx context.Context, path, token string) (string, error) {
	a, err := r.app.FHIR(ctx, app.Request{Path: path, Token: token})
	if err != nil {
		return "", err
	}
	return a.Said(), a.Refused()
}

// refuseWrite deletes, with a token that only reads, a resource that does not exist:
// it harms nothing even where the deletion goes through.
func (r *run) refuseWrite(ctx context.Context) (string, error) {
	for _, s := range r.sessions {
		if s.search == "" || !readOnly(s.scopes) {
			continue
		}
		nobody := "smartlake-smoke-" + strings.ToLower(rand.Text()[:20])
		a, err := r.app.FHIR(ctx, app.Request{Method: http.MethodDelete, Path: s.typ + "/" + nobody, Token: s.token})
		if err != nil {
			return "", err
		}
		return "as " + s.Name + ": " + a.Said(), a.Refused()
	}
	if r.controlled() == nil {
		return "", noControl
	}
	return "", skip("every client may write")
}

func readOnly(scopes []string) bool {
	for _, text := range scopes {
		if scope, err := smart.ParseScope(text); err == nil && !scope.ReadOnly() {
			return false
		}
	}
	return true
}

// refuseAtTokenEndpoint tries what the token endpoint must refuse.
func (r *run) refuseAtTokenEndpoint(ctx context.Context) {
	for _, s := range r.sessions {
		if s.user != nil {
			continue // its client gets no token without the user
		}
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
			client := s.App
			client.Secret = rand.Text() + rand.Text()
			r.secrets.addCredentials(client.ID, client.Secret)
			return r.mustRefuseToken(ctx, client, "", "invalid_client")
		})
	}
	for _, client := range r.Stack.Apps(outputs.Confidential) {
		r.check(ctx, "refused: "+client.Name+" without a user", func(ctx context.Context) (string, error) {
			return r.mustRefuseToken(ctx, client, "", "unauthorized_client")
		})
	}
}

// mustRefuseToken wants an error of RFC 6749, 5.2, with exactly this code.
func (r *run) mustRefuseToken(ctx context.Context, client outputs.App, scope, code string) (string, error) {
	a, err := r.requestToken(ctx, client, scope)
	if err != nil {
		return "", err
	}
	var body map[string]any
	if json.Unmarshal(a.Body, &body) == nil {
		if token, ok := body["access_token"].(string); ok {
			r.secrets.add(token)
			return "", errors.New("IT GOT A TOKEN: must be refused with " + code)
		}
	}
	if a.Status != http.StatusBadRequest && a.Status != http.StatusUnauthorized || a.OAuthError() != code {
		return "", fmt.Errorf("expected 400 or 401 with %s, got %s", code, a.Said())
	}
	return a.Said(), nil
}

// lacking is a scope that the client does not hold: another client's if there is one,
// for the pool knows that, or else a wide one.
func (r *run) lacking(s *session) string {
	var candidates []string
	for _, client := range r.Stack.Apps(outputs.Service, outputs.Confidential, outputs.Public) {
		for _, scope := range client.Scopes {
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
			return "", skip("not tried without --expired")
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
