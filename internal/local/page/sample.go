package page

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/decision"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// launched is how a launch ended, as the page shows it.
type launched struct {
	Client  Client
	Refusal string // why there is no token
	// Response of the token endpoint, its tokens left out.
	Response []claim
	// Claims of the access token, and IDClaims of the ID token.
	Claims, IDClaims []claim
	// Missing are the scopes that were asked for and not granted.
	Missing []decision.Scope
	// Judgement of the validator about the access token; nil if it was not asked.
	Judgement *judgement
	Requests  []sent
	Record    record

	claims []byte // of the access token, as JSON
}

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
	if err := p.use(r.Context(), token, &end); err != nil {
		end.Refusal = err.Error()
	}
	show(w, http.StatusOK, "launched", end)
}

// use shows the answer of the token endpoint and reads data with the token.
func (p *Page) use(ctx context.Context, token *oauth2.Token, end *launched) error {
	end.Response = responseOf(token)
	var err error
	if end.claims, err = claimsOf(token.AccessToken); err != nil {
		return err
	}
	end.Claims = claimsIn(end.claims)
	if id, ok := token.Extra("id_token").(string); ok {
		content, err := claimsOf(id)
		if err != nil {
			return err
		}
		end.IDClaims = claimsIn(content)
	}
	granted, ok := token.Extra("scope").(string)
	if !ok { // Cognito's own answer has no scope
		granted = text(end.claims, "scope")
	}
	end.Missing = decision.Missing(end.Client.Scopes, strings.Fields(granted), end.Client.Scopes)
	err = p.read(ctx, token.AccessToken, end)
	end.Judgement = p.judgementOf(end.claims)
	return err
}

// judgementOf is the validator's latest about a token with these claims.
func (p *Page) judgementOf(claims []byte) *judgement {
	made, _ := p.config.Journal.Requests()
	for _, written := range slices.Backward(made) {
		if len(written.Judgements) > 0 && bytes.Equal(written.Claims, claims) {
			j := p.judge(written.Judgements[len(written.Judgements)-1], claims)
			return &j
		}
	}
	return nil
}

// responseOf the token endpoint, without its tokens: of those it shows the length.
func responseOf(token *oauth2.Token) []claim {
	response := []claim{{"token_type", token.TokenType}, {"expires_in", strconv.FormatInt(token.ExpiresIn, 10)}}
	for _, name := range []string{"scope", "patient", "fhirUser", "encounter", "need_patient_banner", "smart_style_url"} {
		if value := token.Extra(name); value != nil {
			response = append(response, claim{name, fmt.Sprint(value)})
		}
	}
	id, _ := token.Extra("id_token").(string)
	for _, secret := range []claim{{"access_token", token.AccessToken}, {"id_token", id}, {"refresh_token", token.RefreshToken}} {
		if secret.Value != "" {
			response = append(response, claim{secret.Name, fmt.Sprintf("%d characters, not shown", len(secret.Value))})
		}
	}
	return response
}

// tokenRefusal says why there is no token, without what else the answer holds.
func tokenRefusal(err error) string {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode != "" {
		return strings.TrimSpace("the token endpoint: " + refused.ErrorCode + " " + refused.ErrorDescription)
	}
	return "the token endpoint: " + err.Error()
}

// claimsOf a JWT, as JSON. Nothing hangs on them but what is shown and asked for next: the
// datastore judges the token.
func claimsOf(token string) ([]byte, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("the token is not a JWT, so it names no patient")
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("the token's claims: %w", err)
	}
	if !json.Valid(content) {
		return nil, errors.New("the token's claims: not JSON")
	}
	return content, nil
}
