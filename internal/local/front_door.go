package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local/apigateway"
	"github.com/smartlake/pulumi-smartlake/internal/local/journal"
	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/local/page"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// frontDoor is a declared HTTP API in front of a function. The zero value is none.
type frontDoor struct {
	api, stage, integration, function declared.Resource

	arn      string         // what the integration calls: the function, or an alias of it
	name     string         // AWS's name of the address that apps use, as a URL without a path
	settings wire.FrontDoor // what the function knows of its stack
}

// declared reports whether there is one.
func (f frontDoor) declared() bool { return f.api.Type != "" }

const defaultRoute = "$default" // and the name of the stage that is no part of the URLs

// readFrontDoor picks what makes the datastore's front door, if the program declares one:
// the function that is told of the datastore, and the API that calls it.
func (d *declaration) readFrontDoor(g *declared.Graph) error {
	doors := belonging{what: "front doors of the datastore"}
	var settings wire.FrontDoor
	for _, function := range d.functions {
		told := function.Map("environment", "variables")[wire.EnvFrontDoor]
		if told == "" {
			continue
		}
		decoded, err := wire.DecodeFrontDoor(told)
		if err != nil {
			return fmt.Errorf("%s: the front door's environment variable %s: %w", function.Name, wire.EnvFrontDoor, err)
		}
		if decoded.DatastoreEndpoint == d.datastore.Text("datastoreEndpoint") {
			settings, doors.found = decoded, append(doors.found, function)
		}
	}
	if len(doors.found) == 0 {
		return nil
	}
	function, err := doors.only()
	if err != nil {
		return err
	}
	f := frontDoor{function: function, settings: settings}
	if f.api, err = d.callingAPI(g, function); err != nil {
		return err
	}
	route, err := f.only(g, declared.APIRoute)
	if err != nil {
		return err
	}
	if f.stage, err = f.only(g, declared.APIStage); err != nil {
		return err
	}
	if f.integration, err = f.only(g, declared.APIIntegration); err != nil {
		return err
	}
	if err := f.check(route); err != nil {
		return err
	}
	f.arn = invokedBy(f.integration.Text("integrationUri"))
	if f.name, err = origin(f.settings.BaseURL); err != nil {
		return err
	}
	if served := f.served(g); f.name != served {
		return fmt.Errorf("the front door's function is told that its base URL is %s, and its API is served at %s", f.settings.BaseURL, served)
	}
	d.door = f
	return nil
}

// callingAPI is the API that calls a function.
func (d *declaration) callingAPI(g *declared.Graph, function declared.Resource) (declared.Resource, error) {
	apis := belonging{what: "HTTP APIs that call the front door's function " + function.Name}
	for _, integration := range g.All(declared.APIIntegration) {
		if called, _, err := d.resolve(invokedBy(integration.Text("integrationUri"))); err != nil || !called.Is(function) {
			continue // another one's
		}
		for _, api := range g.All(declared.API) {
			if api.ID == integration.Text("apiId") {
				apis.found = append(apis.found, api)
			}
		}
	}
	return apis.only()
}

// only is the one resource of a type that belongs to the API.
func (f frontDoor) only(g *declared.Graph, typ string) (declared.Resource, error) {
	found := slices.DeleteFunc(g.All(typ), func(r declared.Resource) bool { return r.Text("apiId") != f.api.ID })
	if len(found) != 1 {
		return declared.Resource{}, fmt.Errorf("the front door's API has %d resources of type %s: the local cloud runs exactly one", len(found), typ)
	}
	return found[0], nil
}

// check refuses an API that is more, or less, than the stand-in.
func (f frontDoor) check(route declared.Resource) error {
	for _, property := range []struct {
		of        declared.Resource
		name, got string
		want      []string
	}{
		{f.api, "protocolType", f.api.Text("protocolType"), []string{"HTTP"}},
		{f.stage, "name", f.stage.Text("name"), []string{defaultRoute}},
		{route, "routeKey", route.Text("routeKey"), []string{defaultRoute}},
		{route, "authorizationType", route.Text("authorizationType"), []string{"", "NONE"}},
		{route, "target", route.Text("target"), []string{"integrations/" + f.integration.ID}},
		{f.integration, "integrationType", f.integration.Text("integrationType"), []string{"AWS_PROXY"}},
		{f.integration, "payloadFormatVersion", f.integration.Text("payloadFormatVersion"), []string{"2.0"}},
	} {
		if !slices.Contains(property.want, property.got) {
			return fmt.Errorf("%s: %s: %q: must be %s, which the local cloud stands in for",
				property.of.Name, property.name, property.got, property.want[len(property.want)-1])
		}
	}
	if !f.stage.Flag("autoDeploy") {
		return fmt.Errorf("%s: autoDeploy: false: must be true: the local cloud serves what is declared", f.stage.Name)
	}
	if f.api.Has("corsConfiguration") {
		return fmt.Errorf("%s: corsConfiguration: must be left out: API Gateway would answer preflight requests in the place of the front door", f.api.Name)
	}
	return nil
}

// invokedBy is the ARN within the URI of an integration
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html),
// which may be that ARN itself.
func invokedBy(uri string) string {
	if _, rest, ok := strings.Cut(uri, ":lambda:path/2015-03-31/functions/"); ok {
		return strings.TrimSuffix(rest, "/invocations")
	}
	return uri
}

// served is where API Gateway serves the API: at its own host, unless that is disabled,
// then at the custom domain that is mapped to it.
func (f frontDoor) served(g *declared.Graph) string {
	for _, mapping := range g.All(declared.APIMapping) {
		for _, domain := range g.All(declared.APIDomainName) {
			if mapping.Text("apiId") == f.api.ID && mapping.Text("domainName") == domain.ID && mapping.Text("apiMappingKey") == "" {
				return "https://" + domain.Text("domainName")
			}
		}
	}
	if f.api.Flag("disableExecuteApiEndpoint") {
		return "no address"
	}
	return f.api.Text("apiEndpoint")
}

// source is whom the API calls its function for
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
func (f frontDoor) source() string {
	return f.api.Text("executionArn") + "/" + defaultRoute + "/" + defaultRoute
}

// localized is what the function knows, at loopback addresses. Users may be sent back to
// extra callbacks besides the declared ones, as the authorization server has it.
func (f frontDoor) localized(at addresses, extraCallbacks []string) (string, error) {
	local := f.settings
	for _, text := range []struct {
		name  string
		value *string
	}{
		{"baseUrl", &local.BaseURL}, {"datastoreEndpoint", &local.DatastoreEndpoint},
		{"authorizationEndpoint", &local.AuthorizationEndpoint}, {"tokenEndpoint", &local.TokenEndpoint},
		{"revocationEndpoint", &local.RevocationEndpoint}, {"discoveryDocument", &local.DiscoveryDocument},
	} {
		*text.value = at.Replace(*text.value)
		if err := at.checkAll("the front door's "+text.name, *text.value); err != nil {
			return "", err
		}
	}
	local.Clients = slices.Clone(local.Clients)
	for i, client := range local.Clients {
		if len(client.CallbackURLs) > 0 {
			local.Clients[i].CallbackURLs = slices.Concat(client.CallbackURLs, extraCallbacks)
		}
	}
	return local.Encode()
}

// newFrontDoor makes the API of the front door, which calls the function as a process.
func (c *Cloud) newFrontDoor(d declaration) (http.Handler, error) {
	address, err := url.Parse(c.FrontDoor)
	if err != nil {
		return nil, err
	}
	c.api, err = apigateway.New(apigateway.Config{
		Host:      address.Host,
		AccountID: d.account,
		APIID:     d.door.api.ID,
		Rate:      float64(d.door.stage.Number("defaultRouteSettings", "throttlingRateLimit")),
		Burst:     d.door.stage.Number("defaultRouteSettings", "throttlingBurstLimit"),
		Timeout:   time.Duration(d.door.integration.Number("timeoutMilliseconds")) * time.Millisecond,
	}, func(ctx context.Context, event []byte) ([]byte, error) {
		returned := journal.DoorCalled(ctx)
		answer, cold, err := c.invoke(ctx, d, "apigateway.amazonaws.com", d.door.source(), d.door.arn, event)
		returned(cold, err)
		if errors.Is(err, lambda.ErrTooManyInstances) {
			err = errors.Join(apigateway.ErrThrottled, err)
		}
		if err != nil && ctx.Err() == nil { // apps are told nothing of it, as on AWS
			c.errorLog.Printf("the front door's function: %v", err)
		}
		return answer, err
	})
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(c.FHIRBase)
	if err != nil {
		return nil, err
	}
	return c.journal.Door(base.Path, c.api), nil
}

// extraCallbacks are where users may be sent back to besides the declared URLs.
func (c *Cloud) extraCallbacks(options Options) []string {
	return append([]string{c.Page + page.CallbackPath}, options.ExtraCallbacks...)
}
