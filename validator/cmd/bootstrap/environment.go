package main

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// readEnvironment turns the function's environment into a configuration. The
// error names every variable that is missing or wrong.
func readEnvironment(lookup func(string) (string, bool)) (validator.Config, slog.Level, error) {
	env := environment{lambdamain.Environment{Lookup: lookup}}
	config := validator.Config{
		Issuers:       env.list(wire.EnvIssuers),
		JWKSURI:       env.httpsURL(wire.EnvJWKSURI),
		Clients:       env.clients(wire.EnvClients),
		Strategy:      env.strategy(wire.EnvStrategy),
		ReadRoleARN:   env.roleARN(wire.EnvReadRoleARN),
		WriteRoleARN:  env.roleARN(wire.EnvWriteRoleARN),
		ExportRoleARN: env.roleARN(wire.EnvExportRoleARN),
		LogUsers:      env.asked(wire.EnvLogUsers),
	}
	level := env.LogLevel()
	return config, level, env.Err()
}

// environment reads the variables of forms that only this function has.
type environment struct{ lambdamain.Environment }

func (e *environment) list(name string) []string {
	const want = "values separated by commas, none of them empty"
	text := e.Required(name, want)
	if text == "" {
		return nil
	}
	values := strings.Split(text, ",")
	for _, value := range values {
		if value == "" || strings.TrimSpace(value) != value {
			e.Refuse(name, text, want)
			return nil
		}
	}
	return values
}

func (e *environment) clients(name string) []validator.Client {
	text := e.Required(name, "a JSON list of clients")
	if text == "" {
		return nil
	}
	clients, err := validator.ParseClients(text)
	if err != nil {
		e.Add(fmt.Errorf("%s: %w", name, err))
		return nil
	}
	return clients
}

func (e *environment) httpsURL(name string) string {
	const want = "an absolute https URL without user info"
	text := e.Required(name, want)
	u, err := url.Parse(text)
	switch {
	case text == "": // said already
	case err != nil || u.User != nil: // it may hold a password
		e.Add(fmt.Errorf("%s: must be %s", name, want))
	case u.Scheme != "https" || u.Host == "":
		e.Refuse(name, text, want)
	}
	return text
}

func (e *environment) strategy(name string) smart.AuthorizationStrategy {
	const want = "SMART_ON_FHIR or SMART_ON_FHIR_V1"
	text := e.Required(name, want)
	strategy := smart.AuthorizationStrategy(text)
	if text != "" && !strategy.Valid() {
		e.Refuse(name, text, want)
	}
	return strategy
}

// asked reads a variable that is true or left out.
func (e *environment) asked(name string) bool {
	text, given := e.Lookup(name)
	if given && text != "true" {
		e.Refuse(name, text, "true, or left out")
	}
	return given
}

func (e *environment) roleARN(name string) string {
	const want = "the ARN of an IAM role"
	text := e.Required(name, want)
	if text != "" && (!strings.HasPrefix(text, "arn:") || !strings.Contains(text, ":role/")) {
		e.Refuse(name, text, want)
	}
	return text
}
