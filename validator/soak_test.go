package validator_test

import (
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/validator"
)

var soakCalls = flag.Int("soak", 20_000, "calls of the soak test")

// TestManyCallsAreAnsweredRightAndLeaveNothingBehind judges a mix of tokens, good
// and bad, seen and fresh, from several callers at once, while the issuer goes
// through every trouble that the tests know and the clock runs a second each 200
// calls. Run it at length with -soak=2000000.
func TestManyCallsAreAnsweredRightAndLeaveNothingBehind(t *testing.T) {
	const callers = 4
	f := newFixture(t, func(c *validator.Config) { c.Logger = nil })
	type judged struct {
		token string
		want  validator.Reason
	}
	distant := f.clock.secondsLater(1 << 30)
	mix := []judged{
		{"", validator.TokenMissing},
		{serviceToken().header("alg", `"none"`).token(), validator.AlgorithmNotAllowed},
		{serviceToken().header("kid", `"x"`).token(), validator.KeyUnknown},
		{serviceToken().signedBy(foreignKey).token(), validator.SignatureInvalid},
		{raised(), validator.SignatureInvalid},
		{serviceToken().claim("exp", "0").token(), validator.TokenExpired},
		{serviceToken().claim("token_use", `"id"`).token(), validator.TokenUseNotAccess},
		{userToken().claim("scope", `"system/*.*"`).claim("exp", distant).token(), validator.ScopeInsufficient},
	}
	for i := range 2 * validator.MaxSeen {
		mix = append(mix, judged{serviceToken().claim("exp", distant).claim("jti", quote(fmt.Sprint(i))).token(), ""})
	}
	troubles := []http.HandlerFunc{nil}
	for _, trouble := range badAnswers() {
		troubles = append(troubles, trouble, nil)
	}
	f.BePatient(validator.FetchTimeout, 5*time.Second) // the issuer hangs often here
	before := goroutines()
	var heapAtTenth uint64
	var callersDone sync.WaitGroup
	for caller := range callers {
		callersDone.Go(func() {
			for i := range *soakCalls / callers {
				if caller == 0 && i%50 == 0 {
					f.clock.move(time.Second)
					if trouble := troubles[i/50%len(troubles)]; trouble != nil {
						f.issuer.behave(trouble)
					} else {
						f.issuer.publish(currentKey())
					}
				}
				if caller == 0 && i == *soakCalls/callers/10 {
					heapAtTenth = heap()
				}
				c := mix[(i*7+caller*131)%len(mix)]
				got := f.judge(c.token).AuthPayload.Error
				if couldNotLook := c.want == validator.KeyUnknown && got == validator.KeysUnavailable; got != c.want && !couldNotLook {
					t.Errorf("got %q, want %q", got, c.want)
					return
				}
			}
		})
	}
	callersDone.Wait()
	if n := goroutines(); n > before+callers {
		t.Errorf("%d goroutines before, %d after", before, n)
	}
	after := heap()
	t.Logf("%d calls, heap %d KiB after a tenth of them and %d KiB in the end", *soakCalls, heapAtTenth>>10, after>>10)
	if after > heapAtTenth+4<<20 {
		t.Errorf("the heap grew from %d to %d bytes", heapAtTenth, after)
	}
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// goroutines counts after those of ended connections had time to end.
func goroutines() int {
	n := runtime.NumGoroutine()
	for range 20 {
		time.Sleep(10 * time.Millisecond)
		if now := runtime.NumGoroutine(); now >= n {
			return now
		} else {
			n = now
		}
	}
	return n
}
