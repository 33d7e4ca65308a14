package healthlake_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4/sigv4test"
)

const (
	datastoreARN = "arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123"
	doorRole     = "arn:aws:iam::123456789012:role/door"
	metadata     = "metadata"
	missing      = "MissingAuthenticationTokenException"
)

var keys = sigv4test.NewKeyring()

// permit is what IAM says here: the door's role gets the capabilities of the datastore.
func permit(principal, action, datastore string) error {
	if principal != doorRole || action != "healthlake:GetCapabilities" || datastore != datastoreARN {
		return errors.New("no policy allows it")
	}
	return nil
}

// lenient takes the reading of AWS's documentation that is better for apps.
func lenient(c *healthlake.Config) {
	synthetic(c)
	c.Lenient = true
}

// signer is how a request is signed, and what becomes of it on its way.
type signer struct {
	credentials     sigv4.Credentials
	service, region string
	at              time.Time
	alter           func(*http.Request)
}

func validSigner() signer {
	return signer{credentials: keys.Issue(doorRole), service: "healthlake", region: "us-east-1", at: time.Now(), alter: func(*http.Request) {}}
}

// sign sends a signed request.
func (s store) sign(by signer, path string) response {
	s.t.Helper()
	request := httptest.NewRequest(http.MethodGet, base+path, http.NoBody)
	empty := sha256.Sum256(nil)
	own := aws.Credentials{AccessKeyID: by.credentials.AccessKeyID, SecretAccessKey: by.credentials.SecretAccessKey, SessionToken: by.credentials.SessionToken}
	if err := v4.NewSigner().SignHTTP(s.t.Context(), own, request, hex.EncodeToString(empty[:]), by.service, by.region, by.at); err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Origin", "http://localhost:3000")
	by.alter(request)
	recorder := httptest.NewRecorder()
	s.d.ServeHTTP(recorder, request)
	r := response{status: recorder.Code, header: recorder.Result().Header, text: recorder.Body.String()}
	if err := json.Unmarshal([]byte(r.text), &r.body); err != nil {
		s.t.Fatalf("GET %s: %q is no JSON object", path, r.text)
	}
	return r
}

func TestWhoSignsAndMayIsToldHowToUseTheDatastore(t *testing.T) {
	s := newStore(t, synthetic)
	if got := s.sign(validSigner(), discovery); got.status != 200 || got.text != `{"issuer":"x"}` || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("discovery document: %d %v %s", got.status, got.header, got.text)
	}
	got := s.sign(validSigner(), metadata)
	if got.status != 200 || got.body["resourceType"] != "CapabilityStatement" || got.body["fhirVersion"] != "4.0.1" {
		t.Errorf("capability statement: %d %s", got.status, got.text)
	}
	if address := got.body["implementation"].(map[string]any)["url"]; address != endpoint {
		t.Errorf("the capability statement is of %v", address)
	}
	if security := got.body["rest"].([]any)[0].(map[string]any)["security"].(map[string]any); security["cors"] != false {
		t.Errorf("it promises CORS: %v", security)
	}
}

func TestTheCapabilityStatementNamesWhatEachTypeIsSearchedBy(t *testing.T) {
	s := newStore(t, synthetic)
	described := map[string][]any{}
	for _, entry := range s.sign(validSigner(), metadata).body["rest"].([]any)[0].(map[string]any)["resource"].([]any) {
		entry := entry.(map[string]any)
		described[entry["type"].(string)] = entry["searchParam"].([]any)
	}
	var got []string
	for _, parameter := range described["ClaimResponse"] {
		got = append(got, fmt.Sprint(parameter.(map[string]any)["name"], " ", parameter.(map[string]any)["type"]))
	}
	want := []string{
		"_id token", "_lastUpdated date", "_profile uri", "_security token", "_source uri", "_tag token", "created date", "disposition string", "identifier token",
		"insurer reference", "outcome token", "patient reference", "payment-date date", "request reference", "requestor reference", "status token", "use token",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhoDoesNotSignOrMayNotIsToldNothing(t *testing.T) {
	s := newStore(t, synthetic)
	for _, c := range []struct {
		name          string
		change        func(*signer)
		typ, contains string
	}{
		{"unsigned", func(by *signer) { by.alter = func(r *http.Request) { r.Header.Del("Authorization") } }, missing, "Missing Authentication Token"},
		{"with a bearer token", func(by *signer) {
			by.alter = func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+system.token()) }
		}, "IncompleteSignatureException", "AWS4-HMAC-SHA256"},
		{"with a wrong secret", func(by *signer) { by.credentials.SecretAccessKey = "x" }, "InvalidSignatureException", "does not match"},
		{"expired", func(by *signer) { by.at = by.at.Add(-6 * time.Minute) }, "InvalidSignatureException", "expired"},
		{"for another region", func(by *signer) { by.region = "eu-west-1" }, "InvalidSignatureException", "us-east-1"},
		{"for another service", func(by *signer) { by.service = "s3" }, "InvalidSignatureException", "healthlake"},
		{"by a stranger", func(by *signer) { by.credentials = sigv4test.NewKeyring().Issue(doorRole) }, "UnrecognizedClientException", "security token"},
		{"by a role that may not", func(by *signer) { by.credentials = keys.Issue("arn:aws:iam::123456789012:role/other") }, "AccessDeniedException",
			"User: arn:aws:iam::123456789012:role/other is not authorized to perform: healthlake:GetCapabilities on resource: " + datastoreARN},
		{"replayed from another path", func(by *signer) {
			by.alter = func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "moved/", "", 1) }
		}, "InvalidSignatureException", "does not match"},
	} {
		for _, path := range []string{discovery, metadata} {
			by := validSigner()
			c.change(&by)
			if strings.HasPrefix(c.name, "replayed") {
				path = "moved/" + path
			}
			got := s.sign(by, path)
			message, _ := got.body["message"].(string)
			if got.status != 403 || got.header.Get("X-Amzn-Errortype") != c.typ || !strings.Contains(message, c.contains) || len(got.body) != 1 {
				t.Errorf("%s: %s: got %d %v %s", c.name, path, got.status, got.header, got.text)
			}
			if got.header.Get("Content-Type") != "application/json" || got.header.Get("WWW-Authenticate") != "" {
				t.Errorf("%s: %s: got %v", c.name, path, got.header)
			}
		}
	}
}

func TestASignatureIsNoBearerToken(t *testing.T) {
	s := newStore(t, synthetic)
	if got := s.sign(validSigner(), "Patient/patient-001"); got.status != 403 || got.header.Get("X-Amzn-Errortype") != missing {
		t.Errorf("got %d %v", got.status, got.header)
	}
}

func TestTheDiscoveryDocumentIsServedTenTimesAMinuteToThoseWhoMayReadIt(t *testing.T) {
	s := newStore(t, synthetic)
	stranger := validSigner()
	stranger.credentials = sigv4test.NewKeyring().Issue(doorRole)
	for range 20 { // costs the account nothing
		if got := s.sign(stranger, discovery); got.status != 403 {
			t.Fatalf("a stranger: %d", got.status)
		}
	}
	for n := range 12 {
		got := s.sign(validSigner(), discovery)
		if want := map[bool]int{true: 200, false: 429}[n < 10]; got.status != want {
			t.Errorf("request %d: got %d, want %d", n+1, got.status, want)
		}
		if wait := got.header.Get("Retry-After"); got.status == 429 && wait != "60" {
			t.Errorf("Retry-After is %q", wait)
		}
	}
	for range 12 {
		if got := s.sign(validSigner(), metadata); got.status != 200 {
			t.Fatalf("the capability statement has another quota: %d", got.status)
		}
	}
}

func TestNoHeaderLetsABrowserOfAnotherOriginIn(t *testing.T) {
	s := newStore(t, synthetic)
	preflight := s.send("OPTIONS", "Patient/patient-001", holder{}, "", "Origin", "http://localhost:3000", "Access-Control-Request-Method", "PUT")
	if preflight.status != 405 {
		t.Errorf("preflight: %d", preflight.status)
	}
	answers := []response{
		preflight, s.send("GET", "Patient/patient-001", system, "", "Origin", "http://localhost:3000"),
		s.send("GET", "Patient", holder{}, "", "Origin", "http://localhost:3000"), s.sign(validSigner(), discovery), s.sign(validSigner(), metadata),
	}
	for n, got := range answers {
		for name := range got.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("answer %d has %s", n, name)
			}
		}
	}
}

func TestALenientDatastoreServesEverybodyAsOftenAsTheyLike(t *testing.T) {
	s := newStore(t, lenient)
	for range 20 {
		if got := s.send("GET", discovery, holder{}, ""); got.status != 200 || got.text != `{"issuer":"x"}` {
			t.Fatalf("got %d %s", got.status, got.text)
		}
	}
	for name, got := range map[string]response{"a signer": s.sign(validSigner(), metadata), "a token": s.send("GET", metadata, system, "")} {
		if got.status != 200 || got.body["resourceType"] != "CapabilityStatement" {
			t.Errorf("%s: got %d %s", name, got.status, got.text)
		}
	}
	stranger := validSigner()
	stranger.credentials = sigv4test.NewKeyring().Issue(doorRole)
	if got := s.sign(stranger, metadata); got.status != 403 {
		t.Errorf("a bad signature: %d", got.status)
	}
	if got := s.send("GET", "Patient", holder{}, ""); got.status != 401 || got.header.Get("WWW-Authenticate") != "Bearer" || got.issueCode() != "login" {
		t.Errorf("no token: got %d %v", got.status, got.header)
	}
}
