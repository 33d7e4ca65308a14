package fhirproxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

// NewTransport makes the transport that a [Config] has by default. It uses no proxy that the
// environment names, because tokens and patient data pass here, and nobody on the way needs to
// read them. It needs TLS 1.2 or newer, keeps a connection for each of many concurrent requests
// to one host, and decompresses nothing. It closes an unused connection after 30 seconds: the
// other side may end it while Lambda stops the function between two requests, and a request that
// is not safe to repeat would then fail.
func NewTransport() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    3 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// strictTransport keeps from httputil.ReverseProxy what it would pass on by itself:
// informational answers with their headers, a switch of protocols, trailers.
type strictTransport struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t strictTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	got, err := t.RoundTripper.RoundTrip(r.WithContext(untraced{r.Context()}))
	if err != nil {
		return nil, err
	}
	if got.StatusCode < http.StatusOK {
		_ = got.Body.Close() // nothing was read
		return nil, errors.New("an informational answer")
	}
	own := *got // the transport writes trailers into its own
	own.Trailer = nil
	return &own, nil
}

// untraced is a context whose values, and so whose trace, the transport does not see.
type untraced struct{ context.Context }

// Value implements context.Context.
func (untraced) Value(any) any { return nil }
