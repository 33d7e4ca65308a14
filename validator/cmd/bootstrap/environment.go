package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// readEnvironment turns the function's environment into a configuration. The
// error names every variable that is missing or wrong.
func readEnvironment(lookup func(string) (string, bool)) (validator.Config, slog.Level, error) {
	env := environment{lookup: lookup}
	config := validator.Config{
		Issuers:       env.list("ISSUERS"),
		JWKSURI:       env.httpsURL("JWKS_URI"),
		Clients:       env.clients("CLIENTS"),
		Strategy:      env.strategy("AUTHORIZATION_STRATEGY"),
		ReadRoleARN:   env.roleARN("READ_ROLE_ARN"),
		WriteRoleARN:  env.roleARN("WRITE_ROLE_ARN"),
		ExportRoleARN: env.roleARN("EXPORT_ROLE_ARN"),
	}
	level := env.level("LOG_LEVEL")
	return config, level, errors.Join(env.problems...)
}

type environment struct {
	lookup   func(string) (string, bool)
	problems []error
}

func (e *environment) refuse(name, got, want string) {
	e.problems = append(e.problems, fmt.Errorf("%s: %q: want %s", name, got, want))
}

func (e *environment) required(name, want string) string {
	text, _ := e.lookup(name)
	if text == "" {
		e.problems = append(e.problems, fmt.Errorf("%s: not set: want %s", name, want))
	}
	return text
}

func (e *environment) list(name string) []string {
	const want = "values divided by commas, none of them empty"
	text := e.required(name, want)
	if text == "" {
		return nil
	}
	values := strings.Split(text, ",")
	for _, value := range values {
		if value == "" || strings.TrimSpace(value) != value {
			e.refuse(name, text, want)
			return nil
		}
	}
	return values
}

func (e *environment) clients(name string) []validator.Client {
	text := e.required(name, "a JSON list of clients")
	if text == "" {
		return nil
	}
	clients, err := validator.ParseClients(text)
	if err != nil {
		e.problems = append(e.problems, fmt.Errorf("%s: %w", name, err))
		return nil
	}
	return clients
}

func (e *environment) httpsURL(name string) string {
	const want = "an absolute https URL without user info"
	text := e.required(name, want)
	u, err := url.Parse(text)
	switch {
	case text == "": // said already
	case err != nil || u.User != nil: // it may hold a password
		e.problems = append(e.problems, fmt.Errorf("%s: want %s", name, want))
	case u.Scheme != "https" || u.Host == "":
		e.refuse(name, text, want)
	}
	return text
}

func (e *environment) strategy(name string) smart.Strategy {
	const want = "SMART_ON_FHIR or SMART_ON_FHIR_V1"
	text := e.required(name, want)
	strategy := smart.Strategy(text)
	if text != "" && !strategy.Valid() {
		e.refuse(name, text, want)
	}
	return strategy
}

func (e *environment) roleARN(name string) string {
	const want = "the ARN of an IAM role"
	text := e.required(name, want)
	if text != "" && (!strings.HasPrefix(text, "arn:") || !strings.Contains(text, ":role/")) {
		e.refuse(name, text, want)
	}
	return text
}

func (e *environment) level(name string) slog.Level {
	level := slog.LevelInfo
	text, _ := e.lookup(name)
	if text != "" && level.UnmarshalText([]byte(text)) != nil {
		e.refuse(name, text, "debug, info, warn or error")
	}
	return level
}
