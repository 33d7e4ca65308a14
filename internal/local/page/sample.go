package page

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// launched is how a launch ended, as the page shows it.
type launched struct {
	Client   Client
	Refusal  string // why there is no token
	Claims   []claim
	Requests []request
	Patients []patient
	// Observations of the patient in context.
	Observations []observation
}

type claim struct{ Name, Value string }

// launch begins a standalone launch (SMART App Launch 2.2, section 2.0): the datastore's
// discovery document says where to, and the user is sent there.
func (p *Page) launch(w http.ResponseWriter, r *http.Request) {
	client, err := p.client(r.PostFormValue("client"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	document, err := p.discover(r.Context())
	if err != nil {
		show(w, http.StatusBadGateway, "launched", launched{Client: client, Refusal: err.Error()})
		return
	}
	begun := p.launches.begin(w, launch{verifier: oauth2.GenerateVerifier(), client: client, tokenEndpoint: document.TokenEndpoint})
	config := p.oauth(begun)
	config.Endpoint.AuthURL = document.AuthorizationEndpoint
	http.Redirect(w, r, config.AuthCodeURL(begun.state,
		oauth2.S256ChallengeOption(begun.verifier),
		oauth2.SetAuthURLParam("aud", p.config.FHIRBase),
		oauth2.SetAuthURLParam("prompt", "login"), // so that each launch may be another user's
	), http.StatusSeeOther)
}

// discovery is the datastore's discovery document, once it was read. HealthLake serves
// ten a minute to all apps of an account, so an app keeps it.
type discovery struct {
	mu       sync.Mutex
	document *smart.Configuration
}

// discover returns the datastore's discovery document.
func (p *Page) discover(ctx context.Context) (smart.Configuration, error) {
	p.known.mu.Lock()
	defer p.known.mu.Unlock()
	if p.known.document != nil {
		return *p.known.document, nil
	}
	answer, err := p.app.Discover(ctx, p.config.Signer)
	if err != nil {
		return smart.Configuration{}, fmt.Errorf("the discovery document: %w", err)
	}
	document, err := answer.Configuration()
	switch {
	case err != nil:
		return document, fmt.Errorf("the discovery document: %w", err)
	case document.AuthorizationEndpoint == "": // the rest is required of every document
		return document, errors.New("the discovery document: authorization_endpoint: missing: no user can sign in")
	}
	p.known.document = &document
	return document, nil
}

func (p *Page) oauth(begun launch) oauth2.Config {
	style := oauth2.AuthStyleInParams
	if begun.client.Secret != "" {
		style = oauth2.AuthStyleInHeader
	}
	return oauth2.Config{
		ClientID:     begun.client.ID,
		ClientSecret: begun.client.Secret,
		Endpoint:     oauth2.Endpoint{TokenURL: begun.tokenEndpoint, AuthStyle: style},
		RedirectURL:  p.config.Address + CallbackPath,
		Scopes:       begun.client.Scopes,
	}
}

// callBack ends a launch: the code is exchanged for a token, and the data is read.
func (p *Page) callBack(w http.ResponseWriter, r *http.Request) {
	begun, err := p.launches.end(w, r)
	if err != nil {
		show(w, http.StatusBadRequest, "launched", launched{Refusal: err.Error()})
		return
	}
	end := launched{Client: begun.client}
	query := r.URL.Query()
	if code := query.Get("error"); code != "" {
		end.Refusal = strings.TrimSpace(code + " " + query.Get("error_description"))
		show(w, http.StatusForbidden, "launched", end)
		return
	}
	config := p.oauth(begun)
	ctx := context.WithValue(r.Context(), oauth2.HTTPClient, p.config.HTTP)
	token, err := config.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(begun.verifier))
	if err != nil {
		end.Refusal = tokenRefusal(err)
		show(w, http.StatusForbidden, "launched", end)
		return
	}
	if err := p.read(r.Context(), token.AccessToken, &end); err != nil {
		end.Refusal = err.Error()
	}
	show(w, http.StatusOK, "launched", end)
}

// tokenRefusal says why there is no token, without what else the answer holds.
func tokenRefusal(err error) string {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode != "" {
		return strings.TrimSpace("the token endpoint: " + refused.ErrorCode + " " + refused.ErrorDescription)
	}
	return "the token endpoint: " + err.Error()
}

// read asks for what the token's claims lead to: the patient in context with a few
// observations, or without one the patients whom the user may see.
func (p *Page) read(ctx context.Context, token string, end *launched) error {
	claims, err := claimsOf(token)
	if err != nil {
		return err
	}
	for _, name := range []string{"username", "patient", "fhirUser", "scope"} {
		if value, ok := claims[name].(string); ok {
			end.Claims = append(end.Claims, claim{name, value})
		}
	}
	inContext, _ := claims["patient"].(string)
	if inContext == "" {
		var found bundle[patient]
		err := p.ask(ctx, "Patient?_count=5", token, end, &found)
		end.Patients = found.resources()
		return err
	}
	var known patient
	if err := p.ask(ctx, "Patient/"+url.PathEscape(inContext), token, end, &known); err != nil {
		return err
	}
	if known.ID != "" {
		end.Patients = []patient{known}
	}
	var found bundle[observation]
	err = p.ask(ctx, "Observation?_count=5&patient="+url.QueryEscape(inContext), token, end, &found)
	end.Observations = found.resources()
	return err
}

// claimsOf an access token. Nothing hangs on them but what is asked for next: the
// datastore judges the token.
func claimsOf(token string) (map[string]any, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("the access token is not a JWT, so it names no patient")
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("the access token's claims: %w", err)
	}
	var claims map[string]any
	if err := json.Unmarshal(content, &claims); err != nil {
		return nil, fmt.Errorf("the access token's claims: %w", err)
	}
	return claims, nil
}
