package lambda

import (
	"context"
	"errors"
	"time"
)

// Fault is a way in which a function fails, on demand.
type Fault int

// The faults. Each one hits every call while it is set.
const (
	NoFault  Fault = iota
	Slow           // the call takes SlowTime before the function sees it
	Failing        // the function answers with an error
	Crashing       // the function's process ends in the middle of the call; the next one starts cold
)

// SlowTime is how late a slow function begins: past HealthLake's one second.
const SlowTime = 1500 * time.Millisecond

// SetFault makes the calls from now on fail, or no longer fail so. The last fault
// that was set counts.
func (f *Function) SetFault(fault Fault, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case on:
		f.fault = fault
	case f.fault == fault:
		f.fault = NoFault
	}
}

// suffer does to a call what the fault is. With an error, the instance is released.
func (f *Function) suffer(ctx context.Context, i *instance) error {
	f.mu.Lock()
	fault := f.fault
	f.mu.Unlock()
	switch fault {
	case Slow:
		timer := time.NewTimer(SlowTime)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			f.release(i, true)
			return ctx.Err()
		}
	case Failing:
		f.release(i, true)
		return errors.New("the function failed: Fault: on demand")
	case Crashing:
		f.release(i, false)
		return errors.New("the function ended without an answer; its log says why")
	default:
		return nil
	}
}
