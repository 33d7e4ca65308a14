package declared_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

// writeFile writes a file into a folder, which it makes, and returns the folder.
func writeFile(t *testing.T, dir, name, content string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

const oneClient = "clients: [{name: etl, kind: service, scopes: [system/*.rs]}]\n"

func TestAFileWithClientsIsAStackOfThisRepositorysProject(t *testing.T) {
	dir := writeFile(t, t.TempDir(), "smartlake.yaml", oneClient)
	stack, err := declared.LoadStack(writeFile(t, filepath.Join(dir, "below"), "app.js", ""), "dev", map[string]string{"tags": `{"a":"b"}`})
	if err != nil {
		t.Fatal(err)
	}
	if stack.Project != "smartlake" || stack.Name != "dev" || stack.Dir != dir || len(stack.SecretKeys) > 0 {
		t.Errorf("got %+v", stack)
	}
	for key, want := range map[string]string{
		"aws:region": "us-east-1", "aws-native:region": "us-east-1", "smartlake:frontDoor": "{}", "smartlake:preloadSynthea": "true",
		"smartlake:clients": `[{"kind":"service","name":"etl","scopes":["system/*.rs"]}]`, "smartlake:tags": `{"a":"b"}`,
		"smartlake:alarms": program.None,
	} {
		if stack.Config[key] != want {
			t.Errorf("%s: got %q, want %q", key, stack.Config[key], want)
		}
	}
	graph, err := declared.By(stack)
	if err != nil || len(graph.All(declared.FrontDoor)) != 1 || len(graph.All(declared.UserPoolClient)) != 1 {
		t.Errorf("it declares no front door or another client: %v", err)
	}
}

func TestAFileMaySayWhatItHasDefaultsFor(t *testing.T) {
	dir := writeFile(t, t.TempDir(), "smartlake.yaml", oneClient+"aws:region: eu-west-1\nfrontDoor: none\npreloadSynthea: false\n")
	stack, err := declared.LoadStack(dir, "dev", nil)
	got := maps.Clone(stack.Config)
	maps.DeleteFunc(got, func(key, _ string) bool {
		return key != "aws:region" && key != "aws-native:region" && key != "smartlake:frontDoor" && key != "smartlake:preloadSynthea"
	})
	want := map[string]string{"aws:region": "eu-west-1", "aws-native:region": "eu-west-1", "smartlake:frontDoor": "none", "smartlake:preloadSynthea": "false"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestAFileThatIsWrongIsRefusedByTheNamesInIt(t *testing.T) {
	for what, c := range map[string]struct{ content, want string }{
		"empty":         {"", `smartlake.yaml: clients: missing; list the clients of your app, as "smartlake local init" does in an empty folder`},
		"a list":        {"- a\n", "smartlake.yaml: must be an object of configuration keys in YAML, such as clients: unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]interface {}"},
		"no YAML":       {"clients: [\n", "smartlake.yaml: must be an object of configuration keys in YAML, such as clients: line 1: did not find expected node content"},
		"a key twice":   {oneClient + oneClient, "smartlake.yaml: must be an object of configuration keys in YAML, such as clients: unmarshal errors:\n  line 2: mapping key \"clients\" already defined at line 1"},
		"a project's":   {oneClient + "smartlake:protect: false\n", "smartlake.yaml: smartlake:protect: must be without the project's name: protect"},
		"a stack's":     {"config:\n  clients: []\n", "smartlake.yaml: config: no such key; docs/reference/configuration.md lists the keys"},
		"no clients":    {"frontDoor: {}\n", `smartlake.yaml: clients: missing; list the clients of your app, as "smartlake local init" does in an empty folder`},
		"its clients":   {"client: []\n", "smartlake.yaml: client: no such key; did you mean clients?"},
		"a password":    {oneClient + "testUsers: [{username: ann, email: ann@example.org, password: abc}]\n", "smartlake.yaml: testUsers[0].password: must not be in plain text; leave testUsers out of the file, and give it with --config testUsers=…"},
		"misspelt":      {oneClient + "frontDor: {}\n", "smartlake.yaml: frontDor: no such key; did you mean frontDoor?"},
		"in a client":   {"clients: [{name: etl, kind: service, scops: [system/*.rs]}]\n", "smartlake.yaml: clients[0] \"etl\": scops: no such member; did you mean scopes?"},
		"two of them":   {oneClient + "protct: true\nalarm: {}\n", "smartlake.yaml: alarm: no such key; did you mean alarms?\nsmartlake.yaml: protct: no such key; did you mean protect?"},
		"no value":      {oneClient + "frontDoor:\n", "smartlake.yaml: frontDoor: no value; write {} for the default of each member, or leave the line out"},
		"no boolean":    {oneClient + "protect: maybe\n", `smartlake.yaml: protect: "maybe": must be true or false`},
		"an encryption": {oneClient + "testUsers: [{username: ann, password: {secure: v1:abc}}]\n", "smartlake.yaml: testUsers: encrypted, and there is no key to it here: give a made-up value of the same form with --config testUsers=…"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := declared.LoadStack(writeFile(t, t.TempDir(), "smartlake.yaml", c.content), "dev", nil)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAFileHasOneStack(t *testing.T) {
	dir := writeFile(t, t.TempDir(), "smartlake.yaml", oneClient)
	_, err := declared.LoadStack(dir, "prod", nil)
	if want := `--stack: "prod": ` + filepath.Join(dir, "smartlake.yaml") + " has one stack, dev; leave --stack out"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestTheNearestOfAProjectAndAFileCounts(t *testing.T) {
	project := writeStack(t, "  smartlake:name: project")
	app := writeFile(t, filepath.Join(project, "app"), "smartlake.yaml", oneClient)
	stack, err := declared.LoadStack(app, "dev", nil)
	if err != nil || stack.Dir != app {
		t.Errorf("a file below a project: got %s, %v", stack.Dir, err)
	}
	above := writeFile(t, t.TempDir(), "smartlake.yaml", oneClient)
	below := filepath.Join(above, "project")
	for _, name := range []string{"Pulumi.yaml", "Pulumi.dev.yaml"} {
		content, err := os.ReadFile(filepath.Join(project, name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, below, name, string(content))
	}
	stack, err = declared.LoadStack(below, "dev", nil)
	if err != nil || stack.Dir != below || stack.Config["smartlake:name"] != "project" {
		t.Errorf("a project below a file: got %+v, %v", stack, err)
	}
	writeFile(t, below, "smartlake.yaml", oneClient)
	_, err = declared.LoadStack(below, "dev", nil)
	if want := filepath.Join(below, "smartlake.yaml") + " and Pulumi.yaml: which of them is meant is not clear; move one to a folder of its own"; err == nil || err.Error() != want {
		t.Errorf("both: got  %v\nwant %s", err, want)
	}
}

func TestABinaryCarriesTheProjectOfThisRepository(t *testing.T) {
	carried, err := os.ReadFile("project.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pulumi, err := os.ReadFile("../../Pulumi.yaml")
	if err != nil || !bytes.Equal(carried, pulumi) {
		t.Errorf("project.yaml is another than Pulumi.yaml (%v): go run ./internal/reference/generate", err)
	}
}
