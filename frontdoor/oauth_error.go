package frontdoor

import (
	"encoding/json"
	"net/http"
)

// Error codes of RFC 6749 (sections 4.1.2.1 and 5.2), RFC 7009 and RFC 8707.
const (
	invalidRequest          = "invalid_request"
	invalidClient           = "invalid_client"
	invalidGrant            = "invalid_grant"
	invalidScope            = "invalid_scope"
	invalidTarget           = "invalid_target"
	unauthorizedClient      = "unauthorized_client"
	unsupportedGrantType    = "unsupported_grant_type"
	unsupportedResponseType = "unsupported_response_type"
	unsupportedTokenType    = "unsupported_token_type"
	serverError             = "server_error"
)

// oauthError is a refusal that an app is told. The description says what to send
// instead, and holds nothing that came with the request but words of the configuration.
type oauthError struct {
	status      int
	code        string
	description string
}

func refuse(code, description string) *oauthError {
	return &oauthError{http.StatusBadRequest, code, description}
}

// serve writes the error as RFC 6749 section 5.2 has it.
func (e *oauthError) serve(w http.ResponseWriter, r *http.Request) {
	recordOf(r.Context()).refusal = e.code
	neverKept(w)
	if e.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Smartlake"`)
	}
	writeJSON(w, e.status, map[string]string{"error": e.code, "error_description": e.description})
}

// neverKept marks an answer that no cache may keep (RFC 6749 section 5.1).
func neverKept(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the app went away: nobody to tell
}
