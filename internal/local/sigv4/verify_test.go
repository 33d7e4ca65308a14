package sigv4_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4"
	"github.com/smartlake/pulumi-smartlake/internal/local/sigv4/sigv4test"
)

const (
	role   = "arn:aws:iam::123456789012:role/door"
	region = "us-east-1"
	body   = `{"resourceType":"Patient"}`
)

var noon = time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)

// signing is how a request is signed, and what becomes of it on its way.
type signing struct {
	keys                          *sigv4.Keyring
	credentials                   sigv4.Credentials
	method, address, body, hashed string
	service, region               string
	at, now                       time.Time
	header                        map[string]string                 // before it is signed
	alter                         func(signed *http.Request)        // after it was signed
	edit                          func(authorization string) string // after it was signed
}

func valid() *signing {
	keys := sigv4test.NewKeyring()
	return &signing{
		keys: keys, credentials: keys.Issue(role),
		method: http.MethodGet, address: "https://healthlake.example:8443/datastore/a22c/r4/metadata?_format=json", hashed: "",
		service: "healthlake", region: region, at: noon, now: noon, header: map[string]string{},
	}
}

// send signs the request as AWS's SDK does, and returns it as a server reads it.
func (s *signing) send(t *testing.T) *http.Request {
	t.Helper()
	var content io.Reader
	if s.body != "" {
		content = strings.NewReader(s.body)
	}
	request := httptest.NewRequest(s.method, s.address, content)
	request.Header = http.Header{}
	for name, value := range s.header {
		request.Header.Set(name, value)
	}
	sum := sha256.Sum256([]byte(s.hashed))
	own := aws.Credentials{AccessKeyID: s.credentials.AccessKeyID, SecretAccessKey: s.credentials.SecretAccessKey, SessionToken: s.credentials.SessionToken}
	query := request.URL.RawQuery
	if err := v4.NewSigner().SignHTTP(t.Context(), own, request, hex.EncodeToString(sum[:]), s.service, s.region, s.at); err != nil {
		t.Fatal(err)
	}
	request.URL.RawQuery = query
	if s.edit != nil {
		request.Header.Set("Authorization", s.edit(request.Header.Get("Authorization")))
	}
	if s.alter != nil {
		s.alter(request)
	}
	return request
}

func (s *signing) verify(t *testing.T) (string, error) {
	t.Helper()
	return s.keys.Verify(s.send(t), "healthlake", region, s.now)
}

func TestAPrincipalIsKnownByTheSignatureOfItsRequest(t *testing.T) {
	for name, change := range map[string]func(*signing){
		"as the SDK signs":         func(*signing) {},
		"with other headers":       func(s *signing) { s.header["Accept"] = "application/fhir+json"; s.header["X-Amz-Fhir-History"] = "1" },
		"with a payload":           func(s *signing) { s.method, s.body, s.hashed = http.MethodPost, body, body },
		"with a stated payload":    func(s *signing) { s.header["X-Amz-Content-Sha256"] = hashOf("") },
		"an unsigned other header": func(s *signing) { s.alter = func(r *http.Request) { r.Header.Set("User-Agent", "x") } },
		"almost five minutes old":  func(s *signing) { s.at = s.now.Add(-4*time.Minute - 58*time.Second) },
		"by a fast clock":          func(s *signing) { s.at = s.now.Add(4*time.Minute + 58*time.Second) },
		"of an encoded path":       func(s *signing) { s.address = "https://healthlake.example/datastore/a22c/r4/Patient/a%20b%2Fc" },
		"of an encoded query":      func(s *signing) { s.address += "&code=a%7Cb%2Cc&name=%C3%A9" },
		"a replay":                 func(s *signing) { _, _ = s.verify(t) },
	} {
		t.Run(name, func(t *testing.T) {
			s := valid()
			change(s)
			request := s.send(t)
			got, err := s.keys.Verify(request, "healthlake", region, s.now)
			if err != nil || got != role {
				t.Fatalf("got %q, %v", got, err)
			}
			if left, err := io.ReadAll(request.Body); err != nil || string(left) != s.body {
				t.Errorf("the body is no longer readable: %q, %v", left, err)
			}
		})
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

const (
	missing      = "MissingAuthenticationTokenException"
	incomplete   = "IncompleteSignatureException"
	unrecognized = "UnrecognizedClientException"
	invalid      = "InvalidSignatureException"
)

func replacing(old, replacement string) func(string) string {
	return func(text string) string { return strings.Replace(text, old, replacement, 1) }
}

func TestARequestWithoutAGoodSignatureIsNobodys(t *testing.T) {
	altered := func(alter func(*http.Request)) func(*signing) {
		return func(s *signing) { s.alter = alter }
	}
	edited := func(edit func(string) string) func(*signing) {
		return func(s *signing) { s.edit = edit }
	}
	for _, c := range []struct {
		name    string
		change  func(*signing)
		typ     string
		message string
	}{
		{"unsigned", altered(func(r *http.Request) { r.Header.Del("Authorization") }), missing, "Missing Authentication Token"},
		{"a bearer token", edited(func(string) string { return "Bearer eyJ" }), incomplete, "algorithm AWS4-HMAC-SHA256"},
		{"two signatures", altered(func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }), incomplete, "more than one"},
		{"another algorithm", edited(replacing("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")), incomplete, "algorithm"},
		{"no signed headers", edited(replacing("SignedHeaders=", "X=")), incomplete, "'SignedHeaders'"},
		{"no signature", edited(func(text string) string { return text[:strings.Index(text, "Signature=")+len("Signature=")] }), incomplete, "'Signature'"},
		{"two credentials", edited(func(text string) string { return text + ", Credential=x" }), incomplete, "repeated"},
		{"a part besides", edited(func(text string) string { return text + ", More=x" }), incomplete, "no others"},
		{"a shortened credential", edited(replacing("/aws4_request", "")), incomplete, "form"},
		{"no date", altered(func(r *http.Request) { r.Header.Del("X-Amz-Date") }), incomplete, "X-Amz-Date"},
		{"two dates", altered(func(r *http.Request) { r.Header.Add("X-Amz-Date", r.Header.Get("X-Amz-Date")) }), incomplete, "X-Amz-Date"},
		{"a date in words", altered(func(r *http.Request) { r.Header.Set("X-Amz-Date", "today") }), incomplete, "ISO-8601"},
		{"a later date", altered(func(r *http.Request) {
			r.Header.Set("X-Amz-Date", "20260304T120001Z")
		}), invalid, "does not match the signature"},
		{"a date of another day", edited(replacing("/20260304/", "/20260303/")), invalid, "Credential scope"},
		{"expired", func(s *signing) { s.at = s.now.Add(-5*time.Minute - 2*time.Second) }, invalid, "Signature expired"},
		{"of the future", func(s *signing) { s.at = s.now.Add(5*time.Minute + 2*time.Second) }, invalid, "Signature not yet current"},
		{"another region", func(s *signing) { s.region = "eu-west-1" }, invalid, "valid region: 'us-east-1'"},
		{"another service", func(s *signing) { s.service = "s3" }, invalid, "correct service: 'healthlake'"},
		{"a region in the place of another", func(s *signing) { s.region, s.edit = "eu-west-1", replacing("eu-west-1", region) }, invalid, "does not match the signature"},
		{"the host is not covered", edited(replacing("SignedHeaders=host;", "SignedHeaders=")), invalid, "'Host' must be"},
		{"the date is not covered", edited(replacing(";x-amz-date", "")), invalid, "'X-Amz-Date' must be"},
		{"the token is not covered", edited(replacing(";x-amz-security-token", "")), invalid, "'X-Amz-Security-Token' must be"},
		{"an x-amz- header that was added", altered(func(r *http.Request) { r.Header.Set("X-Amz-Fhir-History", "1") }), invalid, "'X-Amz-Fhir-History' must be"},
		{"a header that is covered and not sent", edited(replacing("SignedHeaders=", "SignedHeaders=accept;")), invalid, "does not match the signature"},
		{"an unknown key", edited(replacing("Credential=ASIA", "Credential=ASIB")), unrecognized, "security token"},
		{"no session token", altered(func(r *http.Request) { r.Header.Del("X-Amz-Security-Token") }), unrecognized, "security token"},
		{"another's session token", func(s *signing) { s.credentials.SessionToken = s.keys.Issue("other").SessionToken }, unrecognized, "security token"},
		{"another keyring's credentials", func(s *signing) { s.credentials = sigv4test.NewKeyring().Issue(role) }, unrecognized, "security token"},
		{"another's secret", func(s *signing) { s.credentials.SecretAccessKey = s.keys.Issue("other").SecretAccessKey }, invalid, "does not match the signature"},
		{"a changed signature", edited(func(text string) string {
			last := "0"
			if strings.HasSuffix(text, "0") {
				last = "1"
			}
			return text[:len(text)-1] + last
		}), invalid, "does not match the signature"},
		{"a cut signature", edited(func(text string) string { return text[:len(text)-1] }), invalid, "does not match the signature"},
		{"replayed with another path", altered(func(r *http.Request) { r.URL.Path = "/datastore/other/r4/metadata" }), invalid, "does not match the signature"},
		{"replayed with another query", altered(func(r *http.Request) { r.URL.RawQuery = "_format=xml" }), invalid, "does not match the signature"},
		{"replayed with more of a query", altered(func(r *http.Request) { r.URL.RawQuery += "&more" }), invalid, "does not match the signature"},
		{"replayed with a query that parsers leave out", altered(func(r *http.Request) { r.URL.RawQuery += "&a;b=c" }), invalid, "does not match the signature"},
		{"replayed with another method", altered(func(r *http.Request) { r.Method = http.MethodDelete }), invalid, "does not match the signature"},
		{"replayed at another host", altered(func(r *http.Request) { r.Host = "other.example" }), invalid, "does not match the signature"},
		{"a payload that was added", altered(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(body)) }), invalid, "does not match the signature"},
		{"another payload", func(s *signing) { s.method, s.body, s.hashed = http.MethodPost, body, "{}" }, invalid, "does not match the signature"},
		{"a payload of another hash", func(s *signing) { s.header["X-Amz-Content-Sha256"] = hashOf(body) }, invalid, "x-amz-content-sha256"},
		{"an unsigned payload", func(s *signing) { s.header["X-Amz-Content-Sha256"] = "UNSIGNED-PAYLOAD" }, invalid, "x-amz-content-sha256"},
		{"a payload that does not end", func(s *signing) { s.method, s.body = http.MethodPost, strings.Repeat("x", 6<<20+1) }, invalid, "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := valid()
			c.change(s)
			principal, err := s.verify(t)
			var refused *sigv4.Error
			if !errors.As(err, &refused) || refused.Type != c.typ || !strings.Contains(refused.Message, c.message) || principal != "" {
				t.Errorf("got %q, %v; want %s with %q", principal, err, c.typ, c.message)
			}
		})
	}
}

func TestNoRefusalHoldsASecret(t *testing.T) {
	s := valid()
	s.at = s.now.Add(-time.Hour)
	_, err := s.verify(t)
	for _, secret := range []string{s.credentials.SecretAccessKey, s.credentials.SessionToken} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q holds a secret", err)
		}
	}
}

func TestAPrincipalHasTheSameCredentialsEachTimeAndNobodyElseHasThem(t *testing.T) {
	keys := sigv4test.NewKeyring()
	first, again, other := keys.Issue(role), keys.Issue(role), keys.Issue("other")
	if first != again || first.AccessKeyID == other.AccessKeyID || first.SecretAccessKey == other.SecretAccessKey || first.SessionToken == other.SessionToken {
		t.Errorf("%+v, %+v, %+v", first, again, other)
	}
	if len(first.AccessKeyID) != 20 || !strings.HasPrefix(first.AccessKeyID, "ASIA") || len(first.SecretAccessKey) != 40 {
		t.Errorf("not in the form of AWS's: %+v", first)
	}
	environment := first.Environment(region)
	if len(environment) != 5 || environment["AWS_ACCESS_KEY_ID"] != first.AccessKeyID || environment["AWS_SECRET_ACCESS_KEY"] != first.SecretAccessKey ||
		environment["AWS_SESSION_TOKEN"] != first.SessionToken || environment["AWS_REGION"] != region || environment["AWS_DEFAULT_REGION"] != region {
		t.Errorf("got %v", environment)
	}
}

// curl signs as AWS's guide to HealthLake shows it.
func TestWhatCurlSignsIsVerified(t *testing.T) {
	keys := sigv4test.NewKeyring()
	credentials := keys.Issue(role)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, err := keys.Verify(r, "healthlake", region, time.Now())
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, principal)
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "curl", "--silent", "--show-error", "--max-time", "20",
		"--aws-sigv4", "aws:amz:"+region+":healthlake", "--user", credentials.AccessKeyID+":"+credentials.SecretAccessKey,
		"--header", "x-amz-security-token: "+credentials.SessionToken, "--header", "Accept: application/json",
		server.URL+"/datastore/a22c/r4/.well-known/smart-configuration").CombinedOutput()
	if err != nil || string(out) != role {
		t.Errorf("got %v: %s", err, out)
	}
}
