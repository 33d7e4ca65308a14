package engine_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	state "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestAFirstUpdateCreatesEveryResourceOnce(t *testing.T) {
	each(t, func(t *testing.T, s *stack) {
		made := s.mustUpdate(nil)
		assertSame(t, "living", s.account.names(), made.steps[deploy.OpCreate])
		if len(made.steps) != 1 {
			t.Errorf("want nothing but creations, got %q", made.touched())
		}
	})
}

func TestSecretsAreSecretsInTheState(t *testing.T) {
	s := newStack(t, "dev")
	s.mustUpdate(config{"testUsers": `[{"username":"ann","email":"ann@example.org","password":"Correct-Horse-1"}]`})
	secret := s.state.Resources[slices.IndexFunc(s.state.Resources, func(r *state.State) bool {
		return r.Type == resource.RootStackType
	})].Outputs["clientSecrets"]
	if !secret.IsSecret() {
		t.Errorf("clientSecrets: want a secret, got %v", secret)
	}
	for _, r := range s.state.Resources {
		if strings.HasSuffix(r.URN.Name(), "-user-ann") && (!r.Inputs["password"].IsSecret() || !r.Outputs["password"].IsSecret()) {
			t.Error("the test user's password is no secret")
		}
	}
}

func TestASecondPreviewShowsNoChange(t *testing.T) {
	each(t, func(t *testing.T, s *stack) {
		s.mustUpdate(nil)
		assertUnchanged(t, "second preview", s.preview(nil))
		assertUnchanged(t, "second update", s.update(nil))
	})
}

func TestAPreviewAfterARefreshShowsNoChange(t *testing.T) {
	each(t, func(t *testing.T, s *stack) {
		s.mustUpdate(nil)
		if made := s.refresh(); made.err != nil {
			t.Fatal(made.err, made.messages)
		}
		assertUnchanged(t, "preview", s.preview(nil))
	})
}

func TestAProtectedStackIsNotDestroyed(t *testing.T) {
	s := newStack(t, "prod")
	s.mustUpdate(nil)
	whole, holds := s.account.names(), s.account.holds()
	s.account.takeLog()
	if made := s.previewDestroy(); made.err == nil || !strings.Contains(made.messages, "protect") {
		t.Errorf("want the preview to refuse, and to say protect; got %v\n%s", made.err, made.messages)
	}
	assertSame(t, "what a preview does", s.account.takeLog(), nil)

	if made := s.destroy(); made.err == nil {
		t.Error("want the destruction refused")
	}
	// Pulumi's command line previews first, and stops there. Who skips the preview, as
	// the Automation API does, loses what stands beside the protected things, and nothing
	// of the way from a token to the datastore but the three grants.
	gone := map[string]bool{}
	for _, operation := range s.account.takeLog() {
		gone[saidOfADestruction(t, strings.TrimPrefix(operation, "delete "))] = true
	}
	if len(gone) != len(goneWithoutAPreview) {
		t.Errorf("docs/how-to/pipelines.md says that more goes: %v", gone)
	}
	s.mustUpdate(nil)
	assertSame(t, "living after the next update", s.account.names(), whole)
	assertSame(t, "as before", s.account.holds(), holds)
}

func TestWhatAutoScalingDoesIsNoChange(t *testing.T) {
	s := newStack(t, "everything")
	s.mustUpdate(nil)
	s.account.change("smart-validator-provisioned", "provisionedConcurrentExecutions", resource.NewNumberProperty(7))
	s.account.change("smart-validator-scaling", "minCapacity", resource.NewNumberProperty(5)) // by the schedule
	if made := s.refresh(); made.err != nil {
		t.Fatal(made.err, made.messages)
	}
	assertUnchanged(t, "preview", s.preview(nil))
}

func TestWhatAPersonChangesIsPutBack(t *testing.T) {
	each(t, func(t *testing.T, s *stack) {
		s.mustUpdate(nil)
		holds := s.account.holds()
		s.account.change("smart-validator-function", "timeout", resource.NewNumberProperty(3))
		s.account.change("smart-auth-pool", "mfaConfiguration", resource.NewStringProperty("OPTIONAL-BY-HAND"))
		if made := s.refresh(); made.err != nil {
			t.Fatal(made.err, made.messages)
		}
		made := s.mustUpdate(nil)
		assertSame(t, "touched", made.touched(), []string{"update smart-auth-pool", "update smart-validator-function"})
		assertSame(t, "as before", s.account.holds(), holds)
	})
}

func TestAnUnprotectedStackIsDestroyedWhole(t *testing.T) {
	all := newStack(t, "everything")
	all.mustUpdate(nil)
	if made := all.destroy(); made.err != nil {
		t.Fatal(made.err, made.messages)
	}
	assertSame(t, "left over of everything", all.account.names(), nil)

	s := newStack(t, "dev")
	s.mustUpdate(nil)
	s.account.takeLog()
	if made := s.destroy(); made.err != nil {
		t.Fatal(made.err, made.messages)
	}
	assertSame(t, "left over", s.account.names(), nil)
	log := s.account.takeLog()
	for _, order := range [][2]string{
		{"smart-datastore", "smart-validator-live"},
		{"smart-datastore", "smart-validator-invoke"},
		{"smart-grant-read", "smart-datastore"},
		{"smart-validator-function", "smart-validator-execution"},
		{"smart-validator-function", "smart-validator-logs"},
		{"smart-auth-client-etl", "smart-auth-server-system"},
		{"smart-auth-domain", "smart-auth-pool"},
	} {
		first, second := slices.Index(log, "delete "+order[0]), slices.Index(log, "delete "+order[1])
		if first < 0 || second < 0 || first > second {
			t.Errorf("want %s deleted before %s, got %q", order[0], order[1], log)
		}
	}
}

// goneWithoutAPreview is what docs/how-to/pipelines.md says of a destruction of a protected stack
// that skips the preview, by the beginning of a resource's name.
var goneWithoutAPreview = map[string]string{
	"smart-grant-":                  "the policies of the validator's roles",
	"smart-key-alias":               "the key's alias",
	"smart-door-":                   "the front door",
	"smart-validator-alarm-":        "the alarms",
	"smart-validator-alarms":        "with their topic",
	"smart-validator-alarms-policy": "and its policy",
	"smart-validator-dashboard":     "the dashboard",
	"smart-validator-query-":        "its saved queries",
}

// saidOfADestruction returns what the documents call a resource that went.
func saidOfADestruction(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(root + "/docs/how-to/pipelines.md")
	if err != nil {
		t.Fatal(err)
	}
	longest := ""
	for prefix := range goneWithoutAPreview {
		if strings.HasPrefix(name, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	words := goneWithoutAPreview[longest]
	if longest == "" || !strings.Contains(strings.Join(strings.Fields(string(text)), " "), words) {
		t.Errorf("%s went without a preview, and docs/how-to/pipelines.md does not say so: %q", name, words)
	}
	return words
}

func TestAFirstPreviewWarnsOfNothing(t *testing.T) {
	for _, name := range []string{"dev", "prod"} {
		if made := newStack(t, name).preview(nil); made.err != nil || len(made.warnings) > 0 {
			t.Errorf("%s: got %v and %q", name, made.err, made.warnings)
		}
	}
}
