package local_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// canaries are in what is sent through the door, or in what Cognito and HealthLake say
// where they say nothing good.
const (
	canaryPage    = "<html><body>canary-page at Handler.java:42</body></html>"
	canaryCode    = "canary-code"
	canaryRefresh = "canary-refresh"
)

// outage is a way for a server to be out of order.
type outage struct {
	answer http.HandlerFunc // nil: the server is down
	// What FHIR reads and writes, and requests for tokens, are answered.
	fhir, oauth int
}

// outages are those of Cognito and of HealthLake. Other gets what nobody should be sent to.
func outages(other string) map[string]outage {
	page := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, canaryPage)
		}
	}
	hangUp := func(said string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(connection, said)
				_ = connection.Close()
			}
		}
	}
	silent := func(r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server see that the door hung up
		<-r.Context().Done()
	}
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	return map[string]outage{
		"slow": {func(_ http.ResponseWriter, r *http.Request) { silent(r) }, http.StatusGatewayTimeout, http.StatusGatewayTimeout},
		"slow in the middle": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"canary-half":`)
			_ = http.NewResponseController(w).Flush() // it never ends
			silent(r)
		}, http.StatusGatewayTimeout, http.StatusGatewayTimeout},
		"down":                {nil, http.StatusBadGateway, http.StatusBadGateway},
		"hanging up":          {hangUp(""), http.StatusBadGateway, http.StatusBadGateway},
		"saying no HTTP":      {hangUp("canary-half\r\n\r\n"), http.StatusBadGateway, http.StatusBadGateway},
		"answering half":      {hangUp(head + "Content-Length: 1000\r\n\r\n" + `{"canary-half":`), http.StatusBadGateway, http.StatusBadGateway},
		"breaking chunks off": {hangUp(head + "Transfer-Encoding: chunked\r\n\r\nf\r\n" + `{"canary-half":` + "\r\n"), http.StatusBadGateway, http.StatusBadGateway},
		"redirecting": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other+"/canary-elsewhere", http.StatusTemporaryRedirect)
		}, http.StatusBadGateway, http.StatusBadGateway},
		"answering with a page":               {page(http.StatusOK), http.StatusBadGateway, http.StatusBadGateway},
		"failing with a page":                 {page(http.StatusInternalServerError), http.StatusBadGateway, http.StatusBadGateway},
		"under maintenance, says its page":    {page(http.StatusServiceUnavailable), http.StatusServiceUnavailable, http.StatusBadGateway},
		"throttling, and a page says so":      {page(http.StatusTooManyRequests), http.StatusTooManyRequests, http.StatusServiceUnavailable},
		"forbidding, and a page says so":      {page(http.StatusForbidden), http.StatusForbidden, http.StatusBadGateway},
		"answering with nothing, which is OK": {func(http.ResponseWriter, *http.Request) {}, http.StatusOK, http.StatusBadGateway},
	}
}

// chainToken has the form of an access token, with claims that Cognito writes.
func chainToken(claims string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + part([]byte(claims)) + "." + part([]byte("canary-signature"))
}

var canaryToken = chainToken(`{"token_use":"access","client_id":"` + chainApp + `","username":"ann","scope":"patient/*.rs","patient":"p-1"}`)

// goodCognito issues tokens and revokes them.
func goodCognito(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	if r.URL.Path == "/oauth2/token" {
		_, _ = io.WriteString(w, `{"access_token":"`+canaryToken+`","token_type":"Bearer","expires_in":3600}`)
	}
}

// goodHealthLake has one patient.
func goodHealthLake(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/fhir+json")
	if strings.HasSuffix(r.URL.Path, "/metadata") {
		_, _ = io.WriteString(w, `{"resourceType":"CapabilityStatement","rest":[{"mode":"server"}]}`)
		return
	}
	_, _ = io.WriteString(w, `{"resourceType":"Patient","id":"p-1"}`)
}

// sent is one request of an app.
type sent struct {
	method, path, body string
	header             map[string]string
}

var (
	bearer    = map[string]string{"Authorization": "Bearer " + canaryToken}
	form      = map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(chainApp+":"+chainSecret))}
	fhirCalls = []sent{
		{http.MethodGet, "/r4/Patient/p-1", "", bearer},
		{http.MethodPut, "/r4/Patient/p-1", `{"resourceType":"Patient","id":"p-1"}`, map[string]string{"Authorization": "Bearer " + canaryToken, "Content-Type": "application/fhir+json"}},
	}
	oauthCalls = []sent{
		{http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "code": {canaryCode}, "redirect_uri": {chainCallback}, "code_verifier": {codeVerifier}}.Encode(), form},
		{http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {canaryRefresh}}.Encode(), form},
		{http.MethodPost, "/oauth2/revoke", url.Values{"token": {canaryRefresh}}.Encode(), form},
	}
)

// send sends a request of an app and returns the status, and the whole of the answer as text.
func (c *chain) send(t *testing.T, s sent) (status int, body, all string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), s.method, c.url+s.path, strings.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range s.header {
		request.Header.Set(name, value)
	}
	response, err := c.client.Do(request)
	if err != nil {
		t.Errorf("%s %s: %v", s.method, s.path, err)
		return 0, "", ""
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("%s %s: %v", s.method, s.path, err)
	}
	var header strings.Builder
	if err := response.Header.Write(&header); err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(text), strconv.Itoa(response.StatusCode) + "\n" + header.String() + "\n" + string(text)
}

// TestAnOutageIsAClearErrorThatTellsNothingAndEnds breaks Cognito and HealthLake behind the
// door in every way, and sends requests through the API and the function's process. Each must
// be answered in the words of OAuth 2.0 (RFC 6749 section 5.2) or FHIR before API Gateway
// gives up, which would answer in its own. When the outage ends, the next request works, and
// no process has ended.
func TestAnOutageIsAClearErrorThatTellsNothingAndEnds(t *testing.T) {
	archive := doorArchive(t)
	other := newServer(t, func(http.ResponseWriter, *http.Request) {})
	var all sync.WaitGroup // at once, since most of them wait for the end of a deadline
	for name, o := range outages(other.url) {
		all.Go(func() {
			t.Run("HealthLake "+name, func(t *testing.T) {
				c := newChain(t, archive, goodCognito, goodHealthLake)
				suffer(t, c, c.healthLake, o, fhirCalls, o.fhir)
			})
		})
		all.Go(func() {
			t.Run("Cognito "+name, func(t *testing.T) {
				c := newChain(t, archive, goodCognito, goodHealthLake)
				calls := oauthCalls
				if name == "answering with nothing, which is OK" {
					calls = oauthCalls[:2] // to a revocation, it is the good answer
				}
				suffer(t, c, c.cognito, o, calls, o.oauth)
			})
		})
	}
	all.Wait()
	if calls := other.calls.Load(); calls != 0 {
		t.Errorf("the door went elsewhere %d times", calls)
	}
}

// suffer sends the calls during an outage, all at once, and after it.
func suffer(t *testing.T, c *chain, out *server, o outage, calls []sent, want int) {
	t.Helper()
	good := out.answer.Load()
	if o.answer == nil {
		out.http.Close()
	} else {
		out.answer.Store(&o.answer)
	}
	var all sync.WaitGroup
	for _, call := range calls {
		all.Go(func() {
			status, body, text := c.send(t, call)
			if status != want || want != http.StatusOK && !explains(call.path, body) {
				t.Errorf("%s %s: want %d and an explanation, got %s", call.method, call.path, want, text)
			}
			c.tellsNothing(t, text)
		})
	}
	if out == c.healthLake {
		all.Go(func() {
			if status, body, text := c.send(t, sent{http.MethodGet, "/r4/metadata", "", nil}); status != http.StatusServiceUnavailable || !explains("/r4/metadata", body) {
				t.Errorf("the capability statement: %s", text)
			}
		})
	}
	all.Wait()
	if o.answer == nil {
		out.listen(t, out.host())
	} else {
		out.answer.Store(good)
	}
	for _, call := range calls {
		if status, _, text := c.send(t, call); status != http.StatusOK {
			t.Errorf("%s %s after the outage: %s", call.method, call.path, text)
		}
	}
	if failed := c.failed.String(); failed != "" {
		t.Errorf("the function failed: %s", failed)
	}
	c.logTellsNothing(t)
}

// explains reports whether a body is an error as FHIR or OAuth 2.0 has it.
func explains(path, body string) bool {
	var told struct {
		ResourceType string
		Issue        []struct{ Severity, Code, Diagnostics string }
		Error        string
		Description  string `json:"error_description"`
	}
	if json.Unmarshal([]byte(body), &told) != nil {
		return false
	}
	if strings.HasPrefix(path, "/r4/") {
		return told.ResourceType == "OperationOutcome" && len(told.Issue) == 1 && told.Issue[0].Diagnostics != ""
	}
	return told.Error == "server_error" && told.Description != ""
}

// tellsNothing holds an answer against what must not be in one.
func (c *chain) tellsNothing(t *testing.T, answer string) {
	t.Helper()
	for _, never := range []string{
		"canary", canaryToken, codeVerifier, chainSecret, c.cognito.host(), c.healthLake.host(), "datastore/d1",
		"goroutine", ".go:", ".java", "dial tcp", "EOF", "connection re", "context deadline",
	} {
		if strings.Contains(answer, never) {
			t.Errorf("an answer tells of %q: %s", never, answer)
		}
	}
}

// logTellsNothing holds the function's log against what must not be in one: the log may tell
// whom the function asked, and never with what.
func (c *chain) logTellsNothing(t *testing.T) {
	t.Helper()
	log := c.log.String()
	for _, never := range []string{"canary", canaryToken, codeVerifier, "p-1", "goroutine", ".java"} {
		if strings.Contains(log, never) {
			t.Errorf("the log tells of %q: %s", never, log)
		}
	}
	if !strings.Contains(log, `"route":"fhir"`) && !strings.Contains(log, `"route":"token"`) {
		t.Errorf("the log has no line of a request: %s", log)
	}
}
