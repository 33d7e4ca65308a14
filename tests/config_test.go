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
	"userPoolTier": {[]string{"userPoolTier", "LITE"}, userPoolType, "smart-auth-pool", "userPoolTier", `"LITE"`},
	"advancedSecurity": {[]string{"userPoolTier", "PLUS", "advancedSecurity", "AUDIT"},
		userPoolType, "smart-auth-pool", "userPoolAddOns", `{"advancedSecurityMode": "AUDIT"}`},
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
	"allowUnlistedRegion": {[]string{"allowUnlistedRegion", "true"}, smartDatastoreType, "smart", "allowUnlistedRegion", `true`},
	"mfa":                 {[]string{"mfa", "ON"}, userPoolType, "smart-auth-pool", "mfaConfiguration", `"ON"`},
	"testUsers":           {[]string{"testUsers", testUsers}, userType, "smart-auth-user-ann", "password", `{"secret": "Passw0rd!"}`},
	"architecture":        {[]string{"architecture", "x86_64"}, functionType, "smart-validator-function", "architectures", `["x86_64"]`},
	"validatorArchive": {nil, // the archive of the tests
		functionType, "smart-validator-function", "code", `{"archive": "$ARCHIVE"}`},
	"launchContextArchive": {[]string{"clients", `[{"name": "lab", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example.org"]}]`},
		functionType, "smart-auth-context-function", "code", `{"archive": "$TRIGGER"}`},
	"bulkData": {[]string{"bulkData", `{"enabled": true, "kmsKeyArn": "` + givenKey + `", "importRetentionDays": 1,
		"exportRetentionDays": 2, "noncurrentDays": 3, "logRetentionDays": 4}`},
		smartDatastoreType, "smart", "bulkData", `{"kmsKeyArn": "` + givenKey + `", "importRetentionDays": 1,
		"exportRetentionDays": 2, "noncurrentDays": 3, "logRetentionDays": 4}`},
	"rolePath":            {[]string{"rolePath", "/records/"}, roleType, "smart-validator-read", "path", `"/records/"`},
	"permissionsBoundary": {[]string{"permissionsBoundary", boundary}, roleType, "smart-validator-read", "permissionsBoundary", `"` + boundary + `"`},
	"reservedConcurrency": {[]string{"reservedConcurrency", "5"}, functionType, "smart-validator-function", "reservedConcurrentExecutions", `5`},
	"provisionedConcurrency": {[]string{"provisionedConcurrency", `{"executions": 1, "maxExecutions": 3, "targetUtilization": 50, "schedules": [
		{"name": "night", "schedule": "rate(1 day)", "timezone": "Europe/Vienna", "executions": 1, "maxExecutions": 2}]}`},
		tokenValidatorType, "smart-validator", "function.provisionedConcurrency", `{"executions": 1, "maxExecutions": 3, "targetUtilization": 50, "schedules": [
		{"name": "night", "schedule": "rate(1 day)", "timezone": "Europe/Vienna", "executions": 1, "maxExecutions": 2}]}`},
	"tracing":       {[]string{"tracing", "true"}, functionType, "smart-validator-function", "tracingConfig", `{"mode": "Active"}`},
	"logKmsKeyArn":  {[]string{"logKmsKeyArn", givenKey}, logGroupType, "smart-validator-logs", "kmsKeyId", `"` + givenKey + `"`},
	"alarms":        {[]string{"alarms", "true"}, alarmType, "smart-validator-alarm-errors", "threshold", `1`},
	"alarmTopicArn": {[]string{"alarms", "true", "alarmTopicArn", givenTopic}, alarmType, "smart-validator-alarm-errors", "alarmActions", `["` + givenTopic + `"]`},
	"alarmEmails": {[]string{"alarms", "true", "alarmEmails", `["ops@example.org"]`},
		subscriptionType, "smart-validator-alarms-to-ops@example.org", "endpoint", `"ops@example.org"`},
	"alarmThresholds": {[]string{"alarms", "true", "alarmThresholds", `{"durationMs": 1, "denialPercent": 2, "concurrencyPercent": 3}`},
		tokenValidatorType, "smart-validator", "alarms.thresholds", `{"durationMs": 1, "denialPercent": 2, "concurrencyPercent": 3}`},
	"dashboard": {[]string{"dashboard", "true"}, tokenValidatorType, "smart-validator", "dashboard", `true`},
	"tags":      {[]string{"tags", `{"team": "records"}`}, roleType, "smart-validator-read", "tags", `{"team": "records"}`},
}

func TestEveryKeyHasAnEffect(t *testing.T) {
	assertLines(t, "keys", slices.Sorted(maps.Keys(effects)), slices.Sorted(maps.Keys(loadProject(t).Config)))
	for key, c := range effects {
		t.Run(key, func(t *testing.T) {
			r := mustRun(t, theProgram, configured(stackValues(c.values...), "smartlake:testUsers", "smartlake:identityProviders"),
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

const plainSecrets = `smartlake:identityProviders: its client secrets stand in plain text: set each with pulumi config set --secret --path "identityProviders[0].clientSecret"`

const plainPasswords = `smartlake:testUsers: its passwords stand in plain text: set each with pulumi config set --secret --path "testUsers[0].password"`

// unreadable are configurations that say nothing, or what is not meant.
var unreadable = map[string]struct {
	values  []string
	secrets []string
	want    string
}{
	"a member of a client that nobody reads": {
		[]string{"clients", `[{"name": "etl", "kind": "service", "scope": ["system/*.read"]}]`}, nil,
		`smartlake:clients: want a list of clients: unknown field "scope": look in Pulumi.yaml for those that there are`,
	},
	"scopes that are no list": {
		[]string{"clients", `[{"name": "etl", "kind": "service", "scopes": "system/*.read"}]`}, nil,
		`smartlake:clients: want a list of clients: scopes: want a list`,
	},
	"a lifetime in quotes": {
		[]string{"clients", `[{"name": "etl", "kind": "service", "scopes": ["system/*.read"], "accessTokenMinutes": "15"}]`}, nil,
		`smartlake:clients: want a list of clients: accessTokenMinutes: want a whole number`,
	},
	"an id of digits, which the pulumi command makes a number of": {
		[]string{"testUsers", `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!", "patient": 8675309}]`}, []string{"smartlake:testUsers"},
		`smartlake:testUsers: want a list of users with username, email and password: patient: want text, in quotes where it looks like a number`,
	},
	"a password that Cognito would refuse": {
		[]string{"testUsers", `[{"username": "ann", "email": "ann@example.org", "password": "1234567"}]`}, []string{"smartlake:testUsers"},
		`smartlake:testUsers[0].password: want at least 8 characters`,
	},
	"tags that AWS would refuse": {
		[]string{"tags", `{"AWS:team": "x", "": "x", "team": "a*b", "cost center": "R&D"}`}, nil,
		strings.Join([]string{
			`smartlake:tags: "": want a name of 1 to 128 letters, digits, spaces and _.:/=+-@`,
			`smartlake:tags: "AWS:team": AWS reserves names that begin with aws:; want another name`,
			`smartlake:tags: "cost center": want a value of at most 256 letters, digits, spaces and _.:/=+-@`,
			`smartlake:tags: "team": want a value of at most 256 letters, digits, spaces and _.:/=+-@`,
		}, "\n"),
	},
	"a client in place of clients": {
		[]string{"clients", `{"name": "etl"}`}, nil,
		`smartlake:clients: want a list of clients, not an object`,
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
		`smartlake:tags: want a map of names to values, not a list`,
	},
	"client secrets in plain text": {[]string{"identityProviders", providers}, nil, plainSecrets},
	"a secret of a provider that nobody reads": {
		[]string{"identityProviders", `[{"name": "Hospital", "secret": "Passw0rd!"}]`}, []string{"smartlake:identityProviders"},
		`smartlake:identityProviders: want a list of identity providers`,
	},
	"a domain in place of a custom domain": {[]string{"customDomain", `"auth.example.org"`}, nil,
		`smartlake:customDomain: want an object with name, certificateArn and perhaps zoneId, not text`},
	"an id in place of a user pool": {[]string{"existingUserPool", theirPool}, nil,
		`smartlake:existingUserPool: want an object with id and perhaps hostedDomain and addsLaunchContext: ` +
			`invalid character 'u' looking for beginning of value`},
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
	"somebody to tell without alarms": {
		[]string{"alarmTopicArn", givenTopic, "alarmEmails", `["ops@example.org"]`, "alarmThresholds", `{"durationMs": 1}`}, nil,
		strings.Join([]string{
			`smartlake:alarmTopicArn: goes with alarms true only`,
			`smartlake:alarmEmails: goes with alarms true only`,
			`smartlake:alarmThresholds: goes with alarms true only`,
		}, "\n"),
	},
	"a member of the thresholds that nobody reads": {
		[]string{"alarms", "true", "alarmThresholds", `{"duration": 1}`}, nil,
		`smartlake:alarmThresholds: want an object with durationMs, denialPercent and concurrencyPercent: unknown field "duration": look in Pulumi.yaml for those that there are`,
	},
	"a number in words": {
		[]string{"reservedConcurrency", `five`}, nil,
		`smartlake:reservedConcurrency: want a whole number: invalid character 'i' in literal false (expecting 'a')`,
	},
	"bulk data with a member that nobody reads": {
		[]string{"bulkData", `{"enable": true}`}, nil,
		`smartlake:bulkData: want a map with enabled and perhaps settings: unknown field "enable": look in Pulumi.yaml for those that there are`,
	},
	"bulk data in one word": {
		[]string{"bulkData", `true`}, nil,
		`smartlake:bulkData: want a map with enabled and perhaps settings, not true or false`,
	},
	"settings of bulk data that nobody gets": {
		[]string{"bulkData", `{"exportRetentionDays": 30}`}, nil,
		`smartlake:bulkData: settings go with enabled: true only`,
	},
	"several": {
		[]string{"clients", `{}`, "protect", "1", "testUsers", testUsers, "encryption", "none", "kmsKeyArn", givenKey}, nil,
		strings.Join([]string{
			`smartlake:clients: want a list of clients, not an object`,
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
