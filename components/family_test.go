package components_test

import (
	"slices"
	"strings"
	"testing"

	native "github.com/pulumi/pulumi-aws-native/sdk/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
)

// full has one of everything that the component can declare.
func full(a *components.SmartDatastoreArgs) {
	withKey(a)
	inOperation(a)
	withBulkData(a)
	withFrontDoor(a)
	underItsOwnName(a)
	a.Function.RestrictToAccount = true
	a.Audit = &components.AuditArgs{Users: true}
	a.TestUsers = []components.TestUserArgs{{Username: "test", Email: "test@example.org", Password: pulumi.String("Passw0rd!")}}
}

func TestTheComponentsAreThoseOfTheContract(t *testing.T) {
	var got []string
	for _, one := range build(t, full).resources {
		if !one.GetCustom() {
			got = append(got, one.GetType()+" "+one.GetName())
		}
	}
	assertLines(t, "components", got, []string{
		"smartlake:index:AuthorizationServer ehr-auth",
		"smartlake:index:BulkDataStore ehr-bulk",
		"smartlake:index:DatastoreGrant ehr-grant",
		"smartlake:index:FrontDoor ehr-door",
		"smartlake:index:LaunchContext ehr-auth-context",
		"smartlake:index:SmartDatastore ehr",
		"smartlake:index:TokenValidator ehr-validator",
		"smartlake:index:UserPoolPermission ehr-auth-context",
	})
}

func TestEveryResourceHangsBelowItsComponent(t *testing.T) {
	r := build(t, full)
	urns := map[string]string{}
	for _, one := range r.resources {
		urns[one.URN] = one.GetName()
	}
	for _, one := range r.resources {
		want := name
		switch {
		case one.GetName() == name:
			want = "" // below the stack
		case strings.HasPrefix(one.GetName(), "ehr-grant-"):
			want = "ehr-grant"
		case strings.HasPrefix(one.GetName(), "ehr-auth-context-") || one.GetType() == userPoolPermissionType:
			want = "ehr-auth-context"
		case strings.HasPrefix(one.GetName(), "ehr-auth-"):
			want = "ehr-auth"
		case strings.HasPrefix(one.GetName(), "ehr-bulk-"):
			want = "ehr-bulk"
		case strings.HasPrefix(one.GetName(), "ehr-door-"):
			want = "ehr-door"
		case strings.HasPrefix(one.GetName(), "ehr-validator-"):
			want = "ehr-validator"
		}
		if got := urns[one.GetParent()]; got != want {
			t.Errorf("%s %q: its parent is %q (%s), want %q", one.GetType(), one.GetName(), got, one.GetParent(), want)
		}
	}
}

func TestEverythingDeclaredIsNamedAfterTheComponent(t *testing.T) {
	assertLines(t, "resources", build(t, full).names(), []string{
		"aws-native:healthlake:FhirDatastore ehr-datastore",
		"aws:apigatewayv2/api:Api ehr-door-api",
		"aws:apigatewayv2/apiMapping:ApiMapping ehr-door-mapping",
		"aws:apigatewayv2/domainName:DomainName ehr-door-domain",
		"aws:apigatewayv2/integration:Integration ehr-door-integration",
		"aws:apigatewayv2/route:Route ehr-door-route",
		"aws:apigatewayv2/stage:Stage ehr-door-stage",
		"aws:appautoscaling/policy:Policy ehr-validator-tracking",
		"aws:appautoscaling/scheduledAction:ScheduledAction ehr-validator-schedule-morning",
		"aws:appautoscaling/target:Target ehr-validator-scaling",
		"aws:cloudwatch/dashboard:Dashboard ehr-validator-dashboard",
		"aws:cloudwatch/logGroup:LogGroup ehr-auth-context-logs",
		"aws:cloudwatch/logGroup:LogGroup ehr-door-access-logs",
		"aws:cloudwatch/logGroup:LogGroup ehr-door-logs",
		"aws:cloudwatch/logGroup:LogGroup ehr-validator-logs",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-door-alarm-errors",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-door-alarm-latency",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-door-alarm-server-errors",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-door-alarm-throttles",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-validator-alarm-concurrency",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-validator-alarm-denials",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-validator-alarm-duration",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-validator-alarm-errors",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-validator-alarm-key-set-failures",
		"aws:cloudwatch/metricAlarm:MetricAlarm ehr-validator-alarm-throttles",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-denials-by-client",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-denials-by-reason",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-denials-by-user",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-door-addresses",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-door-errors",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-grants-by-client",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-grants-by-user",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-key-set-failures",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-one-user",
		"aws:cloudwatch/queryDefinition:QueryDefinition ehr-validator-query-users-without-context",
		"aws:cognito/resourceServer:ResourceServer ehr-auth-server-launch",
		"aws:cognito/resourceServer:ResourceServer ehr-auth-server-patient",
		"aws:cognito/resourceServer:ResourceServer ehr-auth-server-system",
		"aws:cognito/resourceServer:ResourceServer ehr-auth-server-user",
		"aws:cognito/user:User ehr-auth-user-test",
		"aws:cognito/userPool:UserPool ehr-auth-pool",
		"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-etl",
		"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-phone",
		"aws:cognito/userPoolClient:UserPoolClient ehr-auth-client-portal",
		"aws:cognito/userPoolDomain:UserPoolDomain ehr-auth-domain",
		"aws:iam/role:Role ehr-auth-context-execution",
		"aws:iam/role:Role ehr-bulk-export",
		"aws:iam/role:Role ehr-bulk-import",
		"aws:iam/role:Role ehr-door-execution",
		"aws:iam/role:Role ehr-validator-execution",
		"aws:iam/role:Role ehr-validator-export",
		"aws:iam/role:Role ehr-validator-read",
		"aws:iam/role:Role ehr-validator-write",
		"aws:iam/rolePolicy:RolePolicy ehr-auth-context-logging",
		"aws:iam/rolePolicy:RolePolicy ehr-auth-context-tracing",
		"aws:iam/rolePolicy:RolePolicy ehr-bulk-export-access",
		"aws:iam/rolePolicy:RolePolicy ehr-bulk-import-access",
		"aws:iam/rolePolicy:RolePolicy ehr-door-capabilities",
		"aws:iam/rolePolicy:RolePolicy ehr-door-logging",
		"aws:iam/rolePolicy:RolePolicy ehr-door-tracing",
		"aws:iam/rolePolicy:RolePolicy ehr-grant-export",
		"aws:iam/rolePolicy:RolePolicy ehr-grant-read",
		"aws:iam/rolePolicy:RolePolicy ehr-grant-write",
		"aws:iam/rolePolicy:RolePolicy ehr-validator-logging",
		"aws:iam/rolePolicy:RolePolicy ehr-validator-tracing",
		"aws:kms/alias:Alias ehr-key-alias",
		"aws:kms/key:Key ehr-key",
		"aws:lambda/alias:Alias ehr-auth-context-live",
		"aws:lambda/alias:Alias ehr-door-live",
		"aws:lambda/alias:Alias ehr-validator-live",
		"aws:lambda/function:Function ehr-auth-context-function",
		"aws:lambda/function:Function ehr-door-function",
		"aws:lambda/function:Function ehr-validator-function",
		"aws:lambda/permission:Permission ehr-auth-context-invoke",
		"aws:lambda/permission:Permission ehr-door-invoke",
		"aws:lambda/permission:Permission ehr-validator-invoke",
		"aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig ehr-validator-provisioned",
		"aws:route53/record:Record ehr-door-domain-record",
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 ehr-bulk-bucket-lifecycle",
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 ehr-bulk-logs-lifecycle",
		"aws:s3/bucketLoggingV2:BucketLoggingV2 ehr-bulk-bucket-logging",
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls ehr-bulk-bucket-ownership",
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls ehr-bulk-logs-ownership",
		"aws:s3/bucketPolicy:BucketPolicy ehr-bulk-bucket-policy",
		"aws:s3/bucketPolicy:BucketPolicy ehr-bulk-logs-policy",
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock ehr-bulk-bucket-public-access",
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock ehr-bulk-logs-public-access",
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 ehr-bulk-bucket-encryption",
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 ehr-bulk-logs-encryption",
		"aws:s3/bucketV2:BucketV2 ehr-bulk-bucket",
		"aws:s3/bucketV2:BucketV2 ehr-bulk-logs",
		"aws:s3/bucketVersioningV2:BucketVersioningV2 ehr-bulk-bucket-versioning",
		"aws:s3/bucketVersioningV2:BucketVersioningV2 ehr-bulk-logs-versioning",
		"aws:sns/topic:Topic ehr-validator-alarms",
		"aws:sns/topicPolicy:TopicPolicy ehr-validator-alarms-policy",
		"aws:sns/topicSubscription:TopicSubscription ehr-validator-alarms-to-ops@example.org",
		"smartlake:index:AuthorizationServer ehr-auth",
		"smartlake:index:BulkDataStore ehr-bulk",
		"smartlake:index:DatastoreGrant ehr-grant",
		"smartlake:index:FrontDoor ehr-door",
		"smartlake:index:LaunchContext ehr-auth-context",
		"smartlake:index:SmartDatastore ehr",
		"smartlake:index:TokenValidator ehr-validator",
		"smartlake:index:UserPoolPermission ehr-auth-context",
	})
}

func TestTheCallersProvidersDoEverythingAlsoTheQuestions(t *testing.T) {
	for when, settings := range both {
		t.Run(when, func(t *testing.T) {
			r := mustRun(t, func(ctx *pulumi.Context) error {
				west, err := aws.NewProvider(ctx, "west", &aws.ProviderArgs{Region: pulumi.String("us-west-2")})
				if err != nil {
					return err
				}
				nativeWest, err := native.NewProvider(ctx, "native-west", &native.ProviderArgs{Region: pulumi.String("us-west-2")})
				if err != nil {
					return err
				}
				return declare(func(a *components.SmartDatastoreArgs) {
					full(a)
					a.FrontDoor.CustomDomain.CertificateARN = pulumi.String(strings.Replace(doorCertificate, region, "us-west-2", 1))
				}, pulumi.Providers(west, nativeWest))(ctx)
			}, settings...)
			var (
				west       = "urn:pulumi:test::smartlake::pulumi:providers:aws::west::us-west-2"
				nativeWest = "urn:pulumi:test::smartlake::pulumi:providers:aws-native::native-west::us-west-2"
			)
			for _, one := range r.resources {
				want := west
				if strings.HasPrefix(one.GetType(), "aws-native:") {
					want = nativeWest
				}
				if strings.HasPrefix(one.GetType(), "pulumi:providers:") || !one.GetCustom() {
					want = ""
				}
				if got := one.GetProvider(); got != want {
					t.Errorf("%s %q: its provider is %q, want %q", one.GetType(), one.GetName(), got, want)
				}
			}
			for _, invoke := range r.invokes {
				if invoke.Provider != west {
					t.Errorf("%s: asks provider %q, want %q", invoke.Token, invoke.Provider, west)
				}
			}
			if len(r.invokes) == 0 {
				t.Error("no provider was asked where it deploys to")
			}
		})
	}
}

func TestNoComponentMakesAProvider(t *testing.T) {
	for _, one := range build(t, full).resources {
		if strings.HasPrefix(one.GetType(), "pulumi:providers:") || one.GetProvider() != "" {
			t.Errorf("%s %q: provider %q", one.GetType(), one.GetName(), one.GetProvider())
		}
	}
}

// dependencies are the names of what a resource waits for.
func dependencies(r *recorder, one registered) []string {
	var names []string
	for _, other := range r.resources {
		if slices.Contains(one.GetDependencies(), other.URN) {
			names = append(names, other.GetName())
		}
	}
	slices.Sort(names)
	return names
}

func TestNothingIsUsedBeforeItWorks(t *testing.T) {
	servers := []string{"ehr-auth-server-launch", "ehr-auth-server-patient", "ehr-auth-server-system", "ehr-auth-server-user"}
	clients := []string{"ehr-auth-client-etl", "ehr-auth-client-phone", "ehr-auth-client-portal"}
	r := build(t, full)
	for _, c := range []struct {
		typ, name string
		waitsFor  []string
	}{
		{functionType, "ehr-auth-context-function", []string{
			"ehr-auth-context-execution", "ehr-auth-context-logging", "ehr-auth-context-logs", "ehr-auth-context-tracing",
		}},
		{userPoolType, "ehr-auth-pool", []string{"ehr-auth-context-live"}},
		{permissionType, "ehr-auth-context-invoke", []string{"ehr-auth-context-live", "ehr-auth-pool"}},
		{clientType, clients[0], append([]string{"ehr-auth-context-invoke", "ehr-auth-pool"}, servers...)},
		{clientType, clients[1], append([]string{"ehr-auth-context-invoke", "ehr-auth-pool"}, servers...)},
		{clientType, clients[2], append([]string{"ehr-auth-context-invoke", "ehr-auth-pool"}, servers...)},
		{functionType, "ehr-validator-function", append([]string{
			"ehr-auth-pool", "ehr-validator-execution", "ehr-validator-logging", "ehr-validator-logs", "ehr-validator-read", "ehr-validator-tracing",
			"ehr-validator-write", "ehr-validator-export",
		}, clients...)},
		{permissionType, "ehr-validator-invoke", []string{"ehr-validator-function", "ehr-validator-live"}},
		{datastoreType, "ehr-datastore", []string{
			"ehr-auth-domain", "ehr-auth-pool", "ehr-key", "ehr-validator-invoke", "ehr-validator-live",
		}},
		{functionType, "ehr-door-function", append([]string{
			"ehr-auth-domain", "ehr-auth-pool", "ehr-datastore", "ehr-door-capabilities", "ehr-door-execution", "ehr-door-logging", "ehr-door-logs",
			"ehr-door-tracing", "ehr-key", "ehr-validator-live",
		}, clients...)},
		{stageType, "ehr-door-stage", []string{"ehr-door-access-logs", "ehr-door-api", "ehr-door-invoke", "ehr-door-route"}},
		{permissionType, "ehr-door-invoke", []string{"ehr-door-api", "ehr-door-live"}},
		{mappingType, "ehr-door-mapping", []string{"ehr-door-api", "ehr-door-domain", "ehr-door-stage"}},
		{recordType, "ehr-door-domain-record", []string{"ehr-door-domain", "ehr-door-mapping"}},
		{rolePolicyType, "ehr-grant-read", []string{"ehr-datastore", "ehr-key", "ehr-validator-read"}},
		{rolePolicyType, "ehr-grant-write", []string{"ehr-datastore", "ehr-key", "ehr-validator-write"}},
		{rolePolicyType, "ehr-grant-export", []string{"ehr-datastore", "ehr-key", "ehr-validator-export"}},
	} {
		slices.Sort(c.waitsFor)
		assertLines(t, c.name+" waits for", dependencies(r, r.find(t, c.typ, c.name)), c.waitsFor)
	}
}

// taggable says of every type whether it takes tags, also of types that only some
// arguments declare: one that is missing here fails the tests, so that no new
// resource goes without tags unseen.
var taggable = map[string]bool{
	userPoolType: true, domainType: false, resourceServerType: false, clientType: false, userType: false,
	"aws:cognito/identityProvider:IdentityProvider": false,

	logGroupType: true, roleType: true, rolePolicyType: false, functionType: true, aliasType: false, permissionType: false,
	"aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": false,

	apiType: true, integrationType: false, routeType: false, stageType: true, domainNameType: true, mappingType: false,

	keyType: true, keyAliasType: false, datastoreType: true,

	"aws:cloudwatch/metricAlarm:MetricAlarm":             true,
	"aws:cloudwatch/dashboard:Dashboard":                 false,
	queryDefinitionType:                                  false,
	"aws:sns/topic:Topic":                                true,
	"aws:sns/topicPolicy:TopicPolicy":                    false,
	"aws:sns/topicSubscription:TopicSubscription":        false,
	"aws:appautoscaling/target:Target":                   true,
	"aws:appautoscaling/policy:Policy":                   false,
	"aws:appautoscaling/scheduledAction:ScheduledAction": false,

	"aws:s3/bucketV2:BucketV2":                                                                   true,
	"aws:s3/bucketPolicy:BucketPolicy":                                                           false,
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     false,
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     false,
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               false,
	"aws:s3/bucketLoggingV2:BucketLoggingV2":                                                     false,
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       false,
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": false,

	"aws:route53/record:Record": false,

	datastoreGrantType:     false,
	userPoolPermissionType: false,
}

func TestEveryTaggableResourceBearsTheTags(t *testing.T) {
	tags := pulumi.StringMap{"team": pulumi.String("records"), "environment": pulumi.String("test")}
	for what, given := range map[string]pulumi.StringMapInput{"at once": tags, "later": tags.ToStringMapOutput()} {
		t.Run(what, func(t *testing.T) {
			r := build(t, func(a *components.SmartDatastoreArgs) {
				full(a)
				a.Tags = given
			})
			for _, one := range r.resources {
				takes, known := taggable[one.GetType()]
				if !known && one.GetCustom() {
					t.Errorf("%s %q: say in taggable whether the type takes tags", one.GetType(), one.GetName())
				}
				got, tagged := one.Inputs["tags"]
				switch {
				case one.GetType() == datastoreType:
					assertJSON(t, one.GetName(), got, `[{"key": "environment", "value": "test"}, {"key": "team", "value": "records"}]`)
				case takes || !known:
					assertJSON(t, one.GetName(), got, `{"environment": "test", "team": "records"}`)
				case tagged:
					t.Errorf("%s %q takes no tags, got %v", one.GetType(), one.GetName(), got)
				}
			}
		})
	}
}

func TestThereAreNoTagsUnlessGiven(t *testing.T) {
	for _, one := range build(t, full).resources {
		if tags, tagged := one.Inputs["tags"]; tagged {
			t.Errorf("%s %q has tags %v", one.GetType(), one.GetName(), tags)
		}
	}
}

func TestTheComponentsRecordTheirArguments(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) { a.Clients = a.Clients[:1] })
	const (
		clients  = `"clients": [{"name": "etl", "kind": "service", "scopes": ["system/*.read"]}]`
		strategy = `"authorizationStrategy": "SMART_ON_FHIR"`
		userPool = `"userPool": {
			"deletionProtection": true, "tier": "ESSENTIALS", "mfa": "OFF", "advancedSecurity": "OFF", "verificationEmail": "CONFIRM_WITH_CODE",
			"aliasAttributes": ["email"], "autoVerifiedAttributes": ["email"],
			"recoveryMechanisms": ["verified_email"], "passwordPolicy": {"minimumLength": 8, "temporaryValidityDays": 7}}`
	)
	// The archives are left out: they are paths of one machine.
	function := `"function": {"architecture": "arm64", "logLevel": "info", "logRetentionDays": 365, "memoryMb": 512}`
	context, attributes := `"launchContext": {`+function, `"patientAttribute": "patient", "fhirUserAttribute": "fhirUser"`
	assertJSON(t, "SmartDatastore", r.find(t, smartDatastoreType, "ehr").Inputs,
		"{"+strings.Join([]string{clients, strategy, userPool, function, context + "}", `"datastoreName": "ehr-test", "fineGrainedAuthorization": true`}, ",")+"}")
	assertJSON(t, "AuthorizationServer", r.find(t, authorizationServerType, "ehr-auth").Inputs,
		"{"+strings.Join([]string{clients, strategy, userPool, context, attributes + "}"}, ",")+"}")
	issuer := "https://cognito-idp.us-east-1.amazonaws.com/" + userPoolID(poolName, region)
	assertJSON(t, "TokenValidator", r.find(t, tokenValidatorType, "ehr-validator").Inputs,
		"{"+strings.Join([]string{strategy, function, `"issuers": ["` + issuer + `"]`, `"jwksUri": "` + issuer + `/.well-known/jwks.json"`,
			`"clients": [{"id": "` + clientID("ehr-auth-client-etl") + `", "fhirUserTypes": []}]`}, ",")+"}")
}
