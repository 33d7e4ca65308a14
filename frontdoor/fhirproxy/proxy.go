// Package fhirproxy is a strict reverse proxy in front of the FHIR API of an AWS HealthLake
// datastore. It passes on only requests of FHIR R4's grammar, with listed headers and one
// bearer token, and moves the URLs of the answers from the datastore's base to its own.
//
//	proxy, err := fhirproxy.New(fhirproxy.Config{
//		BaseURL:  "https://fhir.example.org/r4",
//		Upstream: "https://healthlake.eu-west-1.amazonaws.com/datastore/<id>/r4/",
//	})
//
// It makes no decision about access: the datastore and its validator judge every token, and
// the same token gets the same answer at the datastore's own endpoint. It has no credentials
// of its own, and passes on only the bearer token. It has no CORS and no discovery document,
// and does not know how tokens are made. It writes no log: it calls Config.Observe after
// each request.
//
// [Parse], [RequestHeader], [BearerToken], [ResponseHeader] and [Rebase] are the separate
// rules, for use in another proxy of FHIR.
//
// Sources: FHIR R4, "http" (https://hl7.org/fhir/R4/http.html); RFC 6750; RFC 9110.
package fhirproxy

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// Config describes a proxy.
type Config struct {
	// BaseURL is the FHIR base URL that apps use: https, a host and a path, without a
	// slash at its end.
	BaseURL string
	// Upstream is the datastore's FHIR base URL: https, with a slash at its end.
	Upstream string
	// Transport sends the requests. If nil, one that ignores the proxy settings of the
	// environment.
	Transport http.RoundTripper
	// Timeout is how long the datastore may take for a whole answer. If zero, 25 seconds.
	Timeout time.Duration
	// MaxResponse is the maximum size of an answer's body in bytes, after compression. For a
	// larger one the proxy answers with an OperationOutcome too-costly. It keeps each answer
	// in memory until it is complete. If zero, there is no limit, and the proxy streams
	// answers.
	MaxResponse int64
	// Observe, if not nil, is called once for each request after its answer, with the
	// context of the request.
	Observe func(context.Context, Exchange)
}

// Exchange is the result of a request. It contains nothing secret.
type Exchange struct {
	Interaction Interaction   // zero if the request was refused before it was understood
	Upstream    time.Duration // what the datastore took, its body included; 0 if it was not asked
	// Failure is a word for why the request was not served; empty if the datastore's answer
	// was passed on: "refused" (by the proxy itself), "timeout", "unreachable",
	// "bad-answer", "too-costly", "request-broken", "answer-broken".
	Failure string
}

// Proxy is a reverse proxy for one datastore. It is an http.Handler.
type Proxy struct {
	config    Config
	basePath  string
	upstream  *url.URL
	transport http.RoundTripper
}

// New makes a proxy. An error names the field that is wrong.
func New(config Config) (*Proxy, error) {
	base, err := parseBase("BaseURL", config.BaseURL, false)
	if err != nil {
		return nil, err
	}
	upstream, err := parseBase("Upstream", config.Upstream, true)
	if err != nil {
		return nil, err
	}
	for field, value := range map[string]int64{"Timeout": int64(config.Timeout), "MaxResponse": config.MaxResponse} {
		if value < 0 {
			return nil, fmt.Errorf("%s: must not be negative", field)
		}
	}
	if config.Timeout == 0 {
		config.Timeout = 25 * time.Second
	}
	if config.Transport == nil {
		config.Transport = NewTransport()
	}
	return &Proxy{config: config, basePath: base.Path, upstream: upstream, transport: strictTransport{config.Transport}}, nil
}

func parseBase(field, text string, slash bool) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil || base.Scheme != "https" || base.Host == "" || base.Opaque != "" || base.User != nil || base.RawQuery != "" || base.ForceQuery ||
		base.Fragment != "" || base.RawPath != "" || strings.HasSuffix(base.Path, "/") != slash {
		end := "without a slash at its end"
		if slash {
			end = "with a slash at its end"
		}
		return nil, fmt.Errorf("%s: must be an https URL %s, without credentials, query and fragment", field, end)
	}
	return base, nil
}

// ServeHTTP implements http.Handler. It serves everything below the base path; the
// discovery document is not among it, and the capability statement takes a token like
// everything else.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{proxy: p, asked: r, gzip: acceptsGzip(r.Header)}
	if p.config.Observe != nil {
		defer func() { p.config.Observe(x.asked.Context(), x.tell()) }()
	}
	out, err := p.admit(r)
	x.told.Interaction = out.interaction
	if err != nil {
		x.refuse(w, err)
		return
	}
	x.out = out
	ctx, cancel := context.WithTimeout(r.Context(), p.config.Timeout)
	defer cancel()
	r = r.WithContext(ctx)
	r.Header = out.header // so that ReverseProxy sees no upgrade, nor anything else that does not pass
	x.body = &received{ReadCloser: http.MaxBytesReader(w, r.Body, MaxRequest)}
	r.Body = x.body
	(&httputil.ReverseProxy{
		Rewrite:        x.rewrite,
		Transport:      x,
		ModifyResponse: x.answer,
		ErrorHandler:   x.fail,
		BufferPool:     copyBuffers{},
		ErrorLog:       log.New(io.Discard, "", 0), // what went wrong is in the answer, and told to Observe
	}).ServeHTTP(w, r)
	x.abortIfBroken()
}
