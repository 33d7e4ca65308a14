package declared_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
)

// writeStack writes a small project with a stack "dev", whose file has these lines
// besides a region, and returns its folder.
func writeStack(t *testing.T, lines ...string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"Pulumi.yaml": "name: smartlake\nruntime: go\nconfig:\n" +
			"  protect: {type: boolean, default: true}\n  tags: {type: object}\n  days: {type: integer}\n  name: {type: string}\n" +
			"  testUsers: {type: array, items: {type: object}}\n",
		"Pulumi.dev.yaml": "config:\n  aws:region: us-east-1\n" + strings.Join(lines, "\n") + "\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAStackIsReadAsPulumiReadsIt(t *testing.T) {
	overrides := map[string]string{"days": "7", "smartlake:name": "true", "other:key": "anything"}
	stack, err := declared.LoadStack(writeStack(t, "  smartlake:tags: {a: b}", "  smartlake:days: 3"), "dev", overrides)
	want := map[string]string{
		"aws:region": "us-east-1", "other:key": "anything",
		"smartlake:protect": "true", "smartlake:tags": `{"a":"b"}`, "smartlake:days": "7", "smartlake:name": "true",
	}
	if err != nil || !maps.Equal(stack.Config, want) || len(stack.SecretKeys) > 0 {
		t.Errorf("got %v, %v; want %v without secrets", stack, err, want)
	}
}

func TestAnOverrideOfASecretStaysSecret(t *testing.T) {
	dir := writeStack(t, "  smartlake:tags:\n    secure: v1:abc")
	stack, err := declared.LoadStack(dir, "dev", map[string]string{"tags": "{}", "testUsers": "[]", "protect": "false"})
	if err != nil || stack.Config["smartlake:tags"] != "{}" {
		t.Errorf("got %v, %v", stack, err)
	}
	if want := []string{"smartlake:tags", "smartlake:testUsers"}; !slices.Equal(stack.SecretKeys, want) {
		t.Errorf("secret are %v, want %v", stack.SecretKeys, want)
	}
}

func TestASecretMemberIsMadeUpWhereNothingRunsAndOtherwiseAnError(t *testing.T) {
	dir := writeStack(t, "  smartlake:testUsers:\n    - username: ann\n      password:\n        secure: v1:abc")
	stack, err := declared.LoadStackWithoutSecrets(dir, "dev", nil)
	if want := `[{"password":"made-up-secret","username":"ann"}]`; err != nil || stack.Config["smartlake:testUsers"] != want {
		t.Errorf("got %v, %v; want %s", stack.Config, err, want)
	}
	if want := []string{"smartlake:testUsers"}; !slices.Equal(stack.SecretKeys, want) {
		t.Errorf("secret are %v, want %v", stack.SecretKeys, want)
	}
	const want = "Pulumi.dev.yaml: smartlake:testUsers: encrypted, and there is no key to it here: "
	if _, err := declared.LoadStack(dir, "dev", nil); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("a stack to run: got %v", err)
	}
	whole := writeStack(t, "  smartlake:testUsers:\n    secure: v1:abc")
	if _, err := declared.LoadStackWithoutSecrets(whole, "dev", nil); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("encrypted as a whole: got %v", err)
	}
}

func TestAnOverrideOfAMemberLeavesTheOthers(t *testing.T) {
	dir := writeStack(t, "  smartlake:tags: {a: b, c: d}", "  smartlake:testUsers: [{username: ann, patient: p1}]")
	stack, err := declared.LoadStack(dir, "dev", map[string]string{
		"tags.a": "7", "smartlake:tags.e": "f", "testUsers[0].username": "bob", "testUsers[1].username": "eve",
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"smartlake:tags":      `{"a":7,"c":"d","e":"f"}`, // as "pulumi config set --path" makes a number of it
		"smartlake:testUsers": `[{"patient":"p1","username":"bob"},{"username":"eve"}]`,
	} {
		if stack.Config[key] != want {
			t.Errorf("%s: got %s, want %s", key, stack.Config[key], want)
		}
	}
	if !slices.Equal(stack.SecretKeys, []string{"smartlake:testUsers"}) {
		t.Errorf("secret are %v, want testUsers once", stack.SecretKeys)
	}
}

func TestAStackWithAWrongValueIsRefusedNamingIt(t *testing.T) {
	for _, c := range []struct {
		name, line string
		overrides  map[string]string
		want       string
	}{
		{"no boolean", "  smartlake:protect: maybe", nil, `Pulumi.dev.yaml: smartlake:protect: "maybe": must be true or false`},
		{"a list for a map", "  smartlake:tags: [a]", nil, `Pulumi.dev.yaml: smartlake:tags: "[\"a\"]": must be an object`},
		{"test users, whose passwords stay untold", "  smartlake:testUsers: [hunter2]", nil, "Pulumi.dev.yaml: smartlake:testUsers: must be a list of objects"},
		{
			"an encrypted value", "  smartlake:tags:\n    secure: v1:abc", nil,
			"Pulumi.dev.yaml: smartlake:tags: encrypted, and there is no key to it here: give a made-up value of the same form with --config tags=…",
		},
		{"two wrong values", "  smartlake:protect: 1\n  smartlake:days: x", nil, `Pulumi.dev.yaml: smartlake:days: "x": must be a whole number` + "\n" + `Pulumi.dev.yaml: smartlake:protect: "1": must be true or false`},
		{"an override that is no boolean", "", map[string]string{"protect": "maybe"}, `--config: smartlake:protect: "maybe": must be true or false`},
		{"an override that is no integer", "", map[string]string{"days": "1.5"}, `--config: smartlake:days: "1.5": must be a whole number`},
		{"an override that is no JSON", "", map[string]string{"tags": "{"}, `--config: smartlake:tags: "{": must be an object as JSON`},
		{"an override of another shape", "", map[string]string{"tags": "[]"}, `--config: smartlake:tags: "[]": must be an object`},
		{"an override of test users", "", map[string]string{"testUsers": `["hunter2"]`}, "--config: smartlake:testUsers: must be a list of objects"},
		{"a member of what is no object", "", map[string]string{"tags": "[]", "tags.team": "x"}, "--config: smartlake:tags: \"[]\": must be an object\n--config: smartlake:tags.team: smartlake:tags.team: tags.team: key for an array must be an int"},
		{"an override given twice", "", map[string]string{"name": "x", "smartlake:name": "y"}, "--config: smartlake:name: given twice, with and without the project's name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := declared.LoadStack(writeStack(t, c.line), "dev", c.overrides); err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAMissingProjectOrStackIsNamed(t *testing.T) {
	empty := t.TempDir()
	_, err := declared.LoadStack(empty, "dev", nil)
	if want := "no Pulumi.yaml and no smartlake.yaml in " + empty + " or above it: write a smartlake.yaml with \"smartlake local init\", " +
		"run this in a checkout, or name its folder with --dir"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	missing := filepath.Join(empty, "missing")
	_, err = declared.LoadStack(missing, "dev", nil)
	if want := missing + ": no such folder"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	dir := writeStack(t)
	_, err = declared.LoadStack(dir, "none", nil)
	want := filepath.Join(dir, "Pulumi.none.yaml") + `: missing or without configuration; must have the configuration of stack "none", at least aws:region; --stack names another one`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
