package local_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
)

// A transaction of an observation of patient-001 and of another, through the front door.
func TestABundleReachesHealthLakeThroughTheFrontDoorAndNoFurtherThanTheScopes(t *testing.T) {
	cloud := localtest.Start(t, "dev", behindADoor, func(o *local.Options) { o.LenientHealthLake = true })
	a := newApp(t, cloud)
	send := func(token, typ string, entries ...string) (int, map[string]any) {
		t.Helper()
		return a.send(http.MethodPost, strings.TrimSuffix(cloud.FHIRBase, "/"), `{"resourceType":"Bundle","type":"`+typ+`","entry":[`+strings.Join(entries, ",")+`]}`,
			map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/fhir+json"})
	}
	about := func(patient string) string {
		return `{"fullUrl":"urn:uuid:` + patient + `","request":{"method":"POST","url":"Observation"},"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/` + patient + `"}}}`
	}
	const other = `{"request":{"method":"GET","url":"Patient/patient-002"}}`
	read := `{"request":{"method":"GET","url":"` + cloud.FHIRBase + `Patient/patient-001"}}`
	patient, _ := a.launch()["access_token"].(string)
	writer := a.token("etl", "system/*.*")

	status, answer := send(writer, "transaction", about("patient-001"), about("patient-002"))
	if status != http.StatusOK || answer["type"] != "transaction-response" {
		t.Fatalf("a service: %d %v", status, answer)
	}
	entries, _ := answer["entry"].([]any)
	made, _ := entries[0].(map[string]any)["response"].(map[string]any)
	if location, _ := made["location"].(string); !strings.HasPrefix(location, cloud.FHIRBase+"Observation/") {
		t.Errorf("what it made is at %v, want it below %s", made, cloud.FHIRBase)
	}
	for name, c := range map[string]struct {
		token, typ string
		entries    []string
		want       []string
	}{
		"a patient reads their own and no other": {patient, "batch", []string{read, other}, []string{"200 OK", "404 Not Found"}},
		"a reader writes nothing":                {patient, "batch", []string{about("patient-001")}, []string{"403 Forbidden"}},
	} {
		status, answer := send(c.token, c.typ, c.entries...)
		entries, _ := answer["entry"].([]any)
		if status != http.StatusOK || len(entries) != len(c.want) {
			t.Errorf("%s: %d %v", name, status, answer)
			continue
		}
		for n, want := range c.want {
			response, _ := entries[n].(map[string]any)["response"].(map[string]any)
			if response["status"] != want {
				t.Errorf("%s: entry %d: got %v, want %s", name, n, response, want)
			}
		}
	}
	if status, answer := send(patient, "transaction", read, other); status != http.StatusNotFound || answer["entry"] != nil {
		t.Errorf("a transaction that reads another's: %d %v", status, answer)
	}
}

// Smartlake's roles have no right for Bundles, so HealthLake refuses them as documented.
func TestABundleIsRefusedForTheRolesOfAStackUnlessHealthLakeIsLenient(t *testing.T) {
	cloud := start(t, "dev", behindADoor)
	a := newApp(t, cloud)
	status, answer := a.send(http.MethodPost, strings.TrimSuffix(cloud.FHIRBase, "/"), `{"resourceType":"Bundle","type":"batch"}`,
		map[string]string{"Authorization": "Bearer " + a.token("etl", "system/*.*"), "Content-Type": "application/fhir+json"})
	issues, _ := answer["issue"].([]any)
	if status != http.StatusForbidden || len(issues) != 1 {
		t.Fatalf("got %d %v", status, answer)
	}
	issue, _ := issues[0].(map[string]any)
	if text, _ := issue["diagnostics"].(string); !strings.Contains(text, "may not healthlake:ProcessBundle on ") || !strings.Contains(text, "send the requests one by one") {
		t.Errorf("says %q", text)
	}
}
