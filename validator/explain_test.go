package validator_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// beforeTheClaims are the reasons of refusals that come before the claims are read, so that
// no explanation of them can tell.
var beforeTheClaims = []validator.Reason{
	validator.EventInvalid, validator.TokenMissing, validator.TokenTooLong, validator.TokenMalformed,
	validator.HeaderMalformed, validator.HeaderNotAllowed, validator.AlgorithmNotAllowed, validator.KeyIDMissing,
	validator.KeyUnknown, validator.KeysUnavailable, validator.SignatureInvalid, validator.DeadlineExceeded, validator.InternalError,
}

// assertExplained holds the explanation of a token's claims against the validator's answer. The
// tests of this package judge through it, so that their whole tables are held so.
func (f *fixture) assertExplained(e validator.Event, answer validator.Answer) {
	f.tb.Helper()
	if slices.Contains(beforeTheClaims, answer.AuthPayload.Error) {
		return
	}
	_, claims, _ := split(strings.TrimPrefix(e.BearerToken, "Bearer "))
	content, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil {
		f.tb.Errorf("answered %+v to claims that are no base64: %v", answer, err)
		return
	}
	got := validator.Explain(f.config, content, e, f.clock.now())
	if got.Reason != answer.AuthPayload.Error {
		f.tb.Errorf("explained with the reason %q, answered with %q: %s", got.Reason, answer.AuthPayload.Error, content)
	}
	if !answer.Authorized() {
		return
	}
	var count []string
	for _, scope := range got.Scopes {
		if scope.Effect == validator.ScopeCounts {
			count = append(count, scope.Text)
		}
	}
	if scope := strings.Join(count, " "); scope != answer.AuthPayload.Scope {
		f.tb.Errorf("explained that %q count, answered with %q", scope, answer.AuthPayload.Scope)
	}
	role := map[string]validator.Role{readRole: validator.ReadRole, writeRole: validator.WriteRole, exportRole: validator.ExportRole}[answer.IAMRoleARN]
	if got.Role != role || got.Client.ID != answer.AuthPayload.ClientID {
		f.tb.Errorf("explained with the role %v of the client %q, answered %+v", got.Role, got.Client.ID, answer)
	}
}

func TestEachScopeIsExplained(t *testing.T) {
	f := newFixture(t)
	user := func(scope string) draft { return userToken().claim("scope", quote(scope)) }
	for _, c := range []struct {
		name  string
		token draft
		want  []validator.ExplainedScope
	}{
		{"a user's", user("openid system/*.* patient/*.rs user/*.* patient/*.dus patient/*.rs"), []validator.ExplainedScope{
			{"openid", validator.ScopeNotUnderstood}, {"system/*.*", validator.ScopeNotForHolder}, {"patient/*.rs", validator.ScopeCounts},
			{"user/*.*", validator.ScopeCounts}, {"patient/*.dus", validator.ScopeNotUnderstood}, {"patient/*.rs", validator.ScopeCounts},
		}},
		{"without a patient", user("patient/*.rs user/*.rs").noClaim("patient"), []validator.ExplainedScope{
			{"patient/*.rs", validator.ScopeWithoutPatient}, {"user/*.rs", validator.ScopeCounts},
		}},
		{"with two patients", user("patient/*.rs").claim("launch_response_patient", `"p2"`), []validator.ExplainedScope{
			{"patient/*.rs", validator.ScopeWithoutPatient},
		}},
		{"without a FHIR user", user("patient/*.rs user/*.rs").noClaim("fhirUser"), []validator.ExplainedScope{
			{"patient/*.rs", validator.ScopeCounts}, {"user/*.rs", validator.ScopeWithoutFHIRUser},
		}},
		{"of another type", user("patient/*.rs user/*.rs").claim("fhirUser", `"Patient/1"`), []validator.ExplainedScope{
			{"patient/*.rs", validator.ScopeCounts}, {"user/*.rs", validator.ScopeNotForFHIRUser},
		}},
		{"a client's", serviceToken().claim("scope", `"system/*.rs user/*.rs"`), []validator.ExplainedScope{
			{"system/*.rs", validator.ScopeCounts}, {"user/*.rs", validator.ScopeNotForHolder},
		}},
		{"with a scope that is malformed", user("patient/*.rs  user/*.rs"), nil},
		{"of an unknown client", user("patient/*.rs").claim("client_id", `"x"`), nil},
	} {
		got := validator.Explain(f.config, []byte(c.token.body.json()), event(""), f.clock.now())
		if !slices.Equal(got.Scopes, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got.Scopes, c.want)
		}
	}
	grouped := newFixture(t, appFor([]string{"Practitioner"}, []string{"clinicians"}))
	got := validator.Explain(grouped.config, []byte(user("patient/*.rs").body.json()), event(""), f.clock.now())
	if want := []validator.ExplainedScope{{"patient/*.rs", validator.ScopeNotForGroups}}; !slices.Equal(got.Scopes, want) || got.Reason != validator.GroupMissing {
		t.Errorf("outside of the groups: got %+v, want %v", got, want)
	}
}

func TestAnExplanationSaysWhoseTokenItIs(t *testing.T) {
	f := newFixture(t)
	e := event("")
	e.OperationName = "StartFHIRExportJobWithPost"
	got := validator.Explain(f.config, []byte(userToken().body.json()), e, f.clock.now())
	if got.Holder != smart.UserHolder || got.Client.ID != appID || got.Patient != secret+"patient" || got.FHIRUser != "Practitioner/"+secret+"user" ||
		got.FHIRUserType != "Practitioner" || !slices.Equal(got.Groups, []string{secret + "group"}) || !got.Exports || got.Role != validator.ReadRole {
		t.Errorf("got %+v", got)
	}
	expired := validator.Explain(f.config, []byte(userToken().claim("exp", "1").body.json()), event(""), f.clock.now())
	if expired.Reason != validator.TokenExpired || expired.Role != validator.ReadRole || len(expired.Scopes) != 4 {
		t.Errorf("expired: got %+v", expired)
	}
}
