package requests_test

import (
	"bytes"
	"encoding/json"
	"flag"
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

func write(t *testing.T, format string, stack outputs.Outputs) string {
	t.Helper()
	var text bytes.Buffer
	if err := requests.Write(&text, format, stack); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestTheFilesAreTheseAndHoldNoSecret(t *testing.T) {
	for format, name := range map[string]string{requests.HTTP: "stack.http", requests.Postman: "stack.postman.json", requests.Curl: "stack.sh"} {
		got, golden := write(t, format, fixed()), filepath.Join("testdata", name)
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
		if err := requests.Write(&text, c.format, stack); err == nil || err.Error() != c.want || text.Len() > 0 {
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
		if event.Listen != "test" || event.Script.Type != "text/javascript" || len(event.Script.Exec) == 0 {
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

// TestTheScriptRunsAgainstTheLocalCloud runs it as a user would, the secrets in the
// environment and nowhere else.
func TestTheScriptRunsAgainstTheLocalCloud(t *testing.T) {
	for _, name := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("there is no " + name)
		}
	}
	cloud := localtest.Start(t, "dev", map[string]string{"frontDoor": "none"}, nil) // what is signed is HealthLake's
	data, err := os.ReadFile(cloud.OutputsFile)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := outputs.ParseWithoutSecrets(data)
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "requests.sh")
	if err := os.WriteFile(script, []byte(write(t, requests.Curl, stack)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "bash", "-n", script).CombinedOutput(); err != nil {
		t.Fatalf("bash -n: %v: %s", err, out)
	}
	credentials, err := local.ReadCredentials(cloud.Dir)
	if err != nil {
		t.Fatal(err)
	}
	signing := []string{
		"AWS_ACCESS_KEY_ID=" + credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + credentials.SecretAccessKey, "AWS_SESSION_TOKEN=" + credentials.SessionToken,
	}
	run := func(environment ...string) (string, error) {
		command := exec.CommandContext(t.Context(), "bash", script)
		command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "SMARTLAKE_CA=" + cloud.CertificateFile}, environment...)
		out, err := command.CombinedOutput()
		return string(out), err
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
	function, _, _ = strings.Cut(function, "# signed ARGUMENTS")
	for _, status := range []int{http.StatusOK, http.StatusInternalServerError, http.StatusNotFound} {
		out, err := exec.CommandContext(t.Context(), "bash", "-c", "request() { echo "+strconv.Itoa(status)+"; }\n# "+function+"\nrefused").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "NOT REFUSED: "+strconv.Itoa(status)) {
			t.Errorf("%d: %v: %s", status, err, out)
		}
	}
}
