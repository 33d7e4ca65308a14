package validator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// assertLines holds log lines against the exact ones, but for their time.
func assertLines(t *testing.T, got string, want ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	for i, line := range lines {
		if before, after, ok := strings.Cut(line, `"time":"`); ok {
			_, after, _ = strings.Cut(after, `",`)
			lines[i] = before + after
		}
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %s\nwant %s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func TestAJudgementIsOneLine(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct{ token, line string }{
		{serviceToken().token(), `{"level":"INFO","msg":"grant","operation":"ReadResource","latency_us":0,"role":"read","client_id":"1service23456789","kid":"current"}`},
		{userToken().token(), `{"level":"INFO","msg":"grant","operation":"ReadResource","latency_us":0,"role":"read","client_id":"2app23456789","kid":"current"}`},
		{"", `{"level":"INFO","msg":"deny","reason":"token_missing","operation":"ReadResource","latency_us":0}`},
		{serviceToken().header("kid", `"`+secret+`kid"`).token(), `{"level":"INFO","msg":"deny","reason":"key_unknown","operation":"ReadResource","latency_us":0}`},
		{serviceToken().signedBy(foreignKey).token(), `{"level":"INFO","msg":"deny","reason":"signature_invalid","operation":"ReadResource","latency_us":0,"kid":"current"}`},
		{serviceToken().claim("client_id", `"`+secret+`client"`).token(), `{"level":"INFO","msg":"deny","reason":"client_unknown","operation":"ReadResource","latency_us":0,"kid":"current"}`},
		{serviceToken().claim("exp", `0`).token(), `{"level":"INFO","msg":"deny","reason":"token_expired","operation":"ReadResource","latency_us":0,"client_id":"1service23456789","kid":"current"}`},
	} {
		f.judge(c.token)
		assertLines(t, f.log.Take(), c.line)
	}
}

func TestAGrantNamesItsRole(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct{ scope, operation, role string }{
		{"system/*.rs", "ReadResource", "read"},
		{"system/*.cruds", "ReadResource", "write"},
		{"system/*.rs", "StartFHIRExportJobWithPost", "export"},
	} {
		e := event(serviceToken().claim("scope", quote(c.scope)).token())
		e.OperationName = c.operation
		f.Authorize(t.Context(), e)
		assertLines(t, f.log.Take(), `{"level":"INFO","msg":"grant","operation":"`+c.operation+`","latency_us":0,"role":"`+c.role+
			`","client_id":"1service23456789","kid":"current"}`)
	}
}

// aUser is the identifier of a user, as Cognito makes them.
const aUser = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"

func loggingUsers(c *validator.Config) { c.LogUsers = true }

func TestALineNamesTheUserOnlyOnRequest(t *testing.T) {
	known := userToken().claim("sub", quote(aUser))
	for _, c := range []struct {
		what    string
		token   draft
		members string // of the line, from its reason or operation on
	}{
		{"a grant", known, `"grant","operation":"ReadResource","latency_us":0,"role":"read","client_id":"2app23456789","kid":"current"SUB}`},
		{"a grant again", known, `"grant","operation":"ReadResource","latency_us":0,"role":"read","client_id":"2app23456789","kid":"current"SUB}`},
		{"a user without a scope that counts", known.claim("scope", `"system/*.rs"`),
			`"deny","reason":"scope_insufficient","operation":"ReadResource","latency_us":0,"client_id":"2app23456789","kid":"current"SUB}`},
		{"an expired token", known.claim("exp", "0"),
			`"deny","reason":"token_expired","operation":"ReadResource","latency_us":0,"client_id":"2app23456789","kid":"current"SUB}`},
	} {
		for named, f := range map[string]*fixture{"": newFixture(t), `,"sub":"` + aUser + `"`: newFixture(t, loggingUsers)} {
			for range 2 { // the second time from memory
				f.judge(c.token.token())
				assertLines(t, f.log.Take(), `{"level":"INFO","msg":`+strings.Replace(c.members, "SUB", named, 1))
			}
		}
	}
}

func TestALineNamesNobodyWhoIsNoUserOfAnAcceptedToken(t *testing.T) {
	f := newFixture(t, loggingUsers, func(c *validator.Config) { c.Clients = append(c.Clients, validator.Client{ID: aUser}) })
	known := userToken().claim("sub", quote(aUser))
	for what, token := range map[string]draft{
		"a service":              serviceToken(),
		"a service with such id": serviceToken().claim("client_id", quote(aUser)).claim("sub", quote(aUser)),
		"another signature":      known.signedBy(foreignKey),
		"a forged signature":     known.header("kid", `"next"`),
		"an unknown client":      known.claim("client_id", `"another"`),
		"another issuer":         known.claim("iss", `"https://issuer.example"`),
		"an ID token":            known.claim("token_use", `"id"`),
		"a key of its holder":    known.claim("cnf", `{}`),
		"no username":            known.noClaim("username"),
		"a name":                 userToken().claim("sub", `"ann"`),
		"an address":             userToken().claim("sub", `"ann@example.org"`),
		"of the length, no UUID": userToken().claim("sub", quote(strings.Repeat("a", len(aUser)))),
		"in capitals":            userToken().claim("sub", quote(strings.ToUpper(aUser))),
		"with a line after it":   userToken().claim("sub", quote(aUser+"\n")),
		"a dash too much":        userToken().claim("sub", quote(strings.Replace(aUser, "0a", "-a", 1))),
	} {
		f.judge(token.token())
		if line := f.log.Take(); strings.Contains(line, `"sub"`) {
			t.Errorf("%s: the line names a user: %s", what, line)
		}
	}
}

func TestTheLinesHaveTheMembersThatQueriesName(t *testing.T) {
	f := newColdFixture(t, loggingUsers, func(c *validator.Config) { c.Metrics = "judge" })
	f.issuer.behave(answer(http.StatusServiceUnavailable, ""))
	if err := f.Warm(t.Context()); err == nil {
		t.Error("the key set was read")
	}
	f.judge(serviceToken().token())
	f.clock.move(validator.FailureCooldown)
	f.issuer.publish(currentKey())
	if err := f.Warm(t.Context()); err != nil {
		t.Error(err)
	}
	f.judge(f.clock.fresh(userToken().claim("sub", quote(aUser))).token())
	lambdamaintest.AssertMembers(t, f.log.Take(), wire.ValidatorLine())
}

func TestAnOutageIsLoggedAsAnErrorWithItsCause(t *testing.T) {
	f := newColdFixture(t)
	f.issuer.behave(answer(http.StatusServiceUnavailable, secret+"body"))
	f.judge(serviceToken().token())
	assertLines(t, f.log.Take(),
		`{"level":"ERROR","msg":"deny","reason":"keys_unavailable","operation":"ReadResource","latency_us":0,"key_set_error":"key set: HTTP status 503"}`)
}

func TestAKeyThatCouldNotBeLookedUpIsLoggedAndCountedAsAnError(t *testing.T) {
	f := newFixture(t, func(c *validator.Config) { c.Metrics = "judge" })
	f.issuer.behave(answer(http.StatusServiceUnavailable, secret+"body"))
	f.clock.move(validator.FetchCooldown)
	f.judge(serviceToken().header("kid", `"`+secret+`kid"`).token())
	line := f.log.Take()
	for _, want := range []string{
		`"level":"ERROR","msg":"deny","reason":"keys_unavailable"`, `"key_set_error":"key set: HTTP status 503"`, `"key_set_failures":1`,
	} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
}

func TestTheLineTellsHowLongTheJudgementTook(t *testing.T) {
	f := newColdFixture(t)
	good := keySetJSON(currentKey().jwk())
	f.UseTransport(roundTrip(func(*http.Request) (*http.Response, error) {
		f.clock.move(120 * time.Millisecond)
		return response(good), nil
	}))
	f.judge(serviceToken().token())
	assertLines(t, f.log.Take(),
		`{"level":"INFO","msg":"grant","operation":"ReadResource","latency_us":120000,"role":"read","client_id":"1service23456789","kid":"current"}`)
}

func TestAnOperationThatIsNoNameIsNotLogged(t *testing.T) {
	f := newFixture(t)
	for operation, want := range map[string]string{
		"SearchWithGet": "SearchWithGet", "a b": "other", "a\nb": "other", "é": "other", "A1": "other",
		strings.Repeat("x", 64): strings.Repeat("x", 64), strings.Repeat("x", 65): "other",
	} {
		e := event("")
		e.OperationName = operation
		f.Authorize(t.Context(), e)
		assertLines(t, f.log.Take(), `{"level":"INFO","msg":"deny","reason":"token_missing","operation":"`+want+`","latency_us":0}`)
	}
}

// TestNothingOfATokenIsEverLogged runs over every attack and over grants, with
// all levels of the log open, and where users are logged too: these have no identifier of
// Cognito's form.
func TestNothingOfATokenIsEverLogged(t *testing.T) {
	judged := []attack{
		{name: "a service", token: serviceToken().token},
		{name: "a user", token: userToken().token},
		{name: "a user with secrets in the scopes", token: userToken().claim("scope", `"user/*.rs user/Patient.r?identifier=`+secret+`id"`).token},
	}
	for _, f := range []*fixture{newFixture(t), newFixture(t, loggingUsers)} {
		for _, a := range append(judged, catalogue()...) {
			token := a.token()
			f.assertInvokedSilently(t, a.name, token)
		}
	}
}

func (f *fixture) assertInvokedSilently(t *testing.T, name, token string) {
	t.Helper()
	payload, err := json.Marshal(event(token))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Invoke(t.Context(), payload); err != nil {
		t.Fatal(err)
	}
	line := f.log.Take()
	if strings.Count(line, "\n") != 1 {
		t.Errorf("%s: want one line, got %q", name, line)
	}
	if strings.Contains(line, secret) || token != "" && strings.Contains(line, token) {
		t.Errorf("%s: a secret is in the log: %s", name, line)
	}
	for _, part := range strings.Split(token, ".") {
		if len(part) > 8 && strings.Contains(line, part) {
			t.Errorf("%s: a part of the token is in the log: %s", name, line)
		}
	}
}

func TestAnOutageLogsNothingOfAToken(t *testing.T) {
	f := newColdFixture(t)
	f.issuer.behave(answer(http.StatusOK, `{"keys":"`+secret+`body"}`))
	for range 3 {
		f.assertInvokedSilently(t, "outage", userToken().token())
		f.clock.move(validator.FailureCooldown)
	}
}
