package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// alive runs the program against a datastore that was created by another one: in
// an update, and as the engine answers where changes are ignored.
func alive(t *testing.T, createdBy func(*components.SmartDatastoreArgs)) setting {
	t.Helper()
	before := build(t, createdBy).find(t, datastoreType, datastoreName)
	live := resource.NewPropertyMapFromMap(before.Inputs)
	return func(r *recorder) { r.live = live }
}

func TestAnUnchangedProgramIsNoReplacement(t *testing.T) {
	r, err := run(declare(full), alive(t, full))
	if err != nil || len(r.warnings) > 0 {
		t.Errorf("got %v and warnings %q", err, r.warnings)
	}
}

func TestAChangeThatWouldReplaceTheDatastoreIsAnError(t *testing.T) {
	const rest = ": a datastore keeps what it was created with, so this change would replace it and DELETE ALL ITS DATA; " +
		"put the former value back, or set allowDatastoreReplacement to true"
	otherKey := "arn:aws:kms:us-east-1:" + account + ":key/11111111-2222-3333-4444-555555555555"
	for name, c := range map[string]struct {
		change func(*components.SmartDatastoreArgs)
		want   string
	}{
		"name":       {func(a *components.SmartDatastoreArgs) { a.DatastoreName = "other" }, `datastore "other": datastoreName: is "ehr-test" and would become "other"`},
		"encryption": {withKey, `datastore "ehr-test": customerManagedKey: is "AWS_OWNED_KMS_KEY" and would become "CUSTOMER_MANAGED_KMS_KEY"`},
		"key": {func(a *components.SmartDatastoreArgs) { a.KMSKeyARN = pulumi.String(otherKey) },
			`datastore "ehr-test": kmsKeyArn: is "AWS_OWNED_KMS_KEY" and would become "CUSTOMER_MANAGED_KMS_KEY"`},
		"fine-grained authorization": {func(a *components.SmartDatastoreArgs) { a.FineGrainedAuthorization = pulumi.BoolRef(false) },
			`datastore "ehr-test": fineGrainedAuthorization: is true and would become false`},
		"strategy": {func(a *components.SmartDatastoreArgs) {
			a.Clients, a.AuthorizationStrategy = a.Clients[:1], smart.SMARTOnFHIRV1
		},
			`datastore "ehr-test": authorizationStrategy: is "SMART_ON_FHIR" and would become "SMART_ON_FHIR_V1"`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, protect := range []bool{true, false} {
				change := func(a *components.SmartDatastoreArgs) { c.change(a); a.Protect = pulumi.BoolRef(protect) }
				if _, err := run(declare(change), alive(t, nothing)); err == nil || !strings.Contains(err.Error(), c.want+rest) {
					t.Errorf("protect %v: got %v, want %s", protect, err, c.want+rest)
				}
			}
			allowed := func(a *components.SmartDatastoreArgs) { c.change(a); a.AllowDatastoreReplacement = true }
			if _, err := run(declare(allowed), alive(t, nothing)); err != nil {
				t.Errorf("allowed, and yet: %v", err)
			}
		})
	}
}

func nothing(*components.SmartDatastoreArgs) {}

// former is the function that a datastore calls which another program has set up.
const former = "arn:aws:lambda:us-east-1:123456789012:function:smart-fhir-auth-lambda"

// calling is a live datastore that calls a function.
func calling(t *testing.T, function string) setting {
	t.Helper()
	before := alive(t, nothing)
	return func(r *recorder) {
		before(r)
		provider := r.live["identityProviderConfiguration"].ObjectValue()
		provider["idpLambdaArn"] = resource.NewProperty(function)
	}
}

// replacing names the function that the datastore may still call.
func replacing(function string) func(*components.SmartDatastoreArgs) {
	return func(a *components.SmartDatastoreArgs) { a.FormerValidatorFunctionARN = pulumi.String(function) }
}

func TestAnotherFunctionWouldReplaceTheDatastore(t *testing.T) {
	for what, change := range map[string]func(*components.SmartDatastoreArgs){
		"none named": nothing, "another one named": replacing("arn:aws:lambda:us-east-1:123456789012:function:other"),
		"its alias named": replacing(former + ":live"),
	} {
		for _, function := range []string{former, ""} {
			_, err := run(declare(change), calling(t, function))
			if err == nil || !strings.Contains(err.Error(), `the token validator's function: is "`+function+`" and would become "`) ||
				!strings.HasSuffix(err.Error(), "DELETE ALL ITS DATA; put the former function back, or, if the datastore was imported, set formerValidatorFunctionArn to the former one") {
				t.Errorf("%s, %q: got %v", what, function, err)
			}
		}
	}
}

func TestAnImportedDatastoreMayCallItsFormerFunctionWithAWarning(t *testing.T) {
	r, err := run(declare(replacing(former)), calling(t, former))
	if err != nil {
		t.Fatal(err)
	}
	assertLines(t, "warnings", r.warnings, []string{`datastore "ehr-test": the live datastore still calls "` + former +
		`" (formerValidatorFunctionArn), and not this stack's token validator. To make it call the token validator, run the command in the ` +
		`output updateDatastoreCommand (HealthLake's UpdateFHIRDatastore; unverified on AWS), which takes effect at once, and then pulumi refresh --run-program`})
	if r, err := run(declare(replacing(former)), alive(t, nothing)); err != nil || len(r.warnings) > 0 {
		t.Errorf("once it calls the validator: got %v and warnings %q", err, r.warnings)
	}
}

func TestAFormerFunctionIsRefusedWhereItCannotBeMeant(t *testing.T) {
	const accepted = ": must be the ARN of a function or of its alias, arn:<partition>:lambda:<region>:<account>:function:<name>"
	assertRefused(t, map[string]refusal{
		"a name": {replacing("smart-fhir-auth-lambda"), `formerValidatorFunctionArn: "smart-fhir-auth-lambda"` + accepted},
		"empty":  {replacing(""), `formerValidatorFunctionArn: ""` + accepted},
		"with the permission to replace": {func(a *components.SmartDatastoreArgs) {
			replacing(former)(a)
			a.AllowDatastoreReplacement = true
		}, "formerValidatorFunctionArn: cannot be combined with allowDatastoreReplacement; remove one of the two"},
	})
	later := func(a *components.SmartDatastoreArgs) {
		a.FormerValidatorFunctionARN = pulumi.String("a function").ToStringOutput()
	}
	if _, err := run(declare(later), alive(t, nothing)); err == nil || !strings.Contains(err.Error(), `formerValidatorFunctionArn: "a function"`+accepted) {
		t.Errorf("an output: got %v", err)
	}
}

func TestAnotherDiscoveryDocumentIsHeldBackWithAWarning(t *testing.T) {
	for name, change := range map[string]func(*components.SmartDatastoreArgs){
		"a client with a new scope": func(a *components.SmartDatastoreArgs) {
			a.Clients = append(a.Clients, components.ClientArgs{Name: "new", Kind: components.ServiceClient, Scopes: []string{"system/Device.r"}})
		},
		"other scopes": func(a *components.SmartDatastoreArgs) { a.Clients[0].Scopes = []string{"system/Device.r"} },
	} {
		t.Run(name, func(t *testing.T) {
			r, err := run(declare(change), alive(t, nothing))
			if err != nil {
				t.Fatal(err)
			}
			if len(r.warnings) != 1 || !strings.Contains(r.warnings[0], "the discovery document of the live datastore is left as it is") ||
				!strings.Contains(r.warnings[0], "scopes_supported is [") || !strings.Contains(r.warnings[0], "system/Device.r") ||
				!strings.Contains(r.warnings[0], "run the command in the output updateDatastoreCommand") {
				t.Errorf("warnings: %q", r.warnings)
			}
		})
	}
}

func TestTheSameDiscoveryDocumentInAnotherSpellingIsTheSame(t *testing.T) {
	before := alive(t, nothing)
	respelled := func(r *recorder) {
		before(r)
		provider := r.live["identityProviderConfiguration"].ObjectValue()
		provider["metadata"] = resource.NewProperty(" " + strings.ReplaceAll(provider["metadata"].StringValue(), `","`, `", "`))
	}
	if r, err := run(declare(nothing), respelled); err != nil || len(r.warnings) > 0 {
		t.Errorf("got %v and warnings %q", err, r.warnings)
	}
}

func TestPreloadingHasNoEffectOnALiveDatastore(t *testing.T) {
	preloading := func(a *components.SmartDatastoreArgs) { a.PreloadSynthea = true }
	for _, order := range [][2]func(*components.SmartDatastoreArgs){{nothing, preloading}, {preloading, nothing}} {
		if r, err := run(declare(order[1]), alive(t, order[0])); err != nil || len(r.warnings) > 0 {
			t.Errorf("got %v and warnings %q", err, r.warnings)
		}
	}
}
