// Command bootstrap is the Lambda function that Cognito asks before it issues a
// user's tokens: package launchcontext, configured by the environment.
//
//	PATIENT_ATTRIBUTE    full name of the user attribute behind the claim patient
//	FHIR_USER_ATTRIBUTE  full name of the user attribute behind the claim fhirUser
//	LOG_LEVEL            optional: debug, info (default), warn or error
//
// It ends with status 1 and a log line that names the variables if one is
// missing or wrong.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/smartlake/pulumi-smartlake/launchcontext"
)

func main() {
	config, level, err := readEnvironment(os.LookupEnv)
	config.Logger = slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: level}))
	if err != nil {
		config.Logger.Error("environment", "error", err.Error())
		os.Exit(1)
	}
	trigger, err := launchcontext.New(config)
	if err != nil {
		config.Logger.Error("configuration", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(trigger)
}

// readEnvironment turns the function's environment into a configuration. The
// error names every variable that is missing or wrong.
func readEnvironment(lookup func(string) (string, bool)) (launchcontext.Config, slog.Level, error) {
	var problems []error
	required := func(name string) string {
		text, _ := lookup(name)
		if text == "" {
			problems = append(problems, fmt.Errorf("%s: not set: want a custom attribute, custom:<name>", name))
		}
		return text
	}
	config := launchcontext.Config{
		PatientAttribute:  required("PATIENT_ATTRIBUTE"),
		FHIRUserAttribute: required("FHIR_USER_ATTRIBUTE"),
	}
	level := slog.LevelInfo
	if text, _ := lookup("LOG_LEVEL"); text != "" && level.UnmarshalText([]byte(text)) != nil {
		problems = append(problems, fmt.Errorf("LOG_LEVEL: %q: want debug, info, warn or error", text))
	}
	return config, level, errors.Join(problems...)
}
