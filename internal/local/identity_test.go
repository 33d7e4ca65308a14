package local_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared"
	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/internal/program"
)

func TestACustomDomainAndItsIdentityProvidersRunLocally(t *testing.T) {
	cloud := start(t, "dev", map[string]string{
		"customDomain": `{"name": "auth.example.org", "zoneId": "Z0123456789ABCDEFGHIJ",
			"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"}`,
		"identityProviders": `[{"name": "clinic", "kind": "saml", "metadataUrl": "https://idp.example.org/metadata",
			"attributeMapping": {"email": "mail"}}]`,
		"frontDoor": "none",
	})
	var document map[string]any
	if err := json.Unmarshal([]byte(cloud.Discovery), &document); err != nil {
		t.Fatal(err)
	}
	if got := document["token_endpoint"]; got != cloud.HostedDomain+"/oauth2/token" {
		t.Errorf("token_endpoint: got %v, must be one of %s", got, cloud.HostedDomain)
	}
	if strings.Contains(cloud.Discovery, "example.org") {
		t.Errorf("the discovery document leads off this machine: %s", cloud.Discovery)
	}
	app := newApp(t, cloud)
	if status, answer := app.fhir(http.MethodGet, "Patient", app.token("etl", "system/*.*")); status != http.StatusOK {
		t.Errorf("got %d %v", status, answer)
	}
}

func TestAnExistingUserPoolIsNotThereLocally(t *testing.T) {
	archive, err := machine.Validator.Archive(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := declared.LoadStack("../..", "dev", map[string]string{
		"function.archive": archive, "function.architecture": machine.Architecture(), "existingUserPool": `{"id": "us-east-1_Abc123XyZ"}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := local.Start(local.Options{Program: program.With(stack.Config), Stack: stack})
	if err == nil {
		_ = cloud.Close()
	}
	const want = "existingUserPool: not supported by the local cloud, which has no existing user pool; use a stack without it"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
