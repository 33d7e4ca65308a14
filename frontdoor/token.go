package frontdoor

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
)

// oauthRequests are what a page may send to the token and revocation endpoints.
var oauthRequests = crossOrigin{methods: "POST", headers: "Accept, Authorization, Content-Type"}

// serveToken answers a request for tokens (RFC 6749 sections 4.1.3, 4.4.2 and 6; RFC
// 7636 section 4.5) with those that Cognito issues, and says what they are good for.
func (s *cognitoRelay) serveToken(w http.ResponseWriter, r *http.Request) {
	app, values, ok := s.readRequest(w, r)
	if !ok {
		return
	}
	parameters, wrong := s.tokenParameters(app.client, values)
	if wrong != nil {
		wrong.serve(w, r)
		return
	}
	said, wrong := s.call(r.Context(), s.tokenEndpoint, parameters, app.basic)
	if wrong == nil {
		wrong = said.refusal(app.basic != "")
	}
	if wrong != nil {
		said.serveRefusal(w, r, wrong)
		return
	}
	answer, wrong := tokenAnswer(said.body, app.client, parameters.Get("grant_type"))
	if wrong != nil {
		wrong.serve(w, r)
		return
	}
	neverKept(w)
	writeJSON(w, http.StatusOK, answer)
}

// serveRevocation has Cognito revoke a refresh token (RFC 7009). Cognito documents
// HTTP Basic alone for it, so a secret from the body goes there as Basic. It documents a
// success without a body: a page with status 200 is none
// (https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html).
func (s *cognitoRelay) serveRevocation(w http.ResponseWriter, r *http.Request) {
	app, values, ok := s.readRequest(w, r)
	if !ok {
		return
	}
	if values.Get("token") == "" {
		refuse(invalidRequest, "token is missing. Send the refresh token.").serve(w, r)
		return
	}
	parameters := only(values, "token", "client_id")
	basic := app.basic
	if secret := values.Get("client_secret"); secret != "" {
		basic = "Basic " + base64.StdEncoding.EncodeToString([]byte(app.id+":"+secret))
	}
	said, wrong := s.call(r.Context(), s.revocationEndpoint, parameters, basic)
	if wrong == nil {
		wrong = said.refusal(app.basic != "")
	}
	if wrong == nil && len(bytes.TrimSpace(said.body)) > 0 {
		wrong = notUnderstood()
	}
	if wrong != nil {
		said.serveRefusal(w, r, wrong)
		return
	}
	neverKept(w)
	w.WriteHeader(http.StatusOK)
}

// readRequest reads a request to one of the two endpoints and who sends it. Where it
// reports false, it has answered. The client's own pages may read the answer; while the
// client is not known, those of any client may.
func (s *cognitoRelay) readRequest(w http.ResponseWriter, r *http.Request) (authenticated, url.Values, bool) {
	if isPreflight(r) {
		oauthRequests.answerPreflight(w, r, s.apps.allow(w, r))
		return authenticated{}, nil, false
	}
	app, values, wrong := s.readClient(w, r)
	if wrong != nil && app.id == "" {
		s.apps.allow(w, r)
	} else {
		recordOf(r.Context()).clientID = app.id
		app.origins.allow(w, r)
	}
	if wrong != nil {
		wrong.serve(w, r)
		return authenticated{}, nil, false
	}
	return app, values, true
}

func (s *cognitoRelay) readClient(w http.ResponseWriter, r *http.Request) (authenticated, url.Values, *oauthError) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		return authenticated{}, nil, &oauthError{http.StatusMethodNotAllowed, invalidRequest, "Send a POST request."}
	}
	values, wrong := readForm(w, r)
	if wrong == nil && repeated(values) {
		wrong = refuse(invalidRequest, repeatedParameter)
	}
	if wrong != nil {
		return authenticated{}, nil, wrong
	}
	app, wrong := s.authenticate(r, values)
	if wrong == nil && app.basic == "" {
		values.Set("client_id", app.id)
	}
	return app, values, wrong
}

// isVerifier reports whether a text has a code verifier's form (RFC 7636 section 4.1).
func isVerifier(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-._~", rune(c)) {
			return false
		}
	}
	return 43 <= len(text) && len(text) <= 128
}

// tokenParameters are those that Cognito gets, by the grant: nothing but what is named here.
func (s *cognitoRelay) tokenParameters(app client, values url.Values) (url.Values, *oauthError) {
	if wrong := s.checkResources(values, false); wrong != nil {
		return nil, wrong
	}
	switch grant := values.Get("grant_type"); {
	case grant == "":
		return nil, refuse(invalidRequest, "grant_type is missing. Send authorization_code, refresh_token or client_credentials.")
	case grant == "authorization_code" && app.hasUsers():
		return codeParameters(app, values)
	case grant == "refresh_token" && app.hasUsers():
		return refreshParameters(app, values)
	case grant == "client_credentials" && !app.hasUsers():
		return serviceParameters(app, values)
	case slices.Contains([]string{"authorization_code", "refresh_token", "client_credentials"}, grant):
		return nil, refuse(unauthorizedClient, "The client may not use this grant_type. An app with users sends authorization_code or refresh_token, a service client_credentials.")
	default:
		return nil, refuse(unsupportedGrantType, "Send authorization_code, refresh_token or client_credentials as grant_type.")
	}
}

func codeParameters(app client, values url.Values) (url.Values, *oauthError) {
	switch {
	case values.Get("code") == "":
		return nil, refuse(invalidRequest, "code is missing. Send the code that came to the redirect_uri.")
	case values.Get("redirect_uri") == "":
		return nil, refuse(invalidRequest, "redirect_uri is missing. Send the redirect_uri of the authorization request.")
	case !slices.Contains(app.callbacks, values.Get("redirect_uri")):
		return nil, refuse(invalidGrant, "redirect_uri is not one of the client's callback URLs. Send the redirect_uri of the authorization request.")
	case values.Get("code_verifier") == "":
		return nil, refuse(invalidRequest, "code_verifier is missing. Send the text whose SHA-256 is the code_challenge.")
	case !isVerifier(values.Get("code_verifier")):
		return nil, refuse(invalidGrant, "code_verifier is malformed. Send 43 to 128 letters, digits and - . _ ~")
	}
	return only(values, "grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier"), nil
}

// refreshParameters leave the scope out: Cognito does not say that it narrows the tokens of a
// refresh, and the answer names the scopes that they have (RFC 6749 section 6 and 3.3). A
// scope that the client could never get is refused.
func refreshParameters(app client, values url.Values) (url.Values, *oauthError) {
	if values.Get("refresh_token") == "" {
		return nil, refuse(invalidRequest, "refresh_token is missing. Send the refresh token of the sign-in.")
	}
	if scope := values.Get("scope"); scope != "" {
		if _, wrong := app.askedScopes(scope); wrong != nil {
			return nil, wrong
		}
	}
	return only(values, "grant_type", "client_id", "client_secret", "refresh_token"), nil
}

// serviceParameters pass scopes on that are all declared: Cognito ignores others, and
// gives all scopes to who asks for none.
func serviceParameters(app client, values url.Values) (url.Values, *oauthError) {
	parameters := only(values, "grant_type", "client_id", "client_secret")
	if scope := values.Get("scope"); scope != "" {
		scopes, wrong := app.askedScopes(scope)
		if wrong != nil {
			return nil, wrong
		}
		parameters.Set("scope", strings.Join(scopes, " "))
	}
	return parameters, nil
}

// only are the parameters of some names that have a value.
func only(values url.Values, names ...string) url.Values {
	kept := url.Values{}
	for _, name := range names {
		if value := values.Get(name); value != "" {
			kept.Set(name, value)
		}
	}
	return kept
}

// describedErrors are the error codes of Cognito that are passed on, in our words.
var describedErrors = map[string]string{
	invalidRequest:       "The authorization server could not read the request. Send the parameters of this grant, each once.",
	invalidClient:        "The client could not be authenticated. Send the client's id and its present secret.",
	invalidGrant:         "The code or refresh token is not valid: used, expired, revoked, of another client, or with another code_verifier or redirect_uri. Start the sign-in again.",
	invalidScope:         "The client may not have one of the scopes. Ask for those that are declared for it.",
	unauthorizedClient:   "The client may not do this. Use the grant that it is declared for, and tokens of its own.",
	unsupportedGrantType: "The client may not use this grant_type. Use the one that it is declared for.",
	unsupportedTokenType: "The token cannot be revoked. Send a refresh token.",
}

// refusal is the error that an answer of Cognito stands for, nil for a success. Cognito's own
// words are not passed on: they may tell of its triggers.
func (a cognitoAnswer) refusal(byHeader bool) *oauthError {
	switch {
	case a.status == http.StatusOK:
		return nil
	case a.status == http.StatusTooManyRequests:
		return &oauthError{http.StatusServiceUnavailable, serverError, "The authorization server has too many requests. Try again later."}
	case a.status < http.StatusBadRequest || a.status >= http.StatusInternalServerError:
		return notUnderstood()
	}
	members, err := strictjson.Members(a.body)
	code, _ := members["error"].Text()
	description, known := describedErrors[code]
	if err != nil || !known {
		return notUnderstood()
	}
	if code == invalidClient && byHeader {
		return &oauthError{http.StatusUnauthorized, code, description}
	}
	return refuse(code, description)
}

// serveRefusal answers with an error, and with the time that Cognito asks to wait.
func (a cognitoAnswer) serveRefusal(w http.ResponseWriter, r *http.Request, wrong *oauthError) {
	if seconds := a.retryAfter; wrong.status == http.StatusServiceUnavailable && isNumber(seconds) {
		w.Header().Set("Retry-After", seconds)
	}
	wrong.serve(w, r)
}

func isNumber(text string) bool {
	return text != "" && len(text) <= 5 && strings.Trim(text, "0123456789") == ""
}
