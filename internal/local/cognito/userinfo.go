package cognito

import (
	"net/http"
	"slices"
	"strings"
)

// serveUserInfo tells about the user of an access token with the scope openid, as
// far as its other scopes go. Every value is a string, as Cognito's are.
func (p *Pool) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		refuseUserInfo(w, http.StatusMethodNotAllowed, "invalid_request", "Bad OAuth2 request at UserInfo Endpoint")
		return
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		refuseUserInfo(w, http.StatusBadRequest, "invalid_request", "Bad OAuth2 request at UserInfo Endpoint")
		return
	}
	info, problem := p.userInfo(token)
	if problem != "" {
		refuseUserInfo(w, http.StatusUnauthorized, "invalid_token", problem)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, info)
}

func (p *Pool) userInfo(token string) (info map[string]string, problem string) {
	const dead = "Access token is expired, disabled, or deleted, or the user has globally signed out."
	claims, err := p.verify(token)
	if err != nil || claims["token_use"] != "access" {
		return nil, dead
	}
	text := func(claim string) string {
		value, _ := claims[claim].(string)
		return value
	}
	client, known := p.client(text("client_id"))
	user, exists := p.user(text("username"))
	_, revoked := p.revoked.get(text("origin_jti"), p.config.Now())
	if !known || !exists || revoked {
		return nil, dead
	}
	scopes := strings.Fields(text("scope"))
	if !slices.Contains(scopes, "openid") {
		return nil, "Access token does not contain openid scope"
	}
	info = visibleAttributes(client, user, scopes)
	info["sub"], info["username"] = user.Sub, user.Username
	return info, ""
}

func refuseUserInfo(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("WWW-Authenticate", `Bearer error="`+code+`", error_description="`+description+`"`)
	writeError(w, status, code, description)
}
