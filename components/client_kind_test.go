package components_test

import (
	"slices"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
)

// The components have a type of their own for the other languages, whose documents are
// made from its constants.
func TestTheKindsOfClientsAreThoseOfTheVocabulary(t *testing.T) {
	declared := []string{string(components.ServiceClient), string(components.ConfidentialClient), string(components.PublicClient)}
	known := []string{string(smart.ServiceClient), string(smart.ConfidentialClient), string(smart.PublicClient)}
	if !slices.Equal(declared, known) {
		t.Errorf("got %q, want %q", declared, known)
	}
}
