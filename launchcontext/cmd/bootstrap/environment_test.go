package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"reflect"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/smartlake/pulumi-smartlake/launchcontext"
)

// The runtime takes a Handler as it is, and wraps anything else.
var _ lambda.Handler = (*launchcontext.Trigger)(nil)

// TestMain turns the test binary into the command where a test asks for it.
func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_COMMAND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func lookup(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func TestAFullEnvironmentIsThisConfiguration(t *testing.T) {
	for text, want := range map[string]slog.Level{
		"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	} {
		got, level, err := readEnvironment(lookup(map[string]string{
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
		if _, _, err := readEnvironment(lookup(variables)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestTheCommandEndsWithTheNamesOfTheVariables(t *testing.T) {
	for _, c := range []struct {
		environment []string
		msg, want   string
	}{
		{nil, "environment", missing},
		{[]string{"PATIENT_ATTRIBUTE=email", "FHIR_USER_ATTRIBUTE=custom:fhirUser"}, "configuration",
			`PatientAttribute: "email": must be a custom attribute, custom:<name>`},
	} {
		command := exec.Command(os.Args[0])
		command.Env = append([]string{"BE_THE_COMMAND=1"}, c.environment...)
		output, err := command.Output()
		if command.ProcessState.ExitCode() != 1 {
			t.Errorf("it ended with %v", err)
		}
		var line struct{ Level, Msg, Error string }
		if err := json.Unmarshal(output, &line); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		if line.Level != "ERROR" || line.Msg != c.msg || line.Error != c.want {
			t.Errorf("got %+v", line)
		}
	}
}
