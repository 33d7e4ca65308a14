package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// theArticles are the resources of an account that was set up with the Terraform of the article
// that docs/explanation/comparison.md speaks of, by their address in Terraform, in an order
// in which they can be created. $ and an address stand for the id of an earlier one, and $$
// for its ARN.
var theArticles = []struct {
	address, typ string
	inputs       map[string]any
}{
	{"aws_cognito_user_pool.main", declared.UserPool, map[string]any{
		"name": "my-cognito-user-pool", "deletionProtection": "INACTIVE", "mfaConfiguration": "OFF",
		"aliasAttributes": []any{"email"}, "autoVerifiedAttributes": []any{"email"},
		"accountRecoverySetting": map[string]any{"recoveryMechanisms": []any{map[string]any{"name": "verified_email", "priority": 1.0}}},
		"adminCreateUserConfig":  map[string]any{"allowAdminCreateUserOnly": true},
		"emailConfiguration":     map[string]any{"emailSendingAccount": "COGNITO_DEFAULT"},
		"passwordPolicy": map[string]any{
			"minimumLength": 8.0, "requireLowercase": true, "requireNumbers": true, "requireSymbols": true, "requireUppercase": true,
			"temporaryPasswordValidityDays": 7.0,
		},
		"schemas": []any{map[string]any{
			"attributeDataType": "String", "developerOnlyAttribute": false, "mutable": true, "name": "email", "required": true,
			"stringAttributeConstraints": map[string]any{"maxLength": "2048", "minLength": "0"},
		}},
		"userAttributeUpdateSettings": map[string]any{"attributesRequireVerificationBeforeUpdates": []any{"email"}},
		"usernameConfiguration":       map[string]any{"caseSensitive": false},
		"userPoolTier":                "ESSENTIALS",
		"verificationMessageTemplate": map[string]any{"defaultEmailOption": "CONFIRM_WITH_CODE"},
	}},
	{"aws_cognito_user_pool_domain.this", declared.UserPoolDomain, map[string]any{"domain": "smart-fhir-test", "userPoolId": "$aws_cognito_user_pool.main"}},
	{"aws_cognito_resource_server.launch", declared.ResourceServer, resourceServer("launch", "patient", "Request patient data")},
	{"aws_cognito_resource_server.system", declared.ResourceServer, resourceServer("system", "*.*", "Full system access")},
	{"aws_cognito_resource_server.patient", declared.ResourceServer, resourceServer("patient", "*.read", "Read patient data")},
	{"aws_cognito_user_pool_client.client", declared.UserPoolClient, map[string]any{
		"name": "my-cognito-client", "userPoolId": "$aws_cognito_user_pool.main", "generateSecret": true,
		"preventUserExistenceErrors": "ENABLED", "allowedOauthFlows": []any{"client_credentials"}, "allowedOauthFlowsUserPoolClient": true,
		"allowedOauthScopes": []any{"launch/patient", "system/*.*", "patient/*.read"},
		"callbackUrls":       []any{"https://localhost"}, "supportedIdentityProviders": []any{"COGNITO"},
		"accessTokenValidity": 60.0, "idTokenValidity": 60.0, "refreshTokenValidity": 60.0,
		"tokenValidityUnits": map[string]any{"accessToken": "minutes", "idToken": "minutes", "refreshToken": "minutes"},
		"readAttributes": []any{
			"address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
			"phone_number", "phone_number_verified", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo",
		},
		"writeAttributes": []any{
			"address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
			"phone_number", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo",
		},
	}},
	{"aws_cognito_user.test_user", declared.User, map[string]any{
		"userPoolId": "$aws_cognito_user_pool.main", "username": "test",
		"attributes": map[string]any{"preferred_username": "testadmin", "email": "test@test.com", "email_verified": "true"},
	}},
	{"aws_iam_role.healthlake_service_role", declared.Role, map[string]any{"name": "my-healthlake-service-role"}},
	{"aws_iam_role_policy_attachment.healthlake_policy", declared.RolePolicyAttachment, map[string]any{
		"role": "$aws_iam_role.healthlake_service_role", "policyArn": "arn:aws:iam::aws:policy/AmazonHealthLakeFullAccess",
	}},
	{"aws_iam_role.lambda_role", declared.Role, map[string]any{"name": "smart-fhir-auth-lambda-role"}},
	{"aws_iam_role_policy_attachment.lambda_basic", declared.RolePolicyAttachment, map[string]any{
		"role": "$aws_iam_role.lambda_role", "policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
	}},
	{"aws_iam_role_policy.cognito_access", declared.RolePolicy, map[string]any{
		"name": "smart-fhir-auth-lambda-cognito-access", "role": "$aws_iam_role.lambda_role", "policy": "{}",
	}},
	{"aws_lambda_function.token_validator", declared.Function, map[string]any{
		"name": "smart-fhir-auth-lambda", "role": "$$aws_iam_role.lambda_role", "handler": "lambda_function.lambda_handler", "runtime": "python3.11",
		"environment": map[string]any{"variables": map[string]any{
			"CLIENT_ID": "$aws_cognito_user_pool_client.client", "USER_POOL_ID": "$aws_cognito_user_pool.main",
			"USER_ROLE_ARN": "$$aws_iam_role.healthlake_service_role",
		}},
	}},
	{"aws_lambda_permission.healthlake", declared.Permission, map[string]any{
		"name": "healthlake", "action": "lambda:InvokeFunction", "function": "smart-fhir-auth-lambda", "principal": "healthlake.amazonaws.com",
	}},
	{"awscc_healthlake_fhir_datastore.this", declared.Datastore, map[string]any{
		"datastoreName": "my-fhir-datastore", "datastoreTypeVersion": "R4",
		"preloadDataConfig": map[string]any{"preloadDataType": "SYNTHEA"},
		"sseConfiguration":  map[string]any{"kmsEncryptionConfig": map[string]any{"cmkType": "AWS_OWNED_KMS_KEY"}},
		"identityProviderConfiguration": map[string]any{
			"authorizationStrategy": "SMART_ON_FHIR_V1", "fineGrainedAuthorizationEnabled": true,
			"idpLambdaArn": "$$aws_lambda_function.token_validator",
			"metadata":     `{"issuer":"https://smart-fhir-test.auth.us-east-1.amazoncognito.com","grant_types_supported":["implicit","client_credentials"]}`,
		},
	}},
}

func resourceServer(identifier, scope, description string) map[string]any {
	return map[string]any{
		"identifier": identifier, "name": identifier, "userPoolId": "$aws_cognito_user_pool.main",
		"scopes": []any{map[string]any{"scopeName": scope, "scopeDescription": description}},
	}
}

// setUpAsInTheArticle creates the article's resources, and returns their ids by address.
func (a *account) setUpAsInTheArticle(t *testing.T) map[string]resource.ID {
	t.Helper()
	ids, arns := map[string]resource.ID{}, map[string]string{}
	for _, one := range theArticles {
		inputs := resource.NewPropertyMapFromMap(referring(one.inputs, ids, arns).(map[string]any))
		text, outputs, err := a.shapes.NewResource(pulumi.MockResourceArgs{TypeToken: one.typ, Name: one.address, Inputs: inputs, Custom: true})
		if err != nil {
			t.Fatal(err)
		}
		ids[one.address] = resource.ID(text)
		if arn := outputs["arn"]; arn.IsString() {
			arns[one.address] = arn.StringValue()
		}
		a.things[resource.ID(text)] = thing{one.typ, one.address, inputs, outputs}
	}
	if len(a.things) != len(theArticles) {
		t.Fatalf("%d resources live, want %d with an id of their own", len(a.things), len(theArticles))
	}
	return ids
}

// referring puts ids and ARNs in the place of addresses.
func referring(value any, ids map[string]resource.ID, arns map[string]string) any {
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, member := range value {
			all[key] = referring(member, ids, arns)
		}
		return all
	case string:
		for address, id := range ids {
			switch value {
			case "$" + address:
				return string(id)
			case "$$" + address:
				return arns[address]
			}
		}
	}
	return value
}

// terraform is the state of the article's Terraform: which addresses it manages, and with which ids.
type terraform struct {
	account *account
	managed map[string]resource.ID
}

// command is what is typed. "terraform state pull" has nothing that a test needs.
func (t terraform) command(typed typed) (string, error) {
	switch words := typed.Words[1:]; strings.Join(words[:min(2, len(words))], " ") {
	case "state pull":
		return "{}\n", nil
	case "state list":
		return strings.Join(t.list(), "\n") + "\n", nil
	case "state rm":
		return "", t.forget(words[2:])
	case "destroy":
		return "", t.destroy()
	}
	return "", fmt.Errorf("%q: say in this test what it does", typed.Words)
}

// list is what "terraform state list" prints, sorted.
func (t terraform) list() []string {
	var addresses []string
	for address := range t.managed {
		addresses = append(addresses, address)
	}
	slices.Sort(addresses)
	return addresses
}

// forget is "terraform state rm".
func (t terraform) forget(addresses []string) error {
	for _, address := range addresses {
		if _, ok := t.managed[address]; !ok {
			return fmt.Errorf("no matching resource instance: %s", address)
		}
		delete(t.managed, address)
	}
	return nil
}

// destroy is "terraform destroy": the reverse of the order of creation.
func (t terraform) destroy() error {
	for _, one := range slices.Backward(theArticles) {
		id, ok := t.managed[one.address]
		if !ok {
			continue
		}
		if err := t.account.takeAway(id, one.address); err != nil {
			return err
		}
		delete(t.managed, one.address)
	}
	return nil
}
