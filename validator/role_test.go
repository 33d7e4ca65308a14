package validator_test

import (
	"context"
	"testing"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// asked judges a token for an operation.
func (f *fixture) asked(operation, token string) validator.Answer {
	e := event(token)
	e.OperationName = operation
	answer := f.Authorize(context.Background(), e)
	f.assertExplained(e, answer)
	return answer
}

// exportOperations are those of IAM's actions that start an export.
var exportOperations = []string{"StartFHIRExportJobWithPost", "StartFHIRExportJobWithGet"}

func TestTheExportRoleIsNamedForAnExportByAClientThatReadsEverything(t *testing.T) {
	f := newFixture(t)
	for scope, want := range map[string]string{
		"system/*.rs": exportRole, "system/*.read": exportRole, "system/*.*": exportRole, "system/*.cruds": exportRole,
		"system/*.r system/*.s":                      exportRole, // together
		"system/Patient.cruds system/*.rs":           exportRole,
		"system/*.r":                                 readRole,
		"system/*.s":                                 readRole,
		"system/*.cud":                               writeRole,
		"system/Patient.rs":                          readRole,
		"system/*.r system/Patient.s":                readRole,
		"system/*.write":                             writeRole,
		"system/Observation.rs?category=laboratory":  readRole,
		"system/Patient.cruds system/Observation.rs": writeRole,
	} {
		token := serviceToken().claim("scope", quote(scope)).token()
		for _, operation := range exportOperations {
			if got := f.asked(operation, token); got.IAMRoleARN != want || got.AuthPayload.Scope != scope {
				t.Errorf("%s with %s: got %+v, want role %s", operation, scope, got, want)
			}
		}
	}
}

func TestAUserNeverGetsTheExportRole(t *testing.T) {
	f := newFixture(t)
	for scope, want := range map[string]string{
		"user/*.rs patient/*.rs": readRole, "user/*.cruds": writeRole, "system/*.cruds user/*.rs": readRole, "patient/*.* system/*.rs": writeRole,
	} {
		token := userToken().claim("scope", quote(scope)).token()
		for _, operation := range exportOperations {
			if got := f.asked(operation, token); got.IAMRoleARN != want {
				t.Errorf("%s with %s: got %+v, want role %s", operation, scope, got, want)
			}
		}
	}
}

func TestTheNameOfAnyOtherOperationDecidesNothing(t *testing.T) {
	f := newFixture(t)
	for scope, want := range map[string]string{"system/*.rs": readRole, "system/*.cruds": writeRole} {
		token := serviceToken().claim("scope", quote(scope)).token()
		for _, operation := range []string{
			"ReadResource", "DeleteResource", "Unknown", "startFHIRExportJobWithPost", "StartFHIRExportJob", "StartFHIRExportJobWithPost ",
			"DescribeFHIRExportJobWithGet", "StartFHIRImportJob",
		} {
			if got := f.asked(operation, token); got.IAMRoleARN != want {
				t.Errorf("%q with %s: got %+v, want role %s", operation, scope, got, want)
			}
		}
	}
}

func TestATokenSeenBeforeGetsTheRoleOfEachOperation(t *testing.T) {
	f := newFixture(t)
	token := serviceToken().claim("scope", `"system/*.cruds"`).token()
	for _, c := range []struct{ operation, role string }{
		{"ReadResource", writeRole}, {"StartFHIRExportJobWithPost", exportRole}, {"ReadResource", writeRole}, {"StartFHIRExportJobWithGet", exportRole},
	} {
		if got := f.asked(c.operation, token); got.IAMRoleARN != c.role {
			t.Errorf("%s: got %+v, want role %s", c.operation, got, c.role)
		}
	}
}
