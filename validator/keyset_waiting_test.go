package validator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// The tests of this file are about who waits for whom, and how long. They run in
// a bubble of false time, where waiting takes none and its length is exact; the
// network in it is a function.

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func response(body string) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// bubble is a validator in false time whose issuer can be made to hang, to be slow and
// to fail. A request that is kept waiting ends with its context, as http.Transport
// documents it.
type bubble struct {
	*validator.Validator
	hanging, failing atomic.Bool
	delay            atomic.Int64 // nanoseconds
	fetches          atomic.Int64
}

func inBubble(t *testing.T, test func(t *testing.T, b *bubble)) {
	good := keySetJSON(currentKey().jwk()) // keys are made outside: that takes true time
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{}
		begin := time.Now()
		config := configuration("https://issuer.example/jwks.json")
		config.Now = func() time.Time { return time.Unix(now, 0).Add(time.Since(begin)) }
		v, err := validator.New(config)
		if err != nil {
			t.Fatal(err)
		}
		v.UseTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
			b.fetches.Add(1)
			delay := time.Duration(b.delay.Load())
			switch {
			case b.failing.Load():
				return nil, errors.New("connection refused")
			case b.hanging.Load():
				delay = time.Hour
			case delay == 0:
				return response(good), nil
			}
			select {
			case <-time.After(delay):
				return response(good), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}))
		b.Validator = v
		test(t, b)
	})
}

// assertJudged holds both the judgement and the time that it took against what
// they must be.
func (b *bubble) assertJudged(ctx context.Context, t *testing.T, token string, want validator.Reason, took time.Duration) {
	t.Helper()
	begin := time.Now()
	if got := b.Authorize(ctx, event(token)).AuthPayload.Error; got != want {
		t.Errorf("got reason %q, want %q", got, want)
	}
	if got := time.Since(begin); got != took {
		t.Errorf("it took %v, want %v", got, took)
	}
}

func longLived() string { return serviceToken().claim("exp", "253402300799").token() }

func unknownKey() string { return serviceToken().header("kid", `"x"`).token() }

func TestAKnownKeyNeverWaitsForAFetchThatHangs(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if err := b.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(validator.FetchCooldown)
		b.hanging.Store(true)
		var calls sync.WaitGroup
		calls.Go(func() {
			b.assertJudged(t.Context(), t, unknownKey(), validator.KeysUnavailable, validator.NeededFetchTimeout)
		})
		synctest.Wait()
		for range 8 {
			calls.Go(func() {
				for range 4 {
					b.assertJudged(t.Context(), t, longLived(), "", 0)
				}
			})
		}
		calls.Wait()
	})
}

// TestANewKeyIsFoundAtASlowIssuer is about an issuer that has changed its keys: a warm
// function gives the fetch as much time as a cold one.
func TestANewKeyIsFoundAtASlowIssuer(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if err := b.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(validator.FetchCooldown)
		slow := validator.NeededFetchTimeout - time.Millisecond
		b.delay.Store(int64(slow))
		b.assertJudged(t.Context(), t, unknownKey(), validator.KeyUnknown, slow) // the set was read
	})
}

func TestAnAgedKeyWaitsForNobodyElsesFetch(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		if err := b.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(validator.SoftLifetime)
		b.hanging.Store(true)
		var calls sync.WaitGroup
		calls.Go(func() { b.assertJudged(t.Context(), t, longLived(), "", validator.FetchTimeout) })
		synctest.Wait()
		for range 4 {
			calls.Go(func() { b.assertJudged(t.Context(), t, longLived(), "", 0) })
		}
		calls.Wait()
		if n := b.fetches.Load(); n != 2 {
			t.Errorf("the key set was fetched %d times, want 2", n)
		}
	})
}

func TestCallsThatKnowNoKeyShareOneFetch(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.delay.Store(int64(validator.NeededFetchTimeout - 1))
		var calls sync.WaitGroup
		for range 8 {
			calls.Go(func() { b.assertJudged(t.Context(), t, longLived(), "", validator.NeededFetchTimeout-1) })
		}
		calls.Wait()
		if n := b.fetches.Load(); n != 1 {
			t.Errorf("the key set was fetched %d times, want once", n)
		}
	})
}

func TestACallThatWaitedForAFetchOfLessTimeFetchesItself(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		const left = 100 * time.Millisecond
		b.hanging.Store(true)
		var calls sync.WaitGroup
		calls.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), left)
			defer cancel()
			b.assertJudged(ctx, t, longLived(), validator.DeadlineExceeded, left)
		})
		synctest.Wait()
		b.hanging.Store(false)
		calls.Go(func() { b.assertJudged(t.Context(), t, longLived(), "", left) })
		calls.Wait()
	})
}

// A function starts for a call that is waiting already. However its start went, that
// call is judged within the budget of both.

func TestASlowFirstFetchCostsTheFirstCallNothingButTime(t *testing.T) {
	for name, slow := range map[string]time.Duration{"as slow as it may be": validator.NeededFetchTimeout - 1, "too slow": validator.NeededFetchTimeout + 1} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.delay.Store(int64(slow))
				if err := b.Warm(t.Context()); (err == nil) != (slow < validator.NeededFetchTimeout) {
					t.Errorf("got error %v", err)
				}
				b.delay.Store(0)
				b.assertJudged(t.Context(), t, longLived(), "", 0)
			})
		})
	}
}

func TestAFirstFetchThatFailedCostsTheFirstCallNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.failing.Store(true)
		if err := b.Warm(t.Context()); err == nil {
			t.Error("a key set was read")
		}
		b.failing.Store(false)
		b.assertJudged(t.Context(), t, longLived(), "", 0)
	})
}

func TestEachCallThatKnowsNoKeyFetchesOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.failing.Store(true)
		for calls := range int64(3) {
			b.assertJudged(t.Context(), t, longLived(), validator.KeysUnavailable, 0)
			if n := b.fetches.Load(); n != calls+1 {
				t.Errorf("the key set was fetched %d times by %d calls", n, calls+1)
			}
		}
		b.failing.Store(false)
		b.assertJudged(t.Context(), t, longLived(), "", 0)
	})
}

// Keys that have grown too old are known no longer.
func TestATokenSeenBeforeFetchesOnceToo(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.assertJudged(t.Context(), t, longLived(), "", 0)
		time.Sleep(validator.MaxAge)
		b.hanging.Store(true)
		b.assertJudged(t.Context(), t, longLived(), validator.KeysUnavailable, validator.NeededFetchTimeout)
		if n := b.fetches.Load(); n != 2 {
			t.Errorf("the key set was fetched %d times, want 2", n)
		}
	})
}

func TestAColdStartAtAHangingIssuerIsADenialWithinTheBudget(t *testing.T) {
	if validator.NeededFetchTimeout+validator.LeastNeededFetch > validator.Budget || validator.Budget >= time.Second {
		t.Errorf("a start of %v and a fetch of %v do not fit in %v", validator.NeededFetchTimeout, validator.LeastNeededFetch, validator.Budget)
	}
	inBubble(t, func(t *testing.T, b *bubble) {
		b.hanging.Store(true)
		begin := time.Now()
		if err := b.Warm(t.Context()); err == nil || time.Since(begin) != validator.NeededFetchTimeout {
			t.Errorf("got error %v after %v", err, time.Since(begin))
		}
		b.assertJudged(t.Context(), t, longLived(), validator.KeysUnavailable, validator.LeastNeededFetch)
		b.assertJudged(t.Context(), t, longLived(), validator.KeysUnavailable, validator.NeededFetchTimeout)
		b.hanging.Store(false)
		b.assertJudged(t.Context(), t, longLived(), "", 0)
	})
}

func TestACallIsDeniedWhenItsOwnTimeIsUp(t *testing.T) {
	const left = 100 * time.Millisecond
	inBubble(t, func(t *testing.T, b *bubble) {
		b.hanging.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), left)
		defer cancel()
		b.assertJudged(ctx, t, longLived(), validator.DeadlineExceeded, left)
	})
	inBubble(t, func(t *testing.T, b *bubble) { // behind somebody else's fetch
		b.hanging.Store(true)
		var calls sync.WaitGroup
		calls.Go(func() {
			b.assertJudged(t.Context(), t, longLived(), validator.KeysUnavailable, validator.NeededFetchTimeout)
		})
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), left)
		defer cancel()
		b.assertJudged(ctx, t, longLived(), validator.DeadlineExceeded, left)
		calls.Wait()
	})
}
