package validator_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/smart"
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
	fifty := quote(strings.Repeat("patient/Observation.rs?category=x ", 49) + "user/*.rs")
	for _, c := range []struct {
		name  string
		token draft
	}{
		{"service", serviceToken()},
		{"user", userToken()},
		{"user with 50 scopes", userToken().claim("scope", fifty)},
	} {
		// More tokens than are remembered, in a round: each is forgotten when its
		// turn comes again.
		fresh := make([]string, validator.MaxSeen+1)
		for i := range fresh {
			fresh[i] = c.token.claim("jti", quote(fmt.Sprint(i))).token()
		}
		b.Run("fresh "+c.name, func(b *testing.B) { f.judgeOften(b, "", fresh...) })
		b.Run("seen "+c.name, func(b *testing.B) { f.judgeOften(b, "", fresh[0]) })
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
		b.Run(c.name, func(b *testing.B) { f.judgeOften(b, c.reason, c.token) })
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

func (f *fixture) judgeOften(b *testing.B, reason validator.Reason, tokens ...string) {
	ctx, e := context.Background(), event(tokens[0])
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.BearerToken = tokens[i%len(tokens)]
		if got := f.Authorize(ctx, e); got.AuthPayload.Error != reason {
			b.Fatalf("got %+v", got)
		}
	}
}

func BenchmarkParseScopes(b *testing.B) {
	for name, claim := range map[string]string{
		"1":           "system/*.read",
		"50":          strings.Repeat("patient/Observation.rs ", 49) + "user/*.rs",
		"50 filtered": strings.Repeat("patient/Observation.rs?category=x ", 49) + "user/*.rs",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				texts, ok := smart.SplitScopes(claim)
				if !ok {
					b.Fatal(claim)
				}
				for _, text := range texts {
					if _, err := smart.ParseScope(text); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
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
