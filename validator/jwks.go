package validator

import (
	"crypto/rsa"
	"errors"
	"math/big"
	"slices"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
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
	skipAmbiguous skipReason = "kid appears twice"
	skipPrivate   skipReason = "private or secret"
	skipBroken    skipReason = "not a JWK"
	skipType      skipReason = "not RSA"
	skipUse       skipReason = "not for signatures"
	skipAlgorithm skipReason = "not for RS256"
	skipNoID      skipReason = "no kid"
	skipModulus   skipReason = "modulus"
	skipExponent  skipReason = "exponent"
)

// parseKeySet reads a JWK set (RFC 7517 section 5) with the strict reader: a name that
// stands twice in one object, anywhere in the set, spoils the set. One unusable key
// does not: it is skipped and counted. A kid that appears twice is ambiguous, and no
// key of it counts, however broken the other is. A set without a usable key is an error.
func parseKeySet(data []byte) (map[string]*rsa.PublicKey, map[skipReason]int, error) {
	var keys []strictjson.Value
	var isList bool
	err := strictjson.Object(data, func(name []byte, v strictjson.Value) error {
		if string(name) == "keys" {
			keys, isList = v.Elements()
		}
		return nil
	})
	if err != nil || !isList {
		return nil, nil, errors.New("key set: not a JSON object with a list of keys")
	}
	if len(keys) > maxKeys {
		return nil, nil, errors.New("key set: too many keys")
	}
	read := make([]jwk, len(keys))
	times := map[string]int{}
	for i, key := range keys {
		read[i] = readJWK(key)
		times[read[i].keyID]++
	}
	usable := map[string]*rsa.PublicKey{}
	skipped := map[skipReason]int{}
	for _, k := range read {
		if k.keyID != "" && times[k.keyID] > 1 {
			skipped[skipAmbiguous]++
			continue
		}
		key, skip := k.publicKey()
		if skip != "" {
			skipped[skip]++
			continue
		}
		usable[k.keyID] = key
	}
	if len(usable) == 0 {
		return nil, nil, errors.New("key set: no usable key")
	}
	return usable, skipped, nil
}

// jwk holds the parameters of a JSON Web Key that decide (RFC 7517 section 4,
// RFC 7518 section 6.3.1).
type jwk struct {
	keyID          string // empty where there is none
	keyType        string
	use, algorithm *string  // nil where there is none
	operations     []string // nil where there are none
	modulus        string
	exponent       string

	private bool // it holds a parameter that must not be published
	broken  bool // a parameter has the wrong type, or it is no object
}

// readJWK reads a key as far as it can be read, because a broken key has a kid too.
func readJWK(v strictjson.Value) jwk {
	var k jwk
	err := v.Object(func(name []byte, v strictjson.Value) error {
		ok := true
		switch string(name) {
		case "kid":
			k.keyID, ok = v.Text()
		case "kty":
			k.keyType, ok = v.Text()
		case "use":
			k.use, ok = optionalText(v)
		case "alg":
			k.algorithm, ok = optionalText(v)
		case "key_ops":
			k.operations, ok = v.Texts()
		case "n":
			k.modulus, ok = v.Text()
		case "e":
			k.exponent, ok = v.Text()
		case "d", "p", "q", "dp", "dq", "qi", "oth", "k": // RFC 7518 sections 6.3.2 and 6.4.1
			k.private = true
		}
		k.broken = k.broken || !ok
		return nil
	})
	k.broken = k.broken || err != nil
	return k
}

func optionalText(v strictjson.Value) (*string, bool) {
	text, ok := v.Text()
	return &text, ok
}

// publicKey returns the key, or says why it is not used.
func (k jwk) publicKey() (*rsa.PublicKey, skipReason) {
	switch {
	case k.private:
		return nil, skipPrivate // a key that everybody can sign with
	case k.broken:
		return nil, skipBroken
	case k.keyType != "RSA":
		return nil, skipType
	case k.use != nil && *k.use != "sig",
		k.operations != nil && !slices.Contains(k.operations, "verify"):
		return nil, skipUse
	case k.algorithm != nil && *k.algorithm != "RS256":
		return nil, skipAlgorithm
	case k.keyID == "":
		return nil, skipNoID
	}
	modulus, ok := unsigned(k.modulus, maxModulusBits)
	if !ok || modulus.BitLen() < minModulusBits || modulus.Bit(0) == 0 {
		return nil, skipModulus
	}
	exponent, ok := unsigned(k.exponent, 31)
	if !ok || exponent.Int64() < minExponent || exponent.Bit(0) == 0 {
		return nil, skipExponent
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, ""
}

// unsigned reads an integer of at most so many bits in its one spelling: base64url of
// the fewest octets (RFC 7518 section 2, Base64urlUInt).
func unsigned(text string, bits int) (*big.Int, bool) {
	data, ok := decode(text)
	if !ok || len(data) == 0 || len(data) > (bits+7)/8 || data[0] == 0 {
		return nil, false
	}
	n := new(big.Int).SetBytes(data)
	return n, n.BitLen() <= bits
}
