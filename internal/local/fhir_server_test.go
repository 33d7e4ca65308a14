package local_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAnInteractionWithAFHIRServerBehindIsAnsweredThroughTheDoorAsItIsDirect does so for a
// datastore whose resources are those of a FHIR server of another making. It runs where
// FHIR_SERVER is the folder tests/fhirserver after "npm ci", as in .ci/run.
func TestAnInteractionWithAFHIRServerBehindIsAnsweredThroughTheDoorAsItIsDirect(t *testing.T) {
	folder := os.Getenv("FHIR_SERVER")
	if folder == "" {
		t.Skip("no FHIR server: run .ci/run fhirserver")
	}
	behind := []string{startFHIRServer(t, folder), startFHIRServer(t, folder)}
	newDifferential(t, behind...).run(t, []int{200, 201, 204, 400, 401, 403, 404, 405, 412, 415, 422})
}

// startFHIRServer runs a server until the test ends, gives it the preloaded resources, and
// returns its base URL.
func startFHIRServer(t *testing.T, folder string) string {
	t.Helper()
	server := exec.Command("node", filepath.Join(folder, "server.mjs"))
	var wrong bytes.Buffer
	server.Stderr = &wrong
	input, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close() // it ends
		if err := server.Wait(); err != nil {
			t.Errorf("the FHIR server: %v: %s", err, &wrong)
		}
	})
	base, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the FHIR server: %v: %s", err, &wrong)
	}
	base = strings.TrimSpace(base)
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
