package local_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/local/localtest"
	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// The figures of the front door are ratios of one run: what is compared takes turns, so that
// other work on the machine hits both alike, and medians are compared.
//
//	go test ./internal/local -run '^$' -bench FrontDoor -benchtime 2000x
//	go test ./internal/local -run '^$' -bench ColdStart -benchtime 30x

// median sorts.
func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// took is how long something takes.
func took(call func()) time.Duration {
	began := time.Now()
	call()
	return time.Since(began)
}

// emptyFunction is one that answers every event at once, made with Lambda's library for Go as
// the front door is.
func emptyFunction(b *testing.B) *lambda.Function {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary, "./testdata/emptyfunction")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		b.Fatal(err)
	}
	function, err := lambda.New(lambda.Config{Name: "empty", Archive: localtest.ScriptArchive(b, string(content)), Timeout: 10 * time.Second, Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(function.Close)
	return function
}

// patientBody is a resource of an ordinary size.
var patientBody = `{"resourceType":"Patient","id":"p-1","text":{"status":"generated","div":"<div>` + strings.Repeat("Ann Example, ", 100) + `</div>"}}`

// event is what API Gateway says of a GET request to the chain.
func (c *chain) event(path string) []byte {
	host := strings.TrimPrefix(c.url, "https://")
	event, _ := json.Marshal(map[string]any{ // texts
		"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
		"headers": map[string]string{"accept": "application/fhir+json", "authorization": "Bearer " + canaryToken, "host": host},
		"requestContext": map[string]any{
			"domainName": host, "http": map[string]string{"method": "GET", "path": path, "sourceIp": "192.0.2.1"},
		},
	})
	return event
}

// BenchmarkFrontDoor compares, warm and one at a time: an invocation of an empty function,
// the discovery document from the door, a read through the whole chain and the same read
// from HealthLake itself, which here answers from memory.
func BenchmarkFrontDoor(b *testing.B) {
	c := newChain(b, doorArchive(b), goodCognito, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/fhir+json")
		_, _ = io.WriteString(w, patientBody)
	})
	empty, emptied, discovery := emptyFunction(b), c.event("/r4/Patient/p-1"), c.event("/r4/.well-known/smart-configuration")
	read := func(address string) func() {
		return func() {
			request := httptest.NewRequest(http.MethodGet, address, nil)
			request.RequestURI = ""
			request.Header.Set("Authorization", "Bearer "+canaryToken)
			response, err := c.client.Do(request)
			if err != nil {
				b.Fatal(err)
			}
			text, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if err != nil || response.StatusCode != http.StatusOK || string(text) != patientBody {
				b.Fatalf("%d %s %v", response.StatusCode, text, err)
			}
		}
	}
	invoke := func(function *lambda.Function, event []byte, holds string) func() {
		return func() {
			if answer, _, err := function.Invoke(b.Context(), event); err != nil || !strings.Contains(string(answer), holds) {
				b.Fatalf("%s %v", answer, err)
			}
		}
	}
	calls := []func(){
		invoke(empty, emptied, `200`), invoke(c.function, discovery, "token_endpoint"),
		read(c.url + "/r4/Patient/p-1"), read(c.healthLake.url + "/datastore/d1/r4/Patient/p-1"), invoke(c.function, c.event("/r4/Patient/p-1"), "Ann Example"),
	}
	times := make([][]time.Duration, len(calls))
	for range 20 {
		for _, call := range calls {
			call()
		}
	}
	for b.Loop() {
		for n, call := range calls {
			times[n] = append(times[n], took(call))
		}
	}
	nothing, document, through, direct, function := median(times[0]), median(times[1]), median(times[2]), median(times[3]), median(times[4])
	b.ReportMetric(float64(nothing.Microseconds()), "empty-µs")
	b.ReportMetric(float64(document)/float64(nothing), "discovery/empty")
	b.ReportMetric(float64(through-direct)/float64(nothing), "added/empty")
	b.ReportMetric(float64(function-direct)/float64(nothing), "added-without-API/empty")
	b.ReportMetric(float64(direct)/float64(nothing), "direct/empty")
	b.ReportMetric(0, "ns/op") // of all of them together, which says nothing
}

// BenchmarkColdStart compares, from the start of a process to its first answer: the front
// door's for the discovery document and for a read, which begins a connection to HealthLake,
// and the validator's, which fetches the key set.
func BenchmarkColdStart(b *testing.B) {
	door := doorArchive(b)
	c := newChain(b, door, goodCognito, goodHealthLake)
	cold := func(start func() *lambda.Function, event []byte, holds string) time.Duration {
		b.Helper()
		function := start()
		defer function.Close()
		var answer []byte
		var err error
		spent := took(func() { answer, _, err = function.Invoke(b.Context(), event) })
		if err != nil || !strings.Contains(string(answer), holds) {
			b.Fatalf("%s %v", answer, err)
		}
		return spent
	}
	startDoor := func() *lambda.Function { return newDoorFunction(b, door, c, &lambdamaintest.Log{}) }
	startValidator, event := coldValidator(b)
	discovery, read := c.event("/r4/.well-known/smart-configuration"), c.event("/r4/Patient/p-1")
	var validated, discovered, served []time.Duration
	for b.Loop() {
		validated = append(validated, cold(startValidator, event, `"isAuthorized":"true"`))
		discovered = append(discovered, cold(startDoor, discovery, "token_endpoint"))
		served = append(served, cold(startDoor, read, "p-1"))
	}
	b.ReportMetric(float64(median(validated).Microseconds())/1000, "validator-ms")
	b.ReportMetric(float64(median(discovered))/float64(median(validated)), "discovery/validator")
	b.ReportMetric(float64(median(served))/float64(median(validated)), "read/validator")
	b.ReportMetric(0, "ns/op") // of all of them together, which says nothing
}

// coldValidator starts validators, and is an event that they grant.
func coldValidator(b *testing.B) (start func() *lambda.Function, event []byte) {
	b.Helper()
	archive, err := machine.Validator.Archive(b.Context(), "", nil)
	if err != nil {
		b.Fatal(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	keys := newServer(b, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"keys":[{"kty":"RSA","kid":"k1","use":"sig","alg":"RS256","e":"AQAB","n":"`+part(key.N.Bytes())+`"}]}`)
	})
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": "https://issuer.example", "sub": "service", "client_id": "service", "token_use": "access", "scope": "system/*.read",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	token.Header["kid"] = "k1"
	signed, err := token.SignedString(key)
	if err != nil {
		b.Fatal(err)
	}
	const endpoint = "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/"
	if event, err = json.Marshal(validator.Event{DatastoreEndpoint: endpoint, OperationName: "ReadResource", BearerToken: signed}); err != nil {
		b.Fatal(err)
	}
	environment := map[string]string{
		"SSL_CERT_FILE": keys.certificate(b), "ISSUERS": "https://issuer.example", "JWKS_URI": keys.url, "CLIENTS": `[{"ids":["service"]}]`,
		"AUTHORIZATION_STRATEGY": "SMART_ON_FHIR", "READ_ROLE_ARN": "arn:aws:iam::123456789012:role/read",
		"WRITE_ROLE_ARN": "arn:aws:iam::123456789012:role/write", "EXPORT_ROLE_ARN": "arn:aws:iam::123456789012:role/export",
	}
	return func() *lambda.Function {
		function, err := lambda.New(lambda.Config{Name: "validator", Archive: archive, Environment: environment, Timeout: 10 * time.Second, Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		return function
	}, event
}
