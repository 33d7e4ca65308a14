package smoke_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/smoke"
)

// when is a doctor for some requests.
func when(is func(*http.Request) bool, then func(request *http.Request, response *http.Response) *http.Response) doctor {
	return func(request *http.Request, send func() *http.Response) *http.Response {
		if !is(request) {
			return send()
		}
		return then(request, send())
	}
}

func path(end string) func(*http.Request) bool {
	return func(request *http.Request) bool { return strings.HasSuffix(request.URL.Path, end) }
}

func method(name string) func(*http.Request) bool {
	return func(request *http.Request) bool {
		return request.Method == name && strings.Contains(request.URL.Path, "/r4/")
	}
}

// written tells the requests for the resource that a run created.
func written(request *http.Request) bool { return strings.Contains(request.URL.Path, "/Basic/") }

// answers replaces an answer.
func answers(status int, body string) func(*http.Request, *http.Response) *http.Response {
	return func(*http.Request, *http.Response) *http.Response { return reply(status, body) }
}

// edits replaces a part of an answer's body.
func edits(old, replacement string) func(*http.Request, *http.Response) *http.Response {
	return func(_ *http.Request, response *http.Response) *http.Response {
		body, err := io.ReadAll(response.Body)
		if err != nil || !strings.Contains(string(body), old) {
			return reply(http.StatusTeapot, "the test edits nothing")
		}
		return reply(response.StatusCode, strings.ReplaceAll(string(body), old, replacement))
	}
}

// header and claims of a request's bearer token, as far as it has them.
func bearer(request *http.Request) (header, claims string) {
	parts := strings.Split(strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "), ".")
	if len(parts) != 3 {
		return "", ""
	}
	h, _ := base64.RawURLEncoding.DecodeString(parts[0])
	c, _ := base64.RawURLEncoding.DecodeString(parts[1])
	return string(h), string(c)
}

// attack tells the requests of one check by how often a search was refused before.
func attack(n int) func(*http.Request) bool {
	refused := 0
	granted := map[string]bool{}
	return func(request *http.Request) bool {
		if request.Method != http.MethodGet || !strings.HasSuffix(request.URL.Path, "/Patient") {
			return false
		}
		header, claims := bearer(request)
		key := request.Header.Get("Authorization")
		if len(granted) < 2 && header != "" && claims != "" {
			granted[key] = true // the first searches are those with the valid tokens
		}
		if granted[key] {
			return false
		}
		refused++
		return refused == n
	}
}

// form reads a token request.
func form(request *http.Request) (client, secret, scope string) {
	if !strings.HasSuffix(request.URL.Path, "/oauth2/token") {
		return "", "", ""
	}
	body, err := request.GetBody()
	if err != nil {
		return "", "", ""
	}
	data, _ := io.ReadAll(body)
	values, _ := url.ParseQuery(string(data))
	id, secret, _ := request.BasicAuth()
	for _, c := range cloud.Clients {
		if c.ID == id {
			client = c.Name
		}
	}
	return client, secret, values.Get("scope")
}

func secretOf(name string) string {
	for _, c := range cloud.Clients {
		if c.Name == name {
			return c.Secret
		}
	}
	return ""
}

func asks(client, scope string, genuine bool) func(*http.Request) bool {
	return func(request *http.Request) bool {
		name, secret, asked := form(request)
		return name == client && asked == scope && (secret == secretOf(client)) == genuine
	}
}

const (
	bundle     = `{"resourceType":"Bundle","type":"searchset","entry":[]}`
	aToken     = `{"access_token":"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.AAAA","token_type":"Bearer","expires_in":3600}`
	wentWrong  = "expected a refusal with 401 or 403, got 500"
	wentPast   = "IT WENT THROUGH with 200: must be refused with 401 or 403"
	gotToken   = "IT GOT A TOKEN: must be refused with "
	timedOut   = `{"resourceType":"OperationOutcome","issue":[{"code":"forbidden","diagnostics":"Timeout during custom Idp execution."}]}`
	notForbade = "refused because the validator failed, not because of the token: 403, forbidden Timeout during custom Idp execution."
)

func otherClients(request *http.Request) bool {
	client, secret, _ := form(request)
	return client == "etl" && secret == secretOf("etl")
}

var failures = []struct {
	check string
	treat doctor
	want  string
}{
	{"discovery document is valid", when(path("smart-configuration"), answers(403, "")), "expected 200, got 403"},
	{"discovery document is valid", when(path("smart-configuration"), edits(`"S256"`, `"plain"`)), "code_challenge_methods_supported"},
	{"discovery document is valid", when(path("smart-configuration"), answers(200, "<html>")), "must be a JSON object"},
	{"discovery document agrees with the stack", when(path("smart-configuration"), edits("/oauth2/token", "/oauth2/other")), "token_endpoint: served is"},
	{"discovery document agrees with the stack", when(path("smart-configuration"), edits(`"system/*.rs"`, `"system/*.cruds"`)), `scopes_supported: served is ["openid","patient/*.rs","system/*.*","system/*.cruds"], the output discoveryDocument has ["openid","patient/*.rs","system/*.*","system/*.rs"]`},
	{"key set is served", when(path("jwks.json"), answers(404, "")), "expected 200, got 404"},
	{"key set is served", when(path("jwks.json"), answers(200, `{"keys":[]}`)), "the set has no RSA key with an id"},
	{"key set is served", when(path("jwks.json"), edits(`"alg"`, `"d":"AQAB","alg"`)), "key 1: it is a PRIVATE key"},
	{"key set is served", when(path("jwks.json"), answers(200, `{"keys":[{"kty":"RSA","kid":"a","e":"AQAB","n":"u1SU1LfVLPHCozMxH2Mo"}]}`)), "key 1: 120 bits: must be at least 2048"},
	{"key set is served", when(path("jwks.json"), edits(`"kid"`, `"kod"`)), "key 1: no kid"},
	{"token for etl", when(asks("etl", "system/*.*", true), answers(400, `{"error":"invalid_client"}`)), "expected 200, got 400 invalid_client"},
	{"token for etl", when(asks("etl", "system/*.*", true), answers(200, aToken)), "the access token is not signed by a key of the key set"},
	{"token for etl", when(asks("etl", "system/*.*", true), answers(200, `{}`)), "the answer has no access_token"},
	{"token for etl", when(asks("etl", "system/*.*", true), edits(`"Bearer"`, `"mac"`)), `token_type "mac"`},
	{"token for reporting", when(asks("reporting", "system/*.rs", true), answers(503, "")), "expected 200, got 503"},
	{"capability statement", when(path("/metadata"), answers(403, "")), "expected 200, got 403"},
	{"capability statement", when(path("/metadata"), answers(200, bundle)), `expected a CapabilityStatement, got resourceType "Bundle"`},
	{"capability statement", when(path("/metadata"), edits("4.0.1", "5.0.0")), `fhirVersion: "5.0.0": must be R4, 4.0.x`},
	{"search as etl", when(path("/Patient"), answers(200, `{"resourceType":"Bundle","type":"history"}`)), `GET Patient?_count=1: a Bundle of type "history": must be searchset`},
	{"search as etl", when(path("/Patient"), edits(`"resourceType":"Patient"`, `"resourceType":"Group"`)), `a resource of type "Group"`},
	{"search as reporting", when(path("/Patient"), answers(403, "")), "GET Patient?_count=1: expected 200, got 403"},
	{"read as etl", when(path("/Patient/patient-001"), answers(404, "")), "GET Patient by id: expected 200, got 404"},
	{"read as reporting", when(path("/Patient/patient-001"), edits("patient-001", "patient-002")), "another resource came back than was asked for"},
	{"refused: no token", when(attack(1), answers(200, bundle)), wentPast},
	{"refused: no token", when(attack(1), answers(500, "")), wentWrong},
	{"refused: no token", when(attack(1), answers(404, "")), "expected a refusal with 401 or 403, got 404"},
	{"refused: no token", when(attack(1), answers(302, "")), "expected a refusal with 401 or 403, got 302"},
	{"refused: no token", when(attack(1), answers(401, bundle)), "refused with 401, but the answer holds a Bundle all the same"},
	{"refused: what is no token", when(attack(2), answers(200, bundle)), wentPast},
	{"refused: what is no token", when(attack(2), func(*http.Request, *http.Response) *http.Response { return nil }), "no answer"},
	{"refused: a token with a changed signature", when(attack(3), answers(200, bundle)), wentPast},
	{"refused: a token with a changed signature", when(attack(3), answers(403, timedOut)), notForbade},
	{"refused: a token with changed claims", when(attack(4), answers(200, bundle)), wentPast},
	{"refused: a token without a signature (alg none)", when(attack(5), answers(200, bundle)), wentPast},
	{"refused: a token signed with the public key as a secret (HS256)", when(attack(6), answers(200, bundle)), wentPast},
	{"refused: a token signed by a stranger under the pool's kid", when(attack(7), answers(200, bundle)), wentPast},
	{"refused: a token of another user pool", when(attack(8), answers(200, bundle)), wentPast},
	{"refused: a token of a client that the stack does not have", when(attack(9), answers(200, bundle)), wentPast},
	{"refused: a read-only token that deletes", when(method(http.MethodDelete), answers(204, "")), "IT WENT THROUGH with 204"},
	{"refused: a read-only token that deletes", when(method(http.MethodDelete), answers(404, "")), "expected a refusal with 401 or 403, got 404"},
	{"still granted: the valid token", lockedOut(), "expected 200, got 403: the refusals prove nothing"},
	{"refused: etl with a scope it lacks", when(asks("etl", "system/*.rs", true), answers(200, aToken)), gotToken + "invalid_scope"},
	{"refused: etl with a scope it lacks", when(asks("etl", "system/*.rs", true), answers(400, `{"error":"invalid_request"}`)), "expected 400 or 401 with invalid_scope, got 400 invalid_request"},
	{"refused: etl with a wrong secret", when(asks("etl", "", false), answers(200, aToken)), gotToken + "invalid_client"},
	{"refused: reporting with a scope it lacks", when(asks("reporting", "system/*.*", true), answers(200, aToken)), gotToken + "invalid_scope"},
	{"refused: reporting with a wrong secret", when(asks("reporting", "", false), answers(429, "")), "expected 400 or 401 with invalid_client, got 429"},
	{"refused: portal without a user", when(asks("portal", "", true), answers(200, aToken)), gotToken + "unauthorized_client"},
	{"create as etl", when(method(http.MethodPost), answers(422, "")), "expected 201, got 422"},
	{"update as etl", when(method(http.MethodPut), answers(404, "")), "expected 200, got 404"},
	{"read back as etl", when(written, readsStale), "what is read is not what was written last"},
	{"delete as etl", deletesBadly(answers(500, "")), "expected 200, 202 or 204, got 500; Basic/"},
	{"delete as etl", deletesBadly(answers(204, "")), "reading the deleted resource: expected 404 or 410, got 200; Basic/"},
	{"refused: an expired token", nil, wentPast},
}

// lockedOut refuses everything once one token was refused.
func lockedOut() doctor {
	out := false
	return func(request *http.Request, send func() *http.Response) *http.Response {
		if out = out || path("/Patient")(request) && request.Header.Get("Authorization") == ""; out && path("/Patient")(request) {
			return reply(http.StatusForbidden, "")
		}
		return send()
	}
}

func readsStale(request *http.Request, response *http.Response) *http.Response {
	if request.Method != http.MethodGet || response.StatusCode != http.StatusOK {
		return response
	}
	return edits("Smartlake smoke test", "stale")(request, response)
}

// deletesBadly answers a deletion of what exists without doing it.
func deletesBadly(then func(*http.Request, *http.Response) *http.Response) doctor {
	return func(request *http.Request, send func() *http.Response) *http.Response {
		if method(http.MethodDelete)(request) && written(request) {
			return then(request, nil)
		}
		return send()
	}
}

func TestEveryCheckFailsWhenWhatItChecksIsWrong(t *testing.T) {
	never := maps.Clone(everyCheck)
	maps.DeleteFunc(never, func(_ string, status smoke.Status) bool { return status == smoke.Skipped }) // are never made
	for _, c := range failures {
		delete(never, c.check)
		t.Run(c.check+"/"+c.want, func(t *testing.T) {
			s := newSetup(t, c.treat)
			result := s.run(t)[c.check]
			if result.Status != smoke.Failed || !strings.Contains(result.Detail, c.want) || strings.HasPrefix(c.check, "delete") && !strings.HasSuffix(result.Detail, " is left: delete it yourself") {
				t.Errorf("got %s: %q, want it to fail with %q", result.Status, result.Detail, c.want)
			}
		})
	}
	if len(never) > 0 {
		t.Errorf("no test sees these fail: %v", slices.Sorted(maps.Keys(never)))
	}
}

func TestAWrongClaimOfATokenIsToldEvenWhereNoKeySetIsKnown(t *testing.T) {
	token := func(claims string) string {
		return `{"access_token":"eyJhbGciOiJSUzI1NiJ9.` + base64.RawURLEncoding.EncodeToString([]byte(claims)) + `.AAAA","token_type":"Bearer","expires_in":3600}`
	}
	var id string
	for _, c := range cloud.Clients {
		if c.Name == "etl" {
			id = c.ID
		}
	}
	for claims, want := range map[string]string{
		`{"token_use":"id"}`:                                                                                                  `token_use: "id": must be access`,
		`{"token_use":"access","client_id":"other"}`:                                                                          `client_id: "other": must be`,
		`{"token_use":"access","client_id":"` + id + `","iss":"https://other"}`:                                               `iss: "https://other": must be`,
		`{"token_use":"access","client_id":"` + id + `","iss":"` + cloud.Issuer + `"}`:                                        "no exp",
		`{"token_use":"access","client_id":"` + id + `","iss":"` + cloud.Issuer + `","exp":4102444800,"scope":"system/*.rs"}`: `scope: "system/*.rs": must be exactly "system/*.*"`,
	} {
		s := newSetup(t, func(request *http.Request, send func() *http.Response) *http.Response {
			if path("jwks.json")(request) {
				return reply(http.StatusNotFound, "")
			}
			if otherClients(request) {
				return reply(http.StatusOK, token(claims))
			}
			return send()
		})
		if result := s.run(t)["token for etl"]; result.Status != smoke.Failed || !strings.Contains(result.Detail, want) {
			t.Errorf("got %s: %q, want %q", result.Status, result.Detail, want)
		}
	}
}

func TestARefusalProvesNothingWhereNothingIsGranted(t *testing.T) {
	s := newSetup(t, func(request *http.Request, send func() *http.Response) *http.Response {
		if path("/Patient")(request) {
			return reply(http.StatusForbidden, "")
		}
		return send()
	})
	for name, result := range s.run(t) {
		if strings.HasPrefix(name, "refused: a token") && result.Status != smoke.Skipped {
			t.Errorf("%s: %s, though no search went through at all", name, result.Status)
		}
	}
}

func TestOnlyWhatMaySettleIsTriedAgainAFewTimesAndSaysSo(t *testing.T) {
	t.Run("a client that was just created", func(t *testing.T) {
		asked := 0
		s := newSetup(t, func(request *http.Request, send func() *http.Response) *http.Response {
			if asks("etl", "system/*.*", true)(request) {
				if asked++; asked < 3 {
					return reply(http.StatusBadRequest, `{"error":"invalid_client"}`)
				}
			}
			return send()
		})
		s.options.Write, s.options.Expired = false, false
		if result := s.run(t)["token for etl"]; result.Status != smoke.Passed || result.Attempts != 3 {
			t.Errorf("got %+v", result)
		}
		if want := []time.Duration{2 * time.Second, 2 * time.Second}; !slices.Equal(s.slept, want) {
			t.Errorf("waited %v, want %v", s.slept, want)
		}
	})
	t.Run("a resource that is not spread yet", func(t *testing.T) {
		asked := 0
		s := newSetup(t, func(request *http.Request, send func() *http.Response) *http.Response {
			if written(request) && request.Method == http.MethodGet {
				if asked++; asked < 3 {
					return reply(http.StatusNotFound, "")
				}
			}
			return send()
		})
		if result := s.run(t)["read back as etl"]; result.Status != smoke.Passed || result.Attempts != 3 {
			t.Errorf("got %+v", result)
		}
	})
	for name, is := range map[string]func(*http.Request) bool{
		"search as etl":        path("/Patient"),
		"refused: no token":    attack(1),
		"key set is served":    path("jwks.json"),
		"capability statement": path("/metadata"),
	} {
		unavailable := func(request *http.Request, send func() *http.Response) *http.Response {
			if is(request) {
				return reply(http.StatusServiceUnavailable, "")
			}
			return send()
		}
		if result := newSetup(t, unavailable).run(t)[name]; result.Attempts != 1 || result.Status != smoke.Failed {
			t.Errorf("%s: got %+v, want one attempt", name, result)
		}
	}
	never := asks("etl", "system/*.*", true)
	s := newSetup(t, func(request *http.Request, send func() *http.Response) *http.Response {
		if never(request) {
			return reply(http.StatusBadRequest, `{"error":"invalid_client"}`)
		}
		return send()
	})
	if result := s.run(t)["token for etl"]; result.Attempts != 4 {
		t.Errorf("got %d attempts, want 4 and no more", result.Attempts)
	}
}

// TestNoReportHoldsATokenOrASecret lets every answer throw back what was sent.
func TestNoReportHoldsATokenOrASecret(t *testing.T) {
	var sent []string
	echo := func(status int) doctor {
		return func(request *http.Request, send func() *http.Response) *http.Response {
			header := request.Header.Get("Authorization")
			_, credentials, _ := strings.Cut(header, " ")
			if _, signature, signed := strings.Cut(header, "Signature="); signed {
				credentials = signature // all before it is public
				header += " " + request.Header.Get("X-Amz-Security-Token")
			}
			_, secret, _ := request.BasicAuth()
			sent = append(sent, credentials, secret, request.Header.Get("X-Amz-Security-Token"))
			response := send()
			if _, _, scope := form(request); response.StatusCode == http.StatusOK && (scope != "" || path("smart-configuration")(request) || path("jwks.json")(request)) {
				return response
			}
			if status == http.StatusOK && response.StatusCode == http.StatusOK {
				return response
			}
			told, err := json.Marshal(header + " " + secret + " " + header[:len(header)/2] + " \x1b[2J")
			if err != nil {
				t.Error(err)
			}
			return reply(max(status, 400), `{"resourceType":"OperationOutcome","error":`+string(told)+`,"issue":[{"code":"login","diagnostics":`+string(told)+`}]}`)
		}
	}
	for _, status := range []int{200, 401, 500} {
		report := smoke.Report{Datastore: cloud.Datastore}
		for _, result := range newSetup(t, echo(status)).run(t) {
			report.Results = append(report.Results, result)
		}
		var told bytes.Buffer
		for _, write := range []func(io.Writer) error{
			func(w io.Writer) error { return report.WriteTable(w, false) }, report.WriteJSON, report.WriteJUnit,
		} {
			if err := write(&told); err != nil {
				t.Fatal(err)
			}
		}
		assertUntold(t, told.String(), sent)
		if strings.Contains(told.String(), "\x1b") || !strings.Contains(told.String(), "[token]") || !strings.Contains(told.String(), "[secret]") {
			t.Errorf("the answers were not echoed, or with what steers a terminal:\n%s", told.String())
		}
	}
	if len(sent) < 100 {
		t.Errorf("%d secrets were sent", len(sent))
	}
}

const read = "patient-001" // the id of the local cloud's first Patient

// unread are the ways in which the read of what was found fails, and names it.
var unread = map[string]func(*http.Request, *http.Response) *http.Response{
	"an outcome": answers(404, `{"resourceType":"OperationOutcome","issue":[{"code":"not-found","diagnostics":"Patient/`+read+` is not known"}]}`),
	"no answer":  func(*http.Request, *http.Response) *http.Response { return nil },
	"no FHIR":    answers(200, read),
	"of a type":  answers(200, `{"resourceType":"`+read+`"}`),
}

func TestNoReportTellsThePatientThatWasRead(t *testing.T) {
	for what, then := range unread {
		for name, result := range newSetup(t, when(path("/Patient/"+read), then)).run(t) {
			if strings.HasPrefix(name, "read as ") && result.Status != smoke.Failed || strings.Contains(result.Detail, read) {
				t.Errorf("%s: %s %s: %s", what, name, result.Status, result.Detail)
			}
		}
	}
}

func assertUntold(t *testing.T, told string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		if secret != "" && secret != "not-a-token" && strings.Contains(told, secret) {
			t.Errorf("%.12s... was told", secret)
		}
	}
	if strings.Contains(told, "eyJ") {
		t.Errorf("something like a token was told:\n%s", told)
	}
}

func TestTheReportsSayTheSame(t *testing.T) {
	report := smoke.Report{
		Datastore: "https://example.org/r4/", Started: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC),
		Results: []smoke.Result{
			{Name: "search", Status: smoke.Passed, Took: 1234567 * time.Nanosecond, Attempts: 2, Detail: "<all> & well"},
			{Name: "read", Status: smoke.Failed, Took: 2 * time.Second, Attempts: 1, Detail: `got "404"`},
			{Name: "write", Status: smoke.Skipped, Detail: "not asked for"},
		},
	}
	var table, colored, object, junit bytes.Buffer
	for _, err := range []error{report.WriteTable(&table, false), report.WriteTable(&colored, true), report.WriteJSON(&object), report.WriteJUnit(&junit)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const wantTable = `passed   1ms  search  <all> & well (2 requests)
failed   2s   read    got "404"
skipped  -    write   not asked for

1 passed, 1 failed, 1 skipped.
`
	if table.String() != wantTable {
		t.Errorf("table:\n%s", table.String())
	}
	uncolored := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[0m", "").Replace(colored.String())
	if uncolored != wantTable || !strings.Contains(colored.String(), "\x1b[31mfailed\x1b[0m") {
		t.Errorf("colored:\n%q", colored.String())
	}
	const wantJSON = `{"datastore":"https://example.org/r4/","started":"2026-05-06T07:08:09Z","ok":false,"passed":1,"failed":1,"skipped":1,"checks":[` +
		`{"name":"search","status":"passed","seconds":0.001234567,"attempts":2,"detail":"<all> & well"},` +
		`{"name":"read","status":"failed","seconds":2,"attempts":1,"detail":"got \"404\""},` +
		`{"name":"write","status":"skipped","seconds":0,"attempts":0,"detail":"not asked for"}]}`
	var compact bytes.Buffer
	if err := json.Compact(&compact, object.Bytes()); err != nil || compact.String() != wantJSON {
		t.Errorf("JSON: %v\n%s", err, compact.String())
	}
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Time    string `xml:"time,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Skipped *struct {
				Message string `xml:"message,attr"`
			} `xml:"skipped"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &suite); err != nil {
		t.Fatal(err)
	}
	if suite.Tests != 3 || suite.Failures != 1 || suite.Skipped != 1 || len(suite.Cases) != 3 ||
		suite.Cases[0].Failure != nil || suite.Cases[0].Skipped != nil || suite.Cases[0].Time != "0.001" ||
		suite.Cases[1].Failure.Message != `got "404"` || suite.Cases[2].Skipped.Message != "not asked for" {
		t.Errorf("JUnit:\n%s", junit.String())
	}
}

func TestARunWithoutAPassedCheckIsNotOK(t *testing.T) {
	for want, results := range map[bool][]smoke.Result{
		false: {{Status: smoke.Skipped}},
		true:  {{Status: smoke.Skipped}, {Status: smoke.Passed}},
	} {
		if got := (smoke.Report{Results: results}).OK(); got != want {
			t.Errorf("%v: got %t", results, got)
		}
	}
	if (smoke.Report{Results: []smoke.Result{{Status: smoke.Passed}, {Status: smoke.Failed}}}).OK() || (smoke.Report{}).OK() {
		t.Error("a failed check, or none, is taken for a success")
	}
}

func TestWhomAClientIsForIsToldAndNeverPasses(t *testing.T) {
	s := newSetup(t, nil)
	app := s.options.Stack.Clients["app"]
	app.FHIRUserTypes, app.Groups = []string{"Practitioner"}, []string{"clinicians"}
	s.options.Stack.Clients["app"] = app
	results := s.run(t)
	for name, want := range map[string]string{
		"app": "it may be used by users in clinicians; for user/ scopes, those whose fhirUser is a Practitioner; " +
			"the smoke test signs no user in",
		"portal": "every user of the pool may use it",
	} {
		if got := results["refused: "+name+" to users that it is not for"]; got.Status != smoke.Skipped || got.Detail != want {
			t.Errorf("%s: %s: %q, want it skipped with %q", name, got.Status, got.Detail, want)
		}
	}
}
