package local_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	smoke "github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// start runs a stack of this repository, the functions built for this machine.
func start(t *testing.T, stack string, overrides map[string]string) *local.Cloud {
	t.Helper()
	return localtest.Start(t, stack, overrides, nil)
}

// app is an HTTP client that trusts the cloud.
type app struct {
	t     *testing.T
	cloud *local.Cloud
	http  *http.Client
}

func newApp(t *testing.T, cloud *local.Cloud) app {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cloud.Roots(), MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return app{t, cloud, &http.Client{Transport: transport, Timeout: 10 * time.Second}}
}

func (a app) send(method, address, body string, header map[string]string) (int, map[string]any) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	status, _, content := a.answerTo(request)
	var parsed map[string]any
	if err := json.Unmarshal([]byte(content), &parsed); err != nil {
		a.t.Fatalf("%s %s: %q is no JSON object: %v", method, address, content, err)
	}
	return status, parsed
}

// answerTo sends a request and reads what comes back. It does not follow redirects.
func (a app) answerTo(request *http.Request) (status int, header http.Header, body string) {
	a.t.Helper()
	client := *a.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request.WithContext(a.t.Context()))
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

// discover requests the discovery document, which without a front door is signed as
// HealthLake documents it.
func (a app) discover() []byte {
	a.t.Helper()
	var signer *smoke.Credentials
	if a.cloud.FrontDoor == "" {
		credentials, err := local.ReadCredentials(a.cloud.Dir)
		if err != nil {
			a.t.Fatal(err)
		}
		signer = &credentials
	}
	client, err := smoke.New(a.cloud.FHIRBase, a.http, 10*time.Second)
	if err != nil {
		a.t.Fatal(err)
	}
	answer, err := client.Discover(a.t.Context(), signer)
	if err == nil {
		err = answer.Want(http.StatusOK)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	return answer.Body
}

func (a app) client(name string) local.Client {
	a.t.Helper()
	index := slices.IndexFunc(a.cloud.Clients, func(c local.Client) bool { return c.Name == name })
	if index < 0 {
		a.t.Fatalf("no client %s", name)
	}
	return a.cloud.Clients[index]
}

// ask asks the token endpoint with the client's id and secret in the form.
func (a app) ask(client local.Client, form url.Values) (int, map[string]any) {
	a.t.Helper()
	form.Set("client_id", client.ID)
	if client.Secret != "" {
		form.Set("client_secret", client.Secret)
	}
	return a.send(http.MethodPost, a.cloud.HostedDomain+"/oauth2/token", form.Encode(),
		map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
}

func (a app) token(client, scope string) string {
	a.t.Helper()
	status, answer := a.ask(a.client(client), url.Values{"grant_type": {"client_credentials"}, "scope": {scope}})
	token, _ := answer["access_token"].(string)
	if status != http.StatusOK || token == "" {
		a.t.Fatalf("no token: %d %v", status, answer)
	}
	return token
}

func (a app) fhir(method, path, token string) (int, map[string]any) {
	a.t.Helper()
	return a.send(method, a.cloud.Datastore+path, "", map[string]string{"Authorization": "Bearer " + token})
}

func TestTheWalkShowsTenStepsAndTwoRefusalsOnEveryStack(t *testing.T) {
	for what, door := range map[string]string{"dev": "none", "prod": "none", "dev behind a front door": "{}", "prod behind a front door": "{}"} {
		t.Run(what, func(t *testing.T) {
			stack, _, _ := strings.Cut(what, " ")
			cloud := start(t, stack, map[string]string{"frontDoor": door})
			var numbers []int
			err := cloud.Walk(t.Context(), func(s local.Step) {
				numbers = append(numbers, s.Number)
				if s.Err != nil {
					t.Errorf("step %d: %v", s.Number, s.Err)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0}; !slices.Equal(numbers, want) {
				t.Errorf("steps %v, want %v", numbers, want)
			}
		})
	}
}

func TestTheWalkStaysOnThisMachineInGovCloudToo(t *testing.T) {
	const region = "us-gov-west-1"
	cloud := start(t, "dev", map[string]string{"aws:region": region, "aws-native:region": region, "allowUnlistedRegion": "true"})
	for _, address := range []string{cloud.Datastore, cloud.HostedDomain, cloud.Issuer} {
		if !strings.HasPrefix(address, "https://127.0.0.1:") {
			t.Errorf("%s is not on loopback", address)
		}
	}
	if strings.Contains(cloud.Discovery, "amazon") {
		t.Errorf("the document sends apps to AWS: %s", cloud.Discovery)
	}
	if err := cloud.Walk(t.Context(), func(local.Step) {}); err != nil {
		t.Error(err)
	}
}

func TestAStepWithoutAnAnswerSaysSo(t *testing.T) {
	for closedAfter, last := range map[int]int{1: 2, 3: 4, 5: 10} {
		cloud := start(t, "dev", nil)
		var told local.Step
		err := cloud.Walk(t.Context(), func(s local.Step) {
			if told = s; s.Number == closedAfter {
				if err := cloud.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		if err == nil || told.Number != last || told.What != "no answer" || told.Err == nil {
			t.Errorf("closed after step %d: got %v, %+v; want step %d without an answer", closedAfter, err, told, last)
		}
	}
}

func TestNoStepTellsATokenOrASecret(t *testing.T) {
	cloud := start(t, "dev", nil)
	var told strings.Builder
	if err := cloud.Walk(t.Context(), func(s local.Step) { told.WriteString(s.What + "\n") }); err != nil {
		t.Fatal(err)
	}
	secret := newApp(t, cloud).client("etl").Secret
	if strings.Contains(told.String(), secret) || strings.Contains(told.String(), "eyJ") {
		t.Errorf("a secret or a token was told:\n%s", told.String())
	}
}

func TestTheDiscoveryDocumentIsTheDeclaredOneAtLoopbackAddresses(t *testing.T) {
	cloud := start(t, "dev", withoutADoor)
	var document map[string]any
	if err := json.Unmarshal(newApp(t, cloud).discover(), &document); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"authorization_endpoint":                cloud.HostedDomain + "/oauth2/authorize",
		"capabilities":                          []any{"client-confidential-symmetric", "client-public", "launch-standalone", "permission-patient", "permission-user", "permission-v1", "permission-v2", "permission-v2.2"},
		"code_challenge_methods_supported":      []any{"S256"},
		"grant_types_supported":                 []any{"authorization_code", "client_credentials"},
		"jwks_uri":                              cloud.Issuer + "/.well-known/jwks.json",
		"response_types_supported":              []any{"code"},
		"revocation_endpoint":                   cloud.HostedDomain + "/oauth2/revoke",
		"scopes_supported":                      []any{"launch/patient", "openid", "patient/*.rs", "profile", "system/*.*", "user/*.rs"},
		"token_endpoint":                        cloud.HostedDomain + "/oauth2/token",
		"token_endpoint_auth_methods_supported": []any{"client_secret_basic", "client_secret_post"},
	}
	got, _ := json.Marshal(document)
	wanted, _ := json.Marshal(want)
	if !bytes.Equal(got, wanted) {
		t.Errorf("got  %s\nwant %s", got, wanted)
	}
	if strings.Contains(string(got), "amazon") {
		t.Error("the document sends apps to AWS")
	}
}

func TestAnAccessTokenHasCognitosClaimsAndNoOthers(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	token := a.token("etl", "system/*.*")
	if got, want := slices.Sorted(maps.Keys(partOf(t, token, 0))), []string{"alg", "kid"}; !slices.Equal(got, want) {
		t.Errorf("header %v, want %v", got, want)
	}
	claims := claimsOf(t, token)
	want := []string{"auth_time", "client_id", "exp", "iat", "iss", "jti", "scope", "sub", "token_use", "version"}
	if got := slices.Sorted(maps.Keys(claims)); !slices.Equal(got, want) {
		t.Errorf("claims %v, want %v", got, want)
	}
	if id := a.client("etl").ID; claims["sub"] != id || claims["client_id"] != id || claims["token_use"] != "access" {
		t.Errorf("claims %v", claims)
	}
	if claims["exp"].(float64)-claims["iat"].(float64) != 3600 {
		t.Error("the token is not valid for an hour")
	}
}

func TestTheTokenEndpointRefusesAsCognitoDoes(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	etl, public := a.client("etl"), a.client("app")
	wrong := etl
	wrong.Secret = "wrong"
	for _, c := range []struct {
		name   string
		client local.Client
		grant  string
		scope  string
		want   string
	}{
		{"an unknown client", local.Client{ID: "nobody", Secret: "x"}, "client_credentials", "", "invalid_client"},
		{"a wrong secret", wrong, "client_credentials", "", "invalid_client"},
		{"a scope that is not the client's", etl, "client_credentials", "system/*.read", "invalid_scope"},
		{"a service that asks for a user's token", etl, "authorization_code", "", "unauthorized_client"},
		{"a public client without a user", public, "client_credentials", "", "unauthorized_client"},
		{"a grant that Cognito does not have", etl, "password", "", "unsupported_grant_type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, answer := a.ask(c.client, url.Values{"grant_type": {c.grant}, "scope": {c.scope}})
			if status != http.StatusBadRequest || answer["error"] != c.want || answer["access_token"] != nil {
				t.Errorf("got %d %v, want 400 with error %s", status, answer, c.want)
			}
		})
	}
}

func TestAReadOnlyClientReadsAndNothingElse(t *testing.T) {
	clients := `[{"name":"etl","kind":"service","scopes":["system/Observation.rs","system/*.s","system/*.cud"]}]`
	cloud := start(t, "dev", map[string]string{"clients": clients})
	a := newApp(t, cloud)
	readOnly, writer := a.token("etl", "system/Observation.rs"), a.token("etl", "system/*.cud")
	for _, c := range []struct {
		name, method, path, token string
		status                    int
	}{
		{"reads an observation", "GET", "Observation/patient-001-observation-1", readOnly, 200},
		{"searches observations", "GET", "Observation?patient=patient-001&category=laboratory", readOnly, 200},
		{"searches by post", "POST", "Observation/_search", readOnly, 200},
		{"does not read patients", "GET", "Patient/patient-001", readOnly, 403},
		{"does not create", "POST", "Observation", readOnly, 403},
		{"does not delete", "DELETE", "Observation/patient-001-observation-1", readOnly, 403},
		{"is told of an unknown parameter", "GET", "Observation?birthdate=2024", readOnly, 400},
		{"is told of another type's parameter", "GET", "Observation?vaccine-code=140", readOnly, 400},
		{"does not find what is not there", "GET", "Observation/none", readOnly, 404},
		{"a writer does not read", "GET", "Observation/patient-001-observation-1", writer, 403},
		{"its role patches nothing", "PATCH", "Observation/patient-001-observation-1", writer, 403},
		{"its role posts no bundles", "POST", "", writer, 403},
		{"reads a version", "GET", "Observation/patient-001-observation-1/_history/1", readOnly, 200},
		{"reads the history", "GET", "Observation/patient-001-observation-1/_history", readOnly, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, answer := a.fhir(c.method, c.path, c.token); status != c.status {
				t.Errorf("got %d, want %d: %v", status, c.status, answer)
			}
		})
	}
	created, _ := a.send(http.MethodPost, cloud.Datastore+"Observation", `{"resourceType":"Observation","status":"final","code":{}}`,
		map[string]string{"Authorization": "Bearer " + writer, "Content-Type": "application/fhir+json"})
	if created != http.StatusCreated {
		t.Errorf("the writer creates: got %d, want 201", created)
	}
}

func TestASearchFindsWhatMatchesAndCountsIt(t *testing.T) {
	cloud := start(t, "dev", nil)
	a := newApp(t, cloud)
	token := a.token("etl", "system/*.*")
	for query, total := range map[string]int{
		"Patient":                                                     100,
		"Patient?_id=patient-003":                                     1,
		"Patient?_id=patient-003,patient-004":                         2,
		"Observation?patient=patient-999":                             0,
		"Observation?patient=patient-001":                             16,
		"Observation?subject=Patient/patient-001&category=laboratory": 5,
		"Observation?code=http://loinc.org|8867-4":                    298,
		"Observation?code=http://example.org|8867-4":                  0,
		"Condition?_count=2":                                          260,
	} {
		status, bundle := a.fhir(http.MethodGet, query, token)
		if status != http.StatusOK || bundle["total"] != float64(total) {
			t.Errorf("%s: got %d with a total of %v, want %d", query, status, bundle["total"], total)
		}
	}
	_, bundle := a.fhir(http.MethodGet, "Condition?_count=2", token)
	if entries, _ := bundle["entry"].([]any); len(entries) != 2 {
		t.Errorf("_count=2 gave %d entries", len(entries))
	}
}

func TestAValidatorThatIsTooSlowOrBrokenLetsNobodyPass(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"too slow", "exec sleep 30", "Timeout during custom Idp execution."},
		{"ends at once", "exit 1", "the function ended during its start; its log says why"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud := start(t, "dev", map[string]string{"function.archive": localtest.ScriptArchive(t, "#!/bin/sh\n"+c.script+"\n")})
			a := newApp(t, cloud)
			status, answer := a.fhir(http.MethodGet, "Patient", a.token("etl", "system/*.*"))
			text, _ := json.Marshal(answer)
			if status != http.StatusForbidden || !strings.Contains(string(text), c.want) {
				t.Errorf("got %d %s, want 403 with %q", status, text, c.want)
			}
		})
	}
}

func TestClosingLeavesNothingBehind(t *testing.T) {
	cloud := start(t, "dev", nil)
	if err := cloud.Walk(t.Context(), func(local.Step) {}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(cloud.CertificateFile)
	if err := cloud.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there", dir)
	}
	if processes := processesIn(t, dir); len(processes) > 0 {
		t.Errorf("still running: %v", processes)
	}
	a := newApp(t, cloud)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, cloud.Datastore, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := a.http.Do(request); err == nil {
		_ = response.Body.Close()
		t.Error("the endpoint still answers")
	}
}

// processesIn lists the processes whose program lies in a folder.
func processesIn(t *testing.T, dir string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, dir) {
			found = append(found, target)
		}
	}
	return found
}
