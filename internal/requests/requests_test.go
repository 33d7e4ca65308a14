package requests_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/outputs"
	"github.com/smartlake/pulumi-smartlake/internal/requests"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/hosted"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fixed are outputs with every kind of client, names that would collide as variables,
// and secrets that must not show.
func fixed() outputs.Outputs {
	return outputs.Outputs{
		DatastoreEndpoint:     "https://healthlake.us-east-1.amazonaws.com/datastore/a22c/r4/",
		TokenEndpoint:         "https://example.auth.us-east-1.amazoncognito.com/oauth2/token",
		AuthorizationEndpoint: "https://example.auth.us-east-1.amazoncognito.com/oauth2/authorize",
		Clients: map[string]outputs.Client{
			"etl":      {Kind: outputs.Service, Scopes: []string{"system/*.*"}},
			"ETL":      {Kind: outputs.Service, Scopes: []string{"system/Observation.rs", "system/Condition.rs?category=problem"}},
			"2nd":      {Kind: outputs.Service, Scopes: []string{"system/Patient.c"}},
			"lab-feed": {Kind: outputs.Service, Scopes: []string{"system/Observation.cu"}},
			"portal":   {Kind: outputs.Confidential, Scopes: []string{"openid", "patient/*.rs"}, CallbackURLs: []string{"https://portal.example.org/callback"}},
			"app":      {Kind: outputs.Public, Scopes: []string{"openid", "launch/patient", "patient/*.rs"}, CallbackURLs: []string{"http://localhost:3000/callback"}},
		},
		ClientIDs:     map[string]string{"etl": "1etl", "ETL": "2etl", "lab-feed": "3lab", "2nd": "6nd", "portal": "4portal", "app": "5app"},
		ClientSecrets: map[string]string{"etl": "hunter2-etl", "ETL": "hunter2-ETL", "lab-feed": "hunter2-lab", "portal": "hunter2-portal"},
	}
}

// aFolder of a local cloud has a name that a shell would take apart.
const aFolder = "/home/ann o'hara/$(run)"

func write(t *testing.T, format string, stack outputs.Outputs) string {
	t.Helper()
	return writeIn(t, format, stack, "")
}

func writeIn(t *testing.T, format string, stack outputs.Outputs, folder string) string {
	t.Helper()
	var text bytes.Buffer
	if err := requests.Write(&text, format, stack, folder); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestTheFilesAreTheseAndHoldNoSecret(t *testing.T) {
	for name, c := range map[string]struct{ format, folder string }{
		"stack.http": {requests.HTTP, ""}, "stack.postman.json": {requests.Postman, ""}, "stack.sh": {requests.Curl, ""},
		"local.http": {requests.HTTP, aFolder}, "local.postman.json": {requests.Postman, aFolder}, "local.sh": {requests.Curl, aFolder},
	} {
		format, golden := c.format, filepath.Join("testdata", name)
		got := writeIn(t, format, fixed(), c.folder)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v; it is not what is written now:\n%s", golden, err, got)
		}
		if strings.Contains(got, "hunter2") || strings.Contains(got, "eyJ") {
			t.Errorf("%s holds a secret", format)
		}
		for client, id := range fixed().ClientIDs {
			if !strings.Contains(got, id) {
				t.Errorf("%s lacks client %s", format, client)
			}
		}
	}
	if len(requests.Formats) != 3 {
		t.Errorf("there are the formats %v", requests.Formats)
	}
}

// A front door serves both documents to everybody, and no request goes past it.
func TestTheRequestsOfAStackWithAFrontDoorGoThroughItUnsigned(t *testing.T) {
	stack := fixed()
	stack.FHIRBaseURL = "https://fhir.example.org/r4"
	for _, format := range requests.Formats {
		got := write(t, format, stack)
		if strings.Contains(got, "healthlake") || strings.Contains(strings.ToUpper(got), "AWS") {
			t.Errorf("%s: it signs, or names HealthLake:\n%s", format, got)
		}
		for _, want := range []string{"https://fhir.example.org/r4/", ".well-known/smart-configuration", "metadata"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %s", format, want)
			}
		}
	}
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	for _, c := range []struct {
		change func(*outputs.Outputs)
		format string
		want   string
	}{
		{func(*outputs.Outputs) {}, "har", `format "har": must be one of http, postman, curl`},
		{func(o *outputs.Outputs) { o.TokenEndpoint = "" }, requests.HTTP, `tokenEndpoint: "": must be an absolute https URL without user, query or fragment`},
		{func(o *outputs.Outputs) { o.DatastoreEndpoint = "https://x/';reboot;'/" }, requests.Curl, "datastoreEndpoint: \"https://x/';reboot;'/\": must be a URL without quotes, braces, dollars, backslashes and spaces"},
		{func(o *outputs.Outputs) { o.FHIRBaseURL = "https://x/$(reboot)" }, requests.Curl, `fhirBaseUrl: "https://x/$(reboot)/": must be a URL without quotes, braces, dollars, backslashes and spaces`},
		{func(o *outputs.Outputs) { o.AuthorizationEndpoint = "https://x/\nreboot" }, requests.Curl, `authorizationEndpoint: "https://x/\nreboot": must be a URL without white space`},
		{func(o *outputs.Outputs) {
			o.Clients["app"] = outputs.Client{Kind: outputs.Public, CallbackURLs: []string{"https://x/\nreboot"}}
		}, requests.Curl, `client "app": "https://x/\nreboot": must be a scope or callback URL without white space`},
		{func(o *outputs.Outputs) { o.ClientIDs["etl"] = "1'" }, requests.Curl, `client "etl" with id "1'": must be letters, digits, - and _`},
	} {
		stack := fixed()
		c.change(&stack)
		var text bytes.Buffer
		if err := requests.Write(&text, c.format, stack, ""); err == nil || err.Error() != c.want || text.Len() > 0 {
			t.Errorf("got  %v and %d bytes\nwant %s", err, text.Len(), c.want)
		}
	}
}

// TestThePostmanCollectionHasTheShapeOfFormat21 holds it against what the schema of the
// format requires: https://schema.getpostman.com/json/collection/v2.1.0/collection.json
func TestThePostmanCollectionHasTheShapeOfFormat21(t *testing.T) {
	text := write(t, requests.Postman, fixed())
	var collection struct {
		Info     struct{ Name, Schema string }       `json:"info"`
		Item     []json.RawMessage                   `json:"item"`
		Variable []struct{ Key, Value, Type string } `json:"variable"`
	}
	if err := json.Unmarshal([]byte(text), &collection); err != nil {
		t.Fatal(err)
	}
	if collection.Info.Name == "" || collection.Info.Schema != "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" || len(collection.Item) == 0 {
		t.Errorf("info %+v, %d items", collection.Info, len(collection.Item))
	}
	known := map[string]bool{"$guid": true}
	for _, variable := range collection.Variable {
		if known[variable.Key] {
			t.Errorf("variable %s stands twice", variable.Key)
		}
		known[variable.Key] = true
		if !slices.Contains([]string{"string", "secret"}, variable.Type) || variable.Type == "secret" && variable.Value != "" {
			t.Errorf("variable %+v: must be a string, or a secret without value", variable)
		}
	}
	for _, set := range regexp.MustCompile(`collectionVariables\.set\(\\"(\w+)\\"`).FindAllStringSubmatch(text, -1) {
		known[set[1]] = true
	}
	for _, used := range regexp.MustCompile(`\{\{([^}]+)\}\}`).FindAllStringSubmatch(text, -1) {
		if !known[used[1]] {
			t.Errorf("nothing sets the variable %s", used[1])
		}
	}
	for _, item := range collection.Item {
		checkItem(t, item)
	}
}

func checkItem(t *testing.T, text json.RawMessage) {
	t.Helper()
	var item struct {
		Name    string
		Item    []json.RawMessage
		Request *struct {
			Method, URL string
			Auth        map[string]json.RawMessage
			Header      []struct{ Key, Value string }
			Body        map[string]json.RawMessage
		}
		Event []struct {
			Listen string
			Script struct {
				Type string
				Exec []string
			}
		}
	}
	if err := json.Unmarshal(text, &item); err != nil {
		t.Fatal(err)
	}
	if item.Name == "" || (item.Request == nil) == (len(item.Item) == 0) {
		t.Errorf("want a name and either a request or items: %s", text)
	}
	for _, event := range item.Event {
		if event.Listen != "test" && event.Listen != "prerequest" || event.Script.Type != "text/javascript" || len(event.Script.Exec) == 0 {
			t.Errorf("%s: event %+v", item.Name, event)
		}
	}
	for _, nested := range item.Item {
		checkItem(t, nested)
	}
	if item.Request == nil {
		return
	}
	if !slices.Contains([]string{"GET", "POST"}, item.Request.Method) || !strings.HasPrefix(item.Request.URL, "{{") || item.Request.Header == nil {
		t.Errorf("%s: request %+v", item.Name, item.Request)
	}
	for _, one := range []struct {
		part map[string]json.RawMessage
		by   string
		of   []string
	}{
		{item.Request.Auth, "type", []string{"basic", "bearer", "oauth2", "awsv4"}},
		{item.Request.Body, "mode", []string{"raw", "urlencoded"}},
	} {
		if one.part == nil {
			continue
		}
		var kind string
		if err := json.Unmarshal(one.part[one.by], &kind); err != nil || !slices.Contains(one.of, kind) || len(one.part) != 2 || one.part[kind] == nil {
			t.Errorf("%s: want a %s of %v and its part, got %s", item.Name, one.by, one.of, one.part)
		}
	}
}

// script writes the curl script of a cloud, which names the folder; empty for none.
func script(t *testing.T, cloud *local.Cloud, folder string) (path string, stack outputs.Outputs) {
	t.Helper()
	for _, name := range []string{"bash", "curl", "openssl"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("there is no " + name)
		}
	}
	data, err := os.ReadFile(cloud.OutputsFile)
	if err != nil {
		t.Fatal(err)
	}
	if stack, err = outputs.Parse(data); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := requests.Write(&text, requests.Curl, stack, folder); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "requests.sh")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "bash", "-n", path).CombinedOutput(); err != nil {
		t.Fatalf("bash -n: %v: %s", err, out)
	}
	return path, stack
}

// ran runs a script with nothing in the environment but what is given.
func ran(t *testing.T, script string, environment ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", script)
	command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environment...)
	out, err := command.CombinedOutput()
	return string(out), err
}

// writeSecrets writes the files that "smartlake local" has the folder of a cloud hold.
func writeSecrets(t *testing.T, cloud *local.Cloud, stack outputs.Outputs) {
	t.Helper()
	credentials, err := local.ReadCredentials(cloud.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := requests.WriteSecrets(cloud.Dir, stack, map[string]string{
		"AWS_ACCESS_KEY_ID": credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY": credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN": credentials.SessionToken, "AWS_REGION": credentials.Region,
	}); err != nil {
		t.Fatal(err)
	}
}

// A script of a local cloud needs nothing in the environment, and takes nothing from there:
// secrets of a stack on AWS do not go to it.
func TestTheScriptOfALocalCloudRunsAsItIs(t *testing.T) {
	for what, door := range map[string]string{"with a front door": "{}", "without": "none"} {
		t.Run(what, func(t *testing.T) {
			cloud := localtest.Start(t, "dev", map[string]string{"frontDoor": door}, nil)
			script, stack := script(t, cloud, cloud.Dir)
			if out, err := ran(t, script); err == nil || out != cloud.Dir+"/requests.env: missing; is \"smartlake local\" running?\n" {
				t.Errorf("without the file of secrets: %v: %s", err, out)
			}
			writeSecrets(t, cloud, stack)
			etl, _ := cloud.Service()
			out, err := ran(t, script, "SMARTLAKE_WRITE=1", "SMARTLAKE_CLIENT_SECRET_ETL=of-aws", "AWS_ACCESS_KEY_ID=of-aws", "AWS_SECRET_ACCESS_KEY=of-aws", "AWS_SESSION_TOKEN=of-aws", "AWS_REGION=of-aws")
			if err != nil {
				t.Fatalf("%v:\n%s", err, out)
			}
			for _, want := range []string{
				"== Discovery document\n{\"authorization_endpoint\"", "== Token of etl\na token of ", `"resourceType":"CapabilityStatement"`,
				`"resourceType":"Bundle"`, "== Read as etl what the search found\n{", "== Create as etl\n{", "== Refused: what is no token\nrefused with 401, as it must be",
			} {
				if !strings.Contains(out, want) {
					t.Errorf("the script does not say %q:\n%s", want, out)
				}
			}
			text, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{etl.Secret, "eyJ", "of-aws"} {
				if strings.Contains(out+string(text), secret) {
					t.Errorf("the script holds or tells %q", secret)
				}
			}
		})
	}
}

func TestTheFilesOfSecretsAreForThisUserOnly(t *testing.T) {
	folder, stack := t.TempDir(), fixed()
	for _, client := range []string{"2nd", "app"} {
		stack.ClientSecrets[client] = "hunter2-" + client
	}
	aws := map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key+/=", "AWS_SESSION_TOKEN": "token", "AWS_REGION": "us-east-1"}
	if err := requests.WriteSecrets(folder, stack, aws); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"SMARTLAKE_CLIENT_SECRET_CLIENT_2ND=hunter2-2nd", "SMARTLAKE_CLIENT_SECRET_ETL=hunter2-ETL", "SMARTLAKE_CLIENT_SECRET_ETL_2=hunter2-etl",
		"SMARTLAKE_CLIENT_SECRET_LAB_FEED=hunter2-lab", "SMARTLAKE_CLIENT_SECRET_PORTAL=hunter2-portal",
		"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=key+/=", "AWS_SESSION_TOKEN=token", "AWS_REGION=us-east-1", "",
	}
	for name, check := range map[string]func(text string) bool{
		"requests.env": func(text string) bool { return text == strings.Join(want, "\n") },
		"requests.postman_environment.json": func(text string) bool {
			var environment struct {
				Name   string
				Values []struct {
					Key, Value, Type string
					Enabled          bool
				}
			}
			err := json.Unmarshal([]byte(text), &environment)
			return err == nil && environment.Name != "" && len(environment.Values) == len(want)-1 && environment.Values[0].Key == "client_2nd_secret" &&
				environment.Values[0].Value == "hunter2-2nd" && environment.Values[0].Enabled
		},
	} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
		if text, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !check(string(text)) {
			t.Errorf("%s: %v:\n%s", name, err, text)
		}
	}
	for _, secret := range []string{"", "a b", "$(reboot)", "a\nb", "a'b", "a;b"} {
		stack.ClientSecrets["etl"] = secret
		want := "SMARTLAKE_CLIENT_SECRET_ETL_2: must be letters, digits and any of -_./:+= to stand in requests.env"
		if err := requests.WriteSecrets(t.TempDir(), stack, aws); err == nil || err.Error() != want {
			t.Errorf("%q: got %v", secret, err)
		}
	}
}

// signedIn runs the script as a user who signs in, with the address of the browser changed on
// its way back, and returns what the script says of that.
func signedIn(t *testing.T, cloud *local.Cloud, script, client, callback string, change func(string) string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", script)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "SMARTLAKE_SIGN_IN=" + client}
	answers, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	command.Stdout = &out
	var told strings.Builder
	asked, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cloud.Roots()}}}
	for lines := bufio.NewScanner(asked); lines.Scan(); {
		told.WriteString(lines.Text() + "\n")
		if !strings.HasPrefix(lines.Text(), "https://") {
			continue
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, lines.Text(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		back, err := hosted.SignIn(browser, request, callback, hosted.User{Name: "ann", Password: "Correct-horse-1"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(answers, change(back.String())+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	err = command.Wait()
	_, signIn, _ := strings.Cut(out.String(), "== Sign-in of a user of ")
	return told.String() + signIn, err
}

func TestTheScriptSignsAUserIn(t *testing.T) {
	const callback = "http://localhost:3000/callback"
	cloud := localtest.Start(t, "dev", map[string]string{
		"testUsers": `[{"username":"ann","email":"ann@example.org","password":"Correct-horse-1","patient":"patient-001"}]`,
		"clients": `[{"name": "app", "kind": "public", "scopes": ["openid", "launch/patient", "patient/*.rs"], "callbackUrls": ["` + callback + `"]},
			{"name": "portal", "kind": "confidential", "scopes": ["openid", "patient/*.rs"], "callbackUrls": ["` + callback + `?of=portal"]}]`,
	}, nil)
	script, stack := script(t, cloud, cloud.Dir)
	writeSecrets(t, cloud, stack)
	same := func(back string) string { return back }
	for _, client := range []string{"app", "portal"} {
		out, err := signedIn(t, cloud, script, client, callback, same)
		if err != nil || !strings.Contains(out, "== Search as a user of "+client+"\n{") || !strings.Contains(out, `"Patient/patient-001"`) && !strings.Contains(out, `Patient/patient-001"`) {
			t.Errorf("%s: %v:\n%s", client, err, out)
		}
		if strings.Contains(out, "eyJ") {
			t.Errorf("%s: it tells a token:\n%s", client, out)
		}
	}
	for what, change := range map[string]func(string) string{
		"another state":    func(back string) string { return regexp.MustCompile(`state=\w+`).ReplaceAllString(back, "state=0123") },
		"no state":         func(back string) string { return regexp.MustCompile(`&?state=\w+`).ReplaceAllString(back, "") },
		"no code":          func(back string) string { return strings.ReplaceAll(back, "code=", "error=") },
		"another callback": func(back string) string { return strings.ReplaceAll(back, "/callback", "/elsewhere") },
		"a longer one":     func(back string) string { return strings.ReplaceAll(back, "/callback", "/callbacks") },
		"nothing":          func(string) string { return "" },
	} {
		out, err := signedIn(t, cloud, script, "app", callback, change)
		if err == nil || !strings.Contains(out, "not the answer to this sign-in: must begin with "+callback+"? and have a code and the state") || strings.Contains(out, "== Search as a user") {
			t.Errorf("%s: %v:\n%s", what, err, out)
		}
	}
	wrong := func(back string) string { return regexp.MustCompile(`code=[^&]+`).ReplaceAllString(back, "code=wrong") }
	if out, err := signedIn(t, cloud, script, "app", callback, wrong); err == nil || !strings.Contains(out, "invalid_grant") || strings.Contains(out, "== Search as a user") {
		t.Errorf("a wrong code: %v:\n%s", err, out)
	}
}

// TestTheScriptRunsAgainstTheLocalCloud runs it as one of a stack on AWS, the secrets in the
// environment and nowhere else.
func TestTheScriptRunsAgainstTheLocalCloud(t *testing.T) {
	cloud := localtest.Start(t, "dev", map[string]string{"frontDoor": "none"}, nil) // what is signed is HealthLake's
	script, _ := script(t, cloud, "")
	credentials, err := local.ReadCredentials(cloud.Dir)
	if err != nil {
		t.Fatal(err)
	}
	signing := []string{
		"AWS_ACCESS_KEY_ID=" + credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + credentials.SecretAccessKey, "AWS_SESSION_TOKEN=" + credentials.SessionToken,
	}
	run := func(environment ...string) (string, error) {
		return ran(t, script, append(environment, "SMARTLAKE_CA="+cloud.CertificateFile)...)
	}
	etl, _ := cloud.Service()
	out, err := run(append(signing, "AWS_REGION="+credentials.Region, "SMARTLAKE_CLIENT_SECRET_ETL="+etl.Secret)...)
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	for _, want := range []string{
		"== Discovery document\n{\"authorization_endpoint\"", "== Token of etl\na token of ", `"resourceType":"CapabilityStatement"`,
		`"resourceType":"Bundle"`, "== Read as etl what the search found\n{", "== Refused: no token\nrefused with 403, as it must be",
		"== Refused: what is no token\nrefused with 401, as it must be",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the script does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, etl.Secret) || strings.Contains(out, credentials.SecretAccessKey) || strings.Contains(out, "eyJ") || strings.Contains(out, "== Create") {
		t.Errorf("the script tells a secret, or writes unasked:\n%s", out)
	}
	if out, err := run("SMARTLAKE_CLIENT_SECRET_ETL=" + etl.Secret); err != nil || strings.Contains(out, "CapabilityStatement") || !strings.HasPrefix(out, "== Left out: the discovery document and the capability statement, which HealthLake wants signed") {
		t.Errorf("without AWS credentials: %v:\n%s", err, out)
	}
	if out, err := run(append(signing, "SMARTLAKE_CLIENT_SECRET_ETL="+etl.Secret)...); err == nil || !strings.Contains(out, "AWS_REGION: set it to the region of the datastore") {
		t.Errorf("without a region: %v:\n%s", err, out)
	}
	signing[1] = "AWS_SECRET_ACCESS_KEY=wrong"
	if out, err := run(append(signing, "AWS_REGION="+credentials.Region)...); err == nil || strings.Contains(out, "== Capability") {
		t.Errorf("with a wrong signature: %v:\n%s", err, out)
	}
	if out, err := run(); err == nil || !strings.Contains(out, "SMARTLAKE_CLIENT_SECRET_ETL: set it to the secret of client etl") {
		t.Errorf("without the secret: %v:\n%s", err, out)
	}
	if out, err := run("SMARTLAKE_CLIENT_SECRET_ETL=wrong"); err == nil || strings.Contains(out, "== Search") {
		t.Errorf("with a wrong secret: %v:\n%s", err, out)
	}
}

func TestTheScriptFailsWhereARefusalIsNone(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	text := write(t, requests.Curl, fixed())
	_, function, _ := strings.Cut(text, "# refused ARGUMENTS")
	function, _, _ = strings.Cut(function, "# sign_in CLIENT_ID")
	for _, status := range []int{http.StatusOK, http.StatusInternalServerError, http.StatusNotFound} {
		out, err := exec.CommandContext(t.Context(), "bash", "-c", "request() { echo "+strconv.Itoa(status)+"; }\n# "+function+"\nrefused").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "NOT REFUSED: "+strconv.Itoa(status)) {
			t.Errorf("%d: %v: %s", status, err, out)
		}
	}
}
