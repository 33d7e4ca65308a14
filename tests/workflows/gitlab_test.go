package workflows_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// gitlabJob is as much of a job of GitLab's as the rules are about.
type gitlabJob struct {
	Extends      string
	Stage        string
	Needs        []string
	Timeout      string
	Environment  gitlabEnvironment
	IDTokens     map[string]struct{ Aud string } `yaml:"id_tokens"`
	Variables    map[string]string
	BeforeScript []string `yaml:"before_script"`
	Script       []string
	Rules        []struct{ If, When string }
}

// gitlabEnvironment is a name alone, or with what is done there.
type gitlabEnvironment struct{ Name, Action string }

func (e *gitlabEnvironment) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&e.Name)
	}
	type fields gitlabEnvironment
	return node.Decode((*fields)(e))
}

// readGitLab returns the jobs, those whose names start with a dot included, with what
// they extend filled in.
func readGitLab(t *testing.T) map[string]gitlabJob {
	t.Helper()
	var file map[string]yaml.Node
	if err := yaml.Unmarshal([]byte(text(t, filepath.Join(root, "examples/gitlab/.gitlab-ci.yml"))), &file); err != nil {
		t.Fatal(err)
	}
	jobs := map[string]gitlabJob{}
	for name, node := range file {
		if slices.Contains([]string{"default", "stages", "variables", "workflow"}, name) {
			continue
		}
		var j gitlabJob
		if err := node.Decode(&j); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		jobs[name] = j
	}
	var stages []string
	node := file["stages"]
	if err := node.Decode(&stages); err != nil {
		t.Fatal(err)
	}
	for name, j := range jobs {
		for base := j.Extends; base != ""; base = jobs[base].Extends {
			parent, ok := jobs[base]
			if !ok {
				t.Fatalf("%s: extends %s, which is not there", name, base)
			}
			j = j.over(parent)
		}
		if !strings.HasPrefix(name, ".") && (!slices.Contains(stages, j.Stage) || j.Timeout == "" || len(j.Script) == 0 || len(j.Rules) == 0) {
			t.Errorf("%s: want a stage of %q, a timeout, a script and rules, got %+v", name, stages, j)
		}
		jobs[name] = j
	}
	return jobs
}

// over is a job that extends another.
func (j gitlabJob) over(parent gitlabJob) gitlabJob {
	if j.Stage == "" {
		j.Stage = parent.Stage
	}
	if j.Timeout == "" {
		j.Timeout = parent.Timeout
	}
	if j.Script == nil {
		j.Script = parent.Script
	}
	if j.BeforeScript == nil {
		j.BeforeScript = parent.BeforeScript
	}
	if j.IDTokens == nil {
		j.IDTokens = parent.IDTokens
	}
	if j.Variables == nil {
		j.Variables = parent.Variables
	}
	return j
}

// A merge request reaches dev's preview role and nothing else: nobody stands before a
// role on GitLab, whose subjects name no environment.
func TestGitLabsJobsWithARoleAreTheseAndRunHere(t *testing.T) {
	jobs := readGitLab(t)
	const (
		fromHere = `$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID`
		onMain   = `$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH`
		atNight  = `$CI_PIPELINE_SOURCE == "schedule" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH`
	)
	wanted := map[string]struct{ role, environment, action, needs, rule, when string }{
		"preview-dev":  {role: "$PREVIEW_ROLE_ARN", environment: "dev-preview", action: "access", rule: fromHere},
		"preview-prod": {role: "$PREVIEW_ROLE_ARN", environment: "prod-preview", action: "access", needs: "check", rule: onMain},
		"drift-dev":    {role: "$DRIFT_ROLE_ARN", environment: "dev-drift", action: "access", rule: atNight},
		"drift-prod":   {role: "$DRIFT_ROLE_ARN", environment: "prod-drift", action: "access", rule: atNight},
		"deploy-dev":   {role: "$DEPLOY_ROLE_ARN", environment: "dev", needs: "check", rule: onMain},
		"deploy-prod":  {role: "$DEPLOY_ROLE_ARN", environment: "prod", needs: "deploy-dev preview-prod", rule: onMain, when: "manual"},
	}
	for name, j := range jobs {
		want, known := wanted[name]
		if strings.HasPrefix(name, ".") {
			continue
		}
		if known != (j.IDTokens != nil) || known != (j.Environment.Name != "") || known != (j.Variables["ROLE_ARN"] != "") {
			t.Errorf("%s: has a token for AWS, an environment or a role: %+v", name, j)
		}
		if !known {
			continue
		}
		delete(wanted, name)
		if j.Variables["ROLE_ARN"] != want.role || j.Environment.Name != want.environment || j.Environment.Action != want.action ||
			strings.Join(j.Needs, " ") != want.needs || len(j.Rules) != 1 || j.Rules[0].If != want.rule || j.Rules[0].When != want.when {
			t.Errorf("%s: got %+v, want %+v", name, j, want)
		}
		if j.IDTokens["GITLAB_TOKEN_FOR_AWS"].Aud != "sts.amazonaws.com" || len(j.BeforeScript) == 0 {
			t.Errorf("%s: has no token for AWS", name)
		}
	}
	if len(wanted) > 0 {
		t.Errorf("missing: %v", wanted)
	}
}

func TestEveryScriptThatGitLabCallsIsThere(t *testing.T) {
	found := 0
	expanded := regexp.MustCompile(`\$CI_(?:COMMIT|MERGE_REQUEST)_(?:MESSAGE|TITLE|DESCRIPTION|AUTHOR|BRANCH|REF_NAME)`)
	for name, j := range readGitLab(t) {
		found += assertScripts(t, name, j.Script...)
		for _, command := range slices.Concat(j.BeforeScript, j.Script) {
			if expanded.MatchString(command) {
				t.Errorf("%s: %q: somebody else chose this text", name, command)
			}
		}
	}
	if found < 4 {
		t.Errorf("found but %d calls", found)
	}
}
