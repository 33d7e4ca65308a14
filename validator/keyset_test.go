package validator_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// proxied counts connections to the proxy that the environment of these tests
// names. The standard library reads that environment once, and never uses a
// proxy for the loopback interface.
var proxied atomic.Int64

func TestMain(m *testing.M) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			proxied.Add(1)
			_ = connection.Close()
		}
	}()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		_ = os.Setenv(name, "http://"+listener.Addr().String())
	}
	os.Exit(m.Run())
}

func TestAProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	f := newColdFixture(t, func(c *validator.Config) { c.JWKSURI = "https://192.0.2.1/jwks.json" }) // of RFC 5737: nobody's
	if err := f.Warm(context.Background()); err == nil {
		t.Error("a key set was read where there is none")
	}
	if n := proxied.Load(); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

// assertFetches holds the number of fetches so far against the right one.
func (f *fixture) assertFetches(t *testing.T, want int64) {
	t.Helper()
	if got := f.issuer.fetches.Load(); got != want {
		t.Errorf("the key set was fetched %d times, want %d", got, want)
	}
}

// current and next are fresh tokens of the service, by its two keys.
func (f *fixture) current() string { return f.clock.fresh(serviceToken()).token() }

func (f *fixture) next() string {
	return f.clock.fresh(serviceToken()).header("kid", `"next"`).signedBy(nextKey).token()
}

func TestTheFirstJudgementReadsTheKeySetAndTheNextOnesDoNot(t *testing.T) {
	f := newColdFixture(t)
	f.assertFetches(t, 0)
	for range 5 {
		f.assertGranted(t, f.current())
		f.assertGranted(t, f.next())
	}
	f.assertFetches(t, 1)
}

func TestTheKeySetIsAskedForAsJSON(t *testing.T) {
	f := newColdFixture(t)
	asked := make(chan *http.Request, 1)
	f.issuer.behave(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Clone(context.Background()) })
	_ = f.Warm(context.Background())
	r := <-asked
	if r.Method != http.MethodGet || r.URL.Path != "/.well-known/jwks.json" || r.Header.Get("Accept") != "application/json" {
		t.Errorf("got %s %s %v", r.Method, r.URL, r.Header)
	}
	for _, name := range []string{"Authorization", "Cookie", "Accept-Encoding"} {
		if r.Header.Get(name) != "" {
			t.Errorf("%s was sent", name)
		}
	}
	if !r.Close {
		t.Error("the connection is to be kept, and a frozen one is a dead one")
	}
}

func TestTwoThousandUnknownKeysCauseOneFetch(t *testing.T) {
	f := newFixture(t)
	f.clock.move(validator.FetchCooldown)
	f.assertFetches(t, 1)
	_, claims, signature := split(serviceToken().token())
	for i := range 2000 {
		header := serviceToken().header("kid", fmt.Sprintf(`"%sunknown-%d"`, secret, i)).head.json()
		token := encode(header) + "." + claims + "." + signature
		if got := f.judge(token); got.AuthPayload.Error != validator.KeyUnknown {
			t.Fatalf("got %+v", got)
		}
	}
	f.assertFetches(t, 2)
	f.assertGranted(t, f.current())
}

func TestANewKeyIsTakenAfterTheCooldown(t *testing.T) {
	f := newFixture(t)
	f.issuer.publish(currentKey())
	f.clock.move(validator.SoftLifetime)
	f.assertGranted(t, f.current())
	f.assertDenied(t, f.next(), validator.KeyUnknown)
	f.assertFetches(t, 2)

	f.issuer.publish(currentKey(), nextKey())
	f.clock.move(validator.FetchCooldown - time.Nanosecond)
	f.assertDenied(t, f.next(), validator.KeyUnknown)
	f.assertFetches(t, 2)

	f.clock.move(time.Nanosecond)
	f.assertGranted(t, f.next())
	f.assertFetches(t, 3)
}

func TestARemovedKeyStopsCountingOnceTheKeySetIsRefreshed(t *testing.T) {
	f := newFixture(t)
	f.issuer.publish(nextKey())
	f.clock.move(validator.SoftLifetime - time.Nanosecond)
	f.assertGranted(t, f.current())
	f.assertFetches(t, 1)

	f.clock.move(time.Nanosecond)
	f.assertDenied(t, f.current(), validator.KeyUnknown)
	f.assertGranted(t, f.next())
	f.assertFetches(t, 2)
}

func TestAKeyWhoseKidPassesToAnotherKeyStopsCounting(t *testing.T) {
	f := newFixture(t)
	f.issuer.publish(signingKey{"current", nextKey().private})
	f.clock.move(validator.SoftLifetime)
	f.assertDenied(t, f.current(), validator.SignatureInvalid)
	f.assertGranted(t, f.clock.fresh(serviceToken()).signedBy(nextKey).token())
}

// badAnswers are what an issuer in trouble says in place of its key set.
func badAnswers() map[string]http.HandlerFunc {
	good := keySetJSON(nextKey().jwk())
	huge := `{"pad":"` + strings.Repeat("x", validator.MaxKeySetBytes) + `",` + good[1:]
	return map[string]http.HandlerFunc{
		"status 500":              answer(http.StatusInternalServerError, good),
		"status 404":              answer(http.StatusNotFound, good),
		"status 403":              answer(http.StatusForbidden, good),
		"status 204":              answer(http.StatusNoContent, ""),
		"status 206":              answer(http.StatusPartialContent, good),
		"status 304":              answer(http.StatusNotModified, ""),
		"HTML":                    answer(http.StatusOK, "<!doctype html><title>Sign in</title>"),
		"nothing":                 answer(http.StatusOK, ""),
		"null":                    answer(http.StatusOK, "null"),
		"a list":                  answer(http.StatusOK, "["+good+"]"),
		"an empty object":         answer(http.StatusOK, "{}"),
		"no keys":                 answer(http.StatusOK, `{"keys":[]}`),
		"null for keys":           answer(http.StatusOK, `{"keys":null}`),
		"an object for keys":      answer(http.StatusOK, `{"keys":{}}`),
		"a key that is null":      answer(http.StatusOK, `{"keys":[null]}`),
		"no usable key":           answer(http.StatusOK, `{"keys":[{"kty":"EC","kid":"next","crv":"P-256"}]}`),
		"half a key set":          answer(http.StatusOK, good[:len(good)/2]),
		"a key set and text":      answer(http.StatusOK, good+"x"),
		"over the limit":          answer(http.StatusOK, huge),
		"over the limit in white": answer(http.StatusOK, good+strings.Repeat(" ", validator.MaxKeySetBytes)),
		"shorter than announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(good)+1))
			_, _ = io.WriteString(w, good)
		},
		"compressed, unasked": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 0, 0, 0xff, 0xff})
		},
		"headers without end": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 64 {
				w.Header().Set(fmt.Sprintf("X-Pad-%d", i), strings.Repeat("x", 1024))
			}
			_, _ = io.WriteString(w, good)
		},
		"a connection cut":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"a hang":            func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a hang in between": hangAfter(good[:len(good)/2]),
		"a trickle":         trickle(good),
	}
}

func hangAfter(beginning string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, beginning)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

// trickle sends a good key set, a byte at a time, for longer than anybody waits.
func trickle(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := range len(text) {
			_, _ = io.WriteString(w, text[i:i+1])
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

func TestABadAnswerNeverReplacesGoodKeys(t *testing.T) {
	for name, bad := range badAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.issuer.publish(currentKey())
			f.clock.move(validator.SoftLifetime)
			f.assertGranted(t, f.current())

			f.issuer.behave(bad)
			f.clock.move(validator.SoftLifetime)
			f.assertGranted(t, f.current())
			f.assertFetches(t, 3)
			f.assertDenied(t, f.next(), validator.KeysUnavailable)
			f.assertFetches(t, 3)

			f.issuer.publish(nextKey())
			f.clock.move(validator.FailureCooldown)
			f.assertGranted(t, f.next())
			f.assertDenied(t, f.current(), validator.KeyUnknown)
		})
	}
}

func TestAColdStartDuringAnOutageRecoversWithIt(t *testing.T) {
	for name, bad := range badAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newColdFixture(t)
			f.issuer.behave(bad)
			if err := f.Warm(context.Background()); err == nil {
				t.Error("a key set was read")
			}
			f.assertDenied(t, f.current(), validator.KeysUnavailable)
			f.assertFetches(t, 2)

			f.issuer.publish(currentKey())
			f.assertGranted(t, f.current())
			f.assertFetches(t, 3)
		})
	}
}

func TestAnIssuerThatCannotBeReachedIsAnOutage(t *testing.T) {
	f := newColdFixture(t)
	f.issuer.Close()
	f.assertDenied(t, f.current(), validator.KeysUnavailable)
}

func TestAnIssuerOfAnUntrustedCertificateIsAnOutage(t *testing.T) {
	f := newColdFixture(t, func(c *validator.Config) { c.RootCAs = nil })
	f.assertDenied(t, f.current(), validator.KeysUnavailable)
	f.assertFetches(t, 0)
}

func TestAnIssuerOfOldTLSIsAnOutage(t *testing.T) {
	old := httptest.NewUnstartedServer(answer(http.StatusOK, keySetJSON(currentKey().jwk())))
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	t.Cleanup(old.Close)
	f := newColdFixture(t, func(c *validator.Config) {
		c.JWKSURI = old.URL
		c.RootCAs.AddCert(old.Certificate())
	})
	f.assertDenied(t, f.current(), validator.KeysUnavailable)
}

// TestAnEndlessAnswerIsCutAtTheLimit and not at the timeout, by when it would
// have filled the memory.
func TestAnEndlessAnswerIsCutAtTheLimit(t *testing.T) {
	f := newColdFixture(t)
	f.issuer.behave(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, strings.Repeat(" ", 64<<10))
		}
	})
	want := fmt.Sprintf("key set: over %d bytes", validator.MaxKeySetBytes)
	if err := f.Warm(context.Background()); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestAKeySetUpToTheLimitIsRead(t *testing.T) {
	f := newColdFixture(t)
	good := keySetJSON(currentKey().jwk())
	f.issuer.behave(answer(http.StatusOK, good+strings.Repeat(" ", validator.MaxKeySetBytes-len(good))))
	f.assertGranted(t, f.current())
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		answer(http.StatusOK, keySetJSON(foreignKey().jwk()))(w, r)
	}))
	t.Cleanup(elsewhere.Close)
	foreign := serviceToken().header("kid", `"`+secret+`foreign"`).signedBy(foreignKey)
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			f := newFixture(t)
			f.issuer.behave(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/.well-known/jwks.json" {
					asked.Add(1)
				}
				w.Header().Set("Location", [2]string{elsewhere.URL, "/elsewhere"}[f.issuer.fetches.Load()%2])
				w.WriteHeader(status)
				_, _ = io.WriteString(w, keySetJSON(foreignKey().jwk()))
			})
			for range 2 {
				f.clock.move(validator.SoftLifetime)
				f.assertDenied(t, f.clock.fresh(foreign).token(), validator.KeysUnavailable)
			}
			f.assertFetches(t, 3)
			f.assertGranted(t, f.current())
		})
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
}

func TestKeysThatCannotBeRefreshedCountUntilTheirMaximumAge(t *testing.T) {
	f := newFixture(t)
	f.issuer.behave(answer(http.StatusServiceUnavailable, ""))
	f.clock.move(validator.MaxAge - time.Nanosecond)
	f.assertGranted(t, f.current())

	f.clock.move(time.Nanosecond)
	f.assertDenied(t, f.current(), validator.KeysUnavailable)

	f.issuer.publish(currentKey())
	f.assertGranted(t, f.current())
}

// "Could not look" is not "not there".
func TestAKeyThatCouldNotBeLookedUpIsNotUnknown(t *testing.T) {
	f := newFixture(t)
	f.issuer.publish(currentKey())
	f.clock.move(validator.SoftLifetime)
	f.assertDenied(t, f.next(), validator.KeyUnknown)

	f.issuer.behave(answer(http.StatusServiceUnavailable, ""))
	f.clock.move(validator.FetchCooldown - time.Nanosecond)
	f.assertDenied(t, f.next(), validator.KeyUnknown) // by a set that was read within the cool-down
	f.clock.move(time.Nanosecond)
	for range 3 {
		f.assertDenied(t, f.next(), validator.KeysUnavailable)
		f.assertGranted(t, f.current())
	}
	f.assertFetches(t, 3)

	f.issuer.publish(currentKey())
	f.clock.move(validator.FailureCooldown)
	f.assertDenied(t, f.next(), validator.KeyUnknown)
}

func TestAnOutageIsAskedAboutOnceASecondWhileKeysAreKnown(t *testing.T) {
	f := newFixture(t)
	f.issuer.behave(answer(http.StatusServiceUnavailable, ""))
	f.clock.move(validator.SoftLifetime)
	for range 20 {
		f.assertGranted(t, f.current())
	}
	f.assertFetches(t, 2)
	f.clock.move(validator.FailureCooldown)
	for range 20 {
		f.assertGranted(t, f.current())
	}
	f.assertFetches(t, 3)
}

func TestAClockSetBackNeitherBlocksNorExtends(t *testing.T) {
	f := newFixture(t)
	f.issuer.publish(nextKey())
	f.clock.move(-time.Hour)
	// Keys of the future are of unknown age: they are refreshed at once.
	f.assertDenied(t, f.current(), validator.KeyUnknown)
	f.assertGranted(t, f.next())
	f.assertFetches(t, 2)

	f.issuer.publish(currentKey())
	f.clock.move(-time.Hour)
	f.assertGranted(t, f.current())
	f.assertFetches(t, 3)

	f.issuer.behave(answer(http.StatusServiceUnavailable, ""))
	f.clock.move(-time.Hour)
	f.assertGranted(t, f.current())
	f.assertFetches(t, 4)
	f.issuer.publish(nextKey())
	f.clock.move(-time.Nanosecond)
	f.assertGranted(t, f.next())
}

func TestWarmSaysWhatItRead(t *testing.T) {
	f := newColdFixture(t)
	broken := nextKey().jwk()
	broken["use"] = "enc"
	f.issuer.behave(answer(http.StatusOK, keySetJSON(currentKey().jwk(), broken)))
	if err := f.Warm(context.Background()); err != nil {
		t.Fatal(err)
	}
	assertLines(t, f.log.Take(), `{"level":"INFO","msg":"key set read","keys":1,"skipped":["not for signatures: 1"]}`)

	f = newColdFixture(t)
	f.issuer.behave(answer(http.StatusBadGateway, secret+"body"))
	if err := f.Warm(context.Background()); err == nil || err.Error() != "key set: HTTP status 502" {
		t.Errorf("got error %v", err)
	}
	assertLines(t, f.log.Take(), `{"level":"ERROR","msg":"key set not read","error":"key set: HTTP status 502"}`)
}

// TestJudgementsMayRunAtOnce has most to tell with the race detector on.
func TestJudgementsMayRunAtOnce(t *testing.T) {
	f := newFixture(t)
	granted, unknown := serviceToken().token(), serviceToken().header("kid", `"x"`).token()
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 25 {
				f.assertAnswer(t, granted, serviceAnswer())
			}
		})
		work.Go(func() {
			for range 25 {
				f.assertDenied(t, unknown, validator.KeyUnknown)
			}
		})
	}
	work.Go(func() {
		for range 5 {
			f.clock.move(validator.SoftLifetime)
			f.issuer.publish(currentKey())
			_ = f.Warm(context.Background())
			f.clock.move(-validator.SoftLifetime)
		}
	})
	work.Wait()
}
