package cognito

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"regexp"
)

// The grammars of RFC 7636: a verifier is 43 to 128 unreserved characters (section
// 4.1), and the challenge of S256 the 32 bytes of its SHA-256 in base64url without
// padding (section 4.2), which are 43 characters.
var (
	verifierPattern  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
	challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
)

// readChallenge demands PKCE with S256.
func readChallenge(query url.Values) (string, error) {
	challenge := query.Get("code_challenge")
	// Strict, since the last character has two bits that must be zero.
	_, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if query.Get("code_challenge_method") != "S256" || err != nil || !challengePattern.MatchString(challenge) {
		return "", clientError{code: "invalid_request"}
	}
	return challenge, nil
}

// proves reports whether a verifier is one, and the challenge was made of it.
func proves(verifier, challenge string) bool {
	hash := sha256.Sum256([]byte(verifier))
	return verifierPattern.MatchString(verifier) && equal(base64.RawURLEncoding.EncodeToString(hash[:]), challenge)
}
