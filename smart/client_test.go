package smart_test

import (
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
)

func TestSystemScopesCountForClientsAloneAndTheOthersForUsersAlone(t *testing.T) {
	type held struct {
		kind    smart.ClientKind
		context smart.Context
	}
	counting := map[held]bool{
		{smart.ServiceClient, smart.System}:       true,
		{smart.ConfidentialClient, smart.Patient}: true,
		{smart.ConfidentialClient, smart.User}:    true,
		{smart.PublicClient, smart.Patient}:       true,
		{smart.PublicClient, smart.User}:          true,
	}
	for _, kind := range []smart.ClientKind{smart.ServiceClient, smart.ConfidentialClient, smart.PublicClient, "", "Service", "other"} {
		for _, context := range []smart.Context{smart.Patient, smart.User, smart.System, "", "other"} {
			if got, want := kind.Holder().MayHold(context), counting[held{kind, context}]; got != want {
				t.Errorf("%q holds %q: got %v, want %v", kind, context, got, want)
			}
		}
	}
}

func TestWhatAPackageReturnsMayBeChangedWithoutHarm(t *testing.T) {
	smart.Capabilities()[0] = "x"
	smart.AuthorizationStrategies()[0] = "x"
	smart.FHIRUserTypes()[0] = "x"
	scope, err := smart.ParseScope("patient/Observation.rs?category=laboratory")
	if err != nil {
		t.Fatal(err)
	}
	scope.Query()[0].Value = "x"
	if smart.Capabilities()[0] == "x" || smart.AuthorizationStrategies()[0] == "x" || smart.FHIRUserTypes()[0] == "x" || scope.Query()[0].Value != "laboratory" {
		t.Error("what was returned is the package's own")
	}
}
