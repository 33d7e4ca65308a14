// Package cognito stands in for an Amazon Cognito user pool on loopback: the token
// endpoint of its hosted domain, its key set and its issuer metadata. OAuth's
// protocol is the library's (github.com/zitadel/oidc); the tokens and rules are
// Cognito's.
//
// What it leaves out: users and the authorization code grant (requests for it get
// unsupported_grant_type), throttling, and Cognito's habit of answering some
// errors without a description.
package cognito

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Client is an app client of the pool.
type Client struct {
	ID          string
	Secret      string // empty for a public client
	Flows       []string
	Scopes      []string
	AccessToken time.Duration // lifetime
}

// Config describes a pool.
type Config struct {
	Issuer       string // URL, ends in the pool's id
	HostedDomain string // URL
	Clients      []Client
}

// KeySetRequest tells of one request for the key set.
type KeySetRequest struct {
	Time   time.Time
	KeyIDs []string
}

// Pool is a running stand-in.
type Pool struct {
	config Config
	keys   []signingKey

	// OnKeySet, if set, is called for every request for the key set.
	OnKeySet func(KeySetRequest)
}

type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

// NewPool makes a pool with two signing keys, as Cognito's have; the first signs.
func NewPool(config Config) (*Pool, error) {
	p := &Pool{config: config}
	for range 2 {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		id := make([]byte, 32)
		if _, err := rand.Read(id); err != nil {
			return nil, err
		}
		p.keys = append(p.keys, signingKey{base64.StdEncoding.EncodeToString(id), private})
	}
	return p, nil
}

// HostedDomain serves the OAuth endpoints of the hosted domain.
func (p *Pool) HostedDomain() http.Handler {
	return op.RegisterServer(&server{pool: p}, op.Endpoints{Token: op.NewEndpoint("/oauth2/token")})
}

// Issuer serves the issuer's key set and metadata, below the path of the pool.
func (p *Pool) Issuer() http.Handler {
	poolID := p.config.Issuer[strings.LastIndex(p.config.Issuer, "/"):]
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+poolID+"/.well-known/jwks.json", p.serveKeySet)
	mux.HandleFunc("GET "+poolID+"/.well-known/openid-configuration", p.serveMetadata)
	return mux
}

func (p *Pool) serveKeySet(w http.ResponseWriter, _ *http.Request) {
	type jwk struct {
		Algorithm string `json:"alg"`
		Exponent  string `json:"e"`
		KeyID     string `json:"kid"`
		KeyType   string `json:"kty"`
		Modulus   string `json:"n"`
		Use       string `json:"use"`
	}
	var set struct {
		Keys []jwk `json:"keys"`
	}
	var ids []string
	for _, key := range p.keys {
		ids = append(ids, key.id)
		set.Keys = append(set.Keys, jwk{
			Algorithm: "RS256",
			Exponent:  base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.private.E)).Bytes()),
			KeyID:     key.id,
			KeyType:   "RSA",
			Modulus:   base64.RawURLEncoding.EncodeToString(key.private.N.Bytes()),
			Use:       "sig",
		})
	}
	if p.OnKeySet != nil {
		p.OnKeySet(KeySetRequest{time.Now(), ids})
	}
	writeJSON(w, set)
}

// serveMetadata answers with OpenID Connect's discovery document, as Cognito does.
func (p *Pool) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{
		"authorization_endpoint":                p.config.HostedDomain + "/oauth2/authorize",
		"end_session_endpoint":                  p.config.HostedDomain + "/logout",
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"issuer":                                p.config.Issuer,
		"jwks_uri":                              p.config.Issuer + "/.well-known/jwks.json",
		"response_types_supported":              []string{"code", "token"},
		"revocation_endpoint":                   p.config.HostedDomain + "/oauth2/revoke",
		"scopes_supported":                      []string{"openid", "email", "phone", "profile"},
		"subject_types_supported":               []string{"public"},
		"token_endpoint":                        p.config.HostedDomain + "/oauth2/token",
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"userinfo_endpoint":                     p.config.HostedDomain + "/oauth2/userInfo",
	})
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the client went away: nobody to tell
}

func (p *Pool) client(id string) (Client, bool) {
	index := slices.IndexFunc(p.config.Clients, func(c Client) bool { return c.ID == id })
	if index < 0 {
		return Client{}, false
	}
	return p.config.Clients[index], true
}

// clientToken is an access token of the client credentials grant with exactly the
// claims of Cognito's: sub is the client, and there is no username, aud or nbf.
func (p *Pool) clientToken(client Client, scopes []string) (string, error) {
	now := time.Now().Unix()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"sub":       client.ID,
		"token_use": "access",
		"scope":     strings.Join(scopes, " "),
		"auth_time": now,
		"iss":       p.config.Issuer,
		"exp":       now + int64(client.AccessToken.Seconds()),
		"iat":       now,
		"version":   2,
		"jti":       uuid.NewString(),
		"client_id": client.ID,
	})
	delete(token.Header, "typ")
	token.Header["kid"] = p.keys[0].id
	signed, err := token.SignedString(p.keys[0].private)
	if err != nil {
		return "", fmt.Errorf("signing an access token: %w", err)
	}
	return signed, nil
}
