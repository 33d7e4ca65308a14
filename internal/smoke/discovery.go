package smoke

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"reflect"
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// discover checks the documents that apps find their way by.
func (r *run) discover(ctx context.Context) {
	var document []byte
	var served smart.Configuration
	r.check(ctx, "discovery document is valid", func(ctx context.Context) (string, error) {
		a, err := r.send(ctx, http.MethodGet, r.Stack.DatastoreEndpoint+".well-known/smart-configuration", "", nil)
		if err != nil {
			return "", err
		}
		if a.status != http.StatusOK {
			return "", fmt.Errorf("want 200 without a signature or a token, got %s", a.said())
		}
		document = a.body
		served, err = smart.ParseConfiguration(a.body)
		if err != nil {
			return "", err
		}
		return "SMART App Launch 2.2, capabilities " + strings.Join(served.Capabilities, " "), nil
	})
	r.check(ctx, "discovery document agrees with the stack", func(context.Context) (string, error) {
		if document == nil {
			return "", skip("there is no document")
		}
		return r.agree(document, served)
	})
	for _, adopt := range []struct {
		known  *string
		served string
	}{{&r.tokenEndpoint, served.TokenEndpoint}, {&r.jwksURI, served.JWKSURI}, {&r.issuer, served.Issuer}} {
		if *adopt.known == "" {
			*adopt.known = adopt.served
		}
	}
	r.check(ctx, "key set is served", r.readKeySet)
}

// agree holds the served document against the stack's outputs.
func (r *run) agree(document []byte, served smart.Configuration) (string, error) {
	stack := r.Stack
	known := 0
	var problems []error
	for _, member := range []struct{ name, served, declared string }{
		{"authorization_endpoint", served.AuthorizationEndpoint, stack.AuthorizationEndpoint},
		{"issuer", served.Issuer, stack.Issuer},
		{"jwks_uri", served.JWKSURI, stack.JWKSURI},
		{"revocation_endpoint", served.RevocationEndpoint, stack.RevocationEndpoint},
		{"token_endpoint", served.TokenEndpoint, stack.TokenEndpoint},
	} {
		if member.declared == "" || member.name == "issuer" && member.served == "" { // left out without single sign-on
			continue
		}
		known++
		if member.served != member.declared {
			problems = append(problems, fmt.Errorf("%s: served is %q, the stack's is %q", member.name, member.served, member.declared))
		}
	}
	if stack.DiscoveryDocument != "" && len(problems) == 0 {
		var got, want any
		if err := json.Unmarshal([]byte(stack.DiscoveryDocument), &want); err != nil {
			return "", errors.New("output discoveryDocument: want JSON")
		}
		if err := json.Unmarshal(document, &got); err != nil || !reflect.DeepEqual(got, want) {
			problems = append(problems, errors.New("the served document is not the one of the output discoveryDocument: if it was changed in place, run pulumi refresh --run-program"))
		}
	}
	if known == 0 {
		return "", skip("none of the stack's endpoints is known to hold it against")
	}
	return fmt.Sprintf("%d endpoints", known), errors.Join(problems...)
}

// readKeySet checks the key set: RSA keys of at least 2048 bits to verify RS256
// signatures with, each with an id, and no private ones.
func (r *run) readKeySet(ctx context.Context) (string, error) {
	if r.jwksURI == "" {
		return "", skip("no key set is known: neither the stack nor its discovery document names one")
	}
	a, err := r.send(ctx, http.MethodGet, r.jwksURI, "", nil)
	if err != nil {
		return "", err
	}
	if a.status != http.StatusOK {
		return "", fmt.Errorf("want 200, got %s", a.said())
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(a.body, &set); err != nil {
		return "", errors.New("want a JSON Web Key Set (RFC 7517)")
	}
	keys := map[string]*rsa.PublicKey{}
	for n, key := range set.Keys {
		if err := addKey(keys, key); err != nil {
			return "", fmt.Errorf("key %d: %w", n+1, err)
		}
	}
	if len(keys) == 0 {
		return "", errors.New("the set has no RSA key with an id")
	}
	r.keys = keys
	return fmt.Sprintf("%d keys", len(keys)), nil
}

func addKey(keys map[string]*rsa.PublicKey, members map[string]any) error {
	if _, private := members["d"]; private {
		return errors.New("it is a PRIVATE key: whoever reads it can sign tokens")
	}
	text := func(name string) string { value, _ := members[name].(string); return value }
	if text("kty") != "RSA" {
		return nil // for something else
	}
	modulus, errN := base64.RawURLEncoding.DecodeString(text("n"))
	exponent, errE := base64.RawURLEncoding.DecodeString(text("e"))
	e := new(big.Int).SetBytes(exponent)
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(e.Int64())}
	switch {
	case errN != nil || errE != nil || !e.IsInt64() || key.E < 3:
		return errors.New("malformed modulus or exponent")
	case key.N.BitLen() < 2048:
		return fmt.Errorf("%d bits: want at least 2048", key.N.BitLen())
	case text("kid") == "":
		return errors.New("no kid")
	}
	keys[text("kid")] = key
	return nil
}
