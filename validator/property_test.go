package validator_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

var (
	drawnScopes = rapid.SliceOfN(rapid.SampledFrom([]string{
		"openid", "launch/patient", "offline_access", "system/*.dus", "patient/*.rs?x=y",
		"system/*.read", "system/*.*", "system/Patient.rs", "system/Group.c",
		"patient/*.read", "patient/*.write", "patient/Observation.rs?category=x", "patient/Observation.cruds",
		"user/*.rs", "user/*.*", "user/Patient.r?name=a&active=true",
	}), 0, 8)
	drawnTexts = rapid.SampledFrom([]string{"", `""`, `"x"`, "1", "null", `["x"]`, `"a b"`, `"Practitioner/1"`, `"Practitioner/1"`, `"Patient/x"`, `"Group/1"`})
)

// drawToken makes a token of a service or a user, with some scopes and some
// launch context, whole or not.
func drawToken(t *rapid.T) (d draft, isUser bool) {
	d = serviceToken()
	if isUser = rapid.Bool().Draw(t, "user"); isUser {
		d = userToken().noClaim("patient").noClaim("fhirUser")
	}
	d = d.claim("scope", quote(strings.Join(drawnScopes.Draw(t, "scopes"), " ")))
	for _, name := range []string{"patient", "launch_response_patient", "fhirUser"} {
		if value := drawnTexts.Draw(t, name); value != "" {
			d = d.claim(name, value)
		}
	}
	return d, isUser
}

func TestAGrantNeverExceedsItsToken(t *testing.T) {
	f := newFixture(t)
	rapid.Check(t, func(t *rapid.T) {
		d, isUser := drawToken(t)
		answer := f.judge(d.token())
		if !answer.Authorized() {
			expected := []validator.Reason{validator.ScopeInsufficient, validator.FHIRUserTypeNotAllowed}
			if !slices.Contains(expected, answer.AuthPayload.Error) || answer.IAMRoleARN != "" || answer.AuthPayload.Scope != "" {
				t.Fatalf("got %+v", answer)
			}
			return
		}
		granted := strings.Split(answer.AuthPayload.Scope, " ")
		assertSubsequence(t, granted, d)
		readOnly, patient, user := true, false, false
		for _, text := range granted {
			scope, err := smart.ParseScope(text)
			if err != nil {
				t.Fatal(err)
			}
			readOnly, patient, user = readOnly && scope.ReadOnly(), patient || scope.Context() == smart.Patient, user || scope.Context() == smart.User
			if isUser == (scope.Context() == smart.System) ||
				scope.Context() == smart.Patient && answer.AuthPayload.Patient != "x" ||
				scope.Context() == smart.User && answer.AuthPayload.FHIRUser != "Practitioner/1" {
				t.Fatalf("%s must not count in %+v", text, answer)
			}
		}
		if (answer.AuthPayload.Patient != "") != patient || (answer.AuthPayload.FHIRUser != "") != user {
			t.Fatalf("the context does not go with the scopes: %+v", answer)
		}
		if (answer.IAMRoleARN == readRole) != readOnly || (answer.IAMRoleARN == writeRole) == readOnly {
			t.Fatalf("the role does not follow from the scopes: %+v", answer)
		}
	})
}

// assertSubsequence holds the granted scopes to be the token's, in its order.
func assertSubsequence(t *rapid.T, granted []string, d draft) {
	var claimed string
	for _, m := range d.body {
		if m.name == "scope" {
			claimed = strings.Trim(m.value, `"`)
		}
	}
	rest := strings.Split(strings.ReplaceAll(claimed, `\u0026`, "&"), " ")
	for _, scope := range granted {
		at := slices.Index(rest, scope)
		if at < 0 {
			t.Fatalf("%q is not in the token's %q in this order", granted, claimed)
		}
		rest = rest[at+1:]
	}
}
