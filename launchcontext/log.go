package launchcontext

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/lambdamain"
	"github.com/smartlake/pulumi-smartlake/internal/wire"
)

// record is what may be known of an event outside of it.
type record struct {
	started  time.Time
	event    event
	reason   Reason    // empty where the claims were decided on
	outcomes []outcome // their values stay here
	panicked *lambdamain.Trace
}

// report writes one line an event: at info what is as it should be, at warn what an
// administrator has to put right, at error a defect.
func (t *Trigger) report(r record) {
	defer func() { _ = recover() }() // a line that cannot be written costs no answer
	level, attributes := r.line()
	ctx := context.Background()
	if !t.log.Enabled(ctx, level) {
		return
	}
	attributes = append(attributes, slog.Int64("latency_us", t.now().Sub(r.started).Microseconds()))
	t.log.LogAttrs(ctx, level, wire.LineLaunchContext, attributes...)
}

func (r record) line() (slog.Level, []slog.Attr) {
	level := slog.LevelInfo
	attributes := []slog.Attr{slog.String("trigger_source", sourceName(r.event.triggerSource))}
	if isClientID(r.event.clientID) {
		attributes = append(attributes, slog.String("client_id", r.event.clientID))
	}
	if r.reason != "" {
		attributes = append(attributes, slog.String("reason", string(r.reason)))
		if r.reason != NoUser {
			level = slog.LevelWarn
		}
	}
	for _, o := range r.outcomes {
		attributes = append(attributes, slog.String(o.claim.name, string(o.decision)))
		if o.decision == Malformed {
			level = slog.LevelWarn
			attributes = append(attributes, slog.String(o.claim.name+"_attribute", o.claim.attribute))
		}
	}
	if r.panicked != nil {
		level = slog.LevelError
		attributes = append(attributes, r.panicked.Attributes()...)
	}
	return level, attributes
}

func sourceName(name string) string {
	if name == clientCredentials || slices.Contains(userSources, name) {
		return name
	}
	return "other"
}

// isClientID keeps out of the log what no client id can be.
func isClientID(text string) bool {
	for _, c := range text {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '+' {
			return false
		}
	}
	return text != "" && len(text) <= 128
}
