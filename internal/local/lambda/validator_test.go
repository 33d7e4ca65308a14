package lambda_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/smartlake/pulumi-smartlake/internal/local/lambda"
	"github.com/smartlake/pulumi-smartlake/internal/local/machine"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// These tests drive the packaged validator, the archive that is uploaded to
// Lambda, over the Lambda Runtime API, with a key set behind TLS.

const endpoint = "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/"

type issuer struct {
	key    *rsa.PrivateKey
	server *httptest.Server
}

func newIssuer(t testing.TB) issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256",
			"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		}}})
	}))
	t.Cleanup(server.Close)
	return issuer{key, server}
}

func (i issuer) token(t testing.TB, change func(jwt.MapClaims)) string {
	t.Helper()
	now := time.Now().Unix()
	claims := jwt.MapClaims{
		"iss": "https://issuer.example", "sub": "service", "client_id": "service", "token_use": "access",
		"scope": "system/*.read", "iat": now, "exp": now + 600,
	}
	change(claims)
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = "k1"
	signed, err := token.SignedString(i.key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func environment(t testing.TB, i issuer) map[string]string {
	t.Helper()
	certificate := filepath.Join(t.TempDir(), "issuer.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.server.Certificate().Raw})
	if err := os.WriteFile(certificate, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"SSL_CERT_FILE":          certificate,
		"ISSUERS":                "https://issuer.example",
		"JWKS_URI":               i.server.URL,
		"CLIENTS":                `[{"ids":["app","service"]}]`,
		"AUTHORIZATION_STRATEGY": "SMART_ON_FHIR",
		"READ_ROLE_ARN":          "arn:aws:iam::123456789012:role/read",
		"WRITE_ROLE_ARN":         "arn:aws:iam::123456789012:role/write",
		"EXPORT_ROLE_ARN":        "arn:aws:iam::123456789012:role/export",
		"LOG_LEVEL":              "debug",
	}
}

// packaged is the archive of the validator for this machine.
func packaged(t testing.TB) string {
	t.Helper()
	archive, err := machine.Validator.Archive(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

func run(t *testing.T, environment map[string]string, log *strings.Builder) *lambda.Function {
	t.Helper()
	function, err := lambda.New(lambda.Config{
		ARN: "arn:aws:lambda:us-east-1:123456789012:function:validator", Name: "validator",
		Archive: packaged(t), Environment: environment, Timeout: 5 * time.Second, Dir: t.TempDir(), Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(function.Close)
	return function
}

func ask(t *testing.T, function *lambda.Function, token string) string {
	t.Helper()
	event, err := json.Marshal(validator.Event{DatastoreEndpoint: endpoint, OperationName: "SearchWithGet", BearerToken: token})
	if err != nil {
		t.Fatal(err)
	}
	answer, _, err := function.Invoke(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func TestThePackagedValidatorGrants(t *testing.T) {
	i := newIssuer(t)
	var log strings.Builder
	function := run(t, environment(t, i), &log)
	for name, c := range map[string]struct {
		change              func(jwt.MapClaims)
		role, scope, holder string
	}{
		"a service that reads":  {func(jwt.MapClaims) {}, "read", "system/*.read", ""},
		"a service that writes": {func(c jwt.MapClaims) { c["scope"] = "system/*.read system/Patient.u" }, "write", "system/*.read system/Patient.u", ""},
		"a user with a patient": {func(c jwt.MapClaims) {
			maps.Copy(c, jwt.MapClaims{"sub": "u1", "client_id": "app", "username": "ann", "patient": "p1", "scope": "openid system/*.* patient/*.rs"})
		}, "read", "patient/*.rs", "p1"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer validator.Answer
			if err := json.Unmarshal([]byte(ask(t, function, i.token(t, c.change))), &answer); err != nil {
				t.Fatal(err)
			}
			if !answer.Authorized() || answer.AuthPayload.Scope != c.scope || answer.AuthPayload.Audience != endpoint ||
				answer.AuthPayload.Patient != c.holder || answer.IAMRoleARN != "arn:aws:iam::123456789012:role/"+c.role {
				t.Errorf("got %+v", answer)
			}
		})
	}
}

func TestThePackagedValidatorRefuses(t *testing.T) {
	i, stranger := newIssuer(t), newIssuer(t)
	var log strings.Builder
	function := run(t, environment(t, i), &log)
	same := func(jwt.MapClaims) {}
	for name, c := range map[string]struct {
		token  string
		reason validator.Reason
	}{
		"no token":                    {"", validator.TokenMissing},
		"a stranger's signature":      {stranger.token(t, same), validator.SignatureInvalid},
		"an ID token":                 {i.token(t, func(c jwt.MapClaims) { c["token_use"] = "id" }), validator.TokenUseNotAccess},
		"another pool's token":        {i.token(t, func(c jwt.MapClaims) { c["iss"] = "https://other.example" }), validator.IssuerUnknown},
		"a client that is not listed": {i.token(t, func(c jwt.MapClaims) { c["client_id"] = "other" }), validator.ClientUnknown},
		"an expired token":            {i.token(t, func(c jwt.MapClaims) { c["exp"] = time.Now().Unix() - 1 }), validator.TokenExpired},
		"a user with system scopes only": {i.token(t, func(c jwt.MapClaims) {
			maps.Copy(c, jwt.MapClaims{"sub": "u1", "username": "ann", "scope": "system/*.*"})
		}), validator.ScopeInsufficient},
	} {
		t.Run(name, func(t *testing.T) {
			want := `{"authPayload":{"isAuthorized":"false","error":"` + string(c.reason) + `"}}`
			if got := ask(t, function, c.token); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestTheFunctionEndsAtOnceWithoutItsEnvironment(t *testing.T) {
	incomplete := environment(t, newIssuer(t))
	delete(incomplete, "ISSUERS")
	incomplete["JWKS_URI"] = "http://plain.example"
	var log strings.Builder
	function := run(t, incomplete, &log)
	if _, _, err := function.Invoke(t.Context(), []byte(`{}`)); err == nil {
		t.Fatal("a function without its environment answered")
	}
	function.Close()
	for _, want := range []string{"ISSUERS: not set", "JWKS_URI: \\\"http://plain.example\\\": must be an absolute https URL"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q: %s", want, log.String())
		}
	}
}

func TestAsManyInstancesRunAsThereAreCallsAtOnce(t *testing.T) {
	i := newIssuer(t)
	var log strings.Builder
	function := run(t, environment(t, i), &log)
	token := i.token(t, func(jwt.MapClaims) {})
	event, err := json.Marshal(validator.Event{DatastoreEndpoint: endpoint, OperationName: "SearchWithGet", BearerToken: token})
	if err != nil {
		t.Fatal(err)
	}
	cold := make(chan bool)
	for range 4 {
		go func() {
			_, started, err := function.Invoke(t.Context(), event)
			cold <- started && err == nil
		}()
	}
	starts := 0
	for range 4 {
		if <-cold {
			starts++
		}
	}
	if starts < 2 {
		t.Errorf("%d cold starts for four calls at once", starts)
	}
	if _, started, err := function.Invoke(t.Context(), event); started || err != nil {
		t.Errorf("a warm call started a process (%v) or failed: %v", started, err)
	}
}

func TestAWarmFunctionStartsNothingForItsFirstCall(t *testing.T) {
	i := newIssuer(t)
	event, err := json.Marshal(validator.Event{
		DatastoreEndpoint: endpoint, OperationName: "ReadResource", BearerToken: i.token(t, func(jwt.MapClaims) {}),
	})
	if err != nil {
		t.Fatal(err)
	}
	function := run(t, environment(t, i), &strings.Builder{})
	function.Warm()
	if _, cold, err := function.Invoke(t.Context(), event); err != nil || cold {
		t.Errorf("cold: %t, %v", cold, err)
	}
	broken := run(t, nil, &strings.Builder{})
	broken.Warm()
	if _, cold, err := broken.Invoke(t.Context(), event); err == nil || !cold {
		t.Errorf("without its environment: cold: %t, %v", cold, err)
	}
}
