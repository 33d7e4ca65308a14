package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

const portal = `[{"name":"portal","kind":"public","scopes":["openid","launch/patient","patient/*.rs"],"groups":["patients"],` +
	`"callbackUrls":["http://localhost:3000/callback"],"accessTokenMinutes":20},{"name":"etl","kind":"service","scopes":["system/*.rs"]}]`

// person signs in at the local cloud.
type person struct {
	t      *testing.T
	cloud  *local.Cloud
	client string
	http   *http.Client
}

func newPerson(t *testing.T, cloud *local.Cloud, client string) *person {
	t.Helper()
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM([]byte(read(t, cloud.CertificateFile))) {
		t.Fatal("the cloud's certificate cannot be read")
	}
	p := &person{t: t, cloud: cloud, http: &http.Client{
		Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted}},
	}}
	for _, one := range cloud.Clients {
		if strings.Contains(one.Name, client) {
			p.client = one.ID
		}
	}
	return p
}

// signIn returns the tokens, or what kept the person out.
func (p *person) signIn(name, password string) (tokens map[string]any, keptOut string) {
	p.t.Helper()
	const callback, verifier = "http://localhost:3000/callback", "a-verifier-of-more-than-forty-three-characters-0123456789"
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.cloud.HostedDomain+"/oauth2/authorize?"+url.Values{
		"response_type": {"code"}, "client_id": {p.client}, "redirect_uri": {callback}, "scope": {"openid launch/patient patient/*.rs"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	back, err := hosted.SignIn(p.http, request, callback, hosted.User{Name: name, Password: password})
	if err != nil {
		return nil, err.Error()
	}
	status, tokens := p.token(url.Values{"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier}})
	if status != http.StatusOK {
		p.t.Fatalf("got %d %v for the code", status, tokens)
	}
	return tokens, ""
}

func (p *person) token(form url.Values) (int, map[string]any) {
	p.t.Helper()
	form.Set("client_id", p.client)
	return p.ask(http.MethodPost, p.cloud.HostedDomain+"/oauth2/token", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

func (p *person) refresh(tokens map[string]any) (int, map[string]any) {
	p.t.Helper()
	return p.token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}})
}

// reads is the status of reading a patient.
func (p *person) reads(patient string, tokens map[string]any) int {
	p.t.Helper()
	status, _ := p.ask(http.MethodGet, p.cloud.FHIRBase+"Patient/"+patient, http.NoBody, "Authorization", "Bearer "+tokens["access_token"].(string))
	return status
}

func (p *person) ask(method, address string, body io.Reader, header, value string) (int, map[string]any) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, address, body)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set(header, value)
	response, err := p.http.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var text bytes.Buffer
	if _, err := io.Copy(&text, response.Body); err != nil {
		p.t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(text.Bytes(), &answer); err != nil {
		p.t.Fatalf("%s: %d %s", address, response.StatusCode, text.String())
	}
	return response.StatusCode, answer
}

func patientClaim(t *testing.T, tokens map[string]any) any {
	t.Helper()
	content, err := base64.RawURLEncoding.DecodeString(strings.Split(tokens["access_token"].(string), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(content, &claims); err != nil {
		t.Fatal(err)
	}
	return claims["patient"]
}

// TestAUserOfTheLocalCloudIsWhoTheCommandsSay follows a user from her creation until she is
// kept out, at the sign-in page and at the datastore.
func TestAUserOfTheLocalCloudIsWhoTheCommandsSay(t *testing.T) {
	cloud := runningStack(t, local.Options{}, "clients="+portal)
	p := newPerson(t, cloud, "portal")
	c := &clinic{t: t, dir: cloud.Dir}
	const secret = "Noras-own-secret-1"
	out, notes, err := c.run(secret, "create", "nora", "--email", "nora@example.org", "--patient", "patient-001", "--password-stdin")
	if err != nil || out != "nora: created (custom:patient, email, password)\n" {
		t.Fatalf("got %q, %q and %v", out, notes, err)
	}
	tokens, keptOut := p.signIn("nora@example.org", secret)
	if keptOut != "" || patientClaim(t, tokens) != "patient-001" {
		t.Fatalf("kept out: %s; her patient is %v", keptOut, patientClaim(t, tokens))
	}
	if status := p.reads("patient-001", tokens); status == http.StatusOK {
		t.Errorf("she reads without being in a group of the client")
	}
	c.does("nora: updated (group patients)\n", "groups", "add", "nora", "patients")
	_, tokens = p.refresh(tokens)
	if tokens["refresh_token"] == nil {
		tokens, _ = p.signIn("nora", secret)
	}
	if own, others := p.reads("patient-001", tokens), p.reads("patient-002", tokens); own != http.StatusOK || others == http.StatusOK {
		t.Errorf("she reads herself with %d and another with %d", own, others)
	}

	notes = c.does("nora: updated (custom:patient)\n", "link", "nora", "--patient", "patient-002", "--relink")
	if want := "at most 20 minutes.\n"; !strings.HasSuffix(notes, want) {
		t.Errorf("got %q, want %q", notes, want)
	}
	if status := p.reads("patient-001", tokens); status != http.StatusOK {
		t.Errorf("the token of before ended: %d", status)
	}
	relinked, keptOut := p.signIn("nora", secret)
	if keptOut != "" || patientClaim(t, relinked) != "patient-002" {
		t.Errorf("kept out: %s; her patient is %v", keptOut, patientClaim(t, relinked))
	}

	c.does("nora: updated (signed out)\n", "sign-out", "nora")
	if status, answer := p.refresh(relinked); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("a refresh after the sign-out: got %d %v", status, answer)
	}
	if status := p.reads("patient-002", relinked); status != http.StatusOK {
		t.Errorf("the access token ended with the sign-out, which is not so at the datastore: %d", status)
	}
	c.does("nora: updated (disabled)\n", "disable", "nora")
	if _, keptOut := p.signIn("nora", secret); !strings.Contains(keptOut, "User is disabled.") {
		t.Errorf("disabled, she is told %q", keptOut)
	}
	if _, _, err := c.run("", "link", "nora", "--patient", "patient-001", "--relink", "--check"); err == nil || !strings.Contains(err.Error(), "looking up Patient/patient-001: the datastore answers 403: the caller needs healthlake:ReadResource") {
		t.Errorf("a look-up: got %v", err)
	}
	c.does("nora: updated (deleted)\n", "delete", "nora", "--yes")
	if _, keptOut := p.signIn("nora", secret); !strings.Contains(keptOut, "Incorrect username or password.") {
		t.Errorf("deleted, she is told %q", keptOut)
	}
}
