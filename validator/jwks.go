package validator

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
)

const (
	minModulusBits = 2048 // RFC 7518 section 3.3
	maxModulusBits = 4096 // the cost of a verification grows with the square
	minExponent    = 65537
	maxKeys        = 64
)

// skipReason says why a member of the key set is not used.
type skipReason string

const (
	skipBroken    skipReason = "not a JWK"
	skipType      skipReason = "not RSA"
	skipUse       skipReason = "not for signatures"
	skipAlgorithm skipReason = "not for RS256"
	skipNoID      skipReason = "no kid"
	skipModulus   skipReason = "modulus"
	skipExponent  skipReason = "exponent"
	skipAmbiguous skipReason = "kid appears twice"
)

// jwk holds the parameters of a JSON Web Key that decide (RFC 7517 section 4,
// RFC 7518 section 6.3.1).
type jwk struct {
	KeyType    string   `json:"kty"`
	Use        *string  `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  *string  `json:"alg"`
	KeyID      string   `json:"kid"`
	Modulus    string   `json:"n"`
	Exponent   string   `json:"e"`
}

// parseKeySet reads a JWK set (RFC 7517 section 5). One unusable key never
// spoils the set: it is skipped and counted. A kid that appears twice is
// ambiguous, and neither key counts. A set without a usable key is an error.
func parseKeySet(data []byte) (map[string]*rsa.PublicKey, map[skipReason]int, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, nil, errors.New("key set: not a JSON object with a list of keys")
	}
	if len(set.Keys) > maxKeys {
		return nil, nil, errors.New("key set: too many keys")
	}
	usable := map[string]*rsa.PublicKey{}
	skipped := map[skipReason]int{}
	times := map[string]int{}
	for _, raw := range set.Keys {
		id, key, skip := parseKey(raw)
		if id != "" {
			times[id]++
		}
		if skip != "" {
			skipped[skip]++
			continue
		}
		usable[id] = key
	}
	for id, n := range times {
		if n > 1 {
			delete(usable, id)
			skipped[skipAmbiguous] += n
		}
	}
	if len(usable) == 0 {
		return nil, nil, errors.New("key set: no usable key")
	}
	return usable, skipped, nil
}

func parseKey(raw json.RawMessage) (id string, key *rsa.PublicKey, skip skipReason) {
	var k jwk
	if err := json.Unmarshal(raw, &k); err != nil {
		return "", nil, skipBroken
	}
	switch {
	case k.KeyType != "RSA":
		return k.KeyID, nil, skipType
	case k.Use != nil && *k.Use != "sig",
		k.Operations != nil && !slices.Contains(k.Operations, "verify"):
		return k.KeyID, nil, skipUse
	case k.Algorithm != nil && *k.Algorithm != "RS256":
		return k.KeyID, nil, skipAlgorithm
	case k.KeyID == "":
		return "", nil, skipNoID
	}
	modulus, ok := k.modulus()
	if !ok {
		return k.KeyID, nil, skipModulus
	}
	exponent, ok := k.exponent()
	if !ok {
		return k.KeyID, nil, skipExponent
	}
	return k.KeyID, &rsa.PublicKey{N: modulus, E: exponent}, ""
}

func (k jwk) modulus() (*big.Int, bool) {
	data, ok := decode(k.Modulus)
	if !ok || len(data) > maxModulusBits/8 {
		return nil, false
	}
	n := new(big.Int).SetBytes(data)
	return n, n.BitLen() >= minModulusBits && n.Bit(0) == 1
}

func (k jwk) exponent() (int, bool) {
	data, ok := decode(k.Exponent)
	if !ok || len(data) > 4 {
		return 0, false
	}
	e := new(big.Int).SetBytes(data).Int64()
	return int(e), e >= minExponent && e <= 1<<31-1 && e%2 == 1
}
