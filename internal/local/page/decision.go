package page

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/local/healthlake"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// shownDecisions is how many the page shows.
const shownDecisions = 20

// decision is one of the validator's, as the page shows it.
type decision struct {
	Time      string
	Request   string // method and path
	Operation string
	Granted   bool
	// Reason is the code of a refusal, or what went wrong with the call.
	Reason  string
	Scope   string // what is left of the token's
	Role    string // the name of the role in the answer
	Latency string
	Cold    bool
	Status  int
}

// decisions are the last ones, the newest first.
func (p *Page) decisions() []decision {
	made := p.config.Decisions()
	shown := []decision{}
	for _, d := range slices.Backward(made[max(0, len(made)-shownDecisions):]) {
		shown = append(shown, describe(d))
	}
	return shown
}

func describe(made healthlake.Decision) decision {
	d := decision{
		Time:    made.Asked.Format(time.TimeOnly),
		Request: made.Method + " " + made.Path,
		Latency: made.Answered.Sub(made.Asked).Round(100 * time.Microsecond).String(),
		Cold:    made.Reply.ColdStart,
		Status:  made.Status,
	}
	var event validator.Event
	if err := json.Unmarshal(made.Event, &event); err != nil {
		d.Reason = "the event: " + err.Error()
		return d
	}
	d.Operation = event.OperationName
	if made.Err != nil {
		d.Reason = made.Err.Error()
		return d
	}
	var answer validator.Answer
	if err := json.Unmarshal(made.Reply.Answer, &answer); err != nil {
		d.Reason = "the answer: " + err.Error()
		return d
	}
	d.Granted, d.Reason, d.Scope = answer.Authorized(), string(answer.AuthPayload.Error), answer.AuthPayload.Scope
	d.Role = answer.IAMRoleARN[strings.LastIndex(answer.IAMRoleARN, "/")+1:]
	return d
}
