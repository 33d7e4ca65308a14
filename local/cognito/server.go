package cognito

import (
	"context"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// server plugs the pool's rules into the library's OAuth server, which parses the
// requests, authenticates clients by basic or post and writes the answers.
type server struct {
	op.UnimplementedServer
	pool *Pool
}

// VerifyClient implements op.Server.
func (s *server) VerifyClient(_ context.Context, r *op.Request[op.ClientCredentials]) (op.Client, error) {
	client, ok := s.pool.client(r.Data.ClientID)
	if !ok || subtle.ConstantTimeCompare([]byte(client.Secret), []byte(r.Data.ClientSecret)) != 1 {
		return nil, oidc.ErrInvalidClient()
	}
	return &opClient{client}, nil
}

// ClientCredentialsExchange implements op.Server. Without a scope parameter the
// client gets all of its scopes, as with Cognito.
func (s *server) ClientCredentialsExchange(
	_ context.Context, r *op.ClientRequest[oidc.ClientCredentialsRequest],
) (*op.Response, error) {
	client := r.Client.(*opClient).Client
	scopes := slices.DeleteFunc(slices.Clone([]string(r.Data.Scope)), func(scope string) bool { return scope == "" })
	if len(scopes) == 0 {
		scopes = client.Scopes
	}
	for _, scope := range scopes {
		if !slices.Contains(client.Scopes, scope) || !strings.Contains(scope, "/") {
			return nil, oidc.ErrInvalidScope()
		}
	}
	token, err := s.pool.clientToken(client, scopes)
	if err != nil {
		return nil, oidc.ErrServerError().WithParent(err)
	}
	return op.NewResponse(struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		TokenType   string `json:"token_type"`
	}{token, int(client.AccessToken.Seconds()), "Bearer"}), nil
}

// opClient is a client in the library's terms.
type opClient struct{ Client }

func (c *opClient) GetID() string                                                { return c.ID }
func (c *opClient) RedirectURIs() []string                                       { return nil }
func (c *opClient) PostLogoutRedirectURIs() []string                             { return nil }
func (c *opClient) ApplicationType() op.ApplicationType                          { return op.ApplicationTypeWeb }
func (c *opClient) ResponseTypes() []oidc.ResponseType                           { return nil }
func (c *opClient) LoginURL(string) string                                       { return "" }
func (c *opClient) AccessTokenType() op.AccessTokenType                          { return op.AccessTokenTypeJWT }
func (c *opClient) IDTokenLifetime() time.Duration                               { return 0 }
func (c *opClient) DevMode() bool                                                { return false }
func (c *opClient) RestrictAdditionalIdTokenScopes() func([]string) []string     { return nil } //nolint:revive // the library's name
func (c *opClient) RestrictAdditionalAccessTokenScopes() func([]string) []string { return nil }
func (c *opClient) IsScopeAllowed(scope string) bool                             { return slices.Contains(c.Scopes, scope) }
func (c *opClient) IDTokenUserinfoClaimsAssertion() bool                         { return false }
func (c *opClient) ClockSkew() time.Duration                                     { return 0 }

func (c *opClient) AuthMethod() oidc.AuthMethod {
	if c.Secret == "" {
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic
}

func (c *opClient) GrantTypes() []oidc.GrantType {
	if slices.Contains(c.Flows, "client_credentials") {
		return []oidc.GrantType{oidc.GrantTypeClientCredentials}
	}
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
}
