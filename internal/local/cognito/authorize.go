package cognito

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	codeLifetime  = 5 * time.Minute
	maxQueryBytes = 16 << 10
)

// authorization is a request of a client to have a user signed in.
type authorization struct {
	client      Client
	redirectURI string
	state       []string // as given: none or one
	scopes      []string
	nonce       string
	challenge   string
	prompt      string
	resource    string // that the access token is bound to; empty for none
}

// code is an authorization code: a grant that waits for its client, and what the
// client must show.
type code struct {
	grant
	redirectURI, challenge string
}

// pageError is a refusal that the user alone is told, because nothing says that the
// address to go back to is the client's.
type pageError string

func (e pageError) Error() string { return string(e) }

// clientError is a refusal that goes back to the client, as RFC 6749 section 4.1.2.1
// has it.
type clientError struct{ code, description string }

func (e clientError) Error() string { return e.code }

// readAuthorization checks a request in Cognito's order. The authorization is usable
// for sending the client an error as soon as err is no pageError.
func (p *Pool) readAuthorization(r *http.Request) (authorization, error) {
	if len(r.URL.RawQuery) > maxQueryBytes {
		return authorization{}, pageError("The request is too long.")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(query["client_id"]) > 1 || len(query["redirect_uri"]) > 1 {
		return authorization{}, pageError("The request is malformed.")
	}
	var a authorization
	var ok bool
	if a.client, ok = p.client(query.Get("client_id")); !ok {
		return authorization{}, pageError("The client does not exist.")
	}
	if a.redirectURI = query.Get("redirect_uri"); !p.mayReturnTo(a.client, a.redirectURI) {
		return authorization{}, pageError("The redirect_uri is not one of the client's callback URLs.")
	}
	if a.state = query["state"]; len(a.state) > 1 {
		a.state = nil
	}
	for _, values := range query {
		if len(values) > 1 {
			return a, clientError{code: "invalid_request"}
		}
	}
	a.nonce, a.prompt = query.Get("nonce"), query.Get("prompt")
	if err := checkResponseType(query.Get("response_type")); err != nil {
		return a, err
	}
	if a.challenge, err = readChallenge(query); err != nil {
		return a, err
	}
	if a.resource, err = readResource(query); err != nil {
		return a, err
	}
	a.scopes, err = a.client.grantedScopes(query.Get("scope"))
	return a, err
}

func checkResponseType(responseType string) error {
	switch responseType {
	case "code":
		return nil
	case "token": // Cognito's implicit grant, which no client here has
		return clientError{code: "unauthorized_client"}
	default:
		return clientError{code: "invalid_request"}
	}
}

// readResource reads the resource that the access token is to be bound to: an absolute
// URI without a fragment (RFC 8707, section 2).
func readResource(query url.Values) (string, error) {
	resource := query.Get("resource")
	if !query.Has("resource") {
		return "", nil
	}
	u, err := url.Parse(resource)
	if err != nil || !u.IsAbs() || u.Host == "" && u.Opaque == "" && u.Path == "" || strings.Contains(resource, "#") {
		return "", clientError{code: "invalid_target"}
	}
	return resource, nil
}

// grantedScopes are those asked for, or all of the client's when none are. email,
// phone and profile need openid beside them.
func (c Client) grantedScopes(asked string) ([]string, error) {
	scopes := strings.Fields(asked)
	if len(scopes) == 0 {
		return c.Scopes, nil
	}
	var granted []string
	for _, scope := range scopes {
		needsOpenID := scope == "email" || scope == "phone" || scope == "profile"
		if !slices.Contains(c.Scopes, scope) || needsOpenID && !slices.Contains(scopes, "openid") {
			return nil, clientError{code: "invalid_scope"}
		}
		if !slices.Contains(granted, scope) {
			granted = append(granted, scope)
		}
	}
	return granted, nil
}

// sendBack redirects to the client with parameters and its state.
func (a authorization) sendBack(w http.ResponseWriter, parameters url.Values) {
	if len(a.state) == 1 {
		parameters.Set("state", a.state[0])
	}
	target, err := url.Parse(a.redirectURI)
	if err != nil { // a declared URL that is none
		showError(w, http.StatusInternalServerError, "The client's callback URL is malformed.")
		return
	}
	query := target.Query()
	for name, values := range parameters {
		query[name] = values
	}
	target.RawQuery = query.Encode()
	found(w, target.String())
}

func found(w http.ResponseWriter, location string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address may hold a code
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusFound)
}

// refuse answers an authorization request that is not granted.
func (a authorization) refuse(w http.ResponseWriter, err error) {
	var shown pageError
	if errors.As(err, &shown) {
		showError(w, http.StatusBadRequest, string(shown))
		return
	}
	told := clientError{code: "server_error"}
	_ = errors.As(err, &told) // otherwise it is the server's own fault
	parameters := url.Values{"error": {told.code}}
	if told.description != "" {
		parameters.Set("error_description", told.description)
	}
	a.sendBack(w, parameters)
}

// serveAuthorize sends a user who is signed in back with a code, and everybody else
// to the login page with the same parameters.
func (p *Pool) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	a, err := p.readAuthorization(r)
	if err != nil {
		a.refuse(w, err)
		return
	}
	signedIn, ok := p.session(r)
	switch {
	case ok && a.prompt != "login":
		p.grantCode(w, r, a, signedIn)
	case a.prompt == "none":
		a.refuse(w, clientError{code: "login_required"})
	default:
		found(w, "/login?"+r.URL.RawQuery)
	}
}

// grantCode ends a sign-in: the trigger is asked, and the user goes back with a code.
func (p *Pool) grantCode(w http.ResponseWriter, r *http.Request, a authorization, s session) {
	user, ok := p.user(s.username)
	if !ok {
		a.refuse(w, clientError{code: "server_error"})
		return
	}
	g := grant{
		clientID:  a.client.ID,
		username:  user.Username,
		scopes:    a.scopes,
		nonce:     a.nonce,
		resource:  a.resource,
		signedIn:  s.signedIn,
		originJTI: uuid.NewString(),
		eventID:   uuid.NewString(),
	}
	var err error
	if g.overrides, err = p.preToken(r.Context(), atSignIn, user, g); err != nil {
		a.refuse(w, clientError{"invalid_request", err.Error()})
		return
	}
	handle := p.codes.add(code{g, a.redirectURI, a.challenge}, p.config.Now(), codeLifetime)
	a.sendBack(w, url.Values{"code": {handle}})
}

// serveLogout ends the session, and goes to a logout URL of the client or, with the
// parameters of an authorization request, to the login page.
func (p *Pool) serveLogout(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	client, ok := p.client(query.Get("client_id"))
	if !ok || len(query["client_id"]) > 1 {
		showError(w, http.StatusBadRequest, "The client does not exist.")
		return
	}
	target := query.Get("logout_uri")
	switch {
	case target != "" && len(query["logout_uri"]) == 1 && slices.Contains(client.LogoutURLs, target):
	case target == "" && query.Has("redirect_uri"):
		if a, err := p.readAuthorization(r); err != nil {
			a.refuse(w, err)
			return
		}
		target = "/login?" + r.URL.RawQuery
	default:
		showError(w, http.StatusBadRequest, "The logout_uri is not one of the client's logout URLs.")
		return
	}
	p.endSession(w, r)
	found(w, target)
}
