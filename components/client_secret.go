package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cognito"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// generateSecret is fixed when Cognito creates a client, and Cognito does not return it. So
// the provider takes every client that was imported for one without a secret, and would
// replace it by another with a new id. Its changes are ignored, and sameSecrecy tells them.
const generateSecret = "generateSecret"

// sameSecrecy is the client's id, or an error where the live client has a secret and one of
// the declared kind has none, or the other way round.
func (c client) sameSecrecy(live *cognito.UserPoolClient) pulumi.StringOutput {
	return pulumi.All(returned(&live.ResourceState), live.ID()).ApplyT(func(values []any) (string, error) {
		has, known := hasSecret(values[0].(resource.PropertyMap))
		if !known || has == c.hasSecret() {
			return string(values[1].(pulumi.ID)), nil
		}
		state := "has no secret, and Cognito cannot give it one"
		if has {
			state = "has a secret, and Cognito cannot take it away"
		}
		return "", fmt.Errorf("client %q: kind: %q: the live client %s; restore the former kind, or give the client another name, "+
			"with which it gets a new id", c.Name, c.Kind, state)
	}).(pulumi.StringOutput)
}

// hasSecret reports whether a live client has a secret, which is unknown only before one is
// made. What was imported has no generateSecret, and without a secret no clientSecret either.
func hasSecret(properties resource.PropertyMap) (has, known bool) {
	if generated := open(properties[generateSecret]); generated.IsBool() {
		return generated.BoolValue(), true
	}
	secret := open(properties["clientSecret"])
	return secret.IsString() && secret.StringValue() != "", !secret.IsComputed() && !secret.IsOutput()
}

// open is a value that may be kept as a secret.
func open(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return open(value.SecretValue().Element)
	case value.IsOutput() && value.OutputValue().Known:
		return open(value.OutputValue().Element)
	}
	return value
}
