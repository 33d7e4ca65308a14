package validator_test

import (
	"testing"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// appFor makes the app of userToken one for some users.
func appFor(types, groups []string) func(*validator.Config) {
	return func(c *validator.Config) { c.Clients[1].FHIRUserTypes, c.Clients[1].Groups = types, groups }
}

func TestAPatientKeepsNoUserScopeAtTheCliniciansApp(t *testing.T) {
	f := newFixture(t, appFor([]string{"Practitioner", "PractitionerRole"}, nil))
	for _, fhirUser := range []string{"Patient/1", "RelatedPerson/1", "Person/1", "https://ehr.example.org/r4/Patient/1", "https://e/Practitioner/Patient/1"} {
		t.Run(fhirUser, func(t *testing.T) {
			token := userToken().claim("fhirUser", quote(fhirUser))
			want := userAnswer()
			want.AuthPayload.Scope, want.AuthPayload.FHIRUser = "patient/*.read", ""
			f.assertAnswer(t, token.token(), want)
			f.assertDenied(t, token.claim("scope", `"openid user/*.cruds"`).token(), validator.FHIRUserTypeNotAllowed)
			f.assertDenied(t, token.noClaim("patient").token(), validator.FHIRUserTypeNotAllowed)
		})
	}
	for _, fhirUser := range []string{"Practitioner/1", "PractitionerRole/1"} {
		want := userAnswer()
		want.AuthPayload.FHIRUser = fhirUser
		f.assertAnswer(t, userToken().claim("fhirUser", quote(fhirUser)).token(), want)
	}
}

func TestAnAppForNoTypeOfUserHasNoUserScopes(t *testing.T) {
	f := newFixture(t, appFor(nil, nil))
	f.assertDenied(t, userToken().claim("scope", `"user/*.read"`).token(), validator.FHIRUserTypeNotAllowed)
}

func TestAMalformedUserResourceIsNoMatterOfItsType(t *testing.T) {
	f := newFixture(t)
	f.assertDenied(t, userToken().claim("scope", `"user/*.read"`).claim("fhirUser", `"Group/1"`).token(), validator.ScopeInsufficient)
}

func TestAUserWhoIsInNoneOfTheClientsGroupsKeepsNothing(t *testing.T) {
	f := newFixture(t, appFor([]string{"Practitioner"}, []string{"clinicians", "nurses"}))
	const groups = "cognito:groups"
	for name, token := range map[string]draft{
		"no group":             userToken().noClaim(groups),
		"an empty list":        userToken().claim(groups, `[]`),
		"another group":        userToken().claim(groups, `["admins","Clinicians","clinicians "]`),
		"groups in one text":   userToken().claim(groups, `["clinicians nurses"]`),
		"another claim":        userToken().noClaim(groups).claim("groups", `["clinicians"]`),
		"patient/ scopes only": userToken().claim("scope", `"patient/*.read"`),
	} {
		t.Run(name, func(t *testing.T) { f.assertDenied(t, token.token(), validator.GroupMissing) })
	}
	for name, claim := range map[string]string{
		"one of them": `["nurses"]`, "among others": `["admins","clinicians"]`, "escaped": `["\u0063linicians"]`,
	} {
		t.Run(name, func(t *testing.T) { f.assertAnswer(t, userToken().claim(groups, claim).token(), userAnswer()) })
	}
	t.Run("the type counts besides", func(t *testing.T) {
		f.assertDenied(t, userToken().claim(groups, `["nurses"]`).claim("fhirUser", `"Patient/1"`).claim("scope", `"user/*.rs"`).token(),
			validator.FHIRUserTypeNotAllowed)
	})
}

func TestGroupsOfAnotherTypeAreMalformed(t *testing.T) {
	f := newFixture(t)
	for _, claim := range []string{`"clinicians"`, `[1]`, `["clinicians",null]`, `[["clinicians"]]`, `{"clinicians":true}`, `null`, `true`} {
		f.assertDenied(t, userToken().claim("cognito:groups", claim).token(), validator.ClaimsMalformed)
	}
}

func TestOneClientsUsersAreNoneOfAnothers(t *testing.T) {
	f := newFixture(t, func(c *validator.Config) {
		c.Clients = append(c.Clients, validator.Client{ID: "3open23456789", FHIRUserTypes: []string{"Patient"}})
	}, appFor([]string{"Practitioner"}, []string{"clinicians"}))
	patient := userToken().claim("fhirUser", `"Patient/1"`).claim("scope", `"user/*.read"`)
	f.assertDenied(t, patient.token(), validator.GroupMissing)
	want := userAnswer()
	want.AuthPayload.ClientID, want.AuthPayload.Scope, want.AuthPayload.Patient, want.AuthPayload.FHIRUser = "3open23456789", "user/*.read", "", "Patient/1"
	f.assertAnswer(t, patient.claim("client_id", `"3open23456789"`).token(), want)
}

func TestARuleAboutUsersDecidesNothingAboutAServicesOwnToken(t *testing.T) {
	f := newFixture(t, func(c *validator.Config) { c.Clients[0].Groups = []string{"clinicians"} })
	f.assertAnswer(t, serviceToken().token(), serviceAnswer())
}
