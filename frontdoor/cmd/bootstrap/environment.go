package main

import (
	"fmt"
	"log/slog"

	"github.com/smartlake/pulumi-smartlake/frontdoor"
	"github.com/smartlake/pulumi-smartlake/frontdoor/apigateway"
	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// The variables that Lambda sets
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
const (
	envRegion          = "AWS_REGION"
	envAccessKeyID     = "AWS_ACCESS_KEY_ID"
	envSecretAccessKey = "AWS_SECRET_ACCESS_KEY"
	envSessionToken    = "AWS_SESSION_TOKEN"
)

// readEnvironment turns the function's environment into a configuration. The error names
// every variable that is missing or wrong.
func readEnvironment(lookup func(string) (string, bool)) (frontdoor.Config, slog.Level, error) {
	env := lambdamain.Environment{Lookup: lookup}
	const set = "the value that Lambda sets"
	var stack wire.FrontDoor
	if text := env.Required(wire.EnvFrontDoor, "the front door's settings, encoded"); text != "" {
		var err error
		if stack, err = wire.DecodeFrontDoor(text); err != nil {
			env.Add(fmt.Errorf("%s: %w", wire.EnvFrontDoor, err))
		}
	}
	config := frontdoor.Config{
		BaseURL:               stack.BaseURL,
		DatastoreEndpoint:     stack.DatastoreEndpoint,
		AuthorizationEndpoint: stack.AuthorizationEndpoint,
		TokenEndpoint:         stack.TokenEndpoint,
		RevocationEndpoint:    stack.RevocationEndpoint,
		DiscoveryDocument:     stack.DiscoveryDocument,
		AllowedOrigins:        stack.AllowedOrigins,
		Region:                env.Required(envRegion, set),
		Credentials: frontdoor.Credentials{
			AccessKeyID:     env.Required(envAccessKeyID, set),
			SecretAccessKey: env.Required(envSecretAccessKey, set),
		},
		MaxResponse: apigateway.MaxResponse,
	}
	config.Credentials.SessionToken, _ = lookup(envSessionToken)
	for _, client := range stack.Clients {
		config.Clients = append(config.Clients, frontdoor.Client(client))
	}
	level := env.LogLevel()
	return config, level, env.Err()
}
