package engine_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
)

func TestTheNextUpdateHealsAnUpdateThatFailedAnywhere(t *testing.T) {
	for _, name := range []string{"dev", "prod"} {
		whole := newStack(t, name)
		whole.mustUpdate(nil)
		for _, failing := range whole.account.names() {
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
