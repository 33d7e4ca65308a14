package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// TestTokenPrintsWhatAnAppGets signs in, and reads with what is printed.
func TestTokenPrintsWhatAnAppGets(t *testing.T) {
	cloud := runningStack(t, local.Options{}, "clients="+portal)
	if err := writeSecrets(cloud); err != nil {
		t.Fatal(err)
	}
	get := func(input string, args ...string) (map[string]string, error) {
		out, _, err := executeWith(t, strings.NewReader(input), append([]string{"local", "token", "--format", "json", "--local", cloud.Dir}, args...)...)
		var variables map[string]string
		if err == nil {
			err = json.Unmarshal([]byte(out), &variables)
		}
		return variables, err
	}
	person := newPerson(t, cloud, "portal")
	reads := func(variables map[string]string) int {
		return person.reads("patient-001", map[string]any{"access_token": variables["ACCESS_TOKEN"]})
	}
	names := func(variables map[string]string) []string {
		var all []string
		for name := range variables {
			all = append(all, name)
		}
		slices.Sort(all)
		return all
	}
	service, err := get("", "--client", "etl")
	if err != nil || !slices.Equal(names(service), []string{"ACCESS_TOKEN"}) || reads(service) != http.StatusOK {
		t.Errorf("a service: got %v, %v", names(service), err)
	}
	const secret = "Noras-own-secret-1"
	c := &clinic{t: t, dir: cloud.Dir}
	if out, notes, err := c.run(secret, "create", "nora", "--email", "nora@example.org", "--patient", "patient-001", "--group", "patients", "--password-stdin"); err != nil {
		t.Fatalf("%s%s%v", out, notes, err)
	}
	user, err := get(secret+"\n", "--client", "portal", "--user", "nora", "--password-stdin")
	if err != nil || !slices.Equal(names(user), []string{"ACCESS_TOKEN", "ID_TOKEN", "REFRESH_TOKEN"}) || reads(user) != http.StatusOK {
		t.Fatalf("a user: got %v, %v", names(user), err)
	}
	if status, _ := person.refresh(map[string]any{"refresh_token": user["REFRESH_TOKEN"]}); status != http.StatusOK {
		t.Errorf("a refresh: got %d", status)
	}
	for want, c := range map[string]struct {
		input  string
		status int
		args   []string
	}{
		"user nora was not sent back to client portal: the hosted page has status 400: Incorrect username or password.": {"wrong\n", statusFailed, []string{"--client", "portal", "--user", "nora", "--password-stdin"}},
		`--user: "nora": the password is known of `:                               {"", statusCannotRun, []string{"--client", "portal", "--user", "nora"}},
		"--user: missing; set it to the user whose password is on standard input": {"x\n", statusCannotRun, []string{"--client", "portal", "--password-stdin"}},
		"--user: client etl is a service":                                         {"", statusCannotRun, []string{"--client", "etl", "--user", "nora"}},
		"the password on standard input: must be one line":                        {"", statusCannotRun, []string{"--client", "portal", "--user", "nora", "--password-stdin"}},
		`--client: "none": must be one of etl, portal`:                            {"", statusCannotRun, []string{"--client", "none"}},
		`--format: "xml": must be one of`:                                         {"", statusCannotRun, []string{"--client", "etl", "--format", "xml"}},
	} {
		if _, err := get(c.input, c.args...); err == nil || !strings.Contains(err.Error(), want) || statusOf(err) != c.status || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: got %v with status %d, want %q with %d", c.args, err, statusOf(err), want, c.status)
		}
	}
}

// TestAMadeUpUserSignsInWithoutAPassword whom the local cloud knows.
func TestAMadeUpUserSignsInWithoutAPassword(t *testing.T) {
	cloud := runningStack(t, local.Options{})
	if len(cloud.Users) == 0 {
		t.Fatal("there are no made-up users")
	}
	for _, args := range [][]string{{"--client", "app"}, {"--client", "app", "--user", cloud.Users[0].Name}} {
		out, _, err := execute(t, append([]string{"local", "token", "--local", cloud.Dir}, args...)...)
		if err != nil || !strings.HasPrefix(out, "ACCESS_TOKEN=") {
			t.Errorf("%q: got %v", args, err)
		}
	}
}

// TestAProjectsFolderStandsForItsLocalCloud in every command that takes --local.
func TestAProjectsFolderStandsForItsLocalCloud(t *testing.T) {
	dir := threeClients(t)
	below := filepath.Join(dir, "app")
	if err := os.Mkdir(below, 0o700); err != nil {
		t.Fatal(err)
	}
	const want = "--local: no local cloud of stack \"dev\" in "
	for _, command := range [][]string{{"users", "list"}, {"smoke"}, {"requests"}, {"local", "env", "--client", "app"}} {
		if _, _, err := execute(t, append(command, "--local", dir)...); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", command, err, want)
		}
	}
	folder, err := state.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = folder.Close() }()
	kept, err := folder.Cloud(dir, "dev")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kept.Close() }()
	run, err := kept.StartRun()
	if err != nil {
		t.Fatal(err)
	}
	for _, named := range []string{dir, below, run} {
		if got, err := runFolder(named); err != nil || got != run {
			t.Errorf("%s: got %s and %v, want %s", named, got, err, run)
		}
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "smartlake.yaml"), []byte("clients: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := runFolder(broken); err == nil || !strings.HasPrefix(err.Error(), "--local: ") || !strings.Contains(err.Error(), "smartlake.yaml") {
		t.Errorf("a project that cannot be read: got %v", err)
	}
	if got, err := runFolder(t.TempDir()); err != nil || strings.HasPrefix(got, run) {
		t.Errorf("a folder without either: got %s and %v", got, err)
	}
}
