package local

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/internal/local/journal"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// doorProgram declares a front door; each test changes one thing of it.
type doorProgram struct {
	apis           int
	api            apigatewayv2.ApiArgs
	stage          apigatewayv2.StageArgs
	route          apigatewayv2.RouteArgs
	integration    apigatewayv2.IntegrationArgs
	permission     lambda.PermissionArgs
	domain         string // a custom one
	mappingKey     string
	baseURL        string // by default the API's own
	environment    string // by default the right one
	integrationURI func(alias *lambda.Alias) pulumi.StringInput
	sourceARN      string // below the API's execution ARN
}

func newDoorProgram() doorProgram {
	return doorProgram{
		apis:  1,
		api:   apigatewayv2.ApiArgs{ProtocolType: pulumi.String("HTTP")},
		stage: apigatewayv2.StageArgs{Name: pulumi.String("$default"), AutoDeploy: pulumi.Bool(true)},
		route: apigatewayv2.RouteArgs{RouteKey: pulumi.String("$default")},
		integration: apigatewayv2.IntegrationArgs{
			IntegrationType: pulumi.String("AWS_PROXY"), PayloadFormatVersion: pulumi.String("2.0"),
		},
		permission:     lambda.PermissionArgs{Action: pulumi.String("lambda:InvokeFunction"), Principal: pulumi.String("apigateway.amazonaws.com")},
		integrationURI: func(alias *lambda.Alias) pulumi.StringInput { return alias.InvokeArn },
		sourceARN:      "/$default/$default",
	}
}

func (p doorProgram) run(ctx *pulumi.Context) error {
	var api *apigatewayv2.Api
	var err error
	for i := range p.apis {
		if api, err = apigatewayv2.NewApi(ctx, "api-"+string(rune('a'+i)), &p.api); err != nil {
			return err
		}
	}
	if api == nil {
		return nil
	}
	variables := api.ApiEndpoint.ApplyT(func(endpoint string) (map[string]string, error) {
		door := wire.FrontDoor{BaseURL: endpoint + wire.FrontDoorBasePath}
		if p.baseURL != "" {
			door.BaseURL = p.baseURL
		}
		text, err := door.Encode()
		if p.environment != "" {
			text = p.environment
		}
		return map[string]string{wire.EnvFrontDoor: text}, err
	}).(pulumi.StringMapOutput)
	function, err := lambda.NewFunction(ctx, "door", &lambda.FunctionArgs{
		Role: pulumi.String("arn:aws:iam::123456789012:role/door"), Environment: lambda.FunctionEnvironmentArgs{Variables: variables},
	})
	if err != nil {
		return err
	}
	alias, err := lambda.NewAlias(ctx, "live", &lambda.AliasArgs{
		Name: pulumi.String("live"), FunctionName: function.Name, FunctionVersion: function.Version,
	})
	if err != nil {
		return err
	}
	p.integration.ApiId, p.integration.IntegrationUri = api.ID(), p.integrationURI(alias)
	integration, err := apigatewayv2.NewIntegration(ctx, "integration", &p.integration)
	if err != nil {
		return err
	}
	p.route.ApiId = api.ID()
	if p.route.Target == nil {
		p.route.Target = pulumi.Sprintf("integrations/%s", integration.ID())
	}
	if _, err := apigatewayv2.NewRoute(ctx, "route", &p.route); err != nil {
		return err
	}
	p.stage.ApiId = api.ID()
	if _, err := apigatewayv2.NewStage(ctx, "stage", &p.stage); err != nil {
		return err
	}
	p.permission.Function, p.permission.Qualifier = function.Name, alias.Name
	p.permission.SourceArn = pulumi.Sprintf("%s%s", api.ExecutionArn, p.sourceARN)
	if _, err := lambda.NewPermission(ctx, "permission", &p.permission); err != nil {
		return err
	}
	return p.mapDomain(ctx, api)
}

func (p doorProgram) mapDomain(ctx *pulumi.Context, api *apigatewayv2.Api) error {
	if p.domain == "" {
		return nil
	}
	domain, err := apigatewayv2.NewDomainName(ctx, "domain", &apigatewayv2.DomainNameArgs{
		DomainName: pulumi.String(p.domain),
		DomainNameConfiguration: apigatewayv2.DomainNameDomainNameConfigurationArgs{
			CertificateArn: pulumi.String("arn"), EndpointType: pulumi.String("REGIONAL"), SecurityPolicy: pulumi.String("TLS_1_2"),
		},
	})
	if err != nil {
		return err
	}
	mapping := apigatewayv2.ApiMappingArgs{ApiId: api.ID(), DomainName: domain.ID(), Stage: pulumi.String("$default")}
	if p.mappingKey != "" {
		mapping.ApiMappingKey = pulumi.String(p.mappingKey)
	}
	_, err = apigatewayv2.NewApiMapping(ctx, "mapping", &mapping)
	return err
}

// read is the declaration of a program with a front door.
func (p doorProgram) read(t *testing.T) (declaration, error) {
	t.Helper()
	g, err := declared.Run(p.run, declared.Stack{Project: "p", Name: "s", Config: map[string]string{"aws:region": "us-east-1"}})
	if err != nil {
		t.Fatal(err)
	}
	d := declaration{
		functions: g.All(declared.Function), aliases: g.All(declared.FunctionAlias), permissions: g.All(declared.Permission), account: g.Account,
	}
	return d, d.readFrontDoor(g)
}

func TestAFrontDoorIsAnAPIWithItsFunction(t *testing.T) {
	d, err := newDoorProgram().read(t)
	if err != nil {
		t.Fatal(err)
	}
	if !d.door.declared() || d.door.name != d.door.api.Text("apiEndpoint") || d.door.function.Name != "door" || !strings.HasSuffix(d.door.arn, ":live") {
		t.Errorf("got %+v", d.door)
	}
	if names := d.names(); len(names) != 4 || names[3] != d.door.name {
		t.Errorf("names %v", names)
	}
	none := newDoorProgram()
	none.apis = 0
	if d, err := none.read(t); err != nil || d.door.declared() || len(d.names()) != 3 {
		t.Errorf("without an API: got %+v, %v", d.door, err)
	}
	beside := newDoorProgram()
	beside.apis = 2
	if d, err := beside.read(t); err != nil || d.door.api.Name != "api-b" {
		t.Errorf("beside another API: got %q, %v", d.door.api.Name, err)
	}
	custom := newDoorProgram()
	custom.domain, custom.baseURL = "fhir.example.org", "https://fhir.example.org/r4"
	custom.api.DisableExecuteApiEndpoint = pulumi.Bool(true)
	if d, err := custom.read(t); err != nil || d.door.name != "https://fhir.example.org" {
		t.Errorf("with a custom domain: got %q, %v", d.door.name, err)
	}
}

func TestAnAPIThatIsNotTheStandInsIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*doorProgram)
		want string
	}{
		"a WebSocket API":     {func(p *doorProgram) { p.api.ProtocolType = pulumi.String("WEBSOCKET") }, `protocolType: "WEBSOCKET": must be HTTP`},
		"a stage in the path": {func(p *doorProgram) { p.stage.Name = pulumi.String("v1") }, `name: "v1": must be $default`},
		"nothing deployed":    {func(p *doorProgram) { p.stage.AutoDeploy = pulumi.Bool(false) }, "autoDeploy: false: must be true"},
		"another route":       {func(p *doorProgram) { p.route.RouteKey = pulumi.String("GET /r4") }, `routeKey: "GET /r4": must be $default`},
		"an authorizer":       {func(p *doorProgram) { p.route.AuthorizationType = pulumi.String("AWS_IAM") }, `authorizationType: "AWS_IAM": must be NONE`},
		"another integration": {func(p *doorProgram) { p.route.Target = pulumi.String("integrations/x") }, `target: "integrations/x": must be integrations/`},
		"a proxy of HTTP":     {func(p *doorProgram) { p.integration.IntegrationType = pulumi.String("HTTP_PROXY") }, `integrationType: "HTTP_PROXY": must be AWS_PROXY`},
		"payload format 1.0":  {func(p *doorProgram) { p.integration.PayloadFormatVersion = pulumi.String("1.0") }, `payloadFormatVersion: "1.0": must be 2.0`},
		"CORS of API Gateway": {func(p *doorProgram) { p.api.CorsConfiguration = apigatewayv2.ApiCorsConfigurationArgs{} }, "corsConfiguration: must be left out"},
		"an unknown function": {func(p *doorProgram) {
			p.integrationURI = func(*lambda.Alias) pulumi.StringInput { return pulumi.String("arn:x") }
		}, "the program declares 0 HTTP APIs that call the front door's function door: the local cloud runs exactly one"},
		"no environment":   {func(p *doorProgram) { p.environment = "x" }, "environment variable FRONT_DOOR: not in base64"},
		"another base URL": {func(p *doorProgram) { p.baseURL = "https://elsewhere.example.org/r4" }, "is told that its base URL is https://elsewhere.example.org/r4, and its API is served at https://"},
		"a disabled host":  {func(p *doorProgram) { p.api.DisableExecuteApiEndpoint = pulumi.Bool(true) }, "and its API is served at no address"},
		"a host in a subfolder": {func(p *doorProgram) {
			p.domain, p.mappingKey, p.baseURL = "fhir.example.org", "v1", "https://fhir.example.org/r4"
		}, "and its API is served at https://"},
	} {
		p := newDoorProgram()
		c.edit(&p)
		if d, err := p.read(t); err == nil || !strings.Contains(err.Error(), c.want) || d.door.declared() {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestAPIGatewayCallsTheFunctionOnlyForTheAPIThatAPermissionNames(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*doorProgram)
		want string
	}{
		"its route":        {func(*doorProgram) {}, ""},
		"every route":      {func(p *doorProgram) { p.sourceARN = "/*/*" }, ""},
		"everything of it": {func(p *doorProgram) { p.sourceARN = "/*" }, ""},
		"another route":    {func(p *doorProgram) { p.sourceARN = "/$default/GET/r4" }, "no permission lets apigateway.amazonaws.com invoke"},
		"another API":      {func(p *doorProgram) { p.sourceARN = "x/*/*" }, "no permission lets apigateway.amazonaws.com invoke"},
		"another service":  {func(p *doorProgram) { p.permission.Principal = pulumi.String("healthlake.amazonaws.com") }, "no permission lets apigateway.amazonaws.com invoke"},
	} {
		p := newDoorProgram()
		c.edit(&p)
		d, err := p.read(t)
		if err != nil {
			t.Fatal(err)
		}
		err = d.invokable("apigateway.amazonaws.com", d.door.source(), d.door.arn)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestWithoutAPermissionAPIGatewayAnswersThatTheServerFailedAndTheCloudSaysWhy(t *testing.T) {
	p := newDoorProgram()
	p.sourceARN = "x/*/*"
	d, err := p.read(t)
	if err != nil {
		t.Fatal(err)
	}
	var log lambdamaintest.Log
	cloud := &Cloud{FrontDoor: "https://127.0.0.1:4", errorLog: newErrorLog(&log), journal: journal.New()}
	door, err := cloud.newFrontDoor(d)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://127.0.0.1:4/r4/metadata", nil))
	if w.Code != http.StatusInternalServerError || w.Body.String() != `{"message":"Internal Server Error"}` {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "the front door's function: no permission lets apigateway.amazonaws.com invoke ") {
		t.Errorf("logged %q", log.String())
	}
}

func TestAPatternOfARNsNeverReachesIntoAnotherPart(t *testing.T) {
	const arn = "arn:aws:execute-api:us-east-1:123456789012:abc/$default/$default"
	for pattern, want := range map[string]bool{
		arn: true,
		"arn:aws:execute-api:us-east-1:123456789012:abc/*":    true,
		"arn:aws:execute-api:*:*:abc/?default/*":              true,
		"arn:aws:execute-api:us-east-1:123456789012:abc":      false,
		"arn:aws:execute-api:us-east-1:123456789012:*/POST/*": false,
		"arn:aws:execute-api:*:abc/*":                         false,
		"arn:*":                                               false,
		"*":                                                   false,
		"":                                                    false,
	} {
		if got := arnLike(pattern, arn); got != want {
			t.Errorf("%s: got %v", pattern, got)
		}
	}
}

func TestTheFunctionIsToldLoopbackAddressesAndTheLocalCallback(t *testing.T) {
	f := frontDoor{settings: wire.FrontDoor{
		BaseURL: "https://abc.execute-api.us-east-1.amazonaws.com/r4", DatastoreEndpoint: "https://healthlake.us-east-1.amazonaws.com/datastore/d/r4/",
		AuthorizationEndpoint: "https://p.auth.us-east-1.amazoncognito.com/oauth2/authorize",
		DiscoveryDocument:     `{"token_endpoint":"https://abc.execute-api.us-east-1.amazonaws.com/oauth2/token"}`,
		Clients: []wire.FrontDoorClient{
			{ID: "app", CallbackURLs: []string{"https://app.example.org/cb"}, Scopes: []string{"openid"}},
			{ID: "service", Scopes: []string{"system/*.rs"}},
		},
	}}
	at := map[string]string{
		"https://healthlake.us-east-1.amazonaws.com":      "https://127.0.0.1:1",
		"https://p.auth.us-east-1.amazoncognito.com":      "https://127.0.0.1:2",
		"https://abc.execute-api.us-east-1.amazonaws.com": "https://127.0.0.1:4",
	}
	text, err := f.localized(newAddresses(at), []string{"https://127.0.0.1:1/page/callback"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.DecodeFrontDoor(text)
	if err != nil {
		t.Fatal(err)
	}
	if got.BaseURL != "https://127.0.0.1:4/r4" || got.DatastoreEndpoint != "https://127.0.0.1:1/datastore/d/r4/" ||
		got.AuthorizationEndpoint != "https://127.0.0.1:2/oauth2/authorize" || got.DiscoveryDocument != `{"token_endpoint":"https://127.0.0.1:4/oauth2/token"}` {
		t.Errorf("got %+v", got)
	}
	want := []string{"https://app.example.org/cb", "https://127.0.0.1:1/page/callback"}
	if !slices.Equal(got.Clients[0].CallbackURLs, want) || len(got.Clients[1].CallbackURLs) != 0 || len(f.settings.Clients[0].CallbackURLs) != 1 {
		t.Errorf("got %+v", got.Clients)
	}
	f.settings.TokenEndpoint = "https://login.example.org/token"
	const refusal = "the front door's tokenEndpoint holds https://login.example.org, which the local cloud does not stand in for"
	if _, err := f.localized(newAddresses(at), nil); err == nil || !strings.HasPrefix(err.Error(), refusal) {
		t.Errorf("got %v", err)
	}
}

// newAddresses put the values in the place of the keys.
func newAddresses(pairs map[string]string) addresses {
	var old []string
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		old = append(old, name, pairs[name])
	}
	return addresses{strings.NewReplacer(old...), slices.Collect(maps.Values(pairs))}
}
