// Package workflows_test holds the pipelines against the rules that keep them safe:
// what runs in them is pinned, has few rights, and never takes a stranger's text for
// its own.
package workflows_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const root = "../.."

// workflow is as much of a workflow of GitHub's as the rules are about.
type workflow struct {
	On          yaml.Node         `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]job    `yaml:"jobs"`
}

type job struct {
	If          string            `yaml:"if"`
	Needs       string            `yaml:"needs"`
	Uses        string            `yaml:"uses"`
	Timeout     int               `yaml:"timeout-minutes"`
	Environment string            `yaml:"environment"`
	Permissions map[string]string `yaml:"permissions"`
	Secrets     yaml.Node         `yaml:"secrets"`
	With        map[string]string `yaml:"with"`
	Strategy    struct{ Matrix matrix }
	Steps       []step
}

// matrix is a job's, by a list of stacks or as a table.
type matrix struct {
	Stack   []string
	Include []map[string]string
}

type step struct {
	Uses, Run string
	With      map[string]any
	Env       map[string]string
}

// triggers are the events that start a workflow.
func (w workflow) triggers() []string {
	var names []string
	if w.On.Kind == yaml.MappingNode {
		for i := 0; i < len(w.On.Content); i += 2 {
			names = append(names, w.On.Content[i].Value)
		}
		return names
	}
	for _, node := range w.On.Content {
		names = append(names, node.Value)
	}
	return append(names, strings.Fields(w.On.Value)...)
}

func readWorkflows(t *testing.T) map[string]workflow {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, ".github/workflows/*"))
	if err != nil || len(paths) < 6 {
		t.Fatalf("got %q, %v", paths, err)
	}
	workflows := map[string]workflow{}
	for _, path := range paths {
		var w workflow
		if err := yaml.Unmarshal([]byte(text(t, path)), &w); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if len(w.Jobs) == 0 {
			t.Fatalf("%s: no jobs", path)
		}
		workflows[filepath.Base(path)] = w
	}
	return workflows
}

func text(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var (
	usesLine = regexp.MustCompile(`^\s*(?:- )?uses:\s*(.*)$`)
	pinned   = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+(?: # .+)?$`)
	ours     = regexp.MustCompile(`^\./\.github/workflows/[a-z-]+\.yml$`)
)

func TestEveryActionIsPinnedByItsCommitAndNamesItsVersion(t *testing.T) {
	versions := map[string]string{}
	for name := range readWorkflows(t) {
		for line := range strings.Lines(text(t, filepath.Join(root, ".github/workflows", name))) {
			match := usesLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
			if match == nil || ours.MatchString(match[1]) {
				continue
			}
			if !pinned.MatchString(match[1]) {
				t.Errorf("%s: %q: want <owner>/<action>@<40 digits of a commit> # v<version>", name, match[1])
				continue
			}
			commit, version, _ := strings.Cut(match[1], " # ")
			version, _, _ = strings.Cut(version, " ")
			action, _, _ := strings.Cut(commit, "@")
			if other := versions[action]; other != "" && other != commit+" "+version {
				t.Errorf("%s: %s, and elsewhere %s", name, commit, other)
			}
			versions[action] = commit + " " + version
		}
	}
	if len(versions) < 8 {
		t.Errorf("found but %d actions", len(versions))
	}
}

func TestNoWorkflowLendsItsRightsToStrangers(t *testing.T) {
	for name, w := range readWorkflows(t) {
		for _, trigger := range w.triggers() {
			if !slices.Contains([]string{"pull_request", "push", "schedule", "workflow_call", "workflow_dispatch"}, trigger) {
				t.Errorf("%s: starts on %s", name, trigger)
			}
		}
		if len(w.triggers()) == 0 {
			t.Errorf("%s: starts on nothing", name)
		}
		fromHere := "github.event.pull_request.head.repo.full_name == github.repository"
		for id, j := range w.Jobs {
			if j.Permissions["id-token"] == "write" && slices.Contains(w.triggers(), "pull_request") && !strings.Contains(j.If, fromHere) {
				t.Errorf("%s: %s: gives credentials to forks", name, id)
			}
			if j.Secrets.Value == "inherit" {
				t.Errorf("%s: %s: hands on every secret", name, id)
			}
		}
	}
}

// wanted are the rights beyond reading the code, and who has them.
var wanted = map[string]map[string]string{
	"ci.yml codeql":           {"security-events": "write"},
	"deploy-stack.yml deploy": {"id-token": "write"},
	"deploy.yml check":        {"security-events": "write"},
	"deploy.yml dev":          {"id-token": "write"},
	"deploy.yml prod":         {"id-token": "write"},
	"drift.yml drift":         {"id-token": "write"},
	"preview.yml preview":     {"id-token": "write", "pull-requests": "write"},
	"release.yml bills":       {"id-token": "write", "attestations": "write"},
	"release.yml build":       {"id-token": "write", "attestations": "write"},
	"release.yml image":       {"packages": "write", "id-token": "write", "attestations": "write"},
	"release.yml publish":     {"contents": "write"},
}

func TestEveryJobHasItsTimeAndTheseRightsAndNoOthers(t *testing.T) {
	met := 0
	for name, w := range readWorkflows(t) {
		if !maps.Equal(w.Permissions, map[string]string{"contents": "read"}) {
			t.Errorf("%s: the rights of all jobs are %v, want contents: read", name, w.Permissions)
		}
		for id, j := range w.Jobs {
			if (j.Uses == "") != (j.Timeout > 0 && j.Timeout <= 90) {
				t.Errorf("%s: %s: timeout-minutes is %d: want up to 90, and none where another workflow is called", name, id, j.Timeout)
			}
			if j.Uses != "" && !ours.MatchString(j.Uses) {
				t.Errorf("%s: %s: calls %s", name, id, j.Uses)
			}
			want := map[string]string{"contents": "read"}
			maps.Copy(want, wanted[name+" "+id])
			if wanted[name+" "+id] != nil {
				met++
			} else if j.Permissions == nil {
				continue // those of all jobs
			}
			got := maps.Clone(j.Permissions)
			if got["contents"] == "" {
				got["contents"] = "read"
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s: %s: has the rights %v, want %v", name, id, j.Permissions, want)
			}
		}
	}
	if met != len(wanted) {
		t.Errorf("found %d of the %d jobs with rights", met, len(wanted))
	}
}

func TestNoCommandIsPutTogetherFromAnEvent(t *testing.T) {
	for name, w := range readWorkflows(t) {
		for id, j := range w.Jobs {
			for _, s := range j.Steps {
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s: %s: %q: give the value by env, and quote the variable", name, id, s.Run)
				}
				if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
					t.Errorf("%s: %s: the checkout keeps the token", name, id)
				}
			}
		}
	}
}

func TestTheSecretsReachTheseJobsAlone(t *testing.T) {
	secret := regexp.MustCompile(`secrets\.([A-Za-z_]+)`)
	got := map[string][]string{}
	for name := range readWorkflows(t) {
		for _, match := range secret.FindAllStringSubmatch(text(t, filepath.Join(root, ".github/workflows", name)), -1) {
			got[name] = append(got[name], match[1])
		}
		slices.Sort(got[name])
		got[name] = slices.Compact(got[name])
	}
	for name, secrets := range got {
		var want []string
		if slices.Contains([]string{"deploy.yml", "deploy-stack.yml", "drift.yml", "preview.yml"}, name) {
			want = []string{"PULUMI_CONFIG_PASSPHRASE"}
		}
		if !slices.Equal(secrets, want) {
			t.Errorf("%s: reads the secrets %q, want %q", name, secrets, want)
		}
	}
}

func TestMainIsDeployedOnceEverythingHoldsAndProdAfterDev(t *testing.T) {
	workflows := readWorkflows(t)
	deploy := workflows["deploy.yml"].Jobs
	for id, want := range map[string]job{
		"check": {Uses: "./.github/workflows/ci.yml", If: "github.ref == 'refs/heads/main'"},
		"dev": {Uses: "./.github/workflows/deploy-stack.yml", Needs: "check",
			If: "github.ref == 'refs/heads/main' && vars.AWS_REGION != ''"},
		"prod": {Uses: "./.github/workflows/deploy-stack.yml", Needs: "dev"},
	} {
		got := deploy[id]
		if got.Uses != want.Uses || got.Needs != want.Needs || got.If != want.If {
			t.Errorf("%s: uses %q, needs %q, if %q; want %q, %q, %q", id, got.Uses, got.Needs, got.If, want.Uses, want.Needs, want.If)
		}
		if id != "check" && got.With["stack"] != id {
			t.Errorf("%s: deploys the stack %q", id, got.With["stack"])
		}
	}
	if len(deploy) != 3 {
		t.Errorf("got %d jobs, want 3", len(deploy))
	}
	for _, name := range []string{"preview", "drift"} {
		stacks := workflows[name+".yml"].Jobs[name].Strategy.Matrix.Stack
		if !slices.Equal(stacks, []string{"dev", "prod"}) {
			t.Errorf("%s: for the stacks %q", name, stacks)
		}
		for _, stack := range stacks {
			if _, err := os.Stat(filepath.Join(root, "Pulumi."+stack+".yaml")); err != nil {
				t.Error(err)
			}
		}
	}
}

var script = regexp.MustCompile(`(?:^|[\s"';(])((?:build/scripts|\.ci)/[A-Za-z0-9_./-]+)`)

// assertScripts wants every script that commands call to exist and to be executable.
func assertScripts(t *testing.T, where string, commands ...string) (found int) {
	t.Helper()
	for _, command := range commands {
		for _, match := range script.FindAllStringSubmatch(command, -1) {
			found++
			info, err := os.Stat(filepath.Join(root, match[1]))
			if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
				t.Errorf("%s: %s: want an executable script: %v", where, match[1], err)
			}
		}
	}
	return found
}

func TestEveryScriptThatAWorkflowCallsIsThere(t *testing.T) {
	found := 0
	for name, w := range readWorkflows(t) {
		for _, j := range w.Jobs {
			for _, s := range j.Steps {
				found += assertScripts(t, name, s.Run)
			}
		}
	}
	if found < 6 {
		t.Errorf("found but %d calls", found)
	}
}
