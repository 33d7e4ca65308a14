package frontdoor

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxLocation bounds the URL at Cognito, in bytes: an HTTP API takes 10,240 bytes of
// headers.
const maxLocation = 8 << 10

// passedOn are the parameters that are Cognito's own or OpenID Connect's, and mean the
// same there
// (https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html).
var passedOn = []string{"identity_provider", "idp_identifier", "lang", "login_hint", "nonce", "prompt"}

// serveAuthorize checks a request for a user's sign-in (SMART App Launch 2.2, "Obtain
// authorization code"; RFC 6749 section 4.1.1; RFC 7636 section 4.3) and sends the
// browser on to Cognito. A page of another origin cannot read the answer.
func (s *cognitoRelay) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	values, wrong := authorizationParameters(w, r)
	if wrong != nil {
		showErrorPage(w, r, wrong.status, wrong.description)
		return
	}
	app, wrong := s.trusted(values)
	if wrong != nil {
		showErrorPage(w, r, wrong.status, wrong.description)
		return
	}
	recordOf(r.Context()).clientID = app.id
	target := s.authorizationEndpoint + "?"
	query, wrong := s.authorization(app, values)
	if wrong != nil {
		recordOf(r.Context()).refusal = wrong.code
		target, query = callback(values, wrong)
	}
	location := target + query.Encode()
	if len(location) > maxLocation {
		showErrorPage(w, r, http.StatusBadRequest, "The app's request is too long.")
		return
	}
	neverKept(w)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}

// authorizationParameters are those of the URL of a GET, or of the body of a POST
// (OpenID Connect Core 1.0 section 3.1.2.1; SMART's "authorize-post").
func authorizationParameters(w http.ResponseWriter, r *http.Request) (url.Values, *oauthError) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		values, ok := parseParameters(r.URL.RawQuery)
		if !ok {
			return nil, refuse(invalidRequest, "The app's request is malformed.")
		}
		return values, nil
	case http.MethodPost:
		return readForm(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		return nil, &oauthError{http.StatusMethodNotAllowed, invalidRequest, "The app must send a GET or POST request."}
	}
}

// trusted returns the client of a request whose redirect_uri is one of the client's own. Until
// then nobody is sent anywhere (RFC 6749 section 4.1.2.1).
func (s *cognitoRelay) trusted(values url.Values) (client, *oauthError) {
	app, known := s.clients[values.Get("client_id")]
	switch {
	case len(values["client_id"]) != 1 || len(values["redirect_uri"]) > 1:
		return client{}, refuse(invalidRequest, "The app must send client_id and redirect_uri, each once.")
	case !known || !app.hasUsers():
		return client{}, refuse(invalidRequest, "The app's client_id is unknown, or belongs to a service. A service cannot sign users in.")
	case !slices.Contains(app.callbacks, values.Get("redirect_uri")):
		return client{}, refuse(invalidRequest, "The app's redirect_uri is missing, or does not equal one of its callback URLs exactly.")
	}
	return app, nil
}

// authorization is the request that Cognito gets: nothing but what is named here.
func (s *cognitoRelay) authorization(app client, values url.Values) (url.Values, *oauthError) {
	if wrong := checkAuthorization(values); wrong != nil {
		return nil, wrong
	}
	if wrong := s.checkResources(values, true); wrong != nil {
		return nil, wrong
	}
	scopes, wrong := app.askedScopes(values.Get("scope"))
	if wrong != nil {
		return nil, wrong
	}
	query := url.Values{
		"response_type":         {"code"},
		"client_id":             {app.id},
		"redirect_uri":          {values.Get("redirect_uri")},
		"state":                 {values.Get("state")},
		"scope":                 {strings.Join(scopes, " ")},
		"code_challenge":        {values.Get("code_challenge")},
		"code_challenge_method": {"S256"},
	}
	for _, name := range passedOn {
		if value := values.Get(name); value != "" {
			query.Set(name, value)
		}
	}
	return query, nil
}

// checkAuthorization holds a request against everything but the client and the server. A
// parameter without a value counts as left out (RFC 6749 section 3.1).
func checkAuthorization(values url.Values) *oauthError {
	switch {
	case repeated(values):
		return refuse(invalidRequest, repeatedParameter)
	case values.Get("request") != "":
		return refuse("request_not_supported", "The parameter request is not supported. Send its parameters themselves.")
	case values.Get("request_uri") != "":
		return refuse("request_uri_not_supported", "The parameter request_uri is not supported. Send its parameters themselves.")
	case values.Get("launch") != "":
		return refuse(invalidRequest, "An EHR launch is not supported. Leave out launch, and request the scope launch/patient.")
	case values.Get("response_type") == "":
		return refuse(invalidRequest, "response_type is missing. Send response_type=code")
	case values.Get("response_type") != "code":
		return refuse(unsupportedResponseType, "Send response_type=code")
	case values.Get("response_mode") != "" && values.Get("response_mode") != "query":
		return refuse(invalidRequest, "response_mode must be query. Leave it out.")
	case values.Get("state") == "":
		return refuse(invalidRequest, "state is missing. Send a random value, and compare it with the state that comes back.")
	case values.Get("code_challenge_method") != "S256":
		return refuse(invalidRequest, "code_challenge_method is not S256. Send S256 with the SHA-256 of the code verifier; plain is not allowed.")
	case !isChallenge(values.Get("code_challenge")):
		return refuse(invalidRequest, "code_challenge is missing or malformed. Send the SHA-256 of the code verifier in base64url without padding: 43 characters.")
	}
	return nil
}

// challengeOfNothing is the challenge of an empty verifier, which is none (RFC 7636
// section 4.1) and proves nothing.
const challengeOfNothing = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"

// isChallenge reports whether a text may be a challenge of the method S256: 32 bytes in
// base64url (RFC 7636 section 4.2).
func isChallenge(text string) bool {
	digest, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(digest) == 32 && len(text) == 43 && text != challengeOfNothing
}

// checkResources holds aud (SMART App Launch 2.2) and resource (RFC 8707) against what
// this server issues tokens for. Neither is passed on: for Cognito a resource is an "aud"
// of the access token, and the datastore would refuse a token for another name of itself.
func (s *cognitoRelay) checkResources(values url.Values, required bool) *oauthError {
	aud, resource := values.Get("aud"), values.Get("resource")
	switch {
	case required && aud == "" && resource == "":
		return refuse(invalidRequest, "aud is missing. Send the FHIR base URL: "+s.resources[0])
	case aud != "" && !s.isOurs(aud):
		return refuse(invalidRequest, "aud names another server. Send the FHIR base URL: "+s.resources[0])
	case resource != "" && !s.isOurs(resource):
		return refuse(invalidTarget, "resource names another server. Send the FHIR base URL: "+s.resources[0])
	}
	return nil
}

// callback is the way back to the app with an error (RFC 6749 section 4.1.2.1): the
// redirect_uri, up to where parameters follow, and the parameters.
func callback(values url.Values, e *oauthError) (target string, query url.Values) {
	target = values.Get("redirect_uri")
	switch {
	case !strings.Contains(target, "?"):
		target += "?"
	case !strings.HasSuffix(target, "?") && !strings.HasSuffix(target, "&"):
		target += "&"
	}
	query = url.Values{"error": {e.code}, "error_description": {e.description}}
	if state := values["state"]; len(state) == 1 && state[0] != "" {
		query.Set("state", state[0])
	}
	return target, query
}
