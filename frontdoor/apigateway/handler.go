// Package apigateway serves an http.Handler as a Lambda function behind an HTTP API of
// API Gateway, in payload format 2.0
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
//
//	lambda.Start(apigateway.New(handler))
//
// The handler builds the request from API Gateway's event:
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
// It buffers answers, because an HTTP API has no streaming. It sends text as text and
// everything else in base64. If an answer is longer than [MaxResponse], is incomplete, or
// has another length than its Content-Length, it answers with 502 instead.
//
// It does not know FHIR or OAuth. It refuses events of REST APIs and of payload format 1.0.
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

// Invoke answers one event with one response, both in payload format 2.0. It returns an
// error for a payload that is not such an event, and after a panic. The error contains
// nothing of the request, and API Gateway answers 500.
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
