package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/smartlake/pulumi-smartlake/plugin/programs"
)

// What the Pulumi Registry asks of a package, as its guide for publishing says
// (https://www.pulumi.com/docs/iac/guides/building-extending/packages/publishing-packages/):
// two pages with front matter, and metadata in the schema.

// registryPages are the titles that the Registry wants, by page.
var registryPages = map[string]string{
	"_index.md":                     "Smartlake",
	"installation-configuration.md": "Smartlake Installation & Configuration",
}

func TestThePagesForTheRegistryHaveItsFrontMatter(t *testing.T) {
	for name, title := range registryPages {
		text, err := os.ReadFile(filepath.Join("..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		front, body, found := strings.Cut(strings.TrimPrefix(string(text), "---\n"), "\n---\n")
		if !found || !strings.HasPrefix(string(text), "---\n") {
			t.Fatalf("docs/%s: must begin with front matter", name)
		}
		var matter struct {
			Title       string
			Description string `yaml:"meta_desc"`
			Layout      string
		}
		if err := yaml.Unmarshal([]byte(front), &matter); err != nil {
			t.Fatal(err)
		}
		if matter.Title != title || matter.Description == "" || matter.Layout != "package" {
			t.Errorf("docs/%s: front matter is %+v", name, matter)
		}
		if strings.Contains(body, "\n# ") {
			t.Errorf("docs/%s: the Registry shows the title as the heading; want no other", name)
		}
	}
}

// The logo's URL names main: it is the same for every release.
const logoURL = "https://raw.githubusercontent.com/smartlake/pulumi-smartlake/main/docs/logo.svg"

func TestTheSchemaHasTheMetadataThatTheRegistryShows(t *testing.T) {
	spec := packageSchema(t)
	if spec.DisplayName != registryPages["_index.md"] || spec.Publisher == "" || spec.License != "Apache-2.0" ||
		!strings.Contains(spec.Description, spec.DisplayName) || !strings.HasPrefix(spec.PluginDownloadURL, "github://") {
		t.Errorf("got %q, %q, %q, %q, %q", spec.DisplayName, spec.Publisher, spec.License, spec.Description, spec.PluginDownloadURL)
	}
	if spec.Name != strings.TrimPrefix(filepath.Base(spec.Repository), "pulumi-") || spec.Homepage != spec.Repository {
		t.Errorf("the Registry takes the package's name from the repository: got %q of %q", spec.Name, spec.Repository)
	}
	for _, keyword := range []string{"category/cloud", "kind/component"} {
		if !slices.Contains(spec.Keywords, keyword) {
			t.Errorf("keywords: got %q, want %s", spec.Keywords, keyword)
		}
	}
	if spec.LogoURL != logoURL {
		t.Errorf("logoUrl: got %q, want %q", spec.LogoURL, logoURL)
	}
	if text, err := os.ReadFile("../docs/logo.svg"); err != nil || !strings.HasPrefix(string(text), "<svg ") {
		t.Errorf("the logo is no SVG: %v", err)
	}
}

// The page shows the example of SmartDatastore, in every language; -update writes it.
func TestThePageForTheRegistryShowsTheExampleOfSmartDatastore(t *testing.T) {
	source, err := exampleFiles.ReadFile("examples/SmartDatastore.yaml")
	if err != nil {
		t.Fatal(err)
	}
	chooser, err := programs.Chooser(source, programs.Package{Spec: packageSchema(t), Arguments: arguments, Outputs: outputs})
	if err != nil {
		t.Fatal(err)
	}
	const page, begin, end = "../docs/_index.md", "{{< chooser ", "{{< /chooser >}}\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), begin)
	_, tail, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s: has no chooser", page)
	}
	golden(t, page, []byte(head+chooser+tail))
}

// TestTheTableOfLanguagesHasEveryLanguage looks for a row about each language of the
// examples; that its tests exist is held by the documents' own tests.
func TestTheTableOfLanguagesHasEveryLanguage(t *testing.T) {
	text, err := os.ReadFile("../docs/reference/languages.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What is tested\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, name := range []string{"Go", "TypeScript", "Python", "C#", "Java", "YAML"} {
		if !strings.Contains(section, "\n| "+name+" | ") {
			t.Errorf("docs/reference/languages.md: no row about %s", name)
		}
	}
}
