package tests_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// article asks for what the Terraform that this product replaces declares: a v1
// datastore with synthetic patients, one backend client and a test user, nothing
// protected.
func article(a *components.SmartDatastoreArgs) {
	a.Clients = []components.ClientArgs{{
		Name: "my-cognito-client", Kind: components.ServiceClient,
		Scopes: []string{"launch/patient", "system/*.*", "patient/*.read"},
	}}
	a.TestUsers = []components.TestUserArgs{{Username: "test", Email: "test@test.com", Password: pulumi.String("Password1234!")}}
	a.DomainPrefix = "smart-fhir-test"
	a.DatastoreName = "my-fhir-datastore"
	a.PreloadSynthea = true
	a.AuthorizationStrategy = smart.SMARTOnFHIRV1
	a.Function.Architecture = "x86_64"
	a.Protect = pulumi.BoolRef(false)
}

func TestEveryResourceOfTheArticleHasItsCounterpart(t *testing.T) {
	r := build(t, article)
	for _, c := range []struct{ terraform, typ, name string }{
		{"awscc_healthlake_fhir_datastore.this", datastoreType, "ehr-datastore"},
		{"aws_cognito_user_pool.main", userPoolType, "ehr-auth-pool"},
		{"aws_cognito_user_pool_domain.this", domainType, "ehr-auth-domain"},
		{"aws_cognito_resource_server.launch", resourceServerType, "ehr-auth-server-launch"},
		{"aws_cognito_resource_server.system", resourceServerType, "ehr-auth-server-system"},
		{"aws_cognito_resource_server.patient", resourceServerType, "ehr-auth-server-patient"},
		{"aws_cognito_user_pool_client.client", clientType, "ehr-auth-client-my-cognito-client"},
		{"aws_cognito_user.test_user", userType, "ehr-auth-user-test"},
		{"aws_lambda_function.token_validator", functionType, "ehr-validator-function"},
		{"aws_lambda_permission.healthlake", permissionType, "ehr-validator-invoke"},
		{"aws_iam_role.lambda_role", roleType, "ehr-validator-execution"},
		{"aws_iam_role.healthlake_service_role, for tokens that write", roleType, "ehr-validator-write"},
		{"aws_iam_role.healthlake_service_role, for tokens that read", roleType, "ehr-validator-read"},
		{"aws_iam_role.healthlake_service_role, for exports", roleType, "ehr-validator-export"},
		{"aws_iam_role_policy_attachment.healthlake_policy, narrowed", rolePolicyType, "ehr-grant-export"},
		{"aws_iam_role_policy_attachment.healthlake_policy, narrowed", rolePolicyType, "ehr-grant-write"},
		{"aws_iam_role_policy_attachment.healthlake_policy, narrowed", rolePolicyType, "ehr-grant-read"},
		{"aws_iam_role_policy_attachment.lambda_basic, narrowed", rolePolicyType, "ehr-validator-logging"},
	} {
		t.Run(c.terraform, func(t *testing.T) { r.find(t, c.typ, c.name) })
	}
}

func TestWhatTheArticleNeedsNotIsLeftOut(t *testing.T) {
	// aws_iam_role_policy.cognito_access has no counterpart: the validator asks
	// Cognito for nothing but the public key set.
	r := build(t, article)
	if got := len(r.of(rolePolicyType)); got != 4 {
		t.Errorf("got %d role policies, want 4: logging, read, write, export", got)
	}
	assertProtected(t, r)
}

func TestTheArticlesDatastoreIsTheSameButForWhatItGotWrong(t *testing.T) {
	inputs := build(t, article).find(t, datastoreType, datastoreName).Inputs
	provider := inputs["identityProviderConfiguration"].(map[string]any)
	provider["metadata"] = decoded(t, provider["metadata"])
	assertJSON(t, "datastore", inputs, fill(`{
		"datastoreName": "my-fhir-datastore",
		"datastoreTypeVersion": "R4",
		"preloadDataConfig": {"preloadDataType": "SYNTHEA"},
		"sseConfiguration": {"kmsEncryptionConfig": {"cmkType": "AWS_OWNED_KMS_KEY"}},
		"identityProviderConfiguration": {
			"authorizationStrategy": "SMART_ON_FHIR_V1",
			"fineGrainedAuthorizationEnabled": true,
			"idpLambdaArn": "arn:aws:lambda:us-east-1:$ACCOUNT:function:$FUNCTION:live",
			"metadata": {
				"authorization_endpoint": "$HOST/oauth2/authorize",
				"token_endpoint": "$HOST/oauth2/token",
				"revocation_endpoint": "$HOST/oauth2/revoke",
				"jwks_uri": "https://cognito-idp.us-east-1.amazonaws.com/$POOL/.well-known/jwks.json",
				"grant_types_supported": ["client_credentials"],
				"scopes_supported": ["launch/patient", "patient/*.read", "system/*.*"],
				"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
				"code_challenge_methods_supported": ["S256"],
				"capabilities": ["client-confidential-symmetric", "permission-v1"]
			}
		}
	}`, "$ACCOUNT", account, "$FUNCTION", physicalName(functionName), "$POOL", userPoolID(poolName, region),
		"$HOST", "https://smart-fhir-test.auth.us-east-1.amazoncognito.com"))
}

func TestTheArticlesOutputsAreThere(t *testing.T) {
	r := build(t, article)
	const host = "https://smart-fhir-test.auth.us-east-1.amazoncognito.com"
	pool := userPoolID(poolName, region)
	want := map[string]any{
		"scopes": map[string]any{ // cognito_scopes
			"launch": []any{"launch/patient"}, "patient": []any{"patient/*.read"}, "system": []any{"system/*.*"},
		},
		"authorizationEndpoint": host + "/oauth2/authorize", // cognito_oauth_endpoints
		"tokenEndpoint":         host + "/oauth2/token",
		"userInfoEndpoint":      host + "/oauth2/userInfo",
		"jwksUri":               "https://cognito-idp.us-east-1.amazonaws.com/" + pool + "/.well-known/jwks.json",
		"hostedDomain":          host,                                                                               // cognito_domain
		"clientIds":             map[string]any{"my-cognito-client": clientID("ehr-auth-client-my-cognito-client")}, // cognito_client_credentials
		"clientSecrets":         map[string]any{"my-cognito-client": "secret-of-ehr-auth-client-my-cognito-client"},
		"datastoreEndpoint":     "https://healthlake.us-east-1.amazonaws.com/datastore/" + digest(datastoreName)[:32] + "/r4/",
		"datastoreArn":          r.arn("healthlake", "datastore/fhir/"+digest(datastoreName)[:32]),
		"datastoreId":           digest(datastoreName)[:32],
	}
	for output, value := range want {
		assertJSON(t, output, r.output(output).value, indented(t, value))
	}
}
