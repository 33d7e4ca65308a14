package page

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/journal"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// step is one of a request's way.
type step struct {
	at             time.Time
	After          string // since the request was received
	From, To, What string
	// Start and Length of the time until the next step, in hundredths of the whole.
	Start, Length float64
}

// steps are the way of a request, as far as the stand-ins know it.
func steps(r journal.Request) []step {
	var all []step
	add := func(at time.Time, from, to, what string) {
		if !at.IsZero() {
			all = append(all, step{at: at, From: from, To: to, What: what})
		}
	}
	const app, door, store, judge = "app", "front door", "HealthLake", "validator"
	what := r.Method + " " + r.Path
	asker := app
	if r.Door {
		asker = door
		add(r.Received, app, door, what+", "+credentials(r))
		add(r.Called, door, "its function", "called"+cold(r.DoorCold))
	}
	add(r.Arrived, asker, store, what+", "+credentials(r))
	for _, made := range r.Judgements {
		add(made.Asked, store, judge, "asks about "+made.Event.OperationName+cold(made.Cold))
		for _, at := range made.KeySets {
			add(at, judge, "Cognito", "the issuer's key set is requested")
		}
		add(made.Replied, judge, store, reply(made))
	}
	add(r.Left, store, asker, "status "+fmt.Sprint(r.DatastoreSaid))
	if r.Door {
		if r.DoorErr != "" {
			add(r.Returned, "its function", door, "failed: "+r.DoorErr)
		}
		add(r.Ended, door, app, "status "+fmt.Sprint(r.Status))
	}
	slices.SortStableFunc(all, func(a, b step) int { return a.at.Compare(b.at) })
	measure(all)
	return all
}

// measure says when each step was, and how long until the next.
func measure(all []step) {
	if len(all) == 0 {
		return
	}
	began := all[0].at
	whole := max(all[len(all)-1].at.Sub(began), 1)
	for i := range all {
		since := all[i].at.Sub(began)
		next := whole
		if i+1 < len(all) {
			next = all[i+1].at.Sub(began)
		}
		all[i].After = "+" + milliseconds(since)
		all[i].Start = 100 * float64(since) / float64(whole)
		all[i].Length = 100 * float64(next-since) / float64(whole)
	}
}

func credentials(r journal.Request) string {
	switch {
	case r.Token:
		return "with a token"
	case r.Signed:
		return "with an AWS signature"
	default:
		return "without a token"
	}
}

func cold(start bool) string {
	if start {
		return ", cold start"
	}
	return ""
}

// reply is what the validator answered, in short.
func reply(made journal.Judgement) string {
	if made.Err != "" {
		return "failed: " + made.Err
	}
	var answer validator.Answer
	if err := json.Unmarshal(made.Answer, &answer); err != nil {
		return "an answer that is none: " + err.Error()
	}
	if !answer.Authorized() {
		return "refuses: " + string(answer.AuthPayload.Error)
	}
	return "grants " + answer.AuthPayload.Scope + " with the role " + answer.IAMRoleARN[strings.LastIndex(answer.IAMRoleARN, "/")+1:]
}
