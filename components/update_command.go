package components

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws-native/sdk/go/aws/healthlake"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/internal/shell"
)

// identityProvider is the IdentityProviderConfiguration of HealthLake's API
// UpdateFHIRDatastore. The API replaces the block in full: a field left out would be
// cleared (https://docs.aws.amazon.com/healthlake/latest/devguide/managing-data-stores-update.html).
type identityProvider struct {
	AuthorizationStrategy           string
	FineGrainedAuthorizationEnabled bool
	IdpLambdaArn                    string
	Metadata                        string
}

// updateCommand is the call that gives a live datastore the declared discovery
// document, in place, as a line for a shell.
func (a SmartDatastoreArgs) updateCommand(
	s site, component *SmartDatastore, datastore *healthlake.FhirDatastore, validator *TokenValidator,
) pulumi.StringOutput {
	return pulumi.All(
		s.place().region, datastore.DatastoreId, validator.FunctionARN, component.DeclaredDiscoveryDocument,
	).ApplyT(func(values []any) (string, error) {
		provider := identityProvider{
			AuthorizationStrategy:           string(a.AuthorizationStrategy),
			FineGrainedAuthorizationEnabled: *a.FineGrainedAuthorization,
			IdpLambdaArn:                    values[2].(string),
			Metadata:                        values[3].(string),
		}
		return updateDatastoreCommand(values[0].(string), values[1].(string), provider)
	}).(pulumi.StringOutput)
}

func updateDatastoreCommand(region, id string, provider identityProvider) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // a scope may hold < and &, and is easier to read as it is
	if err := encoder.Encode(provider); err != nil {
		return "", err
	}
	return fmt.Sprintf("aws healthlake update-fhir-datastore --region %s --datastore-id %s --identity-provider-configuration %s",
		shell.Quote(region), shell.Quote(id), shell.Quote(strings.TrimSpace(text.String()))), nil
}
