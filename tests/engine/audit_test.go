package engine_test

import (
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
)

// The stack prod has a dashboard, and so the saved queries.
func TestUsersAreLoggedFromOneUpdateOnAndNoLongerFromAnother(t *testing.T) {
	s := newStack(t, "prod")
	s.mustUpdate(nil)
	logged := config{"audit.users": "true"}
	queries := []string{"smart-validator-query-denials-by-user", "smart-validator-query-grants-by-user", "smart-validator-query-one-user"}
	for _, shown := range []result{s.preview(logged), s.mustUpdate(logged)} {
		assertSame(t, "created", shown.steps[deploy.OpCreate], queries)
		assertSame(t, "touched besides", besides(shown, deploy.OpCreate), []string{"update smart-validator-function"})
	}
	assertUnchanged(t, "with users", s.preview(logged))
	removed := s.mustUpdate(nil)
	assertSame(t, "deleted", removed.steps[deploy.OpDelete], queries)
	assertUnchanged(t, "without users", s.preview(nil))
}
