package users

import (
	"context"
	"errors"
	"sync"
)

// What became of a row, besides [Created], [Updated] and [Unchanged].
const (
	Refused  Status = "refused"   // the row must be changed
	Failed   Status = "failed"    // another try may succeed
	NotTried Status = "not tried" // the import ended before
)

// Result is what became of a row.
type Result struct {
	Line     int
	Username string // as the row has it
	Status   Status
	Changes  []string // see [Outcome]
	Err      error    // why it was refused or failed
}

// Concurrency is how many rows are worked on at once, by default.
const Concurrency = 4

// Import ensures that the users of all rows are as wanted, some at once, and returns the
// results in the order of the rows. It calls done after each row with how many are done.
//
// An error that every other row would meet too, such as a missing right, ends the import:
// the rest is [NotTried]. A second import of the same rows does what the first one left.
func (p *Pool) Import(ctx context.Context, rows []Row, how How, concurrency int, done func(n int)) []Result {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	results := make([]Result, len(rows))
	next := make(chan int)
	var mu sync.Mutex
	finished := 0
	var workers sync.WaitGroup
	for range max(1, concurrency) {
		workers.Go(func() {
			for i := range next {
				results[i] = p.importRow(ctx, rows[i], how)
				if isFinal(results[i].Err) {
					stop()
				}
				mu.Lock()
				finished++
				done(finished)
				mu.Unlock()
			}
		})
	}
	for i := range rows {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

func (p *Pool) importRow(ctx context.Context, row Row, how How) Result {
	result := Result{Line: row.Line, Username: row.Username, Status: NotTried}
	if row.Err != nil {
		result.Status, result.Err = Refused, row.Err
		return result
	}
	if ctx.Err() != nil {
		return result
	}
	outcome, err := p.Ensure(ctx, row.Wanted, how)
	result.Changes, result.Err = outcome.Changes, err
	switch {
	case err == nil:
		result.Status = outcome.Status
	case outcome.Status == "" && errors.Is(err, context.Canceled):
		result.Err = nil
	case isRefusal(err):
		result.Status = Refused
	default:
		result.Status = Failed
	}
	return result
}

func isRefusal(err error) bool {
	var problems Problems
	var call *Failure
	return errors.As(err, &problems) || errors.As(err, &call) && call.Refused()
}

func isFinal(err error) bool {
	var call *Failure
	return errors.As(err, &call) && call.Final()
}
