package components_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// crowd has several clients of each kind.
func crowd(a *components.SmartDatastoreArgs) {
	var clients []components.ClientArgs
	for _, one := range baseline().Clients {
		for _, suffix := range []string{"-a", "-b"} {
			client := one
			client.Name += suffix
			clients = append(clients, client)
		}
	}
	clients[1].Scopes = []string{"system/*.read", "system/Patient.rs"}
	clients[3].Scopes = []string{"openid", "user/Observation.rs"}
	a.Clients = clients
}

func TestSeveralClientsOfAKindShareTheirScopesAndNothingElse(t *testing.T) {
	r := build(t, crowd)
	ofCognito := slices.DeleteFunc(r.names(), func(name string) bool { return !strings.HasPrefix(name, "aws:cognito/") })
	assertLines(t, "Cognito", ofCognito, []string{
		"aws:cognito/resourceServer:ResourceServer ehr-auth-server-launch",
		"aws:cognito/resourceServer:ResourceServer ehr-auth-server-patient",
		"aws:cognito/resourceServer:ResourceServer ehr-auth-server-system",
		"aws:cognito/resourceServer:ResourceServer ehr-auth-server-user",
		"aws:cognito/userPool:UserPool ehr-auth-pool",
		"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-etl-a",
		"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-etl-b",
		"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-phone-a",
		"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-phone-b",
		"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-portal-a",
		"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-portal-b",
		"aws:cognito/userPoolDomain:UserPoolDomain ehr-auth-domain",
	})
	assertJSON(t, "scopes", r.output("scopes").value, `{
		"launch": ["launch/patient"], "patient": ["patient/*.rs"], "system": ["system/*.read", "system/Patient.rs"], "user": ["user/Observation.rs"]
	}`)
	for client, want := range map[string]string{
		"etl-a":    `["system/*.read"]`,
		"etl-b":    `["system/*.read", "system/Patient.rs"]`,
		"portal-a": `["openid", "launch/patient", "patient/*.rs"]`,
		"portal-b": `["openid", "user/Observation.rs"]`,
		"phone-a":  `["openid", "user/Observation.rs"]`,
		"phone-b":  `["openid", "user/Observation.rs"]`,
	} {
		assertJSON(t, client, r.find(t, clientType, "ehr-auth-client-"+client).Inputs["allowedOauthScopes"], want)
	}
	ids := map[string]string{}
	for _, client := range []string{"etl-a", "etl-b", "portal-a", "portal-b", "phone-a", "phone-b"} {
		ids[client] = clientID("ehr-auth-client-" + client)
	}
	assertJSON(t, "clientIds", r.output("clientIds").value, indented(t, ids))
	assertJSON(t, "clientSecrets", r.output("clientSecrets").value, `{
		"etl-a": "secret-of-ehr-auth-client-etl-a", "etl-b": "secret-of-ehr-auth-client-etl-b",
		"portal-a": "secret-of-ehr-auth-client-portal-a", "portal-b": "secret-of-ehr-auth-client-portal-b"
	}`)
	variables := r.find(t, functionType, functionName).Inputs["environment"].(map[string]any)["variables"].(map[string]any)
	known, err := validator.ParseClients(variables["CLIENTS"].(string))
	if err != nil || len(known) != 6 {
		t.Errorf("the validator knows %d clients, want 6 (error %v)", len(known), err)
	}
}

func TestNoGroupIsDeclaredUnlessOneIsNamed(t *testing.T) {
	for what, edit := range map[string]func(*components.SmartDatastoreArgs){"everything": full, "identity providers": withProviders} {
		for _, one := range build(t, edit).names() {
			if strings.Contains(one, "Group ") && !strings.Contains(one, "LogGroup ") || strings.Contains(one, "UserInGroup") {
				t.Errorf("%s: %s", what, one)
			}
		}
	}
}

// writing is the baseline with what a client may write.
func writing(client int, attributes ...string) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) { a.Clients[client].WriteAttributes = attributes }
}

func reading(client int, attributes ...string) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) { a.Clients[client].ReadAttributes = attributes }
}

func TestWhatAClientMayReadAndWriteOfItsUsersIsItsOwn(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		reading(1, "name", "email", "custom:patient")(a)
		writing(2, "name")(a)
	})
	defaults := build(t, nil)
	for client, changed := range map[string]string{
		"etl":    `{}`,
		"portal": `{"readAttributes": ["custom:patient", "email", "name"]}`,
		"phone":  `{"writeAttributes": ["name"]}`,
	} {
		typical := defaults.find(t, clientType, "ehr-auth-client-"+client).Inputs
		assertJSON(t, client, r.find(t, clientType, "ehr-auth-client-"+client).Inputs, overlaid(t, typical, changed))
	}
}

// SMART apps from before the claim fhirUser read profile as the user's FHIR resource.
func TestWhereStrangersSignUpNoClientWritesProfileUnlessToldTo(t *testing.T) {
	defaults := build(t, nil)
	signUp := func(a *components.SmartDatastoreArgs) { a.UserPool.SelfSignUp = true }
	told := build(t, func(a *components.SmartDatastoreArgs) { signUp(a); writing(1, "email", "profile")(a) })
	const others = `"address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name",
		"nickname", "phone_number", "picture", "preferred_username", "updated_at", "website", "zoneinfo"`
	for client, toldTo := range map[string]string{"etl": others, "portal": `"email", "profile"`, "phone": others} {
		typical := defaults.find(t, clientType, "ehr-auth-client-"+client).Inputs
		without := build(t, signUp).find(t, clientType, "ehr-auth-client-"+client).Inputs
		assertJSON(t, client, without, overlaid(t, typical, `{"writeAttributes": [`+others+`]}`))
		assertJSON(t, client+", told", told.find(t, clientType, "ehr-auth-client-"+client).Inputs, overlaid(t, typical, `{"writeAttributes": [`+toldTo+`]}`))
	}
}

func TestAProviderMapsProfileWhereStrangersSignUpOnlyWithTheClientsPermission(t *testing.T) {
	asked := func(a *components.SmartDatastoreArgs) {
		withProviders(a)
		a.IdentityProviders[0].AttributeMapping = map[string]string{"email": "email", "profile": "profile"}
	}
	build(t, asked)
	signUp := func(a *components.SmartDatastoreArgs) { asked(a); a.UserPool.SelfSignUp = true }
	const want = `this identity provider maps profile, which the client cannot write; add it to writeAttributes`
	_, err := run(declare(signUp))
	if err == nil || !strings.Contains(err.Error(), `clients[1].identityProviders[1]: "Hospital": `+want) {
		t.Errorf("got %v, want %s", err, want)
	}
	build(t, func(a *components.SmartDatastoreArgs) {
		signUp(a)
		writing(1, "email", "profile")(a)
		writing(2, "email", "profile")(a)
	})
}

const (
	writable      = "address, birthdate, email, family_name, gender, given_name, locale, middle_name, name, nickname, phone_number, picture, preferred_username, profile, updated_at, website, zoneinfo"
	readable      = "address, birthdate, email, email_verified, family_name, gender, given_name, locale, middle_name, name, nickname, phone_number, phone_number_verified, picture, preferred_username, profile, updated_at, website, zoneinfo, custom:patient, custom:fhirUser"
	launchRefused = "no client may write the attributes of a token's launch context, or its users could choose their own patient; remove it, and let an administrator set it (AdminUpdateUserAttributes)"
	customRefused = "no client may write custom attributes, because a token's launch context may come from one; use standard attributes: " + writable
	emptyRefused  = "must have at least one element, or be left out; Cognito reads an empty list as all standard attributes"
)

func TestNoClientMayWriteLaunchContextOrAnythingThatIsNoAttribute(t *testing.T) {
	assertRefused(t, map[string]refusal{
		"the patient":            {writing(1, "email", "custom:patient"), `clients[1].writeAttributes[1]: "custom:patient": ` + launchRefused},
		"the FHIR user":          {writing(2, "custom:fhirUser"), `clients[2].writeAttributes[0]: "custom:fhirUser": ` + launchRefused},
		"another custom one":     {writing(1, "custom:ward"), `clients[1].writeAttributes[0]: "custom:ward": ` + customRefused},
		"for developers only":    {writing(1, "dev:custom:patient"), `clients[1].writeAttributes[0]: "dev:custom:patient": must be one of ` + writable},
		"what Cognito verifies":  {writing(1, "email_verified"), `clients[1].writeAttributes[0]: "email_verified": must be one of ` + writable},
		"in capitals":            {writing(1, "Email"), `clients[1].writeAttributes[0]: "Email": must be one of ` + writable},
		"twice":                  {writing(1, "email", "email"), `clients[1].writeAttributes[1]: "email": listed twice; list each attribute once`},
		"unknown to read":        {reading(1, "custom:ward"), `clients[1].readAttributes[0]: "custom:ward": must be one of ` + readable},
		"a service reads":        {reading(0, "email"), `clients[0].readAttributes: ["email"]: a service has no user; remove it`},
		"a service writes":       {writing(0, "email"), `clients[0].writeAttributes: ["email"]: a service has no user; remove it`},
		"an empty list to read":  {func(a *components.SmartDatastoreArgs) { a.Clients[1].ReadAttributes = []string{} }, `clients[1].readAttributes: []: ` + emptyRefused},
		"an empty list to write": {func(a *components.SmartDatastoreArgs) { a.Clients[1].WriteAttributes = []string{} }, `clients[1].writeAttributes: []: ` + emptyRefused},
		"no email to sign up": {func(a *components.SmartDatastoreArgs) {
			a.UserPool.SelfSignUp = true
			writing(1, "name")(a)
		}, `clients[1].writeAttributes: ["name"]: must include email; users who sign up must give one (selfSignUp)`},
	})
}

func TestNoClientWritesLaunchContextByDefault(t *testing.T) {
	for what, edit := range map[string]func(*components.SmartDatastoreArgs){"the baseline": nil, "everything": full, "identity providers": withProviders} {
		for _, client := range build(t, edit).of(clientType) {
			written, _ := client.Inputs["writeAttributes"].([]any)
			if len(written) == 0 {
				t.Errorf("%s: %s: Cognito would choose what it may write", what, client.GetName())
			}
			for _, attribute := range written {
				if strings.Contains(attribute.(string), ":") {
					t.Errorf("%s: %s may write %v", what, client.GetName(), attribute)
				}
			}
			for _, scope := range client.Inputs["allowedOauthScopes"].([]any) {
				if scope == "aws.cognito.signin.user.admin" {
					t.Errorf("%s: the tokens of %s let users change themselves", what, client.GetName())
				}
			}
		}
	}
}
