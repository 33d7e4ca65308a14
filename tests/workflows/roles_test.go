package workflows_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// roleJob is a job with a role on AWS, or an environment.
type roleJob struct{ environment, role, when string }

// roleJobs are all of them. A role trusts its environment (examples/pipeline-roles), so
// that a pair which does not belong together gets no credentials, and one that is here
// by mistake gets too many.
var roleJobs = map[string]roleJob{
	"preview.yml preview": {"${{ matrix.stack }}-preview", "${{ vars.PREVIEW_ROLE_ARN }}",
		"vars.AWS_REGION != '' && github.event.pull_request.head.repo.full_name == github.repository && github.actor != 'dependabot[bot]'"},
	"drift.yml drift": {"${{ matrix.stack }}-drift", "${{ vars.DRIFT_ROLE_ARN }}",
		"vars.AWS_REGION != '' && github.ref == 'refs/heads/main'"},
	"deploy-stack.yml deploy": {"${{ inputs.stack }}", "${{ vars.DEPLOY_ROLE_ARN }}", ""},
	"release.yml build":       {"release", "", ""}, // no role
}

func TestEachRoleIsAssumedInItsOwnEnvironmentAndNowhereElse(t *testing.T) {
	met := map[string]roleJob{}
	for name, w := range readWorkflows(t) {
		for id, j := range w.Jobs {
			roles := rolesOf(j)
			if len(roles) == 0 && j.Environment == "" {
				continue
			}
			met[name+" "+id] = roleJob{j.Environment, strings.Join(roles, " "), j.If}
		}
	}
	if !maps.Equal(met, roleJobs) {
		t.Errorf("got  %q\nwant %q", met, roleJobs)
	}
}

func rolesOf(j job) []string {
	var roles []string
	for _, s := range j.Steps {
		if role, ok := s.With["role-to-assume"].(string); ok || strings.HasPrefix(s.Uses, "aws-actions/") {
			roles = append(roles, role)
		}
	}
	return roles
}

// A variable is text, and a job could hand it on by other ways than the action.
func TestNoWorkflowReadsAnothersRole(t *testing.T) {
	variable := regexp.MustCompile(`[A-Z]+_ROLE_ARN`)
	for name := range readWorkflows(t) {
		got := variable.FindAllString(text(t, filepath.Join(root, ".github/workflows", name)), -1)
		var want []string
		for job, r := range roleJobs {
			if strings.HasPrefix(job, name+" ") && r.role != "" {
				want = append(want, variable.FindString(r.role))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: reads the variables %q, want %q", name, got, want)
		}
	}
}

// Outside a job with an environment the name of a secret means the repository's, which
// every branch and every stack would share.
func TestTheStacksPassphrasesAreReadInTheirEnvironmentsAlone(t *testing.T) {
	for name, w := range readWorkflows(t) {
		found := strings.Count(text(t, filepath.Join(root, ".github/workflows", name)), "secrets.PULUMI_CONFIG_PASSPHRASE")
		within := 0
		for _, j := range w.Jobs {
			for _, s := range j.Steps {
				if j.Environment != "" && s.Env["PULUMI_CONFIG_PASSPHRASE"] == "${{ secrets.PULUMI_CONFIG_PASSPHRASE }}" {
					within++
				}
			}
			if j.Uses == "./.github/workflows/deploy-stack.yml" && len(j.Secrets.Content) == 2 {
				within++ // of the one name, which the called job's environment fills
			}
		}
		if found != within {
			t.Errorf("%s: the passphrase is read %d times, %d of them in an environment", name, found, within)
		}
	}
}

// A preview with a refresh would need the rights that drift has.
func TestAPreviewComparesWithTheStateAlone(t *testing.T) {
	for _, s := range readWorkflows(t)["preview.yml"].Jobs["preview"].Steps {
		if s.Run != "" {
			t.Errorf("runs %q", s.Run)
		}
		if !strings.HasPrefix(s.Uses, "pulumi/actions@") {
			continue
		}
		want := map[string]any{
			"command": "preview", "stack-name": "${{ matrix.stack }}", "cloud-url": "${{ vars.PULUMI_BACKEND_URL }}",
			"comment-on-pr": true, "diff": true, "suppress-outputs": true,
		}
		if !maps.Equal(s.With, want) {
			t.Errorf("got %v, want %v", s.With, want)
		}
		return
	}
	t.Error("no step previews")
}
