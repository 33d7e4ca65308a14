package validator_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson/strictjsontest"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// attack is a token that must not pass, known from where it is described. It is
// a valid token but for one thing, and signed by the right key unless the attack
// is about the signature: nothing else may be what refuses it.
type attack struct {
	name      string
	reference string
	reason    validator.Reason
	token     func() string
}

// catalogue is every attack there is a test for.
func catalogue() []attack {
	attacks := slices.Concat(
		shapeAttacks(), spellingAttacks(),
		headerJSONAttacks(), algorithmAttacks(), keyIDAttacks(), headerPointerAttacks(),
		confusionAttacks(), signatureAttacks(),
		claimsJSONAttacks(), duplicateClaimAttacks(), timeAttacks(), identityAttacks(), audienceAttacks(), holderAttacks(), scopeAttacks(),
	)
	// Some come from maps; a seed of a fuzz target is known by its number.
	slices.SortFunc(attacks, func(a, b attack) int { return strings.Compare(a.name, b.name) })
	return attacks
}

func TestNoTokenOfTheCataloguePasses(t *testing.T) {
	f := newFixture(t)
	for _, a := range catalogue() {
		t.Run(a.name, func(t *testing.T) {
			f.assertDenied(t, a.token(), a.reason)
			if t.Failed() {
				t.Log("see", a.reference)
			}
		})
	}
}

func TestTheCatalogueProvokesEveryReasonThatATokenCan(t *testing.T) {
	provoked := map[validator.Reason]bool{}
	names := map[string]bool{}
	for _, a := range catalogue() {
		provoked[a.reason] = true
		if names[a.name] {
			t.Errorf("two attacks are named %s", a.name)
		}
		names[a.name] = true
	}
	for _, reason := range []validator.Reason{
		validator.TokenMissing, validator.TokenTooLong, validator.TokenMalformed,
		validator.HeaderMalformed, validator.HeaderNotAllowed, validator.AlgorithmNotAllowed, validator.KeyIDMissing,
		validator.KeyUnknown, validator.SignatureInvalid, validator.ClaimsMalformed,
		validator.IssuerUnknown, validator.TokenUseNotAccess, validator.ClientUnknown, validator.PossessionRequired, validator.AudienceMismatch,
		validator.TokenExpired, validator.TokenNotYetValid, validator.TokenIssuedInFuture,
		validator.SubjectInvalid, validator.ScopeMalformed, validator.ScopeInsufficient, validator.FHIRUserTypeNotAllowed,
	} {
		if !provoked[reason] {
			t.Errorf("no attack is refused with %s", reason)
		}
	}
}

// text is a token that is no draft.
func text(token string) func() string { return func() string { return token } }

// bent is a valid token, bent after it was signed.
func bent(bend func(header, claims, signature string) string) func() string {
	return func() string {
		parts := strings.Split(serviceToken().token(), ".")
		return bend(parts[0], parts[1], parts[2])
	}
}

// headerText and claimsText are valid tokens with this text for a part.
func headerText(header string) func() string {
	return func() string { return compact(header, serviceToken().body.json(), currentKey().sign) }
}

func claimsText(claims string) func() string {
	return func() string { return compact(serviceToken().head.json(), claims, currentKey().sign) }
}

func shapeAttacks() []attack {
	const rfc = "RFC 7515 section 7.1"
	return []attack{
		{"no token", "RFC 6750 section 3.1", validator.TokenMissing, text("")},
		{"the scheme alone", "RFC 6750 section 2.1", validator.TokenMissing, text("Bearer ")},
		{"the scheme twice", "RFC 6750 section 2.1", validator.TokenMalformed, bent(func(h, c, s string) string { return "Bearer Bearer " + h + "." + c + "." + s })},
		{"the scheme in lower case", "RFC 6750 section 2.1", validator.TokenMalformed, bent(func(h, c, s string) string { return "bearer " + h + "." + c + "." + s })},
		{"one part", rfc, validator.TokenMalformed, bent(func(h, _, _ string) string { return h })},
		{"two parts", rfc, validator.TokenMalformed, bent(func(h, c, _ string) string { return h + "." + c })},
		{"four parts", rfc, validator.TokenMalformed, bent(func(h, c, s string) string { return h + "." + c + "." + s + "." + s })},
		{"four parts, the last empty", rfc, validator.TokenMalformed, bent(func(h, c, s string) string { return h + "." + c + "." + s + "." })},
		{"five parts: an encrypted token, as Cognito's refresh tokens are", "RFC 7516 section 7.1", validator.TokenMalformed,
			text(encode(`{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}`) + ".a2V5.aXY.Y2lwaGVy.dGFn")},
		{"five parts of a valid token", "RFC 7516 section 7.1", validator.TokenMalformed, bent(func(h, c, s string) string { return h + "." + c + "." + s + "." + c + "." + s })},
		{"no header", rfc, validator.TokenMalformed, bent(func(_, c, s string) string { return "." + c + "." + s })},
		{"no claims: a detached payload", "RFC 7515 appendix F", validator.TokenMalformed, bent(func(h, _, s string) string { return h + ".." + s })},
		{"dots alone", rfc, validator.TokenMalformed, text("..")},
		{"another dot", rfc, validator.TokenMalformed, bent(func(h, c, s string) string { return h + "\u3002" + c + "\u3002" + s })},
		{"an encoded dot", rfc, validator.TokenMalformed, bent(func(h, c, s string) string { return h + "%2E" + c + "%2E" + s })},
		{"general JSON serialization", "RFC 7515 section 7.2.1", validator.TokenMalformed, bent(func(h, c, s string) string {
			return `{"payload":"` + c + `","signatures":[{"protected":"` + h + `","signature":"` + s + `"}]}`
		})},
		{"flattened JSON serialization", "RFC 7515 section 7.2.2", validator.TokenMalformed, bent(func(h, c, s string) string {
			return `{"payload":"` + c + `","protected":"` + h + `","signature":"` + s + `"}`
		})},
		{"JSON serialization with dots", "CVE-2022-39227", validator.TokenMalformed, bent(func(h, c, s string) string {
			return `{" ` + h + "." + c + "." + s + `":"","payload":"` + c + `","protected":"` + h + `","signature":"` + s + `"}`
		})},
		{"a quoted token", rfc, validator.TokenMalformed, bent(func(h, c, s string) string { return `"` + h + "." + c + "." + s + `"` })},
		{"a token too long", "CVE-2025-30204", validator.TokenTooLong, func() string { return tokenOfLength(validator.MaxTokenBytes + 1) }},
		{"a million dots", "CVE-2025-30204", validator.TokenTooLong, text(strings.Repeat(".", 1_000_000))},
		{"dots up to the limit", "CVE-2025-30204", validator.TokenMalformed, text(strings.Repeat(".", validator.MaxTokenBytes))},
	}
}

// spellingAttacks are other spellings of a valid token: they decode to the same
// bytes with a lenient decoder, and would slip past whoever compares tokens.
func spellingAttacks() []attack {
	const rfc = "RFC 7515 section 2"
	attacks := []attack{
		{"standard base64", rfc, validator.TokenMalformed, func() string {
			h, c, s := split(serviceToken().claim("pad", `"????????"`).token())
			return h + "." + strings.ReplaceAll(c, "_", "/") + "." + s
		}},
	}
	parts := []string{"header", "claims", "signature"}
	for i, part := range parts {
		for name, bend := range map[string]func(string) string{
			"padding":             func(p string) string { return p + strings.Repeat("=", (4-len(p)%4)%4) },
			"bits past the end":   trailingBits,
			"a line feed within":  func(p string) string { return p[:8] + "\n" + p[8:] },
			"a CR LF within":      func(p string) string { return p[:8] + "\r\n" + p[8:] },
			"a line feed behind":  func(p string) string { return p + "\n" },
			"a line feed before":  func(p string) string { return "\n" + p },
			"a space within":      func(p string) string { return p[:8] + " " + p[8:] },
			"a space behind":      func(p string) string { return p + " " },
			"a tab within":        func(p string) string { return p[:8] + "\t" + p[8:] },
			"a NUL behind":        func(p string) string { return p + "\x00" },
			"a letter of Unicode": func(p string) string { return p[:8] + "\u0435" + p[8:] },
			"an odd letter":       func(p string) string { return p[:len(p)-len(p)%4] + "A" },
		} {
			attacks = append(attacks, attack{name + " in the " + part, rfc, validator.TokenMalformed, func() string {
				pieces := strings.Split(unalignedToken(), ".")
				pieces[i] = bend(pieces[i])
				return strings.Join(pieces, ".")
			}})
		}
	}
	return attacks
}

func split(token string) (header, claims, signature string) {
	header, rest, _ := strings.Cut(token, ".")
	claims, signature, _ = strings.Cut(rest, ".")
	return header, claims, signature
}

// unalignedToken is a valid token of whose parts none fills its last base64
// character: each could be padded, and has bits past its end.
func unalignedToken() string {
	d := serviceToken()
	for len(d.head.json())%3 == 0 {
		d = d.header("pad", `"`+strings.Repeat("x", len(d.head))+`"`)
	}
	for n := 0; len(d.body.json())%3 == 0; n++ {
		d = d.claim("pad", `"`+strings.Repeat("x", n)+`"`)
	}
	return d.token()
}

// trailingBits sets the lowest bit of the last character, which is past the end.
func trailingBits(part string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, part[len(part)-1])
	return part[:len(part)-1] + string(alphabet[last|1])
}

func headerJSONAttacks() []attack {
	const rfc, duplicates = "RFC 7515 section 5.2", "RFC 7515 section 4"
	attacks := []attack{
		{"alg twice: RS256 last", duplicates, validator.HeaderMalformed, serviceToken().header("alg", `"none"`).header2("alg", `"RS256"`).token},
		{"alg twice: RS256 first", duplicates, validator.HeaderMalformed, serviceToken().header2("alg", `"none"`).token},
		{"alg twice, the same", duplicates, validator.HeaderMalformed, serviceToken().header2("alg", `"RS256"`).token},
		{"alg twice, once escaped", duplicates, validator.HeaderMalformed, serviceToken().header2(`\u0061lg`, `"none"`).token},
		{"alg twice, escaped first", duplicates, validator.HeaderMalformed, headerText(`{"kid":"current","\u0061\u006Cg":"RS256","alg":"RS256"}`)},
		{"kid twice", duplicates, validator.HeaderMalformed, serviceToken().header2("kid", `"next"`).token},
		{"an unknown header twice", duplicates, validator.HeaderMalformed, serviceToken().header2("x", `1`).header2("x", `1`).token},
		{"a name twice inside a header", duplicates, validator.HeaderMalformed, serviceToken().header("x", `{"a":1,"a":2}`).token},
		{"a number for alg", rfc, validator.HeaderMalformed, serviceToken().header("alg", `256`).token},
		{"null for alg", rfc, validator.HeaderMalformed, serviceToken().header("alg", `null`).token},
		{"a list for alg", "RFC 8725 section 3.1", validator.HeaderMalformed, serviceToken().header("alg", `["RS256"]`).token},
		{"a number for kid", rfc, validator.HeaderMalformed, serviceToken().header("kid", `1`).token},
		{"null for kid", rfc, validator.HeaderMalformed, serviceToken().header("kid", `null`).token},
		{"a list for kid", rfc, validator.HeaderMalformed, serviceToken().header("kid", `["current"]`).token},
		{"a number for typ", rfc, validator.HeaderMalformed, serviceToken().header("typ", `1`).token},
	}
	for name, header := range strictjsontest.BrokenObjects(serviceToken().head.json()) {
		attacks = append(attacks, attack{name + " for a header", rfc, validator.HeaderMalformed, headerText(header)})
	}
	return attacks
}

func algorithmAttacks() []attack {
	attacks := []attack{
		{"alg missing", "RFC 7515 section 4.1.1", validator.AlgorithmNotAllowed, serviceToken().noHeader("alg").token},
		{"alg in the wrong case", "RFC 7515 section 4", validator.AlgorithmNotAllowed, serviceToken().noHeader("alg").header("ALG", `"RS256"`).token},
		{"alg none, unsigned", "CVE-2015-9235, RFC 8725 section 3.2", validator.TokenMalformed,
			text(encode(`{"alg":"none","kid":"current"}`) + "." + encode(serviceToken().body.json()) + ".")},
		{"alg none, with a signature of nothing", "RFC 8725 section 3.2", validator.AlgorithmNotAllowed,
			text(encode(`{"alg":"none","kid":"current"}`) + "." + encode(serviceToken().body.json()) + ".AA")},
		{"alg none, in escapes", "RFC 8725 section 3.2", validator.AlgorithmNotAllowed, serviceToken().header("alg", `"\u006eone"`).token},
	}
	for _, name := range []string{
		"none", "None", "NONE", "nOnE", "",
		"rs256", "RS256 ", " RS256", "RS256\x00", "RS", "RSA", "RS1", "HS256", "HS384", "HS512", "RS384", "RS512",
		"PS256", "ES256", "ES256K", "EdDSA", "A256GCM", "RSA-OAEP", "dir", "https://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
	} {
		attacks = append(attacks, attack{
			fmt.Sprintf("alg %q, signed with RS256", name), "RFC 8725 sections 3.1 and 3.2",
			validator.AlgorithmNotAllowed, serviceToken().header("alg", quote(name)).token,
		})
	}
	return attacks
}

func keyIDAttacks() []attack {
	kid := func(text string) func() string { return serviceToken().header("kid", quote(text)).token }
	return []attack{
		{"kid missing", "RFC 7515 section 4.1.4", validator.KeyIDMissing, serviceToken().noHeader("kid").token},
		{"kid empty", "RFC 7515 section 4.1.4", validator.KeyIDMissing, kid("")},
		{"kid in the wrong case of name", "RFC 7515 section 4", validator.KeyIDMissing, serviceToken().noHeader("kid").header("KID", `"current"`).token},
		{"kid of another key of the issuer", "RFC 8725 section 3.10", validator.SignatureInvalid, kid("next")},
		{"kid unknown", "RFC 8725 section 3.10", validator.KeyUnknown, kid(secret + "kid")},
		{"kid of the attacker's own key", "RFC 8725 section 3.10", validator.KeyUnknown, serviceToken().header("kid", `"`+secret+`foreign"`).signedBy(foreignKey).token},
		{"kid in the wrong case", "RFC 7515 section 4.1.4", validator.KeyUnknown, kid("CURRENT")},
		{"kid with a space", "RFC 7515 section 4.1.4", validator.KeyUnknown, kid("current ")},
		{"kid with a NUL", "RFC 7515 section 4.1.4", validator.KeyUnknown, kid("current\x00")},
		{"kid of a path", "RFC 8725 section 3.10", validator.KeyUnknown, kid("../../../../dev/null")},
		{"kid of an injection", "RFC 8725 section 3.10", validator.KeyUnknown, kid("x' UNION SELECT 'key'--")},
		{"kid of a URL", "RFC 8725 section 3.10", validator.KeyUnknown, kid("https://attacker.example/jwks.json")},
	}
}

func headerPointerAttacks() []attack {
	ownKey := func() string {
		jwk, err := json.Marshal(foreignKey().jwk())
		if err != nil {
			panic(err)
		}
		return string(jwk)
	}
	attacks := []attack{
		{"an embedded key that signs", "CVE-2018-0114", validator.HeaderNotAllowed, func() string {
			return serviceToken().header("jwk", ownKey()).signedBy(foreignKey).token()
		}},
		{"an embedded key that signs, of a known kid", "CVE-2018-0114", validator.HeaderNotAllowed, func() string {
			return serviceToken().header("jwk", ownKey()).signedBy(foreignKey).header("kid", `"current"`).token()
		}},
		{"a critical b64", "RFC 7797 section 6", validator.HeaderNotAllowed, serviceToken().header("b64", `false`).header("crit", `["b64"]`).token},
		{"a critical header in escapes", "RFC 7515 section 4.1.11", validator.HeaderNotAllowed, serviceToken().header(`\u0063rit`, `["x"]`).header("x", `1`).token},
		{"a critical header and a wrong algorithm", "RFC 7515 section 4.1.11", validator.HeaderNotAllowed, serviceToken().header("alg", `"none"`).header("crit", `[]`).token},
	}
	for _, c := range []struct{ name, value, reference string }{
		{"crit", `["exp"]`, "RFC 7515 section 4.1.11"},
		{"crit", `["x"]`, "RFC 7515 section 4.1.11"},
		{"crit", `[]`, "RFC 7515 section 4.1.11"},
		{"crit", `null`, "RFC 7515 section 4.1.11"},
		{"crit", `"x"`, "RFC 7515 section 4.1.11"},
		{"jku", `"https://attacker.example/jwks.json"`, "RFC 8725 section 3.10"},
		{"jku", `"` + issuer + `/.well-known/jwks.json"`, "RFC 8725 section 3.10"},
		{"jku", `null`, "RFC 8725 section 3.10"},
		{"x5u", `"https://attacker.example/chain.pem"`, "RFC 8725 section 3.10"},
		{"x5c", `["MIIB"]`, "RFC 7515 section 4.1.6"},
		{"jwk", `{}`, "CVE-2018-0114"},
		{"zip", `"DEF"`, "RFC 8725 section 3.6"},
		{"typ", `"JWE"`, "RFC 8725 section 3.11"},
		{"typ", `"logout+jwt"`, "RFC 8725 section 3.11"},
		{"typ", `"dpop+jwt"`, "RFC 9449 section 4.2"},
		{"typ", `"secevent+jwt"`, "RFC 8417 section 2.3"},
		{"typ", `""`, "RFC 8725 section 3.11"},
		{"typ", `"JWT "`, "RFC 8725 section 3.11"},
		{"typ", `"application/logout+jwt"`, "RFC 8725 section 3.11"},
		{"typ", `"application/application/at+jwt"`, "RFC 7515 section 4.1.9"},
		{"typ", `"text/at+jwt"`, "RFC 7515 section 4.1.9"},
		{"typ", `"/at+jwt"`, "RFC 7515 section 4.1.9"},
		{"typ", `"application/at+jwt; x=y"`, "RFC 9068 section 4"},
		{"typ", `"\u212aWT"`, "RFC 8725 section 3.11"}, // a Kelvin sign, which folds to k
	} {
		attacks = append(attacks, attack{"header " + c.name + " " + c.value, c.reference, validator.HeaderNotAllowed, serviceToken().header(c.name, c.value).token})
	}
	return attacks
}

// confusionAttacks are tokens whose signatures hold, by another algorithm.
func confusionAttacks() []attack {
	const rfc = "RFC 8725 section 2.1"
	var attacks []attack
	add := func(algorithm, how, reference string, sign func(string) []byte) {
		for alg, reason := range map[string]validator.Reason{algorithm: validator.AlgorithmNotAllowed, "RS256": validator.SignatureInvalid} {
			attacks = append(attacks, attack{"signed with " + how + ", alg " + alg, reference, reason, func() string {
				return compact(serviceToken().header("alg", quote(alg)).head.json(), serviceToken().body.json(), sign)
			}})
		}
	}
	for how, secretOf := range map[string]func() []byte{
		"the public key in PKIX PEM": func() []byte {
			return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER()})
		},
		"the public key in PKCS #1 PEM": func() []byte {
			return pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&currentKey().private.PublicKey)})
		},
		"the public key in DER": publicDER,
		"the modulus":           func() []byte { return currentKey().private.N.Bytes() },
		"the modulus as published": func() []byte {
			return []byte(base64.RawURLEncoding.EncodeToString(currentKey().private.N.Bytes()))
		},
		"the kid":   func() []byte { return []byte("current") },
		"no secret": func() []byte { return nil },
	} {
		add("HS256", "HMAC of "+how, "CVE-2015-9235, CVE-2016-10555", func(input string) []byte {
			mac := hmac.New(sha256.New, secretOf())
			mac.Write([]byte(input))
			return mac.Sum(nil)
		})
	}
	add("RS384", "RSA and SHA-384", rfc, func(input string) []byte {
		digest := sha512.Sum384([]byte(input))
		return must(rsa.SignPKCS1v15(nil, currentKey().private, crypto.SHA384, digest[:]))
	})
	add("RS512", "RSA and SHA-512", rfc, func(input string) []byte {
		digest := sha512.Sum512([]byte(input))
		return must(rsa.SignPKCS1v15(nil, currentKey().private, crypto.SHA512, digest[:]))
	})
	add("PS256", "RSA-PSS", rfc, func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		return must(rsa.SignPSS(rand.Reader, currentKey().private, crypto.SHA256, digest[:], nil))
	})
	add("ES256", "ECDSA", rfc, func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		return must(ecdsa.SignASN1(rand.Reader, key, digest[:]))
	})
	add("none", "a bare digest", rfc, func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		return digest[:]
	})
	return attacks
}

func publicDER() []byte { return must(x509.MarshalPKIXPublicKey(&currentKey().private.PublicKey)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func signatureAttacks() []attack {
	const rfc = "RFC 7515 section 5.2"
	// forged is a valid token whose signature's bytes were changed.
	forged := func(change func(signature []byte) []byte) func() string {
		return bent(func(h, c, s string) string {
			return h + "." + c + "." + encode(string(change(must(base64.RawURLEncoding.DecodeString(s)))))
		})
	}
	flipped := func(at int, bit byte) func() string {
		return forged(func(s []byte) []byte { s[at] ^= bit; return s })
	}
	return []attack{
		{"signature stripped", "CVE-2015-9235", validator.TokenMalformed, bent(func(h, c, _ string) string { return h + "." + c + "." })},
		{"signature of one byte", "CVE-2020-28042", validator.SignatureInvalid, forged(func(s []byte) []byte { return s[:1] })},
		{"signature short of its last byte", rfc, validator.SignatureInvalid, forged(func(s []byte) []byte { return s[:255] })},
		{"signature short of its first byte", rfc, validator.SignatureInvalid, forged(func(s []byte) []byte { return s[1:] })},
		{"signature with a byte behind", rfc, validator.SignatureInvalid, forged(func(s []byte) []byte { return append(s, 0) })},
		{"signature with a zero before", rfc, validator.SignatureInvalid, forged(func(s []byte) []byte { return append([]byte{0}, s...) })},
		{"signature twice", rfc, validator.SignatureInvalid, forged(func(s []byte) []byte { return append(s, s...) })},
		{"signature with its first bit flipped", rfc, validator.SignatureInvalid, flipped(0, 0x80)},
		{"signature with a bit flipped in the middle", rfc, validator.SignatureInvalid, flipped(128, 0x08)},
		{"signature with its last bit flipped", rfc, validator.SignatureInvalid, flipped(255, 0x01)},
		{"signature reversed", rfc, validator.SignatureInvalid, forged(func(s []byte) []byte { slices.Reverse(s); return s })},
		{"signature of zeros", "CVE-2022-21449", validator.SignatureInvalid, forged(func(s []byte) []byte { return make([]byte, len(s)) })},
		{"signature of one", rfc, validator.SignatureInvalid, forged(func(s []byte) []byte { return append(make([]byte, len(s)-1), 1) })},
		{"signature of the modulus", rfc, validator.SignatureInvalid, forged(func([]byte) []byte { return currentKey().private.N.Bytes() })},
		{"signature and the modulus", "RFC 8017 section 8.2.2", validator.SignatureInvalid, signatureAndModulus},
		{"signature of another token", rfc, validator.SignatureInvalid, bent(func(h, c, _ string) string {
			_, _, other := split(userToken().token())
			return h + "." + c + "." + other
		})},
		{"signature by another issuer's key", rfc, validator.SignatureInvalid, serviceToken().signedBy(foreignKey).token},
		{"claims of another token", rfc, validator.SignatureInvalid, bent(func(h, _, s string) string {
			return h + "." + encode(userToken().body.json()) + "." + s
		})},
		{"a scope raised after signing", rfc, validator.SignatureInvalid, bent(func(h, c, s string) string {
			claims := string(must(base64.RawURLEncoding.DecodeString(c)))
			return h + "." + encode(strings.Replace(claims, "system/*.read", "system/*.*", 1)) + "." + s
		})},
		{"a header changed after signing", rfc, validator.SignatureInvalid, bent(func(_, c, s string) string {
			return encode(`{"alg":"RS256","kid":"current"}`) + "." + c + "." + s
		})},
		{"claims changed in white space alone", rfc, validator.SignatureInvalid, bent(func(h, c, s string) string {
			return h + "." + encode(string(must(base64.RawURLEncoding.DecodeString(c)))+" ") + "." + s
		})},
		{"signature over the claims alone", rfc, validator.SignatureInvalid, bent(func(h, c, _ string) string {
			return h + "." + c + "." + encode(string(currentKey().sign(c)))
		})},
		{"signature over the decoded text", rfc, validator.SignatureInvalid, bent(func(h, c, _ string) string {
			return h + "." + c + "." + encode(string(currentKey().sign(serviceToken().head.json()+"."+serviceToken().body.json())))
		})},
	}
}

// signatureAndModulus tries tokens until one's signature leaves room for the
// modulus to be added: a few tries as a rule.
func signatureAndModulus() string {
	for i := range 50_000 {
		h, c, s := split(serviceToken().claim("jti", fmt.Sprint(i)).token())
		if sum := plusModulus(must(base64.RawURLEncoding.DecodeString(s)), currentKey()); sum != nil {
			return h + "." + c + "." + encode(string(sum))
		}
	}
	panic("no signature leaves room for the modulus")
}

func claimsJSONAttacks() []attack {
	const rfc = "RFC 7519 section 7.2"
	attacks := []attack{
		{"a nested token", "RFC 7519 section 5.2", validator.ClaimsMalformed, claimsText(serviceToken().token())},
	}
	for name, claims := range strictjsontest.BrokenObjects(serviceToken().body.json()) {
		attacks = append(attacks, attack{name + " for claims", rfc, validator.ClaimsMalformed, claimsText(claims)})
	}
	for _, name := range []string{"iss", "sub", "client_id", "token_use", "scope"} {
		for _, value := range []string{`1`, `null`, `true`, `{}`, `[]`, `[` + quote(issuer) + `]`} {
			attacks = append(attacks, attack{"claim " + name + " " + value, rfc, validator.ClaimsMalformed, serviceToken().claim(name, value).token})
		}
	}
	for _, value := range []string{`1`, `null`, `["x"]`} {
		attacks = append(attacks, attack{"claim username " + value, rfc, validator.ClaimsMalformed, userToken().claim("username", value).token})
	}
	return attacks
}

func duplicateClaimAttacks() []attack {
	const rfc = "RFC 7519 section 4, RFC 8725 section 2.6"
	attacks := []attack{
		{"a second scope, escaped", rfc, validator.ClaimsMalformed, serviceToken().claim2(`s\u0063ope`, `"system/*.*"`).token},
		{"a second unknown claim", rfc, validator.ClaimsMalformed, serviceToken().claim2("x", `1`).claim2("x", `1`).token},
		{"a name twice inside a claim", rfc, validator.ClaimsMalformed, serviceToken().claim("x", `[{"a":1,"\u0061":1}]`).token},
		{"a second patient", rfc, validator.ClaimsMalformed, userToken().claim2("patient", `"p2"`).token},
		{"a second username", rfc, validator.ClaimsMalformed, userToken().claim2("username", `"x"`).token},
		{"an empty name twice", rfc, validator.ClaimsMalformed, serviceToken().claim2("", `1`).claim2("", `1`).token},
	}
	for _, m := range serviceToken().body {
		attacks = append(attacks, attack{"a second " + m.name, rfc, validator.ClaimsMalformed, serviceToken().claim2(m.name, m.value).token})
	}
	return attacks
}

func timeAttacks() []attack {
	const rfc = "RFC 7519 section 4.1.4"
	attacks := []attack{
		{"expired this very second", rfc, validator.TokenExpired, serviceToken().claim("exp", fmt.Sprint(now)).token},
		{"expired a second ago", rfc, validator.TokenExpired, serviceToken().claim("exp", fmt.Sprint(now-1)).token},
		{"expired within the leeway", rfc, validator.TokenExpired, serviceToken().claim("exp", fmt.Sprint(now-29)).token},
		{"expired since 1970", rfc, validator.TokenExpired, serviceToken().claim("exp", `0`).token},
		{"no exp", rfc, validator.ClaimsMalformed, serviceToken().noClaim("exp").token},
		{"no iat", "RFC 7519 section 4.1.6", validator.ClaimsMalformed, serviceToken().noClaim("iat").token},
		{"exp in the wrong case", rfc, validator.ClaimsMalformed, serviceToken().noClaim("exp").claim("Exp", fmt.Sprint(now+3540)).token},
		{"issued beyond the leeway", "RFC 7519 section 4.1.6", validator.TokenIssuedInFuture, serviceToken().claim("iat", fmt.Sprint(now+31)).token},
		{"issued beyond the leeway, valid before", "RFC 7519 section 4.1.6", validator.TokenIssuedInFuture,
			serviceToken().claim("iat", fmt.Sprint(now+31)).claim("nbf", fmt.Sprint(now-60)).token},
		{"issued in 1970", "RFC 7519 section 4.1.6", validator.ClaimsMalformed, serviceToken().claim("iat", `0`).token},
		{"issued in 1970, valid lately", "RFC 7519 section 4.1.6", validator.ClaimsMalformed, serviceToken().claim("iat", `0`).claim("nbf", fmt.Sprint(now-60)).token},
		{"valid since 1970", "RFC 7519 section 4.1.5", validator.ClaimsMalformed, serviceToken().claim("nbf", `0`).token},
		{"issued in the year 9999", "RFC 7519 section 4.1.6", validator.TokenIssuedInFuture, serviceToken().claim("iat", `253402300799`).token},
		{"valid beyond the leeway", "RFC 7519 section 4.1.5", validator.TokenNotYetValid, serviceToken().claim("nbf", fmt.Sprint(now+31)).token},
	}
	for _, name := range []string{"exp", "iat", "nbf"} {
		for _, value := range []string{
			`"` + fmt.Sprint(now) + `"`, fmt.Sprintf("%d.0", now), fmt.Sprintf("%d.5", now), `1.7684784e9`, `1E10`, `-1`, `-0`, `0.0`,
			`253402300800`, `9223372036854775807`, `9223372036854775808`, `18446744073709551616`, `1e400`, strings.Repeat("9", 400),
			`null`, `true`, `[]`, `{}`, `""`,
		} {
			label := value
			if len(label) > 24 {
				label = fmt.Sprintf("of %d digits", len(label))
			}
			attacks = append(attacks, attack{"claim " + name + " " + label, "RFC 7519 section 2", validator.ClaimsMalformed, serviceToken().claim(name, value).token})
		}
	}
	return attacks
}

func identityAttacks() []attack {
	const iss, use, client = "RFC 8725 section 3.8", "RFC 8725 section 3.12", "RFC 8725 section 3.9"
	attacks := []attack{
		{"no iss", iss, validator.IssuerUnknown, serviceToken().noClaim("iss").token},
		{"iss in the wrong case of name", iss, validator.IssuerUnknown, serviceToken().noClaim("iss").claim("Iss", quote(issuer)).token},
		{"no token_use", use, validator.TokenUseNotAccess, serviceToken().noClaim("token_use").token},
		{"no client_id", client, validator.ClientUnknown, serviceToken().noClaim("client_id").token},
		{"aud in place of client_id", client, validator.ClientUnknown, serviceToken().noClaim("client_id").claim("aud", quote(serviceID)).token},
		{"an ID token, as Cognito issues it", use, validator.TokenUseNotAccess, userToken().
			claim("token_use", `"id"`).noClaim("client_id").noClaim("scope").noClaim("username").
			claim("aud", quote(appID)).claim("cognito:username", `"`+secret+`username"`).claim("email", `"`+secret+`@example.com"`).token},
		{"an ID token with the claims of an access token", use, validator.TokenUseNotAccess, userToken().claim("token_use", `"id"`).token},
		{"for a key of its holder", "RFC 7800 section 3, RFC 9449 section 6.1", validator.PossessionRequired,
			serviceToken().claim("cnf", `{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}`).token},
		{"for a certificate of its holder", "RFC 8705 section 3.1", validator.PossessionRequired,
			userToken().claim("cnf", `{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}`).token},
		{"a token like a refresh token", use, validator.TokenUseNotAccess, userToken().claim("token_use", `"refresh"`).token},
	}
	for _, value := range []string{
		"", issuer + "/", issuer + "x", issuer[:len(issuer)-1], strings.ToUpper(issuer), "http" + issuer[5:], " " + issuer, issuer + "\x00", issuer + "?x", issuer + "#x",
		"https://cognito-idp.us-east-1.amazonaws.com:443/us-east-1_example", "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_attacker",
		"https://attacker.example/" + issuer, "https://example.auth.us-east-1.amazoncognito.com",
	} {
		attacks = append(attacks, attack{fmt.Sprintf("iss %q", value), iss, validator.IssuerUnknown, serviceToken().claim("iss", quote(value)).token})
	}
	for _, value := range []string{`null`, `{}`, `[]`, `"x"`, `1`, `false`} {
		attacks = append(attacks, attack{"cnf " + value, "RFC 7800 section 3.1", validator.PossessionRequired, serviceToken().claim("cnf", value).token})
	}
	for _, value := range []string{"", "Access", "access ", "access\x00", "id,access"} {
		attacks = append(attacks, attack{fmt.Sprintf("token_use %q", value), use, validator.TokenUseNotAccess, serviceToken().claim("token_use", quote(value)).token})
	}
	for _, value := range []string{"", secret + "client", serviceID + " ", serviceID[1:], strings.ToUpper(serviceID), serviceID + "," + appID} {
		attacks = append(attacks, attack{fmt.Sprintf("client_id %q", value), client, validator.ClientUnknown,
			serviceToken().claim("client_id", quote(value)).claim("sub", quote(value)).token})
	}
	return attacks
}

// audienceAttacks are tokens for somebody else.
func audienceAttacks() []attack {
	const rfc = "RFC 7519 section 4.1.3, RFC 8707 section 2"
	var attacks []attack
	for _, value := range []string{
		`"https://elsewhere.example/"`, `""`, `[""]`, `["elsewhere","anywhere"]`, quote(serviceID), quote(endpoint + "/"), quote(endpoint + "Patient"), quote("/" + endpoint),
		quote(strings.ToUpper(endpoint)), quote(strings.Replace(endpoint, "0123456789abcdef", "0123456789ABCDEF", 1)), quote(strings.TrimSuffix(endpoint, "r4/")),
		quote(strings.Replace(endpoint, ".com/", ".com:443/", 1)), quote("http" + endpoint[5:]), quote(endpoint + "\x00"), quote(endpoint + " elsewhere"), `"*"`,
	} {
		attacks = append(attacks, attack{"aud " + value, rfc, validator.AudienceMismatch, serviceToken().claim("aud", value).token})
	}
	for _, value := range []string{
		`1`, `null`, `true`, `{}`, `[]`, `[1]`, `[null]`, `[` + quote(endpoint) + `,1]`, `[1,` + quote(endpoint) + `]`, `[[` + quote(endpoint) + `]]`, `{"` + endpoint + `":1}`,
	} {
		attacks = append(attacks, attack{"aud " + value, rfc, validator.ClaimsMalformed, serviceToken().claim("aud", value).token})
	}
	return append(attacks, attack{"a second aud", rfc, validator.ClaimsMalformed, serviceToken().claim("aud", quote(endpoint)).claim2("aud", `"elsewhere"`).token})
}

// holderAttacks are tokens of which it does not follow whose they are.
func holderAttacks() []attack {
	const why = "a client's token has no username and its own sub, a user's has a username"
	both := serviceToken().claim("scope", `"system/*.* user/*.* patient/*.*"`).claim("patient", `"p"`).claim("fhirUser", `"u"`)
	return []attack{
		{"no sub, no username", why, validator.SubjectInvalid, both.noClaim("sub").token},
		{"no sub, a username", why, validator.SubjectInvalid, both.noClaim("sub").claim("username", `"x"`).token},
		{"an empty sub", why, validator.SubjectInvalid, both.claim("sub", `""`).token},
		{"an empty sub and a username", why, validator.SubjectInvalid, both.claim("sub", `""`).claim("username", `"x"`).token},
		{"no username and another sub", why, validator.SubjectInvalid, both.claim("sub", `"`+secret+`sub"`).token},
		{"no username and another client's sub", why, validator.SubjectInvalid, both.claim("sub", quote(appID)).token},
		{"an empty username and another sub", why, validator.SubjectInvalid, both.claim("sub", `"`+secret+`sub"`).claim("username", `""`).token},
		{"an empty username and the client's sub", why, validator.SubjectInvalid, both.claim("username", `""`).token},
		{"a username and the client's sub", why, validator.SubjectInvalid, both.claim("username", `"`+secret+`username"`).token},
		{"a username in the wrong case", why, validator.SubjectInvalid, both.claim("sub", `"`+secret+`sub"`).claim("Username", `"x"`).token},
		{"a username of ID tokens", why, validator.SubjectInvalid, both.claim("sub", `"`+secret+`sub"`).claim("cognito:username", `"x"`).token},
	}
}

func scopeAttacks() []attack {
	const grammar, rule = "RFC 6749 section 3.3", "SMART App Launch 2.2, Scopes and Launch Context"
	attacks := []attack{
		{"no scope", rule, validator.ScopeInsufficient, serviceToken().noClaim("scope").token},
		{"an empty scope", rule, validator.ScopeInsufficient, serviceToken().claim("scope", `""`).token},
		{"scopes in scp", rule, validator.ScopeInsufficient, serviceToken().noClaim("scope").claim("scp", `["system/*.read"]`).token},
		{"a user with system scopes alone", rule, validator.ScopeInsufficient, userToken().claim("scope", `"system/*.* system/*.rs"`).token},
		{"a user with patient scopes and no patient", rule, validator.ScopeInsufficient, userToken().noClaim("patient").claim("scope", `"patient/*.rs"`).token},
		{"a user with patient scopes and two patients", rule, validator.ScopeInsufficient,
			userToken().claim("launch_response_patient", `"p2"`).claim("scope", `"patient/*.rs"`).token},
		{"a user with user scopes and no user resource", rule, validator.ScopeInsufficient, userToken().noClaim("fhirUser").claim("scope", `"user/*.rs"`).token},
		{"a user with both and no context", rule, validator.ScopeInsufficient, userToken().noClaim("fhirUser").noClaim("patient").token},
		{"a client with a user's scopes", rule, validator.ScopeInsufficient,
			serviceToken().claim("scope", `"patient/*.* user/*.*"`).claim("patient", `"p"`).claim("fhirUser", `"u"`).token},
		{"a patient with user scopes at an app for practitioners", rule, validator.FHIRUserTypeNotAllowed,
			userToken().claim("fhirUser", `"Patient/p"`).claim("scope", `"user/*.cruds"`).token},
		{"a sign-in alone", rule, validator.ScopeInsufficient, userToken().claim("scope", `"openid profile email launch/patient aws.cognito.signin.user.admin"`).token},
	}
	for name, scope := range map[string]string{
		"two spaces": "system/*.read  system/*.rs", "a leading space": " system/*.read", "a trailing space": "system/*.read ", "a space": " ",
		"a tab": "system/*.read\tsystem/*.rs", "a line feed": "system/*.read\n", "a NUL": "system/*.read\x00", "a quotation mark": `system/*.read "`,
		"a backslash": `system/*.read \`, "a no-break space": "system/*.read\u00a0system/*.rs", "a letter of Unicode": "system/*.re\u0430d",
	} {
		attacks = append(attacks, attack{name + " in the scopes", grammar, validator.ScopeMalformed, serviceToken().claim("scope", quote(scope)).token})
	}
	for _, scope := range []string{
		"System/*.read", "SYSTEM/*.READ", "system/*.Read", "system/*", "system/", "system", "*/*.*", "*", "system/*.dus", "system/*.rr", "system/*.crudsc",
		"system/*.read,system/*.rs", "system/*.rs;user/*.rs", "system%2F*.rs", "system/*.rs?category=x", "system/Observations.rs", "system/*.read?x=y",
		"system/Observation.rs?code=x%20system/*.cruds", "system/Observation.rs?_count=1", "system/Observation.rs?_elements=id", "system/Observation.rs?_id=a",
		"system/Observation.rs?_tag=a", "system/Observation.rs?clinical-status=a", "system/Observation.rs?code:not=a", "system/Observation.rs?subject.name=a",
		"system/Observation.rs?code-value-quantity=a", "system/Location.rs?near=a", "system/Observation.rs?code=a=b", "system/Observation.rs?code=a?b",
		"system/Observation.rs?_include=x", "system/Observation.rs?_has:x:y:z=w", "system//*.rs", "admin",
	} {
		attacks = append(attacks, attack{"scope " + scope, rule, validator.ScopeInsufficient, serviceToken().claim("scope", quote(scope)).token})
	}
	return attacks
}
