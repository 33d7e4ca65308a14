package main

import (
	"log/slog"
	"reflect"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/launchcontext"
)

// The runtime takes a Handler as it is, and wraps anything else.
var _ lambda.Handler = (*launchcontext.Trigger)(nil)

func TestMain(m *testing.M) { lambdamaintest.Main(m, main) }

func TestAFullEnvironmentIsThisConfiguration(t *testing.T) {
	for text, want := range map[string]slog.Level{"": slog.LevelInfo, "debug": slog.LevelDebug} {
		got, level, err := readEnvironment(lambdamaintest.Lookup(map[string]string{
			"PATIENT_ATTRIBUTE": "custom:patient", "FHIR_USER_ATTRIBUTE": "custom:fhirUser", "LOG_LEVEL": text,
		}))
		config := launchcontext.Config{PatientAttribute: "custom:patient", FHIRUserAttribute: "custom:fhirUser"}
		if err != nil || level != want || !reflect.DeepEqual(got, config) {
			t.Errorf("got %+v at %v (error %v), want %+v at %v", got, level, err, config, want)
		}
	}
}

const (
	unset   = ": not set; must be a custom attribute, custom:<name>"
	missing = "PATIENT_ATTRIBUTE" + unset + "\nFHIR_USER_ATTRIBUTE" + unset
)

func TestAllProblemsAreNamedAtOnce(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		missing: nil,
		missing + "\n" + `LOG_LEVEL: "loud": must be debug, info, warn or error`: {"PATIENT_ATTRIBUTE": "", "LOG_LEVEL": "loud"},
		"FHIR_USER_ATTRIBUTE" + unset:                                            {"PATIENT_ATTRIBUTE": "custom:patient"},
	} {
		lambdamaintest.AssertRefused(t, readEnvironment, variables, want)
	}
}

func TestTheCommandEndsWithTheNamesOfTheVariables(t *testing.T) {
	lambdamaintest.AssertEnds(t, nil, "environment", missing)
	lambdamaintest.AssertEnds(t, []string{"PATIENT_ATTRIBUTE=email", "FHIR_USER_ATTRIBUTE=custom:fhirUser"}, "configuration",
		`PatientAttribute: "email": must be a custom attribute, custom:<name>`)
}
