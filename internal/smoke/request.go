package smoke

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
)

const (
	maxBody   = 8 << 20
	maxDetail = 600
)

// answer is what a server said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends one request. The bearer token, if there is one, and the body never reach
// a result.
func (r *run) send(ctx context.Context, method, address, bearer string, prepare func(*http.Request)) (answer, error) {
	if err := outputs.CheckURL(strings.SplitN(address, "?", 2)[0]); err != nil {
		return answer{}, err
	}
	r.attempts++
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Accept", "application/fhir+json, application/json")
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	if prepare != nil {
		prepare(request)
	}
	response, err := r.http.Do(request)
	if err != nil {
		return answer{}, fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return answer{}, fmt.Errorf("no whole answer: %w", err)
	}
	if len(body) > maxBody {
		return answer{}, fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	return answer{response.StatusCode, response.Header, body}, nil
}

// withBody gives a request a body.
func withBody(contentType, body string) func(*http.Request) {
	return func(request *http.Request) {
		request.Header.Set("Content-Type", contentType)
		request.Body = io.NopCloser(strings.NewReader(body))
		request.ContentLength = int64(len(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	}
}

// askToken asks the token endpoint with the client credentials grant.
func (r *run) askToken(ctx context.Context, app outputs.App, scope string) (answer, error) {
	if r.tokenEndpoint == "" {
		return answer{}, skip("no token endpoint is known: neither the stack nor its discovery document names one")
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if scope != "" {
		form.Set("scope", scope)
	}
	return r.send(ctx, http.MethodPost, r.tokenEndpoint, "", func(request *http.Request) {
		withBody("application/x-www-form-urlencoded", form.Encode())(request)
		request.SetBasicAuth(url.QueryEscape(app.ID), url.QueryEscape(app.Secret)) // RFC 6749, 2.3.1
	})
}

// oauthError is the error code of a token endpoint's answer (RFC 6749, 5.2).
func (a answer) oauthError() string {
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(a.body, &body) != nil {
		return ""
	}
	return body.Error
}

// outcome is the part of a FHIR answer that a check looks at.
type outcome struct {
	ResourceType string `json:"resourceType"`
	ID           string `json:"id"`
	Issue        []struct {
		Code        string `json:"code"`
		Diagnostics string `json:"diagnostics"`
	} `json:"issue"`
}

// resource reads an answer as a FHIR resource of a type.
func (a answer) resource(typ string, into any) error {
	var head outcome
	if err := json.Unmarshal(a.body, &head); err != nil {
		return errors.New("want a FHIR resource: the answer is no JSON object")
	}
	if head.ResourceType != typ {
		return fmt.Errorf("want a %s, got resourceType %q", typ, head.ResourceType)
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return fmt.Errorf("want a %s in the shape of FHIR R4: %w", typ, err)
	}
	return nil
}

// said is the status and, where the answer explains itself, why. No other part of a
// body is shown: it may hold a patient's data.
func (a answer) said() string {
	text := fmt.Sprint(a.status)
	if code := a.oauthError(); code != "" {
		return text + " " + code
	}
	var o outcome
	if json.Unmarshal(a.body, &o) == nil && o.ResourceType == "OperationOutcome" {
		for _, issue := range o.Issue {
			text += ", " + strings.TrimSpace(issue.Code+" "+issue.Diagnostics)
		}
	}
	return text
}

// secrets keeps what must not be shown.
type secrets struct{ known []string }

func newSecrets(stack outputs.Outputs) *secrets {
	s := &secrets{}
	for name, secret := range stack.ClientSecrets {
		s.addCredentials(stack.ClientIDs[name], secret)
	}
	return s
}

// addCredentials keeps a client's secret in all the forms in which it is sent.
func (s *secrets) addCredentials(id, secret string) {
	if secret == "" {
		return
	}
	s.add(base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + url.QueryEscape(secret))))
	s.add(url.QueryEscape(secret))
	s.add(secret)
}

func (s *secrets) add(secret string) {
	if secret != "" {
		s.known = append(s.known, secret)
	}
}

// tokenPattern finds what looks like a JSON Web Token, whole or cut.
var tokenPattern = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}[A-Za-z0-9_.=-]*`)

// scrub makes a text fit to be shown: without secrets, without what would steer a
// terminal, and of a bounded length.
func (s *secrets) scrub(text string) string {
	for _, secret := range s.known {
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	text = tokenPattern.ReplaceAllString(text, "[token]")
	text = strings.NewReplacer("\n", "; ", "\t", " ").Replace(text)
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, text)
	if runes := []rune(text); len(runes) > maxDetail {
		text = string(runes[:maxDetail]) + " ..."
	}
	return text
}
