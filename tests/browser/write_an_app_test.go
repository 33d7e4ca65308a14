package browser_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/tests/documents"
)

// The sections of docs/how-to/write-an-app.md that have something to run.
const (
	inABrowser = "In a browser, with fhirclient.js"
	withCurl   = "With curl"
	aService   = "A service"

	onTheLocalCloud = "On the local cloud"
)

// shownBlocks are the blocks of the page in a language, by the section they are in.
func shownBlocks(t *testing.T, section, language string, number int) []documents.Block {
	t.Helper()
	found := slices.DeleteFunc(writeAnApp(t).Blocks, func(b documents.Block) bool { return b.Heading != section || b.Language != language })
	if len(found) != number {
		t.Fatalf("the section %q has %d blocks of %s, want %d", section, len(found), language, number)
	}
	return found
}

func writeAnApp(t *testing.T) documents.Page {
	t.Helper()
	return document(t, "docs/how-to/write-an-app.md")
}

func document(t *testing.T, path string) documents.Page {
	t.Helper()
	pages, err := documents.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(pages, func(p documents.Page) bool { return p.Path == path })
	if i < 0 {
		t.Fatal(path + " is missing")
	}
	return pages[i]
}

// The tests below run all blocks that the page shows in a section. The commands of the
// other sections need AWS or are this repository's own.
func TestThePageHasNoProgramThatIsNotRun(t *testing.T) {
	got := map[string][]string{}
	for _, b := range writeAnApp(t).Blocks {
		got[b.Heading] = append(got[b.Heading], b.Language)
	}
	want := map[string][]string{
		inABrowser:                    {"console", "html", "html"},
		withCurl:                      {"console", "console", "console", "console"},
		onTheLocalCloud:               {"console"},
		aService:                      {"console", "go"},
		"Link a user to a patient":    {"console"},
		"Get the requests of a stack": {"console"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestTheBrowserAppOfThePageShowsObservations(t *testing.T) {
	cloud := startWithDev(t)
	pages := shownBlocks(t, inABrowser, "html", 2)
	folder := t.TempDir()
	for _, page := range pages {
		name, ok := strings.CutPrefix(strings.SplitN(page.Text, "\n", 2)[0], "<!-- ")
		name, closed := strings.CutSuffix(name, " -->")
		if !ok || !closed {
			t.Fatalf("%s: want the file's name in a comment on the first line", page.Where)
		}
		text := strings.NewReplacer("<fhirBaseUrl>", strings.TrimSuffix(cloud.FHIRBase, "/"), "<clientIds.app>", clientOf(t, cloud, "app").ID).Replace(page.Text)
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	serve(t, folder)
	ctx := browser(t, cloud)
	run(t, ctx, append(append([]chromedp.Action{chromedp.Navigate(appOrigin)}, fillIn("patient", "Local-patient-1")...), appears("h1:not(:empty)"))...)
	var title string
	run(t, ctx, chromedp.Text("h1", &title))
	shown := strings.Split(text(t, ctx, "li"), "\n")
	slices.Sort(shown)
	if !strings.HasPrefix(title, "Observations of ") || !slices.Equal(shown, observed) {
		t.Errorf("%q: %q, want %q", title, shown, observed)
	}
}

func TestTheDocumentsNameTheVersionsThatAreTested(t *testing.T) {
	want := []string{"npm install fhirclient@" + libraries(t)["fhirclient"]}
	if got := shownBlocks(t, inABrowser, "console", 1)[0].Commands(); !slices.Equal(got, want) {
		t.Errorf("the page says %q, want %q", got, want)
	}
	conformance := document(t, "docs/reference/conformance.md").Prose
	for name, version := range libraries(t) {
		if want := strings.Replace(name, "fhirclient", "fhirclient.js", 1) + " " + version; !strings.Contains(conformance, want) {
			t.Errorf("docs/reference/conformance.md does not name %s", want)
		}
	}
}

// libraries are those of others that apps are made with here, and their versions.
func libraries(t *testing.T) map[string]string {
	t.Helper()
	var installed struct{ Dependencies map[string]string }
	content, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &installed); err != nil {
		t.Fatal(err)
	}
	return installed.Dependencies
}

func TestTheCurlCommandsOfThePageLaunchReadRefreshAndSignOut(t *testing.T) {
	cloud := startWithDev(t)
	var script []string
	blocks := shownBlocks(t, withCurl, "console", 4)
	for _, block := range append(blocks, blocks[2]) { // a refresh again, after the sign-out
		script = append(script, block.Commands()...)
		script = append(script, "echo")
	}
	shell := newShell(t, cloud, t.TempDir(), strings.Join(script, "\n"))
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	if !said.Scan() {
		t.Fatal("the commands show no address")
	}
	back := signInAt(t, cloud, said.Text())
	if _, err := fmt.Fprintln(in, back.Query().Get("code")); err != nil {
		t.Fatal(err)
	}
	var answers []map[string]any
	for said.Scan() {
		if strings.TrimSpace(said.Text()) != "" {
			answers = append(answers, object(t, said.Text()))
		}
	}
	if err := shell.Wait(); err != nil || len(answers) != 3 {
		t.Fatalf("%v: answers %v, want the patient, new tokens and a refusal", err, answers)
	}
	if patient := answers[0]; patient["resourceType"] != "Patient" || patient["id"] != "patient-001" {
		t.Errorf("read %v", patient)
	}
	if tokens := answers[1]; tokens["scope"] != granted || tokens["patient"] != "patient-001" {
		t.Errorf("refreshed scope %q of %v", tokens["scope"], tokens["patient"])
	}
	if refused := answers[2]; refused["error"] != "invalid_grant" {
		t.Errorf("after the sign-out a refresh gets %v", refused)
	}
}

func TestTheServicesOfThePageRead(t *testing.T) {
	cloud := startWithDev(t)
	commands := strings.Join(shownBlocks(t, aService, "console", 1)[0].Commands(), "\n")
	folder := t.TempDir()
	program(t, folder, shownBlocks(t, aService, "go", 1)[0].Text)
	shell := newShell(t, cloud, folder, commands+"\necho\ngo run .\n")
	out, err := shell.Output()
	if err != nil {
		t.Fatal(err)
	}
	byCurl, byGo, _ := strings.Cut(string(out), "\n")
	for how, text := range map[string]string{"curl": byCurl, "Go": byGo} {
		if found := object(t, text); found["resourceType"] != "Bundle" || found["total"] != 100.0 || len(found["entry"].([]any)) != 1 {
			t.Errorf("with %s: read %s", how, text)
		}
	}
}

func TestTheCommandsOfThePageRunWithoutPulumiOnTheLocalCloud(t *testing.T) {
	cloud := startWithDev(t)
	prepare := shownBlocks(t, onTheLocalCloud, "console", 1)[0].Commands()
	if !strings.HasPrefix(prepare[0], "LOCAL=~/") {
		t.Fatalf("the page begins with %q, want the folder of the local cloud", prepare[0])
	}
	prepare[0] = "LOCAL=" + cloud.Dir
	prepare = append([]string{"unset CURL_CA_BUNDLE SSL_CERT_FILE"}, prepare...)
	read := shownBlocks(t, aService, "console", 1)[0].Commands()
	out, err := newShell(t, cloud, t.TempDir(), strings.Join(append(prepare, read...), "\n")).Output()
	if err != nil {
		t.Fatal(err)
	}
	if found := object(t, string(out)); found["total"] != 100.0 {
		t.Errorf("read %s", out)
	}
}

// startWithDev starts the stack that the page is about.
func startWithDev(t *testing.T) *local.Cloud {
	t.Helper()
	return localtest.Start(t, "dev", map[string]string{"frontDoor": "{}"}, nil)
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var found map[string]any
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return found
}

// pulumi answers "pulumi stack output" as the command does, with the outputs of the local
// cloud.
const pulumi = `#!/usr/bin/env bash
set -euo pipefail
[ "$1 $2" = "stack output" ]
name="${!#}"
filter=--raw-output
case " $* " in *" --json "*) filter=--compact-output ;; esac
if [ "$name" = clientSecrets ] && [[ " $* " != *" --show-secrets "* ]]; then
  echo '"[secret]"'
  exit
fi
jq --exit-status "$filter" --arg name "$name" '.[$name]' "$OUTPUTS"
`

// newShell runs commands as a reader would, who trusts the cloud's certificate.
func newShell(t *testing.T, cloud *local.Cloud, folder, commands string) *exec.Cmd {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "jq", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, err.Error()+": install it, or run build/scripts/browser as root")
		}
	}
	tools := t.TempDir()
	if err := os.WriteFile(filepath.Join(tools, "pulumi"), []byte(pulumi), 0o700); err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", commands)
	shell.Dir = folder
	shell.Env = append(os.Environ(), "PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"), "OUTPUTS="+cloud.OutputsFile,
		"CURL_CA_BUNDLE="+cloud.CertificateFile, "SSL_CERT_FILE="+cloud.CertificateFile)
	shell.Stderr = t.Output()
	return shell
}

// program writes a program of the page, with the version of its library that this
// repository has.
func program(t *testing.T, folder, text string) {
	t.Helper()
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	needed := regexp.MustCompile(`(?m)^(go .+)$|^\t(golang\.org/x/oauth2 \S+)`).FindAllSubmatch(module, -1)
	if len(needed) != 2 {
		t.Fatalf("go.mod: %q, want the version of Go and golang.org/x/oauth2", needed)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"main.go": []byte(text), "go.sum": sums,
		"go.mod": bytes.Join([][]byte{[]byte("module service"), needed[0][1], append([]byte("require "), needed[1][2]...), nil}, []byte("\n")),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
