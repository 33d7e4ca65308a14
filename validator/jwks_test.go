package validator_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"

	"github.com/smartlake/pulumi-smartlake/internal/strictjson"
	"github.com/smartlake/pulumi-smartlake/internal/strictjson/strictjsontest"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// changedKey is the key "next", one parameter changed; nil removes it.
func changedKey(name string, value any) map[string]any {
	jwk := nextKey().jwk()
	jwk[name] = value
	if value == nil {
		delete(jwk, name)
	}
	return jwk
}

// renamedKey is the key "next", one parameter under another name.
func renamedKey(name, other string) map[string]any {
	jwk := changedKey(other, nextKey().jwk()[name])
	delete(jwk, name)
	return jwk
}

func base64url(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }

// odd returns an odd number of so many bits.
func odd(bits uint) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return n.SetBit(n, 0, 1)
}

func TestAnUnusableKeyIsSkippedForItsReason(t *testing.T) {
	modulus := nextKey().private.N
	for _, c := range []struct {
		name   string
		key    map[string]any
		reason string
	}{
		{"an elliptic curve", changedKey("kty", "EC"), "not RSA"},
		{"a secret", changedKey("kty", "oct"), "not RSA"},
		{"kty in lower case", changedKey("kty", "rsa"), "not RSA"},
		{"no kty", changedKey("kty", nil), "not RSA"},
		{"for encryption", changedKey("use", "enc"), "not for signatures"},
		{"an empty use", changedKey("use", ""), "not for signatures"},
		{"operations without verify", changedKey("key_ops", []string{"sign", "encrypt"}), "not for signatures"},
		{"no operations at all", changedKey("key_ops", []string{}), "not for signatures"},
		{"for RS512", changedKey("alg", "RS512"), "not for RS256"},
		{"for PS256", changedKey("alg", "PS256"), "not for RS256"},
		{"for RSA-OAEP", changedKey("alg", "RSA-OAEP"), "not for RS256"},
		{"an empty alg", changedKey("alg", ""), "not for RS256"},
		{"no kid", changedKey("kid", nil), "no kid"},
		{"an empty kid", changedKey("kid", ""), "no kid"},
		{"a number for kid", changedKey("kid", 1), "not a JWK"},
		{"null for use", changedKey("use", json.RawMessage("null")), "not a JWK"},
		{"null for alg", changedKey("alg", json.RawMessage("null")), "not a JWK"},
		{"text for operations", changedKey("key_ops", "verify"), "not a JWK"},
		{"a number for an operation", changedKey("key_ops", []any{"verify", 1}), "not a JWK"},
		{"a number for the exponent", changedKey("e", 65537), "not a JWK"},
		{"a private exponent", changedKey("d", "AQAB"), "private or secret"},
		{"a first prime", changedKey("p", "AQAB"), "private or secret"},
		{"a second prime", changedKey("q", "AQAB"), "private or secret"},
		{"a first exponent", changedKey("dp", ""), "private or secret"},
		{"a second exponent", changedKey("dq", 1), "private or secret"},
		{"a coefficient", changedKey("qi", json.RawMessage("null")), "private or secret"},
		{"further primes", changedKey("oth", []any{}), "private or secret"},
		{"a shared secret", changedKey("k", "AQAB"), "private or secret"},
		{"kty in another case of name", renamedKey("kty", "Kty"), "not RSA"},
		{"kid in another case of name", renamedKey("kid", "KID"), "no kid"},
		{"n in another case of name", renamedKey("n", "N"), "modulus"},
		{"e in another case of name", renamedKey("e", "E"), "exponent"},
		{"a modulus with a zero before it", changedKey("n", base64.RawURLEncoding.EncodeToString(append([]byte{0}, modulus.Bytes()...))), "modulus"},
		{"an exponent with a zero before it", changedKey("e", "AAEAAQ"), "exponent"},
		{"an empty exponent", changedKey("e", ""), "exponent"},
		{"a list for kty", changedKey("kty", []string{"RSA"}), "not a JWK"},
		{"a number for the modulus", changedKey("n", 1), "not a JWK"},
		{"no modulus", changedKey("n", nil), "modulus"},
		{"a modulus with padding", changedKey("n", base64url(modulus)+"=="), "modulus"},
		{"a modulus in standard base64", changedKey("n", "+/"+base64url(modulus)[2:]), "modulus"},
		{"a modulus with a line break", changedKey("n", base64url(modulus)[:8]+"\n"+base64url(modulus)[8:]), "modulus"},
		{"a modulus with bits past its end", changedKey("n", trailingBits(base64url(modulus))), "modulus"},
		{"an even modulus", changedKey("n", base64url(new(big.Int).Sub(modulus, big.NewInt(1)))), "modulus"},
		{"a modulus of zero", changedKey("n", "AA"), "modulus"},
		{"a modulus of 1024 bits", changedKey("n", base64url(odd(1024))), "modulus"},
		{"a modulus of 2047 bits", changedKey("n", base64url(odd(2047))), "modulus"},
		{"a modulus of 4097 bits", changedKey("n", base64url(odd(4097))), "modulus"},
		{"a modulus of 16384 bits", changedKey("n", base64url(odd(16384))), "modulus"},
		{"no exponent", changedKey("e", nil), "exponent"},
		{"an exponent of 1", changedKey("e", "AQ"), "exponent"},
		{"an exponent of 3", changedKey("e", "Aw"), "exponent"},
		{"an exponent of 65535", changedKey("e", "__8"), "exponent"},
		{"an even exponent", changedKey("e", base64url(big.NewInt(65538))), "exponent"},
		{"an exponent of 32 bits", changedKey("e", base64url(odd(32))), "exponent"},
		{"an exponent of 64 bits", changedKey("e", base64url(odd(64))), "exponent"},
		{"an exponent in decimal", changedKey("e", "65537"), "exponent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			usable, skipped, err := validator.ParseKeySet([]byte(keySetJSON(currentKey().jwk(), c.key)))
			if err != nil {
				t.Fatal(err)
			}
			assertKeys(t, usable, currentKey())
			if !maps.Equal(skipped, map[string]int{c.reason: 1}) {
				t.Errorf("skipped %v, want one for %q", skipped, c.reason)
			}
			if _, _, err := validator.ParseKeySet([]byte(keySetJSON(c.key))); err == nil || err.Error() != "key set: no usable key" {
				t.Errorf("alone it makes error %v", err)
			}
		})
	}
}

func assertKeys(t *testing.T, got map[string]*rsa.PublicKey, want ...signingKey) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got %d keys, want %d", len(got), len(want))
	}
	for _, key := range want {
		if got[key.id] == nil || !got[key.id].Equal(&key.private.PublicKey) {
			t.Errorf("key %s is not as it was published", key.id)
		}
	}
}

func TestAKeyIsUsableWithoutItsOptionalParameters(t *testing.T) {
	for name, key := range map[string]map[string]any{
		"as published":         nextKey().jwk(),
		"no use":               changedKey("use", nil),
		"no alg":               changedKey("alg", nil),
		"verify":               changedKey("key_ops", []string{"verify"}),
		"verify among others":  changedKey("key_ops", []string{"sign", "verify"}),
		"an unknown parameter": changedKey("x5c", []string{"MIIB"}),
	} {
		t.Run(name, func(t *testing.T) {
			usable, skipped, err := validator.ParseKeySet([]byte(keySetJSON(key)))
			if err != nil || len(skipped) != 0 {
				t.Fatalf("skipped %v, error %v", skipped, err)
			}
			assertKeys(t, usable, nextKey())
		})
	}
}

func TestTheLargestModulusAndExponentAreUsable(t *testing.T) {
	key := changedKey("n", base64url(odd(4096)))
	key["e"] = base64url(big.NewInt(1<<31 - 1))
	usable, _, err := validator.ParseKeySet([]byte(keySetJSON(key)))
	if err != nil {
		t.Fatal(err)
	}
	if !usable["next"].Equal(&rsa.PublicKey{N: odd(4096), E: 1<<31 - 1}) {
		t.Errorf("got %v", usable["next"])
	}
}

func TestAKidThatAppearsTwiceCountsForNeitherKey(t *testing.T) {
	again := nextKey().jwk()
	again["kid"] = "current"
	for name, second := range map[string]map[string]any{"another key": again, "the same key": currentKey().jwk()} {
		usable, skipped, err := validator.ParseKeySet([]byte(keySetJSON(currentKey().jwk(), nextKey().jwk(), second)))
		if err != nil {
			t.Fatal(err)
		}
		assertKeys(t, usable, nextKey())
		if !maps.Equal(skipped, map[string]int{"kid appears twice": 2}) {
			t.Errorf("%s: skipped %v", name, skipped)
		}
	}
	if _, _, err := validator.ParseKeySet([]byte(keySetJSON(currentKey().jwk(), again))); err == nil {
		t.Error("a set of one ambiguous kid is taken")
	}
}

func TestAKidCountsForNoKeyHoweverBrokenTheOtherIs(t *testing.T) {
	for name, second := range map[string]string{
		"nothing but the kid":           `{"kid":"current"}`,
		"the kid in escapes":            `{"k\u0069d":"\u0063urrent"}`,
		"no kty":                        `{"kid":"current","n":"AQAB","e":"AQAB"}`,
		"a number for kty":              `{"kty":1,"kid":"current"}`,
		"an elliptic curve":             `{"kty":"EC","kid":"current","crv":"P-256"}`,
		"for encryption":                `{"kty":"RSA","use":"enc","kid":"current"}`,
		"a modulus of 8 bits":           `{"kty":"RSA","kid":"current","n":"_w","e":"AQAB"}`,
		"a modulus that is no text":     `{"n":[],"kty":"RSA","kid":"current","e":"AQAB"}`,
		"a private key":                 `{"kty":"RSA","kid":"current","d":"AQAB"}`,
		"a list for alg, before it all": `{"alg":[],"kid":"current"}`,
	} {
		for _, keys := range []string{encoded(currentKey()) + "," + second, second + "," + encoded(currentKey())} {
			usable, skipped, err := validator.ParseKeySet([]byte(`{"keys":[` + keys + `,` + encoded(nextKey()) + `]}`))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			assertKeys(t, usable, nextKey())
			if !maps.Equal(skipped, map[string]int{"kid appears twice": 2}) {
				t.Errorf("%s: skipped %v", name, skipped)
			}
		}
	}
}

func encoded(key signingKey) string { return string(must(json.Marshal(key.jwk()))) }

func TestAKeySetThatTwoReadersReadDifferentlyIsRefused(t *testing.T) {
	key, other := encoded(currentKey()), encoded(nextKey())
	for name, set := range map[string]string{
		"keys twice":                    `{"keys":[` + key + `],"keys":[` + other + `]}`,
		"keys twice, once escaped":      `{"keys":[` + key + `],"k\u0065ys":[]}`,
		"an unknown name twice":         `{"x":1,"x":1,"keys":[` + key + `]}`,
		"kid twice":                     `{"keys":[` + strings.Replace(key, "{", `{"kid":"x",`, 1) + `]}`,
		"a modulus twice":               `{"keys":[` + strings.Replace(key, "{", `{"n":"AQAB",`, 1) + `]}`,
		"an unknown parameter twice":    `{"keys":[` + strings.Replace(key, "{", `{"x":1,"x":1,`, 1) + `]}`,
		"a name twice in a key aside":   `{"keys":[` + key + `,{"x":1,"x":1}]}`,
		"a name twice in a parameter":   `{"keys":[` + strings.Replace(key, "{", `{"x":[{"a":1,"a":1}],`, 1) + `]}`,
		"keys in another case":          `{"Keys":[` + key + `]}`,
		"a byte that is no UTF-8":       `{"keys":[` + key + `],"x":"` + "\xff" + `"}`,
		"a lone surrogate":              `{"keys":[` + key + `],"x":"\ud800"}`,
		"a comment":                     `{"keys":[` + key + `]/**/}`,
		"too many parameters":           `{"keys":[` + key + `,` + strictjsontest.Wide(strictjson.MaxMembers+1) + `]}`,
		"too deep a parameter of a key": `{"keys":[` + strings.Replace(key, "{", `{"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`,`, 1) + `]}`,
	} {
		usable, _, err := validator.ParseKeySet([]byte(set))
		if err == nil || err.Error() != "key set: not a JSON object with a list of keys" {
			t.Errorf("%s: got %d keys, error %v", name, len(usable), err)
		}
	}
}

func TestATokenOfAnAmbiguousKidIsDenied(t *testing.T) {
	f := newColdFixture(t)
	f.issuer.publish(currentKey(), signingKey{"current", foreignKey().private}, nextKey())
	f.assertDenied(t, serviceToken().token(), validator.KeyUnknown)
	f.assertDenied(t, serviceToken().signedBy(foreignKey).token(), validator.KeyUnknown)
	f.assertAnswer(t, serviceToken().header("kid", `"next"`).signedBy(nextKey).token(), serviceAnswer())
}

func TestAKeySetOfTooManyKeysIsRefused(t *testing.T) {
	keys := make([]map[string]any, validator.MaxKeys+1)
	for i := range keys {
		keys[i] = changedKey("kid", fmt.Sprint(i))
	}
	if usable, _, err := validator.ParseKeySet([]byte(keySetJSON(keys[1:]...))); err != nil || len(usable) != validator.MaxKeys {
		t.Errorf("got %d keys, error %v", len(usable), err)
	}
	if _, _, err := validator.ParseKeySet([]byte(keySetJSON(keys...))); err == nil || err.Error() != "key set: too many keys" {
		t.Errorf("got error %v", err)
	}
}

func FuzzParseKeySet(f *testing.F) {
	for _, seed := range []string{
		"", "null", "{}", `{"keys":[]}`, `{"keys":null}`, `{"keys":[null]}`, `{"keys":[{}]}`, `{"keys":["x"]}`,
		`{"keys":[{"kty":"RSA","kid":"x","n":"AQAB","e":"AQAB"}]}`,
		keySetJSON(currentKey().jwk()), keySetJSON(currentKey().jwk(), nextKey().jwk()), keySetJSON(currentKey().jwk(), currentKey().jwk()),
		keySetJSON(changedKey("e", "Aw"), changedKey("kid", "")), keySetJSON(changedKey("use", nil), changedKey("key_ops", []string{"verify"})),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		usable, _, err := validator.ParseKeySet(data)
		if (err == nil) != (len(usable) > 0) || len(usable) > validator.MaxKeys {
			t.Fatalf("%d keys and error %v", len(usable), err)
		}
		if err == nil {
			assertUnambiguous(t, data, usable)
		}
		for id, key := range usable {
			if bits := key.N.BitLen(); id == "" || bits < 2048 || bits > 4096 || key.N.Bit(0) == 0 {
				t.Errorf("key %q has a modulus of %d bits", id, bits)
			}
			if key.E < 65537 || key.E > 1<<31-1 || key.E%2 == 0 {
				t.Errorf("key %q has the exponent %d", id, key.E)
			}
		}
	})
}

// assertUnambiguous reads a key set a second time: each key that is used is the only
// one of its kid, and published alone.
func assertUnambiguous(t *testing.T, data []byte, usable map[string]*rsa.PublicKey) {
	t.Helper()
	var set struct{ Keys []any }
	if err := json.Unmarshal(data, &set); err != nil {
		t.Fatalf("encoding/json refuses it: %v", err)
	}
	for id := range usable {
		times := 0
		for _, key := range set.Keys {
			parameters, _ := key.(map[string]any)
			if parameters["kid"] != id {
				continue
			}
			times++
			if parameters["d"] != nil || parameters["k"] != nil {
				t.Errorf("the key %q is private", id)
			}
		}
		if times != 1 {
			t.Errorf("%d keys are named %q", times, id)
		}
	}
}
