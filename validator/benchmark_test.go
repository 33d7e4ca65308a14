package validator_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// BenchmarkSignatureAlone is the floor: no judgement can be faster than the one
// verification it needs.
func BenchmarkSignatureAlone(b *testing.B) {
	header, claims, encoded := split(serviceToken().token())
	input, public := []byte(header+"."+claims), &currentKey().private.PublicKey
	signature := must(base64.RawURLEncoding.DecodeString(encoded))
	b.ReportAllocs()
	for b.Loop() {
		digest := sha256.Sum256(input)
		if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthorize(b *testing.B) {
	f := newFixture(b, func(c *validator.Config) { c.Logger = nil })
	for _, c := range []struct{ name, token string }{
		{"service", serviceToken().token()},
		{"user", userToken().token()},
		{"user with 50 scopes", userToken().claim("scope", quote(strings.Repeat("patient/Observation.rs?category=x ", 49)+"user/*.rs")).token()},
	} {
		b.Run(c.name, func(b *testing.B) { f.judgeOften(b, c.token, "") })
	}
}

func BenchmarkRefuse(b *testing.B) {
	f := newFixture(b, func(c *validator.Config) { c.Logger = nil })
	for _, c := range []struct {
		name   string
		token  string
		reason validator.Reason
	}{
		{"too long", strings.Repeat("x", validator.MaxTokenBytes+1), validator.TokenTooLong},
		{"dots alone", strings.Repeat(".", validator.MaxTokenBytes), validator.TokenMalformed},
		{"alg none", serviceToken().header("alg", `"none"`).token(), validator.AlgorithmNotAllowed},
		{"unknown kid", serviceToken().header("kid", `"x"`).token(), validator.KeyUnknown},
		{"wrong signature", raised(), validator.SignatureInvalid},
		{"expired", serviceToken().claim("exp", "0").token(), validator.TokenExpired},
		{"longest claims, unsigned", longestUnsigned(), validator.SignatureInvalid},
	} {
		b.Run(c.name, func(b *testing.B) { f.judgeOften(b, c.token, c.reason) })
	}
}

// raised is a token whose scopes were raised after it was signed.
func raised() string {
	header, _, signature := split(serviceToken().token())
	return header + "." + encode(serviceToken().claim("scope", `"system/*.*"`).body.json()) + "." + signature
}

// longestUnsigned is the most that a stranger can make the validator do.
func longestUnsigned() string {
	header, _, signature := split(serviceToken().token())
	room := validator.MaxTokenBytes - len(header) - len(signature) - 2
	return header + "." + strings.Repeat("A", room/4*4) + "." + signature
}

func (f *fixture) judgeOften(b *testing.B, token string, reason validator.Reason) {
	ctx, e := context.Background(), event(token)
	b.ReportAllocs()
	for b.Loop() {
		if got := f.Authorize(ctx, e); got.AuthPayload.Error != reason {
			b.Fatalf("got %+v", got)
		}
	}
}

func BenchmarkKeyLookup(b *testing.B) {
	f := newFixture(b)
	for name, kid := range map[string]string{"known": "current", "unknown": "x"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if key, err := f.LookUpKey(context.Background(), kid); (key == nil) != (kid == "x") {
					b.Fatal(key, err)
				}
			}
		})
	}
}
