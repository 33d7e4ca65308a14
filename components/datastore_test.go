package components_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
)

const datastoreName = name + "-datastore"

// discoveryDocument is the baseline's, byte for byte: a difference in bytes alone
// would replace the datastore.
func discoveryDocument() string {
	return fill(`{"authorization_endpoint":"$HOST/oauth2/authorize",`+
		`"capabilities":["client-confidential-symmetric","client-public","launch-standalone",`+
		`"permission-patient","permission-user","permission-v1","permission-v2","permission-v2.2"],`+
		`"code_challenge_methods_supported":["S256"],`+
		`"grant_types_supported":["authorization_code","client_credentials"],`+
		`"jwks_uri":"$ISSUER/.well-known/jwks.json",`+
		`"response_types_supported":["code"],"revocation_endpoint":"$HOST/oauth2/revoke",`+
		`"scopes_supported":["launch/patient","openid","patient/*.rs","system/*.read","user/Observation.rs"],`+
		`"token_endpoint":"$HOST/oauth2/token",`+
		`"token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]}`,
		"$HOST", "https://"+derivedPrefix+".auth.us-east-1.amazoncognito.com",
		"$ISSUER", "https://cognito-idp.us-east-1.amazonaws.com/"+userPoolID(poolName, region))
}

func TestTheDatastoreAsksTheValidatorAndPublishesWhatIsTrue(t *testing.T) {
	r := build(t, nil)
	inputs := r.find(t, datastoreType, datastoreName).Inputs
	provider := inputs["identityProviderConfiguration"].(map[string]any)
	if got := provider["metadata"]; got != discoveryDocument() {
		t.Errorf("metadata:\n got %v\nwant %s", got, discoveryDocument())
	}
	if got := r.output("discoveryDocument").value; got != discoveryDocument() {
		t.Errorf("discoveryDocument: got %v", got)
	}
	delete(provider, "metadata")
	assertJSON(t, "datastore", inputs, fill(`{
		"datastoreName": "ehr-test",
		"datastoreTypeVersion": "R4",
		"sseConfiguration": {"kmsEncryptionConfig": {"cmkType": "AWS_OWNED_KMS_KEY"}},
		"identityProviderConfiguration": {
			"authorizationStrategy": "SMART_ON_FHIR",
			"fineGrainedAuthorizationEnabled": true,
			"idpLambdaArn": "arn:aws:lambda:us-east-1:$ACCOUNT:function:$FUNCTION:live"
		}
	}`, "$ACCOUNT", account, "$FUNCTION", physicalName(functionName)))
}

func TestEverySettingOfTheDatastoreCanBeChangedAndChangesNothingElse(t *testing.T) {
	v1 := func(a *components.SmartDatastoreArgs) {
		a.Clients[1].Scopes, a.Clients[2].Scopes = []string{"patient/*.read"}, []string{"user/*.read"}
	}
	for _, c := range []struct {
		setting string
		before  func(*components.SmartDatastoreArgs)
		after   func(*components.SmartDatastoreArgs)
		in      string
		changed string
	}{
		{"datastoreName", nil, func(a *components.SmartDatastoreArgs) { a.DatastoreName = "Ward 7/records" },
			"", `{"datastoreName": "Ward 7/records"}`},
		{"preloadSynthea", nil, func(a *components.SmartDatastoreArgs) { a.PreloadSynthea = true },
			"", `{"preloadDataConfig": {"preloadDataType": "SYNTHEA"}}`},
		{"fineGrainedAuthorization", nil, func(a *components.SmartDatastoreArgs) { a.FineGrainedAuthorization = pulumi.BoolRef(false) },
			"identityProviderConfiguration", `{"fineGrainedAuthorizationEnabled": false}`},
		{"authorizationStrategy", v1, func(a *components.SmartDatastoreArgs) { v1(a); a.AuthorizationStrategy = smart.SMARTOnFHIRV1 },
			"identityProviderConfiguration", `{"authorizationStrategy": "SMART_ON_FHIR_V1", "metadata": $WITHOUT_V2}`},
	} {
		t.Run(c.setting, func(t *testing.T) {
			before := build(t, c.before).find(t, datastoreType, datastoreName).Inputs
			after := build(t, c.after).find(t, datastoreType, datastoreName).Inputs
			changed := c.changed
			if c.in != "" {
				provider := before[c.in].(map[string]any)
				withoutV2 := strings.Replace(provider["metadata"].(string), `,"permission-v2","permission-v2.2"`, "", 1)
				changed = `{"` + c.in + `": ` + overlaid(t, provider, fill(changed, "$WITHOUT_V2", indented(t, withoutV2))) + `}`
			}
			assertJSON(t, "datastore", after, overlaid(t, before, changed))
		})
	}
}

func TestTheDiscoveryDocumentFollowsFromTheClients(t *testing.T) {
	for _, c := range []struct {
		what         string
		clients      []components.ClientArgs
		grants       string
		capabilities string
		scopes       string
	}{
		{"a service", []components.ClientArgs{service()},
			`["client_credentials"]`, `["client-confidential-symmetric","permission-v1","permission-v2","permission-v2.2"]`, `["system/*.read"]`},
		{"a confidential client", []components.ClientArgs{confidential()},
			`["authorization_code"]`, `["client-confidential-symmetric","launch-standalone","permission-patient","permission-v1","permission-v2","permission-v2.2"]`,
			`["launch/patient","openid","patient/*.rs"]`},
		{"a public client", []components.ClientArgs{public()},
			`["authorization_code"]`, `["client-public","launch-standalone","permission-user","permission-v1","permission-v2","permission-v2.2"]`,
			`["openid","user/Observation.rs"]`},
		{"a client that asks for its patient alone", []components.ClientArgs{{
			Name: "app", Kind: components.PublicClient, Scopes: []string{"launch/patient", "openid"}, CallbackURLs: pulumi.ToStringArray([]string{"https://app.example.org/callback"}),
		}},
			`["authorization_code"]`, `["client-public","launch-standalone","permission-v1","permission-v2","permission-v2.2"]`, `["launch/patient","openid"]`},
	} {
		r := build(t, func(a *components.SmartDatastoreArgs) { a.Clients = c.clients })
		var document map[string]any
		if err := json.Unmarshal([]byte(r.output("discoveryDocument").value.(string)), &document); err != nil {
			t.Fatal(err)
		}
		assertJSON(t, c.what+": grants", document["grant_types_supported"], c.grants)
		assertJSON(t, c.what+": capabilities", document["capabilities"], c.capabilities)
		assertJSON(t, c.what+": scopes", document["scopes_supported"], c.scopes)
	}
}

func TestTheDiscoveryDocumentClaimsNothingThatCognitoOrThePoolLacks(t *testing.T) {
	document := build(t, nil).output("discoveryDocument").value.(string)
	for _, lie := range []string{
		"registration_endpoint", "introspection_endpoint", "management_endpoint", "implicit", "password", "refresh_token",
		"launch-ehr", "private_key_jwt", "plain", "permission-offline", "context-ehr", "context-standalone", "sso-openid-connect", `"issuer"`,
	} {
		if strings.Contains(document, lie) {
			t.Errorf("the document claims %q", lie)
		}
	}
}
