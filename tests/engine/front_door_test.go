package engine_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
)

// doorParts are the resources of a front door, by what follows its name.
var doorParts = []string{
	"access-logs", "api", "capabilities", "execution", "function", "integration", "invoke", "live", "logging", "logs", "route", "stage",
}

func doorNames(parts ...string) []string {
	var names []string
	for _, part := range parts {
		names = append(names, "smart-door-"+part)
	}
	slices.Sort(names)
	return names
}

// noDoor takes a front door out of a stack's file.
var noDoor = config{"frontDoor": "none"}

// withDoor puts one in, with other settings than the default ones.
func withDoor(changed config) config {
	door := config{"frontDoor": "{}", "frontDoor.function.archive": archives["frontDoor.function.archive"]}
	maps.Copy(door, changed)
	return door
}

func TestAFrontDoorIsAddedToALiveStackAndRemovedWithoutTouchingTheRest(t *testing.T) {
	for _, name := range []string{"dev", "prod"} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, name)
			s.mustUpdate(noDoor)
			before := s.account.holds()
			datastore, pool := s.account.idOf("smart-datastore"), s.account.idOf("smart-auth-pool")

			added := doorNames(doorParts...)
			if name == "prod" { // has alarms and a dashboard
				added = append(added, "smart-validator-query-door-addresses", "smart-validator-query-door-errors")
				added = append(added, doorNames("alarm-errors", "alarm-latency", "alarm-server-errors", "alarm-throttles")...)
				slices.Sort(added)
			}
			for _, shown := range []result{s.preview(withDoor(nil)), s.mustUpdate(withDoor(nil))} {
				assertSame(t, "created", shown.steps[deploy.OpCreate], added)
				assertSame(t, "touched besides", besides(shown, deploy.OpCreate), dashboardOf(name))
			}
			assertUnchanged(t, "with the door", s.preview(withDoor(nil)))
			base := s.outputs()["fhirBaseUrl"].StringValue()
			if !strings.HasPrefix(base, "https://") || !strings.HasSuffix(base, ".execute-api.us-east-1.amazonaws.com/r4") {
				t.Errorf("fhirBaseUrl is %q", base)
			}

			removed := s.mustUpdate(noDoor)
			assertSame(t, "deleted", removed.steps[deploy.OpDelete], added)
			assertSame(t, "touched besides", besides(removed, deploy.OpDelete), dashboardOf(name))
			assertSame(t, "the account holds", s.account.holds(), before)
			if s.account.idOf("smart-datastore") != datastore || s.account.idOf("smart-auth-pool") != pool {
				t.Error("another datastore, or another user pool")
			}
			if base := s.outputs()["fhirBaseUrl"].StringValue(); base+"/" != s.outputs()["datastoreEndpoint"].StringValue() {
				t.Errorf("fhirBaseUrl is %q, and the datastore's endpoint %q", base, s.outputs()["datastoreEndpoint"].StringValue())
			}
		})
	}
}

// dashboardOf is what a stack tells its front door's figures by.
func dashboardOf(name string) []string {
	if name == "prod" {
		return []string{"update smart-validator-dashboard"}
	}
	return nil
}

// besides lists the steps other than one kind.
func besides(made result, op display.StepOp) []string {
	return slices.DeleteFunc(made.touched(), func(step string) bool { return strings.HasPrefix(step, string(op)+" ") })
}

func TestAFrontDoorGetsACustomDomainAndLosesItAgain(t *testing.T) {
	s := newStack(t, "dev")
	s.mustUpdate(withDoor(nil))
	own := s.outputs()["fhirBaseUrl"].StringValue()
	made := s.mustUpdate(withDoor(config{"frontDoor.customDomain": doorDomain}))
	assertSame(t, "touched", made.touched(), []string{
		"create smart-door-domain", "create smart-door-domain-record", "create smart-door-mapping",
		"update smart-door-api", "update smart-door-function",
	})
	if base := s.outputs()["fhirBaseUrl"].StringValue(); base != "https://fhir.example.org/r4" {
		t.Errorf("fhirBaseUrl is %q", base)
	}
	assertUnchanged(t, "with the domain", s.preview(withDoor(config{"frontDoor.customDomain": doorDomain})))
	s.mustUpdate(withDoor(nil))
	if base := s.outputs()["fhirBaseUrl"].StringValue(); base != own {
		t.Errorf("fhirBaseUrl is %q, want %q again", base, own)
	}
}
