package components_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
	"github.com/smartlake/pulumi-smartlake/smart"
)

const (
	doorFunction     = "ehr-door-function"
	doorHost         = "fhir.example.org"
	doorCertificate  = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
	doorZone         = "Z0123456789ABC"
	givenDatastore   = "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef"
	givenEndpoint    = "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/"
	doorHostRefused  = "must be a host name such as fhir.example.org: lower case, at most 253 characters"
	doorCertRefused  = "must be the ARN of an ACM certificate, arn:<partition>:acm:<region>:<account>:certificate/<id>"
	doorOriginWanted = "must be an origin such as https://portal.example.org, or http on localhost, 127.0.0.1 or [::1]: " +
		"scheme, host in lower case, and the port where it is not the scheme's own"
)

// withFrontDoor has a front door with every default.
func withFrontDoor(a *components.SmartDatastoreArgs) {
	a.FrontDoor = &components.FrontDoorSettingsArgs{Function: &components.FunctionArgs{Archive: doorArchive}}
}

// underItsOwnName puts the front door under a custom domain.
func underItsOwnName(a *components.SmartDatastoreArgs) {
	a.FrontDoor.CustomDomain = &components.FrontDoorDomainArgs{
		Name: pulumi.String(doorHost), CertificateARN: pulumi.String(doorCertificate), ZoneID: pulumi.String(doorZone),
	}
}

// aFrontDoor edits the settings of the front door.
func aFrontDoor(edit func(*components.FrontDoorSettingsArgs)) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) {
		withFrontDoor(a)
		edit(a.FrontDoor)
	}
}

// doorOf is what the front door's function is told.
func doorOf(t *testing.T, r *recorder, function string) wire.FrontDoor {
	t.Helper()
	environment, _ := r.find(t, functionType, function).Inputs["environment"].(map[string]any)
	variables, _ := environment["variables"].(map[string]any)
	if len(variables) != 2 || variables[wire.EnvLogLevel] != "info" {
		t.Errorf("got the variables %v, want %s and %s", variables, wire.EnvFrontDoor, wire.EnvLogLevel)
	}
	text, _ := variables[wire.EnvFrontDoor].(string)
	door, err := wire.DecodeFrontDoor(text)
	if err != nil {
		t.Fatal(err)
	}
	return door
}

func TestWithoutAFrontDoorAppsTalkToHealthLakeAndCognito(t *testing.T) {
	r := build(t, nil)
	for _, typ := range []string{apiType, integrationType, routeType, stageType, domainNameType, mappingType, frontDoorType} {
		if len(r.of(typ)) > 0 {
			t.Errorf("%s is declared", typ)
		}
	}
	endpoint, _ := r.output("datastoreEndpoint").value.(string)
	hosted, _ := r.output("hostedDomain").value.(string)
	for output, want := range map[string]any{
		"fhirBaseUrl":           strings.TrimSuffix(endpoint, "/"),
		"authorizationEndpoint": hosted + "/oauth2/authorize",
		"tokenEndpoint":         hosted + "/oauth2/token",
		"revocationEndpoint":    hosted + "/oauth2/revoke",
	} {
		if got := r.output(output).value; got != want {
			t.Errorf("%s: got %v, want %v", output, got, want)
		}
	}
	if told, _ := r.output("frontDoor").value.(map[string]any); len(told) > 0 {
		t.Errorf("frontDoor: got %v, want none", told)
	}
	if !strings.HasSuffix(endpoint, "/r4/") {
		t.Errorf("datastoreEndpoint: got %q, must end in a slash", endpoint)
	}
}

func TestAFrontDoorIsOneAPIThatCallsOneFunctionForEveryRequest(t *testing.T) {
	r := build(t, withFrontDoor)
	api := apiID("ehr-door-api")
	assertJSON(t, "api", r.find(t, apiType, "ehr-door-api").Inputs, `{
		"description": "SMART on FHIR in front of a HealthLake datastore", "protocolType": "HTTP", "ipAddressType": "ipv4",
		"disableExecuteApiEndpoint": false
	}`)
	alias := r.arn("lambda", "function:"+physicalName(doorFunction)+":live")
	assertJSON(t, "integration", r.find(t, integrationType, "ehr-door-integration").Inputs, fill(`{
		"apiId": "$API", "description": "The front door's function", "integrationType": "AWS_PROXY", "integrationMethod": "POST",
		"integrationUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/$ALIAS/invocations",
		"connectionType": "INTERNET", "payloadFormatVersion": "2.0", "timeoutMilliseconds": 30000
	}`, "$API", api, "$ALIAS", alias))
	assertJSON(t, "route", r.find(t, routeType, "ehr-door-route").Inputs, fill(`{
		"apiId": "$API", "routeKey": "$default", "authorizationType": "NONE", "target": "integrations/$INTEGRATION"
	}`, "$API", api, "$INTEGRATION", digest("ehr-door-integration")[:7]))
	assertJSON(t, "stage", r.find(t, stageType, "ehr-door-stage").Inputs, fill(`{
		"apiId": "$API", "name": "$default", "description": "Every change is live at once", "autoDeploy": true,
		"accessLogSettings": {"destinationArn": "$LOGS", "format": $FORMAT},
		"defaultRouteSettings": {"detailedMetricsEnabled": false, "throttlingRateLimit": 100, "throttlingBurstLimit": 200}
	}`, "$API", api, "$LOGS", r.arn("logs", "log-group:"+physicalName("ehr-door-access-logs")), "$FORMAT", quotedJSON(t, accessLogLine)))
	assertJSON(t, "permission", r.find(t, permissionType, "ehr-door-invoke").Inputs, fill(`{
		"action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com", "function": "$FUNCTION", "qualifier": "live",
		"sourceArn": "$SOURCE/$default/$default"
	}`, "$FUNCTION", physicalName(doorFunction), "$SOURCE", r.arn("execute-api", api)))
	assertJSON(t, "function", r.find(t, functionType, doorFunction).Inputs["timeout"], `28`)
}

// accessLogLine is what API Gateway logs of a request.
const accessLogLine = `{"requestId":"$context.requestId","requestTime":"$context.requestTime","sourceIp":"$context.identity.sourceIp",` +
	`"httpMethod":"$context.httpMethod","protocol":"$context.protocol","status":"$context.status",` +
	`"responseLength":"$context.responseLength","responseLatency":"$context.responseLatency",` +
	`"integrationStatus":"$context.integrationStatus","integrationLatency":"$context.integrationLatency",` +
	`"integrationError":"$context.integrationErrorMessage","errorType":"$context.error.responseType"}`

func quotedJSON(t *testing.T, text string) string {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(quoted)
}

func TestTheAccessLogTellsNothingOfPatientsAndTokens(t *testing.T) {
	var members map[string]string
	if err := json.Unmarshal([]byte(accessLogLine), &members); err != nil {
		t.Fatal(err)
	}
	for name, variable := range members {
		for _, telling := range []string{"path", "query", "header", "authorizer", "routeKey", "userAgent"} {
			if strings.Contains(strings.ToLower(variable), strings.ToLower(telling)) {
				t.Errorf("%s: %s", name, variable)
			}
		}
	}
}

func TestTheFrontDoorMayReadOneCapabilityStatementAndWriteItsLog(t *testing.T) {
	for when, edit := range map[string]func(*components.SmartDatastoreArgs){"by default": withFrontDoor, "in operation": full} {
		t.Run(when, func(t *testing.T) {
			r := build(t, edit)
			assertPolicy(t, r.find(t, rolePolicyType, "ehr-door-capabilities"), "ehr-door-execution", fill(
				`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["healthlake:GetCapabilities"], "Resource": ["$DATASTORE"]}]}`,
				"$DATASTORE", r.output("datastoreArn").value.(string)))
			assertPolicy(t, r.find(t, rolePolicyType, "ehr-door-logging"), "ehr-door-execution", fill(
				`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": ["$LOGS:*"]}]}`,
				"$LOGS", r.arn("logs", "log-group:"+physicalName("ehr-door-logs"))))
			var policies []string
			for _, policy := range r.of(rolePolicyType) {
				if policy.Inputs["role"] == physicalName("ehr-door-execution") {
					policies = append(policies, policy.GetName())
				}
			}
			want := []string{"ehr-door-capabilities", "ehr-door-logging"}
			if when == "in operation" {
				want = append(want, "ehr-door-tracing")
			}
			assertLines(t, "policies", policies, want)
			assertJSON(t, "trust", decoded(t, r.find(t, roleType, "ehr-door-execution").Inputs["assumeRolePolicy"]), fill(lambdaTrust, "$ACCOUNT", account))
		})
	}
}

func TestTheFrontDoorKnowsItsStackAndNoSecret(t *testing.T) {
	r := build(t, aFrontDoor(func(d *components.FrontDoorSettingsArgs) {
		d.AllowedOrigins = pulumi.ToStringArray([]string{"https://z.example.org", "http://localhost:3000", "https://z.example.org"})
	}))
	origin := "https://" + apiID("ehr-door-api") + ".execute-api.us-east-1.amazonaws.com"
	hosted, _ := r.output("hostedDomain").value.(string)
	clients := []wire.FrontDoorClient{
		{ID: clientID("ehr-auth-client-etl"), Scopes: []string{"system/*.read"}},
		{ID: clientID("ehr-auth-client-portal"), CallbackURLs: []string{"https://portal.example.org/callback"}, Scopes: []string{"launch/patient", "openid", "patient/*.rs"}},
		{ID: clientID("ehr-auth-client-phone"), CallbackURLs: []string{"https://phone.example.org/callback"}, Scopes: []string{"openid", "user/Observation.rs"}},
	}
	slices.SortFunc(clients, func(a, b wire.FrontDoorClient) int { return strings.Compare(a.ID, b.ID) })
	document := doorOf(t, r, doorFunction).DiscoveryDocument
	want := wire.FrontDoor{
		BaseURL: origin + "/r4", DatastoreEndpoint: r.output("datastoreEndpoint").value.(string),
		AuthorizationEndpoint: hosted + "/oauth2/authorize", TokenEndpoint: hosted + "/oauth2/token", RevocationEndpoint: hosted + "/oauth2/revoke",
		DiscoveryDocument: document, AllowedOrigins: []string{"http://localhost:3000", "https://z.example.org"}, Clients: clients,
	}
	if got := doorOf(t, r, doorFunction); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for output, want := range map[string]any{
		"fhirBaseUrl": origin + "/r4", "authorizationEndpoint": origin + "/oauth2/authorize",
		"tokenEndpoint": origin + "/oauth2/token", "revocationEndpoint": origin + "/oauth2/revoke",
	} {
		if got := r.output(output).value; got != want {
			t.Errorf("%s: got %v, want %v", output, got, want)
		}
	}
	told, _ := r.output("frontDoor").value.(map[string]any)
	if told["discoveryDocument"] != document || told["fhirBaseUrl"] != origin+"/r4" || told["targetDomainName"] != (*string)(nil) {
		t.Errorf("got the outputs %v", told)
	}
}

func TestTheOrderOfClientsAndOriginsChangesNothingAtTheFrontDoor(t *testing.T) {
	texts := func(reverse bool) any {
		r := build(t, func(a *components.SmartDatastoreArgs) {
			withFrontDoor(a)
			origins := []string{"https://a.example.org", "https://b.example.org"}
			if reverse {
				slices.Reverse(a.Clients)
				slices.Reverse(origins)
				slices.Reverse(a.Clients[0].Scopes)
			}
			a.FrontDoor.AllowedOrigins = pulumi.ToStringArray(origins)
		})
		return r.find(t, functionType, doorFunction).Inputs["environment"]
	}
	if !reflect.DeepEqual(texts(false), texts(true)) {
		t.Error("the order shows in the environment")
	}
}

func TestTheFrontDoorClaimsWhatItDelivers(t *testing.T) {
	r := build(t, withFrontDoor)
	door, err := smart.ParseConfiguration([]byte(doorOf(t, r, doorFunction).DiscoveryDocument))
	if err != nil {
		t.Fatal(err)
	}
	origin := "https://" + apiID("ehr-door-api") + ".execute-api.us-east-1.amazonaws.com"
	issuer, _ := r.output("issuer").value.(string)
	want := smart.Configuration{
		AuthorizationEndpoint: origin + "/oauth2/authorize", TokenEndpoint: origin + "/oauth2/token", RevocationEndpoint: origin + "/oauth2/revoke",
		Issuer: issuer, JWKSURI: issuer + "/.well-known/jwks.json",
		Capabilities: []string{
			"authorize-post", "client-confidential-symmetric", "client-public", "context-standalone-patient", "launch-standalone", "permission-offline",
			"permission-patient", "permission-user", "permission-v1", "permission-v2", "permission-v2.2", "sso-openid-connect",
		},
		CodeChallengeMethodsSupported: []string{"S256"}, GrantTypesSupported: []string{"authorization_code", "client_credentials"},
		ResponseTypesSupported:            []string{"code"},
		ScopesSupported:                   []string{"fhirUser", "launch/patient", "offline_access", "openid", "patient/*.rs", "system/*.read", "user/Observation.rs"},
		TokenEndpointAuthMethodsSupported: []string{"client_secret_basic", "client_secret_post"},
	}
	if !reflect.DeepEqual(door, want) {
		t.Errorf("got  %+v\nwant %+v", door, want)
	}
	without := build(t, nil)
	if got, want := r.output("discoveryDocument").value, without.output("discoveryDocument").value; got != want {
		t.Errorf("the datastore's own document changed: got %v, want %v", got, want)
	}
}

func TestTheFrontDoorClaimsNoContextThatTokensLack(t *testing.T) {
	contextual := []string{"context-standalone-patient", "sso-openid-connect"}
	for what, c := range map[string]struct {
		edit func(*components.SmartDatastoreArgs)
		want []string
	}{
		"launch/patient and openid":  {withScopes(components.PublicClient, "launch/patient", "openid"), contextual},
		"openid with a user's scope": {withScopes(components.PublicClient, "openid", "user/*.rs"), contextual[1:]},
		"no openid":                  {withScopes(components.PublicClient, "launch/patient", "patient/*.rs"), contextual[:1]},
		"no launch/patient":          {withScopes(components.PublicClient, "patient/*.rs"), nil},
		"no launch context":          {withScopes(components.PublicClient, "openid", "profile"), nil},
		"a service":                  {withScopes(components.ServiceClient, "system/*.rs"), nil},
	} {
		t.Run(what, func(t *testing.T) {
			r := build(t, func(a *components.SmartDatastoreArgs) { c.edit(a); withFrontDoor(a) })
			document, err := smart.ParseConfiguration([]byte(doorOf(t, r, doorFunction).DiscoveryDocument))
			if err != nil {
				t.Fatal(err)
			}
			var claimed []string
			for _, one := range contextual {
				if slices.Contains(document.Capabilities, one) {
					claimed = append(claimed, one)
				}
			}
			assertLines(t, "claims", claimed, c.want)
		})
	}
}

// TestAFrontDoorLeavesTheRestAsItIs compares everything else that a stack declares.
func TestAFrontDoorLeavesTheRestAsItIs(t *testing.T) {
	without, with := build(t, nil), build(t, withFrontDoor)
	for _, one := range without.resources {
		if one.GetType() == smartDatastoreType {
			continue // has the argument
		}
		other := with.find(t, one.GetType(), one.GetName())
		assertJSON(t, one.GetType()+" "+one.GetName(), other.Inputs, indented(t, one.Inputs))
		assertLines(t, one.GetName()+" waits for", dependencies(with, other), dependencies(without, one))
	}
	for _, name := range with.names() {
		if !slices.Contains(without.names(), name) && !strings.Contains(name, " ehr-door") {
			t.Errorf("%s is declared besides", name)
		}
	}
}

func TestACustomDomainTakesThePlaceOfTheAPIsOwnHost(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) { withFrontDoor(a); underItsOwnName(a) })
	if got := r.find(t, apiType, "ehr-door-api").Inputs["disableExecuteApiEndpoint"]; got != true {
		t.Errorf("disableExecuteApiEndpoint is %v", got)
	}
	assertJSON(t, "domain", r.find(t, domainNameType, "ehr-door-domain").Inputs, fill(`{
		"domainName": "$HOST",
		"domainNameConfiguration": {"certificateArn": "$CERTIFICATE", "endpointType": "REGIONAL", "ipAddressType": "ipv4", "securityPolicy": "TLS_1_2"}
	}`, "$HOST", doorHost, "$CERTIFICATE", doorCertificate))
	assertJSON(t, "mapping", r.find(t, mappingType, "ehr-door-mapping").Inputs, fill(
		`{"apiId": "$API", "domainName": "$HOST", "stage": "$default"}`, "$API", apiID("ehr-door-api"), "$HOST", doorHost))
	target := "d-" + digest("ehr-door-domain")[:10] + ".execute-api.us-east-1.amazonaws.com"
	assertJSON(t, "record", r.find(t, recordType, "ehr-door-domain-record").Inputs, fill(`{
		"zoneId": "$ZONE", "name": "$HOST", "type": "A",
		"aliases": [{"name": "$TARGET", "zoneId": "$THEIRS", "evaluateTargetHealth": false}]
	}`, "$ZONE", doorZone, "$HOST", doorHost, "$TARGET", target, "$THEIRS", "Z"+strings.ToUpper(digest("ehr-door-domain")[:13])))
	if got := doorOf(t, r, doorFunction).BaseURL; got != "https://fhir.example.org/r4" {
		t.Errorf("the function's base URL is %q", got)
	}
	for output, want := range map[string]any{
		"fhirBaseUrl": "https://fhir.example.org/r4", "tokenEndpoint": "https://fhir.example.org/oauth2/token",
	} {
		if got := r.output(output).value; got != want {
			t.Errorf("%s: got %v, want %v", output, got, want)
		}
	}
	told, _ := r.output("frontDoor").value.(map[string]any)
	if got, _ := told["targetDomainName"].(*string); got == nil || *got != target {
		t.Errorf("targetDomainName: got %v, want %s", told["targetDomainName"], target)
	}
	withoutZone := build(t, func(a *components.SmartDatastoreArgs) {
		withFrontDoor(a)
		underItsOwnName(a)
		a.FrontDoor.CustomDomain.ZoneID = nil
	})
	if records := withoutZone.of(recordType); len(records) > 0 {
		t.Errorf("a record is declared without a zone: %v", records)
	}
}

func TestTheFrontDoorsSettingsAreRefusedWhereTheyCannotBe(t *testing.T) {
	domain := func(edit func(*components.FrontDoorDomainArgs)) func(*components.FrontDoorSettingsArgs) {
		return func(d *components.FrontDoorSettingsArgs) {
			d.CustomDomain = &components.FrontDoorDomainArgs{Name: pulumi.String(doorHost), CertificateARN: pulumi.String(doorCertificate)}
			edit(d.CustomDomain)
		}
	}
	for want, edit := range map[string]func(*components.FrontDoorSettingsArgs){
		`customDomain.name: missing; ` + doorHostRefused:                    domain(func(c *components.FrontDoorDomainArgs) { c.Name = nil }),
		`customDomain.name: "FHIR.example.org": ` + doorHostRefused:         domain(func(c *components.FrontDoorDomainArgs) { c.Name = pulumi.String("FHIR.example.org") }),
		`customDomain.name: "https://a.example.org": ` + doorHostRefused:    domain(func(c *components.FrontDoorDomainArgs) { c.Name = pulumi.String("https://a.example.org") }),
		`customDomain.name: "*.example.org": ` + doorHostRefused:            domain(func(c *components.FrontDoorDomainArgs) { c.Name = pulumi.String("*.example.org") }),
		`customDomain.name: "localhost": ` + doorHostRefused:                domain(func(c *components.FrontDoorDomainArgs) { c.Name = pulumi.String("localhost") }),
		`customDomain.certificateArn: missing; ` + doorCertRefused:          domain(func(c *components.FrontDoorDomainArgs) { c.CertificateARN = nil }),
		`customDomain.certificateArn: "my-certificate": ` + doorCertRefused: domain(func(c *components.FrontDoorDomainArgs) { c.CertificateARN = pulumi.String("my-certificate") }),
		`customDomain.zoneId: "example.org": must be the id of a Route 53 hosted zone, such as Z0123456789ABCDEFGHIJ`: domain(func(c *components.FrontDoorDomainArgs) {
			c.ZoneID = pulumi.String("example.org")
		}),
		`throttling.requestsPerSecond: -1: must be 1 or more`: func(d *components.FrontDoorSettingsArgs) {
			d.Throttling = &components.FrontDoorThrottlingArgs{RequestsPerSecond: -1}
		},
		`throttling.burst: -5: must be 1 or more`: func(d *components.FrontDoorSettingsArgs) {
			d.Throttling = &components.FrontDoorThrottlingArgs{Burst: -5}
		},
		`function.memoryMb: 64: must be 128 to 10240 MB`: func(d *components.FrontDoorSettingsArgs) { d.Function.MemoryMB = 64 },
		`alarms.topicArn: missing; must be the ARN of the topic for the alarms; or set alarms, whose topic is then used`: func(d *components.FrontDoorSettingsArgs) {
			d.Alarms = &components.FrontDoorAlarmsArgs{}
		},
		`alarms.latencyMs: 30001: must be 1 to 30000 milliseconds`: func(d *components.FrontDoorSettingsArgs) {
			d.Alarms = &components.FrontDoorAlarmsArgs{TopicARN: pulumi.String(givenTopic), LatencyMs: 30001}
		},
		`alarms.serverErrors: -1: must be 1 or more`: func(d *components.FrontDoorSettingsArgs) {
			d.Alarms = &components.FrontDoorAlarmsArgs{TopicARN: pulumi.String(givenTopic), ServerErrors: -1}
		},
	} {
		t.Run(want, func(t *testing.T) {
			assertRefusal(t, declare(aFrontDoor(edit)), `SmartDatastore "ehr": frontDoor.`+want)
		})
	}
}

func TestAllowedOriginsAreExact(t *testing.T) {
	for _, origin := range []string{
		"https://portal.example.org", "https://portal.example.org:8443", "https://xn--bcher-kva.example", "http://localhost", "http://localhost:3000",
		"http://127.0.0.1:8080", "http://[::1]:3000", "https://localhost:3000",
	} {
		t.Run(origin, func(t *testing.T) {
			for what, given := range map[string]pulumi.StringArrayInput{
				"at once": pulumi.ToStringArray([]string{origin}), "later": pulumi.ToStringArray([]string{origin}).ToStringArrayOutput(),
			} {
				r := build(t, aFrontDoor(func(d *components.FrontDoorSettingsArgs) { d.AllowedOrigins = given }))
				if got := doorOf(t, r, doorFunction).AllowedOrigins; !slices.Equal(got, []string{origin}) {
					t.Errorf("%s: got %q", what, got)
				}
			}
		})
	}
	for _, origin := range []string{
		"*", "null", "", "portal.example.org", "https://", "https://portal.example.org/", "https://portal.example.org/app", "https://Portal.example.org",
		"HTTPS://portal.example.org", "https://portal.example.org:443", "https://portal.example.org:", "https://portal.example.org:0", "https://portal.example.org:08443",
		"https://portal.example.org:70000", "http://portal.example.org", "http://localhost:80", "http://localhost.example.org", "https://*.example.org",
		"https://user@portal.example.org", "https://portal.example.org?", "https://portal.example.org#", "https://b\u00fccher.example", "file://", "app://portal",
		"https://portal.example.org,https://b.example.org", "https://portal.example.org ", "http://127.0.0.2",
	} {
		t.Run("not "+origin, func(t *testing.T) {
			shown := strings.Replace(origin, "user@", "[left out]@", 1)
			want := fmt.Sprintf("frontDoor.allowedOrigins[0]: %q: %s", shown, doorOriginWanted)
			given := pulumi.ToStringArray([]string{origin})
			assertRefusal(t, declare(aFrontDoor(func(d *components.FrontDoorSettingsArgs) { d.AllowedOrigins = given })), `SmartDatastore "ehr": `+want)
			later := aFrontDoor(func(d *components.FrontDoorSettingsArgs) { d.AllowedOrigins = given.ToStringArrayOutput() })
			if _, err := run(declare(later)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("later: got %v, want %s", err, want)
			}
		})
	}
}

func TestTheFrontDoorIsOfTheDatastoresRegion(t *testing.T) {
	for want, edit := range map[string]func(*components.FrontDoorSettingsArgs){
		`customDomain.certificateArn: "` + doorCertificate + `": must be a certificate in the datastore's region, eu-west-1`: func(d *components.FrontDoorSettingsArgs) {
			d.CustomDomain = &components.FrontDoorDomainArgs{Name: pulumi.String(doorHost), CertificateARN: pulumi.String(doorCertificate)}
		},
		`alarms.topicArn: "` + givenTopic + `": must be a topic in the datastore's region, eu-west-1`: func(d *components.FrontDoorSettingsArgs) {
			d.Alarms = &components.FrontDoorAlarmsArgs{TopicARN: pulumi.String(givenTopic)}
		},
		`function.logKmsKeyArn: "` + givenKey + `": must be a key in the datastore's region, eu-west-1`: func(d *components.FrontDoorSettingsArgs) {
			d.Function.LogKMSKeyARN = pulumi.String(givenKey)
		},
	} {
		r, err := run(declare(aFrontDoor(edit)), inRegion("eu-west-1"), inPreview)
		if want = `SmartDatastore "ehr": frontDoor.` + want; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if len(r.of(apiType)) > 0 || len(r.of(datastoreType)) > 0 {
			t.Error("something was declared nevertheless")
		}
	}
}

// aDoor are the arguments of a front door in front of what is there already.
func aDoor() *components.FrontDoorArgs {
	return &components.FrontDoorArgs{
		DatastoreARN: pulumi.String(givenDatastore), DatastoreEndpoint: pulumi.String(givenEndpoint),
		Issuer:                pulumi.String("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"),
		JWKSURI:               pulumi.String("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI/.well-known/jwks.json"),
		AuthorizationEndpoint: pulumi.String("https://auth.example.org/oauth2/authorize"),
		TokenEndpoint:         pulumi.String("https://auth.example.org/oauth2/token"),
		RevocationEndpoint:    pulumi.String("https://auth.example.org/oauth2/revoke"),
		Clients: []components.FrontDoorClientArgs{{
			ID: pulumi.String("app"), Kind: components.PublicClient, Scopes: []string{"openid", "launch/patient", "patient/*.rs"},
			CallbackURLs: pulumi.ToStringArray([]string{"https://app.example.org/callback"}),
		}},
		AddsLaunchContext: true,
		Settings:          &components.FrontDoorSettingsArgs{Function: &components.FunctionArgs{Archive: doorArchive}},
	}
}

func aFrontDoorAlone(args *components.FrontDoorArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		door, err := components.NewFrontDoor(ctx, "door", args)
		if err != nil {
			return err
		}
		componentstest.Export(ctx, door)
		return nil
	}
}

func TestAFrontDoorStandsAlone(t *testing.T) {
	r := mustRun(t, aFrontDoorAlone(aDoor()))
	assertLines(t, "resources", r.names(), []string{
		"aws:apigatewayv2/api:Api door-api",
		"aws:apigatewayv2/integration:Integration door-integration",
		"aws:apigatewayv2/route:Route door-route",
		"aws:apigatewayv2/stage:Stage door-stage",
		"aws:cloudwatch/logGroup:LogGroup door-access-logs",
		"aws:cloudwatch/logGroup:LogGroup door-logs",
		"aws:iam/role:Role door-execution",
		"aws:iam/rolePolicy:RolePolicy door-capabilities",
		"aws:iam/rolePolicy:RolePolicy door-logging",
		"aws:lambda/alias:Alias door-live",
		"aws:lambda/function:Function door-function",
		"aws:lambda/permission:Permission door-invoke",
		"smartlake:index:FrontDoor door",
	})
	origin := "https://" + apiID("door-api") + ".execute-api.us-east-1.amazonaws.com"
	document, _ := r.output("discoveryDocument").value.(string)
	want := wire.FrontDoor{
		BaseURL: origin + "/r4", DatastoreEndpoint: givenEndpoint,
		AuthorizationEndpoint: "https://auth.example.org/oauth2/authorize", TokenEndpoint: "https://auth.example.org/oauth2/token",
		RevocationEndpoint: "https://auth.example.org/oauth2/revoke", DiscoveryDocument: document,
		Clients: []wire.FrontDoorClient{{ID: "app", CallbackURLs: []string{"https://app.example.org/callback"}, Scopes: []string{"launch/patient", "openid", "patient/*.rs"}}},
	}
	if got := doorOf(t, r, "door-function"); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for output, want := range map[string]any{
		"fhirBaseUrl": origin + "/r4", "authorizationEndpoint": origin + "/oauth2/authorize", "tokenEndpoint": origin + "/oauth2/token",
		"revocationEndpoint": origin + "/oauth2/revoke", "apiId": apiID("door-api"), "functionName": physicalName("door-function"),
		"functionArn": r.arn("lambda", "function:"+physicalName("door-function")+":live"), "accessLogGroupName": physicalName("door-access-logs"),
	} {
		if got := r.output(output).value; got != want {
			t.Errorf("%s: got %v, want %v", output, got, want)
		}
	}
}

func TestAFrontDoorAloneRefusesWhatItCannotStandBetween(t *testing.T) {
	const (
		arn      = "must be the ARN of a HealthLake datastore, arn:<partition>:healthlake:<region>:<account>:datastore/fhir/<id>"
		endpoint = "must be the FHIR base URL of a HealthLake datastore, and end in a slash"
		url      = "must be an https URL, without query and fragment"
	)
	client := func(edit func(*components.FrontDoorClientArgs)) func(*components.FrontDoorArgs) {
		return func(a *components.FrontDoorArgs) { edit(&a.Clients[0]) }
	}
	for want, edit := range map[string]func(*components.FrontDoorArgs){
		`datastoreArn: missing; ` + arn:                              func(a *components.FrontDoorArgs) { a.DatastoreARN = nil },
		`datastoreArn: "r4": ` + arn:                                 func(a *components.FrontDoorArgs) { a.DatastoreARN = pulumi.String("r4") },
		`datastoreEndpoint: missing; ` + endpoint:                    func(a *components.FrontDoorArgs) { a.DatastoreEndpoint = nil },
		`datastoreEndpoint: "https://a.example.org/r4": ` + endpoint: func(a *components.FrontDoorArgs) { a.DatastoreEndpoint = pulumi.String("https://a.example.org/r4") },
		`datastoreEndpoint: "https://a.example.org/datastore/x/r4/../../y/r4/": ` + endpoint: func(a *components.FrontDoorArgs) {
			a.DatastoreEndpoint = pulumi.String("https://a.example.org/datastore/x/r4/../../y/r4/")
		},
		`datastoreEndpoint: "https://a.example.org//r4/": ` + endpoint: func(a *components.FrontDoorArgs) { a.DatastoreEndpoint = pulumi.String("https://a.example.org//r4/") },
		`datastoreEndpoint: "https://a.example.org/%2e%2e/r4/": ` + endpoint: func(a *components.FrontDoorArgs) {
			a.DatastoreEndpoint = pulumi.String("https://a.example.org/%2e%2e/r4/")
		},
		`issuer: missing; ` + url: func(a *components.FrontDoorArgs) { a.Issuer = nil },
		`tokenEndpoint: "http://auth.example.org/oauth2/token": ` + url: func(a *components.FrontDoorArgs) {
			a.TokenEndpoint = pulumi.String("http://auth.example.org/oauth2/token")
		},
		`revocationEndpoint: "https://auth.example.org/revoke?a": ` + url: func(a *components.FrontDoorArgs) {
			a.RevocationEndpoint = pulumi.String("https://auth.example.org/revoke?a")
		},
		`clients: missing; add at least one client; only clients can get tokens`:    func(a *components.FrontDoorArgs) { a.Clients = nil },
		`clients[0].id: missing; must be the client_id of the client`:               client(func(c *components.FrontDoorClientArgs) { c.ID = nil }),
		`clients[0].kind: "native": must be one of service, confidential, public`:   client(func(c *components.FrontDoorClientArgs) { c.Kind = "native"; c.CallbackURLs = nil }),
		`clients[0].scopes: missing; add at least one scope, such as system/*.read`: client(func(c *components.FrontDoorClientArgs) { c.Scopes = nil }),
		`clients[0].callbackUrls: missing; add at least one URL for Cognito to send the user back to`: client(func(c *components.FrontDoorClientArgs) {
			c.CallbackURLs = nil
		}),
		`clients[1].id: "app": another client has this id; choose a different one`: func(a *components.FrontDoorArgs) { a.Clients = append(a.Clients, a.Clients[0]) },
		`settings.alarms.topicArn: missing; must be the ARN of the topic for the alarms`: func(a *components.FrontDoorArgs) {
			a.Settings.Alarms = &components.FrontDoorAlarmsArgs{}
		},
	} {
		t.Run(want, func(t *testing.T) {
			args := aDoor()
			edit(args)
			assertRefusal(t, aFrontDoorAlone(args), `FrontDoor "door": `+want)
		})
	}
}

// What becomes known during the update is checked before the function gets it: a function that
// refuses to start is found out by its users.
func TestWhatAFrontDoorCannotStandBetweenIsRefusedAsSoonAsItIsKnown(t *testing.T) {
	later := func(text string) pulumi.StringInput { return pulumi.String(text).ToStringOutput() }
	const (
		endpoint = "must be the FHIR base URL of a HealthLake datastore, and end in a slash"
		url      = "must be an https URL, without query and fragment"
	)
	for want, edit := range map[string]func(*components.FrontDoorArgs){
		`datastoreEndpoint: "https://a.example.org/r4": ` + endpoint: func(a *components.FrontDoorArgs) { a.DatastoreEndpoint = later("https://a.example.org/r4") },
		`authorizationEndpoint: "http://auth.example.org/a": ` + url: func(a *components.FrontDoorArgs) { a.AuthorizationEndpoint = later("http://auth.example.org/a") },
		`tokenEndpoint: "auth.example.org": ` + url:                  func(a *components.FrontDoorArgs) { a.TokenEndpoint = later("auth.example.org") },
		`revocationEndpoint: "https://a.example.org/?b": ` + url:     func(a *components.FrontDoorArgs) { a.RevocationEndpoint = later("https://a.example.org/?b") },
		`clients[1].id: "app": another client has this id; choose a different one`: func(a *components.FrontDoorArgs) {
			a.Clients = append(a.Clients, a.Clients[0])
			a.Clients[1].ID = later("app")
		},
	} {
		t.Run(want, func(t *testing.T) {
			args := aDoor()
			edit(args)
			r, err := run(aFrontDoorAlone(args))
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
			if len(r.of(functionType)) > 0 {
				t.Error("the function was declared nevertheless")
			}
		})
	}
}

func TestMoreThanAFrontDoorCanHoldIsRefusedAtPreview(t *testing.T) {
	apps := func(n int) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			withFrontDoor(a)
			a.Clients = nil
			for i := range n {
				app := public()
				app.Name = fmt.Sprintf("app-%d", i)
				app.CallbackURLs = pulumi.ToStringArray([]string{"https://" + digest(app.Name)[:20] + ".example.org/callback"})
				a.Clients = append(a.Clients, app)
			}
		}
	}
	build(t, apps(50))
	_, err := run(declare(apps(100)), inPreview)
	if err == nil || !strings.HasPrefix(err.Error(), `SmartDatastore "ehr": clients: the front door's environment takes `) ||
		!strings.HasSuffix(err.Error(), " bytes: must be at most 4096 (Lambda); declare fewer clients, callbackUrls, scopes or allowed origins, or shorter ones") {
		t.Errorf("got %v", err)
	}
}
