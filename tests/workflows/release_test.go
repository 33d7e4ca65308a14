package workflows_test

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// released are the files of a release that somebody runs or deploys, by the product that
// they are, as build/scripts/release names them.
var released = map[string][]string{
	"front-door":                {"front-door-arm64.zip", "front-door-x86_64.zip"},
	"launch-context":            {"launch-context-arm64.zip", "launch-context-x86_64.zip"},
	"pulumi-resource-smartlake": {"pulumi-resource-smartlake-v1.2.3-linux-amd64.tar.gz", "pulumi-resource-smartlake-v1.2.3-rc.1-windows-arm64.tar.gz"},
	"smartlake":                 {"smartlake-v1.2.3-darwin-arm64.tar.gz", "smartlake-v1.2.3-rc.1-linux-amd64.tar.gz"},
	"smartlake-image":           {"smartlake-image-v1.2.3.tar", "smartlake-image-v1.2.3-rc.1.tar"},
	"validator":                 {"validator-arm64.zip", "validator-x86_64.zip"},
}

func TestEverythingReleasedIsAttestedWithItsOwnBillOfMaterialsAndNoOther(t *testing.T) {
	script := text(t, filepath.Join(root, "build/scripts/release"))
	made := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^bill \S+ \S+ (\S+)$`).FindAllStringSubmatch(script, -1) {
		made[match[1]] = true
	}
	bills := readWorkflows(t)["release.yml"].Jobs["bills"]
	attested := map[string][]string{} // documents by file
	for _, row := range bills.Strategy.Matrix.Include {
		for _, files := range released {
			for _, file := range files {
				if met, err := path.Match(row["subject"], file); err != nil {
					t.Fatal(err)
				} else if met {
					attested[file] = append(attested[file], row["bill"])
				}
			}
		}
	}
	for product, files := range released {
		if !made[product] {
			t.Errorf("%s: build/scripts/release makes no bill of materials", product)
		}
		for _, file := range files {
			if want := []string{product + ".sbom.cdx.json"}; !slices.Equal(attested[file], want) {
				t.Errorf("%s: attested with %q, want %q", file, attested[file], want)
			}
		}
	}
	if rows := bills.Strategy.Matrix.Include; len(rows) != len(released) || len(made) != len(released) {
		t.Errorf("%d rows and %d documents for %d products", len(rows), len(made), len(released))
	}
	for name, j := range readWorkflows(t)["release.yml"].Jobs {
		for _, s := range j.Steps {
			if !strings.HasPrefix(s.Uses, "actions/attest-sbom@") {
				continue
			}
			if name != "bills" || s.With["subject-path"] != "dist/${{ matrix.subject }}" || s.With["sbom-path"] != "dist/${{ matrix.bill }}" {
				t.Errorf("%s: attests beside the table: %v", name, s.With)
			}
		}
	}
}

// TestNothingIsSignedOrPublishedButWhatIsOnMainWasTestedAndLetThrough follows the jobs
// of a release back to its tag.
func TestNothingIsSignedOrPublishedButWhatIsOnMainWasTestedAndLetThrough(t *testing.T) {
	jobs := readWorkflows(t)["release.yml"].Jobs
	for name, needs := range map[string]string{"check": "", "build": "check", "bills": "build", "publish": "bills", "image": "publish"} {
		if jobs[name].Needs != needs {
			t.Errorf("%s: needs %q, want %q", name, jobs[name].Needs, needs)
		}
	}
	if len(jobs) != 5 || jobs["build"].Environment != "release" || jobs["build"].If != "" {
		t.Errorf("want five jobs, of which build waits in the environment release: %+v", jobs)
	}
	steps := jobs["check"].Steps
	asked := slices.IndexFunc(steps, func(s step) bool { return s.Run == "build/scripts/on-main" })
	noted := slices.IndexFunc(steps, func(s step) bool { return s.Run == `build/scripts/notes "$GITHUB_REF_NAME"` })
	tested := slices.IndexFunc(steps, func(s step) bool { return s.Run == ".ci/run" })
	if asked != 1 || noted != 2 || tested < noted || steps[0].With["fetch-depth"] != 0 {
		t.Errorf("want the whole history, then build/scripts/on-main, build/scripts/notes and .ci/run: %+v", steps)
	}
	pipelines := text(t, filepath.Join(root, "docs/how-to/pipelines.md"))
	for _, rule := range []string{"| `release` | only tags `v*` | yes; prevent self-review |", "`v*`"} {
		if !strings.Contains(pipelines, rule) {
			t.Errorf("docs/how-to/pipelines.md does not ask for the rule %s", rule)
		}
	}
}

func TestACommitIsReleasedOnlyFromMain(t *testing.T) {
	dir := t.TempDir()
	origin, clone := filepath.Join(dir, "origin"), filepath.Join(dir, "clone")
	git := func(in string, args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.org"}, args...)...)
		command.Dir = in
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git(dir, "init", "--quiet", "--initial-branch=main", origin)
	if err := os.MkdirAll(filepath.Join(origin, "build", "scripts"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(origin, "build", "scripts", "on-main"), []byte(text(t, filepath.Join(root, "build/scripts/on-main"))), 0o755); err != nil {
		t.Fatal(err)
	}
	git(origin, "add", "--all")
	git(origin, "commit", "--quiet", "--message=One")
	first := git(origin, "rev-parse", "HEAD")
	git(origin, "commit", "--quiet", "--allow-empty", "--message=Two")
	git(origin, "checkout", "--quiet", "-b", "aside")
	git(origin, "commit", "--quiet", "--allow-empty", "--message=Not reviewed")
	aside := git(origin, "rev-parse", "HEAD")
	git(origin, "checkout", "--quiet", "main")
	git(dir, "clone", "--quiet", origin, clone)

	ask := func() (string, error) {
		out, err := exec.CommandContext(t.Context(), filepath.Join(clone, "build", "scripts", "on-main")).CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	for _, c := range []struct{ what, commit, want string }{
		{"the tip of main", "origin/main", " is on main"},
		{"an earlier commit of main", first, "commit " + first + " is on main"},
		{"a commit of another branch", aside, fmt.Sprintf("build/scripts/on-main: commit %s is not on main: merge it first, and tag what was merged", aside)},
	} {
		git(clone, "checkout", "--quiet", "--detach", c.commit)
		out, err := ask()
		if refused := strings.Contains(c.want, "is not on main"); (err != nil) != refused || !strings.HasSuffix(out, c.want) {
			t.Errorf("%s: got %v and %q, want %q", c.what, err, out, c.want)
		}
	}
	git(clone, "checkout", "--quiet", "--detach", first)
	git(clone, "update-ref", "-d", "refs/remotes/origin/main")
	if out, err := ask(); err == nil || !strings.Contains(out, "origin/main is not here: fetch it with its history") {
		t.Errorf("without main: got %v and %q", err, out)
	}
}
