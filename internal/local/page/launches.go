package page

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// launchCookie binds a launch to the browser that began it; the prefix makes
	// browsers refuse one that was set without TLS.
	launchCookie   = "__Host-smartlake-launch"
	launchLifetime = 10 * time.Minute
	maxLaunches    = 100
)

// launch is one that waits for its user to come back.
type launch struct {
	state, verifier string
	client          Client
	tokenEndpoint   string
	expires         time.Time
}

// launches are those that wait, oldest first; of too many, the oldest are forgotten.
type launches struct {
	mu      sync.Mutex
	waiting []launch
}

// begin remembers a launch and binds it to the browser.
func (l *launches) begin(w http.ResponseWriter, begun launch) launch {
	begun.state, begun.expires = rand.Text(), time.Now().Add(launchLifetime)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting[max(0, len(l.waiting)-maxLaunches+1):], begun)
	setLaunchCookie(w, begun.state, int(launchLifetime.Seconds()))
	return begun
}

// end takes the launch that a browser comes back from. It is good once, within ten
// minutes, and for the browser that began it: an answer that somebody else had made
// would sign its user in as that somebody (RFC 6749 section 10.12).
func (l *launches) end(w http.ResponseWriter, r *http.Request) (launch, error) {
	state := r.URL.Query().Get("state")
	cookie, err := r.Cookie(launchCookie)
	if err != nil || state == "" || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(state)) != 1 {
		return launch{}, errors.New("state: does not match the last launch of this browser; launch the app again")
	}
	setLaunchCookie(w, "", -1)
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.waiting, func(begun launch) bool { return begun.state == state })
	if i < 0 || time.Now().After(l.waiting[i].expires) {
		return launch{}, errors.New("state: matches no waiting launch; launch the app again")
	}
	begun := l.waiting[i]
	l.waiting = slices.Delete(l.waiting, i, i+1)
	return begun, nil
}

func setLaunchCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: launchCookie, Value: value, Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
