package frontdoor

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/smartlake/pulumi-smartlake/frontdoor/fhirproxy"
	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// record is what may be known of a request outside of it: nothing that its sender
// wrote, except a method, a type and an interaction that FHIR defines, and a client id that is
// configured.
type record struct {
	started  time.Time
	route    string
	method   string
	exchange fhirproxy.Exchange // of a FHIR request
	clientID string             // empty unless configured
	refusal  string             // error code of OAuth; empty for none
	upstream time.Duration      // what HealthLake or Cognito took; 0 where neither was asked
}

// observe notes what became of a FHIR request.
func observe(ctx context.Context, exchange fhirproxy.Exchange) {
	rec := recordOf(ctx)
	rec.exchange, rec.upstream = exchange, exchange.Upstream
}

type recordKey struct{}

func withRecord(ctx context.Context, r *record) context.Context {
	return context.WithValue(ctx, recordKey{}, r)
}

// recordOf is the record of the request that a context belongs to, and one that nobody reads
// where there is none.
func recordOf(ctx context.Context) *record {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		return r
	}
	return &record{}
}

var loggedMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// finish writes the line of a request. After a panic it answers with 500, or breaks the
// connection off where an answer has begun.
func (d *Door) finish(w *observer, r *http.Request, rec *record) {
	var trace *lambdamain.Trace
	broken := false
	if p := recover(); p != nil {
		broken = w.status != 0
		if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			trace = lambdamain.NewTrace(p)
		}
		if !broken {
			refuseUnknownFault(w, r, rec.route)
		}
	}
	d.report(max(w.status, http.StatusOK), rec, broken, trace) // what nobody wrote is 200
	if broken {
		panic(http.ErrAbortHandler) //nolint:forbidigo // how a handler of net/http breaks an answer off
	}
}

func refuseUnknownFault(w http.ResponseWriter, r *http.Request, route string) {
	const fault = "The server has a defect and could not answer. Its log says more."
	w.Header().Set("Cache-Control", "no-store")
	if route == "fhir" || route == "metadata" {
		fhirproxy.WriteOutcome(w, http.StatusInternalServerError, "exception", fault)
		return
	}
	(&oauthError{http.StatusInternalServerError, serverError, fault}).serve(w, r)
}

// report writes one line a request: answers below 500 at info, others and those that broke
// off at error.
func (d *Door) report(status int, rec *record, broken bool, trace *lambdamain.Trace) {
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError || broken {
		level = slog.LevelError
	}
	ctx := context.Background()
	if !d.log.Enabled(ctx, level) {
		return
	}
	method := rec.method
	if !slices.Contains(loggedMethods, method) {
		method = "other"
	}
	attributes := make([]slog.Attr, 0, 12)
	attributes = append(attributes, slog.String("route", rec.route), slog.String("method", method))
	for _, optional := range []struct{ name, value string }{
		{"interaction", rec.exchange.Interaction.Name}, {"type", rec.exchange.Interaction.Type}, {"failure", rec.exchange.Failure},
		{"client_id", rec.clientID}, {"error", rec.refusal},
	} {
		if optional.value != "" {
			attributes = append(attributes, slog.String(optional.name, optional.value))
		}
	}
	attributes = append(attributes, slog.Int("status", status), slog.Int64("duration_us", d.now().Sub(rec.started).Microseconds()))
	if rec.upstream > 0 {
		attributes = append(attributes, slog.Int64("upstream_us", rec.upstream.Microseconds()))
	}
	if trace != nil {
		attributes = append(attributes, trace.Attributes()...)
	}
	d.log.LogAttrs(ctx, level, wire.LineFrontDoor, attributes...)
}

// observer notes the status of an answer.
type observer struct {
	http.ResponseWriter
	status int // 0 until the answer begins
}

// WriteHeader implements [http.ResponseWriter].
func (o *observer) WriteHeader(status int) {
	if o.status == 0 && status >= http.StatusOK {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (o *observer) Write(content []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	return o.ResponseWriter.Write(content)
}

// Unwrap lets an [http.ResponseController] reach what it needs.
func (o *observer) Unwrap() http.ResponseWriter { return o.ResponseWriter }
