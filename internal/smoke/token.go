package smoke

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// claims of an access token that a check looks at.
type claims struct {
	jwt.RegisteredClaims
	ClientID string `json:"client_id"`
	TokenUse string `json:"token_use"`
	Scope    string `json:"scope"`
}

const nobody = skip("the stack has no client of kind service, and the smoke test signs users in only at a local cloud, where a scope of a client counts for one")

// obtainTokens gets a token for every service client, or for users.
func (r *run) obtainTokens(ctx context.Context) {
	if len(r.sessions) == 0 {
		r.check(ctx, "token", func(context.Context) (string, error) { return "", nobody })
	}
	for _, s := range r.sessions {
		name := "token for " + s.Name
		if s.user != nil {
			name += " as user " + s.user.Name
		}
		r.check(ctx, name, func(ctx context.Context) (string, error) { return r.obtainToken(ctx, s) })
	}
}

func (r *run) obtainToken(ctx context.Context, s *session) (string, error) {
	// A client that was created a moment ago is not known everywhere yet.
	a, err := r.again(ctx,
		func(ctx context.Context) (app.Answer, error) {
			if s.user != nil {
				return r.signIn(ctx, s)
			}
			return r.requestToken(ctx, s.App, strings.Join(s.Scopes, " "))
		},
		func(a app.Answer) bool { return a.OAuthError() == "invalid_client" })
	if err != nil {
		return "", err
	}
	token, err := a.Token()
	r.secrets.add(token.AccessToken)
	r.secrets.add(token.IDToken)
	if err != nil {
		return "", err
	}
	var c claims
	if err := r.readToken(token.AccessToken, &c); err != nil {
		return "", err
	}
	if err := r.checkClaims(s, c); err != nil {
		return "", err
	}
	s.token, s.idToken, s.scopes = token.AccessToken, token.IDToken, strings.Fields(c.Scope)
	if s.user != nil {
		granted := s.Client
		granted.Scopes = s.scopes
		s.scopes = s.user.Counting(granted)
	}
	s.lifetime = time.Duration(token.ExpiresIn) * time.Second
	s.expires = time.Now().Add(s.lifetime)
	return fmt.Sprintf("scopes %s, valid for %s", c.Scope, s.lifetime), nil
}

// signIn signs the session's user in at its client.
func (r *run) signIn(ctx context.Context, s *session) (app.Answer, error) {
	if r.Stack.AuthorizationEndpoint == "" || r.tokenEndpoint == "" {
		return app.Answer{}, skip("the stack names no authorization endpoint and token endpoint")
	}
	return r.app.SignIn(ctx, r.Stack.AuthorizationEndpoint, r.tokenEndpoint, app.Visit{Client: s.App, User: *s.user})
}

// requestToken requests a token for a client.
func (r *run) requestToken(ctx context.Context, client outputs.App, scope string) (app.Answer, error) {
	if r.tokenEndpoint == "" {
		return app.Answer{}, skip("no token endpoint is known: neither the stack nor its discovery document names one")
	}
	return r.app.RequestToken(ctx, r.tokenEndpoint, client, scope)
}

// readToken reads a token's claims, and verifies its signature if the key set is known.
func (r *run) readToken(text string, into *claims) error {
	if r.keys == nil {
		if _, _, err := jwt.NewParser().ParseUnverified(text, into); err != nil {
			return errors.New("the access token is not a JSON Web Token")
		}
		return nil
	}
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation()).ParseWithClaims(text, into,
		func(token *jwt.Token) (any, error) {
			id, _ := token.Header["kid"].(string)
			if key, ok := r.keys[id]; ok {
				return key, nil
			}
			return nil, errors.New("its kid is not in the key set")
		})
	if err != nil {
		return fmt.Errorf("the access token is not signed by a key of the key set: %w", err)
	}
	return nil
}

func (r *run) checkClaims(s *session, c claims) error {
	switch {
	case c.TokenUse != "access":
		return fmt.Errorf("token_use: %q: must be access", c.TokenUse)
	case c.ClientID != s.ID:
		return fmt.Errorf("client_id: %q: must be %q", c.ClientID, s.ID)
	case r.issuer != "" && c.Issuer != r.issuer:
		return fmt.Errorf("iss: %q: must be %q, the issuer that the validator trusts", c.Issuer, r.issuer)
	case c.ExpiresAt == nil:
		return errors.New("no exp")
	}
	if len(s.Scopes) == 0 {
		return nil // not known what it may ask for
	}
	want, got := slices.Sorted(slices.Values(s.Scopes)), slices.Sorted(slices.Values(strings.Fields(c.Scope)))
	if !slices.Equal(got, want) {
		return fmt.Errorf("scope: %q: must be exactly %q", strings.Join(got, " "), strings.Join(want, " "))
	}
	return nil
}
