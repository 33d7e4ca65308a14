package validator_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/smartlake/pulumi-smartlake/smart"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// An issuer on this machine signs the token of a user, whose app asked for more than it
// may have. The answer has the scopes that count and names the least role that serves.
func Example() {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		log.Fatal(err)
	}
	issuer := publish(key) // closed at the end: log.Fatal runs no deferred call
	trusted := x509.NewCertPool()
	trusted.AddCert(issuer.Certificate())

	v, err := validator.New(validator.Config{
		Issuers:       []string{issuer.URL},
		JWKSURI:       issuer.URL + "/.well-known/jwks.json",
		Clients:       []validator.Client{{ID: "2app23456789"}},
		Strategy:      smart.SMARTOnFHIR,
		ReadRoleARN:   "arn:aws:iam::123456789012:role/read",
		WriteRoleARN:  "arn:aws:iam::123456789012:role/write",
		ExportRoleARN: "arn:aws:iam::123456789012:role/export",
		RootCAs:       trusted,
	})
	if err != nil {
		log.Fatal(err)
	}

	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": issuer.URL, "token_use": "access", "client_id": "2app23456789",
		"sub": "7f5e9b3c", "username": "ann", "patient": "p-1",
		"scope": "openid patient/Observation.rs system/*.rs",
		"iat":   time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	token.Header["kid"] = "current"
	signed, err := token.SignedString(key)
	if err != nil {
		log.Fatal(err)
	}
	event := validator.Event{
		DatastoreEndpoint: "https://healthlake.us-east-1.amazonaws.com/datastore/0123456789abcdef0123456789abcdef/r4/",
		OperationName:     "ReadResource",
		BearerToken:       signed,
	}
	answer := v.Authorize(context.Background(), event)
	fmt.Println(answer.AuthPayload.IsAuthorized, answer.AuthPayload.Scope, answer.AuthPayload.Patient, answer.IAMRoleARN)

	event.BearerToken = signed[:len(signed)-8] + "AAAAAAAA"
	answer = v.Authorize(context.Background(), event)
	fmt.Println(answer.AuthPayload.IsAuthorized, answer.AuthPayload.Error)
	issuer.Close()
	// Output:
	// true patient/Observation.rs p-1 arn:aws:iam::123456789012:role/read
	// false signature_invalid
}

// publish serves a key set, as an issuer does.
func publish(key *rsa.PrivateKey) *httptest.Server {
	set := map[string]any{"keys": []any{map[string]string{
		"kid": "current", "kty": "RSA", "alg": "RS256", "use": "sig", "e": "AQAB",
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
	}}}
	return httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(set)
	}))
}
