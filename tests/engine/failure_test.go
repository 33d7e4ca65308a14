package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
)

// toldBefore keeps what was broken already, so that a stack that has all of it again
// breaks only what it adds.
type toldBefore map[string]bool

func (b toldBefore) news(all []string) []string {
	var news []string
	for _, one := range all {
		if !b[one] {
			news = append(news, one)
		}
		b[one] = true
	}
	return news
}

func TestTheNextUpdateHealsAnUpdateThatFailedAnywhere(t *testing.T) {
	told := toldBefore{}
	for _, name := range stacks {
		whole := newStack(t, name)
		whole.mustUpdate(nil)
		failures := whole.account.names()
		if news := told.news(failures); name == "everything" {
			failures = news
		}
		for _, failing := range failures {
			t.Run(name+"/"+failing, func(t *testing.T) {
				t.Parallel()
				s := newStack(t, name)
				s.account.broken["create "+failing] = true
				made := s.update(nil)
				if made.err == nil || !strings.Contains(made.messages, "the service failed to create "+failing) {
					t.Fatalf("want the failure told, got %v\n%s", made.err, made.messages)
				}
				clear(s.account.broken)
				made = s.mustUpdate(nil)
				if len(made.steps[deploy.OpReplace])+len(made.steps[deploy.OpDelete]) > 0 {
					t.Errorf("want nothing replaced or deleted, got %q", made.touched())
				}
				assertSame(t, "living", s.account.names(), whole.account.names())
				assertUnchanged(t, "preview", s.preview(nil))
			})
		}
	}
}

// reshaped changes the configuration so that resources of most types are created,
// updated or deleted.
func reshaped(name string) config {
	change := config{
		"clients":                         "[" + strings.Replace(etl, "system/*.*", "system/*.rs", 1) + "," + another + "]",
		"userPool.mfa":                    "ON",
		"tags":                            `{"environment":"another"}`,
		"function.tracing":                "true",
		"function.reservedConcurrency":    "30",
		"alarms.emails":                   `["night@example.org"]`,
		"alarms.thresholds":               `{"durationMs":700,"denialPercent":40,"concurrencyPercent":70}`,
		"dashboard":                       "true",
		"function.provisionedConcurrency": `{"executions":3,"maxExecutions":12}`,
	}
	if name == "everything" {
		change["function.tracing"], change["dashboard"] = "false", "false"
		change["customDomain"] = strings.Replace(everything["customDomain"], "certificate/0", "certificate/1", 1)
		change["bulkData"] = `{"exportRetentionDays":7,"noncurrentDays":10,"logRetentionDays":90}`
		change["identityProviders"] = "[" + strings.Replace(hospital, "https://id.", "https://login.", 1) + "]"
	}
	return change
}

func TestTheNextUpdateHealsAChangeThatFailedAnywhere(t *testing.T) {
	told := toldBefore{}
	for _, name := range stacks {
		whole := newStack(t, name)
		whole.mustUpdate(nil)
		whole.account.takeLog()
		whole.mustUpdate(reshaped(name))
		operations := whole.account.takeLog()
		for _, kind := range []string{"create ", "update ", "delete "} {
			if !slices.ContainsFunc(operations, func(operation string) bool { return strings.HasPrefix(operation, kind) }) {
				t.Fatalf("%s: the change does not %sanything: %q", name, kind, operations)
			}
		}
		for _, failing := range told.news(operations) {
			t.Run(name+"/"+failing, func(t *testing.T) {
				t.Parallel()
				s := newStack(t, name)
				s.mustUpdate(nil)
				datastore, pool := s.account.idOf("smart-datastore"), s.account.idOf("smart-auth-pool")
				s.account.broken[failing] = true
				made := s.update(reshaped(name))
				if made.err == nil || !strings.Contains(made.messages, "the service failed to "+failing) {
					t.Fatalf("want the failure told, got %v\n%s", made.err, made.messages)
				}
				clear(s.account.broken)
				s.mustUpdate(reshaped(name))
				if s.account.idOf("smart-datastore") != datastore || s.account.idOf("smart-auth-pool") != pool {
					t.Error("another datastore or user pool")
				}
				assertSame(t, "living", s.account.holds(), whole.account.holds())
				assertUnchanged(t, "preview", s.preview(reshaped(name)))
			})
		}
	}
}
