package components

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// absent is the output of what a stack does not have.
func absent() pulumi.StringPtrOutput {
	return pulumi.String("").ToStringOutput().ApplyT(func(string) *string { return nil }).(pulumi.StringPtrOutput)
}

// outputsOf are a part's outputs as one object, for the whole to tell in languages that
// cannot reach the part itself: absent where there is no part.
func outputsOf[T any](part *T) pulumi.MapOutput {
	if part == nil {
		return absent().ApplyT(func(*string) map[string]any { return nil }).(pulumi.MapOutput)
	}
	return tagged(part).ToMapOutput()
}

// declaredClients tell those who write or check an app, by the client's name, which kind
// of app it is, what it may ask for and whose it is.
func declaredClients(clients []client) pulumi.MapOutput {
	declared := pulumi.Map{}
	for _, client := range clients {
		var callbacks pulumi.StringArrayInput = pulumi.StringArray{}
		if client.CallbackURLs != nil {
			callbacks = client.CallbackURLs
		}
		declared[client.Name] = pulumi.Map{
			"kind":         pulumi.String(client.Kind),
			"scopes":       pulumi.ToStringArray(client.Scopes),
			"callbackUrls": callbacks,

			"fhirUserTypes": pulumi.ToStringArray(texts(client.userTypes())),
			"groups":        pulumi.ToStringArray(client.Groups),

			"accessTokenMinutes": pulumi.Int(tokenMinutes(client.AccessTokenMinutes)),
		}
	}
	return declared.ToMapOutput()
}
