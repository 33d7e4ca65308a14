package cognito

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

const (
	privateKey = "PRIVATE KEY" // RFC 7468 section 10
	keyID      = "Kid"         // header of its block
)

// Keys sign the tokens of a pool. They are secret.
type Keys struct{ access, id signingKey }

// Keys that sign now.
func (p *Pool) Keys() Keys {
	access, id := p.keys.signing()
	return Keys{access, id}
}

// Encode writes the keys for [ParseKeys]: PKCS #8 in PEM.
func (k Keys) Encode() ([]byte, error) {
	var text bytes.Buffer
	for _, key := range []signingKey{k.access, k.id} {
		der, err := x509.MarshalPKCS8PrivateKey(key.private)
		if err != nil {
			return nil, err
		}
		if err := pem.Encode(&text, &pem.Block{Type: privateKey, Headers: map[string]string{keyID: key.id}, Bytes: der}); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// ParseKeys reads keys that Encode wrote. No error holds a part of one.
func ParseKeys(text []byte) (Keys, error) {
	var keys []signingKey
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return Keys{}, errors.New("a signing key that cannot be read")
		}
		private, ok := parsed.(*rsa.PrivateKey)
		if !ok || block.Headers[keyID] == "" {
			return Keys{}, errors.New("a signing key that is no RSA key with an id")
		}
		keys = append(keys, signingKey{block.Headers[keyID], private})
	}
	if len(keys) != 2 {
		return Keys{}, fmt.Errorf("%d signing keys: must be two", len(keys))
	}
	return Keys{keys[0], keys[1]}, nil
}
