package cognito

import (
	"bytes"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	tokenPath  = "/oauth2/token"
	revokePath = "/oauth2/revoke"

	maxRequestBytes = 64 << 10
)

// server plugs the pool's rules into the library's OAuth server, which parses the
// requests, authenticates clients by basic or post and chooses the grant.
type server struct {
	op.UnimplementedServer
	pool *Pool
}

// cognitoGrants are the only ones, however many more the library knows.
var cognitoGrants = []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeClientCredentials}

// VerifyClient implements op.Server.
func (s *server) VerifyClient(_ context.Context, r *op.Request[op.ClientCredentials]) (op.Client, error) {
	if r.URL.Path == tokenPath && !slices.Contains(cognitoGrants, oidc.GrantType(r.Form.Get("grant_type"))) {
		return nil, oidc.ErrUnsupportedGrantType()
	}
	client, ok := s.pool.client(r.Data.ClientID)
	if !ok || !equal(client.Secret, r.Data.ClientSecret) || r.Data.ClientAssertion != "" {
		if r.URL.Path == revokePath { // documented so, unlike the token endpoint's 400
			return nil, op.NewStatusError(oidc.ErrInvalidClient(), http.StatusUnauthorized)
		}
		return nil, oidc.ErrInvalidClient()
	}
	return &opClient{client}, nil
}

// ClientCredentialsExchange implements op.Server. A client may have custom scopes
// alone, and without a scope parameter gets all of them.
func (s *server) ClientCredentialsExchange(
	_ context.Context, r *op.ClientRequest[oidc.ClientCredentialsRequest],
) (*op.Response, error) {
	client := r.Client.(*opClient).Client
	custom := slices.DeleteFunc(slices.Clone(client.Scopes), func(scope string) bool { return !strings.Contains(scope, "/") })
	scopes := slices.DeleteFunc(slices.Clone([]string(r.Data.Scope)), func(scope string) bool { return scope == "" })
	if len(scopes) == 0 {
		scopes = custom
	}
	for _, scope := range scopes {
		if !slices.Contains(custom, scope) {
			return nil, oidc.ErrInvalidScope()
		}
	}
	return answer(s.pool.clientToken(client, scopes))
}

// CodeExchange implements op.Server.
func (s *server) CodeExchange(_ context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	client, now := r.Client.(*opClient).Client, s.pool.config.Now()
	shown, ok := s.pool.codes.take(r.Data.Code, now)
	if !s.pool.mayReturnTo(client, r.Data.RedirectURI) {
		return nil, oidc.ErrUnauthorizedClient()
	}
	if !ok || shown.clientID != client.ID || shown.redirectURI != r.Data.RedirectURI || !proves(r.Data.CodeVerifier, shown.challenge) {
		return nil, oidc.ErrInvalidGrant()
	}
	t, err := s.pool.userTokens(client, shown.grant)
	if err == nil {
		t.RefreshToken = s.pool.refresh.add(shown.grant, now, client.RefreshToken)
	}
	return answer(t, err)
}

// RefreshToken implements op.Server. The scopes are those of the sign-in, whatever
// is asked for, and the refresh token stays the same.
func (s *server) RefreshToken(ctx context.Context, r *op.ClientRequest[oidc.RefreshTokenRequest]) (*op.Response, error) {
	client := r.Client.(*opClient).Client
	g, ok := s.pool.refresh.get(r.Data.RefreshToken, s.pool.config.Now())
	if !ok || g.clientID != client.ID {
		return nil, oidc.ErrInvalidGrant()
	}
	user, ok := s.pool.user(g.username)
	if !ok {
		return nil, oidc.ErrInvalidGrant()
	}
	var err error
	if g.overrides, err = s.pool.preToken(ctx, atRefresh, user, g); err != nil {
		describe(ctx, err.Error())
		return nil, oidc.ErrInvalidGrant().WithParent(err)
	}
	g.nonce = "" // of the sign-in alone
	return answer(s.pool.userTokens(client, g))
}

// Revocation implements op.Server. A token that there is not counts as revoked.
func (s *server) Revocation(_ context.Context, r *op.ClientRequest[oidc.RevocationRequest]) (*op.Response, error) {
	now := s.pool.config.Now()
	g, ok := s.pool.refresh.get(r.Data.Token, now)
	switch {
	case ok && g.clientID != r.Client.GetID():
		return nil, oidc.ErrUnauthorizedClient()
	case ok:
		s.pool.refresh.forget(r.Data.Token)
		s.pool.revoked.set(g.originJTI, struct{}{}, now, retirement)
	case strings.Count(r.Data.Token, ".") == 2: // an access or ID token
		return nil, &oidc.Error{ErrorType: "unsupported_token_type"}
	}
	return op.NewResponse(nil), nil
}

func answer(t tokens, err error) (*op.Response, error) {
	if err != nil {
		return nil, oidc.ErrServerError().WithParent(err)
	}
	return op.NewResponse(t), nil
}

// described is where a handler leaves the description of its refusal, for the few
// that Cognito describes.
type described struct{}

func describe(ctx context.Context, text string) {
	if into, ok := ctx.Value(described{}).(*string); ok {
		*into = text
	}
}

// asCognito undoes what the library does and Cognito does not: parameters count in
// the body of a POST only, none twice, and errors have no description.
func asCognito(library http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Pragma", "no-cache") // RFC 6749, section 5.1
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			writeError(w, http.StatusMethodNotAllowed, "invalid_request", "")
			return
		}
		var description string
		r = r.Clone(context.WithValue(r.Context(), described{}, &description))
		r.URL.RawQuery = ""
		r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
		if !readableForm(r) {
			writeError(w, http.StatusBadRequest, "invalid_request", "")
			return
		}
		held := heldAnswer{header: w.Header(), status: http.StatusOK}
		library.ServeHTTP(&held, r)
		if held.status < http.StatusBadRequest {
			w.WriteHeader(held.status)
			_, _ = w.Write(held.body.Bytes()) // the client went away: nobody to tell
			return
		}
		var refusal struct {
			Error string `json:"error"`
		}
		if err := json.Unmarshal(held.body.Bytes(), &refusal); err != nil || refusal.Error == "" {
			refusal.Error = "server_error"
		}
		writeError(w, held.status, refusal.Error, description)
	})
}

func readableForm(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		return false
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return false
		}
	}
	return true
}

func writeError(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body := map[string]string{"error": code}
	if description != "" {
		body["error_description"] = description
	}
	_ = json.NewEncoder(w).Encode(body) // the client went away: nobody to tell
}

// heldAnswer is an answer that is looked at before it goes out.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header               { return h.header }
func (h *heldAnswer) WriteHeader(status int)            { h.status = status }
func (h *heldAnswer) Write(content []byte) (int, error) { return h.body.Write(content) }

// opClient is a client in the library's terms.
type opClient struct{ Client }

func (c *opClient) GetID() string                       { return c.ID }
func (c *opClient) RedirectURIs() []string              { return c.CallbackURLs }
func (c *opClient) PostLogoutRedirectURIs() []string    { return c.LogoutURLs }
func (c *opClient) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c *opClient) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c *opClient) LoginURL(string) string                                       { return "/login" }
func (c *opClient) AccessTokenType() op.AccessTokenType                          { return op.AccessTokenTypeJWT }
func (c *opClient) IDTokenLifetime() time.Duration                               { return c.IDToken }
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
