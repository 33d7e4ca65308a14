package local

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// setting is an input of a type of resource that no stand-in reads.
type setting struct {
	typ  string
	path string // members of objects with a dot; empty for the whole type
	// usual are the values that ask for nothing which is missing here, besides none.
	usual []string
	// argument is what a stack calls it, and missing what does not happen here. Both are empty
	// for a setting that changes no answer to an app or a user, such as a description.
	argument, missing string
}

// notImitated is everything that the stand-ins leave unread of what they stand in for.
// TestEverySettingIsReadOrSaidNotToBe compares it with what they read.
var notImitated = slices.Concat([]setting{
	{declared.UserPool, "mfaConfiguration", []string{"OFF"}, "userPool.mfa", "users are not asked for a second factor"},
	{declared.UserPool, "userPoolAddOns.advancedSecurityMode", []string{"OFF"}, "userPool.advancedSecurity", "threat protection judges no sign-in"},
	{declared.UserPool, "adminCreateUserConfig.allowAdminCreateUserOnly", []string{"true"}, "userPool.selfSignUp", "the sign-in page has no way to sign up"},
	{declared.UserPoolClient, "supportedIdentityProviders", []string{"COGNITO"}, "clients[].identityProviders", "only the pool's own users sign in"},
	{declared.IdentityProvider, "", nil, "identityProviders", "their users cannot sign in here"},
	{declared.UserPoolDomain, "certificateArn", nil, "customDomain", "the hosted domain is at a loopback address"},
	{declared.APIDomainName, "domainNameConfiguration.certificateArn", nil, "frontDoor.customDomain", "the front door is at a loopback address"},
	{declared.Datastore, "sseConfiguration.kmsEncryptionConfig.cmkType", []string{"AWS_OWNED_KMS_KEY"}, "customerManagedKey, kmsKeyArn", "no key is used: the data is in memory"},
	{declared.Function, "reservedConcurrentExecutions", nil, "function.reservedConcurrency", "executions are not limited"},
	{declared.Function, "tracingConfig.mode", []string{"PassThrough"}, "function.tracing", "no traces are sent"},
	{declared.ProvisionedConcurrency, "", nil, "function.provisionedConcurrency", "no execution is kept warm"},
	{declared.MetricAlarm, "", nil, "alarms", "nothing is measured, and nobody is told"},
	{declared.Dashboard, "", nil, "dashboard", "there is none, and no saved query"},
	{declared.Bucket, "", nil, "bulkData", "there is no bulk import and export"},
},
	without(declared.UserPool, "accountRecoverySetting.recoveryMechanisms", "autoVerifiedAttributes", "deletionProtection",
		"emailConfiguration.emailSendingAccount", "lambdaConfig.preTokenGeneration", "softwareTokenMfaConfiguration.enabled", "userPoolTier",
		"verificationMessageTemplate.defaultEmailOption"),
	without(declared.UserPoolClient, "allowedOauthFlowsUserPoolClient", "enableTokenRevocation", "explicitAuthFlows", "generateSecret",
		"preventUserExistenceErrors", "writeAttributes"),
	without(declared.User, "messageAction"),
	without(declared.UserGroup, "description"),
	without(declared.Datastore, "datastoreTypeVersion", "identityProviderConfiguration.authorizationStrategy", "sseConfiguration.kmsEncryptionConfig.kmsKeyId"),
	without(declared.API, "description", "ipAddressType"),
	without(declared.APIIntegration, "connectionType", "description", "integrationMethod"),
	without(declared.APIMapping, "stage"),
	without(declared.APIDomainName, "domainNameConfiguration.endpointType", "domainNameConfiguration.ipAddressType", "domainNameConfiguration.securityPolicy"),
	without(declared.APIStage, "accessLogSettings.destinationArn", "accessLogSettings.format", "defaultRouteSettings.detailedMetricsEnabled", "description"),
	without(declared.Function, "architectures", "description", "handler", "loggingConfig.logFormat", "loggingConfig.logGroup", "memorySize", "publish", "runtime"),
	without(declared.FunctionAlias, "description", "functionVersion"),
	// A client's own scopes are what counts of the resource servers'.
	without(declared.ResourceServer, ""),
)

// without are inputs that change no answer.
func without(typ string, paths ...string) []setting {
	var settings []setting
	for _, path := range paths {
		settings = append(settings, setting{typ: typ, path: path})
	}
	return settings
}

// unimitated says of each setting that a graph declares, and that is not imitated, what does
// not happen here.
func unimitated(g *declared.Graph, component declared.Resource) []string {
	var said []string
	for _, s := range notImitated {
		if s.argument == "" {
			continue
		}
		for _, r := range g.All(s.typ) {
			if component.URN != "" && !r.Is(component) && !g.Above(r, component.Type).Is(component) {
				continue
			}
			if value, asked := s.askedBy(r); asked {
				said = append(said, s.argument+value+": "+s.missing)
				break
			}
		}
	}
	return said
}

// askedBy reports whether a resource asks for what is missing, and the value that does, as
// the end of its name.
func (s setting) askedBy(r declared.Resource) (value string, asked bool) {
	if s.path == "" {
		return "", true
	}
	switch v := r.Input(strings.Split(s.path, ".")...); {
	case v.IsNull():
		return "", false
	case v.IsString() && strings.HasPrefix(v.StringValue(), "arn:"):
		return "", true
	case v.IsString():
		return " " + v.StringValue(), !slices.Contains(s.usual, v.StringValue())
	case v.IsBool():
		return "", !slices.Contains(s.usual, fmt.Sprint(v.BoolValue()))
	case v.IsArray():
		return "", slices.ContainsFunc(v.ArrayValue(), func(one resource.PropertyValue) bool {
			return !one.IsString() || !slices.Contains(s.usual, one.StringValue())
		})
	}
	return "", true
}
