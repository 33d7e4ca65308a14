package tests_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

// article asks for what the Terraform that this product replaces declares: a v1
// datastore with synthetic patients, one backend client and a test user, nothing
// protected. The client's scopes of patients are refused; see
// TestTheArticlesClientAsksForNoPatient.
var article = components.SmartDatastoreArgs{
	Clients: []components.ClientArgs{{
		Name: "my-cognito-client", Kind: components.ServiceClient,
		Scopes: []string{"system/*.*"},
	}},
	TestUsers:             []components.TestUserArgs{{Username: "test", Email: "test@test.com", Password: pulumi.String("Password1234!")}},
	DomainPrefix:          "smart-fhir-test",
	DatastoreName:         "my-fhir-datastore",
	PreloadSynthea:        true,
	AuthorizationStrategy: smart.SMARTOnFHIRV1,
	Function:              &components.FunctionArgs{Architecture: "x86_64"},
	Protect:               pulumi.BoolRef(false),
}

func TestEveryResourceOfTheArticleHasItsCounterpart(t *testing.T) {
	r := build(t, article)
	for _, c := range []struct{ terraform, typ, name string }{
		{"awscc_healthlake_fhir_datastore.this", declared.Datastore, "ehr-datastore"},
		{"aws_cognito_user_pool.main", declared.UserPool, "ehr-auth-pool"},
		{"aws_cognito_user_pool_domain.this", declared.UserPoolDomain, "ehr-auth-domain"},
		{"aws_cognito_resource_server.system", declared.ResourceServer, "ehr-auth-server-system"},
		{"aws_cognito_user_pool_client.client", declared.UserPoolClient, "ehr-auth-client-my-cognito-client"},
		{"aws_cognito_user.test_user", declared.User, "ehr-auth-user-test"},
		{"aws_lambda_function.token_validator", declared.Function, "ehr-validator-function"},
		{"aws_lambda_permission.healthlake", declared.Permission, "ehr-validator-invoke"},
		{"aws_iam_role.lambda_role", declared.Role, "ehr-validator-execution"},
		{"aws_iam_role.healthlake_service_role, for tokens that write", declared.Role, "ehr-validator-write"},
		{"aws_iam_role.healthlake_service_role, for tokens that read", declared.Role, "ehr-validator-read"},
		{"aws_iam_role.healthlake_service_role, for exports", declared.Role, "ehr-validator-export"},
		{"aws_iam_role_policy_attachment.healthlake_policy, narrowed", declared.RolePolicy, "ehr-grant-export"},
		{"aws_iam_role_policy_attachment.healthlake_policy, narrowed", declared.RolePolicy, "ehr-grant-write"},
		{"aws_iam_role_policy_attachment.healthlake_policy, narrowed", declared.RolePolicy, "ehr-grant-read"},
		{"aws_iam_role_policy_attachment.lambda_basic, narrowed", declared.RolePolicy, "ehr-validator-logging"},
	} {
		t.Run(c.terraform, func(t *testing.T) { find(t, r, c.typ, c.name) })
	}
}

func TestWhatTheArticleNeedsNotIsLeftOut(t *testing.T) {
	// aws_iam_role_policy.cognito_access has no counterpart: the validator asks
	// Cognito for nothing but the public key set.
	r := build(t, article)
	if got := len(r.Resources(declared.RolePolicy)); got != 4 {
		t.Errorf("got %d role policies, want 4: logging, read, write, export", got)
	}
	for _, one := range r.Resources() {
		if one.GetProtect() {
			t.Errorf("%s is protected", one.GetName())
		}
	}
}

// aws_cognito_resource_server.launch and .patient have no counterpart: the one client of
// the article is a service, for which no scope of them would ever count.
func TestTheArticlesClientAsksForNoPatient(t *testing.T) {
	args := article
	args.Clients = []components.ClientArgs{{
		Name: "my-cognito-client", Kind: components.ServiceClient, Scopes: []string{"launch/patient", "system/*.*", "patient/*.read"},
	}}
	err := componentstest.NewCloud().Run(func(ctx *pulumi.Context) error {
		_, err := components.NewSmartDatastore(ctx, "ehr", &args)
		return err
	})
	const why = "a service has no user and no patient; use system/ scopes, or a client of kind confidential or public"
	want := `SmartDatastore "ehr": clients[0].scopes[0]: "launch/patient": ` + why + "\n" + `clients[0].scopes[2]: "patient/*.read": ` + why
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestTheArticlesDatastoreIsTheSameButForWhatItGotWrong(t *testing.T) {
	r := build(t, article)
	inputs := find(t, r, declared.Datastore, "ehr-datastore").Inputs
	provider := inputs["identityProviderConfiguration"].(map[string]any)
	var metadata any
	if err := json.Unmarshal([]byte(provider["metadata"].(string)), &metadata); err != nil {
		t.Fatal(err)
	}
	provider["metadata"] = metadata
	expect.JSON(t, "datastore", inputs, strings.NewReplacer(
		"$FUNCTION", find(t, r, declared.Function, "ehr-validator-function").ID, "$POOL", find(t, r, declared.UserPool, "ehr-auth-pool").ID,
		"$HOST", "https://smart-fhir-test.auth.us-east-1.amazoncognito.com",
	).Replace(`{
		"datastoreName": "my-fhir-datastore",
		"datastoreTypeVersion": "R4",
		"preloadDataConfig": {"preloadDataType": "SYNTHEA"},
		"sseConfiguration": {"kmsEncryptionConfig": {"cmkType": "AWS_OWNED_KMS_KEY"}},
		"identityProviderConfiguration": {
			"authorizationStrategy": "SMART_ON_FHIR_V1",
			"fineGrainedAuthorizationEnabled": true,
			"idpLambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:$FUNCTION:live",
			"metadata": {
				"authorization_endpoint": "$HOST/oauth2/authorize",
				"token_endpoint": "$HOST/oauth2/token",
				"revocation_endpoint": "$HOST/oauth2/revoke",
				"jwks_uri": "https://cognito-idp.us-east-1.amazonaws.com/$POOL/.well-known/jwks.json",
				"grant_types_supported": ["client_credentials"],
				"scopes_supported": ["system/*.*"],
				"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
				"code_challenge_methods_supported": ["S256"],
				"capabilities": ["client-confidential-symmetric", "permission-v1"]
			}
		}
	}`))
}

func TestTheArticlesOutputsAreThere(t *testing.T) {
	r := build(t, article)
	const host = "https://smart-fhir-test.auth.us-east-1.amazoncognito.com"
	pool := find(t, r, declared.UserPool, "ehr-auth-pool").ID
	client := find(t, r, declared.UserPoolClient, "ehr-auth-client-my-cognito-client")
	datastore := find(t, r, declared.Datastore, "ehr-datastore").ID
	want := map[string]any{
		"scopes": map[string]any{ // cognito_scopes
			"system": []any{"system/*.*"},
		},
		"authorizationEndpoint": host + "/oauth2/authorize", // cognito_oauth_endpoints
		"tokenEndpoint":         host + "/oauth2/token",
		"userInfoEndpoint":      host + "/oauth2/userInfo",
		"jwksUri":               "https://cognito-idp.us-east-1.amazonaws.com/" + pool + "/.well-known/jwks.json",
		"hostedDomain":          host,                                           // cognito_domain
		"clientIds":             map[string]any{"my-cognito-client": client.ID}, // cognito_client_credentials
		"clientSecrets":         map[string]any{"my-cognito-client": client.Outputs["clientSecret"].(map[string]any)["secret"]},
		"datastoreEndpoint":     "https://healthlake.us-east-1.amazonaws.com/datastore/" + datastore + "/r4/",
		"datastoreArn":          "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/" + datastore,
		"datastoreId":           datastore,
	}
	for output, value := range want {
		expect.JSON(t, output, r.Outputs()[output].Value, expect.Indented(t, value))
	}
}
