package engine_test

import (
	"strings"
	"testing"
)

// TestASecondRegionStandsBy types the steps of the runbook.
func TestASecondRegionStandsBy(t *testing.T) {
	term := newTerminal(t)
	first := term.living("prod")
	people := directories{string(first.account.idOf("smart-auth-pool")): "ann,bob\n"}
	term.users = people.command
	holds := first.account.holds()
	first.account.takeLog()

	term.reads("docs/how-to/runbooks/second-region.md", nil)

	assertSame(t, "what happened in the first region", first.account.takeLog(), nil)
	assertSame(t, "the first region", first.account.holds(), holds)
	second := term.stacks["prod-west"]
	assertSame(t, "the second region has", second.account.names(), first.account.names())
	for _, held := range second.account.holds() {
		if strings.Contains(held, "us-east-1") {
			t.Errorf("something in the second region is about the first: %s", held)
		}
	}
	before, after := first.outputs(), second.outputs()
	for _, name := range []string{"userPoolId", "issuer", "hostedDomain", "fhirBaseUrl", "datastoreEndpoint"} {
		if before[name].StringValue() == after[name].StringValue() {
			t.Errorf("%s is the same in both regions: %s", name, after[name].StringValue())
		}
	}
	if users := people[after["userPoolId"].StringValue()]; users != "ann,bob\n" {
		t.Errorf("the second region has the users %q", users)
	}
}
