package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

// threeClients is a project with a client of each kind.
func threeClients(t *testing.T) (dir string) {
	t.Helper()
	t.Setenv(state.EnvFolder, filepath.Join(t.TempDir(), "it's state"))
	dir = t.TempDir()
	const file = `clients:
  - {name: app, kind: public, scopes: [launch/patient, patient/*.rs, openid], callbackUrls: ["http://localhost:3000/callback", "http://localhost:3000/other"]}
  - {name: portal, kind: confidential, scopes: [patient/*.rs], callbackUrls: ["http://localhost:4000/"]}
  - {name: etl, kind: service, scopes: ["system/Observation.rs?category=laboratory", "system/Patient.rs"]}
`
	if err := os.WriteFile(filepath.Join(dir, "smartlake.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// envOf are the variables of a client.
func envOf(t *testing.T, args ...string) map[string]string {
	t.Helper()
	out, _, err := execute(t, append([]string{"local", "env", "--format", "json"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	var variables map[string]string
	if err := json.Unmarshal([]byte(out), &variables); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return variables
}

// tokenStatus asks for a token as an app does that knows nothing but its variables.
func tokenStatus(t *testing.T, env map[string]string) int {
	t.Helper()
	text, err := os.ReadFile(env["NODE_EXTRA_CA_CERTS"])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatalf("no certificate: %s", text)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {env["SCOPE"]}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, env["TOKEN_ENDPOINT"], strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(env["CLIENT_ID"], env["CLIENT_SECRET"])
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func TestEnvPrintsWhatTheAppBehindAClientNeedsAndARestartLeavesItRight(t *testing.T) {
	dir := threeClients(t)
	names := map[string][]string{
		"app":    {"AUTHORIZATION_ENDPOINT", "CLIENT_ID", "FHIR_BASE_URL", "ISSUER", "NODE_EXTRA_CA_CERTS", "REDIRECT_URI", "SCOPE", "TOKEN_ENDPOINT"},
		"portal": {"AUTHORIZATION_ENDPOINT", "CLIENT_ID", "CLIENT_SECRET", "FHIR_BASE_URL", "ISSUER", "NODE_EXTRA_CA_CERTS", "REDIRECT_URI", "SCOPE", "TOKEN_ENDPOINT"},
		"etl":    {"CLIENT_ID", "CLIENT_SECRET", "FHIR_BASE_URL", "ISSUER", "NODE_EXTRA_CA_CERTS", "SCOPE", "TOKEN_ENDPOINT"},
	}
	stored := map[string]map[string]string{}
	whileLocalRuns(t, dir, func(ready readyEvent) {
		for client, want := range names {
			env := envOf(t, "--client", client, "--dir", dir)
			if got := slices.Sorted(maps.Keys(env)); !slices.Equal(got, want) {
				t.Errorf("%s: got %v", client, got)
			}
			if env["FHIR_BASE_URL"] != ready.FHIRBaseURL || env["TOKEN_ENDPOINT"] != ready.TokenEndpoint || env["ISSUER"] != ready.Issuer || env["NODE_EXTRA_CA_CERTS"] != ready.Certificate {
				t.Errorf("%s: got %v beside %+v", client, env, ready)
			}
			if from := envOf(t, "--client", client, "--local", ready.Dir); !maps.Equal(from, env) {
				t.Errorf("%s: with --local %v", client, from)
			}
			stored[client] = env
		}
		app := stored["app"]
		if app["AUTHORIZATION_ENDPOINT"] != ready.FrontDoor+"/oauth2/authorize" || app["REDIRECT_URI"] != "http://localhost:3000/callback" || app["SCOPE"] != "launch/patient patient/*.rs openid" {
			t.Errorf("app: %v", app)
		}
		readersOfEnv(t, dir, stored["etl"])
		if out, _, err := execute(t, "__complete", "local", "env", "--dir", dir, "--client", ""); err != nil || out != "app\nportal\netl\n:4\n" && out != "app\netl\nportal\n:4\n" {
			t.Errorf("completed %q, %v", out, err)
		}
		refusesClients(t, dir)
	})
	whileLocalRuns(t, dir, func(readyEvent) {
		for client := range names {
			if again := envOf(t, "--client", client, "--dir", dir); !maps.Equal(again, stored[client]) {
				t.Errorf("%s: after a restart %v, before %v", client, again, stored[client])
			}
		}
		if status := tokenStatus(t, stored["etl"]); status != http.StatusOK {
			t.Errorf("the stored configuration gets status %d", status)
		}
		wrong := maps.Clone(stored["etl"])
		wrong["CLIENT_SECRET"] = stored["portal"]["CLIENT_SECRET"]
		if status := tokenStatus(t, wrong); status != http.StatusUnauthorized && status != http.StatusBadRequest {
			t.Errorf("another client's secret gets status %d", status)
		}
	})
}

// readersOfEnv has a shell and Node.js read what the command prints for them.
func readersOfEnv(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	print := func(format string) string {
		out, _, err := execute(t, "local", "env", "--client", "etl", "--dir", dir, "--format", format)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	var script strings.Builder
	script.WriteString(print("shell"))
	for _, name := range slices.Sorted(maps.Keys(want)) {
		script.WriteString("printf '%s\\n' \"$" + name + "\"\n")
	}
	var values strings.Builder
	for _, name := range slices.Sorted(maps.Keys(want)) {
		values.WriteString(want[name] + "\n")
	}
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-ec", script.String()).CombinedOutput()
	if err != nil || string(out) != values.String() {
		t.Errorf("a shell reads %s, %v", out, err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Log("no node to read the .env file with")
		return
	}
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, []byte(print("dotenv")), 0o600); err != nil {
		t.Fatal(err)
	}
	const program = `for (const name of Object.keys(JSON.parse(process.argv[1])).sort()) console.log(process.env[name])`
	names, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), node, "--env-file="+file, "-e", program, string(names))
	command.Env = []string{"PATH=" + os.Getenv("PATH")}
	if out, err := command.CombinedOutput(); err != nil || string(out) != values.String() {
		t.Errorf("Node.js reads %s, %v; want %s", out, err, values.String())
	}
}

func refusesClients(t *testing.T, dir string) {
	t.Helper()
	for want, args := range map[string][]string{
		`--client: "ap": must be one of app, etl, portal`:      {"--client", "ap"},
		`--client: missing: must be one of app, etl, portal`:   nil,
		`--format: "yaml": must be one of dotenv, json, shell`: {"--client", "app", "--format", "yaml"},
		`--stack: "prod": `: {"--client", "app", "--stack", "prod"},
	} {
		out, _, err := execute(t, append([]string{"local", "env", "--dir", dir}, args...)...)
		if err == nil || !strings.HasPrefix(err.Error(), want) || statusOf(err) != statusCannotRun || out != "" {
			t.Errorf("%v: got %v and %q", args, err, out)
		}
	}
}

func TestEnvSaysHowToStartWhatDoesNotRun(t *testing.T) {
	dir := threeClients(t)
	want := `no local cloud of stack "dev" in ` + dir + ` runs: start it with "smartlake local -C ` + dir + `", or name the folder that it printed with --local`
	refused := func(when string) {
		t.Helper()
		_, _, err := execute(t, "local", "env", "--client", "app", "--dir", dir)
		if err == nil || err.Error() != want || statusOf(err) != statusCannotRun {
			t.Errorf("%s: got %v", when, err)
		}
	}
	refused("before the first run")
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = execute(t, "local", "env", "--client", "app", "--dir", "../..", "--stack", "prod")
	if err == nil || !strings.HasPrefix(err.Error(), `no local cloud of stack "prod" in `+root+` runs: start it with "smartlake local -C `+root+` --stack prod", `) {
		t.Errorf("got %v", err)
	}
	var run string
	whileLocalRuns(t, dir, func(ready readyEvent) { run = ready.Dir })
	refused("after the end")
	for want, args := range map[string][]string{
		`--local: open ` + run + `/outputs.json: no such file or directory: is "smartlake local" running? It prints the folder`: {"--local", run},
		`no Pulumi.yaml and no smartlake.yaml in `:                                                              {"--dir", t.TempDir()},
		`if any flags in the group [local dir] are set none of the others can be; [dir local] were all set`:     {"--local", run, "--dir", dir},
		`if any flags in the group [local stack] are set none of the others can be; [local stack] were all set`: {"--local", run, "--stack", "dev"},
	} {
		_, _, err := execute(t, append([]string{"local", "env", "--client", "app"}, args...)...)
		if err == nil || !strings.HasPrefix(err.Error(), want) || statusOf(err) != statusCannotRun {
			t.Errorf("%v: got %v", args, err)
		}
	}
	if err := os.Chmod(os.Getenv(state.EnvFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	_, _, err = execute(t, "local", "env", "--client", "app", "--dir", dir)
	if err == nil || !strings.Contains(err.Error(), "mode 0755: other users can use it") || statusOf(err) != statusCannotRun {
		t.Errorf("got %v", err)
	}
}

func TestEnvFilesQuoteOnlyAsAllTheirReadersUnderstand(t *testing.T) {
	for value, want := range map[string]string{
		"https://127.0.0.1:20000/r4": "https://127.0.0.1:20000/r4",
		"patient/*.rs openid":        "'patient/*.rs openid'",
		"a#b":                        "'a#b'",
		"$HOME":                      "'$HOME'",
		`a\nb`:                       `'a\nb'`,
		`a"b`:                        `'a"b'`,
		"/home/it's/ca.pem":          `"/home/it's/ca.pem"`,
		"https://app/cb?a=1&b=2":     "'https://app/cb?a=1&b=2'", // a shell would run b=2 on its own
	} {
		if got, err := asDotenv([]variable{{"A", value}}); err != nil || got != "A="+want+"\n" {
			t.Errorf("%q: got %q, %v", value, got, err)
		}
	}
	for _, value := range []string{"a\nb", "a\rb", `it's "it"`, "it's $HOME", `it's \n`, "it's `it`"} {
		const want = "--format: dotenv: the value of A has characters that .env files cannot hold: use json or shell"
		if got, err := asDotenv([]variable{{"A", value}}); err == nil || err.Error() != want || got != "" {
			t.Errorf("%q: got %q, %v", value, got, err)
		}
	}
}
