package components

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	formerFunctionField = "formerValidatorFunctionArn"
	functionARNWanted   = "must be the ARN of a function or of its alias, arn:<partition>:lambda:<region>:<account>:function:<name>"
	callsAnother        = "datastore %q: the token validator's function: is %v and would become %v: a datastore keeps calling the function that " +
		"it was given, and to replace the datastore would DELETE ALL ITS DATA; put the former function back, or, if the datastore was " +
		"imported, set formerValidatorFunctionArn to the former one"
	stillCallsFormer = "datastore %q: the live datastore still calls %s (formerValidatorFunctionArn), and not this stack's token validator. " +
		"To make it call the token validator, run the command in the output updateDatastoreCommand (HealthLake's UpdateFHIRDatastore; " +
		"unverified on AWS), which takes effect at once, and then pulumi refresh --run-program"
)

var functionARNPattern = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_-]{1,128})?$`)

// checkFormerFunction refuses a former function where the datastore may be replaced: it is
// for a datastore that was imported to keep its data.
func (a SmartDatastoreArgs) checkFormerFunction(p *problems) {
	p.patternWhereKnown(formerFunctionField, a.FormerValidatorFunctionARN, functionARNPattern, functionARNWanted)
	if a.FormerValidatorFunctionARN != nil && a.AllowDatastoreReplacement {
		p.refuse(formerFunctionField, "cannot be combined with allowDatastoreReplacement; remove one of the two")
	}
}

// sameFunction compares the function that the live datastore calls with the declared one. A
// datastore that was imported may still call the former one, which is told by a warning.
func (a SmartDatastoreArgs) sameFunction(
	ctx *pulumi.Context, component *SmartDatastore, state pulumi.Output, live, declared pulumi.Input,
) pulumi.Output {
	former := pulumi.String("").ToStringOutput() // none
	if a.FormerValidatorFunctionARN != nil {
		former = matching(formerFunctionField, a.FormerValidatorFunctionARN, functionARNPattern, functionARNWanted)
	}
	return pulumi.All(state, live, declared, former).ApplyT(func(values []any) (string, error) {
		switch is, wanted := plainValue(values[1]), plainValue(values[2]); {
		case !has(values[0], "identityProviderConfiguration") || is == wanted:
		case a.FormerValidatorFunctionARN != nil && is == values[3]:
			_ = ctx.Log.Warn(fmt.Sprintf(stillCallsFormer, a.DatastoreName, quoted(is, live)), &pulumi.LogArgs{Resource: component})
		default:
			return "", fmt.Errorf(callsAnother, a.DatastoreName, quoted(is, live), quoted(wanted, declared))
		}
		return "", nil
	})
}
