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
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/launchcontext"
)

func main() {
	config, level, err := readEnvironment(os.LookupEnv)
	config.Logger = lambdamain.Logger(os.Stdout, level)
	lambdamain.Require(config.Logger, "environment", err)
	trigger, err := launchcontext.New(config)
	lambdamain.Require(config.Logger, "configuration", err)
	lambda.Start(trigger)
}

// readEnvironment turns the function's environment into a configuration. The
// error names every variable that is missing or wrong.
func readEnvironment(lookup func(string) (string, bool)) (launchcontext.Config, slog.Level, error) {
	env := lambdamain.Environment{Lookup: lookup}
	const want = "a custom attribute, custom:<name>"
	config := launchcontext.Config{
		PatientAttribute:  env.Required(wire.EnvPatientAttribute, want),
		FHIRUserAttribute: env.Required(wire.EnvFHIRUserAttribute, want),
	}
	level := env.LogLevel()
	return config, level, env.Err()
}
