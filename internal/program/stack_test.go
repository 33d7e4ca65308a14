package program_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/program"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

const (
	certificate    = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
	zone           = "Z0123456789ABCDEFGHIJ"
	theirPool      = "us-east-1_Abc123XyZ"
	givenKey       = "arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef"
	formerFunction = "arn:aws:lambda:us-east-1:123456789012:function:former"
	givenTopic     = "arn:aws:sns:us-east-1:123456789012:on-call"
	boundary       = "arn:aws:iam::123456789012:policy/teams/records/Boundary"
)

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
		declared.SmartDatastore, "smart", "clients", `[{"name": "lab", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example.org"],
		"logoutUrls": ["https://b.example.org"], "accessTokenMinutes": 5, "idTokenMinutes": 6, "refreshTokenMinutes": 70,
		"identityProviders": ["COGNITO"], "readAttributes": ["name"], "writeAttributes": ["email"]}]`},
	"customDomain": {[]string{"customDomain", `{"name": "auth.example.org", "certificateArn": "` + certificate + `", "zoneId": "` + zone + `"}`},
		declared.Record, "smart-auth-domain-record", "zoneId", `"` + zone + `"`},
	"existingUserPool": {[]string{"existingUserPool", theirPoolValue}, declared.UserPoolClient, "smart-auth-client-etl", "userPoolId", `"` + theirPool + `"`},
	"identityProviders": {[]string{"identityProviders", providers},
		declared.IdentityProvider, "smart-auth-idp-Hospital", "providerDetails.client_secret", `{"secret": "Passw0rd!"}`},
	"userPool": {[]string{"userPool", `{"tier": "PLUS", "advancedSecurity": "AUDIT"}`},
		declared.UserPool, "smart-auth-pool", "userPoolAddOns", `{"advancedSecurityMode": "AUDIT"}`},
	"domainPrefix":  {[]string{"domainPrefix", "clinic"}, declared.UserPoolDomain, "smart-auth-domain", "domain", `"clinic"`},
	"datastoreName": {[]string{"datastoreName", "records"}, declared.Datastore, "smart-datastore", "datastoreName", `"records"`},
	"preloadSynthea": {[]string{"preloadSynthea", "true"},
		declared.Datastore, "smart-datastore", "preloadDataConfig", `{"preloadDataType": "SYNTHEA"}`},
	"authorizationStrategy": {[]string{"authorizationStrategy", "SMART_ON_FHIR_V1"},
		declared.Datastore, "smart-datastore", "identityProviderConfiguration.authorizationStrategy", `"SMART_ON_FHIR_V1"`},
	"fineGrainedAuthorization": {[]string{"fineGrainedAuthorization", "false"},
		declared.Datastore, "smart-datastore", "identityProviderConfiguration.fineGrainedAuthorizationEnabled", `false`},
	"customerManagedKey": {[]string{"customerManagedKey", "true"},
		declared.Datastore, "smart-datastore", "sseConfiguration.kmsEncryptionConfig.cmkType", `"CUSTOMER_MANAGED_KMS_KEY"`},
	"kmsKeyArn": {[]string{"kmsKeyArn", givenKey},
		declared.Datastore, "smart-datastore", "sseConfiguration.kmsEncryptionConfig.kmsKeyId", `"` + givenKey + `"`},
	"protect": {[]string{"protect", "false"}, declared.UserPool, "smart-auth-pool", "deletionProtection", `"INACTIVE"`},
	"allowDatastoreReplacement": {[]string{"allowDatastoreReplacement", "true"},
		declared.SmartDatastore, "smart", "allowDatastoreReplacement", `true`},
	"allowUnlistedRegion": {[]string{"allowUnlistedRegion", "true"}, declared.SmartDatastore, "smart", "allowUnlistedRegion", `true`},
	"testUsers":           {[]string{"testUsers", testUsers}, declared.User, "smart-auth-user-ann", "password", `{"secret": "Passw0rd!"}`},
	"function":            {[]string{"function", `{"architecture": "x86_64"}`}, declared.Function, "smart-validator-function", "architectures", `["x86_64"]`},
	"launchContext": {[]string{"clients", `[{"name": "lab", "kind": "public", "scopes": ["user/*.rs"], "callbackUrls": ["https://a.example.org"]}]`},
		declared.Function, "smart-auth-context-function", "code", `{"archive": "$ARCHIVE"}`},
	"bulkData": {[]string{"bulkData", `{"kmsKeyArn": "` + givenKey + `", "importRetentionDays": 1,
		"exportRetentionDays": 2, "noncurrentDays": 3, "logRetentionDays": 4}`},
		declared.SmartDatastore, "smart", "bulkData", `{"kmsKeyArn": "` + givenKey + `", "importRetentionDays": 1,
		"exportRetentionDays": 2, "noncurrentDays": 3, "logRetentionDays": 4}`},
	"frontDoor": {[]string{"frontDoor", `{"allowedOrigins": ["https://app.example.org"], "throttling": {"requestsPerSecond": 7, "burst": 8}}`,
		"frontDoor.function.archive", "$ARCHIVE"},
		declared.APIStage, "smart-door-stage", "defaultRouteSettings",
		`{"detailedMetricsEnabled": false, "throttlingRateLimit": 7, "throttlingBurstLimit": 8}`},
	"roles": {[]string{"roles", `{"path": "/records/", "permissionsBoundary": "` + boundary + `"}`},
		declared.Role, "smart-validator-read", "permissionsBoundary", `"` + boundary + `"`},
	"alarms":    {[]string{"alarms", "{}"}, declared.MetricAlarm, "smart-validator-alarm-errors", "threshold", `1`},
	"dashboard": {[]string{"dashboard", "true"}, "smartlake:index:TokenValidator", "smart-validator", "dashboard", `true`},
	"formerValidatorFunctionArn": {[]string{"formerValidatorFunctionArn", formerFunction},
		declared.SmartDatastore, "smart", "formerValidatorFunctionArn", `"` + formerFunction + `"`},
	"audit": {[]string{"audit", `{"users": true}`}, declared.Function, "smart-validator-function", "environment.variables.LOG_USERS", `"true"`},
	"tags":  {[]string{"tags", `{"team": "records"}`}, declared.Role, "smart-validator-read", "tags", `{"team": "records"}`},
}

func TestEveryKeyHasAnEffect(t *testing.T) {
	expect.Lines(t, "keys", slices.Sorted(maps.Keys(effects)), slices.Sorted(maps.Keys(loadProject(t).Config)))
	for key, c := range effects {
		t.Run(key, func(t *testing.T) {
			for i, value := range c.values {
				c.values[i] = strings.ReplaceAll(value, "$ARCHIVE", archive)
			}
			r := declare(t, stackValues(t, c.values...), "smartlake:testUsers", "smartlake:identityProviders")
			var got any = inputs(t, r, c.typ, c.name)
			for member := range strings.SplitSeq(c.path, ".") {
				got = got.(map[string]any)[member]
			}
			expect.JSON(t, c.path, got, strings.ReplaceAll(c.want, "$ARCHIVE", archive))
		})
	}
}

func TestProtectAndReplacementReachTheDatastore(t *testing.T) {
	for key, c := range map[string]struct {
		value     string
		protected []string
		ignored   []string
	}{
		"protect": {"false", nil, []string{
			"datastoreName", "datastoreTypeVersion", "identityProviderConfiguration", "preloadDataConfig", "sseConfiguration",
		}},
		"allowDatastoreReplacement": {"true", []string{"smart-auth-pool", "smart-auth-domain"}, []string{"preloadDataConfig"}},
	} {
		cloud := declare(t, stackValues(t, key, c.value))
		var protected []string
		for _, one := range cloud.Resources() {
			if one.GetProtect() {
				protected = append(protected, one.GetName())
			}
		}
		expect.Lines(t, key+": protected", protected, c.protected)
		for _, datastore := range cloud.Resources(declared.Datastore) {
			expect.Lines(t, key+": ignored changes", datastore.GetIgnoreChanges(), c.ignored)
		}
	}
}

func TestTheDefaultsOfTheProjectAreThoseOfTheComponent(t *testing.T) {
	var empty []string
	for key, declaration := range loadProject(t).Config {
		if text, given := declaration.Default.(string); given {
			empty = append(empty, key, text)
		}
	}
	with, without := declare(t, stackValues(t, empty...)), declare(t, stackValues(t))
	for _, one := range without.Resources() {
		expect.JSON(t, one.GetName(), inputs(t, with, one.GetType(), one.GetName()), expect.Indented(t, one.Inputs))
	}
}

func TestAnEncryptedValueIsASecretInTheStack(t *testing.T) {
	for key, c := range map[string]struct{ value, typ, name, property string }{
		"kmsKeyArn": {givenKey, declared.Datastore, "smart-datastore", "sseConfiguration"},
		"alarms":    {`{"topicArn": "` + givenTopic + `"}`, declared.MetricAlarm, "smart-validator-alarm-errors", "alarmActions"},
		"roles":     {`{"permissionsBoundary": "` + boundary + `"}`, declared.Role, "smart-validator-read", "permissionsBoundary"},
		"tags":      {`{"team": "records"}`, declared.Role, "smart-validator-read", "tags"},
	} {
		r := declare(t, stackValues(t, key, c.value), "smartlake:"+key)
		if got := expect.Indented(t, inputs(t, r, c.typ, c.name)[c.property]); !strings.Contains(got, `"secret"`) {
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
	"a key of a misspelt namespace": {[]string{"smartlak:customerManagedKey", "true", "SmartLake:protect", "true"}, nil, strings.Join([]string{
		`SmartLake:protect: no such namespace; did you mean smartlake:protect?`,
		`smartlak:customerManagedKey: no such namespace; did you mean smartlake:customerManagedKey?`,
	}, "\n")},
	"a key that is a member of another": {[]string{"mfa", "ON", "architecture", "arm64"}, nil, strings.Join([]string{
		`smartlake:architecture: no such key; did you mean function.architecture?`,
		`smartlake:mfa: no such key; did you mean userPool.mfa?`,
	}, "\n")},
	"a key that is like no other": {[]string{"encryption", "customer-managed"}, nil,
		`smartlake:encryption: no such key; docs/reference/configuration.md lists the keys`},
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
		[]string{"bulkData", `{"bucket": "x"}`}, nil, `smartlake:bulkData.bucket: no such member; use one of ` + bulkMembers,
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
		[]string{"userPool", `{"mfa": null}`}, nil, `smartlake:userPool.mfa: no value; write one, or remove the line`,
	},
	"a member twice": {
		[]string{"userPool", `{"mfa": "ON", "tier": "PLUS", "\u006dfa": "OFF"}`}, nil, `smartlake:userPool: "mfa" is given twice; write it once`,
	},
	"a member twice, deep inside": {
		[]string{"clients", `[{"name": "a", "groups": ["x"]}, {"name": "b", "groups": ["x"], "groups": ["y"]}]`}, nil,
		`smartlake:clients: "groups" is given twice; write it once`,
	},
	"objects too deep": {
		[]string{"tags", strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9)}, nil, `smartlake:tags: nested deeper than 8`,
	},
	"half a character": {[]string{"tags", `{"a": "\ud800"}`}, nil, `smartlake:tags: malformed JSON at byte 14`},
	"a member of a secret twice": {
		[]string{"testUsers", `[{"hunter2": "a", "hunter2": "b"}]`}, []string{"smartlake:testUsers"}, `smartlake:testUsers: a member is given twice; write it once`,
	},
	"an id of digits, which the pulumi command makes a number of": {
		[]string{"testUsers", `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!", "patient": 8675309}]`}, []string{"smartlake:testUsers"},
		`smartlake:testUsers[0].patient: must be text, in quotes where it looks like something else`,
	},
	"a client in place of clients": {
		[]string{"clients", `{"name": "etl"}`}, nil, `smartlake:clients: must be a list, not an object`,
	},
	"no JSON":            {[]string{"clients", `etl`}, nil, `smartlake:clients: "etl": must be a list`},
	"half a list":        {[]string{"clients", `[{]`}, nil, `smartlake:clients: malformed JSON at byte 2`},
	"two lists":          {[]string{"clients", `[] []`}, nil, `smartlake:clients: "[] []": must be a list`},
	"a boolean in words": {[]string{"protect", `yes`}, nil, `smartlake:protect: "yes": must be true or false`},
	"a page for a boolean": {[]string{"protect", strings.Repeat("yes", 1000)}, nil,
		`smartlake:protect: "` + strings.Repeat("yes", 100) + `"... (3000 characters): must be true or false`},
	"a URL with a password for a boolean": {[]string{"protect", "https://ann:hunter2@example.org"}, nil,
		`smartlake:protect: "https://[left out]@example.org": must be true or false`},
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
		`smartlake:testUsers[0]: a member that does not exist; use one of email, fhirUser, groups, password, patient, username`,
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
			`aws-native:region: "us-west-2": must be the same region as aws:region, "us-east-1"`,
		}, "\n"),
	},
}

func TestConfigurationThatCannotBeReadIsRefused(t *testing.T) {
	for what, c := range unreadable {
		t.Run(what, func(t *testing.T) {
			values := stackValues(t, c.values...)
			assertRefused(t, values, c.secrets, c.want)
		})
	}
}

func TestKeysOfOtherProjectsAreNotOurs(t *testing.T) {
	declare(t, stackValues(t, "aws:profile", "clinic", "pulumi:tags", `{"a": "b"}`, "other:protct", "true"))
}

func TestTheLanguageHostsKeysAreChecked(t *testing.T) {
	values := stackValues(t, "protct", "true")
	t.Setenv(pulumi.EnvConfig, expect.Indented(t, values))
	assertRefusedBy(t, program.Run, values, nil, `smartlake:protct: no such key; did you mean protect?`)
	right := stackValues(t)
	t.Setenv(pulumi.EnvConfig, expect.Indented(t, right))
	if err := cloudOf(right).Run(program.Run); err != nil {
		t.Fatal(err)
	}
	t.Setenv(pulumi.EnvConfig, "Passw0rd!")
	assertRefusedBy(t, program.Run, right, nil, `PULUMI_CONFIG: not an object of texts`)
}

func TestAProgramThatCannotFindMisspeltKeysDoesNotRun(t *testing.T) {
	t.Setenv(pulumi.EnvConfig, "") // so that it is put back
	if err := os.Unsetenv(pulumi.EnvConfig); err != nil {
		t.Fatal(err)
	}
	assertRefusedBy(t, program.Run, stackValues(t), nil,
		`PULUMI_CONFIG: not set, so that misspelt configuration keys cannot be found; use With to run the program in process`)
}

func TestTheComponentRefusesWhatCanBeReadAndCannotBe(t *testing.T) {
	secret := []string{"smartlake:testUsers"}
	assertRefused(t, stackValues(t, "clients", ""), nil,
		`SmartDatastore "smart": clients: missing; add at least one client; only clients can get tokens`)
	assertRefused(t, stackValues(t, "function.architecture", "riscv", "userPool.mfa", "YES"), nil,
		"SmartDatastore \"smart\": userPool.mfa: \"YES\": must be one of OFF, OPTIONAL, ON\n"+
			"function.architecture: \"riscv\": must be one of arm64, x86_64")
	assertRefused(t, stackValues(t, "testUsers", `[{"username": "ann", "email": "ann", "password": "Passw0rd!"}]`), secret,
		`SmartDatastore "smart": testUsers[0].email: "ann": must be an email address`)
	assertRefused(t, stackValues(t, "testUsers", `[{"username": "ann", "email": "ann@example.org"}]`), secret,
		`SmartDatastore "smart": testUsers[0].password: missing; set it to a password, as a Pulumi secret`)
	assertRefused(t, stackValues(t, "userPool.passwordPolicy.minimumLength", "12", "testUsers", testUsers), secret,
		`SmartDatastore "smart": testUsers[0].password: shorter than userPool.passwordPolicy.minimumLength; use at least 12 characters`)
	assertRefused(t, stackValues(t, "tags", `{"AWS:team": "x"}`), nil,
		`SmartDatastore "smart": tags: "AWS:team": AWS reserves names that begin with aws:; choose another name`)
}

func TestTheProgramExportsBulkDataWhereItIsOn(t *testing.T) {
	on := declare(t, stackValues(t, "bulkData", "{}"))
	got, _ := on.Outputs()["bulkData"].Value.(map[string]any)
	keys := []string{}
	for key, value := range got {
		if keys = append(keys, key); value == "" {
			t.Errorf("bulkData.%s is empty", key)
		}
	}
	slices.Sort(keys)
	expect.Lines(t, "bulkData", keys, []string{
		"bucketArn", "bucketName", "exportCommand", "exportRoleArn", "importCommand", "importRoleArn", "kmsKeyArn", "logBucketName", "startJobsPolicy",
	})
	off := declare(t, stackValues(t))
	if _, ok := off.Outputs()["bulkData"]; ok || len(off.Resources(declared.Bucket)) > 0 {
		t.Error("bulk data is on without its key")
	}
}

func TestTheContextOfTestUsersCanBeConfigured(t *testing.T) {
	r := declare(t, stackValues(t, "testUsers", `[{"username": "ann", "email": "ann@example.org", "password": "Passw0rd!",
		"patient": "p-1", "fhirUser": "Practitioner/7"}]`), "smartlake:testUsers")
	expect.JSON(t, "user", inputs(t, r, declared.User, "smart-auth-user-ann")["attributes"],
		`{"email": "ann@example.org", "email_verified": "true", "patient": "p-1", "fhirUser": "Practitioner/7"}`)
}

func TestTheTwoProvidersMustDeployToTheSameRegion(t *testing.T) {
	values := stackValues(t)
	values["aws:region"], values["aws-native:region"] = "us-east-1", "us-west-2"
	assertRefused(t, values, nil, `aws-native:region: "us-west-2": must be the same region as aws:region, "us-east-1"`)
}

func TestTheProgramTellsWhatItDeclaresOfClients(t *testing.T) {
	cloud := declare(t, stackValues(t, "clients", `[
		{"name": "etl", "kind": "service", "scopes": ["system/*.read"]},
		{"name": "lab", "kind": "public", "scopes": ["openid", "user/*.rs"], "callbackUrls": ["https://a.example.org"], "groups": ["nurses"]},
		{"name": "own", "kind": "confidential", "scopes": ["patient/*.rs"], "callbackUrls": ["https://b.example.org"]}]`))
	expect.JSON(t, "clients", cloud.Outputs()["clients"].Value, `{
		"etl": {"kind": "service", "scopes": ["system/*.read"], "callbackUrls": [], "fhirUserTypes": [], "groups": [], "accessTokenMinutes": 60},
		"lab": {"kind": "public", "scopes": ["openid", "user/*.rs"], "callbackUrls": ["https://a.example.org"],
			"fhirUserTypes": ["Practitioner"], "groups": ["nurses"], "accessTokenMinutes": 60},
		"own": {"kind": "confidential", "scopes": ["patient/*.rs"], "callbackUrls": ["https://b.example.org"], "fhirUserTypes": [], "groups": [], "accessTokenMinutes": 60}}`)
}

func TestWhatRepeatsAnEncryptedKeyIsASecret(t *testing.T) {
	values := stackValues(t)
	for what, secrets := range map[string][]string{"open": nil, "encrypted": {"smartlake:clients"}} {
		if got, want := declare(t, values, secrets...).Outputs()["clients"].Secret, what == "encrypted"; got != want {
			t.Errorf("%s: the output clients is secret: %t, want %t", what, got, want)
		}
	}
}

// An output of what a stack lacks is left out, not null.
func TestTheProgramExportsNothingThatTheStackLacks(t *testing.T) {
	outputs := declare(t, stackValues(t)).Outputs()
	for name, became := range outputs {
		if became.Value == nil {
			t.Errorf("%s: exported, and null", name)
		}
	}
	for _, lacking := range []string{"alarmTopicArn", "dashboardName", "cloudfrontDomainName", "kmsKeyArn", "launchContext", "bulkData"} {
		if _, exported := outputs[lacking]; exported {
			t.Errorf("%s: exported from a stack that lacks it", lacking)
		}
	}
}
