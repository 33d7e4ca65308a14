package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/smart"
)

// Answer is what a server said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Took   time.Duration
}

// Want is nil for an answer with the status, and otherwise an error that says why it
// has another.
func (a Answer) Want(status int) error {
	if a.Status != status {
		return fmt.Errorf("expected %d, got %s", status, a.Said())
	}
	return nil
}

// Said is the status and, where the answer explains itself, why. No other part of a
// body is shown: it may hold a patient's data.
func (a Answer) Said() string {
	text := fmt.Sprint(a.Status)
	if kind, _, _ := strings.Cut(a.Header.Get("X-Amzn-Errortype"), ":"); awsErrorType.MatchString(kind) {
		return text + " " + kind
	}
	if code := a.OAuthError(); code != "" {
		return text + " " + code
	}
	if outcome := a.Resource(); outcome.IsOutcome() {
		for _, issue := range outcome.Problems() {
			text += ", " + strings.TrimSpace(issue.Code+" "+issue.Diagnostics)
		}
	}
	return text
}

// awsErrorType is the name of an error of AWS's services.
var awsErrorType = regexp.MustCompile(`^[A-Za-z]{1,64}$`)

// Configuration reads the answer to a request for the discovery document.
func (a Answer) Configuration() (smart.Configuration, error) {
	if err := a.Want(http.StatusOK); err != nil {
		return smart.Configuration{}, err
	}
	return smart.ParseConfiguration(a.Body)
}

// Token is the answer of a token endpoint (RFC 6749, 5.1).
type Token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`    // seconds
	IDToken     string `json:"id_token"`      // of a user; empty for none
	Refresh     string `json:"refresh_token"` // of a user; empty for none
	Patient     string `json:"patient"`       // in context (SMART App Launch 2.2); empty for none
}

// Token reads the answer of a token endpoint. With an error about the rest of the
// answer it returns the token all the same, so that the caller can keep it secret.
func (a Answer) Token() (Token, error) {
	if err := a.Want(http.StatusOK); err != nil {
		return Token{}, err
	}
	var token Token
	if err := json.Unmarshal(a.Body, &token); err != nil || token.AccessToken == "" {
		return Token{}, errors.New("the answer has no access_token")
	}
	if !strings.EqualFold(token.TokenType, "Bearer") || token.ExpiresIn <= 0 {
		return token, fmt.Errorf("token_type %q, expires_in %d: must be Bearer and a number of seconds (RFC 6749, 5.1)", token.TokenType, token.ExpiresIn)
	}
	return token, nil
}

// OAuthError is the error code of a token endpoint's answer (RFC 6749, 5.2), or empty.
func (a Answer) OAuthError() string {
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(a.Body, &body) != nil {
		return ""
	}
	return body.Error
}

// Resource is the part of a FHIR resource that says what it is, and the issues of an
// OperationOutcome.
type Resource struct {
	ResourceType string  `json:"resourceType"`
	ID           string  `json:"id"`
	Issue        []Issue `json:"issue"`
}

// Issue is one of an OperationOutcome.
type Issue struct {
	Severity    string `json:"severity"`
	Code        string `json:"code"`
	Diagnostics string `json:"diagnostics"`
}

// IsOutcome reports whether a resource is an OperationOutcome.
func (r Resource) IsOutcome() bool { return r.ResourceType == "OperationOutcome" }

// Problems are the issues, without those that are information alone.
func (r Resource) Problems() []Issue {
	return slices.DeleteFunc(slices.Clone(r.Issue), func(issue Issue) bool { return issue.Severity == "information" })
}

// Diagnostics are the problems in words.
func (r Resource) Diagnostics() string {
	var words []string
	for _, issue := range r.Problems() {
		words = append(words, issue.Diagnostics)
	}
	return strings.Join(words, "; ")
}

// Resource is the resource in an answer, of any type: as much of it as has the expected
// shape, and empty if the answer is no JSON object.
func (a Answer) Resource() Resource {
	var resource Resource
	_ = json.Unmarshal(a.Body, &resource) // the rest is read nevertheless, so that malformed issues hide no resource
	return resource
}

// ReadResource reads an answer as a FHIR resource of a type.
func (a Answer) ReadResource(typ string, into any) error {
	var head Resource
	if err := json.Unmarshal(a.Body, &head); err != nil {
		return errors.New("expected a FHIR resource, but the answer is not a JSON object")
	}
	if head.ResourceType != typ {
		return fmt.Errorf("expected a %s, got resourceType %q", typ, head.ResourceType)
	}
	if err := json.Unmarshal(a.Body, into); err != nil {
		return fmt.Errorf("expected a %s in the shape of FHIR R4: %w", typ, err)
	}
	return nil
}

// Bundle is a search's answer.
type Bundle struct {
	Type  string `json:"type"`
	Total int    `json:"total"`
	Entry []struct {
		Resource Resource `json:"resource"`
	} `json:"entry"`
}

// Found reads the answer to a search.
func (a Answer) Found() (Bundle, error) {
	if err := a.Want(http.StatusOK); err != nil {
		return Bundle{}, err
	}
	var found Bundle
	if err := a.ReadResource("Bundle", &found); err != nil {
		return Bundle{}, err
	}
	if found.Type != "searchset" {
		return Bundle{}, fmt.Errorf("a Bundle of type %q: must be searchset", found.Type)
	}
	return found, nil
}

// Refused is nil for the answer of a datastore that refuses a token: 401 or 403, no FHIR
// resource but an OperationOutcome, and no failure of the service behind it.
func (a Answer) Refused() error {
	body := a.Resource()
	switch {
	case a.Status >= 200 && a.Status < 300:
		return fmt.Errorf("IT WENT THROUGH with %d: must be refused with 401 or 403", a.Status)
	case a.Status != http.StatusUnauthorized && a.Status != http.StatusForbidden:
		return fmt.Errorf("expected a refusal with 401 or 403, got %s", a.Said())
	case body.ResourceType != "" && !body.IsOutcome():
		return fmt.Errorf("refused with %d, but the answer holds a %s all the same", a.Status, body.ResourceType)
	}
	for _, issue := range body.Problems() {
		if slices.Contains(failures, issue.Code) || strings.Contains(strings.ToLower(issue.Diagnostics), "timeout") {
			return fmt.Errorf("refused because the validator failed, not because of the token: %s", a.Said())
		}
	}
	return nil
}

// failures are the codes by which an OperationOutcome tells of trouble in the server
// (http://hl7.org/fhir/R4/valueset-issue-type.html, "exception" and "transient").
var failures = []string{"exception", "timeout", "throttled", "transient", "lock-error", "no-store", "incomplete"}
