package components

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws-native/sdk/go/aws/healthlake"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// A HealthLake datastore keeps for good what it was created with, and a change of
// it means a new datastore, the old one deleted first, with all its data
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-healthlake-fhirdatastore.html).
// So changes of these properties are ignored, and what differs is then told: a
// discovery document alone by a warning, anything else by an error, which a preview
// shows before anything is done.
var settledAtCreation = []string{
	"datastoreName", "datastoreTypeVersion", "identityProviderConfiguration", preloadDataConfig, "sseConfiguration",
}

// preloadDataConfig says what a new datastore begins with, and so nothing of one that
// exists. A change of it is ignored even where the datastore may be replaced.
const preloadDataConfig = "preloadDataConfig"

// guard returns the datastore's endpoint, or an error where the live datastore is
// not what the program declares, transforms of the component included.
func (a SmartDatastoreArgs) guard(
	ctx *pulumi.Context, component *SmartDatastore, datastore *healthlake.FhirDatastore, validator *TokenValidator, keyARN pulumi.StringInput,
	transformed *transformed,
) pulumi.StringOutput {
	if a.AllowDatastoreReplacement {
		return datastore.DatastoreEndpoint
	}
	wantedType, keyField := cmkTypeFor(keyARN), "customerManagedKey"
	if a.KMSKeyARN != nil {
		keyField = "kmsKeyArn"
	}
	if keyARN == nil {
		keyARN = pulumi.String("")
	}
	provider, state := datastore.IdentityProviderConfiguration, returned(&datastore.ResourceState)
	const name, encryption, identity, key = "datastoreName", "sseConfiguration", "identityProviderConfiguration", "kmsEncryptionConfig"
	unchanged := func(field string, live, declared pulumi.Input, path ...string) pulumi.Output {
		return a.unchanged(state, path[0], field, live, transformed.property(state, declared, path...))
	}
	checks := []any{
		datastore.DatastoreEndpoint,
		unchanged("datastoreName", datastore.DatastoreName.Elem(), pulumi.String(a.DatastoreName), name),
		unchanged(keyField, datastore.SseConfiguration.ApplyT(cmkType), pulumi.String(wantedType), encryption, key, "cmkType"),
		unchanged("kmsKeyArn", datastore.SseConfiguration.ApplyT(keyOf), keyARN, encryption, key, "kmsKeyId"),
		unchanged("authorizationStrategy", provider.AuthorizationStrategy().Elem(), pulumi.String(a.AuthorizationStrategy), identity, "authorizationStrategy"),
		unchanged("fineGrainedAuthorization", provider.FineGrainedAuthorizationEnabled().Elem(), pulumi.Bool(*a.FineGrainedAuthorization),
			identity, "fineGrainedAuthorizationEnabled"),
		a.sameFunction(ctx, component, state, provider.IdpLambdaArn().Elem(),
			transformed.property(state, validator.FunctionARN, identity, "idpLambdaArn")),
		pulumi.All(state, provider.Metadata().Elem(),
			transformed.property(state, component.DeclaredDiscoveryDocument, identity, "metadata")).ApplyT(func(values []any) string {
			declared, ok := values[2].(string)
			if !has(values[0], identity) || !ok {
				return ""
			}
			if differences := differences(values[1].(string), declared); differences != "" {
				_ = ctx.Log.Warn(fmt.Sprintf(heldBack, a.DatastoreName, differences), &pulumi.LogArgs{Resource: component})
			}
			return ""
		}),
		// A datastore that a preview would create has no id and no state yet.
		pulumi.All(state, datastore.ID()).ApplyT(func(values []any) string {
			for _, property := range []string{name, encryption, identity} {
				if !has(values[0], property) {
					_ = ctx.Log.Warn(fmt.Sprintf(untold, a.DatastoreName, property), &pulumi.LogArgs{Resource: component})
				}
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
	untold = "datastore %q: the state does not hold the live datastore's %s, because a refresh did not return it. Nothing is " +
		"known of what differs from the declaration; compare it with aws healthlake describe-fhir-datastore"
)

// returned is what the engine returned of a resource. Where it returned no property of a
// name, the SDK's output of that name is the program's own input.
func returned(state *pulumi.ResourceState) pulumi.Output { return pulumi.InternalGetRawOutputs(state) }

// has reports whether the engine returned a property.
func has(properties any, name string) bool {
	_, ok := properties.(resource.PropertyMap)[resource.PropertyKey(name)]
	return ok
}

// unchanged compares one property of the live datastore, which is a part of one that
// the engine returned or did not, with the declared one, as the transforms left it.
func (a SmartDatastoreArgs) unchanged(state pulumi.Output, of, field string, live, transformed pulumi.Input) pulumi.Output {
	return pulumi.All(state, live, transformed).ApplyT(func(values []any) (string, error) {
		is, wanted := plainValue(values[1]), plainValue(values[2])
		if text, ok := is.(string); ok && text == "" && wanted == nil {
			wanted = "" // no key
		}
		if has(values[0], of) && fmt.Sprintf("%#v", is) != fmt.Sprintf("%#v", wanted) {
			return "", fmt.Errorf(wouldReplace, a.DatastoreName, field, quoted(is, live), quoted(wanted, transformed))
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
		return "the live one is not a JSON object"
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
