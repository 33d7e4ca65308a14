package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smartlake/pulumi-smartlake/internal/decision"
	"github.com/smartlake/pulumi-smartlake/internal/local/journal"
	"github.com/smartlake/pulumi-smartlake/validator"
)

// outcome of a request.
type outcome string

// The outcomes. A request without a decision is one that needs no token, such as for the
// discovery document, and was served.
const (
	underWay outcome = "under way"
	granted  outcome = "granted"
	refused  outcome = "refused"
	failed   outcome = "failed"
	free     outcome = "no decision"
)

// Class is the outcome as a name of CSS.
func (o outcome) Class() string { return strings.ReplaceAll(string(o), " ", "-") }

var outcomes = []outcome{granted, refused, failed, free, underWay}

// The clients of requests that are none of the stack's.
const (
	noClient      = "no token"
	unknownClient = "unknown client"
)

// request is one of the journal's, as the page shows it.
type request struct {
	ID          int
	When        time.Time
	What, Agent string
	Client      string
	Outcome     outcome
	Status      string
	Took        string
	Said        string // the reason of a refusal
	Claims      []claim
	Unvouched   bool // the validator did not accept the token's signature, or was not asked
	Judgements  []judgement
	Users       string // who may use the client; empty if it is none of the stack's
	NotAsked    []decision.Scope
	Steps       []step
}

// judgement is one of the validator's.
type judgement struct {
	decision.Decision
	Operation string
	Reason    string // the code of a refusal, or what went wrong with the call
	RoleName  string // in IAM
	Took      string
	Cold      bool
}

// claim of a token.
type claim struct{ Name, Value string }

// Clock is the time of day.
func (r request) Clock() string { return r.When.Format(time.TimeOnly) }

// describe shows a request of the journal.
func (p *Page) describe(written journal.Request) request {
	r := request{
		ID: written.ID, When: written.Received, What: written.Method + " " + written.Path, Agent: written.Agent,
		Client: p.clientOf(written), Said: written.Said, Claims: claimsIn(written.Claims), Steps: steps(written), Status: "…", Took: "…",
	}
	if written.Query != "" {
		r.What += "?" + written.Query
	}
	if !written.Ended.IsZero() {
		r.Status, r.Took = fmt.Sprint(written.Status), milliseconds(written.Ended.Sub(written.Received))
	}
	r.Unvouched = written.Claims != nil
	for _, made := range written.Judgements {
		j := p.judge(made, written.Claims)
		r.Judgements = append(r.Judgements, j)
		r.Unvouched = r.Unvouched && j.Holder == ""
	}
	if i := slices.IndexFunc(p.config.Clients, func(c Client) bool { return c.Name == r.Client }); i >= 0 && len(r.Judgements) > 0 {
		r.Users = "is a service and has no users"
		if p.config.Clients[i].SignsUsersIn {
			r.Users = "may be used by " + p.config.Clients[i].Users()
		}
		r.NotAsked = decision.NotAsked(p.config.Clients[i].Scopes, strings.Fields(text(written.Claims, "scope")))
	}
	r.Outcome = r.outcome(written)
	return r
}

// outcome of a request with its judgements.
func (r request) outcome(written journal.Request) outcome {
	switch {
	case written.Ended.IsZero():
		return underWay
	case written.Status == http.StatusUnauthorized, written.Status == http.StatusForbidden && !r.broken():
		return refused
	case written.Status == 0, written.Status >= http.StatusBadRequest:
		return failed
	case len(r.Judgements) > 0:
		return granted
	default:
		return free
	}
}

// broken reports whether a call of the validator failed.
func (r request) broken() bool {
	return slices.ContainsFunc(r.Judgements, func(j judgement) bool { return j.Says == "" })
}

// clientOf is the name of the client that the token says it is of.
func (p *Page) clientOf(written journal.Request) string {
	if !written.Token {
		return noClient
	}
	id := text(written.Claims, "client_id")
	i := slices.IndexFunc(p.config.Clients, func(c Client) bool { return c.ID == id })
	if i < 0 {
		return unknownClient
	}
	return p.config.Clients[i].Name
}

// judge shows a judgement of the validator about claims.
func (p *Page) judge(made journal.Judgement, claims []byte) judgement {
	j := judgement{Operation: made.Event.OperationName, Cold: made.Cold}
	if made.Replied.IsZero() {
		j.Reason = "no answer yet"
		return j
	}
	j.Took = milliseconds(made.Replied.Sub(made.Asked))
	if made.Err != "" {
		j.Reason = made.Err
		return j
	}
	var answer validator.Answer
	if err := json.Unmarshal(made.Answer, &answer); err != nil {
		j.Reason = "the answer: " + err.Error()
		return j
	}
	j.Decision = decision.Explain(p.config.Rules, claims, made.Event, answer, made.Asked)
	j.Reason = string(answer.AuthPayload.Error)
	j.RoleName = answer.IAMRoleARN[strings.LastIndex(answer.IAMRoleARN, "/")+1:]
	return j
}

// claimsIn are the claims of a token, sorted by their names.
func claimsIn(content []byte) []claim {
	var members map[string]json.RawMessage
	if json.Unmarshal(content, &members) != nil {
		return nil
	}
	var claims []claim
	for _, name := range slices.Sorted(maps.Keys(members)) {
		claims = append(claims, claim{name, inWords(name, members[name])})
	}
	return claims
}

// inWords shows a claim's value: a text as it is, a time also as a date, and anything else as
// JSON.
func inWords(name string, value json.RawMessage) string {
	var asText string
	if json.Unmarshal(value, &asText) == nil && bytes.HasPrefix(value, []byte(`"`)) {
		return asText
	}
	var seconds int64
	if slices.Contains([]string{"exp", "iat", "nbf", "auth_time"}, name) && json.Unmarshal(value, &seconds) == nil {
		return fmt.Sprintf("%d (%s)", seconds, time.Unix(seconds, 0).Format(time.DateTime))
	}
	return string(value)
}

// text is a claim that is one; empty otherwise.
func text(claims []byte, name string) string {
	var members map[string]any
	if json.Unmarshal(claims, &members) != nil {
		return ""
	}
	value, _ := members[name].(string)
	return value
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
