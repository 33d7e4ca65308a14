package cognito

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// Client is an app client of the pool.
type Client struct {
	ID             string
	Secret         string // empty for a public client
	Flows          []string
	Scopes         []string
	CallbackURLs   []string
	LogoutURLs     []string
	ReadAttributes []string // of a user, in ID tokens and at userInfo; nil for all
	// Lifetimes of the tokens.
	AccessToken, IDToken, RefreshToken time.Duration
}

// User of the pool.
type User struct {
	Username, Password string
	Sub                string            // a UUID, the same at every start
	Attributes         map[string]string // such as "email", "email_verified" ("true"), "custom:patient"
	Groups             []string          // of the pool that the user is in
	// Status in the words of the user pools API; empty is CONFIRMED.
	Status   string
	Disabled bool // whether the user is kept from signing in
	// Created and Modified are times; zero is the start of the pool.
	Created, Modified time.Time
}

// Config describes a pool.
type Config struct {
	Issuer       string // URL, ends in the pool's id
	HostedDomain string // URL without a path
	Clients      []Client
	Users        []User
	// AliasAttributes that users may sign in with besides their name: email,
	// phone_number, preferred_username. The first two count once they are verified.
	AliasAttributes []string
	// CaseSensitive names, as of the pool's username configuration.
	CaseSensitive bool
	// ExtraCallbacks are accepted for every client with the code grant, besides its
	// own. Cognito has no such thing.
	ExtraCallbacks []string
	// PreToken is the pool's trigger before tokens (version V2_0): it gets the event
	// and returns it with its response filled in. Nil for none. It has 5 seconds; an
	// error's text goes where Cognito shows the function's message.
	PreToken func(ctx context.Context, event []byte) ([]byte, error)
	// Keys that sign, such as those of a former pool, whose tokens stay good. By default
	// new ones.
	Keys Keys
	// Now is the pool's clock, by default the machine's.
	Now func() time.Time
	// Offered users sign in at a click: their passwords are no secrets. Cognito has no such
	// thing.
	Offered []Offer
	// API serves the user pools API at the issuer's host; nil for none.
	API *API
}

// Bounds of what is kept.
const (
	maxSessions      = 1000
	maxCodes         = 1000
	maxRefreshTokens = 10000
)

// Pool is a running stand-in.
type Pool struct {
	config    Config
	directory *directory
	keys      keyRing
	formKey   []byte // authenticates the login form
	sessions  *memory[session]
	codes     *memory[code]
	refresh   *memory[grant]
	revoked   *memory[struct{}] // origin_jti of revoked refresh tokens

	// OnKeySet, if set, is called for every request for the key set.
	OnKeySet func(KeySetRequest)
}

// NewPool makes a pool with its signing keys.
func NewPool(config Config) (*Pool, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	for _, user := range config.Users {
		if user.Username == "" || user.Sub == "" || user.Password == "" {
			return nil, fmt.Errorf("user %q: must have a username, a sub and a password", user.Username)
		}
	}
	p := &Pool{
		config:    config,
		directory: newDirectory(config),
		formKey:   make([]byte, 32),
		sessions:  newMemory[session](maxSessions),
		codes:     newMemory[code](maxCodes),
		refresh:   newMemory[grant](maxRefreshTokens),
		revoked:   newMemory[struct{}](maxRefreshTokens),
	}
	if _, err := rand.Read(p.formKey); err != nil {
		return nil, err
	}
	if config.Keys == (Keys{}) {
		return p, p.Rotate()
	}
	p.keys.access, p.keys.id = config.Keys.access, config.Keys.id
	return p, nil
}

// HostedDomain serves the endpoints of the hosted domain.
func (p *Pool) HostedDomain() http.Handler {
	library := op.RegisterServer(&server{pool: p}, op.Endpoints{
		Token:      op.NewEndpoint(tokenPath),
		Revocation: op.NewEndpoint(revokePath),
	})
	mux := http.NewServeMux()
	mux.Handle(tokenPath, crossOrigin(asCognito(library)))
	mux.Handle(revokePath, crossOrigin(asCognito(library)))
	mux.Handle("/oauth2/userInfo", crossOrigin(http.HandlerFunc(p.serveUserInfo)))
	mux.HandleFunc("GET /oauth2/authorize", p.serveAuthorize)
	mux.HandleFunc("GET /login", p.serveLogin)
	mux.Handle("POST /login", fromItsOwnPages(p.serveSignIn))
	mux.HandleFunc("GET /logout", p.serveLogout)
	return mux
}

// Issuer serves the issuer's key set and metadata, below the path of the pool, and at the
// root the user pools API, where the pool has one.
func (p *Pool) Issuer() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/"+p.id()+"/.well-known/jwks.json", crossOrigin(http.HandlerFunc(p.serveKeySet)))
	mux.Handle("/"+p.id()+"/.well-known/openid-configuration", crossOrigin(http.HandlerFunc(p.serveMetadata)))
	if p.config.API != nil {
		mux.HandleFunc("POST /{$}", p.serveAPI)
	}
	return mux
}

// id of the pool, such as "us-east-1_AbCdEfGhI".
func (p *Pool) id() string { return p.config.Issuer[strings.LastIndex(p.config.Issuer, "/")+1:] }

// serveMetadata answers with OpenID Connect's discovery document, as Cognito does.
func (p *Pool) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{
		"authorization_endpoint":                p.config.HostedDomain + "/oauth2/authorize",
		"end_session_endpoint":                  p.config.HostedDomain + "/logout",
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"issuer":                                p.config.Issuer,
		"jwks_uri":                              p.config.Issuer + "/.well-known/jwks.json",
		"response_types_supported":              []string{"code", "token"},
		"revocation_endpoint":                   p.config.HostedDomain + revokePath,
		"scopes_supported":                      []string{"openid", "email", "phone", "profile"},
		"subject_types_supported":               []string{"public"},
		"token_endpoint":                        p.config.HostedDomain + tokenPath,
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"userinfo_endpoint":                     p.config.HostedDomain + "/oauth2/userInfo",
	})
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the client went away: nobody to tell
}

// crossOrigin lets apps in browsers call an endpoint from any origin. No endpoint
// that is called so reads a cookie.
func crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			w.Header().Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p *Pool) client(id string) (Client, bool) {
	index := slices.IndexFunc(p.config.Clients, func(c Client) bool { return c.ID == id })
	if index < 0 {
		return Client{}, false
	}
	return p.config.Clients[index], true
}

// signsUsersIn reports whether the client has the code grant.
func (c Client) signsUsersIn() bool { return slices.Contains(c.Flows, "code") }

// mayReturnTo reports whether a user may be sent back to an URL: exactly one of the
// client's.
func (p *Pool) mayReturnTo(client Client, url string) bool {
	return client.signsUsersIn() && url != "" &&
		(slices.Contains(client.CallbackURLs, url) || slices.Contains(p.config.ExtraCallbacks, url))
}

// user returns the one with exactly this username who may sign in.
func (p *Pool) user(username string) (User, bool) {
	user, ok := p.directory.user(username)
	return user, ok && !user.Disabled
}
