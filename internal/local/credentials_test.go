package local_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/local"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/local/state"
)

func TestTheCredentialsOfWhoRunsTheCloudAreInItsFolderAndStayAcrossRestarts(t *testing.T) {
	kept := state.Throwaway()
	first := localtest.Start(t, "prod", nil, func(o *local.Options) { o.State = kept })
	read, err := local.ReadCredentials(first.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if read.AccessKeyID != first.Credentials.AccessKeyID || read.SecretAccessKey != first.Credentials.SecretAccessKey ||
		read.SessionToken != first.Credentials.SessionToken || read.Region != "us-east-1" {
		t.Errorf("read %+v, want %+v", read, first.Credentials)
	}
	about, err := os.Stat(first.CredentialsFile)
	if err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", about.Mode(), err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again := localtest.Start(t, "prod", nil, func(o *local.Options) { o.State = kept })
	if again.Credentials != first.Credentials {
		t.Error("the credentials changed")
	}
	newApp(t, again).discover()
	if another := start(t, "prod", nil); another.Credentials == first.Credentials {
		t.Error("two clouds have the same credentials")
	}
}

func TestAFolderWithoutCredentialsSaysSo(t *testing.T) {
	dir := t.TempDir()
	if _, err := local.ReadCredentials(dir); err == nil || !strings.Contains(err.Error(), "credentials.sh") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "credentials.sh"), []byte("export AWS_ACCESS_KEY_ID=x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "credentials.sh: not what a local cloud writes: must set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION"
	if _, err := local.ReadCredentials(dir); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestHealthLakeServesTheDiscoveryDocumentToEverybodyOnlyWhereItIsLenient(t *testing.T) {
	for _, lenient := range []bool{false, true} {
		cloud := localtest.Start(t, "dev", withoutADoor, func(o *local.Options) { o.LenientHealthLake = lenient })
		var steps []string
		if err := cloud.Walk(t.Context(), func(s local.Step) { steps = append(steps, s.What) }); err != nil {
			t.Errorf("lenient %t: %v", lenient, err)
		}
		if signed := strings.Contains(steps[0], "signed with AWS credentials"); signed == lenient {
			t.Errorf("lenient %t: the walk says %s", lenient, steps[0])
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, cloud.Datastore+".well-known/smart-configuration", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Origin", "http://localhost:3000")
		response, err := newApp(t, cloud).http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if want := map[bool]int{false: http.StatusForbidden, true: http.StatusOK}[lenient]; response.StatusCode != want {
			t.Errorf("lenient %t: got %d", lenient, response.StatusCode)
		}
		if shared := response.Header.Get("Access-Control-Allow-Origin") != ""; shared != lenient {
			t.Errorf("lenient %t: %v", lenient, response.Header)
		}
	}
}
