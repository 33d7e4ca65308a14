package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// anAuthorizationServer is a program of one [components.AuthorizationServer].
func anAuthorizationServer(args *components.AuthorizationServerArgs, opts ...pulumi.ResourceOption) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		server, err := components.NewAuthorizationServer(ctx, "auth", args, opts...)
		if err != nil {
			return err
		}
		componentstest.Export(ctx, server)
		return nil
	}
}

func TestAnAuthorizationServerStandsAlone(t *testing.T) {
	r := mustRun(t, anAuthorizationServer(&components.AuthorizationServerArgs{
		Clients:       []components.ClientArgs{service(), public()},
		LaunchContext: fromArchive(),
		Tags:          pulumi.StringMap{"team": pulumi.String("records")},
	}))
	assertLines(t, "resources", r.names(), []string{
		"aws:cloudwatch/logGroup:LogGroup auth-context-logs",
		"aws:cognito/resourceServer:ResourceServer auth-server-system",
		"aws:cognito/resourceServer:ResourceServer auth-server-user",
		"aws:cognito/userPool:UserPool auth-pool",
		"aws:cognito/userPoolClient:UserPoolClient auth-client-etl",
		"aws:cognito/userPoolClient:UserPoolClient auth-client-phone",
		"aws:cognito/userPoolDomain:UserPoolDomain auth-domain",
		"aws:iam/role:Role auth-context-execution",
		"aws:iam/rolePolicy:RolePolicy auth-context-logging",
		"aws:lambda/alias:Alias auth-context-live",
		"aws:lambda/function:Function auth-context-function",
		"aws:lambda/permission:Permission auth-context-invoke",
		"smartlake:index:AuthorizationServer auth",
		"smartlake:index:LaunchContext auth-context",
		"smartlake:index:UserPoolPermission auth-context",
	})
	assertProtected(t, r, "auth-pool", "auth-domain")
	assertJSON(t, "tags", r.find(t, userPoolType, "auth-pool").Inputs["tags"], `{"team": "records"}`)
	pool := userPoolID("auth-pool", region)
	for output, want := range map[string]string{
		"userPoolId":  pool,
		"userPoolArn": "arn:aws:cognito-idp:us-east-1:" + account + ":userpool/" + pool,
		"issuer":      "https://cognito-idp.us-east-1.amazonaws.com/" + pool,
	} {
		if got := r.output(output).value; got != want {
			t.Errorf("%s: got %v, want %s", output, got, want)
		}
	}
	if secrets := r.output("clientSecrets"); !secrets.secret {
		t.Error("clientSecrets: want a Pulumi secret")
	}
}

func TestAnAuthorizationServerAloneRefusesTheSame(t *testing.T) {
	for what, c := range map[string]struct {
		args *components.AuthorizationServerArgs
		want string
	}{
		"nothing": {nil, `clients: missing; add at least one client; only clients can get tokens`},
		"several": {&components.AuthorizationServerArgs{
			Clients:               []components.ClientArgs{service()},
			AuthorizationStrategy: "AWS_AUTH",
			DomainPrefix:          "Clinic",
			UserPool:              &components.UserPoolArgs{MFA: "on"},
			TestUsers:             []components.TestUserArgs{{Username: "ann", Email: "ann@example.org"}},
		}, strings.Join([]string{
			`authorizationStrategy: "AWS_AUTH": must be SMART_ON_FHIR (v1 and v2 scopes) or SMART_ON_FHIR_V1; other datastores accept no tokens`,
			`domainPrefix: "Clinic": must be 1 to 63 lower-case letters, digits and -, with no - at either end`,
			`testUsers[0].password: missing; set it to a password, as a Pulumi secret`,
			`userPool.mfa: "on": must be one of OFF, OPTIONAL, ON`,
		}, "\n")},
	} {
		t.Run(what, func(t *testing.T) {
			assertRefusal(t, anAuthorizationServer(c.args), `AuthorizationServer "auth": `+c.want)
		})
	}
}

// tokenValidatorArgs are those of a validator for some other authorization server.
func tokenValidatorArgs() *components.TokenValidatorArgs {
	return &components.TokenValidatorArgs{
		Issuers:  pulumi.ToStringArray([]string{"https://z.example.org", "https://a.example.org"}),
		JWKSURI:  pulumi.String("https://a.example.org/keys"),
		Clients:  []components.AcceptedClientArgs{{ID: pulumi.String("two")}, {ID: pulumi.String("one")}},
		Function: &components.FunctionArgs{Archive: fixtureArchive},
	}
}

// aTokenValidator is a program of one [components.TokenValidator], perhaps with a
// datastore that is already there.
func aTokenValidator(args *components.TokenValidatorArgs, datastore string, key pulumi.StringInput) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		validator, err := components.NewTokenValidator(ctx, "judge", args)
		if err != nil {
			return err
		}
		componentstest.Export(ctx, validator)
		if datastore == "" {
			return nil
		}
		_, err = components.NewDatastoreGrant(ctx, "grant", &components.DatastoreGrantArgs{
			DatastoreARN: pulumi.String(datastore), KMSKeyARN: key,
			ReadRoleName: validator.ReadRoleName, WriteRoleName: validator.WriteRoleName, ExportRoleName: validator.ExportRoleName,
		})
		return err
	}
}

func TestATokenValidatorStandsAloneAndCanDoNothingYet(t *testing.T) {
	r := mustRun(t, aTokenValidator(tokenValidatorArgs(), "", nil))
	assertLines(t, "resources", r.names(), []string{
		"aws:cloudwatch/logGroup:LogGroup judge-logs",
		"aws:iam/role:Role judge-execution",
		"aws:iam/role:Role judge-export",
		"aws:iam/role:Role judge-read",
		"aws:iam/role:Role judge-write",
		"aws:iam/rolePolicy:RolePolicy judge-logging",
		"aws:lambda/alias:Alias judge-live",
		"aws:lambda/function:Function judge-function",
		"aws:lambda/permission:Permission judge-invoke",
		"smartlake:index:TokenValidator judge",
	})
	assertJSON(t, "environment", r.find(t, functionType, "judge-function").Inputs["environment"], fill(`{"variables": {
		"ISSUERS": "https://a.example.org,https://z.example.org",
		"JWKS_URI": "https://a.example.org/keys",
		"CLIENTS": "[{\"ids\":[\"one\",\"two\"],\"fhirUserTypes\":[\"Practitioner\"]}]",
		"AUTHORIZATION_STRATEGY": "SMART_ON_FHIR",
		"READ_ROLE_ARN": "$READ",
		"WRITE_ROLE_ARN": "$WRITE",
		"EXPORT_ROLE_ARN": "$EXPORT",
		"LOG_LEVEL": "info"
	}}`, "$READ", roleARN("judge-read", region), "$WRITE", roleARN("judge-write", region),
		"$EXPORT", roleARN("judge-export", region)))
	for output, want := range map[string]string{
		"functionArn":  "arn:aws:lambda:us-east-1:" + account + ":function:" + physicalName("judge-function") + ":live",
		"functionName": physicalName("judge-function"),
		"logGroupName": physicalName("judge-logs"),
		"logGroupArn":  "arn:aws:logs:us-east-1:" + account + ":log-group:" + physicalName("judge-logs"),
		"readRoleArn":  roleARN("judge-read", region),
		"readRoleName": physicalName("judge-read"),

		"executionRoleArn":  roleARN("judge-execution", region),
		"executionRoleName": physicalName("judge-execution"),
		"writeRoleArn":      roleARN("judge-write", region),

		"exportRoleArn": roleARN("judge-export", region),
	} {
		if got := r.output(output).value; got != want {
			t.Errorf("%s: got %v, want %s", output, got, want)
		}
	}
}

func TestAGrantLetsAValidatorsRolesActOnThatDatastoreOnly(t *testing.T) {
	const datastore = "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef"
	for what, c := range map[string]struct {
		key        pulumi.StringInput
		statements []string
	}{
		"AWS owns the key":     {nil, nil},
		"the customer owns it": {pulumi.String(givenKey), []string{keyAccess}},
	} {
		t.Run(what, func(t *testing.T) {
			r := mustRun(t, aTokenValidator(tokenValidatorArgs(), datastore, c.key))
			for role, access := range map[string]string{"read": readAccess, "write": writeAccess, "export": exportAccess} {
				policy := r.find(t, rolePolicyType, "grant-"+role)
				assertPolicy(t, policy, "judge-"+role, fill(
					`{"Version": "2012-10-17", "Statement": [`+strings.Join(append([]string{access}, c.statements...), ",")+`]}`,
					"$DATASTORE", datastore, "$KEY", givenKey))
				if parent := r.find(t, datastoreGrantType, "grant"); policy.GetParent() != parent.URN {
					t.Errorf("grant-%s: its parent is %s, want %s", role, policy.GetParent(), parent.URN)
				}
			}
			if got := len(r.of(rolePolicyType)); got != 4 {
				t.Errorf("got %d role policies, want 4: logging, read, write, export", got)
			}
		})
	}
}

func TestATokenValidatorAloneRefusesWhatItCannotJudgeBy(t *testing.T) {
	const (
		noIssuers = "issuers: missing; add at least one issuer, as tokens have it in iss"
		noKeySet  = "jwksUri: missing; set it to the https URL of the issuer's key set"
		noClients = "clients: missing; add at least one client"
	)
	for what, c := range map[string]struct {
		edit func(*components.TokenValidatorArgs)
		want string
	}{
		"no issuers": {func(a *components.TokenValidatorArgs) { a.Issuers = nil }, noIssuers},
		"no key set": {func(a *components.TokenValidatorArgs) { a.JWKSURI = nil }, noKeySet},
		"no clients": {func(a *components.TokenValidatorArgs) { a.Clients = nil }, noClients},
		"another strategy": {func(a *components.TokenValidatorArgs) {
			a.AuthorizationStrategy = smart.AuthorizationStrategy("AWS_AUTH")
		},
			`authorizationStrategy: "AWS_AUTH": must be SMART_ON_FHIR (v1 and v2 scopes) or SMART_ON_FHIR_V1; other datastores accept no tokens`},
		"another processor": {func(a *components.TokenValidatorArgs) { a.Function.Architecture = "riscv" },
			`function.architecture: "riscv": must be one of arm64, x86_64`},
		"nothing": {func(a *components.TokenValidatorArgs) { *a = components.TokenValidatorArgs{} },
			noIssuers + "\n" + noKeySet + "\n" + noClients},
	} {
		t.Run(what, func(t *testing.T) {
			args := tokenValidatorArgs()
			c.edit(args)
			assertRefusal(t, aTokenValidator(args, "", nil), `TokenValidator "judge": `+c.want)
		})
	}
	t.Run("no arguments", func(t *testing.T) {
		assertRefusal(t, aTokenValidator(nil, "", nil),
			`TokenValidator "judge": `+noIssuers+"\n"+noKeySet+"\n"+noClients)
	})
}
