package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local/cognito"
	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/validator"
)

func (c *Cloud) newAuthorizationServer(d declaration, options Options) error {
	trigger, err := c.trigger(d)
	if err != nil {
		return err
	}
	clients, err := c.clients(d)
	if err != nil {
		return err
	}
	keys, err := c.keptSigningKeys()
	if err != nil {
		return err
	}
	known := c.usersOf(d, options) // which are offered, if they are made up
	c.AuthorizationServer, err = cognito.NewPool(cognito.Config{
		Issuer:          c.Issuer,
		HostedDomain:    c.HostedDomain,
		Clients:         clients,
		Users:           known,
		Offered:         c.offered(),
		AliasAttributes: d.pool.Texts("aliasAttributes"),
		CaseSensitive:   d.pool.Flag("usernameConfiguration", "caseSensitive"),
		ExtraCallbacks:  c.extraCallbacks(options),
		PreToken:        trigger,
		Keys:            keys,
		Now:             c.clock.now,
		API:             c.userPoolsAPI(d),
	})
	if err != nil {
		return err
	}
	if err := c.keepSigningKeys(); err != nil {
		return err
	}
	c.AuthorizationServer.OnKeySet = func(request cognito.KeySetRequest) {
		c.journal.KeySetRequested(request.Time)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.keySets = lastOf(append(c.keySets, request))
	}
	return nil
}

// trigger calls the function that the pool declares to run before tokens, if any.
func (c *Cloud) trigger(d declaration) (func(context.Context, []byte) ([]byte, error), error) {
	arn := d.pool.Text("lambdaConfig", "preTokenGenerationConfig", "lambdaArn")
	if arn == "" {
		if legacy := d.pool.Text("lambdaConfig", "preTokenGeneration"); legacy != "" {
			return nil, fmt.Errorf("the user pool's lambdaConfig.preTokenGeneration: %q: not supported; use preTokenGenerationConfig with lambdaVersion V2_0", legacy)
		}
		return nil, nil
	}
	if version := d.pool.Text("lambdaConfig", "preTokenGenerationConfig", "lambdaVersion"); version != "V2_0" {
		return nil, fmt.Errorf("the user pool's lambdaConfig.preTokenGenerationConfig.lambdaVersion: %q: must be V2_0, the version that the local cloud sends", version)
	}
	return func(ctx context.Context, event []byte) ([]byte, error) {
		answer, _, err := c.invoke(ctx, d, "cognito-idp.amazonaws.com", d.pool.Text("arn"), arn, event)
		var thrown *lambda.FunctionError
		if errors.As(err, &thrown) {
			return nil, errors.New(thrown.Message) // Cognito shows no more of it
		}
		return answer, err
	}, nil
}

func (c *Cloud) clients(d declaration) ([]cognito.Client, error) {
	rules, err := validator.ParseClients(d.function.Map("environment", "variables")[wire.EnvClients])
	if err != nil {
		return nil, fmt.Errorf("the validator's environment variable %s: %w", wire.EnvClients, err)
	}
	var clients []cognito.Client
	for _, declared := range d.clients {
		client := Client{
			Name:   declared.Text("name"),
			ID:     declared.ID,
			Secret: declared.Text("clientSecret"),
			Flows:  declared.Texts("allowedOauthFlows"),
			Scopes: declared.Texts("allowedOauthScopes"),

			CallbackURLs: declared.Texts("callbackUrls"),
		}
		if i := slices.IndexFunc(rules, func(rule validator.Client) bool { return rule.ID == client.ID }); i >= 0 {
			client.FHIRUserTypes, client.Groups = rules[i].FHIRUserTypes, rules[i].Groups
		}
		c.Clients = append(c.Clients, client)
		stood := cognito.Client{
			ID:             client.ID,
			Secret:         client.Secret,
			Flows:          client.Flows,
			Scopes:         client.Scopes,
			CallbackURLs:   client.CallbackURLs,
			LogoutURLs:     declared.Texts("logoutUrls"),
			ReadAttributes: declared.Texts("readAttributes"),
		}
		for _, lifetime := range []struct {
			of, unit string
			fallback time.Duration // Cognito's
			into     *time.Duration
		}{
			{"accessToken", "hours", time.Hour, &stood.AccessToken},
			{"idToken", "hours", time.Hour, &stood.IDToken},
			{"refreshToken", "days", 30 * 24 * time.Hour, &stood.RefreshToken},
		} {
			var err error
			if *lifetime.into, err = validity(declared, lifetime.of, lifetime.unit, lifetime.fallback); err != nil {
				return nil, err
			}
		}
		clients = append(clients, stood)
	}
	return clients, nil
}

// validity is a token's lifetime as a client declares it, in a unit of its choice.
func validity(client declared.Resource, token, unit string, fallback time.Duration) (time.Duration, error) {
	amount := client.Number(token + "Validity")
	if amount == 0 {
		return fallback, nil
	}
	if given := client.Text("tokenValidityUnits", token); given != "" {
		unit = given
	}
	units := map[string]time.Duration{"seconds": time.Second, "minutes": time.Minute, "hours": time.Hour, "days": 24 * time.Hour}
	length, ok := units[unit]
	if !ok {
		return 0, fmt.Errorf("client %s: tokenValidityUnits.%s: %q: must be seconds, minutes, hours or days", client.Text("name"), token, unit)
	}
	return time.Duration(amount) * length, nil
}

func users(d declaration) []cognito.User {
	var users []cognito.User
	for _, declared := range d.users {
		users = append(users, cognito.User{
			Username:   declared.Text("username"),
			Password:   declared.Text("password"),
			Sub:        declared.Text("sub"),
			Attributes: attributesOf(declared),
			Groups:     d.groupsOf(declared.Text("username")),
		})
	}
	return users
}

// groupsOf are the groups that a user is declared to be in.
func (d declaration) groupsOf(username string) []string {
	var groups []string
	for _, member := range d.members {
		if member.Text("username") == username {
			groups = append(groups, member.Text("groupName"))
		}
	}
	slices.Sort(groups)
	return groups
}

// attributesOf a user, with the prefix that the provider puts before the names of
// custom attributes.
func attributesOf(user declared.Resource) map[string]string {
	attributes := map[string]string{}
	for name, value := range user.Map("attributes") {
		attributes[schemaName(name)] = value
	}
	return attributes
}
