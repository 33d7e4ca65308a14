package components

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws-native/sdk/go/aws/healthlake"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// A HealthLake datastore keeps for good what it was created with, and a change of
// it means a new datastore, the old one deleted first, with all its data
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-healthlake-fhirdatastore.html).
// So changes of these properties are ignored, and what differs is then told: a
// discovery document alone by a warning, anything else by an error, which a preview
// shows before anything is done. Whether the datastore was preloaded is not told: it
// says what a new one begins with, and an absent property cannot be seen from here.
var settledAtCreation = []string{
	"datastoreName", "datastoreTypeVersion", "identityProviderConfiguration", "preloadDataConfig", "sseConfiguration",
}

// guard returns the datastore's endpoint, or an error where the live datastore is
// not what the program declares.
func (a SmartDatastoreArgs) guard(
	ctx *pulumi.Context, component *SmartDatastore, datastore *healthlake.FhirDatastore, validator *TokenValidator, keyARN pulumi.StringInput,
) pulumi.StringOutput {
	if a.AllowDatastoreReplacement {
		return datastore.DatastoreEndpoint
	}
	wantedType := cmkTypeFor(keyARN)
	if keyARN == nil {
		keyARN = pulumi.String("")
	}
	provider := datastore.IdentityProviderConfiguration
	checks := []any{
		datastore.DatastoreEndpoint,
		a.unchanged("datastoreName", datastore.DatastoreName.Elem(), pulumi.String(a.DatastoreName)),
		a.unchanged("encryption", datastore.SseConfiguration.ApplyT(cmkType), pulumi.String(wantedType)),
		a.unchanged("kmsKeyArn", datastore.SseConfiguration.ApplyT(keyOf), keyARN),
		a.unchanged("authorizationStrategy", provider.AuthorizationStrategy().Elem(), pulumi.String(a.AuthorizationStrategy)),
		a.unchanged("fineGrainedAuthorization", provider.FineGrainedAuthorizationEnabled().Elem(), pulumi.Bool(orDefault(a.FineGrainedAuthorization, true))),
		a.unchanged("the token validator's function", provider.IdpLambdaArn().Elem(), validator.FunctionARN),
		pulumi.All(provider.Metadata().Elem(), component.DeclaredDiscoveryDocument).ApplyT(func(documents []any) string {
			if differences := differences(documents[0].(string), documents[1].(string)); differences != "" {
				_ = ctx.Log.Warn(fmt.Sprintf(heldBack, a.DatastoreName, differences), &pulumi.LogArgs{Resource: component})
			}
			return ""
		}),
	}
	return pulumi.All(checks...).ApplyT(func(values []any) string { return values[0].(string) }).(pulumi.StringOutput)
}

const (
	wouldReplace = "datastore %q: %s: is %v and would become %v: a datastore keeps what it was created with, so this change would " +
		"replace it and DELETE ALL ITS DATA; put the former value back, or set allowDatastoreReplacement to true"
	heldBack = "datastore %q: the discovery document of the live datastore is left as it is, because a change would replace the " +
		"datastore. What differs: %s. To apply it in place, run the command in the output updateDatastoreCommand (HealthLake's " +
		"UpdateFHIRDatastore; unverified on AWS), which takes effect at once, and then pulumi refresh --run-program"
)

// unchanged compares one property of the live datastore with the declared one.
func (a SmartDatastoreArgs) unchanged(property string, live, declared pulumi.Input) pulumi.Output {
	return pulumi.All(live, declared).ApplyT(func(values []any) (string, error) {
		is, wanted := plainValue(values[0]), plainValue(values[1])
		if fmt.Sprintf("%#v", is) != fmt.Sprintf("%#v", wanted) {
			return "", fmt.Errorf(wouldReplace, a.DatastoreName, property, quoted(is, live), quoted(wanted, declared))
		}
		return "", nil
	})
}

// plainValue strips the SDK's names of string types.
func plainValue(value any) any {
	if v := reflect.ValueOf(value); v.Kind() == reflect.String {
		return v.String()
	}
	return value
}

func cmkType(config *healthlake.FhirDatastoreSseConfiguration) string {
	if config == nil {
		return string(healthlake.FhirDatastoreKmsEncryptionConfigCmkTypeAwsOwnedKmsKey) // the service's default
	}
	return string(config.KmsEncryptionConfig.CmkType)
}

func keyOf(config *healthlake.FhirDatastoreSseConfiguration) string {
	if config == nil || config.KmsEncryptionConfig.KmsKeyId == nil {
		return ""
	}
	return *config.KmsEncryptionConfig.KmsKeyId
}

// differences names the members in which two JSON documents differ, with both
// values; the order of members and white space are no difference.
func differences(live, declared string) string {
	var before, after map[string]any
	if json.Unmarshal([]byte(live), &before) != nil || json.Unmarshal([]byte(declared), &after) != nil {
		if live == declared {
			return ""
		}
		return "the live one is no JSON object"
	}
	all := maps.Clone(before)
	maps.Copy(all, after)
	var found []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !reflect.DeepEqual(before[name], after[name]) {
			found = append(found, fmt.Sprintf("%s is %v and would become %v", name, before[name], after[name]))
		}
	}
	return strings.Join(found, "; ")
}
