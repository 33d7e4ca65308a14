package smoke

import (
	"context"
	"time"
)

// Sleeping replaces the waiting of a run.
func (o Options) Sleeping(sleep func(context.Context, time.Duration) error) Options {
	o.sleep = sleep
	return o
}
