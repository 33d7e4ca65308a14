package tests_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// stackValues is a complete configuration, with some values changed.
func stackValues(changes ...string) map[string]string {
	values := map[string]string{
		"smartlake:clients":              `[{"name": "etl", "kind": "service", "scopes": ["system/*.read"]}]`,
		"smartlake:validatorArchive":     fixtureArchive,
		"smartlake:launchContextArchive": triggerArchive,
	}
	for i := 0; i < len(changes); i += 2 {
		values["smartlake:"+changes[i]] = changes[i+1]
	}
	return values
}

const testUsers = `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!"}]`

// effects says of every key what it changes: the input at a path of a resource.
var effects = map[string]struct {
	values    []string
	typ, name string
	path      string
	want      string
}{
	"clients": {[]string{"clients", `[{"name": "lab", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example.org"],
		"logoutUrls": ["https://b.example.org"], "accessTokenMinutes": 5, "idTokenMinutes": 6, "refreshTokenMinutes": 70}]`},
		smartDatastoreType, "smart", "clients", `[{"name": "lab", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example.org"],
		"logoutUrls": ["https://b.example.org"], "accessTokenMinutes": 5, "idTokenMinutes": 6, "refreshTokenMinutes": 70}]`},
	"domainPrefix":  {[]string{"domainPrefix", "clinic"}, domainType, "smart-auth-domain", "domain", `"clinic"`},
	"datastoreName": {[]string{"datastoreName", "records"}, datastoreType, "smart-datastore", "datastoreName", `"records"`},
	"preloadSynthea": {[]string{"preloadSynthea", "true"},
		datastoreType, "smart-datastore", "preloadDataConfig", `{"preloadDataType": "SYNTHEA"}`},
	"authorizationStrategy": {[]string{"authorizationStrategy", "SMART_ON_FHIR_V1"},
		datastoreType, "smart-datastore", "identityProviderConfiguration.authorizationStrategy", `"SMART_ON_FHIR_V1"`},
	"fineGrainedAuthorization": {[]string{"fineGrainedAuthorization", "false"},
		datastoreType, "smart-datastore", "identityProviderConfiguration.fineGrainedAuthorizationEnabled", `false`},
	"encryption": {[]string{"encryption", "customer-managed"},
		datastoreType, "smart-datastore", "sseConfiguration.kmsEncryptionConfig.cmkType", `"CUSTOMER_MANAGED_KMS_KEY"`},
	"kmsKeyArn": {[]string{"encryption", "customer-managed", "kmsKeyArn", givenKey},
		datastoreType, "smart-datastore", "sseConfiguration.kmsEncryptionConfig.kmsKeyId", `"` + givenKey + `"`},
	"protect": {[]string{"protect", "false"}, userPoolType, "smart-auth-pool", "deletionProtection", `"INACTIVE"`},
	"allowDatastoreReplacement": {[]string{"allowDatastoreReplacement", "true"},
		smartDatastoreType, "smart", "allowDatastoreReplacement", `true`},
	"mfa":          {[]string{"mfa", "ON"}, userPoolType, "smart-auth-pool", "mfaConfiguration", `"ON"`},
	"testUsers":    {[]string{"testUsers", testUsers}, userType, "smart-auth-user-ann", "password", `{"secret": "Passw0rd!"}`},
	"architecture": {[]string{"architecture", "x86_64"}, functionType, "smart-validator-function", "architectures", `["x86_64"]`},
	"validatorArchive": {nil, // the archive of the tests
		functionType, "smart-validator-function", "code", `{"archive": "$ARCHIVE"}`},
	"launchContextArchive": {[]string{"clients", `[{"name": "lab", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example.org"]}]`},
		functionType, "smart-auth-context-function", "code", `{"archive": "$TRIGGER"}`},
	"rolePath":            {[]string{"rolePath", "/records/"}, roleType, "smart-validator-read", "path", `"/records/"`},
	"permissionsBoundary": {[]string{"permissionsBoundary", boundary}, roleType, "smart-validator-read", "permissionsBoundary", `"` + boundary + `"`},
	"tags":                {[]string{"tags", `{"team": "records"}`}, roleType, "smart-validator-read", "tags", `{"team": "records"}`},
}

func TestEveryKeyHasAnEffect(t *testing.T) {
	assertLines(t, "keys", slices.Sorted(maps.Keys(effects)), slices.Sorted(maps.Keys(loadProject(t).Config)))
	for key, c := range effects {
		t.Run(key, func(t *testing.T) {
			r := mustRun(t, theProgram, configured(stackValues(c.values...), "smartlake:testUsers"))
			var got any = r.find(t, c.typ, c.name).Inputs
			for member := range strings.SplitSeq(c.path, ".") {
				got = got.(map[string]any)[member]
			}
			assertJSON(t, c.path, got, fill(c.want, "$ARCHIVE", fixtureArchive, "$TRIGGER", triggerArchive))
		})
	}
}

func TestProtectAndReplacementReachTheDatastore(t *testing.T) {
	unprotected := mustRun(t, theProgram, configured(stackValues("protect", "false")))
	assertProtected(t, unprotected)
	assertIgnores(t, unprotected, map[string][]string{"smart-datastore": guarded[datastoreName]})
	replaceable := mustRun(t, theProgram, configured(stackValues("allowDatastoreReplacement", "true")))
	assertProtected(t, replaceable, "smart-auth-pool", "smart-auth-domain")
	assertIgnores(t, replaceable, nil)
}

func TestAnEmptyValueIsTheDefault(t *testing.T) {
	keys := slices.Collect(maps.Keys(effects))
	keys = slices.DeleteFunc(keys, func(key string) bool { return key == "clients" || strings.HasSuffix(key, "Archive") })
	var empty []string
	for _, key := range keys {
		empty = append(empty, key, "")
	}
	with, without := mustRun(t, theProgram, configured(stackValues(empty...))), mustRun(t, theProgram, configured(stackValues()))
	for _, one := range without.resources {
		assertJSON(t, one.GetName(), with.find(t, one.GetType(), one.GetName()).Inputs, indented(t, one.Inputs))
	}
}

const plainPasswords = `smartlake:testUsers: its passwords stand in plain text: set each with pulumi config set --secret --path "testUsers[0].password"`

// unreadable are configurations that say nothing, or what is not meant.
var unreadable = map[string]struct {
	values  []string
	secrets []string
	want    string
}{
	"a member of a client that nobody reads": {
		[]string{"clients", `[{"name": "etl", "kind": "service", "scope": ["system/*.read"]}]`}, nil,
		`smartlake:clients: want a list of clients: unknown field "scope"`,
	},
	"a client in place of clients": {
		[]string{"clients", `{"name": "etl"}`}, nil,
		`smartlake:clients: want a list of clients: cannot unmarshal object into Go value of type []components.ClientArgs`,
	},
	"no JSON": {
		[]string{"clients", `etl`}, nil,
		`smartlake:clients: want a list of clients: invalid character 'e' looking for beginning of value`,
	},
	"two lists": {
		[]string{"clients", `[] []`}, nil,
		`smartlake:clients: want a list of clients`,
	},
	"a boolean in words": {
		[]string{"protect", `yes`}, nil,
		`smartlake:protect: "yes": want true or false`,
	},
	"a list of tags": {
		[]string{"tags", `["team"]`}, nil,
		`smartlake:tags: want a map of names to values: cannot unmarshal array into Go value of type map[string]string`,
	},
	"passwords in plain text": {[]string{"testUsers", testUsers}, nil, plainPasswords},
	"a member of a secret that nobody reads": {
		[]string{"testUsers", `[{"username": "ann", "email": "ann@example.org", "Passw0rd!": true}]`}, []string{"smartlake:testUsers"},
		`smartlake:testUsers: want a list of users with username, email and password`,
	},
	"a secret that is no JSON": {
		[]string{"testUsers", `Passw0rd!`}, []string{"smartlake:testUsers"},
		`smartlake:testUsers: want a list of users with username, email and password`,
	},
	"an unknown encryption": {
		[]string{"encryption", "AWS_OWNED_KMS_KEY"}, nil,
		`smartlake:encryption: "AWS_OWNED_KMS_KEY": want aws-owned or customer-managed`,
	},
	"an unknown encryption that is a secret": {
		[]string{"encryption", "Passw0rd!"}, []string{"smartlake:encryption"},
		`smartlake:encryption: want aws-owned or customer-managed`,
	},
	"a key that would not be used": {
		[]string{"kmsKeyArn", givenKey}, nil,
		`smartlake:kmsKeyArn: a key goes with encryption customer-managed only`,
	},
	"a key that would not be used, said twice": {
		[]string{"kmsKeyArn", givenKey, "encryption", "aws-owned"}, nil,
		`smartlake:kmsKeyArn: a key goes with encryption customer-managed only`,
	},
	"several": {
		[]string{"clients", `{}`, "protect", "1", "testUsers", testUsers, "encryption", "none", "kmsKeyArn", givenKey}, nil,
		strings.Join([]string{
			`smartlake:clients: want a list of clients: cannot unmarshal object into Go value of type []components.ClientArgs`,
			`smartlake:protect: "1": want true or false`,
			plainPasswords,
			`smartlake:encryption: "none": want aws-owned or customer-managed`,
			`smartlake:kmsKeyArn: a key goes with encryption customer-managed only`,
		}, "\n"),
	},
}

func TestConfigurationThatCannotBeReadIsRefused(t *testing.T) {
	for what, c := range unreadable {
		t.Run(what, func(t *testing.T) {
			assertRefusalOf(t, stackValues(c.values...), c.secrets, c.want)
		})
	}
}

func TestTheComponentRefusesWhatCanBeReadAndCannotBe(t *testing.T) {
	secret := []string{"smartlake:testUsers"}
	assertRefusalOf(t, stackValues("clients", ""), nil,
		`SmartDatastore "smart": clients: missing: want at least one client; without one nobody can get a token`)
	assertRefusalOf(t, stackValues("architecture", "riscv", "mfa", "YES"), nil,
		"SmartDatastore \"smart\": userPool.mfa: \"YES\": want one of OFF, OPTIONAL, ON\n"+
			"function.architecture: \"riscv\": want one of arm64, x86_64")
	assertRefusalOf(t, stackValues("testUsers", `[{"username": "ann", "email": "ann", "password": "Passw0rd!"}]`), secret,
		`SmartDatastore "smart": testUsers[0].email: "ann": want an email address`)
	assertRefusalOf(t, stackValues("testUsers", `[{"username": "ann", "email": "ann@example.org"}]`), secret,
		`SmartDatastore "smart": testUsers[0].password: missing: want a password, as a Pulumi secret`)
}

// assertRefusalOf refuses a configuration in these very words.
func assertRefusalOf(t *testing.T, values map[string]string, secrets []string, want string) {
	t.Helper()
	assertRefusal(t, theProgram, want, configured(values, secrets...))
}
