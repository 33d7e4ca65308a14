package frontdoor

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authenticated is a client with what it showed. Whether it is the client's secret, Cognito
// says: the relay knows none.
type authenticated struct {
	client
	basic string // the Authorization header; empty where the client used none
}

// authenticate reads who sends a request, in one of the ways of RFC 6749 section 2.3.1:
// HTTP Basic, client_secret in the body, or client_id alone for a public client. A page that
// refreshes its tokens may leave client_id out.
func (s *cognitoRelay) authenticate(r *http.Request, values url.Values) (authenticated, *oauthError) {
	if values.Get("client_assertion") != "" || values.Get("client_assertion_type") != "" {
		return authenticated{}, refuse(invalidClient, "private_key_jwt is not supported. Authenticate with client_secret_basic or client_secret_post.")
	}
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return s.named(r, values)
	}
	id, ok := basicClientID(headers)
	known, isKnown := s.clients[id]
	switch {
	case !ok:
		return authenticated{}, &oauthError{http.StatusUnauthorized, invalidClient,
			"The Authorization header is malformed. Send one, with Basic and the base64 of client id, colon and secret."}
	case values.Has("client_secret"):
		return authenticated{}, refuse(invalidRequest, "The client authenticates in two ways. Send either the Authorization header or client_secret.")
	case values.Get("client_id") != "" && values.Get("client_id") != id:
		return authenticated{}, refuse(invalidRequest, "client_id differs from the Authorization header's. Send the same, or leave it out.")
	case !isKnown:
		return authenticated{}, unknownClient(http.StatusUnauthorized)
	}
	return authenticated{known, headers[0]}, nil
}

// named is the client that the body names, or that the page's origin stands for.
func (s *cognitoRelay) named(r *http.Request, values url.Values) (authenticated, *oauthError) {
	id := values.Get("client_id")
	known, isKnown := s.clients[id]
	if id == "" && values.Get("grant_type") == "refresh_token" && !values.Has("client_secret") {
		known, isKnown = s.onlyClientOf(r)
	}
	switch {
	case id == "" && !isKnown:
		return authenticated{}, refuse(invalidRequest, "client_id is missing. Send it in the body, or with the secret in a Basic Authorization header.")
	case !isKnown:
		return authenticated{}, unknownClient(http.StatusBadRequest)
	}
	return authenticated{known, ""}, nil
}

// onlyClientOf is the client whose page sends the request, if the page's origin is the one of
// no other client. SMART App Launch 2.2 has no client_id in a refresh request, and
// fhirclient.js sends none. Cognito wants one, and issues tokens to the client alone that the
// refresh token is of, so that another's id is of no use to anybody.
func (s *cognitoRelay) onlyClientOf(r *http.Request) (client, bool) {
	var found []client
	if given := r.Header.Values("Origin"); len(given) == 1 {
		for _, known := range s.clients {
			if slices.Contains(known.origins, given[0]) {
				found = append(found, known)
			}
		}
	}
	if len(found) != 1 {
		return client{}, false
	}
	return found[0], true
}

func unknownClient(status int) *oauthError {
	return &oauthError{status, invalidClient, "The client is not known here. Send the client id that the server's operator gave out."}
}

// basicClientID reads the client id of an Authorization header (RFC 7617; RFC 6749
// section 2.3.1 has both parts form-urlencoded, which changes nothing in Cognito's
// ids).
func basicClientID(headers []string) (string, bool) {
	if len(headers) != 1 {
		return "", false
	}
	scheme, encoded, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", false
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || hasControls(string(decoded)) {
		return "", false
	}
	id, secret, divided := strings.Cut(string(decoded), ":")
	unescaped, err := url.PathUnescape(id)
	return unescaped, divided && err == nil && id != "" && secret != ""
}
