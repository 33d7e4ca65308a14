// Package apigateway stands in for an HTTP API of API Gateway with one route, $default, and
// one integration: a Lambda function, in payload format 2.0
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
//
//	api, err := apigateway.New(apigateway.Config{Host: "127.0.0.1:8446"}, invoke)
//	http.ListenAndServeTLS("127.0.0.1:8446", certificate, key, api)
//
// Where AWS documents a limit, it holds it, and where a reading is left open, it takes the
// one that is harder for the function:
//
//   - The path arrives decoded, and ends at a question mark that was encoded. The query
//     arrives as it was sent.
//   - Headers that came several times are one value with commas, and cookies are apart.
//   - A body is base64 unless its type is text/*, or JSON, XML or JavaScript by that very
//     name: that of application/fhir+json and of a form is base64.
//   - A request of more than 10,240 bytes in its request line and the values of its headers,
//     or of more than 10 MB, or whose event is longer than the 6 MB that Lambda takes, never
//     reaches the function.
//   - The function has 30 seconds at most. Throttling is the stage's, or the account's.
//
// AWS documents most statuses and none of the bodies: 403, 413, 429, 431, 500 and 503 with a
// JSON object whose one member is a message are as they are seen in the field, unverified on
// AWS.
//
// It leaves out routes, stages and their variables, API mappings, authorizers, CORS by API
// Gateway, mutual TLS and metrics. It knows nothing of Pulumi.
package apigateway

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// The quotas of HTTP APIs
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html), of an
// account's throttling (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
// and of Lambda (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const (
	MaxHead    = 10_240   // bytes of the request line and the values of the headers
	MaxBody    = 10 << 20 // bytes
	MaxEvent   = 6 << 20  // bytes that Lambda takes
	MaxTimeout = 30 * time.Second

	accountRate, accountBurst = 10_000, 5_000
)

// Config describes an API.
type Config struct {
	// Host by which clients reach the API, with its port. Other hosts are another API's.
	Host string
	// AccountID and APIID, as the event names them.
	AccountID, APIID string
	// Rate and Burst of the stage: requests a second on average, and at once. By default the
	// account's, 10,000 and 5,000.
	Rate  float64
	Burst int
	// Timeout of the integration, by default the most, 30 seconds.
	Timeout time.Duration
	// Now is the clock of the throttling and of the events, by default the machine's.
	Now func() time.Time
}

// Invoke calls the function with an event and returns its answer.
type Invoke func(ctx context.Context, event []byte) ([]byte, error)

// ErrThrottled is the error of an [Invoke] whose function takes no more calls.
var ErrThrottled = errors.New("the function accepts no more calls")

// API is an http.Handler. It is safe for concurrent use.
type API struct {
	config    Config
	invoke    Invoke
	bucket    *bucket
	throttles atomic.Bool
}

// New returns the API in front of a function.
func New(config Config, invoke Invoke) (*API, error) {
	if config.Host == "" {
		return nil, errors.New("host: missing; give the API's host and port")
	}
	if config.Timeout < 0 || config.Timeout > MaxTimeout {
		return nil, errors.New("timeout: " + config.Timeout.String() + ": must be at most " + MaxTimeout.String() + ", which API Gateway waits for a function")
	}
	if config.Rate < 0 || config.Burst < 0 {
		return nil, errors.New("throttling: below 0; must be a number of requests")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	config.Timeout = cmp.Or(config.Timeout, MaxTimeout)
	rate, burst := cmp.Or(config.Rate, accountRate), cmp.Or(config.Burst, accountBurst)
	return &API{config: config, invoke: invoke, bucket: newBucket(rate, burst)}, nil
}

// Throttle makes the API answer every request with 429, as above the quota, or no longer.
func (a *API) Throttle(on bool) { a.throttles.Store(on) }

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := uuid.NewString()
	w.Header().Set("Apigw-Requestid", requestID)
	switch {
	case r.Host != a.config.Host:
		refuse(w, http.StatusForbidden, "Forbidden")
		return
	case headSize(r) > MaxHead:
		refuse(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
		return
	case a.throttles.Load() || !a.bucket.take(a.config.Now()):
		refuse(w, http.StatusTooManyRequests, "Too Many Requests")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	case err != nil: // half of a request is none
		refuse(w, http.StatusBadRequest, "Bad Request")
		return
	}
	event, err := a.event(r, body, requestID)
	switch {
	case err != nil:
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	case len(event) > MaxEvent:
		refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	a.integrate(w, r, event)
}

// integrate calls the function and answers with what it says.
func (a *API) integrate(w http.ResponseWriter, r *http.Request, event []byte) {
	ctx, cancel := context.WithTimeout(r.Context(), a.config.Timeout)
	defer cancel()
	answer, err := a.invoke(ctx, event)
	switch {
	case err != nil && (errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, ErrThrottled)):
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	case err != nil:
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	response, err := readResponse(answer)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	response.write(w, r.Method)
}

// headSize counts what API Gateway bounds.
func headSize(r *http.Request) int {
	size := len(r.Method) + len(" ") + len(r.RequestURI) + len(" ") + len(r.Proto) + len(r.Host)
	for _, values := range r.Header {
		for _, value := range values {
			size += len(value)
		}
	}
	return size
}

// refuse answers in API Gateway's own name.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"message":"`+message+`"}`) // the client went away: nobody to tell
}
