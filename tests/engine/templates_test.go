package engine_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/cmd/pulumi/templates"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/gitutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/smartlake/pulumi-smartlake/internal/outputs"
)

// languages are those of the templates, with how their programs run.
var languages = map[string]func(t *testing.T, dir string, config map[string]string) *foreign{
	"go": inGo, "typescript": inTypeScript, "yaml": inYAML,
}

// What "pulumi new" is told.
const (
	projectName        = "records"
	projectDescription = `Health records: "St. Mary's"`
)

// generated is what "pulumi new" makes of a template: the files of a project, and the
// configuration of its stack as far as the template has defaults.
type generated struct {
	dir    string
	config map[string]string
}

// generate does with Pulumi's own code what "pulumi new" does with files, in its order.
func generate(t *testing.T, language string) generated {
	t.Helper()
	source := templates.New(t.Context(), absolute(t, filepath.Join(root, "templates", "smartlake-"+language)),
		templates.ScopeLocal, templates.TemplateKindPulumiProject, env.Global())
	defer func() { _ = source.Close() }()
	found, err := source.Templates()
	if err != nil || len(found) != 1 {
		t.Fatalf("got %d templates: %v", len(found), err)
	}
	template, err := found[0].Download(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made := generated{dir: t.TempDir(), config: map[string]string{}}
	if err := templates.CopyTemplateFiles(template.Dir, made.dir, false, projectName, projectDescription); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(made.dir, "Pulumi.yaml")
	project, err := workspace.LoadProject(file)
	if err != nil {
		t.Fatal(err)
	}
	project.Template = nil
	project.AddConfigStackTags(map[string]string{apitype.ProjectTemplateTag: urlOf(language)})
	if err := project.Save(file); err != nil {
		t.Fatal(err)
	}
	for key, value := range template.Config {
		if value.Description == "" || value.Default == "" || value.Secret {
			t.Errorf("%s: want a description and a default, and no secret: %+v", key, value)
		}
		made.config[key] = value.Default
	}
	return made
}

// urlOf a template, as the documents tell it.
func urlOf(language string) string {
	return "https://github.com/smartlake/pulumi-smartlake/templates/smartlake-" + language
}

func TestWhatATemplateGeneratesPreviewsAndDeploysTheSameInEveryLanguage(t *testing.T) {
	for language, runs := range languages {
		t.Run(language, func(t *testing.T) {
			made := generate(t, language)
			if want := map[string]string{"aws:region": "us-east-1", "aws-native:region": "us-east-1"}; !maps.Equal(made.config, want) {
				t.Errorf("configuration: got %q, want %q", made.config, want)
			}
			s := newStack(t, "dev")
			s.foreign = runs(t, made.dir, made.config)
			want := ofTheTemplate()
			assertCreates(t, "preview", s.preview(nil), want, s.foreign.engine.said())
			assertCreates(t, "update", s.update(nil), want, s.foreign.engine.said())
			assertUnchanged(t, "a second preview", s.preview(nil))
			if left := s.destroy(); left.err == nil || !strings.Contains(left.messages, "protected") {
				t.Errorf("destroy: got %v and %s, want it refused: the data is protected", left.err, left.messages)
			}
			assertReads(t, s.outputs())

			withTheApp(t, made.dir)
			s.foreign.compile()
			another := newStack(t, "dev")
			another.foreign = s.foreign
			with := another.preview(nil)
			if with.err != nil || !slices.Contains(with.steps[deploy.OpCreate], "ehr-auth-client-app") {
				t.Errorf("with the app: got %v, %q\n%s", with.err, with.touched(), with.messages)
			}
			if said := s.foreign.engine.said(); said != "" {
				t.Errorf("with the app: the program logs %s", said)
			}
		})
	}
}

// ofTheTemplate are the resources that every template declares, sorted.
func ofTheTemplate() []string {
	names := []string{
		"ehr-auth-client-etl", "ehr-auth-domain", "ehr-auth-pool", "ehr-auth-server-system",
		"ehr-datastore", "ehr-grant-export", "ehr-grant-read", "ehr-grant-write",
		"ehr-validator-execution", "ehr-validator-export", "ehr-validator-function", "ehr-validator-invoke", "ehr-validator-live",
		"ehr-validator-logging", "ehr-validator-logs", "ehr-validator-read", "ehr-validator-write",
	}
	for _, part := range doorParts {
		names = append(names, "ehr-door-"+part)
	}
	slices.Sort(names)
	return names
}

func assertCreates(t *testing.T, what string, made result, want []string, said string) {
	t.Helper()
	if made.err != nil {
		t.Fatalf("%s: %v\n%s\n%s", what, made.err, made.messages, said)
	}
	assertSame(t, what+": created", made.steps[deploy.OpCreate], want)
	if said != "" {
		t.Errorf("%s: the program logs %s", what, said)
	}
}

// assertReads wants the commands of smartlake to read a stack's outputs.
func assertReads(t *testing.T, found map[string]resource.PropertyValue) {
	t.Helper()
	if !found["clientSecrets"].IsSecret() {
		t.Error("clientSecrets: want a secret")
	}
	plain := map[string]any{}
	for name, value := range found {
		plain[name] = withoutSecrets(value).Mappable()
	}
	text, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	read, err := outputs.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if !read.HasFrontDoor() || read.ClientSecrets["etl"] == "" || read.UserPoolID == "" {
		t.Errorf("got %v, want a front door, a user pool and the service's secret", slices.Sorted(maps.Keys(found)))
	}
}

// withoutSecrets is a value as "pulumi stack output --show-secrets" prints it.
func withoutSecrets(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return withoutSecrets(value.SecretValue().Element)
	case value.IsOutput():
		return withoutSecrets(value.OutputValue().Element)
	case value.IsObject():
		shown := resource.PropertyMap{}
		for key, member := range value.ObjectValue() {
			shown[key] = withoutSecrets(member)
		}
		return resource.NewProperty(shown)
	default:
		return value
	}
}

// commentedOut is a line of the app that the templates show as a comment.
var commentedOut = regexp.MustCompile(`(?m)^( *|\t*)(?://|#) ((?:[ \t]*(?:[{}]|},|- name: app|kind:|name:|Name:|scopes:|Scopes:|CallbackURLs:|callbackUrls:|- |export const launchContext).*))$`)

// withTheApp makes code of the app that is a comment in the program.
func withTheApp(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"main.go", "index.ts", "Pulumi.yaml"} {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if with := commentedOut.ReplaceAllString(string(text), "$1$2"); with != string(text) {
			write(t, path, []byte(with))
			return
		}
	}
	t.Fatal("no app in a comment")
}

func TestAGeneratedProjectHasItsNameAndDescriptionAndNothingOfTheTemplate(t *testing.T) {
	for language := range languages {
		t.Run(language, func(t *testing.T) {
			made := generate(t, language)
			project, err := workspace.LoadProject(filepath.Join(made.dir, "Pulumi.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if project.Name != projectName || project.Description == nil || *project.Description != projectDescription || project.Template != nil {
				t.Errorf("got %s, %v, %v", project.Name, project.Description, project.Template)
			}
			entries, err := os.ReadDir(made.dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				text, err := os.ReadFile(filepath.Join(made.dir, entry.Name()))
				if err != nil {
					t.Fatal(err)
				}
				for _, left := range []string{"${PROJECT}", "${DESCRIPTION}"} {
					if strings.Contains(string(text), left) {
						t.Errorf("%s: still has %s", entry.Name(), left)
					}
				}
				if strings.HasPrefix(entry.Name(), "Pulumi.") && entry.Name() != "Pulumi.yaml" {
					t.Errorf("%s: a template has no stack", entry.Name())
				}
			}
		})
	}
}

// The checksum that Go's database may lack comes with the template.
func TestTheTemplateInGoHasTheVersionsOfThisModule(t *testing.T) {
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for file, line := range map[string]*regexp.Regexp{
		"go.mod": regexp.MustCompile(`(?m)^go .*$|github\.com/pulumi/pulumi-aws-native/sdk v\S+`),
		"go.sum": regexp.MustCompile(`(?m)^github\.com/pulumi/pulumi-aws-native/sdk .*$`),
	} {
		assertSame(t, file, line.FindAllString(read("templates", "smartlake-go", file), -1), line.FindAllString(read(file), -1))
	}
}

func TestTheDocumentsNameTheTemplatesByURLsThatPulumiTakes(t *testing.T) {
	named := map[string]bool{}
	address := regexp.MustCompile(`pulumi new (\S+)`)
	for where, lines := range commandLines(t) {
		for _, line := range lines {
			for _, found := range address.FindAllStringSubmatch(line, -1) {
				repository, path, err := gitutil.ParseGitRepoURL(found[1])
				if err != nil || !templates.IsGitRepoTemplateURL(found[1]) || repository != "https://github.com/smartlake/pulumi-smartlake.git" {
					t.Errorf("%s: %s: repository %q, %v", where, found[1], repository, err)
				}
				_, _, folder, err := gitutil.GetGitReferenceNameOrHashAndSubDirectory(repository, path)
				if err != nil {
					t.Errorf("%s: %s: %v", where, found[1], err)
				}
				if _, err := templates.LoadTemplate(filepath.Join(root, folder)); err != nil {
					t.Errorf("%s: %s: %v", where, found[1], err)
				}
				named[found[1]] = true
			}
		}
	}
	for language := range languages {
		if !named[urlOf(language)] {
			t.Errorf("no document shows pulumi new %s", urlOf(language))
		}
	}
}
