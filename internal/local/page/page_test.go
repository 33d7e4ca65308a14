package page_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/journal"
	"github.com/smartlake/pulumi-smartlake/internal/local/page"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

const (
	address = "https://127.0.0.1:8443/ABCDEFGHIJKLMNOPQRSTUVWXYZ/"
	store   = "/datastore/0/r4/"
)

// world is a page about a datastore whose validator grants or refuses as the test says.
type world struct {
	t       *testing.T
	page    *page.Page
	journal *journal.Journal
	faults  []page.Fault
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, journal: journal.New(), faults: []page.Fault{{Name: "throttle", Says: "It throttles"}}}
	var err error
	w.page, err = page.New(page.Config{
		Address: address, Project: "smartlake", Stack: "dev", FHIRBase: "https://127.0.0.1:8446/r4/", HostedDomain: "https://127.0.0.1:8444",
		Clients: []page.Client{
			{Name: "app", ID: "id-app", SignsUsersIn: true, Scopes: []string{"openid", "patient/*.rs", "user/*.rs"}, FHIRUserTypes: []string{"Practitioner"}, CallbackURLs: []string{"http://localhost:3000/callback"}},
			{Name: "etl", ID: "id-etl", Secret: "SECRETOFETL", Scopes: []string{"system/*.rs"}},
		},
		HTTP: &http.Client{}, Journal: w.journal,
		Rules: validator.Config{
			Issuers: []string{"iss"}, Clients: []validator.Client{{ID: "id-app", FHIRUserTypes: []string{"Practitioner"}}, {ID: "id-etl"}},
			Strategy: smart.SMARTOnFHIR, ReadRoleARN: "arn:aws:iam::1:role/read", WriteRoleARN: "arn:aws:iam::1:role/write", ExportRoleARN: "arn:aws:iam::1:role/export",
		},
		Faults: func() []page.Fault { return w.faults },
		SetFault: func(name string, on bool) error {
			if name != "throttle" {
				return errors.New("fault: unknown")
			}
			w.faults[0].On = on
			return nil
		},
		Warnings: []string{"a warning"}, NotImitated: []string{"MFA"}, Advice: []string{"what to do"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// claims of app's token; nil removes one.
func claims(changes map[string]any) map[string]any {
	members := map[string]any{
		"iss": "iss", "token_use": "access", "client_id": "id-app", "sub": "ann-sub", "username": "ann", "scope": "openid patient/*.rs",
		"iat": time.Now().Unix() - 1, "exp": time.Now().Unix() + 60,
	}
	for name, value := range changes {
		members[name] = value
	}
	return members
}

// request lets the datastore be asked with claims, nil for no token; the validator's answer is
// given as JSON, or the error of its call, and the datastore answers with a status.
func (w *world) request(path string, claims map[string]any, answer string, failed error, status int) {
	w.t.Helper()
	text, err := json.Marshal(claims)
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, store+path, nil)
	if claims != nil {
		r.Header.Set("Authorization", "Bearer HEAD."+base64.RawURLEncoding.EncodeToString(text)+".SIGNATURE")
	}
	w.journal.Datastore(store, http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if answer != "" || failed != nil {
			event, _ := json.Marshal(validator.Event{DatastoreEndpoint: "x", OperationName: "ReadResource"})
			journal.Asked(r.Context(), event)([]byte(answer), false, failed)
		}
		out.WriteHeader(status)
		if status >= 400 {
			_, _ = io.WriteString(out, `{"issue":[{"diagnostics":"because"}]}`)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
}

func refusal(reason validator.Reason) string {
	return `{"authPayload":{"isAuthorized":"false","error":"` + string(reason) + `"}}`
}

func (w *world) get(path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, address+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	w.page.ServeHTTP(answer, r)
	return answer
}

var item = regexp.MustCompile(`(?s)<li id="request-\d+">.*?</details></li>`)

// shown are the requests of the page, the newest first.
func (w *world) shown(query string) []string {
	return item.FindAllString(w.get("live"+query).Body.String(), -1)
}

func assertShows(t *testing.T, what, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", what, want, got)
		}
	}
}

func TestARequestSaysHowItWasDecided(t *testing.T) {
	w := newWorld(t)
	w.request("Patient/1", claims(nil), refusal(validator.ScopeInsufficient), nil, 403)
	w.request("Patient/2", claims(map[string]any{"patient": "p"}), `{"authPayload":{"isAuthorized":"true","scope":"patient/*.rs"},"iamRoleARN":"arn:aws:iam::1:role/read"}`, nil, 200)
	w.request("Patient/3", claims(nil), refusal(validator.SignatureInvalid), nil, 401)
	w.request("Patient/4", nil, "", nil, 401)
	w.request("Patient/5", claims(nil), "", errors.New("it crashed"), 403)
	w.request("Patient/6", claims(map[string]any{"client_id": "x"}), "not JSON", nil, 403)
	w.request("metadata", nil, "", nil, 200)
	w.request("Patient/8", claims(nil), "", nil, 503)
	shown := w.shown("")
	if len(shown) != 8 {
		t.Fatalf("%d requests, want 8: %s", len(shown), shown)
	}
	for i, wants := range [][]string{
		{"GET Patient/1", `class="outcome refused"`, ">app<", "The answer says: because", "scope_insufficient",
			"Refused: no scope of the token counts. The token is a user&#39;s.", "patient/*.rs did not count: the token has no patient.",
			"app may be used by every user of the pool; for user/ scopes, those whose fhirUser is a Practitioner.",
			"user/*.rs is not in the token: the client may ask for it, and the app did not.", "ann-sub", "app → HealthLake", "refuses: scope_insufficient"},
		{"GET Patient/2", `class="outcome granted"`, "Granted: 1 of 2 scopes counts.", "Role: <strong>read</strong>", "<code>read</code>", "Every scope that counts only reads or searches."},
		{"GET Patient/3", `class="outcome refused"`, "the signature does not fit the token", "does not vouch for these claims"},
		{"GET Patient/4", `class="outcome refused"`, ">no token<", "The validator was not asked.", "without a token"},
		{"GET Patient/5", `class="outcome failed"`, "The validator gave no decision: it crashed", "failed: it crashed"},
		{"GET Patient/6", `class="outcome failed"`, ">unknown client<", "The validator gave no decision: the answer: invalid character", "an answer that is none"},
		{"GET metadata", `class="outcome no-decision"`, ">no token<", "The validator was not asked."},
		{"GET Patient/8", `class="outcome failed"`, "The validator was not asked.", "does not vouch"},
	} {
		assertShows(t, wants[0], shown[len(shown)-1-i], wants...)
	}
	if vouched := shown[6]; strings.Contains(vouched, "does not vouch") {
		t.Errorf("the claims of a granted token are doubted: %s", vouched)
	}
	if all := strings.Join(shown, ""); strings.Contains(all, "HEAD") || strings.Contains(all, "SIGNATURE") {
		t.Error("a token is shown")
	}
}

func TestRequestsAreFilteredWithoutAScriptToo(t *testing.T) {
	w := newWorld(t)
	for range 60 {
		w.request("Patient/1", claims(nil), refusal(validator.ScopeInsufficient), nil, 403)
	}
	w.request("metadata", nil, "", nil, 200)
	for query, want := range map[string]struct {
		requests int
		counted  string
	}{
		"":                             {50, "50 of 61 requests."},
		"?client=app":                  {50, "50 of 60 requests that match the filter, of 61."},
		"?client=no+token":             {1, "1 of 1 requests that match the filter, of 61."},
		"?client=app&outcome=granted":  {0, "None of 61 requests matches the filter."},
		"?outcome=no+decision":         {1, "1 of 1 requests that match the filter, of 61."},
		"?outcome=%3Cscript%3E&client": {0, "None of 61 requests matches the filter."},
	} {
		if shown := w.shown(query); len(shown) != want.requests {
			t.Errorf("%s: %d requests, want %d", query, len(shown), want.requests)
		}
		whole := w.get(query).Body.String()
		assertShows(t, query, whole, want.counted)
		if strings.Contains(whole, "<script>") {
			t.Errorf("%s: not escaped", query)
		}
	}
	assertShows(t, "the filter", w.get("?client=app").Body.String(), `<option value="app" selected>app</option>`)
}

func TestAnUnchangedPageIsNotSentAgain(t *testing.T) {
	w := newWorld(t)
	first := w.get("live")
	tag := first.Header().Get("ETag")
	if again := w.get("live", "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 || tag == "" {
		t.Errorf("unchanged: %d %s", again.Code, again.Body)
	}
	if filtered := w.get("live?client=app", "If-None-Match", tag); filtered.Code != http.StatusOK {
		t.Errorf("another filter: %d", filtered.Code)
	}
	w.request("metadata", nil, "", nil, 200)
	requested := w.get("live", "If-None-Match", tag)
	if requested.Code != http.StatusOK {
		t.Errorf("after a request: %d", requested.Code)
	}
	if answer := w.post(url.Values{"name": {"throttle"}, "on": {"true"}, "script": {"true"}}); answer.Code != http.StatusNoContent {
		t.Errorf("a switch by the script: %d, want 204", answer.Code)
	}
	if switched := w.get("live", "If-None-Match", requested.Header().Get("ETag")); switched.Code != http.StatusOK || !strings.Contains(switched.Body.String(), `aria-checked="true"`) {
		t.Errorf("after a switch: %d %s", switched.Code, switched.Body)
	}
}

func (w *world) post(form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, address+"faults", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer := httptest.NewRecorder()
	w.page.ServeHTTP(answer, r)
	return answer
}

func TestASwitchThatIsNoneIsRefused(t *testing.T) {
	w := newWorld(t)
	for name, form := range map[string]url.Values{
		"an unknown failure": {"name": {"x"}, "on": {"true"}},
		"neither on nor off": {"name": {"throttle"}, "on": {"maybe"}},
	} {
		if answer := w.post(form); answer.Code != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", name, answer.Code)
		}
	}
	if answer := w.post(url.Values{"name": {"throttle"}, "on": {"true"}}); answer.Code != http.StatusSeeOther || !strings.HasSuffix(answer.Header().Get("Location"), "/#failures") {
		t.Errorf("a form: %d to %s, want the page", answer.Code, answer.Header().Get("Location"))
	}
}

func TestThePageShowsWhatADeveloperNeedsAndNoSecret(t *testing.T) {
	shown := newWorld(t).get("").Body.String()
	assertShows(t, "the page", shown, "id-app", "http://localhost:3000/callback", `data-copy="client-app-id"`, "under <code>clientSecrets</code>",
		"<strong>Warning:</strong> a warning", "<strong>Not imitated:</strong> MFA", "what to do", "https://127.0.0.1:8446/r4<")
	if strings.Contains(shown, "SECRETOFETL") {
		t.Error("the page shows a client's secret")
	}
}
