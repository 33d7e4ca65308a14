package cognito

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// grant is what a user's sign-in gave a client: what its tokens are made of.
type grant struct {
	clientID  string
	username  string
	scopes    []string
	nonce     string
	resource  string // that the access tokens are bound to, also after a refresh
	signedIn  time.Time
	originJTI string // the same in all tokens of one sign-in
	eventID   string
	overrides overrides // of the trigger
}

// tokens are the answer of the token endpoint.
type tokens struct {
	IDToken      string `json:"id_token,omitempty"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	ExpiresIn    int    `json:"expires_in"`
	TokenType    string `json:"token_type"`
}

// clientToken is an access token of the client credentials grant with exactly the
// claims of Cognito's: sub is the client, and there is no username, aud or nbf.
func (p *Pool) clientToken(client Client, scopes []string) (tokens, error) {
	now := p.config.Now()
	access, _ := p.keys.signing()
	token, err := access.sign(jwt.MapClaims{
		"sub":       client.ID,
		"token_use": "access",
		"scope":     strings.Join(scopes, " "),
		"auth_time": now.Unix(),
		"iss":       p.config.Issuer,
		"exp":       now.Add(client.AccessToken).Unix(),
		"iat":       now.Unix(),
		"version":   2,
		"jti":       uuid.NewString(),
		"client_id": client.ID,
	})
	return tokens{AccessToken: token, ExpiresIn: int(client.AccessToken.Seconds()), TokenType: "Bearer"}, err
}

// userTokens are an access token and, where openid was asked for, an ID token.
func (p *Pool) userTokens(client Client, g grant) (tokens, error) {
	user, ok := p.user(g.username)
	if !ok {
		return tokens{}, fmt.Errorf("user %s is gone", g.username)
	}
	accessKey, idKey := p.keys.signing()
	access, err := accessKey.sign(p.accessClaims(client, user, g))
	if err != nil {
		return tokens{}, err
	}
	t := tokens{AccessToken: access, ExpiresIn: int(client.AccessToken.Seconds()), TokenType: "Bearer"}
	if slices.Contains(g.scopes, "openid") {
		t.IDToken, err = idKey.sign(p.idClaims(client, user, g, access))
	}
	return t, err
}

func (p *Pool) accessClaims(client Client, user User, g grant) jwt.MapClaims {
	now := p.config.Now()
	claims := jwt.MapClaims{
		"sub":        user.Sub,
		"iss":        p.config.Issuer,
		"version":    2,
		"client_id":  client.ID,
		"origin_jti": g.originJTI,
		"event_id":   g.eventID,
		"token_use":  "access",
		"scope":      strings.Join(g.overrides.Access.scopes(g.scopes), " "),
		"auth_time":  g.signedIn.Unix(),
		"exp":        now.Add(client.AccessToken).Unix(),
		"iat":        now.Unix(),
		"jti":        uuid.NewString(),
		"username":   user.Username,
	}
	if g.resource != "" {
		claims["aud"] = g.resource
	}
	user.addGroups(claims)
	g.overrides.Access.apply(claims)
	return claims
}

func (p *Pool) idClaims(client Client, user User, g grant, accessToken string) jwt.MapClaims {
	now := p.config.Now()
	hash := sha256.Sum256([]byte(accessToken))
	claims := jwt.MapClaims{}
	for name, value := range visibleAttributes(client, user, g.scopes) {
		claims[name] = value
		if strings.HasSuffix(name, "_verified") {
			claims[name] = value == "true"
		}
	}
	for name, value := range map[string]any{
		"at_hash":          base64.RawURLEncoding.EncodeToString(hash[:len(hash)/2]),
		"sub":              user.Sub,
		"iss":              p.config.Issuer,
		"cognito:username": user.Username,
		"origin_jti":       g.originJTI,
		"aud":              client.ID,
		"event_id":         g.eventID,
		"token_use":        "id",
		"auth_time":        g.signedIn.Unix(),
		"exp":              now.Add(client.IDToken).Unix(),
		"iat":              now.Unix(),
		"jti":              uuid.NewString(),
	} {
		claims[name] = value
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	user.addGroups(claims)
	g.overrides.ID.apply(claims)
	return claims
}

// addGroups adds the claim that Cognito puts into both tokens of a user who is in
// groups.
func (u User) addGroups(claims jwt.MapClaims) {
	if len(u.Groups) > 0 {
		claims["cognito:groups"] = u.Groups
	}
}

// visibleAttributes are those that the client may read and the scopes open: openid
// alone and profile open all, email and phone their own
// (https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html).
func visibleAttributes(client Client, user User, scopes []string) map[string]string {
	email, phone := slices.Contains(scopes, "email"), slices.Contains(scopes, "phone")
	all := slices.Contains(scopes, "profile") || !email && !phone
	visible := map[string]string{}
	for name, value := range user.Attributes {
		readable := client.ReadAttributes == nil || slices.Contains(client.ReadAttributes, name)
		opened := all ||
			email && (name == "email" || name == "email_verified") ||
			phone && (name == "phone_number" || name == "phone_number_verified")
		if readable && opened {
			visible[name] = value
		}
	}
	return visible
}

// sign writes a token with Cognito's header: alg and kid, and no typ.
func (k signingKey) sign(claims jwt.MapClaims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	delete(token.Header, "typ")
	token.Header["kid"] = k.id
	signed, err := token.SignedString(k.private)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed, nil
}

// verify returns the claims of a token of this pool that has not expired.
func (p *Pool) verify(token string) (jwt.MapClaims, error) {
	now := p.config.Now()
	keys, _ := p.keys.published(now)
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		index := slices.IndexFunc(keys, func(k signingKey) bool { return k.id == t.Header["kid"] })
		if index < 0 {
			return nil, fmt.Errorf("no key %v", t.Header["kid"])
		}
		return &keys[index].private.PublicKey, nil
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(p.config.Issuer), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(p.config.Now))
	return claims, err
}
