package components_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/componentstest"
	"github.com/smartlake/pulumi-smartlake/launchcontext"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// The launch context: what makes patient/ and user/ scopes count.

// contextAttributes are the two attributes of every pool's schema.
const contextAttributes = `{
	"attributeDataType": "String", "developerOnlyAttribute": false, "mutable": true, "name": "patient", "required": false,
	"stringAttributeConstraints": {"minLength": "0", "maxLength": "64"}
}, {
	"attributeDataType": "String", "developerOnlyAttribute": false, "mutable": true, "name": "fhirUser", "required": false,
	"stringAttributeConstraints": {"minLength": "0", "maxLength": "2048"}
}`

// triggerOf is a pool's configuration with the alias of a launch context.
func triggerOf(context string) string {
	arn := "arn:aws:lambda:us-east-1:" + account + ":function:" + physicalName(context+"-function") + ":live"
	return fill(`{"preTokenGeneration": "$ARN", "preTokenGenerationConfig": {"lambdaArn": "$ARN", "lambdaVersion": "V2_0"}}`, "$ARN", arn)
}

// withScopes has one client of a kind with these scopes, and a service besides.
func withScopes(kind components.ClientKind, scopes ...string) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) {
		client := components.ClientArgs{Name: "app", Kind: kind, Scopes: scopes}
		if kind != components.ServiceClient {
			client.CallbackURLs = pulumi.ToStringArray([]string{"https://app.example.org/callback"})
		}
		a.Clients = []components.ClientArgs{service(), client}
	}
}

func TestThereIsLaunchContextWhereAClientWithUsersAsksForWhatNeedsIt(t *testing.T) {
	for _, c := range []struct {
		kind   components.ClientKind
		scopes []string
		want   bool
	}{
		{components.PublicClient, []string{"patient/*.rs"}, true},
		{components.PublicClient, []string{"user/Observation.read"}, true},
		{components.ConfidentialClient, []string{"openid", "patient/Observation.rs?category=laboratory"}, true},
		{components.PublicClient, []string{"openid", "profile"}, false},
		{components.PublicClient, []string{"launch/patient"}, true},
		{components.ConfidentialClient, []string{"openid", "launch/patient"}, true},
		{components.ServiceClient, []string{"system/*.rs"}, false},
	} {
		for when, settings := range both {
			r := build(t, withScopes(c.kind, c.scopes...), settings...)
			_, triggered := r.find(t, userPoolType, poolName).Inputs["lambdaConfig"]
			declared := slices.ContainsFunc(r.names(), func(one string) bool { return strings.Contains(one, " ehr-auth-context") })
			if triggered != c.want || declared != c.want {
				t.Errorf("%s: %s with %v: triggered %v, declared %v, want %v", when, c.kind, c.scopes, triggered, declared, c.want)
			}
		}
	}
}

func TestThePoolsSchemaDoesNotFollowTheClients(t *testing.T) {
	schema := func(edit func(*components.SmartDatastoreArgs)) any {
		return build(t, edit).find(t, userPoolType, poolName).Inputs["schemas"]
	}
	with := schema(nil)
	assertJSON(t, "schema", schema(func(a *components.SmartDatastoreArgs) { a.Clients = a.Clients[:1] }), indented(t, with))
	if got := len(with.([]any)); got != 3 {
		t.Errorf("got %d attributes, want email, patient and fhirUser", got)
	}
}

// Whoever can write the attributes can be any patient: this must hold for every kind
// of client and whatever is given.
func TestNoClientMayWriteOrReadTheAttributesOfTheContext(t *testing.T) {
	for what, edit := range map[string]func(*components.SmartDatastoreArgs){
		"as it is":    nil,
		"full":        full,
		"other names": func(a *components.SmartDatastoreArgs) { a.LaunchContext = withAttributes("chart", "person") },
		"sign-up":     func(a *components.SmartDatastoreArgs) { a.UserPool.SelfSignUp = true },
		"aliases": func(a *components.SmartDatastoreArgs) {
			a.UserPool.AliasAttributes = []components.AliasAttribute{"email", "phone_number", "preferred_username"}
		},
	} {
		r := build(t, edit)
		clients := r.of(clientType)
		if len(clients) != 3 {
			t.Fatalf("%s: got %d clients, must be one of each kind", what, len(clients))
		}
		var taken []string
		for _, attribute := range r.find(t, userPoolType, poolName).Inputs["schemas"].([]any) {
			if name := attribute.(map[string]any)["name"].(string); name != "email" {
				taken = append(taken, name)
			}
		}
		for _, client := range clients {
			for _, list := range []string{"writeAttributes", "readAttributes"} {
				listed, given := client.Inputs[list].([]any)
				if !given || len(listed) == 0 {
					t.Errorf("%s: %s: no %s: Cognito would take all attributes", what, client.GetName(), list)
				}
				for _, attribute := range listed {
					if name := attribute.(string); strings.Contains(name, ":") || slices.Contains(taken, name) {
						t.Errorf("%s: %s: %s holds %q", what, client.GetName(), list, name)
					}
				}
			}
		}
	}
}

func withAttributes(patient, fhirUser string) *components.LaunchContextArgs {
	args := fromArchive()
	args.PatientAttribute, args.FHIRUserAttribute = patient, fhirUser
	return args
}

func TestTheFunctionOfTheContextIsTheRightOneAndKnowsTheAttributesAlone(t *testing.T) {
	inputs := build(t, nil).find(t, functionType, "ehr-auth-context-function").Inputs
	assertJSON(t, "function", inputs, fill(`{
		"description": "Adds the claims patient and fhirUser to users' tokens",
		"runtime": "provided.al2023",
		"handler": "bootstrap",
		"architectures": ["arm64"],
		"code": {"archive": "$ARCHIVE"},
		"role": "$ROLE",
		"memorySize": 512,
		"timeout": 5,
		"publish": true,
		"environment": {"variables": {"PATIENT_ATTRIBUTE": "custom:patient", "FHIR_USER_ATTRIBUTE": "custom:fhirUser", "LOG_LEVEL": "info"}},
		"loggingConfig": {"logFormat": "Text", "logGroup": "$LOGS"},
		"tracingConfig": {"mode": "PassThrough"}
	}`, "$ARCHIVE", triggerArchive, "$ROLE", roleARN("ehr-auth-context-execution", region), "$LOGS", physicalName("ehr-auth-context-logs")))
}

func TestCognitoMayCallTheAliasForTheOnePoolAlone(t *testing.T) {
	r := build(t, nil)
	function := physicalName("ehr-auth-context-function")
	assertJSON(t, "alias", r.find(t, aliasType, "ehr-auth-context-live").Inputs, fill(`{
		"name": "live", "description": "The version that Cognito calls", "functionName": "$FUNCTION", "functionVersion": "1"
	}`, "$FUNCTION", function))
	assertJSON(t, "permission", r.find(t, permissionType, "ehr-auth-context-invoke").Inputs, fill(`{
		"action": "lambda:InvokeFunction",
		"principal": "cognito-idp.amazonaws.com",
		"function": "$FUNCTION",
		"qualifier": "live",
		"sourceAccount": "$ACCOUNT",
		"sourceArn": "arn:aws:cognito-idp:us-east-1:$ACCOUNT:userpool/$POOL"
	}`, "$FUNCTION", function, "$ACCOUNT", account, "$POOL", userPoolID(poolName, region)))
}

func TestTheContextsFunctionRunsLikeTheValidatorUnlessSaidOtherwise(t *testing.T) {
	like := func(a *components.SmartDatastoreArgs) {
		a.Function.Architecture, a.Function.MemoryMB, a.Function.LogRetentionDays, a.Function.LogLevel = "x86_64", 1024, 7, "warn"
		a.Function.RestrictToAccount = true
	}
	for what, c := range map[string]struct {
		edit func(*components.SmartDatastoreArgs)
		want string
	}{
		"inherited": {like, `["x86_64", 1024, 7, "warn", "$TRIGGER"]`},
		"its own": {func(a *components.SmartDatastoreArgs) {
			like(a)
			f := a.LaunchContext.Function
			f.Architecture, f.MemoryMB, f.LogRetentionDays, f.LogLevel = "arm64", 128, 30, "error"
		}, `["arm64", 128, 30, "error", "$TRIGGER"]`},
	} {
		r := build(t, c.edit)
		function := r.find(t, functionType, "ehr-auth-context-function").Inputs
		assertJSON(t, what, []any{
			function["architectures"].([]any)[0], function["memorySize"], r.find(t, logGroupType, "ehr-auth-context-logs").Inputs["retentionInDays"],
			function["environment"].(map[string]any)["variables"].(map[string]any)["LOG_LEVEL"],
			function["code"].(map[string]any)["archive"],
		}, fill(c.want, "$TRIGGER", triggerArchive))
	}
}

func TestOtherAttributesReachTheSchemaTheFunctionAndTheTestUsers(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		a.LaunchContext = withAttributes("chart", "person")
		a.TestUsers = []components.TestUserArgs{{
			Username: "ann", Email: "ann@example.org", Password: pulumi.String("Passw0rd!"), Patient: "p-1", FHIRUser: "Patient/p-1",
		}}
	})
	var names []string
	for _, attribute := range r.find(t, userPoolType, poolName).Inputs["schemas"].([]any) {
		names = append(names, attribute.(map[string]any)["name"].(string))
	}
	assertLines(t, "schema", names, []string{"email", "chart", "person"})
	assertJSON(t, "environment", r.find(t, functionType, "ehr-auth-context-function").Inputs["environment"], `{"variables": {
		"PATIENT_ATTRIBUTE": "custom:chart", "FHIR_USER_ATTRIBUTE": "custom:person", "LOG_LEVEL": "info"}}`)
	assertJSON(t, "user", r.find(t, userType, "ehr-auth-user-ann").Inputs["attributes"],
		`{"email": "ann@example.org", "email_verified": "true", "chart": "p-1", "person": "Patient/p-1"}`)
}

func TestATestUserWithoutContextHasNoAttributesOfIt(t *testing.T) {
	r := build(t, full)
	assertJSON(t, "user", r.find(t, userType, "ehr-auth-user-test").Inputs["attributes"],
		`{"email": "test@example.org", "email_verified": "true"}`)
}

const (
	attributeWanted = "must be 1 to 20 letters, digits and _, starting with a letter: a custom attribute's name without custom:"
	patientWanted   = "must be a FHIR id: 1 to 64 letters, digits, - and ., and not . or .."
	fhirUserWanted  = "must be <type>/<id>, or an absolute https URL that ends in it, " +
		"where the type is Patient, Practitioner, PractitionerRole, RelatedPerson or Person"
)

func TestAnAttributeThatUsersOrCognitoCouldMistakeIsRefused(t *testing.T) {
	cases := map[string]refusal{}
	for _, bad := range []string{"custom:patient", "dev:patient", "1patient", "a b", strings.Repeat("a", 21), "pätient", "-"} {
		cases[bad] = refusal{func(a *components.SmartDatastoreArgs) { a.LaunchContext = withAttributes(bad, "") },
			fmt.Sprintf("launchContext.patientAttribute: %q: %s", bad, attributeWanted)}
	}
	for _, standard := range []string{"profile", "email", "sub", "email_verified", "preferred_username"} {
		cases[standard] = refusal{func(a *components.SmartDatastoreArgs) { a.LaunchContext = withAttributes("", standard) },
			fmt.Sprintf("launchContext.fhirUserAttribute: %q: must not be a standard attribute, because users can write those", standard)}
	}
	cases["twice"] = refusal{func(a *components.SmartDatastoreArgs) { a.LaunchContext = withAttributes("who", "WHO") },
		`launchContext.fhirUserAttribute: "WHO": must differ from patientAttribute`}
	assertRefused(t, cases)
}

func TestAPlanWithoutClaimsInAccessTokensIsRefusedWhereTheyAreNeeded(t *testing.T) {
	lite := func(a *components.SmartDatastoreArgs) { a.UserPool.Tier = "LITE" }
	assertRefused(t, map[string]refusal{"lite": {lite, `userPool.tier: "LITE": must be ESSENTIALS or PLUS; a client with users asks for ` +
		`launch/patient, patient/ or user/ scopes, which need claims that Cognito adds to access tokens only in these plans`}})
	r := build(t, func(a *components.SmartDatastoreArgs) { lite(a); a.Clients = a.Clients[:1] })
	if got := r.find(t, userPoolType, poolName).Inputs["userPoolTier"]; got != "LITE" {
		t.Errorf("tier: got %v", got)
	}
}

func TestAnArchiveOfTheContextThatLambdaCouldNotRunIsRefused(t *testing.T) {
	cases := map[string]refusal{"none": {func(a *components.SmartDatastoreArgs) { a.LaunchContext.Function.Archive = "/none.zip" },
		`launchContext.function.archive: "/none.zip": must be a zip archive with an executable file "bootstrap" for the function's architecture: ` +
			`open /none.zip: no such file or directory`}}
	assertRefused(t, cases)
}

// The checks of test users and the function's own must be the same: a value that one
// takes and the other does not would be an attribute that never becomes a claim.
func TestATestUsersContextIsRefusedExactlyWhereTheFunctionWouldLeaveItOut(t *testing.T) {
	patients := []string{
		"1", "p-1.A", strings.Repeat("a", 64), strings.Repeat("a", 65), ".", "..", "...", "a b", "a/b", "Patient/1", "ä", "a_b", "1\n", "*", "a,b",
	}
	users := []string{
		"Patient/1", "Practitioner/1", "PractitionerRole/1", "RelatedPerson/1", "Person/1", "Device/1", "patient/1", "Patient", "Patient/", "/Patient/1",
		"Patient/1/", "Patient/1/_history/1", "Patient/..", "Patient/.", "Patient/" + strings.Repeat("a", 65), "Patient/a b", "Patient/1\n",
		"https://ehr.example.org/r4/Patient/1", "https://ehr.example.org:8443/Practitioner/1", "https://Patient/1", "https:///Patient/1",
		"http://ehr.example.org/Patient/1", "https://u:p@ehr.example.org/Patient/1", "https://ehr.example.org/Patient/1?x=y",
		"https://ehr.example.org/Patient/1#x", "https://ehr.example.org/a/../Patient/1", "https://ehr.example.org//Patient/1",
		"https://ehr.example.org:0/Patient/1", "ftp://ehr.example.org/Patient/1", "javascript:Patient/1",
		"https://e/" + strings.Repeat("a", 2048-len("https://e//Patient/1")) + "/Patient/1",
		"https://e/" + strings.Repeat("a", 2049-len("https://e//Patient/1")) + "/Patient/1",
	}
	user := func(patient, fhirUser string) func(*components.SmartDatastoreArgs) {
		return func(a *components.SmartDatastoreArgs) {
			a.TestUsers = []components.TestUserArgs{{
				Username: "ann", Email: "ann@example.org", Password: pulumi.String("Passw0rd!"), Patient: patient, FHIRUser: fhirUser,
			}}
		}
	}
	assert := func(edit func(*components.SmartDatastoreArgs), valid bool, want string) {
		t.Helper()
		_, err := run(declare(edit))
		switch {
		case valid && err != nil:
			t.Errorf("the function takes what is refused here: %v", err)
		case !valid && (err == nil || err.Error() != `SmartDatastore "ehr": `+want):
			t.Errorf("got %v, want %s", err, want)
		}
	}
	taken := 0
	for _, value := range patients {
		valid := smart.ValidPatientID(value)
		assert(user(value, ""), valid, fmt.Sprintf("testUsers[0].patient: %q: %s", value, patientWanted))
		if valid {
			taken++
		}
	}
	for _, value := range users {
		_, valid := smart.ParseFHIRUser(value)
		assert(user("", value), valid, fmt.Sprintf("testUsers[0].fhirUser: %s: %s", told(value), fhirUserWanted))
		if valid {
			taken++
		}
	}
	if taken != 4+8 {
		t.Errorf("%d values are valid, want 12", taken)
	}
}

// aLaunchContext is a program of one [components.LaunchContext] for a pool of one's own.
func aLaunchContext(args *components.LaunchContextArgs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		context, err := components.NewLaunchContext(ctx, "who", args)
		if err != nil {
			return err
		}
		componentstest.Export(ctx, context)
		_, err = components.NewUserPoolPermission(ctx, "call", &components.UserPoolPermissionArgs{
			FunctionARN: context.FunctionARN,
			UserPoolARN: pulumi.String("arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_own"),
		})
		return err
	}
}

func TestALaunchContextStandsAlone(t *testing.T) {
	args := fromArchive()
	args.Tags = pulumi.StringMap{"team": pulumi.String("records")}
	args.Roles = &components.RolesArgs{Path: "/a/", PermissionsBoundary: pulumi.String(boundary)}
	r := mustRun(t, aLaunchContext(args))
	assertLines(t, "resources", r.names(), []string{
		"aws:cloudwatch/logGroup:LogGroup who-logs",
		"aws:iam/role:Role who-execution",
		"aws:iam/rolePolicy:RolePolicy who-logging",
		"aws:lambda/alias:Alias who-live",
		"aws:lambda/function:Function who-function",
		"aws:lambda/permission:Permission call-invoke",
		"smartlake:index:LaunchContext who",
		"smartlake:index:UserPoolPermission call",
	})
	for _, typ := range []string{logGroupType, roleType, functionType} {
		assertJSON(t, typ, r.of(typ)[0].Inputs["tags"], `{"team": "records"}`)
	}
	assertJSON(t, "role", r.of(roleType)[0].Inputs["path"], `"/a/"`)
	if got := r.find(t, permissionType, "call-invoke").Inputs["sourceArn"]; got != "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_own" {
		t.Errorf("sourceArn: got %v", got)
	}
	for output, want := range map[string]string{
		"functionArn":  "arn:aws:lambda:us-east-1:" + account + ":function:" + physicalName("who-function") + ":live",
		"functionName": physicalName("who-function"),
		"logGroupName": physicalName("who-logs"),
	} {
		if got := r.output(output).value; got != want {
			t.Errorf("%s: got %v, want %s", output, got, want)
		}
	}
	args.PatientAttribute, args.Function.Architecture = "custom:x", "riscv"
	args.Function.Archive = ""
	assertRefusal(t, aLaunchContext(args), `LaunchContext "who": patientAttribute: "custom:x": `+attributeWanted+
		"\nfunction.architecture: \"riscv\": must be one of arm64, x86_64")
}

// What the components declare must be what the function takes: its environment and
// its event version.
func TestTheFunctionTakesTheEnvironmentThatIsDeclaredForIt(t *testing.T) {
	inputs := build(t, nil).find(t, functionType, "ehr-auth-context-function").Inputs
	variables := inputs["environment"].(map[string]any)["variables"].(map[string]any)
	assertLines(t, "variables", slices.Sorted(maps.Keys(variables)), []string{"FHIR_USER_ATTRIBUTE", "LOG_LEVEL", "PATIENT_ATTRIBUTE"})
	trigger, err := launchcontext.New(launchcontext.Config{
		PatientAttribute:  variables["PATIENT_ATTRIBUTE"].(string),
		FHIRUserAttribute: variables["FHIR_USER_ATTRIBUTE"].(string),
	})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := trigger.Invoke(t.Context(), []byte(`{"version": "2", "triggerSource": "TokenGeneration_HostedAuth",
		"request": {"scopes": ["patient/*.rs"], "userAttributes": {"custom:patient": "p-1"}}, "response": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(answer, &event); err != nil {
		t.Fatal(err)
	}
	claims := `{"claimsToAddOrOverride": {"patient": "p-1"}}`
	assertJSON(t, "response", event["response"],
		`{"claimsAndScopeOverrideDetails": {"idTokenGeneration": `+claims+`, "accessTokenGeneration": `+claims+`}}`)
}
