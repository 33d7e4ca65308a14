package validator_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain/lambdamaintest"
	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

const (
	issuer    = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example"
	serviceID = "1service23456789"
	appID     = "2app23456789"
	endpoint  = "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/"
	readRole  = "arn:aws:iam::123456789012:role/read"
	writeRole = "arn:aws:iam::123456789012:role/write"

	exportRole = "arn:aws:iam::123456789012:role/export"

	// now is when the tests take place: 2026-01-15T12:00:00Z.
	now = 1768478400

	// secret begins every value that must never be logged.
	secret = "secret-"
)

// signingKey is an RSA-2048 key of an issuer.
type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

// newKey makes a key when it is first needed: making one takes its time.
func newKey(id string) func() signingKey {
	return sync.OnceValue(func() signingKey {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return signingKey{id, private}
	})
}

var (
	currentKey = newKey("current")
	nextKey    = newKey("next")
	foreignKey = newKey(secret + "foreign") // of nobody whom the validator knows
)

// jwk is the key's public half as Cognito publishes it.
func (k signingKey) jwk() map[string]any {
	return map[string]any{
		"alg": "RS256", "e": "AQAB", "kid": k.id, "kty": "RSA", "use": "sig",
		"n": base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()),
	}
}

func (k signingKey) sign(input string) []byte {
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, k.private, crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return signature
}

func keySetJSON(keys ...map[string]any) string {
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// object is a JSON object under construction: every name as it stands between
// its quotes, every value as JSON. Unlike a map it may be wrong in every way.
type object []member

type member struct{ name, value string }

func (o object) set(name, value string) object {
	o = slices.Clone(o)
	for i := range o {
		if o[i].name == name {
			o[i].value = value
			return o
		}
	}
	return o.add(name, value)
}

func (o object) add(name, value string) object {
	return append(slices.Clip(o), member{name, value})
}

func (o object) drop(name string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return m.name == name })
}

func (o object) json() string {
	members := make([]string, len(o))
	for i, m := range o {
		members[i] = `"` + m.name + `":` + m.value
	}
	return "{" + strings.Join(members, ",") + "}"
}

// draft is a token before it is signed.
type draft struct {
	head, body object
	signer     func() signingKey
}

// serviceToken is a client's own token, as Cognito issues it for client
// credentials.
func serviceToken() draft {
	return draft{
		head: object{{"kid", `"current"`}, {"alg", `"RS256"`}},
		body: object{
			{"sub", quote(serviceID)},
			{"token_use", `"access"`},
			{"scope", `"system/*.read"`},
			{"auth_time", fmt.Sprint(now - 60)},
			{"iss", quote(issuer)},
			{"exp", fmt.Sprint(now + 3540)},
			{"iat", fmt.Sprint(now - 60)},
			{"version", `2`},
			{"jti", `"` + secret + `jti"`},
			{"client_id", quote(serviceID)},
		},
		signer: currentKey,
	}
}

// userToken is the token of a user who launched an app with a patient, as
// Cognito issues it with the claims of a pre-token-generation trigger.
func userToken() draft {
	d := serviceToken().
		claim("sub", `"`+secret+`sub"`).
		claim("client_id", quote(appID)).
		claim("scope", `"openid launch/patient patient/*.read user/*.read"`)
	d.body = d.body.
		add("username", `"`+secret+`username"`).
		add("cognito:groups", `["`+secret+`group"]`).
		add("origin_jti", `"`+secret+`origin"`).
		add("patient", `"`+secret+`patient"`).
		add("fhirUser", `"Practitioner/`+secret+`user"`)
	return d
}

func (d draft) header(name, value string) draft { d.head = d.head.set(name, value); return d }
func (d draft) claim(name, value string) draft  { d.body = d.body.set(name, value); return d }
func (d draft) noHeader(name string) draft      { d.head = d.head.drop(name); return d }
func (d draft) noClaim(name string) draft       { d.body = d.body.drop(name); return d }

// header2 and claim2 add a member even where there is one of its name.
func (d draft) header2(name, value string) draft { d.head = d.head.add(name, value); return d }
func (d draft) claim2(name, value string) draft  { d.body = d.body.add(name, value); return d }

func (d draft) signedBy(key func() signingKey) draft { d.signer = key; return d }

// token signs the draft with RS256, whatever its header says.
func (d draft) token() string { return compact(d.head.json(), d.body.json(), d.signer().sign) }

// compact puts a JWS together (RFC 7515 section 7.1).
func compact(header, claims string, sign func(input string) []byte) string {
	input := encode(header) + "." + encode(claims)
	return input + "." + encode(string(sign(input)))
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// clock is a wall clock that moves when it is told to.
type clock struct{ nanoseconds atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nanoseconds.Store(now * int64(time.Second))
	return c
}

func (c *clock) now() time.Time              { return time.Unix(0, c.nanoseconds.Load()) }
func (c *clock) move(by time.Duration)       { c.nanoseconds.Add(int64(by)) }
func (c *clock) secondsLater(n int64) string { return fmt.Sprint(c.now().Unix() + n) }

// fresh returns the draft as if it had been issued a minute ago.
func (c *clock) fresh(d draft) draft {
	return d.claim("iat", c.secondsLater(-60)).claim("exp", c.secondsLater(3540))
}

// issuerServer publishes a key set over TLS, and behaves as badly as it is told.
type issuerServer struct {
	*httptest.Server
	behavior atomic.Pointer[http.HandlerFunc]
	fetches  atomic.Int64
}

func newIssuerServer(t testing.TB) *issuerServer {
	t.Helper()
	s := &issuerServer{}
	s.publish(currentKey(), nextKey())
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fetches.Add(1)
		(*s.behavior.Load())(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *issuerServer) behave(behavior http.HandlerFunc) { s.behavior.Store(&behavior) }

func (s *issuerServer) publish(keys ...signingKey) {
	jwks := make([]map[string]any, len(keys))
	for i, key := range keys {
		jwks[i] = key.jwk()
	}
	s.behave(answer(http.StatusOK, keySetJSON(jwks...)))
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (s *issuerServer) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

// fixture is a validator with all that it stands on.
type fixture struct {
	*validator.Validator
	clock  *clock
	issuer *issuerServer
	log    *lambdamaintest.Log

	tb     testing.TB
	config validator.Config
}

// newFixture makes a validator that has read its key set, after the changes to
// its configuration.
func newFixture(t testing.TB, changes ...func(*validator.Config)) *fixture {
	t.Helper()
	f := newColdFixture(t, changes...)
	if err := f.Warm(context.Background()); err != nil {
		t.Fatal(err)
	}
	f.log.Take()
	return f
}

// newColdFixture makes a validator that has not yet read anything.
func newColdFixture(t testing.TB, changes ...func(*validator.Config)) *fixture {
	t.Helper()
	f := &fixture{clock: newClock(), issuer: newIssuerServer(t), log: &lambdamaintest.Log{}}
	config := configuration(f.issuer.URL + "/.well-known/jwks.json")
	config.RootCAs = f.issuer.roots()
	config.Now = f.clock.now
	config.Logger = slog.New(slog.NewJSONHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, change := range changes {
		change(&config)
	}
	v, err := validator.New(config)
	if err != nil {
		t.Fatal(err)
	}
	f.Validator, f.tb, f.config = v, t, config
	// What is told here is decided by the clock of the fixture; how long true time
	// may take is for the tests in false time to say.
	v.BePatient(1500*time.Millisecond, 5*time.Second)
	return f
}

func configuration(uri string) validator.Config {
	return validator.Config{
		Issuers:       []string{issuer, "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_example"},
		JWKSURI:       uri,
		Clients:       []validator.Client{{ID: serviceID}, {ID: appID, FHIRUserTypes: []string{"Practitioner"}}},
		Strategy:      smart.SMARTOnFHIR,
		ReadRoleARN:   readRole,
		WriteRoleARN:  writeRole,
		ExportRoleARN: exportRole,
	}
}

func event(token string) validator.Event {
	return validator.Event{
		DatastoreEndpoint:    endpoint,
		OperationName:        "ReadResource",
		BearerToken:          token,
		DatastoreID:          "0123456789abcdef0123456789abcdef",
		DatastoreTypeVersion: "R4",
		DatastoreName:        "example",
	}
}

// judge asks the validator, and holds the explanation of its answer against the answer.
func (f *fixture) judge(token string) validator.Answer {
	answer := f.Authorize(context.Background(), event(token))
	f.assertExplained(event(token), answer)
	return answer
}

// assertDenied holds the answer to a token against the exact denial.
func (f *fixture) assertDenied(t testing.TB, token string, reason validator.Reason) {
	t.Helper()
	payload, err := json.Marshal(event(token))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Invoke(context.Background(), payload)
	f.assertExplained(event(token), validator.Answer{AuthPayload: validator.AuthPayload{IsAuthorized: "false", Error: reason}})
	want := `{"authPayload":{"isAuthorized":"false","error":"` + string(reason) + `"}}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s (error %v)\nwant %s", got, err, want)
	}
}

func (f *fixture) assertAnswer(t testing.TB, token string, want validator.Answer) {
	t.Helper()
	if got := f.judge(token); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func (f *fixture) assertGranted(t testing.TB, token string) {
	t.Helper()
	if got := f.judge(token); !got.Authorized() {
		t.Errorf("got %+v, want a grant", got)
	}
}

// serviceAnswer is the answer to serviceToken.
func serviceAnswer() validator.Answer {
	return validator.Answer{
		AuthPayload: validator.AuthPayload{
			IsAuthorized: "true",
			Issuer:       issuer,
			Audience:     endpoint,
			IssuedAt:     now - 60,
			NotBefore:    now - 60,
			Expires:      now + 3540,
			UserID:       serviceID,
			ClientID:     serviceID,
			Scope:        "system/*.read",
		},
		IAMRoleARN: readRole,
	}
}

// userAnswer is the answer to userToken.
func userAnswer() validator.Answer {
	a := serviceAnswer()
	a.AuthPayload.UserID = secret + "sub"
	a.AuthPayload.ClientID = appID
	a.AuthPayload.Scope = "patient/*.read user/*.read"
	a.AuthPayload.Patient = secret + "patient"
	a.AuthPayload.FHIRUser = "Practitioner/" + secret + "user"
	return a
}

// plusModulus returns the number that differs from the signature by the modulus:
// the same to a verifier that forgets to compare, or nil if it does not fit.
func plusModulus(signature []byte, key signingKey) []byte {
	sum := new(big.Int).Add(new(big.Int).SetBytes(signature), key.private.N)
	if sum.BitLen() > 8*len(signature) {
		return nil
	}
	return sum.FillBytes(make([]byte, len(signature)))
}
