// Command bootstrap is the Lambda function that HealthLake asks about every
// bearer token: package validator, configured by the environment.
//
//	ISSUERS                 accepted "iss" values, divided by commas
//	JWKS_URI                https URL of the issuer's key set
//	CLIENTS                 clients whose tokens are taken, and whose apps they are: see [validator.ParseClients]
//	AUTHORIZATION_STRATEGY  SMART_ON_FHIR or SMART_ON_FHIR_V1
//	READ_ROLE_ARN           role for tokens whose scopes only read
//	WRITE_ROLE_ARN          role for all others
//	EXPORT_ROLE_ARN         role for an export by a client whose system/ scopes read everything
//	LOG_LEVEL               optional: debug, info (default), warn or error
//
// AWS_LAMBDA_FUNCTION_NAME, which Lambda sets, names the function in the metrics.
//
// It ends with status 1 and a log line that names the variables if one is
// missing or wrong: a function that cannot judge must not be deployed.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/validator"
)

func main() {
	config, level, err := readEnvironment(os.LookupEnv)
	config.Metrics = os.Getenv("AWS_LAMBDA_FUNCTION_NAME") // set by Lambda
	config.Logger = lambdamain.Logger(os.Stdout, level)
	lambdamain.Require(config.Logger, "environment", err)
	v, err := validator.New(config)
	lambdamain.Require(config.Logger, "configuration", err)
	_ = v.Warm(context.Background()) // logged there; the first event tries again
	lambda.Start(v)
}
