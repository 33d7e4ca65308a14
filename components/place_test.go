package components_test

import (
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
)

// TestEachComponentAsksItsProviderForThePlaceOnce has everything declared that needs to
// know where it is.
func TestEachComponentAsksItsProviderForThePlaceOnce(t *testing.T) {
	r := build(t, func(a *components.SmartDatastoreArgs) {
		a.CustomerManagedKey, a.Dashboard = true, true
		a.Alarms, a.BulkData = &components.ValidatorAlarmsArgs{}, &components.BulkDataArgs{}
		a.Function.RestrictToAccount = true
	})
	parts := 0
	for _, one := range r.resources {
		if strings.HasPrefix(one.GetType(), "smartlake:") && one.GetType() != datastoreGrantType { // which needs no place
			parts++
		}
	}
	asked := map[string]int{}
	for _, invoke := range r.invokes {
		asked[invoke.Token]++
	}
	for _, question := range []string{"aws:index/getRegion:getRegion", "aws:index/getPartition:getPartition", "aws:index/getCallerIdentity:getCallerIdentity"} {
		if asked[question] != parts {
			t.Errorf("%s: asked %d times by %d components, want once each", question, asked[question], parts)
		}
	}
	if parts != 6 || len(asked) != 3 {
		t.Errorf("got %d components and the questions %v, want 6 and 3 questions", parts, asked)
	}
}
