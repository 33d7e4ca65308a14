package journal

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// entryKey is where a context has the entry of its request.
type entryKey struct{}

func (e *entry) in(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), entryKey{}, e))
}

// entryOf a context; nil for a request that is not watched.
func entryOf(ctx context.Context) *entry {
	e, _ := ctx.Value(entryKey{}).(*entry)
	return e
}

// change changes an entry that is remembered.
func (e *entry) change(by func(*Request)) {
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	by(&e.request)
	e.journal.version++
}

// Door watches the front door, whose FHIR base URL has the path base, with a slash at its end.
func (j *Journal) Door(base string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := j.newEntry(r, base)
		e.request.Door = true
		j.mu.Lock()
		j.keep(e)
		j.atDoor = append(j.atDoor, e)
		j.mu.Unlock()
		seen := &watcher{ResponseWriter: w}
		defer func() {
			e.change(func(r *Request) { r.Ended, r.Status, r.Said = time.Now(), seen.status, seen.said(r.Said) })
			j.mu.Lock()
			defer j.mu.Unlock()
			j.leaveDoor(e)
		}()
		next.ServeHTTP(seen, e.in(r))
	})
}

// leaveDoor takes an entry from those that HealthLake may still get.
func (j *Journal) leaveDoor(e *entry) {
	if i := slices.Index(j.atDoor, e); i >= 0 {
		j.atDoor = slices.Delete(j.atDoor, i, i+1)
	}
}

// DoorCalled notes that the front door's function is called for a request. The function that
// it returns notes its answer.
func DoorCalled(ctx context.Context) (returned func(cold bool, err error)) {
	e := entryOf(ctx)
	if e == nil {
		return func(bool, error) {}
	}
	e.change(func(r *Request) { r.Called = time.Now() })
	return func(cold bool, err error) {
		e.change(func(r *Request) { r.Returned, r.DoorCold, r.DoorErr = time.Now(), cold, text(err) })
	}
}

// Datastore watches HealthLake, whose FHIR base URL has the path base, with a slash at its end.
func (j *Journal) Datastore(base string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := j.arrive(r, base)
		seen := &watcher{ResponseWriter: w}
		defer func() {
			e.change(func(r *Request) {
				r.Left, r.DatastoreSaid, r.Said = time.Now(), seen.status, seen.said(r.Said)
				if !r.Door {
					r.Ended, r.Status = r.Left, seen.status
				}
			})
		}()
		next.ServeHTTP(seen, e.in(r))
	})
}

// arrive finds the request of the front door behind one to HealthLake, or begins another.
func (j *Journal) arrive(r *http.Request, base string) *entry {
	arriving := j.newEntry(r, base)
	j.mu.Lock()
	defer j.mu.Unlock()
	i := slices.IndexFunc(j.atDoor, func(e *entry) bool {
		if arriving.request.Signed { // the front door signs in its own name, so the app's token is not there
			return e.key.method == arriving.key.method && e.key.path == arriving.key.path
		}
		return e.key == arriving.key
	})
	if i >= 0 {
		found := j.atDoor[i]
		j.leaveDoor(found)
		found.request.Arrived = arriving.request.Received
		j.version++
		return found
	}
	arriving.request.Arrived = arriving.request.Received
	j.keep(arriving)
	return arriving
}

// Asked notes that HealthLake asks the validator about a request, with an event. The function
// that it returns notes the answer.
func Asked(ctx context.Context, event []byte) (replied func(answer []byte, cold bool, err error)) {
	e := entryOf(ctx)
	var asked validator.Event
	if e == nil || json.Unmarshal(event, &asked) != nil {
		return func([]byte, bool, error) {}
	}
	asked.BearerToken = ""
	at := -1
	e.change(func(r *Request) {
		if len(r.Judgements) < maxJudgements {
			at = len(r.Judgements)
			r.Judgements = append(r.Judgements, Judgement{Event: asked, Asked: time.Now()})
		}
	})
	if at < 0 {
		return func([]byte, bool, error) {}
	}
	return func(answer []byte, cold bool, err error) {
		e.change(func(r *Request) {
			j := &r.Judgements[at]
			j.Replied, j.Answer, j.Cold, j.Err = time.Now(), answer[:min(len(answer), maxAnswer)], cold, text(err)
			if ended := ctx.Err(); errors.Is(ended, context.DeadlineExceeded) {
				j.Err = "no answer within HealthLake's second"
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return cut(err.Error())
}

const (
	maxAnswer = 64 << 10 // of the validator: one that is cut is malformed
	maxKept   = 4 << 10  // of a refusal, which is read for its reason
)

// watcher learns the status of an answer, and why it refuses.
type watcher struct {
	http.ResponseWriter
	status int
	kept   []byte
}

// Unwrap lets http.ResponseController reach the writer behind.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *watcher) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *watcher) Write(content []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.status >= http.StatusBadRequest {
		w.kept = append(w.kept, content[:min(len(content), maxKept-len(w.kept))]...)
	}
	return w.ResponseWriter.Write(content)
}

// said is the reason of a refusal; that of HealthLake stays where the front door has none.
func (w *watcher) said(before string) string {
	if w.status < http.StatusBadRequest {
		return ""
	}
	if reason := said(w.kept); reason != "" {
		return reason
	}
	return before
}
