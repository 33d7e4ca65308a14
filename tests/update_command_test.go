package tests_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/components"
)

// asTheShellSees is what a shell hands to the command of a line.
func asTheShellSees(t *testing.T, line string) []string {
	t.Helper()
	script := `aws() { for word; do printf '%s\n' "$word"; done; }; ` + line
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-euc", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func TestTheUpdateCommandGivesTheLiveDatastoreTheDeclaredDocument(t *testing.T) {
	filtered := func(a *components.SmartDatastoreArgs) {
		a.Clients[2].Scopes = append(a.Clients[2].Scopes, "user/Observation.rs?category=it's&code=`id`&status=<a>")
	}
	r := mustRun(t, declare(filtered), alive(t, nothing))
	words := asTheShellSees(t, r.output("updateDatastoreCommand").value.(string))
	if len(words) != 8 {
		t.Fatalf("got %d words: %q", len(words), words)
	}
	id := r.output("datastoreId").value.(string)
	assertLines(t, "the command", words[:7], []string{
		"healthlake", "update-fhir-datastore", "--region", region, "--datastore-id", id, "--identity-provider-configuration",
	})
	declared, live := r.output("declaredDiscoveryDocument").value.(string), r.output("discoveryDocument").value.(string)
	if declared == live || !strings.Contains(declared, "it's&code=`id`") {
		t.Fatalf("the test proves nothing: the live document is the declared one: %s", declared)
	}
	metadata, err := json.Marshal(declared)
	if err != nil {
		t.Fatal(err)
	}
	assertJSON(t, "the configuration, whole: what is left out would be cleared", decoded(t, words[7]), fill(`{
		"AuthorizationStrategy": "SMART_ON_FHIR",
		"FineGrainedAuthorizationEnabled": true,
		"IdpLambdaArn": "arn:aws:lambda:us-east-1:$ACCOUNT:function:$FUNCTION:live",
		"Metadata": $METADATA
	}`, "$ACCOUNT", account, "$FUNCTION", physicalName(functionName), "$METADATA", string(metadata)))
}
