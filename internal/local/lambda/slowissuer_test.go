package lambda_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A function starts for a call that is waiting already, and HealthLake waits a second
// for both.

func TestAColdStartAtAnIssuerThatIsSlowOnceGrants(t *testing.T) {
	for name, slow := range map[string]time.Duration{"longer than a refresh may take": 400 * time.Millisecond, "longer than a start waits": time.Minute} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.delayFirstKeySet(slow)
			var log strings.Builder
			function := run(t, environment(t, i), &log)
			if answer := ask(t, function, i.token(t, func(jwt.MapClaims) {})); !strings.Contains(answer, `"isAuthorized":"true"`) {
				t.Errorf("got %s", answer)
			}
		})
	}
}

// delayFirstKeySet makes the issuer slow with its first answer, and healthy with the
// next ones.
func (i issuer) delayFirstKeySet(delay time.Duration) {
	publish := i.server.Config.Handler
	var asked atomic.Bool
	i.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !asked.Swap(true) {
			select {
			case <-time.After(delay):
			case <-r.Context().Done():
				return
			}
		}
		publish.ServeHTTP(w, r)
	})
}
