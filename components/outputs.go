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
