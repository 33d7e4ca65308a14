package fhirproxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

// newTransport makes the transport that a [Config] has by default: no proxy of the
// environment, TLS 1.2 at least, no decompression behind the caller's back.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
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
