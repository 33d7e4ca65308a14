// Package journal remembers the way of the latest requests through the local cloud: app, front
// door, HealthLake, validator and back, with the times that the stand-ins know.
//
//	j := journal.New()
//	door := j.Door("/r4/", api)                              // http.Handlers of the stand-ins
//	store := j.Datastore("/datastore/<id>/r4/", datastore)
//	replied := journal.Asked(ctx, event)                     // ctx is a request's
//	answer, cold, err := invoke(ctx, event)
//	replied(answer, cold, err)
//	requests, version := j.Requests()
//
// It keeps the claims of a request's token and never the token or its signature, no body of a
// request, and of an answer the reason of a refusal alone. It is bounded: of more requests than
// [Kept] the oldest are forgotten, and long texts are cut.
//
// A front door's function does not tell HealthLake which request it works on. The journal
// takes a request at HealthLake for that of the front door's open requests which has the same
// method, path and token; of several such the oldest. Of those, each is told of the way of
// another one that asks for the same.
package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smartlake/pulumi-smartlake/validator"
)

// Kept is how many requests are remembered.
const Kept = 200

// The most that is kept of a request: characters of a text, and judgements.
const (
	maxText       = 512
	maxClaims     = 8 << 10 // encoded: no token whose claims are longer is valid
	maxJudgements = 20
)

// Request is one that reached the front door or HealthLake.
type Request struct {
	ID     int // from 1, in the order of arrival
	Method string
	Path   string // below the base URL: "Patient/1"; whole if it is not below it
	Query  string // encoded, without the values of secrets
	Agent  string // the User-Agent

	Door   bool // it came to the front door
	Token  bool // it has a bearer token
	Signed bool // it has an AWS signature
	// Claims of the token, as nobody but the validator vouches for them: JSON; nil if there
	// is no token, or none that is a JWT.
	Claims []byte

	Received time.Time
	// Called and Returned are when the front door's function was called and answered.
	Called, Returned time.Time
	DoorCold         bool   // a process of the front door was started for it
	DoorErr          string // why the call of its function failed
	// Arrived and Left are when HealthLake got the request and had answered it.
	Arrived, Left time.Time
	DatastoreSaid int // HealthLake's status
	// Judgements of the validator, in the order in which HealthLake asked for them.
	Judgements []Judgement

	Ended  time.Time // zero while it is under way
	Status int       // 0 while it is under way, and if the connection broke
	Said   string    // the reason of a refusal
}

// Judgement is a question to the validator and its answer.
type Judgement struct {
	Event          validator.Event // without the token
	Asked, Replied time.Time
	Answer         []byte // JSON; nil if the call failed
	Cold           bool   // a process of the validator was started for it
	Err            string // why the call failed
	// KeySets are when the issuer's key set was requested meanwhile.
	KeySets []time.Time
}

// Journal remembers requests. It is safe for concurrent use. Make it with [New].
type Journal struct {
	mu      sync.Mutex
	count   int
	version uint64
	kept    []*entry // the oldest first
	atDoor  []*entry // those at the front door that HealthLake has not got
}

// entry is a request that is written down. The journal's lock guards it.
type entry struct {
	journal *Journal
	request Request
	encoded string // claims
	key     key
}

// key is what a request of the front door has in common with that to HealthLake.
type key struct {
	method, path string
	token        [sha256.Size]byte
}

// New returns an empty journal.
func New() *Journal { return &Journal{} }

// Requests returns the latest requests, the oldest first, and a number that changes whenever
// they do.
func (j *Journal) Requests() ([]Request, uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	requests := make([]Request, len(j.kept))
	for i, e := range j.kept {
		requests[i] = e.request
		requests[i].Claims = decodeClaims(e.encoded)
		requests[i].Judgements = slices.Clone(e.request.Judgements)
		for k := range requests[i].Judgements {
			requests[i].Judgements[k].KeySets = slices.Clone(requests[i].Judgements[k].KeySets)
		}
	}
	return requests, j.version
}

// Version is the number that changes whenever the requests do.
func (j *Journal) Version() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.version
}

// KeySetRequested notes a request for the issuer's key set. It counts for every judgement under
// way: the issuer cannot tell which instance of the validator asks.
func (j *Journal) KeySetRequested(at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.kept {
		if judgements := e.request.Judgements; len(judgements) > 0 && judgements[len(judgements)-1].Replied.IsZero() {
			last := &judgements[len(judgements)-1]
			last.KeySets = append(last.KeySets, at)
			j.version++
		}
	}
}

// newEntry reads a request. It does not take the lock.
func (j *Journal) newEntry(r *http.Request, base string) *entry {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.Trim(token, " ")
	isBearer := strings.EqualFold(scheme, "Bearer") && token != ""
	path, isFHIR := strings.CutPrefix(r.URL.Path, base)
	if r.URL.Path+"/" == base { // a Bundle's, which may go without the slash
		path, isFHIR = "", true
	}
	e := &entry{journal: j, request: Request{
		Method: cut(r.Method), Path: cut(path), Agent: cut(r.UserAgent()),
		Token: isBearer, Signed: strings.HasPrefix(scheme, "AWS4-"), Received: time.Now(),
	}}
	if isFHIR { // the parameters of other requests are of a sign-in
		e.request.Query = withoutSecrets(cut(r.URL.RawQuery))
	}
	if isBearer {
		e.encoded = encodedClaims(token)
		e.key.token = sha256.Sum256([]byte(token))
	}
	e.key.method, e.key.path = e.request.Method, e.request.Path
	return e
}

// keep remembers an entry, and forgets the oldest of too many.
func (j *Journal) keep(e *entry) {
	j.count++
	e.request.ID = j.count
	if len(j.kept) >= Kept {
		j.kept = slices.Delete(j.kept, 0, len(j.kept)-Kept+1)
	}
	j.kept = append(j.kept, e)
	j.version++
}

// secretParameters may hold what must not be seen.
var secretParameters = []string{"access_token", "refresh_token", "id_token", "token", "client_secret", "code", "code_verifier", "password"}

// withoutSecrets replaces the values of parameters that may be secrets.
func withoutSecrets(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, _, _ := strings.Cut(part, "=")
		if decoded, err := url.QueryUnescape(name); err != nil || slices.Contains(secretParameters, strings.ToLower(decoded)) {
			parts[i] = name + "=***"
		}
	}
	return strings.Join(parts, "&")
}

// cut bounds a text, which may be of a hostile request, and keeps none of the memory that the
// request holds.
func cut(text string) string {
	if len(text) > maxText {
		return strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return strings.Clone(strings.ToValidUTF8(text, "\uFFFD"))
}

// said is the reason that a refusal gives: FHIR's, OAuth's or AWS's.
func said(body []byte) string {
	var answer struct {
		Issue []struct {
			Severity    string `json:"severity"`
			Diagnostics string `json:"diagnostics"`
		} `json:"issue"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Message     string `json:"message"`
	}
	if json.NewDecoder(bytes.NewReader(body)).Decode(&answer) != nil {
		return ""
	}
	var reasons []string
	for _, issue := range answer.Issue {
		if issue.Severity != "information" {
			reasons = append(reasons, issue.Diagnostics)
		}
	}
	reasons = append(reasons, strings.TrimSpace(answer.Error+" "+answer.Description), answer.Message)
	return cut(strings.Join(slices.DeleteFunc(reasons, func(reason string) bool { return reason == "" }), "; "))
}
