package components

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// What an access token of Cognito holds beside its scopes, in bytes of JSON, with some
// room. Most tokens are smaller. A user who is in more groups, or in groups with longer
// names, may still get a token that is too long.
const (
	tokenHeader    = 128     // alg and kid
	tokenSignature = 256     // RSA with 2048 bits
	serviceClaims  = 768     // iss, sub, client_id, jti, token_use, version and times
	userClaims     = 1280    // besides: a username of 128 bytes, event ids, aud, patient and fhirUser
	userGroups     = 16 * 50 // 16 names of up to 48 bytes
)

// largestToken bounds the bytes of an access token with every scope of a client.
func (c ClientArgs) largestToken() int {
	claims := len(strings.Join(c.Scopes, " "))
	if c.userFacing() {
		claims += userClaims + userGroups
	} else {
		claims += serviceClaims
	}
	size := base64.RawURLEncoding.EncodedLen
	return size(tokenHeader) + len(".") + size(claims) + len(".") + size(tokenSignature)
}

// checkTokenSize refuses a client that could get tokens which the validator refuses.
// An app that asks for no scope gets all of its client's.
func (c ClientArgs) checkTokenSize(p *problems, field string) {
	if size := c.largestToken(); size > wire.MaxTokenBytes {
		p.addCount(field, len(c.Scopes), "scopes of the client "+c.Name,
			fmt.Sprintf("a token with all of them can have %d bytes, and the validator refuses tokens over %d; use fewer or shorter scopes, or several clients", size, wire.MaxTokenBytes))
	}
}
