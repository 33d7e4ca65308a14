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
// the key set and in the configuration, and, where [Config.LogUsers] asks for it, the
// identifier of the user.
type record struct {
	operation string
	started   time.Time
	reason    Reason // empty for a grant
	role      Role   // none for a refusal
	clientID  string // empty unless configured
	keyID     string // empty unless in the key set
	user      string // the sub of a user's token that was accepted; empty unless users are to be logged
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
	attributes := make([]slog.Attr, 0, 10)
	decision := wire.LineGrant
	if r.reason != "" {
		decision = wire.LineDeny
		attributes = append(attributes, slog.String(wire.DimensionReason, string(r.reason)))
	}
	attributes = append(attributes,
		slog.String("operation", operationName(r.operation)),
		slog.Int64(wire.MetricLatency, v.now().Sub(r.started).Microseconds()))
	if r.reason == "" {
		attributes = append(attributes, slog.String("role", r.role.name()))
	}
	if r.clientID != "" {
		attributes = append(attributes, slog.String("client_id", r.clientID))
	}
	if r.keyID != "" {
		attributes = append(attributes, slog.String("kid", r.keyID))
	}
	if v.config.LogUsers && isUserPoolSub(r.user) {
		attributes = append(attributes, slog.String("sub", r.user))
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

// isUserPoolSub reports whether a text is an identifier of a user as Cognito makes them, a
// UUID (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html).
// Anything else, a name or an address perhaps, stays out of the log.
func isUserPoolSub(text string) bool {
	const dashes = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(text) != len(dashes) {
		return false
	}
	for i := range len(text) {
		c := text[i]
		isDash, isHex := c == '-', c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dashes[i] == '-' && !isDash || dashes[i] != '-' && !isHex {
			return false
		}
	}
	return true
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
