package validator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// A token that was granted is remembered, so that its signature need not be
// verified again. Everything else must be as if it were not.

func TestATokenSeenBeforeIsAnsweredTheSame(t *testing.T) {
	f := newFixture(t)
	for _, token := range []string{serviceToken().token(), userToken().token()} {
		first := f.judge(token)
		if second := f.judge(token); second != first || !first.Authorized() {
			t.Errorf("first %+v, then %+v", first, second)
		}
	}
}

func TestATokenSeenBeforeExpiresAllTheSame(t *testing.T) {
	f := newFixture(t)
	token := serviceToken().claim("exp", f.clock.secondsLater(5)).token()
	f.assertGranted(t, token)
	f.clock.move(5 * time.Second)
	f.assertDenied(t, token, validator.TokenExpired)
}

func TestATokenSeenBeforeIsHeldAgainstEachEventsDatastore(t *testing.T) {
	f := newFixture(t)
	token := serviceToken().claim("aud", quote(endpoint)).token()
	for range 2 {
		f.assertGranted(t, token)
		other := event(token)
		other.DatastoreEndpoint = "https://healthlake.us-east-1.amazonaws.com/datastore/other/r4/"
		if got := f.Authorize(t.Context(), other); got.AuthPayload.Error != validator.AudienceMismatch {
			t.Errorf("got %+v", got)
		}
		unbound := event(serviceToken().token())
		unbound.DatastoreEndpoint = other.DatastoreEndpoint
		if got := f.Authorize(t.Context(), unbound); got.AuthPayload.Audience != other.DatastoreEndpoint {
			t.Errorf("got %+v", got)
		}
	}
}

// The scopes of a token that has been seen before are not read again: reading them
// takes memory, two pieces a scope.
func TestATokenSeenBeforeIsNotReadAgain(t *testing.T) {
	f := newFixture(t, func(c *validator.Config) { c.Logger = nil })
	e := event(userToken().claim("scope", quote(strings.Repeat("patient/Observation.rs?category=x ", 49)+"user/*.rs")).token())
	first := f.Authorize(t.Context(), e)
	if n := strings.Count(first.AuthPayload.Scope, " "); n != 49 {
		t.Fatalf("got %+v", first)
	}
	allocations := testing.AllocsPerRun(100, func() {
		if got := f.Authorize(t.Context(), e); got != first {
			t.Errorf("got %+v", got)
		}
	})
	if allocations > 10 {
		t.Errorf("%.0f allocations a judgement", allocations)
	}
}

func TestATokenSeenBeforeDiesWithItsKey(t *testing.T) {
	for name, published := range map[string]signingKey{
		"the key is removed":               nextKey(),
		"the kid passes to another key":    {"current", nextKey().private},
		"the key comes back under its kid": currentKey(),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			token := serviceToken().claim("exp", f.clock.secondsLater(7200)).token()
			f.assertGranted(t, token)
			f.issuer.publish(published)
			f.clock.move(validator.SoftLifetime)
			want := map[string]validator.Reason{"next": validator.KeyUnknown, "current": validator.SignatureInvalid}[published.id]
			if published.private == currentKey().private {
				f.assertGranted(t, token)
				return
			}
			f.assertDenied(t, token, want)
		})
	}
}

func TestATokenSeenBeforeDoesNotOutliveAnOutage(t *testing.T) {
	f := newFixture(t)
	token := serviceToken().claim("exp", f.clock.secondsLater(86400)).token()
	f.assertGranted(t, token)
	f.issuer.behave(answer(503, ""))
	f.clock.move(validator.MaxAge)
	f.assertDenied(t, token, validator.KeysUnavailable)
}

func TestATokenThatIsNearlyOneSeenBeforeIsNotTaken(t *testing.T) {
	f := newFixture(t)
	token := serviceToken().token()
	f.assertGranted(t, token)
	for at := len(token) - 1; at > len(token)-300; at -= 37 {
		changed := []byte(token)
		if changed[at] ^= 1; changed[at] == '.' {
			continue
		}
		if got := f.judge(string(changed)); got.Authorized() {
			t.Fatalf("granted with byte %d changed", at)
		}
	}
	header, claims, signature := split(token)
	other, _, _ := split(serviceToken().header("typ", `"JWT"`).token())
	if got := f.judge(other + "." + claims + "." + signature); got.Authorized() || header == other {
		t.Error("granted with another header")
	}
}

func TestNoMoreTokensAreRememberedThanTheLimit(t *testing.T) {
	f := newFixture(t)
	for i := range validator.MaxSeen + 50 {
		f.assertGranted(t, serviceToken().claim("jti", quote(fmt.Sprint(i))).token())
	}
	if n := f.SeenTokens(); n != validator.MaxSeen {
		t.Errorf("%d tokens are remembered, want %d", n, validator.MaxSeen)
	}
}

func TestATokenThatIsDeniedIsNotRemembered(t *testing.T) {
	f := newFixture(t)
	f.assertDenied(t, serviceToken().claim("exp", "0").token(), validator.TokenExpired)
	f.assertDenied(t, serviceToken().signedBy(foreignKey).token(), validator.SignatureInvalid)
	f.assertDenied(t, serviceToken().claim("scope", `"openid"`).token(), validator.ScopeInsufficient)
	if n := f.SeenTokens(); n != 0 {
		t.Errorf("%d tokens are remembered", n)
	}
}
