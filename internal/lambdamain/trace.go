package lambdamain

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
)

// Trace tells where a panic came from, without the values that it may hold.
type Trace struct {
	kind   string
	frames []string
}

// NewTrace is called by the deferred function itself that recovered p: the trace begins
// behind it, where the panic was raised.
func NewTrace(p any) *Trace {
	t := &Trace{kind: fmt.Sprintf("%T", p)}
	callers := make([]uintptr, 24)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		frame, more := frames.Next()
		t.frames = append(t.frames, fmt.Sprintf("%s:%d", frame.Function, frame.Line))
		if !more {
			return t
		}
	}
}

// Attributes are those of a line in the log: the type of what was raised, and the frames.
func (t *Trace) Attributes() []slog.Attr {
	return []slog.Attr{slog.String("panic", t.kind), slog.Any("trace", t.frames)}
}

// String is the trace on one line.
func (t *Trace) String() string { return t.kind + " at " + strings.Join(t.frames, ", ") }
