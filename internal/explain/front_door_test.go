package explain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/declared/declaredtest"
	"github.com/smartlake/pulumi-smartlake/internal/explain"
	"github.com/smartlake/pulumi-smartlake/tests/expect"
)

func TestItIsSaidOfAFrontDoorWhoMayCallItAndWhatItTakes(t *testing.T) {
	for what, c := range map[string]struct {
		settings, want string
		uncapped       bool
	}{
		"by default": {`{}`, `[{"name": "smart-door", "baseUrl": "https://*.execute-api.us-east-1.amazonaws.com/r4", "requestsPerSecond": 100, "burst": 200,
			"origins": ["http://localhost:3000", "http://localhost:3001"], "reservedConcurrency": 0}]`, true},
		"with everything": {`{"allowedOrigins": ["https://app.example.org"], "throttling": {"requestsPerSecond": 7, "burst": 8},
			"function": {"reservedConcurrency": 9},
			"customDomain": {"name": "fhir.example.org", "certificateArn": "arn:aws:acm:us-east-1:444455556666:certificate/00000000-0000-0000-0000-000000000000"}}`,
			`[{"name": "smart-door", "baseUrl": "https://fhir.example.org/r4", "requestsPerSecond": 7, "burst": 8,
			"origins": ["http://localhost:3000", "http://localhost:3001", "https://app.example.org"], "reservedConcurrency": 9}]`, false},
	} {
		t.Run(what, func(t *testing.T) {
			explanation, err := explain.Graph(declaredtest.Graph(t, "dev", map[string]string{"frontDoor": c.settings}))
			if err != nil {
				t.Fatal(err)
			}
			expect.JSON(t, "front doors", explanation.FrontDoors, c.want)
			open := slices.ContainsFunc(explanation.Unprotected, func(one string) bool {
				return strings.HasPrefix(one, "smart-door: its function has no cap on concurrency")
			})
			if open != c.uncapped {
				t.Errorf("said to be without a cap: %t, want %t", open, c.uncapped)
			}
			if !slices.Contains(explanation.Unprotected, "smart-door: everyone on the internet can call it") {
				t.Errorf("nobody says who may call it: %q", explanation.Unprotected)
			}
		})
	}
}
