// Package fhirserver runs a FHIR R4 server of another making, which keeps resources in
// memory and lets everybody in, for tests that compare with it. It needs Node.js and the
// packages of this folder.
package fhirserver

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Start runs a server until the test ends, and returns its base URL, with a slash at its
// end. It skips the test where FHIR_SERVER is not the folder tests/fhirserver after
// "npm ci", as .ci/run fhirserver sets it.
func Start(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("FHIR_SERVER")
	if folder == "" {
		t.Skip("no FHIR server: run .ci/run fhirserver")
	}
	server := exec.Command("node", filepath.Join(folder, "server.mjs")) //nolint:gosec // the folder that the test is told
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
	return strings.TrimSpace(base)
}
