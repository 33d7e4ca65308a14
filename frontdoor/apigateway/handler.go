// Package apigateway serves an http.Handler as a Lambda function behind an HTTP API of
// API Gateway, in payload format 2.0
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
//
//	lambda.Start(apigateway.New(handler))
//
// A request is what API Gateway says of it:
//
//   - The path is the event's rawPath, which HTTP APIs hand over decoded. It is taken as it
//     is, and a percent sign in it is one: URL.EscapedPath shows what no plain path has,
//     whether or not API Gateway decoded. The query is as the client sent it.
//   - Host is requestContext.domainName, the name that API Gateway found the API by. The
//     header is only what the client wrote.
//   - A header that came several times has one value, joined with commas by API Gateway. It
//     is not split again, because a value may hold commas: two Authorization headers are one
//     that no scheme allows.
//   - RemoteAddr is the client's address, without a port. TLS is nil, because TLS ended at
//     API Gateway. Cookies are dropped. The context has the function's deadline.
//
// An answer is buffered: an HTTP API takes no stream. Text goes as text and everything else
// in base64. An answer that is longer than [MaxResponse], that breaks off, or whose length is
// not its Content-Length is answered with 502 instead, never cut short.
//
// It knows neither FHIR nor OAuth. REST APIs and payload format 1.0 are refused.
package apigateway

import (
	"context"
	"fmt"
	"net/http"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
)

// Handler is a Lambda handler in front of an http.Handler. It is safe for concurrent use if
// that one is.
type Handler struct{ handler http.Handler }

// New returns a Lambda handler that answers with the http.Handler.
func New(handler http.Handler) *Handler { return &Handler{handler} }

// Invoke answers one event with one response, both in payload format 2.0. The error of a
// payload that is no such event, and that of a panic, hold nothing of the request: API
// Gateway answers 500 for either.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	request, err := readEvent(ctx, payload)
	if err != nil {
		return nil, err
	}
	a, err := h.serve(request)
	if err != nil {
		return nil, err
	}
	return a.encode(request.Method)
}

// server in the context tells handlers that a panic with http.ErrAbortHandler is understood,
// by which httputil.ReverseProxy says that an answer broke off. It would end as a whole one
// otherwise.
var server = &http.Server{ReadHeaderTimeout: 1} // which serves nothing

// serve calls the handler, as net/http does.
func (h *Handler) serve(r *http.Request) (a *answer, err error) {
	a = newAnswer()
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			a = badGateway()
		default:
			err = fmt.Errorf("the handler panicked: %s", lambdamain.NewTrace(p))
		}
	}()
	h.handler.ServeHTTP(a, r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, server)))
	return a, nil
}
