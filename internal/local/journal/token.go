package journal

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// encodedClaims are the middle of a JWT of three parts, as it is encoded; empty for anything
// else. Neither the header nor the signature is kept, nor the memory of the token.
func encodedClaims(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(parts[1]) > maxClaims {
		return ""
	}
	return strings.Clone(parts[1])
}

// Claims of a token as JSON, which nobody vouches for; nil unless they are an object.
func Claims(token string) []byte { return decodeClaims(encodedClaims(token)) }

// decodeClaims are the claims as JSON; nil unless they are an object.
func decodeClaims(encoded string) []byte {
	content, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(content) == 0 || content[0] != '{' || !json.Valid(content) {
		return nil
	}
	return content
}
