package smart_test

import (
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
)

func TestAScopeIsToldInPlainWords(t *testing.T) {
	for text, want := range map[string]string{
		"patient/Observation.rs":              "To read, search Observation of the patient in context",
		"patient/Observation.rs?category=lab": "To read, search Observation that matches the filter of the patient in context",
		"user/*.cruds":                        "To create, read, update, delete, search every resource that the user may see",
		"system/*.write":                      "To create, update, delete every resource without a user",
		"system/Patient.d":                    "To delete Patient without a user",
	} {
		scope, err := smart.ParseScope(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := scope.Describe(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	if got := (smart.Scope{}).Describe(); got != "Nothing" {
		t.Errorf("the zero value: got %q", got)
	}
}

func TestTheScopesOfTheSignInAreToldInPlainWords(t *testing.T) {
	for text, want := range map[string]string{
		"openid": "To learn who the user is (an ID token)", "profile": "To learn the user's profile",
		"email": "To learn the user's email address", "phone": "To learn the user's phone number",
		"launch/patient": "To learn which patient the app was launched for",
		"patient/*.rs":   "", "launch": "", "": "", "OpenID": "",
	} {
		if got, ok := smart.DescribeSignInScope(text); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, ok, want)
		}
	}
}
