package app

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
)

// KeySet is public keys by their IDs.
type KeySet map[string]*rsa.PublicKey

// KeySet reads a JSON Web Key Set (RFC 7517): RSA keys of at least 2048 bits, each with
// an id, and no private ones.
func (a Answer) KeySet() (KeySet, error) {
	if err := a.Want(http.StatusOK); err != nil {
		return nil, err
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(a.Body, &set); err != nil {
		return nil, errors.New("must be a JSON Web Key Set (RFC 7517)")
	}
	keys := KeySet{}
	for n, key := range set.Keys {
		if err := keys.add(key); err != nil {
			return nil, fmt.Errorf("key %d: %w", n+1, err)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the set has no RSA key with an id")
	}
	return keys, nil
}

func (s KeySet) add(members map[string]any) error {
	if _, private := members["d"]; private {
		return errors.New("it is a PRIVATE key: every reader can sign tokens")
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
		return fmt.Errorf("%d bits: must be at least 2048", key.N.BitLen())
	case text("kid") == "":
		return errors.New("no kid")
	}
	s[text("kid")] = key
	return nil
}
