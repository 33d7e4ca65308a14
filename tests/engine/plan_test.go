package engine_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestAnUpdateKeepsToItsPlan(t *testing.T) {
	each(t, func(t *testing.T, s *stack) {
		planned := s.preview(nil)
		if planned.err != nil {
			t.Fatal(planned.err, planned.messages)
		}
		withPlan := func(plan *deploy.Plan) option {
			return func(o *engine.UpdateOptions) { o.Plan, o.Experimental = plan.Clone(), true }
		}
		s.mustUpdate(nil, withPlan(planned.plan))

		planned = s.preview(nil)
		made := s.update(config{"userPool.mfa": "ON"}, withPlan(planned.plan))
		if made.err == nil || !strings.Contains(made.messages, "violates plan") {
			t.Errorf("want a change that was not planned refused, got %v\n%s", made.err, made.messages)
		}
	})
}

func TestATargetedUpdateChangesItsTargetOnly(t *testing.T) {
	s := newStack(t, "dev")
	s.mustUpdate(nil)
	shorter := strings.Replace(etl, `"kind"`, `"accessTokenMinutes":5,"kind"`, 1)
	only := func(o *engine.UpdateOptions) {
		o.Targets = deploy.NewUrnTargetsFromUrns([]resource.URN{s.urn("smart-auth-client-etl")})
	}
	made := s.mustUpdate(config{"clients": "[" + shorter + "," + app + "]", "userPool.mfa": "OPTIONAL"}, only)
	assertSame(t, "touched", made.touched(), []string{"update smart-auth-client-etl"})
}
