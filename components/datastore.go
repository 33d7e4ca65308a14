package components

import (
	"regexp"

	"github.com/pulumi/pulumi-aws-native/sdk/go/aws/healthlake"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var datastorePattern = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-%@]{1,256}$`)

// newDatastore declares "<name>-datastore", whole: what is left out comes back with the
// service's default on a refresh.
func (a SmartDatastoreArgs) newDatastore(
	s site, component *SmartDatastore, validator *TokenValidator, keyARN pulumi.StringInput,
) (*healthlake.FhirDatastore, error) {
	args := &healthlake.FhirDatastoreArgs{
		DatastoreName:        pulumi.String(a.DatastoreName),
		DatastoreTypeVersion: healthlake.FhirDatastoreDatastoreTypeVersionR4,
		SseConfiguration:     sseConfiguration(keyARN),
		IdentityProviderConfiguration: healthlake.FhirDatastoreIdentityProviderConfigurationArgs{
			// The SDK's enumeration does not list SMART_ON_FHIR yet; the service takes it.
			AuthorizationStrategy:           healthlake.FhirDatastoreIdentityProviderConfigurationAuthorizationStrategy(a.AuthorizationStrategy),
			FineGrainedAuthorizationEnabled: pulumi.Bool(*a.FineGrainedAuthorization),
			IdpLambdaArn:                    validator.FunctionARN,
			Metadata:                        component.DeclaredDiscoveryDocument,
		},
		Tags: nativeTags(a.Tags),
	}
	if a.PreloadSynthea {
		args.PreloadDataConfig = healthlake.FhirDatastorePreloadDataConfigArgs{
			PreloadDataType: healthlake.FhirDatastorePreloadDataConfigPreloadDataTypeSynthea,
		}
	}
	return healthlake.NewFhirDatastore(s.ctx, s.name+"-datastore", args, a.datastoreOptions(component, validator)...)
}

// datastoreOptions keep a live datastore from being replaced by accident. The
// permission comes first, and with it all that the validator needs: a datastore
// that cannot call it serves nobody. To depend on the component would not do:
// Pulumi takes those of its children that happen to be registered by then.
func (a SmartDatastoreArgs) datastoreOptions(component *SmartDatastore, validator *TokenValidator) []pulumi.ResourceOption {
	options := []pulumi.ResourceOption{
		pulumi.Parent(component),
		pulumi.DependsOn([]pulumi.Resource{validator.permission}),
	}
	if a.AllowDatastoreReplacement {
		return append(options, pulumi.IgnoreChanges([]string{preloadDataConfig}))
	}
	options = append(options, pulumi.IgnoreChanges(settledAtCreation))
	return protected(orDefault(a.Protect, true), options...)
}
