package tests_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/tests/documents"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

// What stands in the documents is held against the code: programs compile, stack
// configurations load and run, commands have their flags, names and links exist.

// root of the repository, from this package.
const root = ".."

func pages(t *testing.T) []documents.Page {
	t.Helper()
	all, err := documents.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func blocksOf(t *testing.T, language string) []documents.Block {
	t.Helper()
	var found []documents.Block
	for _, d := range pages(t) {
		for _, b := range d.Blocks {
			if b.Language == language {
				found = append(found, b)
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("no document has a block of %s", language)
	}
	return found
}

// TestTheDocumentsProgramsCompile builds every block of Go. A block without a package
// clause is the inside of a Pulumi program.
func TestTheDocumentsProgramsCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs of its own")
	}
	const below = "tests/snippet" // of nothing on disk: the overlay alone has it
	replace := map[string]string{}
	dir := t.TempDir()
	args := []string{"build", "-overlay=" + filepath.Join(dir, "overlay.json")}
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	var legend strings.Builder
	for i, b := range blocksOf(t, "go") {
		name := fmt.Sprintf("%s%d", below, i)
		file := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(file, []byte(goProgramOf(b.Text)), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(absolute, name, "main.go")] = file
		args = append(args, "./"+name)
		fmt.Fprintf(&legend, "%s is %s\n", name, b.Where)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", args...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, legend.String())
	}
}

var importLine = regexp.MustCompile(`(?m)^import (?:\((?s:[^)]*)\)|"[^"]+")\n`)

func goProgramOf(text string) string {
	if strings.HasPrefix(strings.TrimSpace(text), "package ") {
		return text
	}
	imports := strings.Join(importLine.FindAllString(text, -1), "")
	if imports == "" {
		imports = "import \"github.com/smartlake/pulumi-smartlake/components\"\n"
	}
	return "package snippet\n\nimport \"github.com/pulumi/pulumi/sdk/v3/go/pulumi\"\n" + imports +
		"\nfunc declare(ctx *pulumi.Context) error {\n" + importLine.ReplaceAllString(text, "") + "\nreturn nil\n}\n"
}

// programInYAML is a Pulumi program: plugin/examples_test.go holds it against the schema.
var programInYAML = regexp.MustCompile(`(?m)^resources:$`)

// TestTheDocumentsStackConfigurationsRun reads every block of YAML as a stack's
// configuration, as the Pulumi CLI would, and runs the program with it. What a block
// leaves out and the program insists on is filled in.
func TestTheDocumentsStackConfigurationsRun(t *testing.T) {
	for _, b := range blocksOf(t, "yaml") {
		if programInYAML.MatchString(b.Text) {
			continue
		}
		t.Run(b.Where, func(t *testing.T) {
			dir := t.TempDir()
			project, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string]string{"Pulumi.yaml": string(project), "Pulumi.docs.yaml": stackFileOf(b.Text)} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			runIn(t, loadStack(t, dir, "docs"))
		})
	}
}

// stackFileOf makes a whole file of an excerpt.
func stackFileOf(text string) string {
	for name, value := range map[string]string{"clientSecret": "example", "password": "Passw0rd!"} {
		text = regexp.MustCompile(`(?m)(\b`+name+`:) *(#.*)?$`).ReplaceAllString(text, "$1 "+value)
	}
	if strings.HasPrefix(text, "config:") {
		return text
	}
	if text = regexp.MustCompile(`(?m)^clients:`).ReplaceAllString(text, "smartlake:clients:"); strings.HasPrefix(text, "  - ") {
		text = "smartlake:clients:\n" + text // what a reader appends to a list of clients
	}
	if !strings.Contains(text, "smartlake:clients:") {
		text += "smartlake:clients: [{name: etl, kind: service, scopes: [system/*.read]}]\n"
	}
	text += "aws:region: us-east-1\naws-native:region: us-east-1\n"
	return "config:\n" + regexp.MustCompile(`(?m)^`).ReplaceAllString(text, "  ")
}

var (
	smartlakeCommand = regexp.MustCompile(`(?:^|[|(] *|\$ )(?:go run \./cmd/)?smartlake +([a-z][a-z-]*)([^|#>)]*)`)
	pulumiConfig     = regexp.MustCompile(`pulumi config set (?:--(?:secret|path|plaintext) )*['"]?([A-Za-z][A-Za-z-]*(?::[A-Za-z]+)?)`)
	pulumiOutput     = regexp.MustCompile(`pulumi stack output (?:--(?:json|show-secrets|stack \w+) )*([a-zA-Z]+)`)
	flagOf           = regexp.MustCompile(`(?:^| )(--?[a-zA-Z][a-z-]*)`)
)

// TestTheDocumentsCommandsExist holds the commands of smartlake against its help, and
// the configuration keys and outputs in those of pulumi against the program.
func TestTheDocumentsCommandsExist(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs of its own")
	}
	binary := filepath.Join(t.TempDir(), "smartlake")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", binary, "./cmd/smartlake")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	helps := map[string]string{}
	outputs := programOutputs(t)
	seen := map[string]int{}
	for _, d := range pages(t) {
		folder := filepath.Dir(d.Path)
		for _, line := range d.Commands() {
			if to, ok := strings.CutPrefix(line, "cd "); ok { // from the root, as a reader would
				to, _, once := strings.Cut(to, " && ")
				if !exists(filepath.Join(root, to)) {
					t.Errorf("%s: %s: no such folder", d.Path, line)
				} else if !once {
					folder = to
				}
			}
			for _, command := range smartlakeCommand.FindAllStringSubmatch(line, -1) {
				seen["smartlake"]++
				if err := checkCommand(t, binary, helps, command[1], command[2]); err != nil {
					t.Errorf("%s: %s: %v", d.Path, line, err)
				}
			}
			for _, match := range pulumiConfig.FindAllStringSubmatch(line, -1) {
				seen["config"]++
				own, keys := keysAt(t, folder)
				if key := strings.TrimPrefix(match[1], own+":"); !strings.Contains(key, ":") && !slices.Contains(keys, key) {
					t.Errorf("%s: %s: %s has no key %s", d.Path, line, own, key)
				}
			}
			for _, match := range pulumiOutput.FindAllStringSubmatch(line, -1) {
				seen["output"]++
				if !slices.Contains(outputs, match[1]) {
					t.Errorf("%s: %s: no output %s", d.Path, line, match[1])
				}
			}
			for _, match := range foreignCommand.FindAllStringSubmatch(line, -1) {
				seen["foreign"]++
				if err := checkForeign(match[1]); err != nil {
					t.Errorf("%s: %s: %v", d.Path, line, err)
				}
			}
		}
	}
	if seen["smartlake"] < 10 || seen["config"] < 3 || seen["output"] < 3 || seen["foreign"] < 8 {
		t.Errorf("too few commands were found to believe that they are looked at: %v", seen)
	}
}

func checkCommand(t *testing.T, binary string, helps map[string]string, name, rest string) error {
	t.Helper()
	command := []string{name}
	help, err := helpOf(t, binary, helps, command)
	if err != nil {
		return err
	}
	for _, word := range strings.Fields(rest) { // of a command that has commands
		_, below, leads := strings.Cut(help, "\nAvailable Commands:\n")
		if !leads || !strings.Contains("\n"+below, "\n  "+word+" ") {
			break
		}
		command = append(command, word)
		if help, err = helpOf(t, binary, helps, command); err != nil {
			return err
		}
	}
	_, flags, _ := strings.Cut(help, "\nFlags:\n")
	for _, flag := range flagOf.FindAllStringSubmatch(rest, -1) {
		if !regexp.MustCompile(`(?m)^\s*(?:-\w, )?` + flag[1] + `\b|^\s*` + flag[1] + `, `).MatchString(flags) {
			return fmt.Errorf("no flag %s", flag[1])
		}
	}
	return nil
}

func helpOf(t *testing.T, binary string, helps map[string]string, command []string) (string, error) {
	t.Helper()
	path := strings.Join(command, " ")
	if _, ok := helps[path]; !ok {
		out, err := exec.CommandContext(t.Context(), binary, append(command, "--help")...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "smartlake "+path) {
			return "", fmt.Errorf("no such command: %w: %s", err, out)
		}
		helps[path] = string(out)
	}
	return helps[path], nil
}

// keysAt are the name and the configuration keys of the project that a folder is in.
func keysAt(t *testing.T, folder string) (name string, keys []string) {
	t.Helper()
	for !exists(filepath.Join(root, folder, "Pulumi.yaml")) {
		folder = filepath.Dir(folder)
	}
	text, err := os.ReadFile(filepath.Join(root, folder, "Pulumi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var project struct {
		Name   string
		Config map[string]any
	}
	if err := yaml.Unmarshal(text, &project); err != nil {
		t.Fatal(err)
	}
	for key := range project.Config {
		keys = append(keys, strings.TrimPrefix(key, project.Name+":"))
	}
	for _, program := range []string{"index.ts", "__main__.py"} { // declare their keys by reading them
		text, err := os.ReadFile(filepath.Join(root, folder, program))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`\.(?:require|get)(?:_?[sS]ecret)?\("(\w+)"\)`).FindAllStringSubmatch(string(text), -1) {
			keys = append(keys, match[1])
		}
	}
	return project.Name, keys
}

// foreignCommand is a command of a tool that is not here to be asked.
var foreignCommand = regexp.MustCompile(`(?:^|[\s($"])((?:aws|gh) [a-z0-9-]+ [a-z-]+[^|;)>]*)`)

// foreign are the commands of AWS's and GitHub's command lines that the documents may
// show, with the flags that the references give them.
var foreign = map[string][]string{
	"aws cloudtrail describe-trails":          {"--region"},
	"aws cloudtrail get-event-selectors":      {"--region", "--trail-name"},
	"aws cloudtrail get-trail-status":         {"--region", "--name"},
	"aws cloudtrail lookup-events":            {"--lookup-attributes", "--max-results", "--output", "--query", "--region", "--start-time"},
	"aws cloudtrail validate-logs":            {"--region", "--start-time", "--trail-arn"},
	"aws logs describe-query-definitions":     {"--query-definition-name-prefix"},
	"aws logs get-query-results":              {"--query-id"},
	"aws logs start-query":                    {"--end-time", "--log-group-names", "--query-string", "--start-time"},
	"aws cognito-idp delete-user-pool-domain": {"--user-pool-id", "--domain"},
	"aws configure export-credentials":        {"--format"},
	"aws healthlake delete-fhir-datastore":    {"--datastore-id"},
	"aws healthlake describe-fhir-datastore":  {"--datastore-id", "--output", "--query"},
	"aws healthlake describe-fhir-export-job": {"--datastore-id", "--job-id"},
	"aws healthlake describe-fhir-import-job": {"--datastore-id", "--job-id"},
	"aws healthlake restore-fhir-datastore":   {"--cli-input-json", "--output", "--query"},
	"aws healthlake update-fhir-datastore":    {"--backup-configuration", "--datastore-id", "--identity-provider-configuration"},
	"aws iam put-role-policy":                 {"--role-name", "--policy-name", "--policy-document"},
	"aws kms cancel-key-deletion":             {"--key-id"},
	"aws s3 cp":                               {"--recursive"},
	"gh attestation verify":                   {"--repo", "--predicate-type"},
}

func checkForeign(line string) error {
	words := strings.Fields(line)
	flags, ok := foreign[strings.Join(words[:3], " ")]
	if !ok {
		return fmt.Errorf("no command %q is known here", strings.Join(words[:3], " "))
	}
	for _, word := range words[3:] {
		if strings.HasPrefix(word, "--") && !slices.Contains(flags, word) {
			return fmt.Errorf("no flag %s", word)
		}
	}
	return nil
}

// TestEveryCommandStandsInABlockOfAShell keeps commands where the other tests see them.
func TestEveryCommandStandsInABlockOfAShell(t *testing.T) {
	indented := regexp.MustCompile(`(?m)^\n {4,}(?:go|pulumi|smartlake|aws|git|gh|npm|cd|scripts/\w+) .*$`)
	for _, d := range pages(t) {
		for _, line := range indented.FindAllString(d.Prose, -1) {
			t.Errorf("%s: %s: want it in a block of console or sh", d.Path, strings.TrimSpace(line))
		}
	}
}

// TestTheDocumentsNameStepsAndTargetsThatExist holds the short forms against the Makefile
// and the steps of the continuous integration.
func TestTheDocumentsNameStepsAndTargetsThatExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), filepath.Join(root, ".ci/run"), "--list")
	steps, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	target, step := regexp.MustCompile(`^make ([a-z-]+)$`), regexp.MustCompile(`^(?:\w+=\w+ )?\.ci/run ([a-z ]+)$`)
	seen := 0
	for _, d := range pages(t) {
		for _, line := range d.Commands() {
			if match := target.FindStringSubmatch(line); match != nil {
				seen++
				if !regexp.MustCompile(`(?m)^` + match[1] + `:`).Match(makefile) {
					t.Errorf("%s: %s: no such target", d.Path, line)
				}
			}
			if match := step.FindStringSubmatch(line); match != nil {
				for _, name := range strings.Fields(match[1]) {
					seen++
					if !regexp.MustCompile(`(?m)^` + name + `\b`).Match(steps) {
						t.Errorf("%s: %s: no step %s", d.Path, line, name)
					}
				}
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d were found: they are not looked at", seen)
	}
}

func projectKeys(t *testing.T) []string {
	t.Helper()
	var keys []string
	for key := range loadProject(t).Config {
		keys = append(keys, strings.TrimPrefix(key, "smartlake:"))
	}
	return slices.Sorted(slices.Values(keys))
}

func programOutputs(t *testing.T) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(runStack(t, "dev", "bulkData", "{}", "alarms", "{}", "dashboard", "true", "customerManagedKey", "true",
		"frontDoor", `{"function": {"archive": "`+archive+`"}}`,
		"customDomain", `{"name": "auth.example.org", "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"}`).Outputs()))
}

// firstColumn of the table of a page's section: the words in code of each row.
func firstColumn(t *testing.T, page, section string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "\n## "+section+"\n")
	if !found {
		t.Fatalf("%s: no section %q", page, section)
	}
	inside, _, _ := strings.Cut(after, "\n## ")
	_, table, _ := strings.Cut(inside, "\n|---")
	table, _, _ = strings.Cut(table, "\n\n")
	var words []string
	for _, row := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		cells := strings.Split(row, "|")
		if len(cells) < 3 {
			t.Fatalf("%s: %s: %q is no row", page, section, row)
		}
		for _, code := range documents.InlineCode.FindAllStringSubmatch(cells[1], -1) {
			words = append(words, code[1])
		}
	}
	slices.Sort(words)
	return words
}

func TestTheConfigurationReferenceNamesEveryKeyAndNoOther(t *testing.T) {
	expect.Lines(t, "keys", firstColumn(t, "docs/reference/configuration.md", "Keys"), projectKeys(t))
}

func TestTheOutputsReferenceNamesEveryOutputAndNoOther(t *testing.T) {
	expect.Lines(t, "outputs", firstColumn(t, "docs/reference/outputs.md", "Outputs of a stack"), programOutputs(t))
}

// TestEveryDocumentIsInTheIndex wants a reader to find every page below docs/.
func TestEveryDocumentIsInTheIndex(t *testing.T) {
	const index = "docs/README.md"
	listed := map[string]bool{index: true}
	for _, d := range pages(t) {
		if d.Path != index && d.Path != "docs/decisions/README.md" && d.Path != "docs/how-to/runbooks/README.md" {
			continue
		}
		for _, match := range link.FindAllStringSubmatch(d.Prose, -1) {
			target, _, _ := strings.Cut(match[1], "#")
			listed[filepath.ToSlash(filepath.Join(filepath.Dir(d.Path), target))] = true
		}
	}
	for _, d := range pages(t) {
		if strings.HasPrefix(d.Path, "docs/") && !listed[d.Path] {
			t.Errorf("%s: not in %s", d.Path, index)
		}
	}
}

// TestEveryExampleSaysHowToRunIt wants a page with the example's commands or steps.
func TestEveryExampleSaysHowToRunIt(t *testing.T) {
	folders, err := os.ReadDir(filepath.Join(root, "examples"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]documents.Page{}
	for _, d := range pages(t) {
		texts[d.Path] = d
	}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		page, ok := texts["examples/"+folder.Name()+"/README.md"]
		if !ok || len(page.Blocks) == 0 && !strings.Contains(page.Prose, "\n1. ") {
			t.Errorf("examples/%s: no README.md with commands or steps", folder.Name())
		}
	}
}

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	testName = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w+\b`)
	fileName = regexp.MustCompile(`^(?:[\w.-]+/)*[\w.-]+\.(?:go|md|yaml|yml|txt)$|^(?:[\w.-]+/)+[\w.-]*$`)
)

// anchor is what GitHub makes of a heading.
func anchor(heading string) string {
	text := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(text, " ", "-")
}

// ownFile is the file of this repository that a link to its pages on GitHub leads to.
func ownFile(target *url.URL) (path string, ours bool) {
	const pages = "/smartlake/pulumi-smartlake/"
	below, ours := strings.CutPrefix(target.Path, pages)
	if !ours || target.Host != "github.com" {
		return "", false
	}
	for _, view := range []string{"blob/main/", "tree/main/"} {
		if path, ok := strings.CutPrefix(below, view); ok {
			return path, true
		}
	}
	return "", false // of releases, issues, advisories
}

// TestThePagesOfThePulumiRegistryLinkToWholeAddresses keeps the links that are shown
// elsewhere than in this repository.
func TestThePagesOfThePulumiRegistryLinkToWholeAddresses(t *testing.T) {
	seen := 0
	for _, d := range pages(t) {
		if d.Path != "docs/_index.md" && d.Path != "docs/installation-configuration.md" {
			continue
		}
		for _, match := range link.FindAllStringSubmatch(d.Prose, -1) {
			seen++
			if !strings.HasPrefix(match[1], "https://") {
				t.Errorf("%s: %s: must be a whole address", d.Path, match[1])
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d links were found: they are not looked at", seen)
	}
}

func TestTheDocumentsLinksLeadSomewhere(t *testing.T) {
	for _, d := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(d.Prose, -1) {
			target, err := url.Parse(match[1])
			if err != nil {
				t.Errorf("%s: %v", d.Path, err)
				continue
			}
			file, ours := d.Path, true
			if target.IsAbs() {
				file, ours = ownFile(target)
			} else if target.Path != "" {
				file = filepath.Join(filepath.Dir(d.Path), target.Path)
			}
			if !ours {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s: %s: %v", d.Path, match[1], err)
				continue
			}
			if target.Fragment == "" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Errorf("%s: %s: %v", d.Path, match[1], err)
			}
			var anchors []string
			for _, h := range heading.FindAllStringSubmatch(string(text), -1) {
				anchors = append(anchors, anchor(h[1]))
			}
			if !slices.Contains(anchors, target.Fragment) {
				t.Errorf("%s: %s: no such heading", d.Path, match[1])
			}
		}
	}
}

func TestTheDocumentsNameTestsAndFilesThatExist(t *testing.T) {
	declared, files, folders := namesOfTheRepository(t)
	for _, d := range pages(t) {
		for _, name := range testName.FindAllString(d.Text, -1) {
			if smart.IsResourceType(name) { // TestReport, TestScript
				continue
			}
			// A prefix serves go test -run.
			if !slices.ContainsFunc(declared, func(one string) bool { return one == name }) && !strings.Contains(d.Text, "-run "+name) && !strings.Contains(d.Text, "'^"+name) {
				t.Errorf("%s: no test is called %s", d.Path, name)
			}
		}
		for _, match := range documents.InlineCode.FindAllStringSubmatch(d.Prose, -1) {
			path := strings.TrimPrefix(match[1], "./")
			if first, _, below := strings.Cut(path, "/"); !fileName.MatchString(path) || below && !slices.Contains(folders, first) {
				continue // no file's name, or one of elsewhere
			}
			if !exists(filepath.Join(root, path)) && !exists(filepath.Join(root, filepath.Dir(d.Path), path)) && !slices.Contains(files, path) {
				t.Errorf("%s: no file %s", d.Path, path)
			}
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// namesOfTheRepository are those of all tests, fuzzers and benchmarks, of all files
// without their folders, and of the folders of the root.
func namesOfTheRepository(t *testing.T) (tests, files, folders []string) {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && filepath.Dir(path) == root {
			folders = append(folders, entry.Name())
		}
		files = append(files, entry.Name())
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, match := range function.FindAllStringSubmatch(string(text), -1) {
			tests = append(tests, match[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests, files, folders
}

// TestTheREADMEShowsTwoCommandsToTry keeps what the continuous integration runs.
func TestTheREADMEShowsTwoCommandsToTry(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "<!-- try -->")
	inside, _, found := strings.Cut(after, "<!-- /try -->")
	commands := regexp.MustCompile(`(?m)^\$ (.+)$`).FindAllString(inside, -1)
	if !found || len(commands) != 2 {
		t.Errorf("README.md: want two commands between the markers, got %q", commands)
	}
}

func TestTheDocumentsJSONIsJSON(t *testing.T) {
	for _, b := range blocksOf(t, "json") {
		if !json.Valid([]byte(b.Text)) {
			t.Errorf("%s: no JSON", b.Where)
		}
	}
}

// TestTheDocumentsPicturesCanBeDrawn looks for what breaks them most easily: a
// semicolon ends a statement in Mermaid, also in the middle of a text, and a node
// called graph or end is a keyword.
func TestTheDocumentsPicturesCanBeDrawn(t *testing.T) {
	keyword := regexp.MustCompile(`(?m)(?:^|--> |& )\s*(?:graph|end)[\[(]`)
	for _, b := range blocksOf(t, "mermaid") {
		if strings.Contains(b.Text, ";") || keyword.MatchString(b.Text) {
			t.Errorf("%s: holds a semicolon, or a node called graph or end", b.Where)
		}
	}
}

// TestTheDocumentsTellEveryReasonAndNoOther holds the table of reasons against the
// validator.
func TestTheDocumentsTellEveryReasonAndNoOther(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	var declared, told []string
	for _, match := range regexp.MustCompile(`(?m)^\s+\w+\s+Reason = "(\w+)"`).FindAllStringSubmatch(read("validator/reason.go"), -1) {
		declared = append(declared, match[1])
	}
	_, table, _ := strings.Cut(read("docs/reference/validator.md"), "## Reasons")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, row := range regexp.MustCompile("(?m)^\\| (`.+?) \\|").FindAllStringSubmatch(table, -1) {
		for _, code := range documents.InlineCode.FindAllStringSubmatch(row[1], -1) {
			told = append(told, code[1])
		}
	}
	slices.Sort(declared)
	slices.Sort(told)
	if len(declared) == 0 {
		t.Error("validator/reason.go: no reasons were found")
	}
	expect.Lines(t, "reasons", told, declared)
}

func service() components.ClientArgs {
	return components.ClientArgs{Name: "etl", Kind: components.ServiceClient, Scopes: []string{"system/*.read"}}
}

// TestTheComparisonNamesEveryCapabilityThatIsOutOfReach holds its table against what a
// server with clients of all kinds claims.
func TestTheComparisonNamesEveryCapabilityThatIsOutOfReach(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/explanation/comparison.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## What SMART and ONC ask, and is out of reach\n")
	var document smart.Configuration
	every := build(t, components.SmartDatastoreArgs{Clients: []components.ClientArgs{service(), {
		Name: "portal", Kind: components.ConfidentialClient, Scopes: []string{"openid", "launch/patient", "patient/*.rs"},
		CallbackURLs: pulumi.ToStringArray([]string{"https://portal.example.org/callback"}),
	}, {
		Name: "phone", Kind: components.PublicClient, Scopes: []string{"openid", "user/Observation.rs"},
		CallbackURLs: pulumi.ToStringArray([]string{"https://phone.example.org/callback"}),
	}}})
	if err := json.Unmarshal([]byte(every.Outputs()["discoveryDocument"].Value.(string)), &document); err != nil {
		t.Fatal(err)
	}
	for _, capability := range smart.Capabilities() {
		claimed, named := slices.Contains(document.Capabilities, capability), strings.Contains(section, "`"+capability+"`")
		if claimed == named {
			t.Errorf("%s: claimed: %t, named as out of reach: %t", capability, claimed, named)
		}
	}
}

// TestTheUpgradePageSaysWhatAClientOrScopeChangesInTheDiscoveryDocument goes through the
// table of docs/how-to/upgrade.md.
func TestTheUpgradePageSaysWhatAClientOrScopeChangesInTheDiscoveryDocument(t *testing.T) {
	const callback = "https://app.example.org/callback"
	before := []components.ClientArgs{service(), {Name: "app", Kind: components.PublicClient, Scopes: []string{"openid"}, CallbackURLs: pulumi.ToStringArray([]string{callback})}}
	with := func(edit func(all []components.ClientArgs) []components.ClientArgs) []components.ClientArgs {
		return edit(slices.Clone(before))
	}
	after := map[string][]components.ClientArgs{
		"a client with known scopes, of a known kind": with(func(all []components.ClientArgs) []components.ClientArgs {
			another := all[0]
			another.Name = "another"
			return append(all, another)
		}),
		"a scope that no client had": with(func(all []components.ClientArgs) []components.ClientArgs {
			all[0].Scopes = append(slices.Clone(all[0].Scopes), "system/Group.rs")
			return all
		}),
		"the first client of its kind": with(func(all []components.ClientArgs) []components.ClientArgs { return all[:1] }),
		"the first `patient/` or `user/` scope of an app with users": with(func(all []components.ClientArgs) []components.ClientArgs {
			all[1].Scopes = []string{"openid", "launch/patient", "patient/*.rs"}
			return all
		}),
		"a client's name": with(func(all []components.ClientArgs) []components.ClientArgs {
			all[1].Name = "renamed"
			return all
		}),
		"a client's lifetimes or URLs": with(func(all []components.ClientArgs) []components.ClientArgs {
			all[1].AccessTokenMinutes, all[1].CallbackURLs = 5, pulumi.ToStringArray([]string{callback + "/new"})
			return all
		}),
	}
	document := func(clients []components.ClientArgs) any {
		return build(t, components.SmartDatastoreArgs{Clients: clients}).Outputs()["declaredDiscoveryDocument"].Value
	}
	text, err := os.ReadFile(filepath.Join(root, "docs/how-to/upgrade.md"))
	if err != nil {
		t.Fatal(err)
	}
	for change, clients := range after {
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(change) + ` \|.*\| ([^|]+) \|$`).FindStringSubmatch(string(text))
		if row == nil {
			t.Errorf("docs/how-to/upgrade.md: no row %q", change)
			continue
		}
		differs := document(clients) != document(before)
		if differs != strings.HasPrefix(row[1], "**differs**") || differs == strings.HasPrefix(row[1], "the same") {
			t.Errorf("%s: differs: %t, and the page says: %s", change, differs, row[1])
		}
	}
}
