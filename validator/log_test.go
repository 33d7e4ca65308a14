package validator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

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
		{serviceToken().token(), `{"level":"INFO","msg":"grant","operation":"ReadResource","latency_us":0,"client_id":"1service23456789","kid":"current"}`},
		{userToken().token(), `{"level":"INFO","msg":"grant","operation":"ReadResource","latency_us":0,"client_id":"2app23456789","kid":"current"}`},
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
		`{"level":"INFO","msg":"grant","operation":"ReadResource","latency_us":120000,"client_id":"1service23456789","kid":"current"}`)
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
// all levels of the log open.
func TestNothingOfATokenIsEverLogged(t *testing.T) {
	f := newFixture(t)
	judged := []attack{
		{name: "a service", token: serviceToken().token},
		{name: "a user", token: userToken().token},
		{name: "a user with secrets in the scopes", token: userToken().claim("scope", `"user/*.rs user/Patient.r?identifier=`+secret+`id"`).token},
	}
	for _, a := range append(judged, catalogue()...) {
		token := a.token()
		f.assertInvokedSilently(t, a.name, token)
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
