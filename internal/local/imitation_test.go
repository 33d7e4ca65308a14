package local_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// everySetting declares whatever a stack can that the local cloud runs.
var everySetting = map[string]string{
	"clients": `[
	  {"name":"etl","kind":"service","scopes":["system/*.*"],"accessTokenMinutes":15},
	  {"name":"app","kind":"public","scopes":["openid","launch/patient","patient/*.rs"],"callbackUrls":["http://localhost:3000/"],"logoutUrls":["http://localhost:3000/"]},
	  {"name":"clinic","kind":"confidential","scopes":["openid","user/*.rs"],"fhirUserTypes":["Practitioner"],"groups":["staff"],"callbackUrls":["http://localhost:3001/"],"identityProviders":["COGNITO","Hospital"]}]`,
	"identityProviders": `[{"name":"Hospital","kind":"oidc","attributeMapping":{"email":"email"},"issuer":"https://login.hospital.example","clientId":"smartlake","clientSecret":"made-up"}]`,
	"userPool":          `{"mfa":"ON","tier":"PLUS","advancedSecurity":"ENFORCED","selfSignUp":true,"passwordPolicy":{"minimumLength":16}}`,
	"frontDoor":         `{"allowedOrigins":["https://app.example.org"],"throttling":{"requestsPerSecond":50,"burst":60},"alarms":{}}`,
	"testUsers":         `[{"username":"ann","email":"ann@example.org","password":"Correct-horse-battery-1","patient":"patient-001","groups":["staff"]}]`,
	"alarms":            `{"emails":["ops@example.org"]}`, "dashboard": "true", "audit": `{"users":true}`, "bulkData": "{}", "customerManagedKey": "true",
	"function": `{"provisionedConcurrency":{"executions":1},"reservedConcurrency":10,"tracing":true}`, "tags": `{"a":"b"}`,
}

// customDomains cannot be together with the settings above.
var customDomains = map[string]string{
	"customDomain": `{"name":"auth.example.org","certificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/126bd7d2-bf7b-43fe-81ca-1d5f8f6f3b01"}`,
	"frontDoor":    `{"customDomain":{"name":"fhir.example.org","certificateArn":"arn:aws:acm:us-east-1:123456789012:certificate/126bd7d2-bf7b-43fe-81ca-1d5f8f6f3b02"}}`,
}

// imitated are the types whose inputs the stand-ins read one by one.
var imitated = []string{
	declared.UserPool, declared.UserPoolClient, declared.UserPoolDomain, declared.User, declared.UserGroup, declared.UserInGroup,
	declared.Datastore, declared.Function, declared.FunctionAlias, declared.Permission,
	declared.API, declared.APIIntegration, declared.APIRoute, declared.APIStage, declared.APIDomainName, declared.APIMapping,
}

// surrounding are the types that stand around them on AWS, and answer nobody.
var surrounding = []string{
	declared.Role, declared.RolePolicy, declared.LogGroup, declared.QueryDefinition, declared.Topic, declared.TopicPolicy, declared.TopicSubscription, declared.Key, declared.KeyAlias,
	declared.BucketEncryption, declared.BucketLifecycle, declared.BucketLogging, declared.BucketOwnershipControls, declared.BucketPolicy,
	declared.BucketPublicAccessBlock, declared.BucketVersioning,
}

// leaves are the inputs of a resource, members of objects with a dot.
func leaves(prefix string, of resource.PropertyMap) []string {
	var paths []string
	for key, value := range of {
		path := prefix + string(key)
		if value.IsSecret() {
			value = value.SecretValue().Element
		}
		if value.IsOutput() {
			value = value.OutputValue().Element
		}
		if value.IsObject() {
			paths = append(paths, leaves(path+".", value.ObjectValue())...)
		} else if !value.IsNull() {
			paths = append(paths, path)
		}
	}
	return paths
}

// readOf starts and walks a stack, and returns what was read of its resources, and the
// resources.
func readOf(t *testing.T, overrides map[string]string) (map[string]bool, []declared.Resource) {
	t.Helper()
	var mu sync.Mutex
	read := map[string]bool{}
	var stack declared.Stack
	cloud := localtest.Start(t, "dev", overrides, func(o *local.Options) {
		stack = o.Stack
		o.Stack.OnRead = func(r declared.Resource, path []string) {
			mu.Lock()
			defer mu.Unlock()
			read[r.Type+" "+strings.Join(path, ".")] = true
		}
	})
	if err := cloud.Walk(t.Context(), func(local.Step) {}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	graph, err := declared.Run(program.With(stack.Config), stack)
	if err != nil {
		t.Fatal(err)
	}
	return maps.Clone(read), slices.DeleteFunc(graph.Resources(), func(r declared.Resource) bool { return r.Component })
}

// covered reports whether a path, or an object that it is a member of, is among some.
func covered(among map[string]bool, typ, path string) bool {
	for {
		if among[typ+" "+path] {
			return true
		}
		last := strings.LastIndex(path, ".")
		if last < 0 {
			return false
		}
		path = path[:last]
	}
}

func TestEverySettingIsReadOrSaidNotToBe(t *testing.T) {
	listed := map[string]bool{}
	for _, path := range local.NotImitated() {
		listed[path] = true
	}
	read, met := map[string]bool{}, map[string]bool{}
	var resources []declared.Resource
	for _, overrides := range []map[string]string{everySetting, customDomains} {
		some, of := readOf(t, overrides)
		maps.Copy(read, some)
		resources = append(resources, of...)
	}
	for _, r := range resources {
		met[r.Type+" "] = true
		if listed[r.Type+" "] || slices.Contains(surrounding, r.Type) {
			continue
		}
		if !slices.Contains(imitated, r.Type) {
			t.Errorf("%s: neither imitated nor said not to be", r.Type)
			continue
		}
		for _, leaf := range leaves("", r.Inputs) {
			met[r.Type+" "+leaf] = true
			switch read, listed := covered(read, r.Type, leaf), listed[r.Type+" "+leaf]; {
			case strings.HasPrefix(leaf, "tags"):
			case read && listed:
				t.Errorf("%s: %s: read, and said not to be imitated", r.Type, leaf)
			case !read && !listed:
				t.Errorf("%s: %s: no stand-in reads it, and it is not said", r.Type, leaf)
			}
		}
	}
	for path := range listed {
		if !met[path] {
			t.Errorf("%s: said not to be imitated, and no stack declares it", path)
		}
	}
}

func TestACloudSaysOnceWhatOfItsStackItDoesNotImitate(t *testing.T) {
	for what, c := range map[string]struct {
		overrides map[string]string
		want      []string
	}{
		"as in dev": {nil, nil},
		"all": {everySetting, []string{
			"userPool.mfa ON: users are not asked for a second factor",
			"userPool.advancedSecurity ENFORCED: threat protection judges no sign-in",
			"userPool.selfSignUp: the sign-in page has no way to sign up",
			"clients[].identityProviders: only the pool's own users sign in",
			"identityProviders: their users cannot sign in here",
			"customerManagedKey, kmsKeyArn CUSTOMER_MANAGED_KMS_KEY: no key is used: the data is in memory",
			"function.reservedConcurrency: executions are not limited",
			"function.tracing Active: no traces are sent",
			"function.provisionedConcurrency: no execution is kept warm",
			"alarms: nothing is measured, and nobody is told",
			"dashboard: there is none, and no saved query",
			"bulkData: there is no bulk import and export",
		}},
		"custom domains": {customDomains, []string{
			"customDomain: the hosted domain is at a loopback address",
			"frontDoor.customDomain: the front door is at a loopback address",
		}},
	} {
		t.Run(what, func(t *testing.T) {
			if got := localtest.Start(t, "dev", c.overrides, nil).NotImitated; !slices.Equal(got, c.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
			}
		})
	}
}
