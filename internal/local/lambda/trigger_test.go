package lambda_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/components"
	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
)

// The packaged launch context trigger, over the Lambda Runtime API.

func TestThePackagedTriggerAddsClaimsAndSaysWhatIsNoEvent(t *testing.T) {
	archive, err := components.PackageLaunchContext(t.Context(), components.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	function, err := lambda.New(lambda.Config{
		ARN: "arn:aws:lambda:us-east-1:123456789012:function:context", Name: "context", Archive: archive, Dir: t.TempDir(), Log: &log,
		Timeout: 5 * time.Second, Environment: map[string]string{"PATIENT_ATTRIBUTE": "custom:patient", "FHIR_USER_ATTRIBUTE": "custom:fhirUser"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(function.Close)
	const request = `"request":{"scopes":["patient/*.rs"],"userAttributes":{"custom:patient":"p-1"}}`
	answer, _, err := function.Invoke(t.Context(), []byte(`{"version":"2","triggerSource":"TokenGeneration_RefreshTokens",`+request+`}`))
	const claims = `{"claimsToAddOrOverride":{"patient":"p-1"}}`
	want := `{` + request + `,"response":{"claimsAndScopeOverrideDetails":{"idTokenGeneration":` + claims + `,"accessTokenGeneration":` + claims + `}},` +
		`"triggerSource":"TokenGeneration_RefreshTokens","version":"2"}`
	if err != nil || string(answer) != want {
		t.Errorf("got  %s (error %v)\nwant %s", answer, err, want)
	}
	if _, _, err := function.Invoke(t.Context(), []byte(`[]`)); err == nil || !strings.Contains(err.Error(), "event_invalid") {
		t.Errorf("no event: got %v", err)
	}
}
