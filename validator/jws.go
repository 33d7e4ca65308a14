package validator

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// MaxTokenBytes is the maximum length of a token. The validator refuses a longer one without
// reading it.
const MaxTokenBytes = wire.MaxTokenBytes

// errMember ends the reading of an object of which a member is not what it must be.
var errMember = errors.New("a member is not of its type")

// strict is base64url without padding, whose last character may not carry bits
// that decode to nothing (RFC 7515 section 2): one token, one spelling.
var strict = base64.RawURLEncoding.Strict()

// token is a bearer token taken apart. Nothing in it is trusted before its
// signature has been verified.
type token struct {
	keyID        string
	signingInput string // header "." claims, as signed
	claims       []byte // JSON
	signature    []byte
}

// bearerToken returns the token, as long as it is worth a look. A leading "Bearer "
// is tolerated; HealthLake sends none.
func bearerToken(bearer string) (string, Reason) {
	text := strings.TrimPrefix(bearer, "Bearer ")
	switch {
	case text == "":
		return "", TokenMissing
	case len(text) > MaxTokenBytes:
		return "", TokenTooLong
	case strings.Count(text, ".") != 2:
		return "", TokenMalformed
	}
	return text, ""
}

// parseToken takes a compact JWS apart (RFC 7515 section 7.1).
func parseToken(text string) (token, Reason) {
	header, rest, _ := strings.Cut(text, ".")
	claims, signature, _ := strings.Cut(rest, ".")
	if header == "" || claims == "" || signature == "" {
		return token{}, TokenMalformed
	}
	headerJSON, headerOK := decode(header)
	claimsJSON, claimsOK := decode(claims)
	signatureBytes, signatureOK := decode(signature)
	if !headerOK || !claimsOK || !signatureOK {
		return token{}, TokenMalformed
	}
	h, reason := parseHeader(headerJSON)
	if reason != "" {
		return token{}, reason
	}
	return token{
		keyID:        h.keyID,
		signingInput: text[:len(header)+1+len(claims)],
		claims:       claimsJSON,
		signature:    signatureBytes,
	}, ""
}

// signedBy verifies the signature, RS256 and no other (RFC 7518 section 3.3). The library
// does this and nothing else: what surrounds it is stricter here than its parser.
func (t token) signedBy(key *rsa.PublicKey) bool {
	return jwt.SigningMethodRS256.Verify(t.signingInput, t.signature, key) == nil
}

// decode refuses what the standard decoder skips: line breaks.
func decode(part string) ([]byte, bool) {
	if strings.IndexByte(part, '\r') >= 0 || strings.IndexByte(part, '\n') >= 0 {
		return nil, false
	}
	data, err := strict.DecodeString(part)
	return data, err == nil
}

// header holds the JOSE header parameters that this validator reads.
type header struct {
	algorithm string
	keyID     string
}

// parseHeader reads the JOSE header (RFC 7515 section 4). A parameter that
// points at other keys, or demands processing that this validator does not do,
// is refused and not ignored (RFC 8725 sections 3.1, 3.10 and 3.11).
func parseHeader(data []byte) (header, Reason) {
	var h header
	var reason Reason
	err := strictjson.Object(data, func(name []byte, v strictjson.Value) error {
		var ok bool
		switch string(name) {
		case "alg":
			h.algorithm, ok = v.Text()
		case "kid":
			h.keyID, ok = v.Text()
		case "typ":
			typ, isText := v.Text()
			if ok = isText; ok && !allowedType(typ) {
				reason = HeaderNotAllowed
			}
		case "crit", "jku", "jwk", "x5u", "x5c", "zip":
			reason, ok = HeaderNotAllowed, true
		default:
			ok = true
		}
		if !ok {
			return errMember
		}
		return nil
	})
	switch {
	case err != nil:
		return header{}, HeaderMalformed
	case reason != "":
		return header{}, reason
	case h.algorithm != "RS256":
		return header{}, AlgorithmNotAllowed
	case h.keyID == "":
		return header{}, KeyIDMissing
	}
	return h, ""
}

// allowedType accepts the types of an access token: JWT (RFC 7519 section 5.1) and
// at+jwt (RFC 9068 section 4), which are media types: they know no case, and
// "application/" before them may be left out (RFC 7515 section 4.1.9).
func allowedType(typ string) bool {
	return slices.ContainsFunc([]string{"JWT", "at+jwt", "application/jwt", "application/at+jwt"}, func(allowed string) bool {
		return strings.EqualFold(typ, allowed)
	})
}
