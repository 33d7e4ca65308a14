package validator

import (
	"context"
	"log/slog"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// record is what may be known of a judgement outside of it. Its fields come from
// the configuration, from HealthLake or from the key set: nothing that a token
// brought along is among them, except a kid and a client id that were found in
// the key set and in the configuration.
type record struct {
	operation string
	started   time.Time
	reason    Reason // empty for a grant
	clientID  string // empty unless configured
	keyID     string // empty unless in the key set
	panicked  *lambdamain.Trace
}

// report writes one line a judgement: a grant and a refusal at info, what an
// operator has to look at at error.
func (v *Validator) report(r record) {
	defer func() { _ = recover() }() // a line that cannot be written costs no answer
	level := slog.LevelInfo
	if r.reason == KeysUnavailable || r.reason == DeadlineExceeded || r.reason == InternalError {
		level = slog.LevelError
	}
	ctx := context.Background()
	if !v.log.Enabled(ctx, level) {
		return
	}
	attributes := make([]slog.Attr, 0, 8)
	decision := "grant"
	if r.reason != "" {
		decision = "deny"
		attributes = append(attributes, slog.String(wire.DimensionReason, string(r.reason)))
	}
	attributes = append(attributes,
		slog.String("operation", operationName(r.operation)),
		slog.Int64(wire.MetricLatency, v.now().Sub(r.started).Microseconds()))
	if r.clientID != "" {
		attributes = append(attributes, slog.String("client_id", r.clientID))
	}
	if r.keyID != "" {
		attributes = append(attributes, slog.String("kid", r.keyID))
	}
	if level == slog.LevelError {
		if _, _, err := v.keys.state(); err != nil {
			attributes = append(attributes, slog.String("key_set_error", err.Error()))
		}
	}
	if v.config.Metrics != "" {
		attributes = append(attributes, v.metrics(r)...)
	}
	if r.panicked != nil {
		attributes = append(attributes, r.panicked.Attributes()...)
	}
	v.log.LogAttrs(ctx, level, decision, attributes...)
}

// operationName keeps the log free of anything that is no operation name. The
// names are HealthLake's and AWS publishes no list of them.
func operationName(name string) string {
	if name == "" || len(name) > 64 {
		return "other"
	}
	for _, c := range name {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return "other"
		}
	}
	return name
}
