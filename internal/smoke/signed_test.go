package smoke_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/smoke"
	"github.com/smartlake/pulumi-smartlake/internal/smoke/app"
)

// documented are the checks whose requests HealthLake documents with a signature.
var documented = []string{"discovery document is valid", "capability statement"}

func TestAStackWithoutAFrontDoorIsToldWithASignature(t *testing.T) {
	strict := localtest.Start(t, "dev", map[string]string{"clients": clients, "frontDoor": "none"}, nil)
	t.Run("with credentials", func(t *testing.T) {
		results := newSetupAt(t, strict, nil).run(t)
		for _, check := range documented {
			if got := results[check]; got.Status != smoke.Passed || !strings.Contains(got.Detail, "with a signature") {
				t.Errorf("%s: %s: %s", check, got.Status, got.Detail)
			}
		}
	})
	t.Run("without credentials", func(t *testing.T) {
		s := newSetupAt(t, strict, nil)
		s.options.Credentials = nil
		results := s.run(t)
		for check, refused := range map[string]string{documented[0]: "403 MissingAuthenticationTokenException", documented[1]: "403 IncompleteSignatureException"} {
			if got := results[check]; got.Status != smoke.Skipped || got.Detail != "HealthLake wants the request signed ("+refused+"): "+app.HowToSign {
				t.Errorf("%s: %s: %s", check, got.Status, got.Detail)
			}
		}
		if got := results["search as etl"]; got.Status != smoke.Passed {
			t.Errorf("a search needs a token only: %+v", got)
		}
	})
	t.Run("with credentials that are refused", func(t *testing.T) {
		s := newSetupAt(t, strict, nil)
		s.options.Credentials = &app.Credentials{AccessKeyID: "ASIAOTHER", SecretAccessKey: "hunter2", SessionToken: "hunter3", Region: "us-east-1"}
		for _, check := range documented {
			if got := s.run(t)[check]; got.Status != smoke.Failed || got.Detail != "expected 200, got 403 UnrecognizedClientException" {
				t.Errorf("%s: %s: %s", check, got.Status, got.Detail)
			}
		}
	})
}

// A front door serves both documents to everybody, and gets no signature.
func TestAStackWithAFrontDoorIsTestedThroughIt(t *testing.T) {
	const door = "https://fhir.example.org/r4"
	for name, treat := range map[string]doctor{
		"passed": nil,
		"failed": when(path("/metadata"), answers(http.StatusForbidden, "")), //nolint:bodyclose // the run closes it
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, treat)
			between := s.options.Client.Transport
			s.options.Client = &http.Client{Transport: roundTrip(func(request *http.Request) (*http.Response, error) {
				if strings.HasPrefix(request.Header.Get("Authorization"), "AWS4-") || request.Header.Get("X-Amz-Security-Token") != "" {
					t.Errorf("%s was signed", request.URL)
				}
				behind := request.Clone(request.Context())
				rest, through := strings.CutPrefix(request.URL.String(), door+"/")
				if !through {
					if strings.HasPrefix(request.URL.String(), cloud.Datastore) {
						t.Errorf("%s goes past the door", request.URL)
					}
					return between.RoundTrip(behind)
				}
				if rest == "metadata" {
					if request.Header.Get("Authorization") != "" {
						t.Errorf("a token was sent for the capability statement")
					}
					behind.Header.Set("Authorization", "Bearer "+tokenOfEtl(t))
				}
				var err error
				if behind.URL, err = request.URL.Parse(cloud.Datastore + rest); err != nil {
					return nil, err
				}
				behind.Host = behind.URL.Host
				return between.RoundTrip(behind)
			})}
			s.options.Stack.FHIRBaseURL, s.options.Stack.FrontDoor.DiscoveryDocument = door, s.options.Stack.DiscoveryDocument
			results := s.run(t)
			for _, check := range []string{"discovery document is valid", "discovery document agrees with the stack", "search as etl"} {
				if got := results[check]; got.Status != smoke.Passed || strings.Contains(got.Detail, "with a signature") {
					t.Errorf("%s: %s: %s", check, got.Status, got.Detail)
				}
			}
			if got := results["capability statement"]; string(got.Status) != name {
				t.Errorf("capability statement: %s: %s", got.Status, got.Detail)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func tokenOfEtl(t *testing.T) string {
	t.Helper()
	s := newSetup(t, nil)
	a, err := app.New(cloud.Datastore, s.options.Client, 15*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	etl := s.options.Stack.Apps("service")[0]
	answer, err := a.RequestToken(t.Context(), cloud.HostedDomain+"/oauth2/token", etl, "system/*.*")
	if err != nil {
		t.Fatal(err)
	}
	token, err := answer.Token()
	if err != nil {
		t.Fatal(err)
	}
	return token.AccessToken
}
