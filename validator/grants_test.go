package validator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

func TestAServiceIsAnsweredWithItsTokenAndTheReadRole(t *testing.T) {
	newFixture(t).assertAnswer(t, serviceToken().token(), serviceAnswer())
}

func TestAUserIsAnsweredWithPatientAndUserInContext(t *testing.T) {
	newFixture(t).assertAnswer(t, userToken().token(), userAnswer())
}

// scopeCase is a token, one thing changed, and the scopes and role it is left
// with. The rest of the answer is that of the valid token.
type scopeCase struct {
	name  string
	token draft
	scope string
	role  string
}

func TestAServiceKeepsItsSystemScopesAlone(t *testing.T) {
	f := newFixture(t)
	scoped := func(scope string) draft { return serviceToken().claim("scope", quote(scope)) }
	for _, c := range []scopeCase{
		{"one that reads", scoped("system/*.rs"), "system/*.rs", readRole},
		{"two that read", scoped("system/Patient.read system/Observation.s"), "system/Patient.read system/Observation.s", readRole},
		{"one that writes", scoped("system/*.write"), "system/*.write", writeRole},
		{"one that does all", scoped("system/*.*"), "system/*.*", writeRole},
		{"a write behind reads", scoped("system/*.rs system/Patient.r system/Group.c"), "system/*.rs system/Patient.r system/Group.c", writeRole},
		{"a write before reads", scoped("system/Group.d system/*.rs"), "system/Group.d system/*.rs", writeRole},
		{"a filtered one", scoped("system/Observation.rs?category=a&code=b"), "system/Observation.rs?category=a&code=b", readRole},
		{"an order that is not alphabetical", scoped("system/Patient.r system/Account.r system/List.r"), "system/Patient.r system/Account.r system/List.r", readRole},
		{"one asked for twice", scoped("system/Patient.r system/Patient.r"), "system/Patient.r system/Patient.r", readRole},
		{"among a user's", scoped("patient/*.* system/*.rs user/*.cruds"), "system/*.rs", readRole},
		{"among others", scoped("openid system/*.rs launch/patient offline_access unknown"), "system/*.rs", readRole},
		{"among malformed ones", scoped("system/*.dus system/*.rs system/Observations.rs System/*.cruds"), "system/*.rs", readRole},
		{"a user's, with that user's claims", scoped("system/*.rs patient/*.* user/*.*").claim("patient", `"p"`).claim("fhirUser", `"u"`), "system/*.rs", readRole},
		{"an encoded space", scoped("system/*.rs system/Observation.rs?category=x%20system/*.cruds"), "system/*.rs", readRole},
		{"filters that HealthLake may ignore", scoped("system/Patient.cruds?_count=1 system/Patient.rs?name:exact=a system/Patient.cruds?code=a system/Patient.rs?name=a"), "system/Patient.rs?name=a", readRole},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := serviceAnswer()
			want.AuthPayload.Scope, want.IAMRoleARN = c.scope, c.role
			f.assertAnswer(t, c.token.token(), want)
		})
	}
}

func TestAUserNeverKeepsASystemScope(t *testing.T) {
	f := newFixture(t)
	scoped := func(scope string) draft { return userToken().claim("scope", quote(scope)) }
	for _, c := range []scopeCase{
		{"read", scoped("system/*.read patient/*.rs"), "patient/*.rs", readRole},
		{"everything", scoped("patient/*.rs system/*.* user/*.rs"), "patient/*.rs user/*.rs", readRole},
		{"v2", scoped("system/*.cruds user/Patient.r"), "user/Patient.r", readRole},
		{"a write dropped leaves the read role", scoped("system/*.write user/*.rs"), "user/*.rs", readRole},
		{"a write of one's own keeps the write role", scoped("system/*.read user/*.cruds"), "user/*.cruds", writeRole},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := userAnswer()
			want.AuthPayload.Scope, want.IAMRoleARN = c.scope, c.role
			if !strings.Contains(c.scope, "patient/") {
				want.AuthPayload.Patient = ""
			}
			if !strings.Contains(c.scope, "user/") {
				want.AuthPayload.FHIRUser = ""
			}
			f.assertAnswer(t, c.token.token(), want)
		})
	}
}

// The token of a refresh may hold claims that no scope called for.
func TestContextIsPassedOnWithTheScopesThatCountWithItAlone(t *testing.T) {
	f := newFixture(t)
	const patient, fhirUser = secret + "patient", "Practitioner/" + secret + "user"
	for _, c := range []struct{ asked, kept, patient, fhirUser string }{
		{"patient/*.rs user/*.rs", "patient/*.rs user/*.rs", patient, fhirUser},
		{"user/*.rs patient/*.rs", "user/*.rs patient/*.rs", patient, fhirUser},
		{"patient/*.rs", "patient/*.rs", patient, ""},
		{"patient/*.rs patient/Group.r", "patient/*.rs patient/Group.r", patient, ""},
		{"user/*.rs", "user/*.rs", "", fhirUser},
		{"openid launch/patient user/*.rs", "user/*.rs", "", fhirUser},
		{"openid fhirUser patient/*.rs", "patient/*.rs", patient, ""},
		{"patient/*.dus user/*.rs", "user/*.rs", "", fhirUser}, // dropped: malformed
	} {
		want := userAnswer()
		want.AuthPayload.Scope, want.AuthPayload.Patient, want.AuthPayload.FHIRUser = c.kept, c.patient, c.fhirUser
		f.assertAnswer(t, userToken().claim("scope", quote(c.asked)).token(), want)
	}
	for _, asked := range []string{"launch/patient", "openid", "launch/patient openid profile"} {
		f.assertDenied(t, userToken().claim("scope", quote(asked)).token(), validator.ScopeInsufficient)
	}
}

// launchCase is a user's token, its launch context changed, and what the answer
// says of it.
type launchCase struct {
	name              string
	token             draft
	scope             string
	patient, fhirUser string
}

func TestAUsersScopesCountWithTheirLaunchContextAlone(t *testing.T) {
	f := newFixture(t)
	const both, patient, fhirUser = "patient/*.read user/*.read", secret + "patient", "Practitioner/" + secret + "user"
	for _, c := range []launchCase{
		{"the patient of the other claim", userToken().noClaim("patient").claim("launch_response_patient", `"p2"`), both, "p2", fhirUser},
		{"both claims agree", userToken().claim("launch_response_patient", quote(patient)), both, patient, fhirUser},
		{"the other claim is empty", userToken().claim("launch_response_patient", `""`), both, patient, fhirUser},
		{"escaped characters", userToken().claim("patient", `"\u0070\u0032"`), both, "p2", fhirUser},
		{"a malformed patient beside the other claim", userToken().claim("patient", `"a/b"`).claim("launch_response_patient", `"p2"`), both, "p2", fhirUser},
		{"an absolute user resource", userToken().claim("fhirUser", `"https://ehr.example.org/r4/Practitioner/7"`), both, patient, "https://ehr.example.org/r4/Practitioner/7"},

		{"no patient", userToken().noClaim("patient"), "user/*.read", "", fhirUser},
		{"an empty patient", userToken().claim("patient", `""`), "user/*.read", "", fhirUser},
		{"a patient that is a number", userToken().claim("patient", `42`), "user/*.read", "", fhirUser},
		{"a patient that is a list", userToken().claim("patient", `["p1"]`), "user/*.read", "", fhirUser},
		{"a patient that is an object", userToken().claim("patient", `{"id":"p1"}`), "user/*.read", "", fhirUser},
		{"a patient that is null", userToken().claim("patient", `null`), "user/*.read", "", fhirUser},
		{"a patient that is true", userToken().claim("patient", `true`), "user/*.read", "", fhirUser},
		{"a patient in the wrong case", userToken().noClaim("patient").claim("Patient", `"p1"`), "user/*.read", "", fhirUser},
		{"a patient of other characters", userToken().claim("patient", `"p\uD83D\uDE00"`), "user/*.read", "", fhirUser},
		{"a patient that is a reference", userToken().claim("patient", `"Patient/p1"`), "user/*.read", "", fhirUser},
		{"a patient that climbs", userToken().claim("patient", `".."`), "user/*.read", "", fhirUser},
		{"a patient with a query", userToken().claim("patient", `"p1?_id=p2"`), "user/*.read", "", fhirUser},
		{"a patient of 65 characters", userToken().claim("patient", quote(strings.Repeat("p", 65))), "user/*.read", "", fhirUser},
		{"two patients", userToken().claim("launch_response_patient", `"p2"`), "user/*.read", "", fhirUser},

		{"no user resource", userToken().noClaim("fhirUser"), "patient/*.read", patient, ""},
		{"an empty user resource", userToken().claim("fhirUser", `""`), "patient/*.read", patient, ""},
		{"a user resource that is a list", userToken().claim("fhirUser", `["Practitioner/1"]`), "patient/*.read", patient, ""},
		{"a user resource without a type", userToken().claim("fhirUser", `"1"`), "patient/*.read", patient, ""},
		{"a user resource that no user is", userToken().claim("fhirUser", `"Group/1"`), "patient/*.read", patient, ""},
		{"a user resource of other characters", userToken().claim("fhirUser", `"Practitioner/a_b"`), "patient/*.read", patient, ""},
		{"a user resource over http", userToken().claim("fhirUser", `"http://ehr.example.org/Practitioner/1"`), "patient/*.read", patient, ""},
		{"a user resource with a query", userToken().claim("fhirUser", `"Practitioner/1?x=Practitioner/2"`), "patient/*.read", patient, ""},
		{"a user resource in the wrong case", userToken().noClaim("fhirUser").claim("fhiruser", `"Practitioner/1"`), "patient/*.read", patient, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := userAnswer()
			want.AuthPayload.Scope, want.AuthPayload.Patient, want.AuthPayload.FHIRUser = c.scope, c.patient, c.fhirUser
			f.assertAnswer(t, c.token.token(), want)
		})
	}
}

func TestAV1DatastoreIsGivenV1ScopesAlone(t *testing.T) {
	f := newFixture(t, func(c *validator.Config) { c.Strategy = smart.SMARTOnFHIRV1 })

	want := serviceAnswer()
	want.AuthPayload.Scope = "system/Patient.read system/Group.read"
	f.assertAnswer(t, serviceToken().claim("scope", `"system/*.cruds system/Patient.read system/Observation.rs?code=b system/Group.read"`).token(), want)

	f.assertDenied(t, serviceToken().claim("scope", `"system/*.rs"`).token(), validator.ScopeInsufficient)
}

func TestEveryConfiguredIssuerAndClientIsTaken(t *testing.T) {
	f := newFixture(t)
	const other = "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_example"
	want := serviceAnswer()
	want.AuthPayload.Issuer = other
	f.assertAnswer(t, serviceToken().claim("iss", quote(other)).token(), want)

	want = serviceAnswer()
	want.AuthPayload.UserID, want.AuthPayload.ClientID = appID, appID
	f.assertAnswer(t, serviceToken().claim("sub", quote(appID)).claim("client_id", quote(appID)).token(), want)
}

func TestEveryPublishedKeyIsTaken(t *testing.T) {
	newFixture(t).assertAnswer(t, serviceToken().header("kid", `"next"`).signedBy(nextKey).token(), serviceAnswer())
}

func TestATokenIsTakenUntilTheSecondItExpires(t *testing.T) {
	f := newFixture(t)
	want := serviceAnswer()
	want.AuthPayload.Expires = now + 1
	f.assertAnswer(t, serviceToken().claim("exp", fmt.Sprint(now+1)).token(), want)
	f.assertDenied(t, serviceToken().claim("exp", fmt.Sprint(now)).token(), validator.TokenExpired)
}

func TestTheIssuersClockMayRunAheadByTheLeeway(t *testing.T) {
	f := newFixture(t)
	want := serviceAnswer()
	want.AuthPayload.IssuedAt, want.AuthPayload.NotBefore = now+30, now+30
	f.assertAnswer(t, serviceToken().claim("iat", fmt.Sprint(now+30)).token(), want)

	want = serviceAnswer()
	want.AuthPayload.NotBefore = now + 30
	f.assertAnswer(t, serviceToken().claim("nbf", fmt.Sprint(now+30)).token(), want)
}

func TestATokensOwnNotBeforeIsPassedOn(t *testing.T) {
	want := serviceAnswer()
	want.AuthPayload.NotBefore = now - 10
	newFixture(t).assertAnswer(t, serviceToken().claim("nbf", fmt.Sprint(now-10)).token(), want)
}

// TestHeadersThatDecideNothingAreIgnored: a parameter that is not understood
// must be ignored (RFC 7515 section 4) unless it is dangerous.
func TestHeadersThatDecideNothingAreIgnored(t *testing.T) {
	f := newFixture(t)
	for name, token := range map[string]draft{
		"typ JWT":                  serviceToken().header("typ", `"JWT"`),
		"typ jwt":                  serviceToken().header("typ", `"jwt"`),
		"typ at+jwt":               serviceToken().header("typ", `"at+jwt"`),
		"typ AT+JWT":               serviceToken().header("typ", `"AT+JWT"`),
		"typ application/at+jwt":   serviceToken().header("typ", `"application/at+jwt"`),
		"typ Application/AT+JWT":   serviceToken().header("typ", `"Application/AT+JWT"`),
		"typ application/jwt":      serviceToken().header("typ", `"application/jwt"`),
		"x5t":                      serviceToken().header("x5t", `"abc"`),
		"an unknown object":        serviceToken().header("example", `{"alg":"none","kid":["x"]}`),
		"crit in the wrong case":   serviceToken().header("CRIT", `["exp"]`),
		"an escaped spelling":      serviceToken().noHeader("kid").header(`k\u0069d`, `"\u0063urrent"`),
		"members in another order": serviceToken().noHeader("kid").header("kid", `"current"`),
	} {
		t.Run(name, func(t *testing.T) { f.assertAnswer(t, token.token(), serviceAnswer()) })
	}
}

func TestClaimsThatDecideNothingAreIgnored(t *testing.T) {
	f := newFixture(t)
	for name, token := range map[string]draft{
		"aud in the wrong case":    serviceToken().claim("Aud", `["elsewhere"]`).claim("CNF", `{}`),
		"an unknown claim":         serviceToken().claim("example", `[{"scope":"system/*.*"},null,-1.5e3]`),
		"a name in the wrong case": serviceToken().claim("Scope", `"system/*.*"`).claim("EXP", `0`).claim("Username", `"x"`),
		"white space in the JSON":  serviceToken().claim("example", " \t\r\n[ 1 , 2 ]\n"),
		"a nested claim":           serviceToken().claim("example", `{"username":"x","exp":0}`),
	} {
		t.Run(name, func(t *testing.T) { f.assertAnswer(t, token.token(), serviceAnswer()) })
	}
}

func TestATokenForCertainRecipientsMustNameTheDatastore(t *testing.T) {
	f := newFixture(t)
	bare := strings.TrimSuffix(endpoint, "/")
	for _, aud := range []string{
		quote(endpoint), quote(bare), `[` + quote(endpoint) + `]`, `["elsewhere",` + quote(bare) + `]`, `[` + quote(endpoint) + `,"elsewhere"]`,
		strings.ReplaceAll(quote(endpoint), "/", `\/`),
	} {
		f.assertAnswer(t, serviceToken().claim("aud", aud).token(), serviceAnswer())
		f.assertAnswer(t, userToken().claim("aud", aud).token(), userAnswer())
	}
	token := serviceToken().claim("aud", quote(endpoint)).token()
	e := event(token)
	e.DatastoreEndpoint = bare
	if got := f.Authorize(t.Context(), e); !got.Authorized() || got.AuthPayload.Audience != bare {
		t.Errorf("got %+v", got)
	}
	e.DatastoreEndpoint = strings.Replace(endpoint, "0123456789abcdef", "fedcba9876543210", 1)
	if got := f.Authorize(t.Context(), e); got.AuthPayload.Error != validator.AudienceMismatch {
		t.Errorf("another datastore's event: got %+v", got)
	}
}

// HealthLake requires these members of a grant.
func TestAGrantHoldsAllThatHealthLakeRequires(t *testing.T) {
	f := newFixture(t)
	for _, d := range []draft{
		serviceToken(), userToken(), serviceToken().claim("nbf", "1"), serviceToken().claim("iat", "1"), serviceToken().claim("iat", "1").claim("nbf", "1"),
	} {
		text, err := f.Invoke(t.Context(), []byte(captured(d.token())))
		if err != nil {
			t.Fatal(err)
		}
		assertComplete(t, text)
	}
}

func assertComplete(t *testing.T, grant []byte) {
	t.Helper()
	var answer struct {
		AuthPayload map[string]any `json:"authPayload"`
		IAMRoleARN  string         `json:"iamRoleARN"`
	}
	if err := json.Unmarshal(grant, &answer); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nbf", "exp", "isAuthorized", "aud", "scope"} {
		if answer.AuthPayload[name] == nil {
			t.Errorf("no %s in %s", name, grant)
		}
	}
	if answer.IAMRoleARN == "" {
		t.Errorf("no iamRoleARN in %s", grant)
	}
}

func TestATokenMayBeAsLongAsTheLimitAndNoLonger(t *testing.T) {
	f := newFixture(t)
	f.assertAnswer(t, tokenOfLength(validator.MaxTokenBytes), serviceAnswer())
	f.assertAnswer(t, "Bearer "+tokenOfLength(validator.MaxTokenBytes), serviceAnswer())
	f.assertDenied(t, tokenOfLength(validator.MaxTokenBytes+1), validator.TokenTooLong)
}

// tokenOfLength pads a valid token. Not every length of one part can be had in
// base64, but every sum of two.
func tokenOfLength(length int) string {
	for headerPad := range 4 {
		for claimsPad := length / 2; claimsPad < length; claimsPad++ {
			d := serviceToken().header("pad", quote(pad(headerPad))).claim("pad", quote(pad(claimsPad)))
			if len(encode(d.head.json()))+len(encode(d.body.json()))+2+342 == length {
				return d.token()
			}
		}
	}
	panic("no token of this length")
}

func pad(n int) string { return fmt.Sprintf("%0*d", n, 0)[:n] }
