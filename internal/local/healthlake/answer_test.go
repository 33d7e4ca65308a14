package healthlake_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/validator"
)

const (
	invalidToken      = `Bearer error="invalid_token"`
	insufficientScope = `Bearer error="insufficient_scope"`
)

func (r response) issueCode() string {
	issues, _ := r.body["issue"].([]any)
	if len(issues) != 1 {
		return ""
	}
	code, _ := issues[0].(map[string]any)["code"].(string)
	return code
}

// denying is a datastore whose validator denies everything for a reason.
func denying(t *testing.T, reason validator.Reason) store {
	t.Helper()
	d, err := healthlake.New(baseline(), func(context.Context, string, []byte) (healthlake.Reply, error) {
		answer, err := json.Marshal(validator.Answer{AuthPayload: validator.AuthPayload{IsAuthorized: "false", Error: reason}})
		return healthlake.Reply{Answer: answer}, err
	}, func(string, string, string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return store{t, d}
}

// An app that is told invalid_token signs its user out. It must be told so of the token
// alone, and not of what the token may do or of an outage.
func TestADenialSaysWhetherTheTokenTheRightsOrTheValidatorLack(t *testing.T) {
	for _, c := range []struct {
		reason             validator.Reason
		status             int
		authenticate, code string
	}{
		{validator.SignatureInvalid, 401, invalidToken, "login"},
		{validator.TokenExpired, 401, invalidToken, "login"},
		{validator.ClientUnknown, 401, invalidToken, "login"},
		{validator.KeyUnknown, 401, invalidToken, "login"},
		{validator.ScopeMalformed, 401, invalidToken, "login"},
		{"", 401, invalidToken, "login"},
		{"a reason of tomorrow", 401, invalidToken, "login"},
		{validator.ScopeInsufficient, 403, insufficientScope, "forbidden"},
		{"group_missing", 403, insufficientScope, "forbidden"},
		{"fhir_user_type_not_allowed", 403, insufficientScope, "forbidden"},
		{validator.KeysUnavailable, 403, "", "exception"},
		{validator.DeadlineExceeded, 403, "", "exception"},
		{validator.InternalError, 403, "", "exception"},
		{validator.EventInvalid, 403, "", "exception"},
	} {
		got := denying(t, c.reason).send("GET", "Patient", system, "")
		if got.status != c.status || got.header.Get("WWW-Authenticate") != c.authenticate || got.issueCode() != c.code {
			t.Errorf("%s: got %d %q %s, want %+v", c.reason, got.status, got.header.Get("WWW-Authenticate"), got.text, c)
		}
	}
}

func TestAGoodTokenWithoutTheRightIsToldSo(t *testing.T) {
	both(t, nil, func(t *testing.T, s store) {
		s.twoPatients(t)
		for name, got := range map[string]response{
			"another type":        s.send("GET", "Patient/a", holder{Scope: "system/Observation.rs"}, ""),
			"another interaction": s.send("DELETE", "Observation/a-lab", holder{Scope: "system/Observation.rs"}, ""),
			"another's resource":  s.send("PUT", "Observation/b-lab", holder{Scope: "patient/*.u", Patient: "a"}, observation("b-lab", "Patient/b", "x")),
		} {
			if got.status != 403 || got.header.Get("WWW-Authenticate") != insufficientScope || got.issueCode() != "forbidden" {
				t.Errorf("%s: got %d %q %s", name, got.status, got.header.Get("WWW-Authenticate"), got.text)
			}
		}
	})
}

// A role that lacks a right is the stack's fault, whatever scopes the token has.
func TestAStackThatIsWrongIsNoFaultOfTheToken(t *testing.T) {
	d, err := healthlake.New(baseline(), validate, func(string, string, string) error { return errors.New("the role may not") })
	if err != nil {
		t.Fatal(err)
	}
	got := store{t, d}.send("GET", "Patient", system, "")
	if got.status != 403 || got.header.Get("WWW-Authenticate") != "" || got.issueCode() != "exception" || got.diagnostics() != "the role may not" {
		t.Errorf("got %d %v %s", got.status, got.header, got.text)
	}
}

func TestTheSchemeOfATokenHasNoCase(t *testing.T) {
	s := newStore(t, synthetic)
	for header, want := range map[string]int{
		"Bearer " + system.token(): 200, "bearer " + system.token(): 200, "BEARER  " + system.token(): 200,
		"Bearer": 403, "Bearer" + " ": 403, "Basic " + system.token(): 403, system.token(): 403, "": 403,
	} {
		if got := s.send("GET", "Patient", holder{}, "", "Authorization", header); got.status != want {
			t.Errorf("%.10q: got %d, want %d", header, got.status, want)
		}
	}
}
