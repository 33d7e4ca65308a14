package tests_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// stackValues is a complete configuration, with some keys and members changed.
func stackValues(t *testing.T, changes ...string) map[string]string {
	t.Helper()
	values := map[string]string{"smartlake:clients": `[{"name": "etl", "kind": "service", "scopes": ["system/*.read"]}]`}
	setValues(t, values, append(changes, "function.archive", fixtureArchive, "launchContext.function.archive", triggerArchive)...)
	return values
}

// setValues changes keys and members of a configuration.
func setValues(t *testing.T, values map[string]string, changes ...string) {
	t.Helper()
	stack := declared.Stack{Project: project, Config: values}
	for i := 0; i < len(changes); i += 2 {
		if err := stack.Set(changes[i], changes[i+1]); err != nil {
			t.Fatal(err)
		}
	}
}

const testUsers = `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!"}]`

const providers = `[{"name": "Hospital", "kind": "oidc", "attributeMapping": {"email": "mail"}, "issuer": "https://a.example.org",
	"clientId": "smart", "clientSecret": "Passw0rd!", "scopes": ["openid"], "attributesRequestMethod": "POST"}]`

const theirPoolValue = `{"id": "` + theirPool + `", "hostedDomain": "https://auth.example.org", "addsLaunchContext": true}`

// effects says of every key what it changes: the input at a path of a resource.
var effects = map[string]struct {
	values    []string
	typ, name string
	path      string
	want      string
}{
	"clients": {[]string{"clients", `[{"name": "lab", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example.org"],
		"logoutUrls": ["https://b.example.org"], "accessTokenMinutes": 5, "idTokenMinutes": 6, "refreshTokenMinutes": 70,
		"identityProviders": ["COGNITO"], "readAttributes": ["name"], "writeAttributes": ["email"]}]`},
		smartDatastoreType, "smart", "clients", `[{"name": "lab", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example.org"],
		"logoutUrls": ["https://b.example.org"], "accessTokenMinutes": 5, "idTokenMinutes": 6, "refreshTokenMinutes": 70,
		"identityProviders": ["COGNITO"], "readAttributes": ["name"], "writeAttributes": ["email"]}]`},
	"customDomain": {[]string{"customDomain", `{"name": "auth.example.org", "certificateArn": "` + certificate + `", "zoneId": "` + zone + `"}`},
		recordType, "smart-auth-domain-record", "zoneId", `"` + zone + `"`},
	"existingUserPool": {[]string{"existingUserPool", theirPoolValue}, clientType, "smart-auth-client-etl", "userPoolId", `"` + theirPool + `"`},
	"identityProviders": {[]string{"identityProviders", providers},
		identityProviderType, "smart-auth-idp-Hospital", "providerDetails.client_secret", `{"secret": "Passw0rd!"}`},
	"userPool": {[]string{"userPool", `{"tier": "PLUS", "advancedSecurity": "AUDIT"}`},
		userPoolType, "smart-auth-pool", "userPoolAddOns", `{"advancedSecurityMode": "AUDIT"}`},
	"domainPrefix":  {[]string{"domainPrefix", "clinic"}, domainType, "smart-auth-domain", "domain", `"clinic"`},
	"datastoreName": {[]string{"datastoreName", "records"}, datastoreType, "smart-datastore", "datastoreName", `"records"`},
	"preloadSynthea": {[]string{"preloadSynthea", "true"},
		datastoreType, "smart-datastore", "preloadDataConfig", `{"preloadDataType": "SYNTHEA"}`},
	"authorizationStrategy": {[]string{"authorizationStrategy", "SMART_ON_FHIR_V1"},
		datastoreType, "smart-datastore", "identityProviderConfiguration.authorizationStrategy", `"SMART_ON_FHIR_V1"`},
	"fineGrainedAuthorization": {[]string{"fineGrainedAuthorization", "false"},
		datastoreType, "smart-datastore", "identityProviderConfiguration.fineGrainedAuthorizationEnabled", `false`},
	"customerManagedKey": {[]string{"customerManagedKey", "true"},
		datastoreType, "smart-datastore", "sseConfiguration.kmsEncryptionConfig.cmkType", `"CUSTOMER_MANAGED_KMS_KEY"`},
	"kmsKeyArn": {[]string{"kmsKeyArn", givenKey},
		datastoreType, "smart-datastore", "sseConfiguration.kmsEncryptionConfig.kmsKeyId", `"` + givenKey + `"`},
	"protect": {[]string{"protect", "false"}, userPoolType, "smart-auth-pool", "deletionProtection", `"INACTIVE"`},
	"allowDatastoreReplacement": {[]string{"allowDatastoreReplacement", "true"},
		smartDatastoreType, "smart", "allowDatastoreReplacement", `true`},
	"allowUnlistedRegion": {[]string{"allowUnlistedRegion", "true"}, smartDatastoreType, "smart", "allowUnlistedRegion", `true`},
	"testUsers":           {[]string{"testUsers", testUsers}, userType, "smart-auth-user-ann", "password", `{"secret": "Passw0rd!"}`},
	"function":            {[]string{"function", `{"architecture": "x86_64"}`}, functionType, "smart-validator-function", "architectures", `["x86_64"]`},
	"launchContext": {[]string{"clients", `[{"name": "lab", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example.org"]}]`},
		functionType, "smart-auth-context-function", "code", `{"archive": "$TRIGGER"}`},
	"bulkData": {[]string{"bulkData", `{"kmsKeyArn": "` + givenKey + `", "importRetentionDays": 1,
		"exportRetentionDays": 2, "noncurrentDays": 3, "logRetentionDays": 4}`},
		smartDatastoreType, "smart", "bulkData", `{"kmsKeyArn": "` + givenKey + `", "importRetentionDays": 1,
		"exportRetentionDays": 2, "noncurrentDays": 3, "logRetentionDays": 4}`},
	"roles": {[]string{"roles", `{"path": "/records/", "permissionsBoundary": "` + boundary + `"}`},
		roleType, "smart-validator-read", "permissionsBoundary", `"` + boundary + `"`},
	"alarms":    {[]string{"alarms", "{}"}, alarmType, "smart-validator-alarm-errors", "threshold", `1`},
	"dashboard": {[]string{"dashboard", "true"}, tokenValidatorType, "smart-validator", "dashboard", `true`},
	"tags":      {[]string{"tags", `{"team": "records"}`}, roleType, "smart-validator-read", "tags", `{"team": "records"}`},
}

func TestEveryKeyHasAnEffect(t *testing.T) {
	assertLines(t, "keys", slices.Sorted(maps.Keys(effects)), slices.Sorted(maps.Keys(loadProject(t).Config)))
	for key, c := range effects {
		t.Run(key, func(t *testing.T) {
			r := mustRun(t, theProgram, configured(stackValues(t, c.values...), "smartlake:testUsers", "smartlake:identityProviders"),
				withPool(domains{prefix: "clinic"}))
			var got any = r.find(t, c.typ, c.name).Inputs
			for member := range strings.SplitSeq(c.path, ".") {
				got = got.(map[string]any)[member]
			}
			assertJSON(t, c.path, got, fill(c.want, "$ARCHIVE", fixtureArchive, "$TRIGGER", triggerArchive))
		})
	}
}

func TestProtectAndReplacementReachTheDatastore(t *testing.T) {
	unprotected := mustRun(t, theProgram, configured(stackValues(t, "protect", "false")))
	assertProtected(t, unprotected)
	assertIgnores(t, unprotected, map[string][]string{"smart-datastore": guarded[datastoreName]})
	replaceable := mustRun(t, theProgram, configured(stackValues(t, "allowDatastoreReplacement", "true")))
	assertProtected(t, replaceable, "smart-auth-pool", "smart-auth-domain")
	assertIgnores(t, replaceable, map[string][]string{"smart-datastore": {"preloadDataConfig"}})
}

func TestAnEmptyValueIsTheDefault(t *testing.T) {
	var empty []string
	for key := range effects {
		if key != "clients" {
			empty = append(empty, key, "")
		}
	}
	with, without := mustRun(t, theProgram, configured(stackValues(t, empty...))), mustRun(t, theProgram, configured(stackValues(t)))
	for _, one := range without.resources {
		assertJSON(t, one.GetName(), with.find(t, one.GetType(), one.GetName()).Inputs, indented(t, one.Inputs))
	}
}

func TestAnEncryptedValueIsASecretInTheStack(t *testing.T) {
	for key, c := range map[string]struct{ value, typ, name, property string }{
		"kmsKeyArn": {givenKey, datastoreType, "smart-datastore", "sseConfiguration"},
		"alarms":    {`{"topicArn": "` + givenTopic + `"}`, alarmType, "smart-validator-alarm-errors", "alarmActions"},
		"roles":     {`{"permissionsBoundary": "` + boundary + `"}`, roleType, "smart-validator-read", "permissionsBoundary"},
		"tags":      {`{"team": "records"}`, roleType, "smart-validator-read", "tags"},
	} {
		r := mustRun(t, theProgram, configured(stackValues(t, key, c.value), "smartlake:"+key))
		if got := indented(t, r.find(t, c.typ, c.name).Inputs[c.property]); !strings.Contains(got, `"secret"`) {
			t.Errorf("%s: got %s, want a secret", key, got)
		}
	}
}

const (
	plainSecret   = `smartlake:identityProviders[0].clientSecret: must not be in plain text; encrypt it with pulumi config set --secret --path "identityProviders[0].clientSecret"`
	plainPassword = `smartlake:testUsers[0].password: must not be in plain text; encrypt it with pulumi config set --secret --path "testUsers[0].password"`
	bulkMembers   = `exportRetentionDays, importRetentionDays, kmsKeyArn, logRetentionDays, noncurrentDays`
)

// unreadable are configurations that say nothing, or what is not meant.
var unreadable = map[string]struct {
	values  []string
	secrets []string
	want    string
}{
	"a misspelt key": {[]string{"protct", "true"}, nil, `smartlake:protct: no such key; did you mean protect?`},
	"a key that is a member of another": {[]string{"mfa", "ON", "architecture", "arm64"}, nil, strings.Join([]string{
		`smartlake:architecture: no such key; did you mean function.architecture?`,
		`smartlake:mfa: no such key; did you mean userPool.mfa?`,
	}, "\n")},
	"a key that is like no other": {[]string{"encryption", "customer-managed"}, nil,
		`smartlake:encryption: no such key; docs/reference/configuration.md has those that exist`},
	"a misspelt member of a client": {
		[]string{"clients", `[{"name": "etl", "kind": "service", "scope": ["system/*.read"]}]`}, nil,
		`smartlake:clients[0] "etl": scope: no such member; did you mean scopes?`,
	},
	"a misspelt member of a client without a name": {
		[]string{"clients", `[{"kind": "service", "scopes": ["system/*.read"]}, {"knd": "service"}]`}, nil,
		`smartlake:clients[1].knd: no such member; did you mean kind?`,
	},
	"a misspelt member, deep inside": {
		[]string{"function", `{"provisionedConcurrency": {"schedules": [{"name": "night", "scedule": "rate(1 day)"}]}}`}, nil,
		`smartlake:function.provisionedConcurrency.schedules[0] "night": scedule: no such member; did you mean schedule?`,
	},
	"a member that is like no other": {
		[]string{"bulkData", `{"bucket": "x"}`}, nil, `smartlake:bulkData.bucket: no such member; accepted are ` + bulkMembers,
	},
	"scopes that are no list": {
		[]string{"clients", `[{"name": "etl", "kind": "service", "scopes": "system/*.read"}]`}, nil,
		`smartlake:clients[0] "etl": scopes: "system/*.read": must be a list`,
	},
	"a scope that is no text": {
		[]string{"clients", `[{"name": "etl", "kind": "service", "scopes": ["system/*.read", 7, ["x"]]}]`}, nil,
		`smartlake:clients[0] "etl": scopes[1]: 7: must be text, in quotes where it looks like something else` + "\n" +
			`smartlake:clients[0] "etl": scopes[2]: must be text, in quotes where it looks like something else, not a list`,
	},
	"a lifetime in quotes": {
		[]string{"clients", `[{"name": "etl", "kind": "service", "scopes": ["system/*.read"], "accessTokenMinutes": "15"}]`}, nil,
		`smartlake:clients[0] "etl": accessTokenMinutes: "15": must be a whole number`,
	},
	"half a minute": {
		[]string{"clients", `[{"name": "etl", "kind": "service", "scopes": ["system/*.read"], "accessTokenMinutes": 15.5}]`}, nil,
		`smartlake:clients[0] "etl": accessTokenMinutes: 15.5: must be a whole number`,
	},
	"a choice that YAML takes for a boolean": {
		[]string{"userPool", `{"mfa": true}`}, nil, `smartlake:userPool.mfa: true: must be text, in quotes where it looks like something else`,
	},
	"a member without a value": {
		[]string{"userPool", `{"mfa": null}`}, nil, `smartlake:userPool.mfa: no value; write one, or leave the line out`,
	},
	"an id of digits, which the pulumi command makes a number of": {
		[]string{"testUsers", `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!", "patient": 8675309}]`}, []string{"smartlake:testUsers"},
		`smartlake:testUsers[0].patient: must be text, in quotes where it looks like something else`,
	},
	"a client in place of clients": {
		[]string{"clients", `{"name": "etl"}`}, nil, `smartlake:clients: must be a list, not an object`,
	},
	"no JSON":                      {[]string{"clients", `etl`}, nil, `smartlake:clients: "etl": must be a list`},
	"two lists":                    {[]string{"clients", `[] []`}, nil, `smartlake:clients: "[] []": must be a list`},
	"a boolean in words":           {[]string{"protect", `yes`}, nil, `smartlake:protect: "yes": must be true or false`},
	"a list of tags":               {[]string{"tags", `["team"]`}, nil, `smartlake:tags: must be an object of names and values, not a list`},
	"a tag that is a number":       {[]string{"tags", `{"cost": 12}`}, nil, `smartlake:tags.cost: 12: must be text, in quotes where it looks like something else`},
	"client secrets in plain text": {[]string{"identityProviders", providers}, nil, plainSecret},
	"a misspelt member of a secret": {
		[]string{"identityProviders", `[{"name": "Hospital", "clientSecrt": "Passw0rd!"}]`}, []string{"smartlake:identityProviders"},
		`smartlake:identityProviders[0]: a member that does not exist; did you mean clientSecret?`,
	},
	"a domain in place of a custom domain": {[]string{"customDomain", `"auth.example.org"`}, nil,
		`smartlake:customDomain: "auth.example.org": must be an object with members of certificateArn, name, zoneId`},
	"an id in place of a user pool": {[]string{"existingUserPool", theirPool}, nil,
		`smartlake:existingUserPool: "` + theirPool + `": must be an object with members of addsLaunchContext, hostedDomain, id`},
	"passwords in plain text": {[]string{"testUsers", testUsers}, nil, plainPassword},
	"a member of a secret that nobody reads": {
		[]string{"testUsers", `[{"username": "ann", "email": "ann@example.org", "hunter2": true}]`}, []string{"smartlake:testUsers"},
		`smartlake:testUsers[0]: a member that does not exist; accepted are email, fhirUser, groups, password, patient, username`,
	},
	"a password in place of a user": {
		[]string{"testUsers", `["Passw0rd!"]`}, nil,
		`smartlake:testUsers[0]: must be an object with members of email, fhirUser, groups, password, patient, username`,
	},
	"a secret that is no JSON":             {[]string{"testUsers", `Passw0rd!`}, []string{"smartlake:testUsers"}, `smartlake:testUsers: must be a list`},
	"an encrypted value of the wrong type": {[]string{"protect", "Passw0rd!"}, []string{"smartlake:protect"}, `smartlake:protect: must be true or false`},
	"an encrypted list of the wrong type": {
		[]string{"clients", `[{"name": "Passw0rd!", "scopes": "Passw0rd!"}]`}, []string{"smartlake:clients"},
		`smartlake:clients[0].scopes: must be a list`,
	},
	"alarms in one word": {[]string{"alarms", "true"}, nil,
		`smartlake:alarms: true: must be an object with members of emails, thresholds, topicArn, topicKmsKeyArn`},
	"bulk data in one word": {[]string{"bulkData", `true`}, nil, `smartlake:bulkData: true: must be an object with members of ` + bulkMembers},
	"several": {
		[]string{"clients", `{}`, "protect", "1", "testUsers", testUsers, "function", `{"tracing": "yes", "memory": 1024}`, "protct", "x", "aws-native:region", "us-west-2", "aws:region", "us-east-1"}, nil,
		strings.Join([]string{
			`smartlake:clients: must be a list, not an object`,
			`smartlake:function.memory: no such member; did you mean memoryMb?`,
			`smartlake:function.tracing: "yes": must be true or false`,
			`smartlake:protect: 1: must be true or false`,
			plainPassword,
			`smartlake:protct: no such key; did you mean protect?`,
			`aws:region: "us-east-1", and aws-native:region: "us-west-2": want the same region for both`,
		}, "\n"),
	},
}

func TestConfigurationThatCannotBeReadIsRefused(t *testing.T) {
	for what, c := range unreadable {
		t.Run(what, func(t *testing.T) {
			values := stackValues(t, c.values...)
			assertRefusalOf(t, values, c.secrets, c.want)
		})
	}
}

func TestKeysOfOtherProjectsAreNotOurs(t *testing.T) {
	mustRun(t, theProgram, configured(stackValues(t, "aws:profile", "clinic", "pulumi:tags", `{"a": "b"}`, "other:protct", "true")))
}

func TestTheLanguageHostsKeysAreChecked(t *testing.T) {
	hosted := func(ctx *pulumi.Context) error { return program.Run(ctx) }
	values := stackValues(t, "protct", "true")
	t.Setenv(pulumi.EnvConfig, indented(t, values))
	assertRefusal(t, hosted, `smartlake:protct: no such key; did you mean protect?`, configured(values))
	right := stackValues(t)
	t.Setenv(pulumi.EnvConfig, indented(t, right))
	mustRun(t, hosted, configured(right))
	t.Setenv(pulumi.EnvConfig, "Passw0rd!")
	assertRefusal(t, hosted, `PULUMI_CONFIG: not an object of texts`, configured(right))
}

func TestAProgramThatCannotFindMisspeltKeysDoesNotRun(t *testing.T) {
	t.Setenv(pulumi.EnvConfig, "") // so that it is put back
	if err := os.Unsetenv(pulumi.EnvConfig); err != nil {
		t.Fatal(err)
	}
	assertRefusal(t, program.Run, `PULUMI_CONFIG: not set, so that misspelt configuration keys cannot be found; use With to run the program in process`,
		configured(stackValues(t)))
}

func TestTheComponentRefusesWhatCanBeReadAndCannotBe(t *testing.T) {
	secret := []string{"smartlake:testUsers"}
	assertRefusalOf(t, stackValues(t, "clients", ""), nil,
		`SmartDatastore "smart": clients: missing: want at least one client; without one nobody can get a token`)
	assertRefusalOf(t, stackValues(t, "function.architecture", "riscv", "userPool.mfa", "YES"), nil,
		"SmartDatastore \"smart\": userPool.mfa: \"YES\": want one of OFF, OPTIONAL, ON\n"+
			"function.architecture: \"riscv\": want one of arm64, x86_64")
	assertRefusalOf(t, stackValues(t, "testUsers", `[{"username": "ann", "email": "ann", "password": "Passw0rd!"}]`), secret,
		`SmartDatastore "smart": testUsers[0].email: "ann": want an email address`)
	assertRefusalOf(t, stackValues(t, "testUsers", `[{"username": "ann", "email": "ann@example.org"}]`), secret,
		`SmartDatastore "smart": testUsers[0].password: missing: want a password, as a Pulumi secret`)
	assertRefusalOf(t, stackValues(t, "userPool.passwordPolicy.minimumLength", "12", "testUsers", testUsers), secret,
		`SmartDatastore "smart": testUsers[0].password: shorter than userPool.passwordPolicy.minimumLength; want at least 12 characters`)
	assertRefusalOf(t, stackValues(t, "tags", `{"AWS:team": "x"}`), nil,
		`SmartDatastore "smart": tags: "AWS:team": AWS reserves names that begin with aws:; want another name`)
}

// assertRefusalOf refuses a configuration in these very words.
func assertRefusalOf(t *testing.T, values map[string]string, secrets []string, want string) {
	t.Helper()
	assertRefusal(t, theProgram, want, configured(values, secrets...))
}
