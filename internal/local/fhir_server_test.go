package local_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/tests/fhirserver"
)

// TestAnInteractionWithAFHIRServerBehindIsAnsweredThroughTheDoorAsItIsDirect does so for a
// datastore whose resources are those of a FHIR server of another making. It runs where
// FHIR_SERVER is the folder tests/fhirserver after "npm ci", as in .ci/run.
func TestAnInteractionWithAFHIRServerBehindIsAnsweredThroughTheDoorAsItIsDirect(t *testing.T) {
	behind := []string{startFHIRServer(t), startFHIRServer(t)}
	newDifferential(t, behind...).run(t, []int{200, 201, 204, 400, 401, 403, 404, 405, 412, 415, 422})
}

// startFHIRServer runs a server until the test ends, gives it the preloaded resources, and
// returns its base URL.
func startFHIRServer(t *testing.T) string {
	t.Helper()
	base := fhirserver.Start(t)
	client := &http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	for _, one := range preloaded() {
		patient, _, _ := strings.Cut(one.id[0], "-"+strings.ToLower(one.typ))
		reference := `{"reference":"Patient/` + patient + `"}`
		body := `{"resourceType":"` + one.typ + `","id":"` + one.id[0] + `"` + map[string]string{
			"Patient": `,"gender":"female","active":true`, "Practitioner": `,"active":true`, "AllergyIntolerance": `,"patient":` + reference, "Condition": `,"subject":` + reference,
			"Observation": `,"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"category":[{"coding":[{"code":"laboratory"}]}],"subject":` + reference,
		}[one.typ] + `}`
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, base+one.typ+"/"+one.id[0], strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/fhir+json")
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body) // it is shown
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", body, response.StatusCode, text)
		}
	}
	return base
}
