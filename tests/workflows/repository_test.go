package workflows_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// What GitHub reads beside the workflows: who reviews, where vulnerabilities are
// reported, and which dependencies are kept up to date.

// foldersWith are the folders of the repository that have a file of this name, as GitHub
// writes them: "/", "/plugin".
func foldersWith(t *testing.T, name string) []string {
	t.Helper()
	var folders []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "testdata" || entry.Name() == "sdks") {
			return filepath.SkipDir
		}
		if entry.Name() == name {
			below, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			folders = append(folders, strings.TrimSuffix("/"+filepath.ToSlash(below), "."))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(folders)
	return folders
}

func TestEveryGoModuleAndEveryActionIsKeptUpToDate(t *testing.T) {
	var file struct {
		Version int
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
			Schedule    struct{ Interval string }
		}
	}
	if err := yaml.Unmarshal([]byte(text(t, filepath.Join(root, ".github/dependabot.yml"))), &file); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, update := range file.Updates {
		folders := update.Directories
		if update.Directory != "" {
			folders = append(folders, update.Directory)
		}
		if update.Schedule.Interval == "" || len(folders) == 0 {
			t.Errorf("%s: no schedule, or no folder", update.Ecosystem)
		}
		got[update.Ecosystem] = append(got[update.Ecosystem], folders...)
	}
	for ecosystem, want := range map[string][]string{
		"gomod":          foldersWith(t, "go.mod"),
		"github-actions": {"/"},
		"npm":            foldersWith(t, "package-lock.json"),
	} {
		if folders := slices.Sorted(slices.Values(got[ecosystem])); !slices.Equal(folders, want) {
			t.Errorf("%s: %q, want %q", ecosystem, folders, want)
		}
	}
	if file.Version != 2 || len(got) != 3 {
		t.Errorf("version %d, ecosystems %v", file.Version, got)
	}
}

// TestTheCodeOwnersOwnWhatRunsWithThePipelinesRights holds CODEOWNERS against the folders
// that docs/how-to/pipelines.md wants reviewed, and against what there is.
func TestTheCodeOwnersOwnWhatRunsWithThePipelinesRights(t *testing.T) {
	line := regexp.MustCompile(`^(/\S+/) +(@smartlake/[a-z-]+)$`)
	owned := map[string]string{}
	for rule := range strings.Lines(text(t, filepath.Join(root, ".github/CODEOWNERS"))) {
		rule = strings.TrimSpace(rule)
		if rule == "" || strings.HasPrefix(rule, "#") {
			continue
		}
		match := line.FindStringSubmatch(rule)
		if match == nil {
			t.Errorf("%q: want a folder from the root, and a team of the organization", rule)
			continue
		}
		if info, err := os.Stat(filepath.Join(root, match[1])); err != nil || !info.IsDir() {
			t.Errorf("%s: no such folder: %v", match[1], err)
		}
		owned[match[1]] = match[2]
	}
	pipelines := text(t, filepath.Join(root, "docs/how-to/pipelines.md"))
	for _, folder := range []string{".ci/", ".github/", "build/scripts/"} {
		if owned["/"+folder] == "" || !strings.Contains(pipelines, "`"+folder+"`") {
			t.Errorf("%s: has no owner, or docs/how-to/pipelines.md does not name it", folder)
		}
	}
}

// TestTheCodeOwnersOwnWhatJudgesTokens follows the imports of the two functions and of
// the components: a package that moves, or a new one, must not be left without an owner.
func TestTheCodeOwnersOwnWhatJudgesTokens(t *testing.T) {
	owners := text(t, filepath.Join(root, ".github/CODEOWNERS"))
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if .Main}}{{$.ImportPath}}{{end}}{{end}}",
		"./validator/cmd/bootstrap", "./launchcontext/cmd/bootstrap", "./components")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 5 {
		t.Fatalf("got %q, want the functions and what they are made of", packages)
	}
	for _, imported := range packages {
		folder := strings.SplitN(imported, "/", 5)[3]
		if !strings.Contains(owners, "\n/"+folder+"/ ") {
			t.Errorf("%s: /%s/ has no owner", imported, folder)
		}
	}
}

func TestAVulnerabilityIsReportedInPrivateInThisRepository(t *testing.T) {
	module := regexp.MustCompile(`(?m)^module (\S+)$`).FindStringSubmatch(text(t, filepath.Join(root, "go.mod")))[1]
	address := "https://" + module + "/security/advisories/new"
	if !strings.Contains(text(t, filepath.Join(root, "SECURITY.md")), "("+address+")") {
		t.Errorf("SECURITY.md does not name %s", address)
	}
	for _, document := range []string{"README.md", "docs/explanation/security.md"} {
		if !strings.Contains(text(t, filepath.Join(root, document)), "SECURITY.md)") {
			t.Errorf("%s does not lead to SECURITY.md", document)
		}
	}
	if !strings.Contains(text(t, filepath.Join(root, "docs/how-to/pipelines.md")), "rivate vulnerability reporting") {
		t.Error("docs/how-to/pipelines.md does not say that private reporting must be switched on")
	}
}
