// Command bootstrap is the Lambda function behind the front door's HTTP API: package
// frontdoor, configured by the environment.
//
//	FRONT_DOOR   what the door stands in front of: package wire's FrontDoor, encoded
//	LOG_LEVEL    optional: debug, info (default), warn or error
//
// Lambda sets AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: the
// credentials of the function's role, which sign the request for the capability
// statement.
//
// It ends with status 1 and a log line that names the variables if one is missing or
// wrong.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
	"github.com/smartlake/pulumi-smartlake/frontdoor/apigateway"
	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
)

func main() {
	config, level, err := readEnvironment(os.LookupEnv)
	config.Logger = lambdamain.Logger(os.Stdout, level)
	lambdamain.Require(config.Logger, "environment", err)
	door, err := frontdoor.New(config)
	lambdamain.Require(config.Logger, "configuration", err)
	lambda.Start(apigateway.New(door))
}
