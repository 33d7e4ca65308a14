package local

import (
	"sync/atomic"
	"time"
)

// skew is how far a skewed clock goes behind: past the longest life of a token, which
// is a day.
const skew = 25 * time.Hour

// clock is the authorization server's.
type clock struct {
	base   func() time.Time
	skewed atomic.Bool
}

func (c *clock) set(skewed bool) { c.skewed.Store(skewed) }

func (c *clock) now() time.Time {
	if c.skewed.Load() {
		return c.base().Add(-skew)
	}
	return c.base()
}
