package conformance_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// identity is what an ID token says, before its signature is looked at.
type identity struct {
	raw            string
	header, claims map[string]any
}

func (i identity) text(claim string) string {
	text, _ := i.claims[claim].(string)
	return text
}

// provider is the configuration of an OpenID provider.
type provider struct {
	answer
	members map[string]any
}

// keySet has the RSA keys of a JWK Set, by id.
type keySet map[string]*rsa.PublicKey

func (c *session) readIDToken() (identity, error) {
	got, err := need("the token response", c.tokens)
	if err != nil {
		return identity{}, err
	}
	i := identity{raw: got.text("id_token")}
	parts := strings.Split(i.raw, ".")
	if len(parts) != 3 {
		return i, errors.New("id_token: got no JSON Web Token: want one of three parts")
	}
	for n, into := range []*map[string]any{&i.header, &i.claims} {
		content, err := base64.RawURLEncoding.DecodeString(parts[n])
		if err == nil {
			err = json.Unmarshal(content, into)
		}
		if err != nil {
			return i, fmt.Errorf("id_token: part %d: %w", n+1, err)
		}
	}
	return i, nil
}

func (c *session) readProvider() (provider, error) {
	i, err := need("the ID token", c.identity)
	if err != nil {
		return provider{}, err
	}
	got, err := c.send(http.MethodGet, strings.TrimSuffix(i.text("iss"), "/")+"/.well-known/openid-configuration", nil)
	if err == nil {
		err = errors.Join(got.wants(http.StatusOK), got.isJSON())
	}
	if err != nil {
		return provider{}, err
	}
	members, err := got.object()
	return provider{got, members}, err
}

func (c *session) readKeys() (keySet, error) {
	p, err := need("the issuer's configuration", c.provider)
	if err != nil {
		return nil, err
	}
	address, _ := p.members["jwks_uri"].(string)
	got, err := c.send(http.MethodGet, address, nil)
	if err == nil {
		err = got.wants(http.StatusOK)
	}
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []struct{ Kty, Kid, N, E string }
	}
	if err := json.Unmarshal(got.body, &set); err != nil {
		return nil, fmt.Errorf("the JWK Set: %w", err)
	}
	keys := keySet{}
	for _, key := range set.Keys {
		if key.Kty != "RSA" {
			continue
		}
		n, problem := base64.RawURLEncoding.DecodeString(key.N)
		e, another := base64.RawURLEncoding.DecodeString(key.E)
		if err := errors.Join(problem, another); err != nil || len(n) < 256 || len(e) == 0 {
			return nil, fmt.Errorf("the key %q: no RSA key of 2,048 bits or more: %w", key.Kid, err)
		}
		keys[key.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	if len(keys) == 0 {
		return nil, errors.New("the JWK Set has no RSA key")
	}
	return keys, nil
}

// took makes a check of a step.
func took[T any](step func(*session) func() (T, error)) func(*session) error {
	return func(c *session) error {
		_, err := step(c)()
		return err
	}
}

func configurationIsComplete(c *session) error {
	p, err := need("the issuer's configuration", c.provider)
	if err != nil {
		return err
	}
	var problems []error
	for _, name := range []string{
		"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri",
		"response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
	} {
		if p.members[name] == nil {
			problems = append(problems, fmt.Errorf("%s: want it there", name))
		}
	}
	if algorithms, _ := p.members["id_token_signing_alg_values_supported"].([]any); !slices.Contains(algorithms, any("RS256")) {
		problems = append(problems, fmt.Errorf("id_token_signing_alg_values_supported: got %v: want RS256 among them", algorithms))
	}
	return errors.Join(problems...)
}

func discoveryNamesTheIssuer(c *session) error {
	d, err := need("the discovery document", c.document)
	if err != nil {
		return err
	}
	p, err := need("the issuer's configuration", c.provider)
	if err != nil {
		return err
	}
	for _, name := range []string{"issuer", "jwks_uri"} {
		if got, want := d.members[name], p.members[name]; got != want || got == nil {
			return fmt.Errorf("%s: got %v in the discovery document: want %v, as the issuer says", name, got, want)
		}
	}
	return nil
}

func headerNamesTheKey(c *session) error {
	i, err := need("the ID token", c.identity)
	if err != nil {
		return err
	}
	keys, err := need("the issuer's keys", c.keys)
	if err != nil {
		return err
	}
	if i.header["alg"] != "RS256" {
		return fmt.Errorf("alg: got %v: want RS256", i.header["alg"])
	}
	kid, _ := i.header["kid"].(string)
	if _, known := keys[kid]; !known {
		return fmt.Errorf("kid: got %q: want a key of the issuer's", kid)
	}
	return nil
}

func payloadIsSigned(c *session) error {
	i, err := need("the ID token", c.identity)
	if err != nil {
		return err
	}
	p, err := need("the issuer's configuration", c.provider)
	if err != nil {
		return err
	}
	keys, err := need("the issuer's keys", c.keys)
	if err != nil {
		return err
	}
	issuer, _ := p.members["issuer"].(string)
	key := func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		if found, ok := keys[kid]; ok {
			return found, nil
		}
		return nil, fmt.Errorf("kid: %q: no key of the issuer's", kid)
	}
	_, err = jwt.Parse(i.raw, key, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(issuer), jwt.WithAudience(c.id),
		jwt.WithExpirationRequired(), jwt.WithLeeway(time.Minute))
	if err != nil {
		return fmt.Errorf("id_token: %w", err)
	}
	for _, claim := range []string{"iss", "sub", "aud", "exp", "iat"} {
		if i.claims[claim] == nil {
			return fmt.Errorf("id_token: no claim %s: want it there", claim)
		}
	}
	if sub := i.text("sub"); strings.TrimSpace(sub) == "" || len(sub) > 255 {
		return fmt.Errorf("sub: got %q: want 1 to 255 characters", sub)
	}
	return nil
}

// fhirUserOf the ID token: a type of those that a user may be, and an id.
func fhirUserOf(c *session) (typ, id string, err error) {
	i, err := need("the ID token", c.identity)
	if err != nil {
		return "", "", err
	}
	parts := strings.Split(i.text("fhirUser"), "/")
	if len(parts) < 2 {
		return "", "", fmt.Errorf("fhirUser: got %v in the ID token: want the URL of a resource", i.claims["fhirUser"])
	}
	typ, id = parts[len(parts)-2], parts[len(parts)-1]
	if users := []string{"Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Person"}; !slices.Contains(users, typ) {
		return "", "", fmt.Errorf("fhirUser: got a %s: want one of %v", typ, users)
	}
	return typ, id, nil
}

func readsTheUser(header func(*session) []string, check func(*session, answer) error) func(*session) error {
	return func(c *session) error {
		typ, id, err := fhirUserOf(c)
		if err != nil {
			return err
		}
		got, err := need("the token response", c.tokens)
		if err != nil {
			return err
		}
		read, err := c.reads(typ, id, got.text("access_token"), header(c)...)
		if err != nil {
			return err
		}
		return check(c, read)
	}
}

var identityData = smart("scopes-and-launch-context", "scopes-for-requesting-identity-data", "Identity data")

var openID = group{"OpenID Connect", []string{"public", "confidential"}, []requirement{
	{"the ID token can be decoded", identityData, smartKit, took(func(c *session) func() (identity, error) { return c.identity }), ""},
	{
		"the issuer's configuration can be read", oidc("discovery", "ProviderConfig", "Discovery, 4"), smartKit,
		took(func(c *session) func() (provider, error) { return c.provider }), "",
	},
	{
		"the issuer's configuration has what it must have, and RS256", oidc("discovery", "ProviderMetadata", "Discovery, 3"), smartKit,
		configurationIsComplete, "",
	},
	{"the issuer's keys can be read, and are RSA", identityData, smartKit, took(func(c *session) func() (keySet, error) { return c.keys }), ""},
	{"the discovery document names the same issuer and keys", metadata, ours, discoveryNamesTheIssuer, ""},
	{"the ID token's header has RS256 and a key of the issuer's", oidc("core", "IDToken", "Core, 2"), smartKit, headerNamesTheKey, ""},
	{"the ID token is signed, for this app, and has iss, sub, aud, exp and iat", oidc("core", "IDTokenValidation", "Core, 3.1.3.7"), smartKit, payloadIsSigned, ""},
	{
		"the user's resource in the claim fhirUser can be read", identityData, smartKit,
		readsTheUser(func(*session) []string { return nil }, func(*session, answer) error { return nil }), "",
	},
	{
		"a page of the app can read the user's resource", cors, smartKit,
		readsTheUser(func(c *session) []string { return []string{"Origin", c.origin()} }, func(c *session, got answer) error { return got.allows(c.origin()) }), "",
	},
}}
