package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Forgery makes a token that must be refused from a valid one.
type Forgery struct {
	Name  string
	forge func(genuine) (string, error)
}

// ErrNoKeySet is the error of a forgery that needs the key set.
var ErrNoKeySet = errors.New("the key set was not read")

// From forges a token from a valid one. The key set may be nil if it is not known; then
// some forgeries fail with [ErrNoKeySet].
func (f Forgery) From(token string, keys KeySet) (string, error) {
	g, err := readGenuine(token, keys)
	if err != nil {
		return "", err
	}
	return f.forge(g)
}

// ChangedSignature returns a token with one character of its signature changed.
func ChangedSignature(token string) (string, error) {
	at := strings.LastIndex(token, ".") + 20 // no bit of it is padding
	if at >= len(token) {
		return "", errors.New("the signature is too short to be changed")
	}
	replacement := "A"
	if token[at] == 'A' {
		replacement = "B"
	}
	return token[:at] + replacement + token[at+1:], nil
}

// genuine is a valid token and what is public about it.
type genuine struct {
	text   string
	header map[string]any
	claims map[string]any
	key    *rsa.PublicKey // that it is signed for; nil if the key set is not known
}

// Forgeries are the attacks that every validator must withstand.
func Forgeries() []Forgery { return slices.Clone(forgeries) }

var forgeries = []Forgery{
	{"what is no token", func(genuine) (string, error) { return "not-a-token", nil }},
	{"a token with a changed signature", func(g genuine) (string, error) { return ChangedSignature(g.text) }},
	{"a token with changed claims", func(g genuine) (string, error) {
		signature := g.text[strings.LastIndex(g.text, "."):]
		return encoded(g.header) + "." + encoded(raised(g.claims)) + signature, nil
	}},
	{"a token without a signature (alg none)", func(g genuine) (string, error) {
		return encoded(with(g.header, "alg", "none")) + "." + encoded(g.claims) + ".", nil
	}},
	{"a token signed with the public key as a secret (HS256)", func(g genuine) (string, error) {
		if g.key == nil {
			return "", ErrNoKeySet
		}
		der, err := x509.MarshalPKIXPublicKey(g.key)
		if err != nil {
			return "", err
		}
		return signed(jwt.SigningMethodHS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), g.header["kid"], g.claims)
	}},
	{"a token signed by a stranger under the pool's kid", func(g genuine) (string, error) {
		return signedByStranger(g.header["kid"], g.claims)
	}},
	{"a token of another user pool", func(g genuine) (string, error) {
		issuer, _ := g.claims["iss"].(string)
		return signedByStranger("another", with(g.claims, "iss", issuer[:strings.LastIndex(issuer, "/")+1]+"us-east-1_another"))
	}},
	{"a token of a client that the stack does not have", func(g genuine) (string, error) {
		return signedByStranger(g.header["kid"], with(with(g.claims, "client_id", "another"), "sub", "another"))
	}},
}

func readGenuine(text string, keys KeySet) (genuine, error) {
	g := genuine{text: text}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return g, errors.New("the access token is no signed JSON Web Token")
	}
	for n, into := range []*map[string]any{&g.header, &g.claims} {
		data, err := base64.RawURLEncoding.DecodeString(parts[n])
		if err != nil || json.Unmarshal(data, into) != nil {
			return g, errors.New("the access token is not a JSON Web Token")
		}
	}
	id, _ := g.header["kid"].(string)
	g.key = keys[id]
	return g, nil
}

// raised are claims that would get more, for longer.
func raised(claims map[string]any) map[string]any {
	return with(with(claims, "scope", "system/*.cruds"), "exp", time.Now().Add(24*time.Hour).Unix())
}

func with(members map[string]any, name string, value any) map[string]any {
	changed := map[string]any{name: value}
	for other, kept := range members {
		if other != name {
			changed[other] = kept
		}
	}
	return changed
}

func encoded(members map[string]any) string {
	data, _ := json.Marshal(members) // was read from JSON: it cannot fail
	return base64.RawURLEncoding.EncodeToString(data)
}

// strangersKey is nobody's: it is made here, and only the test has it.
var strangersKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func signedByStranger(kid any, claims map[string]any) (string, error) {
	key, err := strangersKey()
	if err != nil {
		return "", err
	}
	return signed(jwt.SigningMethodRS256, key, kid, claims)
}

func signed(method jwt.SigningMethod, key, kid any, claims map[string]any) (string, error) {
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	token.Header["kid"] = kid
	text, err := token.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("forging a token: %w", err)
	}
	return text, nil
}
